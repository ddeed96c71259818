/**
 * The one construction of arrays: scijs ndarray where its generated code may run, `PlainNdArray` where it may not.
 *
 * ndarray compiles a class for each dtype and dimension from a string; under a strict Content-Security-Policy that throws an EvalError.
 * The first construction finds out, once.  Source: Subquad's own convention.
 */
import ndarray from "ndarray";
import { PlainNdArray, asNdArray } from "./plain-ndarray.js";
import type { NdArray, NdData } from "./types.js";

/** ndarray keeps offsets in 32 bits; longer data goes to the plain class, which does not. */
const NDARRAY_LIMIT = 2 ** 31 - 1;

/** ndarray compiles a class for every number of axes up to the one asked for: a file of 10^5 axes would exhaust the memory. */
const NDARRAY_AXES = 16;

let plain: boolean | undefined;

/** The classes that ndarray has made for vectors and for matrices, one for each kind of data. */
const VECTORS: Classes = {};
const MATRICES: Classes = {};

type Kind = NdData[typeof Symbol.toStringTag];
/** Lengths of the axes, then strides, then the offset. */
type ViewClass = new (data: NdData, ...layout: readonly number[]) => NdArray;
type Classes = Partial<Record<Kind, ViewClass>>;

/** An array over data that is shared, of a layout that is already checked (`view` checks it). */
export function makeArray(data: NdData, shape: readonly number[], stride: readonly number[], offset: number): NdArray {
  if (usesPlainArrays() || data.length > NDARRAY_LIMIT || shape.length > NDARRAY_AXES)
    return asNdArray(new PlainNdArray(data, [...shape], [...stride], offset));
  // ndarray() looks its class up by the name of the data's kind, which takes longer than to make the array
  const kind = data[Symbol.toStringTag];
  if (shape.length === 1) return new (VECTORS[kind] ??= classOf(data, 1))(data, shape[0]!, stride[0]!, offset);
  if (shape.length === 2) return new (MATRICES[kind] ??= classOf(data, 2))(data, shape[0]!, shape[1]!, stride[0]!, stride[1]!, offset);
  return ndarray<NdData>(data, [...shape], [...stride], offset);
}

/** An array over float64 or float32 whose elements fill its data in row-major order. */
export interface PackedArray extends NdArray {
  readonly data: Float32Array | Float64Array;
}

/**
 * Whether a value is a matrix as most are: an ndarray of ours over float64 or float32, packed, with elements. A handful of comparisons, of which all but
 * the first see two classes only, whatever else a process works with.
 */
export function isPackedMatrix(value: object): value is PackedArray {
  if (!isOneOf(MATRICES, value)) return false;
  const { data, shape, stride, offset } = value;
  const m = shape[0]!;
  const n = shape[1]!;
  return (
    isReal(data) && offset === 0 && stride[1] === 1 && stride[0] === n && m >>> 0 === m && n >>> 0 === n && m * n === data.length && n > 0
  );
}

/** The same for vectors. */
export function isPackedVector(value: object): value is PackedArray {
  if (!isOneOf(VECTORS, value)) return false;
  const { data, shape, stride, offset } = value;
  return isReal(data) && offset === 0 && stride[0] === 1 && shape[0] === data.length && data.length > 0;
}

function isOneOf({ Float64Array: double, Float32Array: single }: Classes, value: object | null | undefined): value is NdArray {
  const made = value?.constructor;
  return made !== undefined && (made === double || made === single);
}

/** Of this realm, and of no class derived from it. */
function isReal(data: NdData): data is Float32Array | Float64Array {
  return data.constructor === Float64Array || data.constructor === Float32Array;
}

/** A float64 or float32 matrix over data in row-major order, by the shortest way. */
export function packedMatrix(data: Float32Array | Float64Array, m: number, n: number): NdArray {
  const made = data.constructor === Float64Array ? MATRICES.Float64Array : MATRICES.Float32Array;
  return made === undefined ? makeArray(data, [m, n], [n, 1], 0) : new made(data, m, n, n, 1, 0);
}

function classOf(data: NdData, axes: number): ViewClass {
  const none = new Array<number>(axes).fill(0);
  return ndarray<NdData>(data, none, none, 0).constructor as ViewClass;
}

/**
 * Whether arrays are of the plain class, because this page or process forbids generated code.
 * @returns the answer of the first probe; it does not change afterwards.
 * @throws whatever ndarray throws, if that is not the ban of generated code.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example if (usesPlainArrays()) reasons.push("csp: plain ndarray class");
 */
export function usesPlainArrays(): boolean {
  if (plain === undefined) {
    try {
      ndarray(new Float64Array(1), [1]);
      plain = false;
    } catch (error) {
      if (!(error instanceof Error && error.name === "EvalError")) throw error;
      plain = true;
    }
  }
  return plain;
}

/** True for the data kinds of NdArray, from any realm (an iframe's Float64Array is no instance of ours). */
export function isNdData(data: unknown): data is NdData {
  const tag = ArrayBuffer.isView(data) ? (data as unknown as Record<symbol, unknown>)[Symbol.toStringTag] : undefined;
  return tag === "Float64Array" || tag === "Float32Array" || tag === "Int32Array";
}
