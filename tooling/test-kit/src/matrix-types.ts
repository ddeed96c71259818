/**
 * The matrices on which factorizations are tried: spectra that LAPACK's own tests use, seeded.
 *
 *   A  m × n  = U diag(d) Vᵀ · scale, U and V random orthogonal; symmetric: V diag(± d) Vᵀ; definite: V diag(d) Vᵀ
 *   κ  largest / smallest entry of d           ulp  2^-52 float64, 2^-23 float32
 */
import { plain, type FloatStore, type PlainArray } from "./arrays.js";
import { testRandom, type TestRandom } from "./random.js";
import type { Precision } from "./ulp.js";

export interface MatrixType {
  readonly name: string;
  /** d_1 ≥ … ≥ d_k: the largest is 1, or all are 0. */
  readonly spectrum: (k: number, ulp: number, random: TestRandom) => Float64Array<ArrayBuffer>;
  /** A = diag(d) · scale as it stands, without orthogonal factors. */
  readonly diagonal?: boolean;
  /** A power of two near the end of the range, for the dtype. */
  readonly scale?: (dtype: Precision) => number;
  /** This column (and row, where symmetric) is zero. */
  readonly zeroColumn?: (n: number) => number;
  /** Largest κ the type has: no factorization of full rank is promised at 0.1/ulp and beyond. */
  readonly condition: (ulp: number) => number;
}

export interface MatrixOptions {
  readonly dtype?: Precision;
  readonly seed?: string;
}

const graded = (k: number, κ: number): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length: k }, (_, i) => κ ** (-i / Math.max(1, k - 1)));
const inverseUlp = (ulp: number): number => 1 / ulp;
const strong = (ulp: number): number => 0.1 / Math.sqrt(ulp);
const two = (): number => 2;

/** Near the ends of the range, yet with room for a rounding: (smallest normal / u) / 4 and its inverse. */
const tiny = (dtype: Precision): number => (dtype === "float64" ? 2 ** (-1022 + 53 - 2) : 2 ** (-126 + 24 - 2));

export const matrixTypes: readonly MatrixType[] = [
  { name: "zero", diagonal: true, spectrum: (k) => new Float64Array(k), condition: () => Infinity },
  { name: "identity", diagonal: true, spectrum: (k) => new Float64Array(k).fill(1), condition: () => 1 },
  { name: "diagonal, geometric", diagonal: true, spectrum: (k, ulp) => graded(k, 1 / ulp), condition: inverseUlp },
  { name: "geometric", spectrum: (k, ulp) => graded(k, 1 / ulp), condition: inverseUlp },
  { name: "arithmetic", spectrum: (k, ulp) => Float64Array.from({ length: k }, (_, i) => 1 - (i / Math.max(1, k - 1)) * (1 - ulp)), condition: inverseUlp },
  { name: "clustered", spectrum: (k, ulp) => Float64Array.from({ length: k }, (_, i) => (2 * i < k ? 1 : 1 / strong(ulp))), condition: strong },
  { name: "one large", spectrum: (k, ulp) => Float64Array.from({ length: k }, (_, i) => (i === 0 ? 1 : 1 / strong(ulp))), condition: strong },
  { name: "one small", spectrum: (k, ulp) => Float64Array.from({ length: k }, (_, i) => (i < k - 1 || k === 1 ? 1 : 1 / strong(ulp))), condition: strong },
  { name: "random logarithms", spectrum: randomLogarithms, condition: inverseUlp },
  { name: "κ = 2", spectrum: (k) => graded(k, 2), condition: two },
  { name: "κ = 0.1/√ulp", spectrum: (k, ulp) => graded(k, strong(ulp)), condition: strong },
  { name: "κ = 0.1/ulp", spectrum: (k, ulp) => graded(k, 0.1 / ulp), condition: (ulp) => 0.1 / ulp },
  { name: "near overflow", spectrum: (k) => graded(k, 2), scale: (dtype) => 1 / tiny(dtype), condition: two },
  { name: "near underflow", spectrum: (k) => graded(k, 2), scale: tiny, condition: two },
  { name: "first column zero", spectrum: (k) => graded(k, 2), zeroColumn: () => 0, condition: () => Infinity },
  { name: "middle column zero", spectrum: (k) => graded(k, 2), zeroColumn: (n) => n >> 1, condition: () => Infinity },
  { name: "last column zero", spectrum: (k) => graded(k, 2), zeroColumn: (n) => n - 1, condition: () => Infinity },
]; // prettier-ignore

/** Sizes of the LAPACK tests. */
export const matrixSizes: readonly number[] = [0, 1, 2, 3, 5, 10, 16, 30, 40, 50];

/** 2^-52 or 2^-23. */
export const ulpOf = (dtype: Precision): number => (dtype === "float64" ? 2 ** -52 : 2 ** -23);

/**
 * One matrix of a type.
 * @param type from `matrixTypes`.
 * @param m rows.
 * @param n columns.
 * @param options default float64, seed "0".
 * @returns shape [m, n], rounded to the dtype.
 */
export function generalMatrix(type: MatrixType, m: number, n: number, options: MatrixOptions = {}): PlainArray<FloatStore> {
  const { dtype = "float64", seed = "0" } = options;
  const random = testRandom(`${type.name}/${m}/${n}/${seed}`);
  const d = type.spectrum(Math.min(m, n), ulpOf(dtype), random);
  const a = new Float64Array(m * n);
  for (let i = 0; i < d.length; i++) a[i * n + i] = d[i]!;
  if (!type.diagonal) {
    for (let i = 0; i < m; i++) reflect(a, m, n, n, 1, direction(m, random));
    for (let j = 0; j < n; j++) reflect(a, n, m, 1, n, direction(n, random));
  }
  return finish(type, a, m, n, dtype, false);
}

/**
 * One symmetric matrix of a type, symmetric to the last bit.
 * @param type from `matrixTypes`.
 * @param n rows and columns.
 * @param options definite: all eigenvalues are positive (before rounding) or zero; default false: signs at random.
 * @returns shape [n, n], rounded to the dtype.
 */
export function symmetricMatrix(type: MatrixType, n: number, options: MatrixOptions & { readonly definite?: boolean } = {}): PlainArray<FloatStore> {
  const { dtype = "float64", seed = "0", definite = false } = options;
  const random = testRandom(`${type.name}/symmetric/${n}/${seed}`);
  const d = type.spectrum(n, ulpOf(dtype), random);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = d[i]! * (definite || random.uniform() < 0.5 ? 1 : -1);
  for (let i = 0; i < n && !type.diagonal; i++) {
    const v = direction(n, random);
    reflect(a, n, n, n, 1, v);
    reflect(a, n, n, 1, n, v);
  }
  return finish(type, a, n, n, dtype, true);
} // prettier-ignore

function finish(type: MatrixType, a: Float64Array, m: number, n: number, dtype: Precision, symmetric: boolean): PlainArray<FloatStore> {
  const scale = type.scale?.(dtype) ?? 1;
  const zero = type.zeroColumn?.(n) ?? -1;
  const data = dtype === "float64" ? new Float64Array(m * n) : new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const mirrored = symmetric && j > i ? j * n + i : i * n + j;
      data[i * n + j] = j === zero || (symmetric && i === zero) ? 0 : a[mirrored]! * scale;
    }
  }
  return plain(data, [m, n]);
}

/** log d uniform, the largest and the smallest at the ends. */
function randomLogarithms(k: number, ulp: number, random: TestRandom): Float64Array<ArrayBuffer> {
  const d = Float64Array.from({ length: k }, (_, i) => (i === 0 ? 1 : i === k - 1 ? ulp : ulp ** random.uniform()));
  return d.sort().reverse();
}

function direction(length: number, random: TestRandom): Float64Array {
  return Float64Array.from({ length }, random.normal);
}

/** a ← (I − 2 v vᵀ / vᵀv) a, where a is rows × columns at these steps. */
function reflect(a: Float64Array, rows: number, columns: number, rowStep: number, columnStep: number, v: Float64Array): void {
  const size = v.reduce((sum, x) => sum + x * x, 0);
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += v[i]! * a[i * rowStep + j * columnStep]!;
    const factor = (2 * sum) / size;
    for (let i = 0; i < rows; i++) a[i * rowStep + j * columnStep]! -= factor * v[i]!;
  }
}
