/**
 * Exponentials and softmax.
 */
import { ELEMENTWISE_RELAXED, ELEMENTWISE_SIMD } from "../generated/elementwise.js";
import type { Call } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { expF32, expF64 } from "./js/exp.js";
import { softmaxRows } from "./js/softmax.js";

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
interface ElementwiseCalls {
  /** (count, x): x <- e^x; count a multiple of 4 (float32) or 2 (float64). */
  readonly expF32: Call;
  readonly expF64: Call;
  /**
   * (rows, n, width, x, scale, keep, extremes, sums, normalize): softmax along rows, in place; width a multiple of 8, columns from n on become 0.
   * keep: uint8 [rows][n] or 0; extremes: the entry whose multiple is largest, float64; sums: of e^(scale (x - extreme)), float64.
   */
  readonly softmaxRowsF32: Call;
  readonly softmaxRowsF64: Call;
}

export const elementwiseKernels: KernelGroup<object, ElementwiseCalls> = {
  name: "elementwise",
  slot: 4,
  simd: ELEMENTWISE_SIMD,
  relaxed: ELEMENTWISE_RELAXED,
  tiles: () => ({}),
  calls: ({ plain, f32, f64 }) => ({
    expF32: plain(expF32),
    expF64: plain(expF64),
    softmaxRowsF32: f32(softmaxRows),
    softmaxRowsF64: f64(softmaxRows),
  }),
};
