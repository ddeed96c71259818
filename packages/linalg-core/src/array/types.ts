/**
 * The array types of the whole project: one exchange type for results, a wider set for what a border accepts.
 *
 *   element (i, j, …) of an array  =  data[offset + i·stride[0] + j·stride[1] + …]
 *
 * Source: scijs ndarray (mikolalysenko/ndarray), whose objects these are.
 */
import type { NdArray as ScijsNdArray } from "ndarray";

/** The two precisions of arithmetic. Float32 in gives float32 out; everything else is computed in float64. */
export type DType = "float64" | "float32";

/** The data an NdArray of this project holds; Int32Array for indices and integer products. */
export type NdData = Float32Array | Float64Array | Int32Array;

/** What every function returns: a scijs ndarray, or under a strict Content-Security-Policy the equivalent `PlainNdArray`. */
export type NdArray = ScijsNdArray<NdData>;

/** Typed arrays accepted at a border; all but Float32Array are read as float64. */
export type TypedArray =
  Float64Array | Float32Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Any strided array: of any copy of ndarray, or a plain object. Negative and zero strides are legal. */
export interface NdArrayLike {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** A strided array that calls its strides `strides` (counted in elements, not bytes) or leaves out a zero offset. */
export type StridedLike =
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[]; readonly stride: readonly number[]; readonly offset?: number }
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[]; readonly strides: readonly number[]; readonly offset?: number };

/** Matrices of other libraries, recognised by what they offer: strides, entries by row and column, or `toArray()` giving nested arrays. */
export type ForeignMatrix =
  StridedLike | { readonly rows: number; readonly columns: number; get(row: number, column: number): number } | { toArray(): unknown };

/** Everything that a matrix parameter accepts. */
export type MatrixInput = NdArrayLike | readonly ArrayLike<number>[] | ForeignMatrix;

/** Everything that a vector parameter accepts. */
export type VectorInput = NdArrayLike | ArrayLike<number> | ForeignMatrix;

/** Everything that a parameter of any number of axes accepts. */
export type ArrayInput = MatrixInput | VectorInput;
