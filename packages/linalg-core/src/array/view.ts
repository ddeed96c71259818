/**
 * Views: the same elements under other shapes and strides. Writing to a view writes to the array it came from.
 *
 *   A      any number of axes, n_k its length along axis k
 *   range  what is taken along one axis: null everything · i the one index i, the axis goes · [from, to, step] from, from + step, …, before to
 *
 * Source: Subquad's own convention, on scijs ndarray's layout.
 */
import { OptionError, ShapeError } from "../errors.js";
import { asArray } from "./convert.js";
import { gather, sameKind } from "./cast.js";
import { asMatrix } from "./operands.js";
import { checkAxes, checkLayout, checkShape, isRowMajor, rowMajorStride } from "./layout.js";
import type { ArrayInput, MatrixInput, NdArray, NdData } from "./types.js";
import { isNdData, makeArray } from "./make-array.js";

/** What `slice` takes along one axis. Indices count from 0; with a negative step, `to` may be −1, so that index 0 is reached. */
export type Range = number | null | readonly [from: number, to: number, step?: number];

/**
 * An array over existing data: no copy, the caller and the array share `data`.
 *
 * To accept what a user passed, use `asArray`; to own the elements, `array` or `copy`.
 * @param data Float64Array, Float32Array or Int32Array; shared, not copied.
 * @param shape [n₀, n₁, …], nonnegative integers; [] for a single element.
 * @param stride one integer an axis, in elements; negative and zero are legal. Default row-major.
 * @param offset position of element (0, 0, …). Default 0, or the least position that keeps negative strides within the data.
 * @returns the array.
 * @throws OptionError when data is none of the three; ShapeError when an element lies outside the data, or shape and stride do not match.
 * @complexity O(number of axes).
 * @source scijs ndarray, `ndarray(data, shape, stride, offset)`.
 * @example view(new Float64Array(6), [2, 3])
 */
export function view(data: NdData, shape: readonly number[], stride?: readonly number[], offset?: number): NdArray {
  if (!isNdData(data)) throw new OptionError("view", "data", "a Float64Array, Float32Array or Int32Array", data);
  checkAxes("view(shape)", shape);
  const steps = stride ?? rowMajorStride(shape);
  const start = offset ?? leastOffset(shape, steps);
  checkLayout("view(data)", data.length, shape, steps, start);
  return makeArray(data, shape, steps, start);
}

/**
 * Aᵀ: the axes in reverse order.
 * @param A any array; of a vector this is the vector itself.
 * @returns a view, no copy.
 * @throws ShapeError when A is no array.
 * @complexity O(number of axes).
 * @source scijs ndarray, `transpose`.
 * @example transpose(array([[1, 2, 3]])).shape // -> [3, 1]
 */
export function transpose(A: ArrayInput): NdArray {
  const { data, shape, stride, offset } = asArray(A, "transpose(A)");
  return makeArray(data, [...shape].reverse(), [...stride].reverse(), offset);
}

/**
 * Part of an array: one range for each leading axis, the other axes whole.
 * @param A any array.
 * @param ranges see Range; nothing is clamped, and negative indices do not count from the end.
 * @returns a view, no copy; a range that is a number removes its axis.
 * @throws ShapeError when A is no array, for more ranges than axes, an index outside the axis, or a step of 0.
 * @complexity O(number of axes).
 * @source scijs ndarray, `lo`, `hi`, `step` and `pick` in one.
 * @example slice(A, [0, 10], null) // the first ten rows
 * @example slice(A, null, [n - 1, -1, -1]) // the columns in reverse
 */
export function slice(A: ArrayInput, ...ranges: readonly Range[]): NdArray {
  const { data, shape, stride, offset } = asArray(A, "slice(A)");
  if (ranges.length > shape.length) {
    throw new ShapeError("slice", "ranges", `at most one range for each of ${shape.length} axes`, `${ranges.length} ranges`);
  }
  const newShape: number[] = [];
  const newStride: number[] = [];
  let p = offset;
  for (let k = 0; k < shape.length; k++) {
    const n = shape[k]!;
    const range = ranges[k] ?? null;
    if (typeof range === "number") {
      p += stride[k]! * index(range, n, `ranges[${k}]`, "slice");
      continue;
    }
    const [from, count, step] = range === null ? [0, n, 1] : take(range, n, k);
    if (count > 0) p += stride[k]! * from; // an empty range must not lead out of the data
    newShape.push(count);
    newStride.push(stride[k]! * step);
  }
  return makeArray(data, newShape, newStride, p);
}

/**
 * The same elements, in row-major order, under another shape.
 * @param A any array.
 * @param shape nonnegative integers whose product is A's size.
 * @returns a view when A is packed row-major, else a view of a packed copy: write to the result only when you know which.
 * @throws ShapeError when A is no array, or the sizes differ.
 * @complexity O(number of axes), or O(size) where a copy is needed.
 * @source Subquad's own convention.
 * @example reshape([1, 2, 3, 4], [2, 2])
 */
export function reshape(A: ArrayInput, shape: readonly number[]): NdArray {
  const source = asArray(A, "reshape(A)");
  const size = checkShape("reshape(shape)", shape);
  if (size !== source.size) throw new ShapeError("reshape", "shape", `a shape of ${source.size} elements`, shape);
  if (isRowMajor(source.shape, source.stride)) return makeArray(source.data, shape, rowMajorStride(shape), source.offset);
  const packed = sameKind(source.data, size);
  gather(source, packed);
  return makeArray(packed, shape, rowMajorStride(shape), 0);
}

/**
 * Row i of a matrix.
 * @param A shape [m, n].
 * @param i in [0, m).
 * @returns a view of shape [n], no copy.
 * @throws ShapeError when A is no matrix, or there is no such row.
 * @complexity O(1).
 * @source scijs ndarray, `pick(i, null)`.
 * @example row(A, 0)
 */
export function row(A: MatrixInput, i: number): NdArray {
  const { data, shape, stride, offset } = asMatrix(A, "row(A)");
  return makeArray(data, [shape[1]!], [stride[1]!], offset + stride[0]! * index(i, shape[0]!, "i", "row"));
}

/**
 * Column j of a matrix.
 * @param A shape [m, n].
 * @param j in [0, n).
 * @returns a view of shape [m], no copy.
 * @throws ShapeError when A is no matrix, or there is no such column.
 * @complexity O(1).
 * @source scijs ndarray, `pick(null, j)`.
 * @example column(A, 0)
 */
export function column(A: MatrixInput, j: number): NdArray {
  const { data, shape, stride, offset } = asMatrix(A, "column(A)");
  return makeArray(data, [shape[0]!], [stride[0]!], offset + stride[1]! * index(j, shape[1]!, "j", "column"));
}

function leastOffset(shape: readonly number[], stride: readonly number[]): number {
  let offset = 0;
  for (let k = 0; k < shape.length; k++) if (stride[k]! < 0) offset -= stride[k]! * (shape[k]! - 1);
  return offset;
}

/** Start, count and step of a range. */
function take(range: readonly [number, number, number?], n: number, k: number): [number, number, number] {
  const argument = `ranges[${k}]`;
  if (!Array.isArray(range)) throw new ShapeError("slice", argument, "null, an index or [from, to, step]", range);
  const [from, to, step = 1] = range;
  if (!Number.isSafeInteger(step) || step === 0) throw new ShapeError("slice", argument, "a step that is an integer and not 0", range);
  const [low, high] = step > 0 ? [from, to] : [to + 1, from + 1]; // the indices lie in [low, high)
  if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low >= 0 && low <= high && high <= n)) {
    throw new ShapeError("slice", argument, `[from, to, step] with indices in [0, ${n}) and to not before from`, range);
  }
  return [from, Math.ceil((high - low) / Math.abs(step)), step];
}

function index(i: number, n: number, argument: string, where: string): number {
  if (!(Number.isSafeInteger(i) && i >= 0 && i < n)) throw new ShapeError(where, argument, `an index in [0, ${n})`, i);
  return i;
}
