/**
 * The round-off of products, as certificates count it.
 *
 *   u  unit round-off of float64      γ_k = k u / (1 − k u)      l  common length of the factors of a product
 *
 * Source: textbook; the order law of `matmul`.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { GEMM_PANEL } from "../kernels/abi.js";

/** γ_k, and a little for sums of magnitudes that were rounded down. */
export function gamma(k: number): number {
  const ku = k * UNIT_ROUND_OFF.float64;
  return (1.001 * ku) / (1 - ku);
}

/** Additions that a term of an entry of a product goes through at most: those of its panel, then those of the panels. */
export function additionsOf(l: number): number {
  return Math.min(l, GEMM_PANEL) + Math.ceil(l / GEMM_PANEL);
}
