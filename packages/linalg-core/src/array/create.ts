/**
 * New arrays: packed row-major, float64 unless told otherwise, owned by the caller.
 *
 *   shape  [n₀, n₁, …], nonnegative integers; [] is a single element
 *
 * Source: Subquad's own convention.
 */
import { OptionError } from "../errors.js";
import { assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import { checkShape, rowMajorStride } from "./layout.js";
import type { DType, NdArray } from "./types.js";
import { makeArray } from "./make-array.js";

export interface CreateOptions {
  /** Default "float64". */
  readonly dtype?: DType;
}

/**
 * An array of zeros.
 * @param shape lengths of the axes, nonnegative integers.
 * @param options see CreateOptions.
 * @returns a new packed array.
 * @throws ShapeError for a shape that is none, or of more than 2^32 bytes; OptionError for another dtype or unknown options.
 * @complexity O(size) time and space.
 * @source Subquad's own convention.
 * @example zeros([2, 3])
 */
export function zeros(shape: readonly number[], options: CreateOptions = {}): NdArray {
  return create("zeros", "shape", shape, options);
}

/**
 * An array of one value; NaN and infinities are taken as they are.
 * @param shape lengths of the axes, nonnegative integers.
 * @param value what every element is; rounded to nearest for float32.
 * @param options see CreateOptions.
 * @returns a new packed array.
 * @throws ShapeError, OptionError as `zeros`; OptionError when value is no number.
 * @complexity O(size) time and space.
 * @source Subquad's own convention.
 * @example full([2, 3], -1)
 */
export function full(shape: readonly number[], value: number, options: CreateOptions = {}): NdArray {
  if (typeof value !== "number") throw new OptionError("full", "value", "a number", value);
  const A = create("full", "shape", shape, options);
  A.data.fill(value);
  return A;
}

/**
 * The identity matrix of order n.
 * @param n rows and columns; 0 gives the empty matrix.
 * @param options see CreateOptions.
 * @returns a new packed array of shape [n, n].
 * @throws OptionError when n is no nonnegative integer, for another dtype or unknown options; ShapeError past 2^32 bytes.
 * @complexity O(n²) time and space.
 * @source Subquad's own convention.
 * @example identity(3)
 */
export function identity(n: number, options: CreateOptions = {}): NdArray {
  assertInteger("identity", { n }, 0, Infinity);
  const A = create("identity", "n", [n, n], options);
  for (let i = 0; i < n; i++) A.data[i * (n + 1)] = 1;
  return A;
}

function create(where: string, argument: string, shape: readonly number[], options: CreateOptions): NdArray {
  assertKnownOptions(where, options, ["dtype"]);
  const { dtype = "float64" } = options;
  assertOneOf(where, { dtype }, ["float64", "float32"]);
  const single = dtype === "float32";
  const size = checkShape(`${where}(${argument})`, shape, single ? 4 : 8);
  return makeArray(single ? new Float32Array(size) : new Float64Array(size), shape, rowMajorStride(shape), 0);
}
