/**
 * The options that the low-rank factorizations share, checked.
 *
 *   A  m × n      k  rank      ε  tolerance: ‖A − Ã‖_F ≤ ε ‖A‖_F      p  oversampling      q  power iterations      b  columns of a panel
 *
 * Source: Subquad's own convention.
 */
import { assertInRange, assertInteger, OptionError, type Seed } from "@subquad/linalg-core";
import { seedFrom } from "./seed.js";

export interface LowRankOptions {
  /** k, at most min(m, n): the rank, or with a tolerance too the largest one allowed. One of rank and tolerance must be given. */
  readonly rank?: number;
  /** ε: stop as soon as ‖A − Ã‖_F ≤ ε ‖A‖_F. In [1e-14, 1). */
  readonly tolerance?: number;
  /** p ≥ 0: columns of the random basis beyond k. Default 10, as arXiv:0909.4061 advises: few seeds are then far from the mean. */
  readonly oversampling?: number;
  /** q: products with A Aᵀ that sharpen the basis. In 0 … 16. Default 2: errors were within 1 % of the best where it was measured. */
  readonly powerIterations?: number;
  /** b ≥ 1: columns that the basis grows by at a time. Default 32. */
  readonly blockSize?: number;
  /** Of `spectral`: the number of probes is the number of nines. In [0.5, 1 − 1e-12]. Default 0.99. */
  readonly confidence?: number;
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

/** What they ask for. */
export interface LowRankRequest {
  /** k, or min(m, n). */
  readonly rank: number;
  readonly tolerance: number | undefined;
  readonly oversampling: number;
  readonly powerIterations: number;
  readonly blockSize: number;
  readonly confidence: number;
  readonly seed: string;
}

export const LOW_RANK_OPTIONS = ["rank", "tolerance", "oversampling", "powerIterations", "blockSize", "confidence", "seed"];

/** All of it but the rank, which is checked against a shape that may not be known yet. */
export function lowRankRequest(where: string, options: LowRankOptions): Omit<LowRankRequest, "rank"> {
  const { rank, tolerance, oversampling = 10, powerIterations = 2, blockSize = 32, confidence = 0.99 } = options;
  if (rank === undefined && tolerance === undefined) throw new OptionError(where, "rank", "a rank or a tolerance", rank);
  if (tolerance !== undefined) assertInRange(where, { tolerance }, 1e-14, 1, { openHigh: true });
  assertInteger(where, { oversampling }, 0, 2 ** 20);
  assertInteger(where, { powerIterations }, 0, 16);
  assertInteger(where, { blockSize }, 1, 2 ** 20);
  assertInRange(where, { confidence }, 0.5, 1 - 1e-12);
  return { tolerance, oversampling, powerIterations, blockSize, confidence, seed: seedFrom(where, options.seed) };
}

/** k for this shape. */
export function rankFor(where: string, rank: number | undefined, [m, n]: readonly [number, number]): number {
  if (rank === undefined) return Math.min(m, n);
  assertInteger(where, { rank }, 0, Math.min(m, n));
  return rank;
}
