/**
 * Sparse times dense.
 *
 *   S  m × k sparse, or its transpose      B  k × r      C = α S B + β C₀  m × r
 *
 * Row i of C is the sum of rows of B times the entries of row i of S, in the order in which they are stored, one sum an entry of C, never
 * fused: so its bits depend on row i of S and column j of B alone. Blocks of rows hold equally many entries of S, and are independent.
 * Source: Subquad.
 */
import { promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { zeros } from "../array/create.js";
import { indicesOf } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import { checkCombination, combine, overflow, type Combination } from "../dense/combine.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { bytesOf, callKernel, reals, runTiles } from "../runtime/dtype-kernels.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { placeSteps, takeSteps } from "../runtime/transfer.js";
import { assertCsrFinite, firstNonFinite, type CsrMatrix } from "./structure.js";
import { coreKernels } from "../kernels/core.js";

/** The options of a product whose A is sparse. */
export interface SparseProduct extends Combination {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows are padded to whole pairs of vectors; a tile computes so many bytes of each of its rows. */
const PAD_BYTES = 32;
const STRIP_BYTES = 128;
/** Entries of S in a block of rows: a millisecond or less with a strip. */
const BLOCK_ENTRIES = 32768;
/** Values that are staged between two turns of the event loop. */
const SLICE = 2 ** 21;

/** C = α op(S) op(B) + β C₀: what `matmul` does with a sparse A; its argument names are A and B. */
export function* sparseProduct(where: string, A: CsrMatrix, B: MatrixInput, options: SparseProduct): Steps<NdArray> {
  const { transposeA, transposeB } = options;
  assertCsrFinite(A, `${where}(A)`);
  const S = transposeA ? A.transpose() : A;
  const stored = asMatrix(B, `${where}(B)`);
  const dense = transposeB ? transpose(stored) : stored;
  const [m, k] = S.shape;
  const [rows = 0, r = 0] = dense.shape;
  if (rows !== k) {
    const rule = `${k} ${transposeB ? "columns" : "rows"} to match the ${transposeA ? "rows" : "columns"} of A`;
    throw new ShapeError(where, "B", rule, stored.shape);
  }
  const dtype = promote(view(S.values, [S.values.length]), dense);
  checkCombination(where, options, [m, r], dtype, [stored, view(A.values, [A.values.length])]);
  if (m * r === 0 || S.values.length === 0) {
    assertFinite(stored, `${where}(B)`);
    return combine(where, zeros([m, r], { dtype }), options);
  }
  const scope = openScope();
  try {
    const address = yield* stage(scope, stored, transposeB, dtype, where);
    return combine(where, yield* multiply(scope, where, S, address, r, dtype), options);
  } finally {
    scope.release();
  }
}

/** The address of op(B) with rows padded to whole 32 bytes. */
function* stage(scope: Scope, B: NdArray, isTransposed: boolean, dtype: DType, where: string): Steps<number> {
  const { address, strides } = yield* placeSteps(scope, B, dtype, `${where}(B)`);
  const [down = 0, across = 0] = isTransposed ? [...strides].reverse() : strides;
  const [k = 0, r = 0] = isTransposed ? [...B.shape].reverse() : B.shape;
  const rowBytes = paddedBytes(r, dtype);
  const bytes = bytesOf(dtype);
  if (down === rowBytes && across === bytes) return address;
  const out = scope.alloc(k * rowBytes);
  const step = Math.max(1, Math.floor((SLICE * bytes) / rowBytes));
  for (let i = 0; i < k; i += step) {
    if (i > 0) yield rest();
    const count = Math.min(step, k - i);
    callKernel(coreKernels, "stageRows", dtype, count, r, address + i * down, down, across, 1, out + i * rowBytes, rowBytes / bytes, 0);
  }
  scope.free(address);
  return out;
}

function* multiply(scope: Scope, where: string, S: CsrMatrix, B: number, r: number, dtype: DType): Steps<NdArray> {
  const { shape, rowPointers, columns, values } = S;
  const [m] = shape;
  const bytes = bytesOf(dtype);
  const rowBytes = paddedBytes(r, dtype);
  const starts = placeIntegers(scope, rowPointers);
  const indices = placeIntegers(scope, columns);
  const entries = scope.alloc(values.length * bytes);
  reals(dtype).set(values, entries / bytes);
  const blocks = equalBlocks(rowPointers, m);
  const count = blocks.length - 1;
  const out = scope.alloc(m * rowBytes);
  const args = scope.args([starts, indices, entries, placeIntegers(scope, blocks), count, B, out, rowBytes]);
  yield* runTiles(
    coreKernels,
    "multiplySparse",
    dtype,
    args,
    count * Math.ceil(rowBytes / STRIP_BYTES),
    (values.length * rowBytes) / bytes,
  );

  const C = yield* takePadded(out, m, r, rowBytes / bytes, dtype);
  const bad = firstNonFinite(C);
  if (bad >= 0) throw new NonFiniteError(where, overflow(dtype), C[bad]!, indicesOf(bad, [m, r]));
  return view(C, [m, r]);
}

/** m rows of r values, `width` apart, side by side. */
function* takePadded(address: number, m: number, r: number, width: number, dtype: DType): Steps<Float64Array | Float32Array> {
  if (width === r) return (yield* takeSteps(address, [m, r], dtype)).data as Float64Array | Float32Array;
  const C = dtype === "float32" ? new Float32Array(m * r) : new Float64Array(m * r);
  for (let i = 0, q = address / bytesOf(dtype); i < m; i++, q += width) {
    if (i > 0 && (i * r) % SLICE < r) yield rest();
    C.set(reals(dtype).subarray(q, q + r), i * r);
  }
  return C;
}

function placeIntegers(scope: Scope, list: Int32Array): number {
  const address = scope.alloc(list.length * 4);
  runtime().memory.i32.set(list, address / 4);
  return address;
}

/** First rows of blocks of about as many entries, and m at the end; a row of many is a block of its own. */
function equalBlocks(rowPointers: Int32Array, m: number): Int32Array {
  const blocks = [0];
  let start = 0;
  for (let i = 1; i < m; i++) {
    if (rowPointers[i + 1]! + i - start <= BLOCK_ENTRIES) continue; // an empty row costs about as much as an entry
    blocks.push(i);
    start = rowPointers[i]! + i;
  }
  return Int32Array.from([...blocks, m]);
}

function paddedBytes(r: number, dtype: DType): number {
  return Math.ceil((r * bytesOf(dtype)) / PAD_BYTES) * PAD_BYTES;
}
