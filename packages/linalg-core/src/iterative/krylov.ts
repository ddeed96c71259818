/**
 * Krylov bases of a symmetric operator: orthonormal v_0, v_1, … that span b, A b, A² b, …
 *
 *   V  n × k      T = Vᵀ A V  k × k symmetric      A V = V T + β v_k e_(k−1)ᵀ
 *
 * Every new vector is made orthogonal to all earlier ones, twice: then no eigenvalue is found a second time, and T is A on the span of V to
 * round-off.
 * Source: Lanczos; full reorthogonalization twice ("twice is enough", Kahan and Parlett).
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { addMultiple, euclideanNorm, sumOfProducts } from "../dense/sums.js";
import type { CheckedOperator } from "../operator.js";
import type { Steps } from "../runtime/steps.js";

export interface KrylovBasis {
  /** v_0 … v_k: one more than the columns of T that are complete. */
  readonly vectors: Float64Array[];
  /** T by rows: of length k. */
  readonly T: number[][];
  /** ‖A v_(k−1) − V T e_(k−1)‖; 0 when the span is invariant under A. */
  β: number;
  /** The same, as measured: not above n u ‖A‖ where β is 0, and 0 only when V spans the whole space. */
  rest: number;
}

/** x / ‖x‖. */
export function unit(x: Float64Array): Float64Array {
  const size = euclideanNorm(x);
  return x.map((value) => value / size);
}

/** A basis that begins with a unit vector. */
export function startBasis(v: Float64Array): KrylovBasis {
  return { vectors: [v], T: [], β: 0, rest: 0 };
}

/**
 * Extends V by A v_k: one product. Afterwards T has one more row, and unless `β` is 0 `vectors` has one more vector.
 * @param size an estimate of ‖A‖ on the span, at least the largest entry of T: what is below n u times it counts as 0.
 */
export function* extendBasis(A: CheckedOperator, basis: KrylovBasis, size: number): Steps<void> {
  const { vectors, T } = basis;
  const k = T.length;
  const w = new Float64Array(vectors[0]!.length);
  yield* A.multiplySteps(vectors[k]!, w);
  const row = orthogonalize(w, vectors);
  // T is symmetric: what rounding leaves of the difference is dropped
  for (let i = 0; i < k; i++) T[i]!.push(row[i]!);
  T.push(Array.from(row));
  const β = euclideanNorm(w);
  basis.β = β <= w.length * UNIT_ROUND_OFF.float64 * Math.max(size, Math.abs(row[k]!)) ? 0 : β;
  basis.rest = k + 1 === w.length ? 0 : β;
  if (basis.β > 0) vectors.push(w.map((x) => x / β));
}

/** T row-major. */
export function packed(T: readonly (readonly number[])[]): Float64Array {
  const k = T.length;
  const rows = new Float64Array(k * k);
  for (let i = 0; i < k; i++) rows.set(T[i]!, i * k);
  return rows;
}

/** w ← w − V Vᵀ w, twice; the coefficients Vᵀ w. */
export function orthogonalize(w: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const coefficients = new Float64Array(vectors.length);
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < vectors.length; i++) {
      const c = sumOfProducts(vectors[i]!, w);
      coefficients[i]! += c;
      addMultiple(-c, vectors[i]!, w);
    }
  }
  return coefficients;
}
