/**
 * The backend in use: the memory that kernels work in and the kernels themselves, loaded at the first call and the same for all copies of this version.
 */
import type { KernelGroup } from "../kernels/group.js";
import { load } from "./loader.js";
import { shared } from "./shared.js";
import type { Loaded, Runtime } from "./types.js";

export type { Runtime } from "./types.js";

/**
 * The backend in use, loaded synchronously at the first call.
 *
 * It stays the same as long as a scope is open; between calls configure() or releaseMemory() may replace it, so do not keep it.
 * @returns the memory, and the address of the caller's scratch.
 * @throws OptionError if configure() demands WebAssembly and the engine has none.
 * @complexity O(1) after the first call, which compiles the core kernels.
 * @source Subquad's own convention.
 * @example const { memory, scratch } = runtime();
 */
export function runtime(): Runtime {
  return loaded();
}

/**
 * The kernels of a group, instantiated at the first call.
 * @param group such as factorKernels of src/kernels/factor.ts.
 * @returns the kernels of the backend in use, which stays the same as long as a scope is open.
 * @throws as `runtime()`.
 * @complexity O(1) after the first call for a group, which compiles some 10 kB of WebAssembly.
 * @source Subquad's own convention.
 * @example kernelsOf(factorKernels).axpy(n, alpha, x, y);
 */
export function kernelsOf<Tiles extends object, Calls extends object>(group: KernelGroup<Tiles, Calls>): Tiles & Calls {
  const { kernels, instantiate } = loaded();
  return (kernels[group.slot] ??= instantiate(group)) as Tiles & Calls;
}

/** `runtime()` with what only the runtime itself needs. */
export function loaded(): Loaded {
  const state = shared();
  return (state.loaded ??= load(state.settings));
}
