/**
 * How far float arithmetic can move a row of streaming attention.
 *
 *   u  unit round-off      γ_k = k u / (1 − k u)      δ  bound on the error of a weight's exponent, and of its rescalings
 *
 * Each computed weight is the true one times a factor in [e^−δ, e^δ]: the score is off by γ_(d+3) |q||k| + 3u max|s|, the exponential by
 * e_exp, and each of at most R rescalings by e_exp + 3u. So are the sums of weights, and ratios lie in [e^−2δ, e^2δ]; a convex combination then
 * moves by at most (e^2δ − 1) max|v|. Products and sums inside a block of keys add 2 γ_(block + 8) max|v|; weights below 2^FLOOR count as
 * 2^FLOOR. The output is clipped to the range of the values, which bounds the error once more.  Source: ours.
 */
import type { DType } from "../array/types.js";
import { exp } from "../math/exp.js";
import { KEY_BLOCK } from "./pass.js";
import type { AttentionShape } from "./stage.js";

const UNIT = { float32: 2 ** -24, float64: 2 ** -53 } as const;
/** 2^FLOOR of the exponential kernels. */
const SMALLEST_WEIGHT = { float32: 2 ** -80, float64: 2 ** -500 } as const;
/** Relative error of 2^x: 7.5e-8 of the polynomial and three roundings; in float64 four roundings. Measured in the kernel tests. */
const EXP2_ERROR = { float32: 2.6e-7, float64: 8 * 2 ** -53 } as const;

/** Norms in units of log2 where they concern scores. */
export interface ScoreNorms {
  readonly queries: number;
  readonly keys: number;
  readonly bias: number;
  readonly values: number;
  /** Largest difference between two values of one channel. */
  readonly spread: number;
}

/** Largest |computed − exact| of any entry of the output. */
export function roundOffBound(dtype: DType, { d, m }: AttentionShape, norms: ScoreNorms, rescales: number): number {
  const u = UNIT[dtype];
  const gamma = (k: number): number => (k * u) / (1 - k * u);
  const dot = norms.queries * norms.keys;
  const δ = Math.LN2 * (gamma(d + 3) * dot + 3 * u * (dot + norms.bias)) + (rescales + 1) * (EXP2_ERROR[dtype] + 3 * u);
  const floor = 2 * m * SMALLEST_WEIGHT[dtype] * norms.values;
  const bound = (2 * δ < 1 ? expm1(2 * δ) + 2 * gamma(KEY_BLOCK + 8) : Infinity) * norms.values + floor;
  return Math.min(bound, norms.spread + u * norms.values);
}

/** e^x − 1 without cancellation for small x; an upper bound is all that is needed. */
function expm1(x: number): number {
  return x < 1e-4 ? x + x * x : exp(x) - 1;
}
