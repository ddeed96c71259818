/**
 * One head in compute memory, as it was given, and measured.
 *
 *   q [n, d], k [m, d], v [m, e]      s_c  unit of the tolerance for channel c
 *
 * Rows are padded with zeros to a width that is a multiple of 4; queries carry scale · log2(e), so that scores are in units of log2; values
 * carry a column of ones, whose weighted sum is the denominator.
 */
import type { DType, NdArray } from "@subquad/linalg-core";
import {
  attentionKernels,
  bytesOf,
  callKernel,
  paddedKeys,
  paddedWidth,
  reals,
  stageRows,
  type AttentionShape,
  type Scope,
} from "@subquad/linalg-core/kernels";
import type { HeadInput } from "./check.js";
import type { AttentionOptions } from "./types.js";

/** Addresses unless said; rows are [count][width], width a multiple of 4. */
export interface Head {
  readonly dtype: DType;
  readonly shape: AttentionShape;
  /** Padded widths of the rows of q and k, and of v with its column of ones. */
  readonly depth: number;
  readonly valueWidth: number;
  /** q times scale · log2(e); k; [v | 1]. */
  readonly queries: number;
  readonly keys: number;
  readonly values: number;
  /** T [valueWidth]. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** s_c; 0 for a constant channel. */
  readonly unit: Float64Array;
  /** Bounds on the length of a row of `queries` and of `keys`, and on |v|. */
  readonly norms: { readonly queries: number; readonly keys: number; readonly values: number };
  /** Boxes of `queries` and `keys`. */
  readonly queryBox: Box;
  readonly keyBox: Box;
}

export interface StagedValues extends Pick<Head, "values" | "valueWidth" | "mean" | "low" | "high" | "unit"> {
  /** Largest |v|. */
  readonly largest: number;
}

type ToleranceUnit = NonNullable<AttentionOptions["toleranceUnit"]>;

/** Copies q, k, v of one head into compute memory and measures them. Throws NonFiniteError naming the index. */
export function stageHead(
  scope: Scope,
  where: string,
  input: HeadInput,
  shape: AttentionShape,
  dtype: DType,
  scale: number,
  unit: ToleranceUnit,
): Head {
  const { n, m, d } = shape;
  const depth = paddedWidth(d);
  const queries = stageRows(scope, where, "q", input.q, dtype, { factor: scale * Math.LOG2E, capacity: n, width: depth, ones: false });
  const keys = stageRows(scope, where, "k", input.k, dtype, { factor: 1, capacity: paddedKeys(m), width: depth, ones: false });
  const values = stageValues(scope, where, input.v, dtype, unit);
  const queryBox = columnBox(scope, dtype, n, depth, queries);
  const keyBox = columnBox(scope, dtype, m, depth, keys);
  const norms = { queries: queryBox.norm, keys: keyBox.norm, values: values.largest };
  return { dtype, shape, depth, queries, keys, ...values, norms, queryBox, keyBox };
}

/** v with its column of ones, its box, and the units of the tolerance. */
export function stageValues(scope: Scope, where: string, v: NdArray, dtype: DType, unit: ToleranceUnit): StagedValues {
  const [m = 0, e = 0] = v.shape;
  const valueWidth = paddedWidth(e + 1);
  const values = stageRows(scope, where, "v", v, dtype, { factor: 1, capacity: paddedKeys(m), width: valueWidth, ones: true });
  const box = columnBox(scope, dtype, m, valueWidth, values);
  const mean = writeReals(
    scope,
    dtype,
    box.mean.map((x, c) => (c < e ? x : 0)),
  );
  const [low, high] = [writeReals(scope, dtype, box.low), writeReals(scope, dtype, box.high)];
  let largest = 0;
  for (let c = 0; c < e && m > 0; c++) {
    const [least, greatest] = [box.low[c] ?? 0, box.high[c] ?? 0];
    largest = Math.max(largest, Math.abs(least), Math.abs(greatest));
  }
  return { values, valueWidth, mean, low, high, unit: toleranceUnits(scope, dtype, m, e, valueWidth, values, box, unit), largest };
}

export interface Box {
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Bound on the length of a row. */
  readonly norm: number;
  /** All rows are the same. */
  readonly constant: boolean;
}

/** Mean, minimum and maximum of each column. */
function columnBox(scope: Scope, dtype: DType, n: number, width: number, rows: number): Box {
  const size = bytesOf(dtype);
  const sums = scope.alloc(width * 8);
  const low = scope.alloc(width * size);
  const high = scope.alloc(width * size);
  callKernel(attentionKernels, "columnRange", dtype, n, width, rows, sums, low, high);
  const read = (address: number): Float64Array => Float64Array.from(reals(dtype).subarray(address / size, address / size + width));
  const box = { low: read(low), high: read(high) };
  const mean = reals("float64")
    .slice(sums / 8, sums / 8 + width)
    .map((sum) => sum / n);
  for (const address of [sums, low, high]) scope.free(address);
  const reach = box.low.map((least, c) => Math.max(Math.abs(least), Math.abs(box.high[c] ?? 0)));
  return { ...box, mean: Float64Array.from(mean), norm: euclidean(reach), constant: box.low.every((least, c) => least === box.high[c]) };
}

/** Length of a vector of nonnegative numbers without overflow or underflow, rounded up. */
function euclidean(x: Float64Array): number {
  let largest = 0;
  for (const value of x) if (value > largest) largest = value;
  if (largest === 0) return 0;
  let squares = 0;
  for (const value of x) squares += (value / largest) * (value / largest);
  return largest * Math.sqrt(squares) * (1 + 4 * x.length * Number.EPSILON);
}

/** s_c by `toleranceUnit`. */
function toleranceUnits(
  scope: Scope,
  dtype: DType,
  m: number,
  e: number,
  width: number,
  values: number,
  box: Box,
  unit: ToleranceUnit,
): Float64Array {
  if (m === 0) return new Float64Array(e);
  if (unit === "absolute") return new Float64Array(e).fill(1);
  if (unit === "range") return Float64Array.from({ length: e }, (_, c) => (box.high[c] ?? 0) - (box.low[c] ?? 0));
  const mean = scope.alloc(width * 8);
  const squares = scope.alloc(width * 8);
  reals("float64").set(box.mean, mean / 8);
  callKernel(attentionKernels, "columnSpread", dtype, m, width, values, mean, squares);
  const spread = reals("float64").slice(squares / 8, squares / 8 + e);
  for (const address of [mean, squares]) scope.free(address);
  return Float64Array.from(spread, (sum, c) => {
    const [low, high] = [box.low[c] ?? 0, box.high[c] ?? 0];
    if (low === high) return 0; // whatever the rounding of its mean
    const deviation = Math.sqrt(sum / m);
    const isSafe = sum > LEAST_SQUARE && sum < LARGEST_SQUARE && deviation > LEAST_DEVIATION * Math.max(Math.abs(low), Math.abs(high));
    return isSafe ? deviation : scaledDeviation(dtype, m, width, values, c, low, high - low);
  });
}

/** Sums of squares outside may have lost terms to underflow or overflow; smaller deviations may be those of the rounded mean. */
const LEAST_SQUARE = 1e-280;
const LARGEST_SQUARE = 1e300;
const LEAST_DEVIATION = 1e-7;

/** The standard deviation of a column in units of its range, from its minimum; at least the smallest number, as it is not constant. */
function scaledDeviation(dtype: DType, m: number, width: number, rows: number, c: number, low: number, range: number): number {
  const values = reals(dtype);
  const start = rows / bytesOf(dtype) + c;
  const at = (j: number): number => ((values[start + j * width] ?? 0) - low) / range;
  let sum = 0;
  for (let j = 0; j < m; j++) sum += at(j);
  let squares = 0;
  for (let j = 0; j < m; j++) squares += (at(j) - sum / m) * (at(j) - sum / m);
  return Math.max(Number.MIN_VALUE, range * Math.sqrt(squares / m));
}

/** A small array of the dtype in compute memory. */
export function writeReals(scope: Scope, dtype: DType, values: ArrayLike<number>): number {
  const address = scope.alloc(values.length * bytesOf(dtype));
  reals(dtype).set(values, address / bytesOf(dtype));
  return address;
}
