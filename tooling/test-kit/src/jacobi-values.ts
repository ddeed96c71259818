/**
 * Singular values and eigenvalues by Jacobi rotations in numbers of two terms: slow, and right to the last digit of float64 (relative to the
 * largest value). For sizes up to a few dozen.
 */
import { matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { binaryScale } from "./factor-ratios.js";
import { add, divide, multiply, negate, one, squareRoot, type TwoTerm } from "./two-term.js";

const SWEEPS = 60;
/** A pair is orthogonal when its cosine is below this: 2^-100, near the last bit of two terms. */
const ORTHOGONAL = 2 ** -100;

/**
 * Singular values, in descending order.
 * @param A shape [m, n].
 * @returns shape [min(m, n)], float64.
 */
export function singularValuesOracle(A: Strided): PlainArray {
  const { n: m, d: n } = matrixShape(A);
  const scale = binaryScale(A);
  const values = pack(A).map((x) => x / scale);
  const [k, length] = [Math.min(m, n), Math.max(m, n)];
  // the columns of the tall one of A and Aᵀ
  const columns = Array.from({ length: k }, (_, j) => Array.from({ length }, (_, i) => one(values[m >= n ? i * n + j : j * n + i]!)));
  for (let sweep = 0, turned = true; turned; sweep++) {
    if (sweep === SWEEPS) throw new Error(`singularValuesOracle(A): expected orthogonal columns after ${SWEEPS} sweeps`);
    turned = false;
    for (let i = 0; i < k; i++) for (let j = i + 1; j < k; j++) if (orthogonalize(columns[i]!, columns[j]!)) turned = true;
  }
  const s = Float64Array.from(columns, (x) => squareRoot(dot(x, x)).hi * scale);
  return plain(s.sort().reverse(), [k]);
} // prettier-ignore

/**
 * Eigenvalues of a symmetric matrix, in ascending order.
 * @param A shape [n, n]; the lower triangle is read.
 * @returns shape [n], float64.
 */
export function eigenvaluesOracle(A: Strided): PlainArray {
  const n = A.shape[0]!;
  const scale = binaryScale(A);
  const values = pack(A);
  const a = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => one(values[Math.max(i, j) * n + Math.min(i, j)]! / scale)));
  for (let sweep = 0, turned = true; turned; sweep++) {
    if (sweep === SWEEPS) throw new Error(`eigenvaluesOracle(A): expected a diagonal matrix after ${SWEEPS} sweeps`);
    turned = false;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) if (diagonalize(a, i, j)) turned = true;
  }
  return plain(Float64Array.from({ length: n }, (_, i) => a[i]![i]!.hi * scale).sort(), [n]);
} // prettier-ignore

/** Rotates two columns until they are orthogonal; false when they are. */
function orthogonalize(x: TwoTerm[], y: TwoTerm[]): boolean {
  const [α, β, γ] = [dot(x, x), dot(y, y), dot(x, y)];
  if (Math.abs(γ.hi) <= ORTHOGONAL * Math.sqrt(α.hi) * Math.sqrt(β.hi) || α.hi * β.hi === 0) return false;
  const { cosine, sine } = rotation(α, β, γ);
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i]!, y[i]!];
    x[i] = add(multiply(cosine, p), negate(multiply(sine, q)));
    y[i] = add(multiply(sine, p), multiply(cosine, q));
  }
  return true;
}

/** Makes a_ij vanish; false when it is small against the whole matrix, whose largest entry is about 1. */
function diagonalize(a: TwoTerm[][], i: number, j: number): boolean {
  const γ = a[i]![j]!;
  if (Math.abs(γ.hi) <= ORTHOGONAL) return false;
  const { cosine, sine } = rotation(a[i]![i]!, a[j]![j]!, γ);
  for (const row of a) {
    const [p, q] = [row[i]!, row[j]!];
    row[i] = add(multiply(cosine, p), negate(multiply(sine, q)));
    row[j] = add(multiply(sine, p), multiply(cosine, q));
  }
  const [top, low] = [a[i]!, a[j]!];
  for (let l = 0; l < a.length; l++) {
    const [p, q] = [top[l]!, low[l]!];
    top[l] = add(multiply(cosine, p), negate(multiply(sine, q)));
    low[l] = add(multiply(sine, p), multiply(cosine, q));
  }
  [top[j], low[i]] = [one(0), one(0)];
  return true;
}

/** The smaller of the two angles that diagonalize [α γ; γ β]. */
function rotation(α: TwoTerm, β: TwoTerm, γ: TwoTerm): { cosine: TwoTerm; sine: TwoTerm } {
  const ζ = divide(add(β, negate(α)), multiply(one(2), γ));
  const sign = ζ.hi < 0 ? -1 : 1;
  const size = multiply(one(sign), ζ);
  // beyond 2^60 the tangent is 1 / (2 ζ) to 120 bits, and ζ² would overflow
  const t = size.hi > 2 ** 60 ? divide(one(0.5), size) : divide(one(1), add(size, squareRoot(add(one(1), multiply(size, size)))));
  const tangent = multiply(one(sign), t);
  const cosine = divide(one(1), squareRoot(add(one(1), multiply(tangent, tangent))));
  return { cosine, sine: multiply(cosine, tangent) };
} // prettier-ignore

function dot(x: readonly TwoTerm[], y: readonly TwoTerm[]): TwoTerm {
  let sum = one(0);
  for (let i = 0; i < x.length; i++) sum = add(sum, multiply(x[i]!, y[i]!));
  return sum;
}
