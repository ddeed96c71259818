/**
 * Softmax and log-sum-exp along the rows of a matrix.
 *
 *   S  m × n      σ  scale      p_ij = e^(σ s_ij) / Σ_k e^(σ s_ik) over the kept entries      lse_i = log Σ_k e^(σ s_ik)
 *
 * Exponentials are of σ (s − s*) ≤ 0, s* the largest kept entry of the row (the least if σ < 0): nothing overflows. In float32 the products
 * σ (s − s*) and the sums are in float64.  Source: textbook.
 */
import { dtypeOf } from "../array/cast.js";
import { asMatrix, vectorEntries } from "../array/operands.js";
import { assertSameOrApart, assertWritable, writeInto } from "../array/out.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { readMask } from "../attention/stage-mask.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import { log } from "../math/log.js";
import { assertInRange, assertKnownOptions } from "../options.js";
import { bytesOf, callKernel } from "../runtime/dtype-kernels.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { place, take } from "../runtime/transfer.js";
import { coreKernels } from "../kernels/core.js";
import { elementwiseKernels } from "../kernels/elementwise.js";

export interface LogSumExpRowsOptions {
  /** σ, multiplies the entries. In [−1e300, 1e300]. Default 1. */
  readonly scale?: number;
  /** [m, n] of bytes (Uint8Array) or booleans: 1 or true keeps the entry. Default: all kept. */
  readonly mask?: MatrixInput;
  /** [n] of 0 and 1: 1 keeps the column. Default: all kept. */
  readonly keyMask?: VectorInput;
}

export interface SoftmaxRowsOptions extends LogSumExpRowsOptions {
  /** Where the result goes: [m, n] of the result's dtype, no two indices on one element; it may be S, or not overlap it. Default: a new array. */
  readonly out?: NdArray;
}

const OPTION_NAMES = ["scale", "mask", "keyMask"];
const LARGEST_SCALE = 1e300;

/**
 * p_ij = e^(σ s_ij) / Σ_k e^(σ s_ik), row by row.
 *
 * For scores that are at hand; where they come from queries and keys, `streamingAttention` never writes them down.
 * @param S shape [m, n], n at least 1; float32 or float64, any stride; entries finite.
 * @param options see SoftmaxRowsOptions.
 * @returns shape [m, n], the dtype of S; 0 where masked, so that a row that keeps nothing is 0. With a = σ (s* − s) the relative error is at
 * most (2 a + 2 ln n + n + 6) u, in float32 without the n; an entry below 1.2e-38 (float32) or 4.9e-324 may be 0.
 * @throws ShapeError for a matrix without columns or a mask of another shape; OptionError; NonFiniteError naming the index.
 * @complexity m n exponentials; extra space for up to two copies of S.
 * @source textbook.
 * @example softmaxRows([[0, 0]]).get(0, 1) // -> 0.5
 */
export function softmaxRows(S: MatrixInput, options: SoftmaxRowsOptions = {}): NdArray {
  const where = "softmaxRows";
  assertKnownOptions(where, options, [...OPTION_NAMES, "out"]);
  const scores = readScores(where, S, options);
  const { s, m, n, dtype } = scores;
  const { out } = options;
  if (out !== undefined) {
    assertWritable(where, out, [m, n], dtype);
    assertSameOrApart(where, out, s);
  }
  const scope = openScope();
  try {
    const { rows, width, source } = exponentials(scope, where, scores, true);
    // rows that are longer than those of the result go back to where S was
    if (width !== n) callKernel(coreKernels, "stageRows", dtype, m, n, rows, width * bytesOf(dtype), bytesOf(dtype), 1, source, n, 0);
    const result = take(width === n ? rows : source, s.shape, dtype);
    if (out === undefined) return result;
    writeInto(out, result.data);
    return out;
  } finally {
    scope.release();
  }
}

/**
 * lse_i = log Σ_k e^(σ s_ik), row by row.
 *
 * @param S shape [m, n], n at least 1; float32 or float64, any stride; entries finite.
 * @param options see LogSumExpRowsOptions.
 * @returns shape [m], the dtype of S; −Infinity for a row that keeps nothing. The error is at most (2 |lse| + 5 ln n + n + 4) u, in float32
 * without the n.
 * @throws ShapeError for a matrix without columns or a mask of another shape; OptionError; NonFiniteError naming the index, also where the
 * result overflows.
 * @complexity m n exponentials; extra space for up to two copies of S.
 * @source textbook.
 * @example logSumExpRows([[1000]]).get(0) // -> 1000
 */
export function logSumExpRows(S: MatrixInput, options: LogSumExpRowsOptions = {}): NdArray {
  const where = "logSumExpRows";
  assertKnownOptions(where, options, OPTION_NAMES);
  const scores = readScores(where, S, options);
  const { m, scale, dtype } = scores;
  const scope = openScope();
  try {
    const { extremes, sums } = exponentials(scope, where, scores, false);
    const { f64 } = runtime().memory;
    const lse = dtype === "float32" ? new Float32Array(m) : new Float64Array(m);
    for (let i = 0; i < m; i++) {
      const sum = f64[sums / 8 + i]!;
      lse[i] = sum === 0 ? -Infinity : scale * f64[extremes / 8 + i]! + log(sum);
      if (sum !== 0 && !Number.isFinite(lse[i])) throw new NonFiniteError(where, `result overflows ${dtype}`, lse[i]!, [i]);
    }
    return view(lse, [m]);
  } finally {
    scope.release();
  }
}

interface Scores {
  readonly s: NdArray;
  readonly m: number;
  readonly n: number;
  readonly scale: number;
  /** [m][n]: 1 keeps an entry. */
  readonly keep: Uint8Array | undefined;
  readonly dtype: DType;
}

function readScores(where: string, S: MatrixInput, options: LogSumExpRowsOptions): Scores {
  const { scale = 1 } = options;
  assertInRange(where, { scale }, -LARGEST_SCALE, LARGEST_SCALE);
  const s = asMatrix(S, `${where}(S)`);
  const [m = 0, n = 0] = s.shape;
  if (n === 0) throw new ShapeError(where, "S", "a matrix of at least one column", s.shape);
  return { s, m, n, scale, keep: readKeep(where, options, m, n), dtype: dtypeOf(s) };
}

/** Both masks in one. */
function readKeep(where: string, { mask, keyMask }: LogSumExpRowsOptions, m: number, n: number): Uint8Array | undefined {
  if (mask === undefined && keyMask === undefined) return undefined;
  const keep = new Uint8Array(m * n).fill(1);
  if (mask !== undefined) {
    const { isKeep, data, stride, offset } = readMask(where, mask, { n: m, m: n });
    if (!isKeep) throw new OptionError(where, "mask", "bytes (Uint8Array) or booleans", mask);
    const [down = 0, across = 0] = stride;
    for (let i = 0, q = 0; i < m; i++) {
      for (let j = 0, p = offset + i * down; j < n; j++, p += across) keep[q++] = keepFlag(where, "mask", data[p] ?? 0, [i, j]);
    }
  }
  if (keyMask !== undefined) {
    const flags = vectorEntries(keyMask, n, `${where}(keyMask)`).map((flag, j) => keepFlag(where, "keyMask", flag, [j]));
    for (let q = 0; q < keep.length; q++) keep[q]! &= flags[q % n]!;
  }
  return keep;
}

function keepFlag(where: string, argument: string, flag: number, index: readonly number[]): number {
  if (flag !== 0 && flag !== 1) throw new OptionError(where, argument, `0 or 1 everywhere, here at [${index.join(", ")}]`, flag);
  return flag;
}

interface Exponentials {
  /** T [m][width]: e^(σ (s − s*)), divided by their sum if asked to; 0 in columns from n on. */
  readonly rows: number;
  readonly width: number;
  /** Where S went; it may be `rows`. */
  readonly source: number;
  /** float64 [m]: s*, and the sum; both 0 for a row that keeps nothing. */
  readonly extremes: number;
  readonly sums: number;
}

function exponentials(scope: Scope, where: string, { s, m, n, scale, keep, dtype }: Scores, normalize: boolean): Exponentials {
  const bytes = bytesOf(dtype);
  const width = Math.ceil(n / 8) * 8;
  const { address: source, strides } = place(scope, s, dtype, `${where}(S)`);
  const [down = 0, across = 0] = strides;
  const liesInRows = across === bytes && down === width * bytes;
  const rows = liesInRows ? source : scope.alloc(m * width * bytes);
  if (!liesInRows) callKernel(coreKernels, "stageRows", dtype, m, n, source, down, across, 1, rows, width, 0);
  const kept = keep === undefined ? 0 : scope.alloc(keep.length);
  if (keep !== undefined) runtime().memory.u8.set(keep, kept);
  const extremes = scope.alloc(8 * m);
  const sums = scope.alloc(8 * m);
  callKernel(elementwiseKernels, "softmaxRows", dtype, m, n, width, rows, scale, kept, extremes, sums, normalize ? 1 : 0);
  return { rows, width, source, extremes, sums };
}
