/**
 * Cholesky factor and triangular solves, column by column as in a first course.
 *
 *   A  [n, n]  symmetric, positive definite; only the lower triangle is read     L  [n, n]  lower triangular, A = L Lᵀ
 */
import { pack, plain, type PlainArray, type Strided } from "./arrays.js";

/**
 * A = L Lᵀ.
 * @param A shape [n, n].
 * @returns L, zeros above the diagonal.
 * @throws Error naming the pivot that is not positive.
 */
export function choleskyOracle(A: Strided): PlainArray {
  const n = A.shape[0]!;
  const a = pack(A);
  const L = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let rest = a[i * n + j]!;
      for (let l = 0; l < j; l++) rest -= L[i * n + l]! * L[j * n + l]!;
      if (i > j) L[i * n + j] = rest / L[j * n + j]!;
      else if (rest > 0) L[j * n + j] = Math.sqrt(rest);
      else throw new Error(`choleskyOracle(A): expected a positive pivot in column ${j}, got ${rest}`);
    }
  }
  return plain(L, [n, n]);
}

/**
 * X with L Lᵀ X = B.
 * @param L shape [n, n], from `choleskyOracle`.
 * @param B shape [n, p].
 * @returns X, shape [n, p].
 */
export function choleskySolveOracle(L: Strided, B: Strided): PlainArray {
  const [n, p] = B.shape as [number, number];
  const l = pack(L);
  const X = pack(B);
  for (let c = 0; c < p; c++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) X[i * p + c]! -= l[i * n + j]! * X[j * p + c]!;
      X[i * p + c]! /= l[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) X[i * p + c]! -= l[j * n + i]! * X[j * p + c]!;
      X[i * p + c]! /= l[i * n + i]!;
    }
  }
  return plain(X, [n, p]);
}
