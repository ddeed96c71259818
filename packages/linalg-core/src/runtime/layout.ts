/**
 * Where things lie in compute memory; the same for every backend.
 *
 *   0 …                  constants of the kernels (their data segments)
 *   FACTORS, HALVES      roots of unity of the Fourier transform, written by the owner at first use
 *   scratchOf(0 … 15)    448 KiB for each possible worker of the pool
 *   OWNER_SCRATCH        448 KiB for the thread that owns the memory
 *   ARENA_START …        the arena: inputs, results, argument blocks
 */
import { SCRATCH_BYTES } from "../kernels/abi.js";

/** Bytes of a WebAssembly page. */
export const PAGE = 65536;

/** Pages for the constants of the kernels: a few kB of tables and polynomials. */
const CONSTANT_PAGES = 1;

/** Workers a pool may have: each has a scratch block of its own in the fixed part of memory. */
export const MAX_THREADS = 16;

/** The first byte of the arena. */
export const ARENA_START = 8 * 1024 * 1024;

/** Memory at the start: the fixed part and an arena of 8 MiB. */
export const INITIAL_BYTES = 2 * ARENA_START;

/** Factors of passes of length n ≤ 2^13 lie at FACTORS + 12 n, in 12 n bytes. */
export const FACTORS = CONSTANT_PAGES * PAGE;

/** Half a circle's cosines and sines for real rows of length n ≤ 2^14 lie at HALVES + 4 n + 32 log2 n, in 4 n + 32 bytes. */
export const HALVES = FACTORS + 24 * 2 ** 13;

/** The address of the scratch block of the thread that owns the memory; those of the workers lie before it. */
export const OWNER_SCRATCH = ARENA_START - SCRATCH_BYTES;

/** The address of the scratch block of worker `index`. */
export function scratchOf(index: number): number {
  return OWNER_SCRATCH - (MAX_THREADS - index) * SCRATCH_BYTES;
}
