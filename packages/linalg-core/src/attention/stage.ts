/**
 * Operands of attention laid out in compute memory.
 *
 *   rows    [count][width], width padded to a multiple of 4 with zeros
 *   values  the last channel is a column of ones, whose weighted sum is the denominator
 *   masked  keys keep their place, with a row of zeros for values: they weigh nothing, whatever their score
 */
import { vectorEntries } from "../array/operands.js";
import type { DType, NdArray, VectorInput } from "../array/types.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { place } from "../runtime/transfer.js";
import { LARGEST_WIDTH, packKeySet, paddedKeys, paddedWidth, type KeySet } from "./pass.js";
import { HIDDEN_SCORE } from "../kernels/abi.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";
import { attentionKernels } from "../kernels/attention.js";
import { coreKernels } from "../kernels/core.js";

export interface AttentionShape {
  readonly n: number;
  readonly m: number;
  readonly d: number;
  readonly e: number;
}

/** n, m, d, e of [n, d], [m, d], [m, e]. */
export function checkShapes(where: string, q: NdArray, k: NdArray, v: NdArray): AttentionShape {
  for (const [name, A] of [["Q", q] as const, ["K", k] as const, ["V", v] as const]) {
    if (A.shape.length !== 2) throw new ShapeError(where, name, "a matrix", A.shape);
    if ((A.shape[1] ?? 0) > LARGEST_WIDTH) throw new ShapeError(where, name, `at most ${LARGEST_WIDTH} columns`, A.shape);
  }
  const [n = 0, d = 0] = q.shape;
  const [m = 0, e = 0] = v.shape;
  if (k.shape[1] !== d) throw new ShapeError(where, "K", `${d} columns as Q has`, k.shape);
  if (k.shape[0] !== m) throw new ShapeError(where, "V", `${k.shape[0] ?? 0} rows as K has`, v.shape);
  return { n, m, d, e };
}

/** Rows [n][paddedWidth(d)] of Q times factor. */
export function stageQueries(
  scope: Scope,
  where: string,
  Q: NdArray,
  dtype: DType,
  factor: number,
): { readonly rows: number; readonly largestNorm: number } {
  const [n = 0, d = 0] = Q.shape;
  const width = paddedWidth(d);
  const rows = stageRows(scope, where, "Q", Q, dtype, { factor, capacity: n, width, ones: false });
  return { rows, largestNorm: largestNorm(scope, dtype, n, width, rows) };
}

/** Copies a matrix into rows [capacity][width]: times factor, zero-padded, checked to be finite; with `ones`, column d is 1. */
export function stageRows(
  scope: Scope,
  where: string,
  name: string,
  A: NdArray,
  dtype: DType,
  layout: { readonly factor: number; readonly capacity: number; readonly width: number; readonly ones: boolean },
): number {
  const [n = 0, d = 0] = A.shape;
  const rows = scope.alloc(layout.capacity * layout.width * bytesOf(dtype));
  const source = place(scope, A, dtype, `${where}(${name})`);
  const strides = [source.strides[0] ?? 0, source.strides[1] ?? 0] as const;
  callKernel(coreKernels, "stageRows", dtype, n, d, source.address, ...strides, layout.factor, rows, layout.width, layout.ones ? 1 : 0);
  scope.free(source.address);
  return rows;
}

interface StagedKeys {
  readonly keySet: KeySet;
  readonly largestNorm: number;
  readonly largestBias: number;
  readonly largestValue: number;
  /** T [e]: least and greatest value of each channel over the kept keys. */
  readonly clip: { readonly low: number; readonly high: number };
}

export function* stageKeys(
  scope: Scope,
  where: string,
  K: NdArray,
  V: NdArray,
  dtype: DType,
  options: { readonly keyMask?: VectorInput; readonly keyBias?: VectorInput },
): Steps<StagedKeys> {
  const [m = 0, d = 0] = K.shape;
  const e = V.shape[1] ?? 0;
  const size = bytesOf(dtype);
  const depth = paddedWidth(d);
  const valueStride = paddedWidth(e + 1);
  const capacity = paddedKeys(m);
  const keys = stageRows(scope, where, "K", K, dtype, { factor: 1, capacity, width: depth, ones: false });
  const values = stageRows(scope, where, "V", V, dtype, { factor: 1, capacity, width: valueStride, ones: true });
  const norm = largestNorm(scope, dtype, m, depth, keys);
  const bias = scope.zeros(capacity * size);
  const largestBias = options.keyBias === undefined ? 0 : stageBias(where, options.keyBias, m, dtype, bias);
  const kept = options.keyMask === undefined ? undefined : keepFlags(where, options.keyMask, m);
  if (kept !== undefined) dropMasked(dtype, kept, values, valueStride, e);
  const range = valueRange(scope, dtype, kept, m, e, values, valueStride);
  if (kept !== undefined) hideMasked(dtype, kept, bias);
  const keySet = yield* packKeySet(scope, dtype, { count: m, depth, channels: e + 1, keys, values, valueStride, bias });
  scope.free(keys);
  scope.free(values);
  return { keySet, largestNorm: norm, largestBias, ...range };
}

/** Largest Euclidean norm of a row. */
function largestNorm(scope: Scope, dtype: DType, n: number, width: number, rows: number): number {
  const size = bytesOf(dtype);
  const low = scope.zeros(width * size);
  const high = scope.alloc(width * size);
  const sums = scope.alloc(width * 8);
  // scaled by the largest entry, so that squares neither overflow nor vanish
  callKernel(attentionKernels, "columnRange", dtype, n, width, rows, sums, low, high);
  let largest = 0;
  if (n > 0) for (let c = 0; c < width; c++) largest = Math.max(largest, Math.abs(at(dtype, low, c)), Math.abs(at(dtype, high, c)));
  for (const address of [low, high, sums]) scope.free(address);
  if (largest === 0) return 0;
  const values = reals(dtype);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let p = rows / size + i * width, end = p + width; p < end; p++) {
      const x = (values[p] ?? 0) / largest;
      sum += x * x;
    }
    if (sum > squares) squares = sum;
  }
  return largest * Math.sqrt(squares) * (1 + 4 * width * 2 ** -53);
}

function at(dtype: DType, address: number, index: number): number {
  return reals(dtype)[address / bytesOf(dtype) + index] ?? 0;
}

/** Key bias in units of log2; returns the largest magnitude. */
function stageBias(where: string, input: VectorInput, m: number, dtype: DType, address: number): number {
  const bias = vectorEntries(input, m, `${where}(keyBias)`);
  const to = reals(dtype);
  let largest = 0;
  for (let j = 0; j < m; j++) {
    const b = (bias[j] ?? 0) * Math.LOG2E;
    if (!Number.isFinite(b)) throw new NonFiniteError(where, "keyBias", bias[j] ?? 0, [j]);
    to[address / bytesOf(dtype) + j] = b;
    largest = Math.max(largest, Math.abs(b));
  }
  return largest;
}

function keepFlags(where: string, input: VectorInput, m: number): Float32Array | Float64Array {
  const flags = vectorEntries(input, m, `${where}(keyMask)`);
  flags.forEach((flag, j) => {
    if (flag !== 0 && flag !== 1) throw new OptionError(where, "keyMask", `0 or 1 at every key, here at [${j}]`, flag);
  });
  return flags;
}

function dropMasked(dtype: DType, kept: ArrayLike<number>, values: number, stride: number, e: number): void {
  const to = reals(dtype);
  const start = values / bytesOf(dtype);
  for (let j = 0; j < kept.length; j++) if (kept[j] === 0) to.fill(0, start + j * stride, start + j * stride + e + 1);
}

function hideMasked(dtype: DType, kept: ArrayLike<number>, bias: number): void {
  const to = reals(dtype);
  for (let j = 0; j < kept.length; j++) if (kept[j] === 0) to[bias / bytesOf(dtype) + j] = HIDDEN_SCORE[dtype];
}

/** Per channel over the kept keys: least and greatest value, in the dtype; the largest magnitude and difference of them all. */
function valueRange(
  scope: Scope,
  dtype: DType,
  kept: ArrayLike<number> | undefined,
  m: number,
  e: number,
  values: number,
  stride: number,
): Pick<StagedKeys, "clip" | "largestValue"> {
  const size = bytesOf(dtype);
  const low = scope.alloc(stride * size);
  const high = scope.alloc(stride * size);
  const sums = scope.alloc(stride * 8);
  callKernel(attentionKernels, "columnRange", dtype, m, stride, values, sums, low, high);
  scope.free(sums);
  if (kept !== undefined) keptRange(dtype, kept, e, values, stride, low, high);
  let largestValue = 0;
  if (m > 0) {
    for (let c = 0; c < e; c++) {
      const [a, b] = [at(dtype, low, c), at(dtype, high, c)];
      if (a > b) continue; // no key is kept
      largestValue = Math.max(largestValue, Math.abs(a), Math.abs(b));
    }
  }
  return { clip: { low, high }, largestValue };
}

/** The rows of masked keys are zeros by now and must not count. */
function keptRange(dtype: DType, kept: ArrayLike<number>, e: number, values: number, stride: number, low: number, high: number): void {
  const x = reals(dtype);
  const size = bytesOf(dtype);
  for (let c = 0; c < e; c++) {
    let [least, greatest] = [Infinity, -Infinity];
    for (let j = 0; j < kept.length; j++) {
      if (kept[j] === 0) continue;
      const value = x[values / size + j * stride + c] ?? 0;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    x[low / size + c] = least;
    x[high / size + c] = greatest;
  }
}
