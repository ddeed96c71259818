/**
 * Kernels in plain TypeScript, with the bits of the plain SIMD binary: for engines and pages that refuse WebAssembly.
 *
 * The order of operations, the layouts and the argument blocks are those of assembly/; only speed is not.
 */
import type { ComputeMemory } from "../abi.js";
import { float32, float64, type Real } from "./real.js";

type Over<First extends unknown[]> = <Numbers extends number[], Result>(
  kernel: (...all: [...First, ...Numbers]) => Result,
) => (...numbers: Numbers) => Result;

/** Ways to give a kernel its memory, and its dtype. */
export interface Bind {
  readonly plain: Over<[ComputeMemory]>;
  readonly f32: Over<[ComputeMemory, Real]>;
  readonly f64: Over<[ComputeMemory, Real]>;
}

/** These ways for one memory, whose views may be re-made between calls; below 2^31 bytes. */
export function bindTo(memory: ComputeMemory): Bind {
  const over =
    (real: Real): Bind["f32"] =>
    (kernel) =>
    (...numbers) =>
      kernel(memory, real, ...numbers);
  const plain: Bind["plain"] =
    (kernel) =>
    (...numbers) =>
      kernel(memory, ...numbers);
  return { plain, f32: over(float32), f64: over(float64) };
}
