/**
 * Test ratios of LAPACK: residuals of factorizations in units of rounding, products summed in two terms.
 *
 *   ulp  2^-52 or 2^-23, of the dtype that is judged          ‖·‖  the largest column sum
 *
 * A backward stable factorization has ratios of a few units, whatever the matrix. Matrices are scaled by powers of two first, so that no norm
 * overflows or vanishes. 0 / 0 counts as 0; NaN anywhere as Infinity.
 */
import { matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { twoTermDot } from "./two-term.js";

/**
 * ‖A P − Q R‖ / (max(m, n) ‖A‖ ulp).
 * @param A shape [m, n].
 * @param Q shape [m, k].
 * @param R shape [k, n].
 * @param ulp of the dtype of the factors.
 * @param permutation column j of A P is column permutation[j] of A; left out: P = I.
 * @returns the ratio.
 */
export function qrRatio(A: Strided, Q: Strided, R: Strided, ulp: number, permutation?: ArrayLike<number>): number {
  const { n: m, d: n } = matrixShape(A);
  const scale = 1 / binaryScale(A);
  const a = scaled(permuted(A, undefined, permutation), scale);
  return ratio(largestColumnSum(difference(a, Q, scaled(R, scale))), largestColumnSum(a), Math.max(m, n) * ulp);
}

/**
 * ‖I − QᵀQ‖ / (m ulp) for Q of shape [m, k]: columns that should be orthonormal.
 * @param Q shape [m, k].
 * @param ulp of its dtype.
 * @returns the ratio.
 */
export function orthogonalityRatio(Q: Strided, ulp: number): number {
  return ratio(largestColumnSum(difference(identity(Q.shape[1]!), flipped(Q), Q)), 1, Math.max(1, Q.shape[0]!) * ulp);
}

/**
 * ‖A[permutation, :] − L U‖ / (max(m, n) ‖A‖ ulp).
 * @param A shape [m, n].
 * @param L shape [m, k].
 * @param U shape [k, n].
 * @param permutation rows of A, as they stand in L U.
 * @param ulp of the dtype of the factors.
 * @returns the ratio.
 */
export function luRatio(A: Strided, L: Strided, U: Strided, permutation: ArrayLike<number>, ulp: number): number {
  return qrRatio(permuted(A, permutation, undefined), L, U, ulp);
}

/**
 * ‖A[permutation, permutation] + jitter I − L Lᵀ‖ / (n ‖A‖ ulp).
 * @param A shape [n, n].
 * @param L shape [n, r].
 * @param ulp of the dtype of L.
 * @param options permutation and jitter where there are such.
 * @returns the ratio.
 */
export function choleskyRatio(
  A: Strided,
  L: Strided,
  ulp: number,
  options: { readonly permutation?: ArrayLike<number> | undefined; readonly jitter?: number } = {},
): number {
  const { permutation, jitter = 0 } = options;
  const n = A.shape[0]!;
  const root = 2 ** Math.floor(Math.log2(binaryScale(A)) / 2);
  const l = scaled(L, 1 / root);
  const a = scaled(scaled(permuted(A, permutation, permutation), 1 / root), 1 / root);
  const shifted = plain(
    a.data.map((x, p) => (p % (n + 1) === 0 ? x + jitter / root / root : x)),
    a.shape,
  );
  return ratio(largestColumnSum(difference(shifted, l, flipped(l))), largestColumnSum(a), n * ulp);
}

/**
 * ‖A − U diag(s) Vᵀ‖ / (max(m, n) ‖A‖ ulp); with U = V that of an eigendecomposition.
 * @param A shape [m, n].
 * @param U shape [m, k] or wider; columns beyond the length of s do not count.
 * @param s shape [k].
 * @param V shape [n, k] or wider.
 * @param ulp of the dtype of the factors.
 * @returns the ratio.
 */
export function spectralRatio(A: Strided, U: Strided, s: Strided, V: Strided, ulp: number): number {
  const { n: m, d: n } = matrixShape(A);
  const k = s.shape[0]!;
  const scale = 1 / binaryScale(A);
  const a = scaled(A, scale);
  const values = scaled(s, scale).data;
  const [u, v, largest] = [pack(U), pack(V), largestColumnSum(a)];
  const [uWidth, vWidth] = [U.shape[1]!, V.shape[1]!];
  // s_l v_jl rounds once: as exact as U itself, which carries one rounding too
  const right = Float64Array.from({ length: k * n }, (_, p) => values[Math.floor(p / n)]! * v[(p % n) * vWidth + Math.floor(p / n)]!);
  const left = Float64Array.from({ length: m * k }, (_, p) => u[Math.floor(p / k) * uWidth + (p % k)]!);
  return ratio(largestColumnSum(difference(a, plain(left, [m, k]), plain(right, [k, n]))), largest, Math.max(m, n) * ulp);
} // prettier-ignore

/**
 * The largest over the columns of ‖b − A x‖ / (‖A‖ ‖x‖ n ulp).
 * @param A shape [m, n].
 * @param X shape [n, p].
 * @param B shape [m, p].
 * @param ulp of the dtype of X.
 * @returns the ratio.
 */
export function solveRatio(A: Strided, X: Strided, B: Strided, ulp: number): number {
  const { n: m, d: n } = matrixShape(A);
  const p = X.shape[1]!;
  const scale = binaryScale(A);
  const a = scaled(A, 1 / scale);
  let worst = 0;
  for (let c = 0; c < p; c++) {
    const x = column(X, c);
    const b = scaled(column(B, c), 1 / scale);
    const size = Math.max(binaryScale(x), binaryScale(b));
    const [unit, target] = [scaled(x, 1 / size), scaled(b, 1 / size)];
    const rest = largestColumnSum(difference(target, a, unit));
    worst = Math.max(worst, ratio(rest, largestColumnSum(a) * largestColumnSum(unit), Math.max(m, n) * ulp));
  }
  return worst;
}

/**
 * The largest column sum of magnitudes.
 * @param A shape [m, n].
 * @returns ‖A‖_1; Infinity where an entry is NaN.
 */
export function largestColumnSum(A: Strided): number {
  const n = A.shape[1]!;
  const sums = new Float64Array(n);
  pack(A).forEach((x, p) => void (sums[p % n]! += Math.abs(x)));
  return sums.reduce((most, x) => (Number.isNaN(x) ? Infinity : Math.max(most, x)), 0);
}

/**
 * √Σ a², scaled first.
 * @param A any shape.
 * @returns ‖A‖_F; Infinity where an entry is NaN.
 */
export function frobenius(A: Strided): number {
  const scale = binaryScale(A);
  const sum = scaled(A, 1 / scale).data.reduce((total, x) => total + x * x, 0);
  return Number.isNaN(sum) ? Infinity : scale * Math.sqrt(sum);
}

/**
 * A − B C, each entry summed in two terms.
 * @param A shape [m, n].
 * @param B shape [m, k].
 * @param C shape [k, n].
 * @returns shape [m, n].
 */
export function difference(A: Strided, B: Strided, C: Strided): PlainArray {
  const { n: m, d: n } = matrixShape(A);
  const k = B.shape[1]!;
  const [a, b, c] = [pack(A), pack(B), pack(C)];
  if (B.shape[0] !== m || C.shape[0] !== k || C.shape[1] !== n)
    throw new Error(`difference: expected [m, n], [m, k], [k, n], got [${[A, B, C].map(({ shape }) => shape.join(", ")).join("], [")}]`);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) a[i * n + j] = -twoTermDot(k, b, i * k, 1, c, j, n, -a[i * n + j]!);
  }
  return plain(a, [m, n]);
}

/**
 * A[rows, columns].
 * @param A shape [m, n].
 * @param rows a permutation of 0 … m - 1; left out: as they are.
 * @param columns likewise.
 * @returns shape [m, n].
 */
export function permuted(A: Strided, rows: ArrayLike<number> | undefined, columns: ArrayLike<number> | undefined): PlainArray {
  const { n: m, d: n } = matrixShape(A);
  const a = pack(A);
  return plain(Float64Array.from(a, (_, p) => a[(rows?.[Math.floor(p / n)] ?? Math.floor(p / n)) * n + (columns?.[p % n] ?? p % n)]!), [m, n]);
} // prettier-ignore

/** The power of two at or below the largest magnitude; 1 if there is none. Never so small that its inverse overflows. */
export function binaryScale(A: Strided): number {
  const largest = pack(A).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (!(largest > 0 && largest < Infinity)) return 1;
  return 2 ** Math.min(1022, Math.max(-1022, Math.floor(Math.log2(largest))));
}

/** A times a number. */
export function scaled(A: Strided, factor: number): PlainArray {
  return plain(pack(A).map((x) => x * factor), A.shape); // prettier-ignore
}

function flipped(A: Strided): Strided {
  return { data: A.data, shape: [...A.shape].reverse(), stride: [...A.stride].reverse(), offset: A.offset };
}

function column(A: Strided, c: number): PlainArray {
  const [n, p] = A.shape as [number, number];
  const values = pack(A);
  return plain(Float64Array.from({ length: n }, (_, i) => values[i * p + c]!), [n, 1]); // prettier-ignore
}

function identity(n: number): PlainArray {
  return plain(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0)), [n, n]); // prettier-ignore
}

function ratio(rest: number, size: number, unit: number): number {
  if (rest === 0) return 0;
  const value = rest / size / unit;
  return Number.isNaN(value) ? Infinity : value;
}
