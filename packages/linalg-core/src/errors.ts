/**
 * Typed errors: every failure says where, what was expected and what was got, in words and as fields.
 *
 *   message = where(argument): expected rule, got value
 *
 * | code               | class              | thrown when                                                          |
 * |--------------------|--------------------|----------------------------------------------------------------------|
 * | ERR_SHAPE          | ShapeError         | a value has the wrong shape, strides, layout or kind of entries      |
 * | ERR_OPTION         | OptionError        | an option is unknown, out of its range or of no use to the method    |
 * | ERR_NON_FINITE     | NonFiniteError     | NaN or an infinity stands in an input, or in a result by overflow    |
 * | ERR_RANK_DEFICIENT | RankDeficientError | a pivot vanished                                                     |
 * | ERR_ASSUMPTION     | AssumptionError    | a theorem's assumption, measured, does not hold                      |
 * | ERR_NOT_CONVERGED  | NotConvergedError  | the budget is spent; the best result travels with the error          |
 * | ERR_FORMAT         | FormatError        | a file or byte string is malformed                                   |
 * | ERR_CSP            | NumericsError      | code generation is forbidden and this path cannot do without         |
 * | ERR_LIMIT          | NumericsError      | more results than the stated limit                                   |
 * | ERR_POOL           | NumericsError      | the worker pool failed twice in one job                              |
 * | ERR_OVERFLOW       | NumericsError      | a count or a bound leaves the range of its type                      |
 *
 * `instanceof` fails when two copies of this package are loaded; the brand read by `isNumericsError` does not.
 * Source: Subquad's own convention.
 */
import { describeValue } from "./describe.js";

export type NumericsErrorCode =
  | "ERR_SHAPE"
  | "ERR_OPTION"
  | "ERR_NON_FINITE"
  | "ERR_RANK_DEFICIENT"
  | "ERR_ASSUMPTION"
  | "ERR_NOT_CONVERGED"
  | "ERR_FORMAT"
  | "ERR_CSP"
  | "ERR_LIMIT"
  | "ERR_POOL"
  | "ERR_OVERFLOW";

/** What a NumericsError may say beside its message; all optional. */
export interface NumericsErrorFields {
  /** The public function that refused, as the caller wrote it. Default "". */
  readonly where?: string;
  /** The argument or option at fault. */
  readonly argument?: string;
  /** The rule that was broken, in words. */
  readonly expected?: string;
  /** The offending value itself, not its description. */
  readonly got?: unknown;
  /** The error underneath, if there was one. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for("@subquad/NumericsError");

/** The root of all errors that Subquad throws on purpose; `code` tells the kinds apart across copies of the package. */
export class NumericsError extends Error {
  override readonly name: string = "NumericsError";
  readonly code: NumericsErrorCode;
  readonly where: string;
  readonly argument: string | undefined;
  readonly expected: string | undefined;
  readonly got: unknown;

  constructor(code: NumericsErrorCode, message: string, fields: NumericsErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.where = fields.where ?? "";
    this.argument = fields.argument;
    this.expected = fields.expected;
    this.got = fields.got;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** A value of the wrong shape, strides or kind. `got`: a shape, or a phrase that is printed as it stands. */
export class ShapeError extends NumericsError {
  override readonly name = "ShapeError";

  constructor(where: string, argument: string, expected: string, got: unknown) {
    super("ERR_SHAPE", sentence(where, argument, expected, phrase(got)), { where, argument, expected, got });
  }
}

/** An option that is unknown, out of range, or of no use to the chosen method. */
export class OptionError extends NumericsError {
  override readonly name = "OptionError";

  constructor(where: string, option: string, expected: string, got: unknown) {
    super("ERR_OPTION", sentence(where, option, expected, describeValue(got)), { where, argument: option, expected, got });
  }
}

/** NaN or an infinity in an input, at `index`; or in a result that overflows. */
export class NonFiniteError extends NumericsError {
  override readonly name = "NonFiniteError";
  readonly value: number;
  readonly index: readonly number[];

  constructor(where: string, argument: string, value: number, index: readonly number[]) {
    const expected = "finite entries";
    super("ERR_NON_FINITE", sentence(where, argument, expected, `${describeValue(value)} at ${describeValue(index)}`), {
      where,
      argument,
      expected,
      got: value,
    });
    this.value = value;
    this.index = index;
  }
}

/** A pivot that vanished (or, for a positive definite factorization, is not positive): which, its value, and the way out. */
export class RankDeficientError extends NumericsError {
  override readonly name = "RankDeficientError";
  readonly column: number;
  readonly pivot: number;
  readonly remedy: string;

  constructor(
    where: string,
    fields: {
      readonly column: number;
      readonly pivot: number;
      readonly remedy: string;
      readonly argument?: string;
      readonly expected?: string;
    },
  ) {
    const { column, pivot, remedy, argument, expected = "full rank" } = fields;
    const message = sentence(where, argument, expected, `pivot ${describeValue(pivot)} in column ${column}; ${remedy}`);
    super("ERR_RANK_DEFICIENT", message, { where, ...(argument === undefined ? {} : { argument }), expected, got: pivot });
    this.column = column;
    this.pivot = pivot;
    this.remedy = remedy;
  }
}

/** A theorem's assumption that does not hold: `measured` against `allowed`, in the units that `assumption` names. */
export class AssumptionError extends NumericsError {
  override readonly name = "AssumptionError";
  readonly assumption: string;
  readonly allowed: unknown;
  readonly measured: unknown;

  constructor(
    where: string,
    fields: { readonly assumption: string; readonly allowed: unknown; readonly measured: unknown; readonly argument?: string },
  ) {
    const { assumption, allowed, measured, argument } = fields;
    const message = sentence(where, argument, `${assumption} (allowed ${phrase(allowed)})`, phrase(measured));
    super("ERR_ASSUMPTION", message, { where, ...(argument === undefined ? {} : { argument }), expected: assumption, got: measured });
    this.assumption = assumption;
    this.allowed = allowed;
    this.measured = measured;
  }
}

/** The budget is spent before the promise was kept. `result` is the best answer, with its own certificate. */
export class NotConvergedError<R = unknown> extends NumericsError {
  override readonly name = "NotConvergedError";
  readonly result: R;

  constructor(where: string, result: R, message = "expected convergence within the budget, got none (error.result holds the best answer)") {
    super("ERR_NOT_CONVERGED", `${where}: ${message}`, { where });
    this.result = result;
  }
}

/** A malformed file or byte string; `offset` in bytes or `line` counted from 1 says where. */
export class FormatError extends NumericsError {
  override readonly name = "FormatError";
  readonly format: string;
  readonly offset: number | undefined;
  readonly line: number | undefined;

  constructor(
    where: string,
    fields: { readonly format: string; readonly offset?: number; readonly line?: number; readonly expected: string; readonly got: unknown },
  ) {
    const { format, offset, line, expected, got } = fields;
    const place = (offset === undefined ? "" : ` at byte ${offset}`) + (line === undefined ? "" : ` at line ${line}`);
    super("ERR_FORMAT", sentence(where, format + place, expected, phrase(got)), { where, argument: format, expected, got });
    this.format = format;
    this.offset = offset;
    this.line = line;
  }
}

/**
 * True for every error of this family, also for one thrown by another installed copy of the package.
 * @param value anything, typically what a `catch` received.
 * @returns whether `value` carries the brand; then `value.code` is safe to read.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example if (isNumericsError(error) && error.code === "ERR_SHAPE") report(error.argument);
 */
export function isNumericsError(value: unknown): value is NumericsError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/**
 * Checks an internal invariant: a failure is a bug of ours, never the caller's mistake.
 * @param condition what must hold.
 * @param message what was violated, in words.
 * @param packageName the package whose invariant it is.
 * @throws Error "bug in @subquad/x: …, please report", of no class that a caller would handle.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example assert(rank <= n, `rank ${rank} exceeds ${n}`);
 */
export function assert(condition: unknown, message: string, packageName = "@subquad/linalg-core"): asserts condition {
  if (!condition) throw new Error(`bug in ${packageName}: ${message}, please report`);
}

/**
 * Splits "where(argument)", the form in which a border function is told on whose behalf it checks.
 * @param site as "matmul(A)"; a name without parentheses has the argument "".
 * @returns the two names.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example splitSite("matmul(A)") // -> { where: "matmul", argument: "A" }
 */
export function splitSite(site: string): { readonly where: string; readonly argument: string } {
  const open = site.indexOf("(");
  return open < 0 ? { where: site, argument: "" } : { where: site.slice(0, open), argument: site.slice(open + 1, site.lastIndexOf(")")) };
}

/** Strings stand as they are: the thrower has written a phrase such as "row 2 of length 3". */
function phrase(value: unknown): string {
  return typeof value === "string" ? value : describeValue(value);
}

function sentence(where: string, argument: string | undefined, expected: string, got: string): string {
  return `${where}${argument ? `(${argument})` : ""}: expected ${expected}, got ${got}`;
}
