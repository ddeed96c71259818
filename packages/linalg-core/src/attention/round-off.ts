/**
 * How far float arithmetic can move a row of streaming attention.
 *
 *   u  unit round-off      γ_k = k u / (1 − k u)      δ  bound on the error of a weight's exponent, and of its rescalings
 *
 * Each computed weight is the true one times a factor in [e^−δ, e^δ]: the score, a sum of d products onto the key's bias, is off by
 * γ_(d+8) (|q||k| + |bias|) with all that is done to it before and after (scaling, log2 e, an added mask, the maximum), the exponential by e_exp,
 * and each of at most R rescalings by e_exp + 3u. When all weights keep their ratio to within [m, M], a weighted mean moves by at most
 * tanh(log(M/m)/4) times the range of the values; here log(M/m) = 2δ, and tanh x ≤ x. Products and sums add 2 γ max|v|: inside a block of keys in
 * the dtype, across blocks in float64. Weights below 2^FLOOR count as 2^FLOOR, products below the smallest number as nothing. The output is
 * clipped to the range of the values, which bounds the error once more.  Source: ours; the two-point argument: with ratios in [1 − ε, 1 + ε]
 * after scaling and weight p on the values that gain, the shift is 2 ε p (1 − p) / (1 − ε + 2 ε p), whose maximum over p is tanh(atanh(ε)/2).
 */
import type { DType } from "../array/types.js";
import { KEY_BLOCK } from "./pass.js";
import type { AttentionShape } from "./stage.js";

const UNIT = { float32: 2 ** -24, float64: 2 ** -53 } as const;
/** 2^FLOOR of the exponential kernels. */
const SMALLEST_WEIGHT = { float32: 2 ** -80, float64: 2 ** -500 } as const;
const SMALLEST_NUMBER = { float32: 2 ** -149, float64: 2 ** -1074 } as const;
/** Relative error of 2^x: 9.2e-8 of the polynomial and its roundings; in float64 roundings alone. Checked by the kernel tests. */
const EXP2_ERROR = { float32: 2.2e-7, float64: 8 * 2 ** -53 } as const;

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
  const scores = norms.queries * norms.keys + norms.bias;
  const δ = Math.LN2 * gamma(d + 8) * scores + (rescales + 1) * (EXP2_ERROR[dtype] + 3 * u);
  const sums = gamma(KEY_BLOCK + 8 + (dtype === "float64" ? Math.ceil(m / KEY_BLOCK) : 1));
  const floor = 2 * m * SMALLEST_WEIGHT[dtype] * norms.values + (norms.spread > 0 ? (m + 1) * SMALLEST_NUMBER[dtype] : 0);
  const bound = (δ / 2) * norms.spread + 2 * sums * norms.values + floor;
  return Math.min(bound, norms.spread);
}
