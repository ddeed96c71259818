/**
 * Residuals as if in twice the precision, and the backward error that they prove.
 *
 *   A  m × n, dense or sparse      X  n × p      B  m × p      R = B − A X      r, x, b  a column of each
 *
 *   b − Σ a_l x_l: each product and each sum is split into its rounded value and its exact error; errors are summed beside the values.
 *   |r̂ − r| ≤ u |r| + γ_(n+1)² (|A||x| + |b|)
 *
 * Entries are scaled by powers of two, A as a whole and each column by itself, so that no splitting overflows; the terms of an entry by
 * themselves where that would lose some.
 * Source: Dekker 1971 (exact products); Ogita, Rump, Oishi 2005 (dot products in twice the precision).
 */
import { denseCopy } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import { indicesOf } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { reshape, transpose, view } from "../array/view.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { exponentOf, trueExponent } from "../math/bits.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr, assertCsrFinite } from "../sparse/structure.js";
import { rest, runSync, type Steps } from "../runtime/steps.js";
import { eachSlice, SLICE_ENTRIES } from "../runtime/slices.js";
import { entriesOf } from "./work.js";
import { subtractDot, subtractWideDot, upperParts } from "./subtract-dot.js";
import { largestMagnitude, scaled, sumOfMagnitudes, timesPowerOfTwo } from "./sums.js";

/**
 * B − A X, each entry rounded once from a sum of twice the precision.
 *
 * For iterative refinement, and wherever the residual cancels: a product in working precision would leave its own rounding errors only.
 * @param A shape [m, n]; any dtype and stride; or sparse.
 * @param X shape [n, p], or [n].
 * @param B shape [m, p], or [m]; as many axes as X.
 * @returns the shape of B, float64 whatever the inputs: a residual rounded to float32 would lose what it is for.
 * |R − exact| ≤ u |exact| + γ_(n+1)² (|A||X| + |B|), where nothing underflows.
 * @throws ShapeError; NonFiniteError for NaN or Infinity in an input, or when the residual overflows.
 * @complexity 17 m n p flops, 17 nnz p for a sparse A; extra space for copies of the inputs.
 * @source Dekker; Ogita, Rump, Oishi.
 * @example residual([[1, 1]], [1e-20, 1], [1]).get(0) // -> -1e-20
 */
export function residual(A: MatrixInput | CsrMatrix, X: MatrixInput | VectorInput, B: MatrixInput | VectorInput): NdArray {
  return runSync(residualSteps("residual", A, X, B));
}

/** The generator behind it; other algorithms reach it by `yield*`. */
export function* residualSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  X: MatrixInput | VectorInput,
  B: MatrixInput | VectorInput,
): Steps<NdArray> {
  const { R, units, m, p, shape } = yield* compute(where, A, X, B);
  const out = new Float64Array(m * p);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < p; j++) {
      const entry = timesPowerOfTwo(R[i * p + j]!, units[i * p + j]!);
      if (!Number.isFinite(entry)) throw new NonFiniteError(where, "result overflows float64", entry, indicesOf(i * p + j, shape));
      out[i * p + j] = entry;
    }
  }
  return view(out, shape);
}

/**
 * The normwise backward error of A X ≈ B: max over columns of ‖b − A x‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞), rounded up.
 *
 * The least ε such that (A + ΔA) x = b + Δb with ‖ΔA‖_∞ ≤ ε ‖A‖_∞ and ‖Δb‖_∞ ≤ ε ‖b‖_∞, column by column.
 * @param A as in `residual`.
 * @param X as in `residual`.
 * @param B as in `residual`.
 * @returns at least the true value, and at most that times 1 + (n/256 + 280) 2u plus (n + 2)² u²; 0 of a column of zeros solved by zeros.
 * @throws ShapeError; NonFiniteError for NaN or Infinity.
 * @complexity as `residual`.
 * @source Rigal, Gaches 1967.
 * @example backwardError([[2]], [0.5], [1]) < 1e-30 // -> true
 */
export function backwardError(A: MatrixInput | CsrMatrix, X: MatrixInput | VectorInput, B: MatrixInput | VectorInput): number {
  const { R, units, exponents, m, n, p, rowSum, xNorms, bNorms } = runSync(compute("backwardError", A, X, B));
  const up = 1 + (Math.min(n, 256) + Math.ceil(n / 256) + 8) * 2 ** -52; // the roundings of the norms and of the quotient
  const split = (n + 2) * 2 ** -53;
  let most = 0;
  for (let j = 0; j < p; j++) {
    let error = 0;
    for (let i = 0; i < m; i++) error = Math.max(error, Math.abs(timesPowerOfTwo(R[i * p + j]!, units[i * p + j]! - exponents[j]!)));
    const size = rowSum * xNorms[j]! + bNorms[j]!;
    if (size > 0) most = Math.max(most, (error / size) * up + split * split * up);
  }
  return most;
}

/** Products between two turns of the event loop: a few milliseconds. */
const SLICE = 2 ** 17;

/** The residual, entry ij divided by 2^units[ij], and norms of column j divided by 2^exponents[j]. */
interface ScaledResidual {
  readonly m: number;
  readonly n: number;
  readonly p: number;
  readonly shape: readonly number[];
  readonly R: Float64Array;
  readonly units: Float64Array;
  readonly exponents: readonly number[];
  readonly rowSum: number;
  readonly xNorms: Float64Array;
  readonly bNorms: Float64Array;
}

function* compute(
  where: string,
  A: MatrixInput | CsrMatrix,
  X: MatrixInput | VectorInput,
  B: MatrixInput | VectorInput,
): Steps<ScaledResidual> {
  const left = isCsr(A) ? asCsr(A, `${where}(A)`) : asMatrix(A, `${where}(A)`);
  const [m = 0, n = 0] = left.shape;
  const x = asArray(X, `${where}(X)`);
  const b = asArray(B, `${where}(B)`);
  if (!(x.shape.length === 1 || x.shape.length === 2) || x.shape[0] !== n) throw new ShapeError(where, "X", `[${n}] or [${n}, p]`, x.shape);
  const p = x.shape[1] ?? 1;
  const shape = x.shape.length === 1 ? [m] : [m, p];
  if (b.shape.length !== shape.length || shape.some((length, axis) => b.shape[axis] !== length)) {
    throw new ShapeError(where, "B", `shape [${shape.join(", ")}]`, b.shape);
  }
  if ("columns" in left) assertCsrFinite(left, `${where}(A)`);
  const entries = "columns" in left ? new Float64Array(left.values) : yield* entriesOf(left);
  if (!("columns" in left) && !(yield* isFinite(entries))) assertFinite(left, `${where}(A)`);
  assertFinite(x, `${where}(X)`);
  assertFinite(b, `${where}(B)`);
  yield rest();
  const { largest, least } = yield* extremesOf(entries);
  const down = largest === 0 ? 0 : exponentOf(largest);
  const factors = new Float64Array(entries.length);
  yield* eachSlice(entries.length, SLICE_ENTRIES, (from, to) => {
    factors.set(scaled(entries.subarray(from, to), -down), from);
  });
  yield rest();
  const [given, right] = [columnsOf(x, n, p), columnsOf(b, m, p)];
  const columns = scaleColumns(given, right, n, m, p, down, largest === 0);
  const wide = wideColumns(least, down, given, right, columns.exponents, n, m);
  yield rest();
  const R = new Float64Array(m * p);
  const units = new Float64Array(m * p);
  const pointers = "columns" in left ? left.rowPointers : undefined;
  let rowSum = 0;
  const step = Math.max(1, Math.floor((SLICE * m) / ((entries.length + m) * Math.max(1, p))));
  for (let i = 0; i < m; i++) {
    if (i > 0 && i % step === 0) yield rest();
    const [from, to] = [pointers?.[i] ?? i * n, pointers?.[i + 1] ?? (i + 1) * n];
    const row = factors.subarray(from, to);
    const indices = "columns" in left ? left.columns.subarray(left.rowPointers[i], left.rowPointers[i + 1]) : undefined;
    rowSum = Math.max(rowSum, sumOfMagnitudes(row));
    const highs = upperParts(row);
    for (let j = 0; j < p; j++) {
      if (wide[j]) {
        const entry = subtractWideDot(right[j * m + i]!, entries.subarray(from, to), given.subarray(j * n, (j + 1) * n), indices);
        R[i * p + j] = entry.value;
        units[i * p + j] = entry.exponent;
      } else {
        R[i * p + j] = subtractDot(columns.b[j]![i]!, row, highs, columns.x[j]!, columns.high[j]!, indices);
        units[i * p + j] = columns.exponents[j]!;
      }
    }
  }
  const xNorms = Float64Array.from(columns.x, (column) => largestMagnitude(column));
  const bNorms = Float64Array.from(columns.b, (column) => largestMagnitude(column));
  return { m, n, p, shape, R, units, exponents: columns.exponents, rowSum, xNorms, bNorms };
}

/** Whether x − x = 0 throughout. */
function* isFinite(entries: Float64Array): Steps<boolean> {
  let doubt = 0;
  yield* eachSlice(entries.length, SLICE_ENTRIES, (from, to) => {
    for (let p = from; p < to; p++) doubt += entries[p]! - entries[p]!;
  });
  return doubt === 0;
}

/** The largest magnitude, and the least exponent of what is not 0. */
function* extremesOf(entries: Float64Array): Steps<{ readonly largest: number; readonly least: number }> {
  let [largest, least] = [0, Infinity];
  yield* eachSlice(entries.length, SLICE_ENTRIES, (from, to) => {
    largest = Math.max(largest, largestMagnitude(entries, from, to));
    least = Math.min(least, leastExponent(entries.subarray(from, to)));
  });
  return { largest, least };
}

function columnsOf(A: NdArray, rows: number, p: number): Float64Array {
  return denseCopy(transpose(A.shape.length === 2 ? A : reshape(A, [rows, p])), "float64");
}

/** Columns of X and B, with the one power of two for A x and b that brings the larger of the two to about 1; A x is 0 where A is nothing. */
function scaleColumns(X: Float64Array, B: Float64Array, n: number, m: number, p: number, down: number, isNothing: boolean) {
  const [x, b, high, exponents]: [Float64Array[], Float64Array[], Float64Array[], number[]] = [[], [], [], []];
  for (let j = 0; j < p; j++) {
    const xj = isNothing ? new Float64Array(n) : X.subarray(j * n, (j + 1) * n);
    const bj = B.subarray(j * m, (j + 1) * m);
    const isZero = largestMagnitude(xj) === 0;
    const exponent = Math.max(
      isZero ? -Infinity : down + exponentOfList(xj),
      isZero || largestMagnitude(bj) > 0 ? exponentOfList(bj) : -Infinity,
    );
    // at −2044 nothing is left beside the other, whose scale is 1
    x.push(scaled(xj, Math.max(-2044, Math.min(2044, down - exponent))));
    b.push(scaled(bj, Math.max(-2044, Math.min(2044, -exponent))));
    high.push(upperParts(x[j]!));
    exponents.push(exponent);
  }
  return { x, b, high, exponents };
}

/** ⌊log2⌋ of the largest magnitude; 0 of zeros. */
function exponentOfList(x: Float64Array): number {
  const most = largestMagnitude(x);
  return most === 0 ? 0 : exponentOf(most);
}

/** Scaled entries, and products of two, whose exponents are above are split without loss: 106 bits more are above −1022. */
const LEAST_EXPONENT = -900;

/** Whether scaling column j as a whole would bring some entry or product too low; a: the least exponent in A. */
function wideColumns(
  a: number,
  down: number,
  X: Float64Array,
  B: Float64Array,
  exponents: readonly number[],
  n: number,
  m: number,
): readonly boolean[] {
  return exponents.map((exponent, j) => {
    const x = leastExponent(X.subarray(j * n, (j + 1) * n));
    const b = leastExponent(B.subarray(j * m, (j + 1) * m));
    return !(Math.min(a - down, x + down - exponent, a + x - exponent, b - exponent) >= LEAST_EXPONENT);
  });
}

/** The exponent of the smallest entry that is not 0; Infinity where there is none. */
function leastExponent(x: Float64Array): number {
  let least = Infinity;
  for (const value of x) {
    const size = Math.abs(value);
    if (size < least && size > 0) least = size;
  }
  return least === Infinity ? Infinity : trueExponent(least);
}
