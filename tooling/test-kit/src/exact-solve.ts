/**
 * Linear systems and least squares in exact rational arithmetic, rounded to two float64 terms at the end.
 *
 *   A  [m, n]  full rank; every float64 is an integer times a power of two         B  [m, p]
 *
 * Elimination without fractions (Bareiss): after step k every entry is a minor of order k + 1, so each division comes out even.
 */
import { matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { frobenius, scaled } from "./factor-ratios.js";
import { exactSum, twoTermDot } from "./two-term.js";

/** X = hi + lo, to about 106 bits. */
export interface ExactMatrix {
  readonly hi: PlainArray;
  readonly lo: PlainArray;
}

interface IntegerMatrix {
  readonly rows: bigint[][];
  /** The matrix is rows · 2^exponent. */
  readonly exponent: number;
}

/**
 * X with A X = B.
 * @param A shape [n, n], not singular.
 * @param B shape [n, p].
 * @returns X, shape [n, p].
 * @throws Error when A is exactly singular.
 */
export function exactSolve(A: Strided, B: Strided): ExactMatrix {
  const [a, b] = [integers(A), integers(B)];
  const { numerators, determinant } = eliminate(a.rows, b.rows);
  return rounded(numerators, determinant, b.exponent - a.exponent, A.shape[1]!, B.shape[1]!);
}

/**
 * The minimiser of ‖A X − B‖; for m < n the smallest X with A X = B.
 * @param A shape [m, n] of full rank.
 * @param B shape [m, p].
 * @returns X, shape [n, p].
 * @throws Error when A lacks full rank exactly.
 */
export function exactLeastSquares(A: Strided, B: Strided): ExactMatrix {
  const { n: m, d: n } = matrixShape(A);
  const p = B.shape[1]!;
  const [a, b] = [integers(A), integers(B)];
  const turned = Array.from({ length: n }, (_, j) => a.rows.map((row) => row[j]!));
  const exponent = b.exponent - a.exponent;
  if (m >= n) {
    const { numerators, determinant } = eliminate(product(turned, a.rows, n), product(turned, b.rows, p));
    return rounded(numerators, determinant, exponent, n, p);
  }
  const { numerators, determinant } = eliminate(product(a.rows, turned, m), b.rows);
  return rounded(product(turned, numerators, p), determinant, exponent, n, p);
}

/**
 * A⁻¹, rounded.
 * @param A shape [n, n], not singular.
 * @returns shape [n, n].
 */
export function exactInverse(A: Strided): PlainArray {
  const n = A.shape[0]!;
  const I = plain(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0)), [n, n]); // prettier-ignore
  return exactSolve(A, I).hi;
}

/**
 * The largest over the columns of ‖A (x − x*)‖₂, the difference taken before it is rounded.
 * @param A shape [m, n], entries within 2^±900.
 * @param X shape [n, p].
 * @param exact x*, from `exactLeastSquares` or `exactSolve`.
 * @returns the distance that a least squares certificate bounds.
 */
export function distanceThrough(A: Strided, X: Strided, exact: ExactMatrix): number {
  const { n: m, d: n } = matrixShape(A);
  const p = X.shape[1]!;
  const [a, x] = [pack(A), pack(X)];
  const far = x.map((value, at) => value - exact.hi.data[at]!);
  const near = x.map((value, at) => exactSum(value, -exact.hi.data[at]!).lo - exact.lo.data[at]!);
  let worst = 0;
  for (let c = 0; c < p; c++) {
    const image = Float64Array.from({ length: m }, (_, i) => twoTermDot(n, a, i * n, 1, far, c, p, twoTermDot(n, a, i * n, 1, near, c, p, 0)));
    worst = Math.max(worst, frobenius(plain(image, [m])));
  }
  return worst;
} // prettier-ignore

/**
 * The condition number ‖A‖_1 ‖A⁻¹‖_1.
 * @param A shape [n, n], not singular.
 * @returns κ₁, from the exact inverse.
 */
export function exactCondition(A: Strided): number {
  const inverse = exactInverse(A);
  const sums = (M: Strided): number => {
    const n = M.shape[1]!;
    const values = pack(M);
    let most = 0;
    for (let j = 0; j < n; j++) most = Math.max(most, values.reduce((sum, x, p) => (p % n === j ? sum + Math.abs(x) : sum), 0)); // prettier-ignore
    return most;
  };
  return sums(scaled(A, 1)) * sums(inverse);
}

/** Both sides of A X = B become numerators of X over the determinant of A. */
function eliminate(left: readonly bigint[][], right: readonly bigint[][]): { numerators: bigint[][]; determinant: bigint } {
  const n = left.length;
  const rows = left.map((row, i) => [...row, ...right[i]!]);
  let previous = 1n;
  for (let k = 0; k < n; k++) {
    const swap = rows.findIndex((row, i) => i >= k && row[k] !== 0n);
    if (swap < 0) throw new Error(`exact elimination: expected full rank, got a zero pivot in column ${k}`);
    [rows[k], rows[swap]] = [rows[swap]!, rows[k]!];
    const top = rows[k]!;
    const pivot = top[k]!;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const row = rows[i]!;
      const factor = row[k]!;
      for (let j = k; j < row.length; j++) row[j] = (pivot * row[j]! - factor * top[j]!) / previous;
      if (i < k) row[i] = pivot;
    }
    previous = pivot;
  }
  return { numerators: rows.map((row) => row.slice(n)), determinant: n === 0 ? 1n : previous };
}

function product(A: readonly bigint[][], B: readonly bigint[][], columns: number): bigint[][] {
  return A.map((row) => {
    const out = new Array<bigint>(columns).fill(0n);
    row.forEach((x, l) => {
      if (x !== 0n) for (let j = 0; j < columns; j++) out[j]! += x * B[l]![j]!;
    });
    return out;
  });
}

/** A = rows · 2^exponent with integer rows. */
function integers(A: Strided): IntegerMatrix {
  const { n: m, d: n } = matrixShape(A);
  const parts = Array.from(pack(A), mantissa);
  const exponent = parts.reduce((least, part) => (part.digits === 0n ? least : Math.min(least, part.exponent)), 2000);
  const at = (p: number): bigint => (parts[p]!.digits === 0n ? 0n : parts[p]!.digits << BigInt(parts[p]!.exponent - exponent));
  return { rows: Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => at(i * n + j))), exponent };
}

function mantissa(x: number): { digits: bigint; exponent: number } {
  let [digits, exponent] = [x, 0];
  if (x !== 0 && Math.abs(x) < 2 ** -900) [digits, exponent] = [x * 2 ** 150, -150];
  const shift = digits === 0 ? 0 : 52 - Math.floor(Math.log2(Math.abs(digits)));
  const half = Math.trunc(shift / 2); // 2^shift itself may overflow
  digits = digits * 2 ** half * 2 ** (shift - half);
  while (!Number.isInteger(digits)) [digits, exponent] = [digits * 2, exponent - 1];
  return { digits: BigInt(digits), exponent: exponent - shift };
}

function rounded(numerators: readonly bigint[][], determinant: bigint, exponent: number, n: number, p: number): ExactMatrix {
  const [hi, lo] = [new Float64Array(n * p), new Float64Array(n * p)];
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < p; c++) {
      const shift = 160 + bits(determinant) - bits(numerators[i]![c]!); // a quotient of 160 bits
      const quotient = shift >= 0 ? (numerators[i]![c]! << BigInt(shift)) / determinant : numerators[i]![c]! / (determinant << BigInt(-shift));
      const first = Number(quotient);
      hi[i * p + c] = powerTimes(first, exponent - shift);
      lo[i * p + c] = powerTimes(Number(quotient - BigInt(first)), exponent - shift);
    }
  }
  return { hi: plain(hi, [n, p]), lo: plain(lo, [n, p]) };
} // prettier-ignore

function powerTimes(x: number, exponent: number): number {
  let [value, left] = [x, exponent];
  while (left !== 0) {
    const step = Math.max(-900, Math.min(900, left));
    value *= 2 ** step;
    left -= step;
  }
  return value;
}

function bits(x: bigint): number {
  return (x < 0n ? -x : x).toString(16).length * 4;
}
