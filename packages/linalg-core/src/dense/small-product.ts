/**
 * Products so small that the calling thread's scratch holds all of it: no packing, no allocation.
 *
 *   A  m × k      B  k × n      C = A B      each entry with the sum, hence the bits, of the general path
 *
 * Source: textbook.
 */
import { dtypeOf, gather } from "../array/cast.js";
import { isPackedMatrix, makeArray, packedMatrix } from "../array/make-array.js";
import type { DType, NdArray } from "../array/types.js";
import { bytesOf, reals } from "../runtime/dtype-kernels.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import { takeElements } from "../runtime/transfer.js";
import { coreKernels } from "../kernels/core.js";
import { isSmallProduct } from "./product-choice.js";

/** A matrix as it is stored, taken as it is or transposed. */
export interface Factor {
  readonly stored: NdArray;
  readonly isTransposed: boolean;
}

/** C, or undefined if it is not small, or if an entry is not finite: then the general path finds it and names it. */
export function smallProduct(A: Factor, B: Factor, m: number, n: number, k: number, dtype: DType): NdArray | undefined {
  if (!isSmallProduct(m, n, k, dtype)) return undefined;
  const data = reals(dtype);
  const { a, b } = placesOf(m, k, dtype);
  gather(asTaken(A), data, a / bytesOf(dtype));
  gather(asTaken(B), data, b / bytesOf(dtype));
  return multiply(m, n, k, dtype);
}

/**
 * C for matrices as most are, packed, of one dtype, and no options: straight from the arguments to the kernel. Undefined for all others, and where anything
 * is amiss, which the checks of the general path name.
 */
export function plainProduct(A: object, B: object): NdArray | undefined {
  if (!isPackedMatrix(A) || !isPackedMatrix(B) || A.constructor !== B.constructor) return undefined;
  const dtype = dtypeOf(A);
  const m = A.shape[0]!;
  const k = A.shape[1]!;
  const n = B.shape[1]!;
  if (B.shape[0] !== k || !isSmallProduct(m, n, k, dtype)) return undefined;
  const data = reals(dtype);
  const { a, b } = placesOf(m, k, dtype);
  data.set(A.data, a / bytesOf(dtype));
  data.set(B.data, b / bytesOf(dtype));
  return multiply(m, n, k, dtype);
}

/** Where the factors lie in the scratch. */
function placesOf(m: number, k: number, dtype: DType): { readonly a: number; readonly b: number } {
  const { scratch } = runtime();
  return { a: scratch, b: scratch + aligned(m * k * bytesOf(dtype)) };
}

/** The product of the factors in the scratch, or undefined if an entry is not finite. */
function multiply(m: number, n: number, k: number, dtype: DType): NdArray | undefined {
  const { smallProductF32, smallProductF64 } = kernelsOf(coreKernels);
  const { a, b } = placesOf(m, k, dtype);
  const c = b + aligned(k * n * bytesOf(dtype));
  const isFinite = dtype === "float32" ? smallProductF32(m, n, k, a, b, c) : smallProductF64(m, n, k, a, b, c);
  return isFinite === 1 ? packedMatrix(takeElements(c, m * n, dtype), m, n) : undefined;
}

/** A multiple of 16 bytes, the width of a vector. */
function aligned(bytes: number): number {
  return (bytes + 15) & -16;
}

/** op(A), a view. */
function asTaken({ stored, isTransposed }: Factor): NdArray {
  const { data, shape, stride, offset } = stored;
  return isTransposed ? makeArray(data, [shape[1]!, shape[0]!], [stride[1]!, stride[0]!], offset) : stored;
}
