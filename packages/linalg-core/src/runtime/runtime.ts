/**
 * The backend in use: kernels and the memory they work in, loaded at the first call and the same for all copies of this version.
 */
import { load } from "./loader.js";
import { shared } from "./shared.js";
import type { Loaded, Runtime } from "./types.js";

export type { Runtime } from "./types.js";

/**
 * The backend in use, loaded synchronously at the first call.
 *
 * It stays the same as long as a scope is open; between calls configure() or releaseMemory() may replace it, so do not keep it.
 * @returns kernels, memory, and the address of the caller's scratch.
 * @throws OptionError if configure() demands WebAssembly and the engine has none.
 * @complexity O(1) after the first call, which compiles about 35 kB of WebAssembly.
 * @source Subquad's own convention.
 * @example const { kernels, memory, scratch } = runtime();
 */
export function runtime(): Runtime {
  return loaded();
}

/** `runtime()` with what only the runtime itself needs. */
export function loaded(): Loaded {
  const state = shared();
  return (state.loaded ??= load(state.settings));
}
