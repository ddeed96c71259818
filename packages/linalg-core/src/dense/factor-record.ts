/**
 * What a factorization keeps beside its result, so that functions given the result need not factor again.
 *
 * Source: Subquad's own convention.
 */
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import type { Factored } from "./inverse-norm.js";

export interface FactorRecord {
  readonly n: number;
  /** The matrix that was factored, row-major: A, or A + jitter I. */
  entries(): Float64Array;
  /** A pivot is zero, or was found to be too small. */
  readonly isSingular: boolean;
  /** Brings the factors into compute memory. */
  load(scope: Scope): Steps<Factored>;
}

const records = new WeakMap<object, FactorRecord>();

/** Ties a record to a result; returns the result. */
export function recorded<Result extends object>(result: Result, record: FactorRecord): Result {
  records.set(result, record);
  return result;
}

/** The record of a factorization's result; undefined for anything else. */
export function recordOf(value: unknown): FactorRecord | undefined {
  return typeof value === "object" && value !== null ? records.get(value) : undefined;
}
