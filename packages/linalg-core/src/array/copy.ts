/**
 * Copies that leave or keep the array world: packed arrays of either order, and nested JavaScript arrays.
 * Source: Subquad's own convention.
 */
import { ShapeError } from "../errors.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { asArray } from "./convert.js";
import { gather, sameKind } from "./cast.js";
import { checkShape, columnMajorStride, eachRow, rowMajorStride } from "./layout.js";
import type { ArrayInput, DType, NdArray } from "./types.js";
import { makeArray } from "./make-array.js";

export interface CopyOptions {
  /** Which axis lies packed in memory: "row" the last, "column" the first. Default "row". */
  readonly order?: "row" | "column";
  /** Default: the kind of A's own data, int32 included. */
  readonly dtype?: DType;
}

/**
 * A packed copy of an array.
 * @param A any array.
 * @param options see CopyOptions.
 * @returns a new array of A's shape that shares nothing with A.
 * @throws ShapeError when A is no array; OptionError for other option values or unknown options.
 * @complexity O(size) time and space.
 * @source Subquad's own convention.
 * @example copy(transpose(A))
 */
export function copy(A: ArrayInput, options: CopyOptions = {}): NdArray {
  assertKnownOptions("copy", options, ["order", "dtype"]);
  const { order = "row", dtype } = options;
  assertOneOf("copy", { order }, ["row", "column"]);
  assertOneOf("copy", { dtype }, ["float64", "float32", undefined]);
  const source = asArray(A, "copy(A)");
  const { data, shape, stride, offset } = source;
  const size = checkShape("copy(A)", shape);
  const out = dtype === undefined ? sameKind(data, size) : dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
  if (order === "row") {
    gather(source, out);
    return makeArray(out, shape, rowMajorStride(shape), 0);
  }
  gather(makeArray(data, [...shape].reverse(), [...stride].reverse(), offset), out);
  return makeArray(out, shape, columnMajorStride(shape), 0);
}

/**
 * A vector or matrix as JavaScript arrays, for printing and JSON.
 * @param A shape [n] or [m, n].
 * @returns number[] for a vector, number[][] by rows for a matrix.
 * @throws ShapeError for any other number of axes.
 * @complexity O(size) time and space.
 * @source Subquad's own convention.
 * @example toNested(identity(2)) // -> [[1, 0], [0, 1]]
 */
export function toNested(A: ArrayInput): number[] | number[][] {
  const { data, shape, stride, offset } = asArray(A, "toNested(A)");
  if (shape.length !== 1 && shape.length !== 2) throw new ShapeError("toNested", "A", "a vector or a matrix", shape);
  const n = shape[shape.length - 1]!;
  const step = stride[shape.length - 1]!;
  const rows: number[][] = Array.from({ length: shape.length === 1 ? 1 : shape[0]! }, () => []);
  eachRow(shape, stride, offset, (p, q) => {
    const list = rows[q / n]!;
    for (let j = 0; j < n; j++) list.push(data[p + j * step]!);
  });
  return shape.length === 1 ? rows[0]! : rows;
}
