/**
 * Inner products of packed signs.
 */
import { BITS_RELAXED, BITS_SIMD } from "../generated/bits.js";
import type { Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { signProducts } from "./js/signs.js";

/** Kernels that run on any thread. Words of each argument block in brackets. */
interface BitsTiles {
  /** Inner products of rows of signs, int32. [m, n, dimensions, bytes a row of P and Q (a multiple of 8), P, Q, out, tileRows, tileColumns (even)] */
  readonly signProducts: Tile;
}

export const bitsKernels: KernelGroup<BitsTiles> = {
  name: "bits",
  slot: 5,
  simd: BITS_SIMD,
  relaxed: BITS_RELAXED,
  tiles: ({ plain }) => ({
    signProducts: plain(signProducts),
  }),
  calls: () => ({}),
};
