/**
 * Matrix times vector.
 *
 *   A  m × n, dense, sparse or an operator      x  n      y = α op(A) x + β y₀
 *
 * Dense A passes through compute memory once, in chunks of rows; A x sums each row in 16 (float32) or 8 (float64) parts, Aᵀ x sums each column
 * in one, rows ascending. Nothing is fused, so that small products are computed where they lie, with the same bits. Sparse products sum in
 * float64, in the order in which a row is stored.
 * Source: Subquad.
 */
import { denseCopy, gather, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import { indicesOf } from "../array/layout.js";
import { makeArray } from "../array/make-array.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { addRows, rowDots } from "../kernels/js/gemv.js";
import { asOperator, isLinearOperator, type CheckedOperator, type LinearOperator } from "../operator.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { bytesOf, callKernel, reals, runTiles } from "../runtime/dtype-kernels.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { place, take } from "../runtime/transfer.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { multiplyCsr } from "../sparse/plain-products.js";
import { asCsr, assertCsrFinite, firstNonFinite } from "../sparse/structure.js";
import { checkCombination, combine, overflow } from "./combine.js";
import { coreKernels } from "../kernels/core.js";

export interface MatvecOptions {
  /** Use Aᵀ. Default false. */
  readonly transpose?: boolean;
  /** α, finite. Default 1. */
  readonly alpha?: number;
  /** β, finite; at 0 `out` is not read. Default 0. */
  readonly beta?: number;
  /** y₀ and the place of the result: the shape and dtype of the result, not overlapping A or x. */
  readonly out?: NdArray;
}

const OPTION_NAMES = ["transpose", "alpha", "beta", "out"];

/** Below so many entries, calls of kernels cost as much as the product: measured, equal at 64 × 64. */
const SMALL = 2 ** 12;
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Rows in a chunk whose columns lie side by side: runs of so many are moved, and no power of two apart, which one set of the cache would hold. */
const TURNED_ROWS = 248;
/** Shorter runs are moved entry by entry. */
const SHORT_RUN = 64;
/** Entries of A in a tile: 0.2 ms. */
const TILE_ENTRIES = 2 ** 18;

/**
 * y = α op(A) x + β y₀.
 *
 * For one vector; several side by side are a `matmul`, which reads A once for all of them.
 * @param A shape [m, n]: dense of any dtype and stride, sparse, or an operator, whose products are in float64.
 * @param x shape [n] ([m] with transpose); any dtype and stride. A and x both float32: returned in float32.
 * @param options see MatvecOptions.
 * @returns shape [m] ([n] with transpose). Dense A: |y − exact| ≤ γ_(⌈n/16⌉ + 20) |A||x| in float32, γ_(⌈n/8⌉ + 11) in float64, γ_m with
 * transpose; sparse: γ_(c + 1) in float64 with c the most entries of a row of op(A), and one rounding to float32.
 * @throws ShapeError when shapes do not agree, or an operator gives another; OptionError, also for `transpose` of an operator without
 * `applyTranspose`; NonFiniteError for NaN or Infinity in A, x or what an operator gives, or when the product overflows.
 * @complexity 2 m n flops, or 2 nnz; A is read once; extra space 8 MiB at most.
 * @source Subquad.
 * @example matvec([[1, 2], [3, 4]], [1, 1]).get(1) // -> 7
 */
export function matvec(A: MatrixInput | CsrMatrix | LinearOperator, x: VectorInput, options: MatvecOptions = {}): NdArray {
  return runSync(matvecSteps("matvec", A, x, options));
}

/** `matvec` on the worker pool, of an operator through its `applyAsync`: same arguments, same errors, same bits. */
export function matvecAsync(
  A: MatrixInput | CsrMatrix | LinearOperator,
  x: VectorInput,
  options: MatvecOptions & RunControl = {},
): Promise<NdArray> {
  return runAsync(matvecSteps("matvecAsync", A, x, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "matvecAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* matvecSteps(
  where: string,
  A: MatrixInput | CsrMatrix | LinearOperator,
  x: VectorInput,
  options: MatvecOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  assertKnownOptions(where, options, known);
  const { transpose = false, alpha = 1, beta = 0, out } = options;
  assertBoolean(where, { transpose });
  const site = `${where}(A)`;
  const operand = isCsr(A) ? asCsr(A, site) : isLinearOperator(A) ? asOperator(A, site) : asMatrix(A, site);
  const [rows = 0, columns = 0] = operand.shape;
  const [m, n] = transpose ? [columns, rows] : [rows, columns];
  const vector = asArray(x, `${where}(x)`);
  if (vector.shape.length !== 1 || vector.shape[0] !== n) throw new ShapeError(where, "x", `shape [${n}]`, vector.shape);
  const entries = "multiply" in operand ? [] : ["values" in operand ? view(operand.values, [operand.values.length]) : operand];
  const dtype = entries.length === 0 ? "float64" : promote(...entries, vector);
  checkCombination(where, { alpha, beta, out }, [m], dtype, [...entries, vector]);
  assertFinite(vector, `${where}(x)`);
  const y =
    "multiply" in operand
      ? yield* operatorProduct(operand, vector, m, transpose)
      : "values" in operand
        ? sparseProduct(where, operand, vector, m, transpose, dtype)
        : yield* denseProduct(where, operand, vector, m, transpose, dtype);
  const bad = firstNonFinite(y);
  if (bad >= 0) throw new NonFiniteError(where, overflow(dtype), y[bad]!, [bad]);
  return combine(where, view(y, [m]), { alpha, beta, out });
}

function* operatorProduct(A: CheckedOperator, x: NdArray, m: number, transpose: boolean): Steps<Float64Array> {
  const y = new Float64Array(m);
  if (transpose) A.multiplyTranspose(denseCopy(x, "float64"), y);
  else yield* A.multiplySteps(denseCopy(x, "float64"), y);
  return y;
}

function sparseProduct(where: string, S: CsrMatrix, x: NdArray, m: number, transpose: boolean, dtype: DType): Float64Array | Float32Array {
  assertCsrFinite(S, `${where}(A)`);
  const y = new Float64Array(m);
  multiplyCsr(transpose ? S.transpose() : S, denseCopy(x, "float64"), y);
  return dtype === "float32" ? Float32Array.from(y) : y;
}

function* denseProduct(
  where: string,
  A: NdArray,
  x: NdArray,
  m: number,
  transpose: boolean,
  dtype: DType,
): Steps<Float64Array | Float32Array> {
  const [rows = 0, columns = 0] = A.shape;
  if (rows * columns >= SMALL) return yield* streamed(where, A, x, m, transpose, dtype);
  assertFinite(A, `${where}(A)`);
  const single = dtype === "float32";
  const { data, offset, stride } = inPlace(A, dtype);
  const factors = denseCopy(x, dtype);
  const y = single ? new Float32Array(m) : new Float64Array(m);
  if (transpose) addRows(single, data, offset, rows, columns, stride, factors, 0, y, 0);
  else rowDots(single, data, offset, rows, columns, stride, factors, 0, y, 0);
  return y;
}

/** A as it lies, if its rows lie side by side in the dtype of the product, else a copy. */
function inPlace(
  A: NdArray,
  dtype: DType,
): { readonly data: Float64Array | Float32Array; readonly offset: number; readonly stride: number } {
  const isOfKind = A.data instanceof (dtype === "float32" ? Float32Array : Float64Array);
  if (isOfKind && A.stride[1] === 1) return { data: A.data as Float64Array | Float32Array, offset: A.offset, stride: A.stride[0]! };
  return { data: denseCopy(A, dtype), offset: 0, stride: A.shape[1]! };
}

/** A in chunks of rows through one block of compute memory. */
function* streamed(where: string, A: NdArray, x: NdArray, m: number, transpose: boolean, dtype: DType): Steps<Float64Array | Float32Array> {
  const [rows = 0, n = 0] = A.shape;
  const bytes = bytesOf(dtype);
  const scope = openScope();
  try {
    const factors = place(scope, x, dtype, `${where}(x)`).address;
    const y = scope.zeros(m * bytes);
    const most = Math.min(rows, isTurned(A) ? TURNED_ROWS : rows, Math.max(1, Math.floor(CHUNK_BYTES / (n * bytes))));
    const chunk = scope.alloc(most * n * bytes);
    for (let i = 0; i < rows; i += most) {
      if (i > 0) yield rest();
      const count = Math.min(most, rows - i);
      copyRows(scope, where, A, i, count, dtype, chunk);
      yield* multiplyChunk(scope, dtype, transpose, { count, n, chunk, factors, y, first: i });
    }
    const result = take(y, [m], dtype).data;
    return result as Float64Array | Float32Array;
  } finally {
    scope.release();
  }
}

/** Rows of A in compute memory. */
export interface Chunk {
  readonly count: number;
  readonly n: number;
  readonly chunk: number;
  readonly factors: number;
  readonly y: number;
  readonly first: number;
}

/** y ← y + the product with a chunk of rows, or those entries of y that belong to its rows. */
export function* multiplyChunk(scope: Scope, dtype: DType, transpose: boolean, { count, n, chunk, factors, y, first }: Chunk): Steps<void> {
  const shift = first * bytesOf(dtype);
  const perTile = transpose ? Math.max(64, Math.ceil(TILE_ENTRIES / count / 64) * 64) : Math.max(1, Math.ceil(TILE_ENTRIES / n));
  const addresses = transpose ? [chunk, factors + shift, y] : [chunk, factors, y + shift];
  const args = scope.args([count, n, ...addresses, perTile]);
  yield* runTiles(coreKernels, transpose ? "addRows" : "rowDots", dtype, args, Math.ceil((transpose ? n : count) / perTile), count * n);
  scope.free(args);
}

/** Whether the columns of A lie side by side, not the rows. */
function isTurned({ stride }: NdArray): boolean {
  return Math.abs(stride[0]!) < Math.abs(stride[1]!);
}

/** Rows [first, first + count) of A, side by side in compute memory, checked to be finite. */
function copyRows(scope: Scope, where: string, A: NdArray, first: number, count: number, dtype: DType, to: number): void {
  const { data, shape, stride, offset } = A;
  const [down = 0, across = 0] = stride;
  const turn = isTurned(A) && count >= SHORT_RUN;
  const n = shape[1]!;
  const bytes = bytesOf(dtype);
  const start = offset + first * down;
  // where columns lie side by side, they are moved as such, and turned in compute memory
  const at = turn ? scope.alloc(count * n * bytes) : to;
  const rows = turn ? makeArray(data, [n, count], [across, down], start) : makeArray(data, [count, n], stride, start);
  gather(rows, reals(dtype).subarray(at / bytes, at / bytes + count * n));
  const bad = callKernel(coreKernels, "firstNonFinite", dtype, count * n, at);
  if (bad >= 0) {
    const index = turn ? [first + (bad % count), Math.floor(bad / count)] : indicesOf(first * n + bad, shape);
    throw new NonFiniteError(where, "A", reals(dtype)[at / bytes + bad]!, index);
  }
  if (!turn) return;
  callKernel(coreKernels, "stageRows", dtype, count, n, at, bytes, count * bytes, 1, to, n, 0);
  scope.free(at);
}
