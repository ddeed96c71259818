/**
 * Products so small that the calling thread's scratch holds all of it: no packing, no allocation.
 *
 *   A  m × k      B  k × n      C = A B      each entry with the sum, hence the bits, of the general path
 *
 * Source: textbook.
 */
import { gather } from "../array/cast.js";
import { makeArray } from "../array/make-array.js";
import type { DType, NdArray } from "../array/types.js";
import { bytesOf } from "../runtime/dtype-kernels.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import { take } from "../runtime/transfer.js";
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
  const bytes = bytesOf(dtype);
  const kernels = kernelsOf(coreKernels);
  const { memory, scratch } = runtime();
  const data = dtype === "float32" ? memory.f32 : memory.f64;
  const a = scratch;
  const b = a + Math.ceil((m * k * bytes) / 16) * 16;
  const c = b + Math.ceil((k * n * bytes) / 16) * 16;
  gather(asTaken(A), data, a / bytes);
  gather(asTaken(B), data, b / bytes);
  const multiply = dtype === "float32" ? kernels.smallProductF32 : kernels.smallProductF64;
  return multiply(m, n, k, a, b, c) === 1 ? take(c, [m, n], dtype) : undefined;
}

/** op(A), a view. */
function asTaken({ stored, isTransposed }: Factor): NdArray {
  const { data, shape, stride, offset } = stored;
  return isTransposed ? makeArray(data, [shape[1]!, shape[0]!], [stride[1]!, stride[0]!], offset) : stored;
}
