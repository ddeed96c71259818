/**
 * Shapes and strides: the arithmetic of where elements lie, and the checks that they lie within the data.
 *
 *   shape   n_0, n_1, …     lengths of the axes, nonnegative integers
 *   stride  s_0, s_1, …     distance in elements between neighbours along an axis, any integers
 *   reach   [low, high]     least and greatest position: offset + Σ min(0, s_k (n_k − 1)), offset + Σ max(0, s_k (n_k − 1))
 *
 * Source: Subquad's own convention, on scijs ndarray's layout.
 */
import { describeValue } from "../describe.js";
import { ShapeError, splitSite } from "../errors.js";

/** One typed array may not exceed 2^32 bytes: past that, engines disagree on whether it can be had. */
const MAX_BYTES = 2 ** 32;

/** Strides of the packed row-major array of this shape. */
export function rowMajorStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  for (let k = shape.length - 1, step = 1; k >= 0; k--) {
    stride[k] = step;
    step *= shape[k]!;
  }
  return stride;
}

/** Strides of the packed column-major array of this shape. */
export function columnMajorStride(shape: readonly number[]): number[] {
  return rowMajorStride([...shape].reverse()).reverse();
}

/** Number of elements of a shape that is already checked. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** True when the elements lie side by side in row-major order, whatever the strides of axes of length 1 or less. */
export function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  for (let k = shape.length - 1, step = 1; k >= 0; k--) {
    if (shape[k]! > 1 && stride[k] !== step) return false;
    step *= shape[k]!;
  }
  return true;
}

/**
 * Calls `visit(p, q)` for each row (run along the last axis): p where it starts in the data, q where it starts in a packed row-major copy.
 * An array without elements has no rows; an array without axes has one row of one element.
 */
export function eachRow(shape: readonly number[], stride: readonly number[], offset: number, visit: (p: number, q: number) => void): void {
  const axes = shape.length - 1;
  const width = axes < 0 ? 1 : shape[axes]!;
  const rows = sizeOf(shape.slice(0, Math.max(0, axes)));
  if (width === 0) return;
  const at = new Array<number>(Math.max(0, axes)).fill(0);
  for (let i = 0, p = offset; i < rows; i++) {
    visit(p, i * width);
    for (let k = axes - 1; k >= 0; k--) {
      // count up like an odometer
      p += stride[k]!;
      if (++at[k]! < shape[k]!) break;
      p -= stride[k]! * shape[k]!;
      at[k] = 0;
    }
  }
}

/** The indices of the q-th element in row-major order. */
export function indicesOf(q: number, shape: readonly number[]): number[] {
  const indices = new Array<number>(shape.length);
  let rest = q;
  for (let k = shape.length - 1; k >= 0; k--) {
    indices[k] = rest % shape[k]!;
    rest = Math.floor(rest / shape[k]!);
  }
  return indices;
}

/** Least and greatest position of an array that has elements. */
export function reachOf(shape: readonly number[], stride: readonly number[], offset: number): readonly [low: number, high: number] {
  let low = offset;
  let high = offset;
  for (let k = 0; k < shape.length; k++) {
    const span = stride[k]! * (shape[k]! - 1);
    if (span < 0) low += span;
    else high += span;
  }
  return [low, high];
}

/** The entries of a shape are nonnegative integers. */
export function checkAxes(site: string, shape: readonly number[]): void {
  if (isShape(shape)) return;
  const { where, argument } = splitSite(site);
  throw new ShapeError(where, argument, "a shape of nonnegative integers", shape);
}

/** A packed array of this shape fits into one typed array. Returns its size. */
export function checkShape(site: string, shape: readonly number[], bytesPerElement = 8): number {
  checkAxes(site, shape);
  const size = sizeOf(shape);
  if (size * bytesPerElement <= MAX_BYTES) return size;
  const { where, argument } = splitSite(site);
  throw new ShapeError(where, argument, "at most 2^32 bytes in one array", `shape [${shape.join(", ")}], ${size * bytesPerElement} bytes`);
}

/** Shape, stride and offset describe elements that lie within data of this length. */
export function checkLayout(site: string, length: number, shape: readonly number[], stride: readonly number[], offset: number): void {
  const fault = layoutFault(length, shape, stride, offset);
  if (fault === undefined) return;
  const { where, argument } = splitSite(site);
  throw new ShapeError(where, argument, fault.expected, fault.got);
}

/** What is wrong with a layout, if anything; the values may be of any type. */
export function layoutFault(
  length: number,
  shape: unknown,
  stride: unknown,
  offset: unknown,
): { readonly expected: string; readonly got: unknown } | undefined {
  if (!isShape(shape)) return { expected: "a shape of nonnegative integers", got: quoted(shape) };
  if (!isIntegers(stride) || stride.length !== shape.length) {
    return { expected: `one integer stride for each of ${shape.length} axes`, got: quoted(stride) };
  }
  if (!Number.isSafeInteger(offset)) return { expected: "an integer offset", got: quoted(offset) };
  if (sizeOf(shape) === 0) return undefined; // nothing is ever read, wherever the offset points
  const [low, high] = reachOf(shape, stride, offset as number);
  if (low >= 0 && high < length) return undefined;
  return { expected: `elements within data of length ${length}`, got: `positions ${low} to ${high}` };
}

function isShape(value: unknown): value is readonly number[] {
  return areIntegers(value, 0);
}

function isIntegers(value: unknown): value is readonly number[] {
  return areIntegers(value, -Infinity);
}

/** A loop, not every(): this is part of every call. */
function areIntegers(value: unknown, least: number): value is readonly number[] {
  if (!Array.isArray(value)) return false;
  for (const entry of value as readonly unknown[]) {
    if (!Number.isSafeInteger(entry) || (entry as number) < least) return false;
  }
  return true;
}

/** ShapeError prints a string as a phrase of ours; one of the caller's must show as a string. */
function quoted(value: unknown): unknown {
  return typeof value === "string" ? describeValue(value) : value;
}
