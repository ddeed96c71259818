/**
 * Softmax of every row, by definition with the maximum taken out.
 */
import { pack, plain, type PlainArray, type Strided } from "./arrays.js";

/**
 * exp(scale s_ij) / Σ_l exp(scale s_il), and the logarithm of that sum.
 * @param S shape [n, m]; entries may be -Infinity (no weight).
 * @param options `scale` (default 1).
 * @returns `weights` [n, m] and `logSumExp` [n]; a row without weight is all zeros and -Infinity.
 */
export function softmaxOracle(S: Strided, options: { readonly scale?: number } = {}): { weights: PlainArray; logSumExp: PlainArray } {
  const { scale = 1 } = options;
  const [n, m] = S.shape as [number, number];
  const weights = pack(S).map((s) => s * scale);
  const logSumExp = new Float64Array(n);
  for (let i = 0; i < n; i++) logSumExp[i] = softmaxInPlace(weights.subarray(i * m, (i + 1) * m));
  return { weights: plain(weights, [n, m]), logSumExp: plain(logSumExp, [n]) };
}

/** Replaces scores by their softmax weights; returns the log-sum-exp. */
export function softmaxInPlace(row: Float64Array): number {
  let max = -Infinity;
  for (const s of row) max = Math.max(max, s);
  if (max === -Infinity) {
    row.fill(0);
    return -Infinity;
  }
  let sum = 0;
  for (let j = 0; j < row.length; j++) sum += row[j] = Math.exp(row[j]! - max);
  for (let j = 0; j < row.length; j++) row[j] = row[j]! / sum;
  return max + Math.log(sum);
}
