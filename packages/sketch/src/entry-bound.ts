/**
 * A bound for one entry of K − F Fᵀ.
 *
 *   d  residual diagonal      g  rounding diagonal      |K − F Fᵀ|_ij ≤ √((d_i + g_i)(d_j + g_j)) + √(g_i g_j)      proof: rounding-diagonal.ts
 *
 * Source: Cauchy and Schwarz for a positive semidefinite matrix; Higham's analysis of Cholesky factors for its rounding.
 */
import { assertInRange, assertInteger, OptionError } from "@subquad/linalg-core";

/** Of a PsdLowRank. */
export interface BoundedLowRank {
  readonly residualDiagonal: Float64Array;
  readonly roundingDiagonal?: Float64Array;
}

/**
 * How far (F Fᵀ)_ij can be from K_ij, at most.
 *
 * Where single entries matter; the trace norm of all of K − F Fᵀ stands in the certificate of psdLowRank.
 * @param low a result of psdLowRank with `certify: true`.
 * @param i row, in [0, N).
 * @param j column.
 * @returns the bound; it holds for every positive semidefinite K, rounding and the oracle's error included.
 * @throws OptionError, also for a result without `roundingDiagonal`.
 * @complexity O(1).
 * @source Cauchy and Schwarz; Higham's analysis of Cholesky factors.
 * @example const low = await psdLowRank(oracle, { certify: true }); entryBound(low, 3, 5);
 */
export function entryBound(low: BoundedLowRank, i: number, j: number): number {
  const where = "entryBound";
  const given: unknown = low;
  const { residualDiagonal: d, roundingDiagonal: g } = (given ?? {}) as { readonly [Name in keyof BoundedLowRank]?: unknown };
  if (!(d instanceof Float64Array && g instanceof Float64Array && g.length === d.length)) {
    throw new OptionError(where, "low", "a result of psdLowRank with certify: true", low);
  }
  assertInteger(where, { i, j }, 0, d.length - 1);
  for (const k of [i, j]) {
    assertInRange(where, { [`low.residualDiagonal[${k}]`]: d[k], [`low.roundingDiagonal[${k}]`]: g[k] }, 0, Number.MAX_VALUE);
  }
  const bound = Math.sqrt(d[i]! + g[i]!) * Math.sqrt(d[j]! + g[j]!) + Math.sqrt(g[i]!) * Math.sqrt(g[j]!);
  return bound * (1 + 2 ** -48);
}
