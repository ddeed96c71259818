/**
 * Passes over blocks by kernels, in slices between which an asynchronous caller breathes: what is done to a matrix before and after it is
 * factored.
 *
 *   A  m × n  rows side by side in compute memory
 *
 * Kernels, not loops: in a process that has seen every kind of array a loop takes two to three times as long.
 * Source: Subquad's own convention.
 */
import type { DType, NdArray } from "../array/types.js";
import { NonFiniteError, splitSite } from "../errors.js";
import { factorKernels } from "../kernels/factor.js";
import { bytesOf, callKernel } from "../runtime/dtype-kernels.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { copyOut, fillSteps } from "../runtime/transfer.js";
import type { Block } from "./blocks.js";
import { allocRows, positionOf } from "./work.js";

/** Entries touched between two turns of the event loop: a millisecond or two. */
const SLICE = 2 ** 20;
/** Entries of a slice on its way out: it stays in cache. */
const OUT_SLICE = 2 ** 15;

/** Calls `visit` for slices of the rows, resting between two; a row costs about `width` entries. */
export function* eachSliceSteps(rows: number, width: number, visit: (from: number, to: number) => void): Steps<void> {
  const step = Math.max(1, Math.floor(SLICE / Math.max(1, width)));
  for (let from = 0; from < rows; from += step) {
    if (from > 0) yield rest();
    visit(from, Math.min(rows, from + step));
  }
}

/** A matrix in compute memory, and max |entry|. */
export interface PlacedRows {
  readonly block: Block;
  readonly largest: number;
}

/** The entries of A in rows of a padded width, as float64; refused by name where one is not finite. */
export function* placeRows(scope: Scope, A: NdArray, site: string): Steps<PlacedRows> {
  const [m = 0, n = 0] = A.shape;
  const block = allocRows(scope, m, n);
  if (isPacked(block)) yield* fillSteps(A, "float64", block.address);
  else {
    const address = scope.alloc(8 * m * n);
    yield* fillSteps(A, "float64", address);
    yield* copyBlock({ ...block, address, rowBytes: 8 * n }, block);
    scope.free(address);
  }
  const largest = yield* largestIn(block);
  if (!(largest < Infinity)) refuse(block, site);
  return { block, largest };
}

/** Names the first entry that is not finite. */
export function refuse(A: Block, site: string): never {
  const { where, argument } = splitSite(site);
  const { f64 } = runtime().memory;
  for (let i = 0; ; i++) {
    const p = positionOf(A, i);
    for (let j = 0; j < A.columns; j++) if (!Number.isFinite(f64[p + j])) throw new NonFiniteError(where, argument, f64[p + j]!, [i, j]);
  }
}

/** to ← from, blocks of one shape. */
export function* copyBlock(from: Block, to: Block): Steps<void> {
  const { copyRows } = kernelsOf(factorKernels);
  yield* eachSliceSteps(from.rows, from.columns, (i, end) => {
    copyRows(end - i, 8 * from.columns, from.address + i * from.rowBytes, from.rowBytes, to.address + i * to.rowBytes, to.rowBytes);
  });
}

/** max |entry|; NaN where one is not finite. */
export function* largestIn(A: Block): Steps<number> {
  const { largestEntry } = kernelsOf(factorKernels);
  let largest = 0;
  yield* eachSliceSteps(A.rows, A.columns, (from, to) => {
    largest = Math.max(largest, largestEntry(to - from, A.columns, A.address + from * A.rowBytes, A.rowBytes));
  });
  return largest;
}

/** ‖A‖₁, of A or of the transpose of a block of rows. */
export function* largestColumnSum(scope: Scope, A: Block): Steps<number> {
  if (A.columnBytes !== 8) return yield* rowSumOf(A.columns, A.rows, A.address, A.columnBytes);
  return yield* columnSumOf(scope, A.rows, A.columns, A.address, A.rowBytes);
}

/** ‖A‖_∞, likewise. */
export function* largestRowSum(scope: Scope, A: Block): Steps<number> {
  if (A.columnBytes !== 8) return yield* columnSumOf(scope, A.columns, A.rows, A.address, A.columnBytes);
  return yield* rowSumOf(A.rows, A.columns, A.address, A.rowBytes);
}

function* rowSumOf(rows: number, columns: number, A: number, ld: number): Steps<number> {
  const kernels = kernelsOf(factorKernels);
  let largest = 0;
  yield* eachSliceSteps(rows, columns, (from, to) => {
    largest = Math.max(largest, kernels.largestRowSum(to - from, columns, A + from * ld, ld));
  });
  return largest;
}

function* columnSumOf(scope: Scope, rows: number, columns: number, A: number, ld: number): Steps<number> {
  const kernels = kernelsOf(factorKernels);
  const sums = scope.zeros(8 * columns);
  yield* eachSliceSteps(rows, columns, (from, to) => {
    kernels.columnSums(to - from, columns, A + from * ld, ld, sums);
  });
  const { f64 } = runtime().memory;
  let largest = 0;
  for (let p = sums / 8; p < sums / 8 + columns; p++) largest = Math.max(largest, f64[p]!);
  scope.free(sums);
  return largest;
}

/** max |entry| of each column; NaN stays. */
export function* columnSizes(scope: Scope, A: Block): Steps<Float64Array<ArrayBuffer>> {
  const { columnMaxima } = kernelsOf(factorKernels);
  const sizes = new Float64Array(A.columns);
  const most = scope.zeros(8 * A.columns);
  yield* eachSliceSteps(A.rows, A.columns, (from, to) => {
    columnMaxima(to - from, A.columns, A.address + from * A.rowBytes, A.rowBytes, most);
  });
  copyOut(most, sizes, "float64");
  scope.free(most);
  return sizes;
}

/** The entries of A, row-major, in an array of their own. */
export function* takeBlock(scope: Scope, A: Block): Steps<Float64Array<ArrayBuffer>> {
  const { copyRows } = kernelsOf(factorKernels);
  const { rows, columns, address, rowBytes } = A;
  const data = new Float64Array(rows * columns);
  if (isPacked(A)) {
    yield* eachSliceSteps(rows, columns, (from, to) => {
      copyOut(address + from * rowBytes, data, "float64", from * columns, to * columns);
    });
    return data;
  }
  yield* eachOutSlice(scope, "float64", rows, columns, (from, to, [room]) => {
    copyRows(to - from, 8 * columns, address + from * rowBytes, rowBytes, room!, 8 * columns);
    copyOut(room!, data, "float64", from * columns, to * columns);
  });
  return data;
}

/** A lower triangle, row-major, with zeros above it. */
export function* takeLower(scope: Scope, A: Block): Steps<Float64Array<ArrayBuffer>> {
  const { rows, columns, address, rowBytes } = A;
  const data = new Float64Array(rows * columns);
  yield* eachOutSlice(scope, "float64", rows, columns, (from, to, [room]) => {
    kernelsOf(factorKernels).lowerRows(columns, from, to, address, rowBytes, room!);
    copyOut(room!, data, "float64", from * columns, to * columns);
  });
  return data;
}

/** L and U times two factors, row-major in the dtype, out of the block that holds both; max |entry of U| before the factors. */
export interface Triangles {
  readonly L: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  readonly U: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** NaN where an entry of U is not finite in the dtype. */
  readonly largest: number;
}

export function* takeTriangles(scope: Scope, LU: Block, dtype: DType, f: number, g: number): Steps<Triangles> {
  const { rows: n, address, rowBytes } = LU;
  const [L, U] = [roomOf(n * n, dtype), roomOf(n * n, dtype)];
  let largest = 0;
  yield* eachOutSlice(scope, dtype, n, n, (from, to, [l, u]) => {
    largest = Math.max(largest, callKernel(factorKernels, "splitRows", dtype, n, from, to, address, rowBytes, f, g, l!, u!));
    copyOut(l!, L, dtype, from * n, to * n);
    copyOut(u!, U, dtype, from * n, to * n);
  });
  return { L, U, largest };
}

function roomOf(size: number, dtype: DType): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  return dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
}

/** Slices on their way out, with room for two of them in compute memory. */
function* eachOutSlice(
  scope: Scope,
  dtype: DType,
  rows: number,
  columns: number,
  visit: (from: number, to: number, rooms: readonly number[]) => void,
): Steps<void> {
  const step = Math.min(rows, Math.max(1, Math.floor(OUT_SLICE / Math.max(1, columns))));
  const bytes = step * columns * bytesOf(dtype);
  const rooms = [scope.alloc(bytes), scope.alloc(bytes)];
  for (let from = 0, touched = 0; from < rows; from += step) {
    if (touched > SLICE) {
      yield rest();
      touched = 0;
    }
    visit(from, Math.min(rows, from + step), rooms);
    touched += step * columns;
  }
  for (const room of rooms) scope.free(room);
}

/** Whether rows lie side by side without a gap. */
function isPacked({ columns, rowBytes }: Block): boolean {
  return rowBytes === 8 * columns;
}
