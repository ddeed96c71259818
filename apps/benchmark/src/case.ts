/**
 * What a comparison is: an input, a reference that is never timed, contenders, and a rule for which answers count as right.
 */
import type { Certificate } from "@subquad/linalg-core";

/** The parameters of one row group: `{ n: 2048, head: "0.3" }`. */
export type Size = Readonly<Record<string, number | string>>;

/** Flat row-major numbers: what every contender's answer is read into, outside the clock. */
export type Values = Float32Array | Float64Array;

/** "ours": a method of the packages · "ours-exact": their exact method, the yardstick · "trivial": the answer that needs no algorithm. */
export type Role = "ours" | "ours-exact" | "trivial" | "rival";

/** What runs a rival's loops: plain JavaScript, WebAssembly, or machine code outside the sandbox. */
export type Engine = "js" | "wasm" | "native";

export interface CaseContext {
  readonly seed: string;
  /** Threads our own methods may use; rivals say what they use. */
  readonly threads: number;
  /** Makes a value once a run: data sets, references of heads that several sizes share. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** What an answer claims about itself. */
export interface Claim {
  /** The method that produced it, as the package names it. */
  readonly method: string;
  readonly certificate: Certificate;
  /** Whether the package says that the tolerance it was given is met. */
  readonly toleranceMet?: boolean;
  /** The bound in the unit in which the case measures errors. */
  readonly relativeBound: number;
  /** Numbers worth a column: rank, rows recomputed exactly. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Row ranges the certificate speaks of, when it does not speak of all rows. */
  readonly rows?: readonly { readonly from: number; readonly to: number }[];
}

/** A claim held against the truth. */
export interface Verified {
  readonly holds: boolean;
  /** The error that the certificate speaks of: the worst row, or the row that its `fraction` of the rows exceed. */
  readonly trueError: number;
  /** Share of the rows above the bound. */
  readonly shareAbove: number;
  readonly worst: number;
}

/** A contender made ready for one input. */
export interface Prepared<O> {
  run(): unknown;
  /** The answer of a run in the common form; outside the clock. */
  read(output: unknown): O | Promise<O>;
  /** Frees what a run returned, for libraries with memory of their own. */
  release?(output: unknown): void;
  /** Frees everything else. */
  close?(): unknown;
  claim?(output: unknown): Claim;
  /** The seconds that the run which returned this took by a clock beside the work; left out where the work is done in this thread. */
  seconds?(output: unknown): number;
  readonly version?: string;
}

export interface Contender<I, O> {
  readonly name: string;
  readonly role: Role;
  readonly engine?: Engine;
  /** Threads it uses, where that is not the run's own count; only rows of one count are compared. */
  readonly threads?: number;
  /** Takes part in the full profile only, or when it is asked for by name. */
  readonly fullOnly?: boolean;
  /** Timed once where it is far slower than the rest of ours, as rivals are: for methods of ours that are there to be compared with. */
  readonly mayBeSlow?: boolean;
  /** The largest error with which this contender's answer counts as right; the case's own gate when left out. */
  readonly allowedError?: number;
  /** Why this contender does not take part at this size, if it does not. */
  unfit?(size: Size): string | undefined;
  /** Sizes at which the contender is not even listed. */
  hidden?(size: Size): boolean;
  /** Converts the input and builds what the library needs; timed as "setup". Throws AbsentError when a library is missing. */
  prepare(input: I, context: CaseContext): Promise<Prepared<O>>;
}

export interface Case<I = unknown, O = unknown> {
  /** "attention/real-heads". */
  readonly id: string;
  /** One sentence that the chart answers. */
  readonly question: string;
  readonly sizes: { readonly quick: readonly Size[]; readonly full: readonly Size[] };
  readonly errorUnit: string;
  /** The largest error with which an answer counts as right. */
  readonly allowedError: number;
  readonly contenders: readonly Contender<I, O>[];
  /** Deterministic from the seed. */
  input(size: Size, context: CaseContext): Promise<I>;
  /** Float64, by definition, never timed. */
  reference(input: I, context: CaseContext): Promise<O>;
  /** One number in `errorUnit`. */
  error(output: O, reference: O, input: I): number;
  /** Holds a claim against the truth. */
  verify?(claim: Claim, output: O, reference: O, input: I): Verified;
}

/** A library that is not installed or does not load; the row says how to get it. */
export class AbsentError extends Error {
  override readonly name = "AbsentError";
}
