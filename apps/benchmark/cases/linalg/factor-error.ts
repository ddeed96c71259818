/**
 * Errors of factorizations in units of rounding, as LAPACK's tests measure them; products in plain float64, which adds a unit at most.
 *
 *   ulp  2^-52          ‖·‖  the largest column sum
 */
import { plainProduct } from "../../rivals/local/plain-product.js";
import { flipped } from "../../rivals/rows.js";

const ULP = 2 ** -52;

/**
 * ‖A − L R‖ / (‖A‖ max(m, n) ulp).
 * @param m rows of A.
 * @param k columns of L.
 * @param n columns of A.
 * @param A shape [m, n].
 * @param L shape [m, k].
 * @param R shape [k, n].
 * @returns the ratio; NaN when an entry is.
 */
export function residualRatio(m: number, k: number, n: number, A: Float64Array, L: Float64Array, R: Float64Array): number {
  const rest = plainProduct(m, k, n, L, R);
  for (let p = 0; p < m * n; p++) rest[p] = A[p]! - rest[p]!;
  return largestColumnSum(rest, n) / (largestColumnSum(A, n) * Math.max(m, n) * ULP);
}

/** ‖I − QᵀQ‖ / (m ulp) of Q [m, k]. */
export function orthogonalityRatio(m: number, k: number, Q: Float64Array): number {
  const rest = plainProduct(k, m, k, flipped(Q, m, k), Q);
  for (let i = 0; i < k; i++) rest[i * k + i]! -= 1;
  return largestColumnSum(rest, k) / (m * ULP);
}

/** The larger of two errors; NaN if one is. */
export function worse(...errors: readonly number[]): number {
  return errors.reduce((most, error) => (error <= most ? most : error), 0);
}

/** max_j Σ_i |A_ij|; NaN when an entry is. */
export function largestColumnSum(A: Float64Array, n: number): number {
  const sums = new Float64Array(n);
  for (let p = 0; p < A.length; p++) sums[p % n]! += Math.abs(A[p]!);
  return worse(...sums);
}
