/**
 * Verifies the certificates of factorizations: measures what the bound speaks of, afresh and with products summed in two terms.
 *
 * Each verifier takes the input and the result as it was returned, and shares no code with what made it.
 */
import { pack, plain, type PlainArray, type Strided } from "./arrays.js";
import type { CheckableCertificate } from "./certificate.js";
import { distanceThrough, type ExactMatrix } from "./exact-solve.js";
import { binaryScale, difference, frobenius, permuted, scaled } from "./factor-ratios.js";
import { eigenvaluesOracle, singularValuesOracle } from "./jacobi-values.js";

export interface FactorVerdict {
  /** There is a bound, and the measured error is at most that. */
  readonly holds: boolean;
  readonly bound: number;
  readonly measured: number;
  /** bound / measured; Infinity if nothing was measured. */
  readonly slack: number;
}

interface Certified {
  readonly certificate: CheckableCertificate;
}

/** ‖A[:, permutation] − Q R‖_F / ‖A‖_F. */
export function verifyQr(A: Strided, result: Certified & { readonly Q: Strided; readonly R: Strided; readonly permutation?: ArrayLike<number> | undefined }): FactorVerdict {
  return relative(permuted(A, undefined, result.permutation), result.Q, result.R, result);
} // prettier-ignore

/** ‖A[permutation, :] − L U‖_F / ‖A‖_F. */
export function verifyLu(A: Strided, result: Certified & { readonly L: Strided; readonly U: Strided; readonly permutation: ArrayLike<number> }): FactorVerdict {
  return relative(permuted(A, result.permutation, undefined), result.L, result.U, result);
} // prettier-ignore

/** ‖A[permutation, permutation] + jitter I − L Lᵀ‖_F / ‖A‖_F. */
export function verifyCholesky(
  A: Strided,
  result: Certified & { readonly L: Strided; readonly jitter: number; readonly permutation?: ArrayLike<number> | undefined },
): FactorVerdict {
  const n = A.shape[0]!;
  const { L, jitter, permutation } = result;
  const root = 2 ** Math.floor(Math.log2(binaryScale(A)) / 2); // L grows like √A
  const a = scaled(scaled(permuted(A, permutation, permutation), 1 / root), 1 / root);
  const size = frobenius(a);
  const shifted = a.data.map((x, p) => (p % (n + 1) === 0 ? x + jitter / root / root : x));
  const l = scaled(L, 1 / root);
  const turned = { data: l.data, shape: [...l.shape].reverse(), stride: [...l.stride].reverse(), offset: 0 };
  const rest = frobenius(difference(plain(shifted, [n, n]), l, turned));
  return verdict(result, rest === 0 ? 0 : rest / size);
}

/** max |s_i − σ_i|, σ from Jacobi rotations in two terms. */
export function verifySvd(A: Strided, result: Certified & { readonly s: Strided }): FactorVerdict {
  return verdict(result, largest(result.s, singularValuesOracle(A)));
}

/** max |λ̃_i − λ_i|, likewise. */
export function verifyEigSymmetric(A: Strided, result: Certified & { readonly values: Strided }): FactorVerdict {
  return verdict(result, largest(result.values, eigenvaluesOracle(A)));
}

/** The largest over the columns of ‖b − A x‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞). */
export function verifySolve(A: Strided, B: Strided, result: Certified & { readonly X: Strided }): FactorVerdict {
  return verdict(result, backwardErrorOracle(A, result.X, B));
}

/** The largest over the columns of ‖A (x − x*)‖₂. */
export function verifyLeastSquares(A: Strided, exact: ExactMatrix, result: Certified & { readonly X: Strided }): FactorVerdict {
  return verdict(result, distanceThrough(A, result.X, exact));
}

/**
 * The largest over the columns of ‖b − A x‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞), the residual summed in two terms.
 * @param A shape [m, n].
 * @param X shape [n, p].
 * @param B shape [m, p].
 * @returns 0 where the residual vanishes.
 */
export function backwardErrorOracle(A: Strided, X: Strided, B: Strided): number {
  const [m, n] = A.shape as [number, number];
  const p = X.shape[1]!;
  const scale = binaryScale(A);
  const a = scaled(A, 1 / scale);
  let widest = 0;
  for (let i = 0; i < m; i++) widest = Math.max(widest, a.data.subarray(i * n, (i + 1) * n).reduce((sum, x) => sum + Math.abs(x), 0)); // prettier-ignore
  let worst = 0;
  for (let c = 0; c < p; c++) {
    const [x, b] = [column(X, c), scaled(column(B, c), 1 / scale)];
    const size = Math.max(binaryScale(x), binaryScale(b));
    const rest = top(difference(scaled(b, 1 / size), a, scaled(x, 1 / size)));
    if (rest > 0) worst = Math.max(worst, rest / (widest * top(scaled(x, 1 / size)) + top(scaled(b, 1 / size))));
  }
  return worst;
}

function relative(A: PlainArray, left: Strided, right: Strided, result: Certified): FactorVerdict {
  const scale = binaryScale(A);
  const a = scaled(A, 1 / scale);
  const rest = frobenius(difference(a, left, scaled(right, 1 / scale)));
  return verdict(result, rest === 0 ? 0 : rest / frobenius(a));
}

function verdict({ certificate: { kind, bound = NaN } }: Certified, measured: number): FactorVerdict {
  return { holds: kind !== "none" && measured <= bound, bound, measured, slack: measured === 0 ? Infinity : bound / measured };
}

function largest(got: Strided, want: Strided): number {
  const [a, b] = [pack(got), pack(want)];
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

function top(A: PlainArray): number {
  return A.data.reduce((most, x) => (Number.isNaN(x) ? Infinity : Math.max(most, Math.abs(x))), 0);
}

function column(A: Strided, c: number): PlainArray {
  const [n, p] = A.shape as [number, number];
  const values = pack(A);
  return plain(Float64Array.from({ length: n }, (_, i) => values[i * p + c]!), [n, 1]); // prettier-ignore
}
