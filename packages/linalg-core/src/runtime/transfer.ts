/**
 * Into compute memory and out of it: the only copies between users' arrays and the kernels'.
 *
 *   A        any strides; a compact array (its elements side by side, the axes in any order) goes over in one move
 *   order    axes from the longest stride to the shortest: the order in which the elements lie in the copy
 *
 * A copy keeps the order of the axes in memory, so that a transpose costs no more than the matrix itself; kernels take strides.
 */
import { gather } from "../array/cast.js";
import { indicesOf, isRowMajor, rowMajorStride, sizeOf } from "../array/layout.js";
import { makeArray } from "../array/make-array.js";
import type { DType, NdArray } from "../array/types.js";
import { NonFiniteError, splitSite } from "../errors.js";
import { coreKernels } from "../kernels/core.js";
import { rest, type Steps } from "./steps.js";
import { runtime } from "./runtime.js";
import { callKernel } from "./dtype-kernels.js";
import type { Scope } from "./scope.js";

/** A copy in compute memory: element (i, j, …) lies at address + i·strides[0] + j·strides[1] + …, in bytes. */
export interface Placed {
  readonly address: number;
  readonly strides: readonly number[];
}

/** Bytes copied between two turns of the event loop: about 4 ms. */
const SLICE_BYTES = 16 * 1024 * 1024;

/**
 * Copies an array into compute memory and checks that every entry is finite.
 * @param scope it owns the copy.
 * @param A any strides; of an array with zero strides every repeated element is written out.
 * @param dtype of the copy.
 * @param where "f(A)", for the message.
 * @returns where the copy lies; its axes are in A's order in memory, row-major among equals.
 * @throws NonFiniteError naming the index; NumericsError ERR_LIMIT when there is no memory for the copy.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example const { address, strides } = place(scope, A, "float64", "matmul(A)");
 */
export function place(scope: Scope, A: NdArray, dtype: DType, where: string): Placed {
  const copy = planCopy(scope, A, dtype, where);
  copySlice(copy, 0, copy.length);
  return copy.placed;
}

/**
 * `place` for algorithms that may be interrupted: a large array goes over in slices of about 16 MiB.
 * @param scope as in `place`.
 * @param A as in `place`; it must not change until the copy is complete.
 * @param dtype as in `place`.
 * @param where as in `place`.
 * @returns a generator for `yield*`; it returns what `place` returns.
 * @throws as `place`.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example const { address, strides } = yield* placeSteps(scope, A, "float64", "matmul(A)");
 */
export function* placeSteps(scope: Scope, A: NdArray, dtype: DType, where: string): Steps<Placed> {
  const copy = planCopy(scope, A, dtype, where);
  const step = Math.max(1, Math.floor(SLICE_BYTES / (copy.rowSize * copy.itemBytes)));
  for (let from = 0; from < copy.length; from += step) {
    if (from > 0) yield rest();
    copySlice(copy, from, Math.min(copy.length, from + step));
  }
  return copy.placed;
}

/**
 * Copies an array into compute memory in row-major order, in slices of about 16 MiB, without a check: for kernels that see for themselves what
 * is finite.
 * @param A any strides; it must not change until the copy is complete.
 * @param dtype of the copy.
 * @param address room for A's elements.
 * @returns a generator for `yield*`.
 * @throws nothing.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example yield* fillSteps(transpose(A), "float32", address);
 */
export function* fillSteps(A: NdArray, dtype: DType, address: number): Steps<void> {
  const size = sizeOf(A.shape);
  const compact = isRowMajor(A.shape, A.stride);
  const { shape, stride } = compact ? { shape: [size], stride: [1] } : A;
  const [length = 1] = shape;
  const rowSize = size / length;
  const step = Math.max(1, Math.floor(SLICE_BYTES / (rowSize * (dtype === "float32" ? 4 : 8))));
  for (let from = 0; from < length; from += step) {
    if (from > 0) yield rest();
    const to = Math.min(length, from + step);
    const { elements, first } = elementsAt(address, dtype);
    const part = step >= length ? A : makeArray(A.data, [to - from, ...shape.slice(1)], stride, A.offset + from * stride[0]!);
    gather(part, elements, first + from * rowSize);
  }
}

/**
 * Copies a row-major result out of compute memory.
 * @param address where it lies.
 * @param shape of the result.
 * @param dtype of the result.
 * @returns an array on an ordinary ArrayBuffer of its own.
 * @throws nothing.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example return take(out, [m, n], "float64");
 */
export function take(address: number, shape: readonly number[], dtype: DType): NdArray {
  return makeArray(takeElements(address, sizeOf(shape), dtype), shape, rowMajorStride(shape), 0);
}

/** Bytes up to which slice() costs less than an array, a view and a move; of more shared memory it takes up to twice as long. */
const SLICED_BYTES = 8192;

/** So many elements from an address on, in an array of their own. */
export function takeElements(address: number, count: number, dtype: DType): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const { f32, f64 } = runtime().memory;
  const isSingle = dtype === "float32";
  if (count * (isSingle ? 4 : 8) <= SLICED_BYTES) {
    return isSingle ? f32.slice(address / 4, address / 4 + count) : f64.slice(address / 8, address / 8 + count);
  }
  const out = isSingle ? new Float32Array(count) : new Float64Array(count);
  copyOut(address, out, dtype);
  return out;
}

/** Elements from which on the host's own move is worth the way to it. */
const MANY = 4096;

/** Node's own move of bytes. Engines move shared memory word by word, since another thread might look on; Node 24 takes a fifth of the time. */
const { Buffer: host } = globalThis as {
  readonly Buffer?: { readonly prototype: { copy(this: Uint8Array, to: Uint8Array, at: number, first: number, end: number): number } };
};

/** Fills the elements [from, to) of an array of the dtype, which lie one after the other in compute memory, the first of them at the address. */
export function copyOut(address: number, out: Float32Array | Float64Array, dtype: DType, from = 0, to = out.length): void {
  const { elements, first } = elementsAt(address, dtype);
  const count = to - from;
  if (count >= MANY && host !== undefined) {
    const { BYTES_PER_ELEMENT: bytes } = out;
    const target = new Uint8Array(out.buffer, out.byteOffset + from * bytes, count * bytes);
    host.prototype.copy.call(runtime().memory.u8, target, 0, address, address + count * bytes);
  } else {
    out.set(elements.subarray(first, first + count), from); // not slice(): see SLICED_BYTES
  }
}

/**
 * `take` for algorithms that may be interrupted: a large result comes out in slices of 16 MiB.
 * @param address as in `take`.
 * @param shape as in `take`.
 * @param dtype as in `take`.
 * @param room of the result's size and dtype, to be the result's data; default new.
 * @returns a generator for `yield*`; it returns what `take` returns.
 * @throws nothing.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example return yield* takeSteps(out, [m, n], "float64");
 */
export function* takeSteps(address: number, shape: readonly number[], dtype: DType, room?: Float32Array | Float64Array): Steps<NdArray> {
  const size = sizeOf(shape);
  const itemBytes = dtype === "float32" ? 4 : 8;
  if (size * itemBytes <= SLICE_BYTES && room === undefined) return take(address, shape, dtype);
  const out = room ?? (dtype === "float32" ? new Float32Array(size) : new Float64Array(size));
  const step = SLICE_BYTES / itemBytes;
  for (let i = 0; i < size; i += step) {
    if (i > 0) yield rest();
    copyOut(address + i * itemBytes, out, dtype, i, Math.min(size, i + step));
  }
  return makeArray(out, shape, rowMajorStride(shape), 0);
}

/** A copy about to be made, in slices of the outermost axis of `source`. */
interface Copy {
  /** A with its axes in `order`, or as one long vector if it is compact. */
  readonly source: NdArray;
  /** Length of the outermost axis; 0 for an array without elements. */
  readonly length: number;
  /** Elements that share an index of the outermost axis. */
  readonly rowSize: number;
  readonly itemBytes: number;
  /** The axes of A from the outermost in memory to the innermost, and their lengths. */
  readonly order: readonly number[];
  readonly lengths: readonly number[];
  readonly dtype: DType;
  readonly where: string;
  readonly placed: Placed;
}

function planCopy(scope: Scope, A: NdArray, dtype: DType, where: string): Copy {
  const { data, offset } = A;
  const order = isRowMajor(A.shape, A.stride) ? A.shape.map((_, k) => k) : memoryOrder(A.shape, A.stride);
  const lengths = order.map((k) => A.shape[k]!);
  const stride = order.map((k) => A.stride[k]!);
  const packed = rowMajorStride(lengths);
  const itemBytes = dtype === "float32" ? 4 : 8;
  const strides = new Array<number>(order.length);
  for (let k = 0; k < order.length; k++) strides[order[k]!] = packed[k]! * itemBytes;

  const size = sizeOf(lengths);
  const isCompact = isRowMajor(lengths, stride);
  const length = size === 0 ? 0 : isCompact ? size : lengths[0]!;
  return {
    source: isCompact ? makeArray(data, [size], [1], offset) : makeArray(data, lengths, stride, offset),
    length,
    rowSize: length === 0 ? 0 : size / length,
    itemBytes,
    order,
    lengths,
    dtype,
    where,
    placed: { address: scope.alloc(size * itemBytes), strides },
  };
}

/** Axes from the longest stride to the shortest, row-major among equals; repeated ones (stride 0) outermost, so that runs stay long. */
function memoryOrder(shape: readonly number[], stride: readonly number[]): number[] {
  const length = (k: number): number => (shape[k]! <= 1 ? 0 : stride[k] === 0 ? Infinity : Math.abs(stride[k]!));
  return shape.map((_, k) => k).sort((k, l) => (length(k) === length(l) ? k - l : length(l) - length(k)));
}

/** Copies the rows [from, to) of the outermost axis, then checks them where they lie. */
function copySlice(copy: Copy, from: number, to: number): void {
  const { source, length, rowSize, itemBytes, dtype } = copy;
  const { data, shape, stride, offset } = source;
  const rows = to - from === length ? source : makeArray(data, [to - from, ...shape.slice(1)], stride, offset + from * stride[0]!);
  const start = copy.placed.address + from * rowSize * itemBytes;
  const count = (to - from) * rowSize;
  const { elements, first } = elementsAt(start, dtype);
  gather(rows, elements, first);

  const bad = callKernel(coreKernels, "firstNonFinite", dtype, count, start);
  if (bad >= 0) refuse(copy, from * rowSize + bad, elements[first + bad]!);
}

/** Names the element that lies at position q of the copy by its index in A. */
function refuse({ order, lengths, where }: Copy, q: number, value: number): never {
  const index = new Array<number>(order.length);
  const inMemory = indicesOf(q, lengths);
  for (let k = 0; k < order.length; k++) index[order[k]!] = inMemory[k]!;
  const site = splitSite(where);
  throw new NonFiniteError(site.where, site.argument, value, index);
}

/** All of compute memory as elements of a dtype, and the position of an address among them. Only until memory grows. */
function elementsAt(address: number, dtype: DType): { readonly elements: Float32Array | Float64Array; readonly first: number } {
  const { memory } = runtime();
  return dtype === "float32" ? { elements: memory.f32, first: address / 4 } : { elements: memory.f64, first: address / 8 };
}
