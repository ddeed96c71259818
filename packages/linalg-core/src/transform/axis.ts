/**
 * One axis of an array at a time: transforms see rows, whatever axis they run along.
 *
 *   A  shape [n_0, …, n_k, …]    rows of A along axis k: shape [n_0, …, n_(k−1), n_(k+1), …, n_k], the same elements
 *
 * Source: Subquad's own convention.
 */
import { makeArray } from "../array/make-array.js";
import { rowMajorStride, sizeOf } from "../array/layout.js";
import type { DType, NdArray } from "../array/types.js";
import { ShapeError } from "../errors.js";
import { assertInteger } from "../options.js";

/** The axis that an option means, counted from the front. */
export function axisOf(where: string, argument: string, axis: number, A: NdArray): number {
  const axes = A.shape.length;
  if (axes === 0) throw new ShapeError(where, argument, "at least one axis", A.shape);
  if (axis !== -1) assertInteger(where, { axis }, -axes, axes - 1);
  return axis < 0 ? axis + axes : axis;
}

/** A with axis k moved to the end: a view. */
export function rowsAlong(A: NdArray, k: number): NdArray {
  if (k === A.shape.length - 1) return A;
  const { data, shape, stride, offset } = A;
  return makeArray(data, moveToEnd(shape, k), moveToEnd(stride, k), offset);
}

/** An index of the rows as an index of the array. */
export function indexAlong(index: readonly number[], k: number): number[] {
  const rest = index.slice(0, -1);
  return [...rest.slice(0, k), index[index.length - 1]!, ...rest.slice(k)];
}

/** A row-major array of zeros. */
export function blank(shape: readonly number[], dtype: DType): NdArray {
  const size = sizeOf(shape);
  return makeArray(dtype === "float32" ? new Float32Array(size) : new Float64Array(size), shape, rowMajorStride(shape), 0);
}

function moveToEnd(list: readonly number[], k: number): number[] {
  return [...list.slice(0, k), ...list.slice(k + 1), list[k]!];
}
