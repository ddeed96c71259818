/**
 * How far float arithmetic can move a row of streaming attention.
 *
 *   u  unit round-off      γ_k = k u / (1 − k u)      δ  bound on the error of a weight's exponent, and of its rescalings
 *
 * Each computed weight is the true one times a factor in [e^−δ, e^δ]: the score, a sum of d products onto the key's bias, is off by
 * γ_(d+8) (|q||k| + |bias|) with all that is done to it before and after (scaling, log2 e, an added mask, the maximum), the exponential by e_exp,
 * and each of at most R rescalings by e_exp + 3u. A scaled query may also underflow, by half the smallest number a column: with |k| below 2^110
 * (float32), 2^1000 (float64) that moves a score by less than 2^−34, 2^−69, which the 3u beside the exponential cover. When all weights keep
 * their ratio to within [m, M], a weighted mean moves by at most tanh(log(M/m)/4) times the range of the values; here log(M/m) = 2δ, and
 * tanh x ≤ x. Products and sums add 2 γ max|v|: inside a block of keys in the dtype, across blocks in float64. Weights below 2^FLOOR count as
 * 2^FLOOR, products below the smallest number as nothing. The output is clipped to the range of the values, which bounds the error once more.
 * Source: ours; the two-point argument: with ratios in [1 − ε, 1 + ε] after scaling and weight p on the values that gain, the shift is
 * 2 ε p (1 − p) / (1 − ε + 2 ε p), whose maximum over p is tanh(atanh(ε)/2).
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

/** A bound on the error of a channel: ofRange times its range, ofReach times its largest magnitude, and a constant. */
export interface RoundOff {
  readonly ofRange: number;
  readonly ofReach: number;
  readonly absolute: number;
}

/** Round-off of attention over m keys of d columns; `scores` bounds |q||k| + |bias| in units of log2, `rescales` the changes of a row's maximum. */
export function attentionRoundOff(dtype: DType, { d, m }: Pick<AttentionShape, "d" | "m">, scores: number, rescales: number): RoundOff {
  const u = UNIT[dtype];
  const gamma = (k: number): number => (k * u) / (1 - k * u);
  const δ = Math.LN2 * gamma(d + 8) * scores + (rescales + 1) * (EXP2_ERROR[dtype] + 3 * u);
  const sums = gamma(KEY_BLOCK + 8 + (dtype === "float64" ? Math.ceil(m / KEY_BLOCK) : 1));
  return { ofRange: δ / 2, ofReach: 2 * sums + 2 * m * SMALLEST_WEIGHT[dtype], absolute: (m + 1) * SMALLEST_NUMBER[dtype] };
}

/** The bound for a channel whose values lie in [low, high]; 0 for a constant one, which clipping makes exact, and for one without values. */
export function channelBound({ ofRange, ofReach, absolute }: RoundOff, low: number, high: number): number {
  const range = high - low;
  if (!(range > 0)) return 0;
  return Math.min(range, ofRange * range + ofReach * Math.max(Math.abs(low), Math.abs(high)) + absolute);
}
