/** Every group of kernels, and all their kernels in one record over memories of a test's own. */
import type { Call, ComputeMemory } from "../src/kernels/abi.js";

import { attentionKernels } from "../src/kernels/attention.js";
import { bitsKernels } from "../src/kernels/bits.js";
import { coreKernels } from "../src/kernels/core.js";
import { elementwiseKernels } from "../src/kernels/elementwise.js";
import { factorKernels } from "../src/kernels/factor.js";
import { sketchKernels } from "../src/kernels/sketch.js";
import { transformKernels } from "../src/kernels/transform.js";
import { bindTwins, type KernelGroup } from "../src/kernels/group.js";
import { decodeHex, withPlainMemory } from "../src/runtime/binary.js";

export const GROUPS: readonly KernelGroup[] = [
  coreKernels,
  attentionKernels,
  factorKernels,
  transformKernels,
  elementwiseKernels,
  bitsKernels,
  sketchKernels,
] as readonly KernelGroup[];

export type Kernels = Readonly<Record<string, Call<number>>>;

/** The plain SIMD binaries of all groups on one memory. */
export function simdKernels(memory: WebAssembly.Memory): Kernels {
  const imports = { env: { memory } };
  const exportsOf = ({ simd }: KernelGroup): WebAssembly.Exports =>
    new WebAssembly.Instance(new WebAssembly.Module(withPlainMemory(decodeHex(simd))), imports).exports;
  return Object.assign({}, ...GROUPS.map(exportsOf)) as Kernels;
}

/** Their twins in TypeScript. */
export function twinKernels(memory: ComputeMemory): Kernels {
  return Object.assign({}, ...GROUPS.map((group) => bindTwins(group, memory))) as Kernels;
}
