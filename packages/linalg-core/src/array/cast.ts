/**
 * Out of strides: packed row-major copies, and the dtype rules that say of what kind.
 *
 *   float32 only if every array is float32; anything else (float64, integers) is computed in float64
 *
 * Source: Subquad's own convention.
 */
import { eachRow, isRowMajor, sizeOf } from "./layout.js";
import type { DType, NdArray, NdData } from "./types.js";

/**
 * The elements of an array as one packed row-major typed array: a fresh copy, whatever the strides.
 * @param A an array that went through `asArray`.
 * @param dtype the kind of the copy; float64 to float32 rounds to nearest.
 * @returns data of length A.size.
 * @throws nothing, for a layout within its data.
 * @complexity O(size); one block copy when A is packed, one a row when its last axis is.
 * @source Subquad's own convention.
 * @example const data = denseCopy(asArray(A, "f(A)"), "float64");
 */
export function denseCopy(A: NdArray, dtype: "float32"): Float32Array<ArrayBuffer>;
export function denseCopy(A: NdArray, dtype: "float64"): Float64Array<ArrayBuffer>;
export function denseCopy(A: NdArray, dtype: DType): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
export function denseCopy(A: NdArray, dtype: DType): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const size = sizeOf(A.shape);
  const out = dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
  gather(A, out);
  return out;
}

/** u: the largest relative error of rounding to nearest. */
export const UNIT_ROUND_OFF = { float32: 2 ** -24, float64: 2 ** -53 } as const satisfies Readonly<Record<DType, number>>;

const KINDS = { Float32Array, Float64Array, Int32Array } as const;

/** out ← the elements of A in row-major order, from position `at` on. */
export function gather(A: NdArray, out: NdData, at = 0): void {
  const { data, shape, stride, offset } = A;
  if (isRowMajor(shape, stride)) {
    const size = sizeOf(shape);
    if (size > 0) out.set(size === data.length ? data : part(data, offset, size), at);
    return;
  }
  const n = shape[shape.length - 1] ?? 1;
  const step = stride[shape.length - 1] ?? 1;
  eachRow(shape, stride, offset, (p, q) => {
    if (step === 1) out.set(part(data, p, n), at + q);
    else for (let j = 0; j < n; j++) out[at + q + j] = data[p + j * step]!;
  });
}

/** `length` elements from `start` on; not by subarray(), which asks a subclass of typed arrays for one of its own. */
function part(data: NdData, start: number, length: number): NdData {
  return new KINDS[data[Symbol.toStringTag]](data.buffer as ArrayBuffer, data.byteOffset + start * data.BYTES_PER_ELEMENT, length);
}

/** Zeros of the same kind of data; also for data of another realm. */
export function sameKind(data: NdData, size: number): NdData {
  return new KINDS[data[Symbol.toStringTag]](size);
}

/**
 * The precision an array is computed in.
 * @param A any array.
 * @returns "float32" for Float32Array data, else "float64".
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example dtypeOf(zeros([2], { dtype: "float32" })) // -> "float32"
 */
export function dtypeOf(A: NdArray): DType {
  return A.data[Symbol.toStringTag] === "Float32Array" ? "float32" : "float64"; // the tag: right for arrays of another realm too
}

/**
 * The precision in which arrays are computed together.
 * @param arrays any number of arrays.
 * @returns "float32" if all of them are, else "float64"; "float64" for none.
 * @throws nothing.
 * @complexity O(number of arrays).
 * @source Subquad's own convention.
 * @example const dtype = promote(Q, K, V);
 */
export function promote(...arrays: readonly NdArray[]): DType {
  for (const A of arrays) if (dtypeOf(A) !== "float32") return "float64";
  return arrays.length > 0 ? "float32" : "float64";
}
