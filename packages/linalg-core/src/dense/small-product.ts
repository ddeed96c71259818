/**
 * Products so small that the calling thread's scratch holds all of it: the kernels of `matmul` without its allocations.
 *
 *   A  m × k      B  k × n      C = A B      all in one tile, hence with the bits of any other tiling
 *
 * Source: the BLIS loop order (Van Zee, van de Geijn).
 */
import { gather } from "../array/cast.js";
import type { DType, NdArray } from "../array/types.js";
import { GEMM_ROWS } from "../kernels/abi.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";
import { runtime } from "../runtime/runtime.js";
import { take } from "../runtime/transfer.js";
import { BLOCK_BYTES, EDGE_BYTES, isSmallProduct } from "./product-choice.js";

/** A matrix as it is stored, taken as it is or transposed. */
export interface Factor {
  readonly stored: NdArray;
  readonly isTransposed: boolean;
}

/** C, or undefined if it is not small, or if an entry is not finite: then the general path finds it and names it. */
export function smallProduct(A: Factor, B: Factor, m: number, n: number, k: number, dtype: DType): NdArray | undefined {
  if (!isSmallProduct(m, n, k, dtype)) return undefined;
  const bytes = bytesOf(dtype);
  const W = 32 / bytes;
  const [rows, columns] = [Math.ceil(m / GEMM_ROWS) * GEMM_ROWS, Math.ceil(n / W) * W];
  const { kernels, memory, scratch } = runtime();
  let next = scratch + EDGE_BYTES + 3 * BLOCK_BYTES;
  const room = (count: number): number => {
    const address = next;
    next += Math.ceil((count * bytes) / 64) * 64;
    return address;
  };
  const [a, b, left, right, C] = [room(m * k), room(k * n), room(rows * k), room(columns * k), room(m * n)];
  if (!stage(A.stored, a, dtype) || !stage(B.stored, b, dtype)) return undefined;
  const [packA, packB, multiply] = [0, 1, 2].map((i) => scratch + EDGE_BYTES + i * BLOCK_BYTES) as [number, number, number];
  // bytes from a row of op(A) to the next, and along it; likewise columns of op(B)
  const [acrossA, alongA] = A.isTransposed ? [bytes, m * bytes] : [k * bytes, bytes];
  const [acrossB, alongB] = B.isTransposed ? [k * bytes, bytes] : [bytes, n * bytes];
  memory.f64[packA / 8] = memory.f64[packB / 8] = 1; // the factor of packing
  memory.i32.set([m, k, a, acrossA, alongA, left, rows / GEMM_ROWS], packA / 4 + 16);
  memory.i32.set([n, k, b, acrossB, alongB, right, columns / W], packB / 4 + 16);
  memory.i32.set([m, n, k, left, right, C, rows, columns, n * bytes, 0, 0], multiply / 4 + 16);
  if (dtype === "float32") {
    kernels.packLeftF32(packA, 0, scratch);
    kernels.packRightF32(packB, 0, scratch);
    kernels.multiplyF32(multiply, 0, scratch);
  } else {
    kernels.packLeftF64(packA, 0, scratch);
    kernels.packRightF64(packB, 0, scratch);
    kernels.multiplyF64(multiply, 0, scratch);
  }
  return callKernel("firstNonFinite", dtype, m * n, C) < 0 ? take(C, [m, n], dtype) : undefined;
}

/** Row-major at the address; whether every entry is finite. */
function stage(A: NdArray, address: number, dtype: DType): boolean {
  const first = address / bytesOf(dtype);
  gather(A, reals(dtype).subarray(first, first + A.size));
  return callKernel("firstNonFinite", dtype, A.size, address) < 0;
}
