/**
 * Kernels and compute memory by dtype.
 */
import type { DType } from "../array/types.js";
import type { DirectKernels, TiledKernel } from "../kernels/abi.js";
import { runtime } from "./runtime.js";
import { tiles, type Steps } from "./steps.js";

/** Bytes of one value of a dtype. */
export function bytesOf(dtype: DType): number {
  return dtype === "float32" ? 4 : 8;
}

/** Compute memory as an array of the dtype. */
export function reals(dtype: DType): Float32Array | Float64Array {
  const { memory } = runtime();
  return dtype === "float32" ? memory.f32 : memory.f64;
}

/** The kernel `name` of a dtype. */
function kernelName<Name extends string>(name: Name, dtype: DType): `${Name}F32` | `${Name}F64` {
  return dtype === "float32" ? `${name}F32` : `${name}F64`;
}

type Generic<K> = K extends `${infer Name}F32` ? Name : never;

/** Calls a direct kernel of a dtype. */
export function callKernel(name: Generic<keyof DirectKernels>, dtype: DType, ...numbers: number[]): number {
  return (runtime().kernels[kernelName(name, dtype)] as (...numbers: number[]) => number)(...numbers);
}

/** Runs a tiled kernel of a dtype; `work` and `meanwhile` as for `tiles`. */
export function runTiles(
  name: Generic<TiledKernel>,
  dtype: DType,
  args: number,
  count: number,
  work: number,
  meanwhile?: () => void,
): Steps<void> {
  return tiles(kernelName(name, dtype), args, count, work, meanwhile);
}
