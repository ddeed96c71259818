/**
 * Where things lie in compute memory; the same for every backend.
 *
 *   0 …                  constants of the kernels (their data segments)
 *   scratchOf(0 … 15)    448 KiB for each possible worker of the pool
 *   scratchOf(OWNER)     448 KiB for the thread that owns the memory
 *   ARENA_START …        the arena: inputs, results, argument blocks
 */
import { SCRATCH_BYTES } from "../kernels/abi.js";

/** Bytes of a WebAssembly page. */
export const PAGE = 65536;

/** Workers a pool may have; more than 16 never paid in any shape we measured, and each costs a scratch block. */
export const MAX_THREADS = 16;

/** The first byte of the arena. */
export const ARENA_START = 8 * 1024 * 1024;

/** The scratch index of the owning thread. */
export const OWNER = MAX_THREADS;

/** Memory at the start: the fixed part and an arena of 8 MiB. */
export const INITIAL_BYTES = 2 * ARENA_START;

/** The address of the scratch block of worker `index`, or of the owner. */
export function scratchOf(index: number): number {
  return ARENA_START - (MAX_THREADS + 1 - index) * SCRATCH_BYTES;
}
