/**
 * One head, staged in compute memory, centred and balanced.
 *
 *   q [n, d], k [m, d], v [m, e]      c, q̄  means of k and q      λ_j = scale ⟨q̄, k_j − c⟩      τ balances the lengths of x and y
 *   x_i = τ scale (q_i − q̄)          y_j = (k_j − c) / τ          κ'_j = exp(λ_j + |y_j|²/2 − max)
 *
 * For any fixed c and q̄: scale ⟨q, k⟩ = ⟨x, y⟩ + λ + scale ⟨q, c⟩, and the last term cancels in the softmax. So attention is a Gaussian
 * smoother: the weight of pair (i, j) is, up to a factor of row i, g(x_i, y_j) κ'_j with g(x, y) = exp(−|x − y|²/2) in (0, 1], and nothing can
 * overflow. Everything here is in units of log2: x and y carry a factor √log2(e) each.  Source: ours; identity of the exponential.
 */
import type { DType, NdArray } from "@subquad/linalg-core";
import {
  bytesOf,
  callKernel,
  packKeySet,
  paddedKeys,
  paddedWidth,
  reals,
  stageRows,
  type AttentionShape,
  type KeySet,
  type Scope,
} from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
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
  /** Bounds on the length of a row of `queries` and of `keys`, on |v|, and on the range of a channel. */
  readonly norms: {
    readonly queries: number;
    readonly keys: number;
    readonly bias: number;
    readonly values: number;
    readonly spread: number;
  };
  /** Every row of q, or every row of k, is the same: all outputs are. */
  readonly constant: boolean;
}

export interface StagedValues extends Pick<Head, "values" | "valueWidth" | "mean" | "low" | "high" | "unit"> {
  /** Largest |v|, and largest range of a channel. */
  readonly largest: number;
  readonly spread: number;
}

export interface HeadInput {
  readonly q: NdArray;
  readonly k: NdArray;
  readonly v: NdArray;
}

type ToleranceUnit = NonNullable<AttentionOptions["toleranceUnit"]>;

export interface CenteredHead {
  readonly x: number;
  /** −|x_i|²/2 [n rounded up to a multiple of 8]. */
  readonly xHalf: number;
  readonly y: number;
  /** −|y_j|²/2 [paddedKeys(m)]. */
  readonly yHalf: number;
  /** κ'_j [m]. */
  readonly kappa: number;
  /** log2 of the factor that makes the largest κ' 1. */
  readonly kappaShift: number;
  /** c. */
  readonly keyMean: Float64Array;
  /** κ'_j [v_j − mean | 1] as rows, and packed with y as a set of keys. */
  readonly weighted: number;
  readonly keySet: KeySet;
}

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
  const norms = { queries: queryBox.norm, keys: keyBox.norm, bias: 0, values: values.largest, spread: values.spread };
  return { dtype, shape, depth, queries, keys, ...values, norms, constant: queryBox.constant || keyBox.constant };
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
  let spread = 0;
  for (let c = 0; c < e && m > 0; c++) {
    const [least, greatest] = [box.low[c] ?? 0, box.high[c] ?? 0];
    largest = Math.max(largest, Math.abs(least), Math.abs(greatest));
    spread = Math.max(spread, greatest - least);
  }
  return { values, valueWidth, mean, low, high, unit: toleranceUnits(scope, dtype, m, e, valueWidth, values, box, unit), largest, spread };
}

interface Box {
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Bound on the length of a row. */
  readonly norm: number;
  readonly constant: boolean;
}

/** Mean, minimum and maximum of each column. */
function columnBox(scope: Scope, dtype: DType, n: number, width: number, rows: number): Box {
  const size = bytesOf(dtype);
  const sums = scope.alloc(width * 8);
  const low = scope.alloc(width * size);
  const high = scope.alloc(width * size);
  callKernel("columnRange", dtype, n, width, rows, sums, low, high);
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
  callKernel("columnSpread", dtype, m, width, values, mean, squares);
  const spread = reals("float64").slice(squares / 8, squares / 8 + e);
  for (const address of [mean, squares]) scope.free(address);
  // a constant channel has spread 0, whatever the rounding of its mean
  return Float64Array.from(spread, (sum, c) => (box.low[c] === box.high[c] ? 0 : Math.sqrt(sum / m)));
}

/** Centres and balances a staged head, weighs its values, and packs its keys. */
export function* centerHead(scope: Scope, head: Head): Steps<CenteredHead> {
  const { dtype, shape, depth, valueWidth } = head;
  const { n, m } = shape;
  const size = bytesOf(dtype);
  const queryMean = columnBox(scope, dtype, n, depth, head.queries).mean;
  const keyMean = columnBox(scope, dtype, m, depth, head.keys).mean;
  const root = Math.sqrt(Math.LOG2E);
  const { queryFactor, keyFactor } = balance(head, queryMean, keyMean, root);

  const x = scope.alloc(n * depth * size);
  const xHalf = scope.zeros(Math.ceil(n / 8) * 8 * size);
  callKernel("centerRows", dtype, n, depth, head.queries, writeReals(scope, dtype, queryMean), queryFactor, x, xHalf);
  const capacity = paddedKeys(m);
  const y = scope.alloc(capacity * depth * size);
  const yHalf = scope.zeros(capacity * size);
  callKernel("centerRows", dtype, m, depth, head.keys, writeReals(scope, dtype, keyMean), keyFactor, y, yHalf);

  const kappa = scope.zeros(Math.ceil(m / 8) * 8 * size);
  // λ_j = ⟨g, y_j⟩: the queries carry scale · log2(e) already
  const g = writeReals(
    scope,
    dtype,
    queryMean.map((value) => value / keyFactor),
  );
  callKernel("rowProducts", dtype, m, depth, y, g, yHalf, kappa);
  const kappaShift = -callKernel("vectorMaximum", dtype, m, kappa);
  const weights = reals(dtype);
  for (let j = kappa / size, end = j + m; j < end; j++) weights[j] = (weights[j] ?? 0) + kappaShift;
  callKernel("exp2Rows", dtype, Math.ceil((m * size) / 32), kappa);

  const weighted = scope.alloc(capacity * valueWidth * size);
  callKernel("weightRows", dtype, m, valueWidth, head.values, head.mean, kappa, weighted);
  const rows = { count: m, depth, channels: shape.e + 1, keys: y, values: weighted, valueStride: valueWidth, bias: yHalf };
  const keySet = yield* packKeySet(scope, dtype, rows);
  return { x, xHalf, y, yHalf, kappa, kappaShift, keyMean, weighted, keySet };
}

/** τ² = median|k − c| / median|scale (q − q̄)| over 512 evenly spaced rows; the factors that x and y get. */
function balance(
  head: Head,
  queryMean: Float64Array,
  keyMean: Float64Array,
  root: number,
): { readonly queryFactor: number; readonly keyFactor: number } {
  const { dtype, depth } = head;
  const lengths = (rows: number, count: number, mean: Float64Array): Float64Array => sampledLengths(dtype, rows, count, depth, mean);
  const query = lengths(head.queries, head.shape.n, queryMean).map((length) => length / Math.LOG2E);
  const key = lengths(head.keys, head.shape.m, keyMean);
  const middle = (sorted: Float64Array): number => sorted[sorted.length >> 1] ?? 0;
  const largest = (sorted: Float64Array): number => sorted[sorted.length - 1] ?? 0;
  let [a, b] = [middle(key), middle(query)];
  if (a === 0 || b === 0) [a, b] = [largest(key), largest(query)];
  const τ = a === 0 || b === 0 ? 1 : Math.sqrt(a) / Math.sqrt(b);
  return { queryFactor: τ / root, keyFactor: root / τ };
}

function sampledLengths(dtype: DType, rows: number, count: number, width: number, mean: Float64Array): Float64Array {
  const step = Math.max(1, count >> 9);
  const values = reals(dtype);
  const start = rows / bytesOf(dtype);
  const lengths = new Float64Array(Math.floor(count / step));
  const difference = new Float64Array(width);
  for (let i = 0; i < lengths.length; i++) {
    for (let c = 0; c < width; c++) difference[c] = Math.abs((values[start + i * step * width + c] ?? 0) - (mean[c] ?? 0));
    lengths[i] = euclidean(difference);
  }
  return lengths.sort();
}

/** A small array of the dtype in compute memory. */
export function writeReals(scope: Scope, dtype: DType, values: ArrayLike<number>): number {
  const address = scope.alloc(values.length * bytesOf(dtype));
  reals(dtype).set(values, address / bytesOf(dtype));
  return address;
}
