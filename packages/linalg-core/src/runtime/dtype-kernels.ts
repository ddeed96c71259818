/**
 * Kernels and compute memory by dtype.
 */
import type { DType } from "../array/types.js";
import type { KernelGroup } from "../kernels/group.js";
import { kernelsOf, runtime } from "./runtime.js";
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

/** Calls a kernel of a dtype on the calling thread. */
export function callKernel<Calls extends object>(
  group: KernelGroup<object, Calls>,
  name: Generic<keyof Calls>,
  dtype: DType,
  ...numbers: number[]
): number {
  const kernels = kernelsOf(group) as Record<string, (...numbers: number[]) => number>;
  return kernels[kernelName(name, dtype)]!(...numbers);
}

/** Runs a tiled kernel of a dtype; `work` and `meanwhile` as for `tiles`. */
export function runTiles<Tiles extends object>(
  group: KernelGroup<Tiles>,
  name: Generic<keyof Tiles>,
  dtype: DType,
  args: number,
  count: number,
  work: number,
  meanwhile?: () => void,
): Steps<void> {
  return tiles(group as KernelGroup, kernelName(name, dtype) as never, args, count, work, meanwhile);
}
