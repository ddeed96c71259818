/**
 * The options of psdLowRank, and what a result carries so that a run can be resumed.
 *
 *   N  size of K      k  columns of F      η  relative error of the oracle      w  N  sampling weights
 *
 * Source: Subquad's own convention.
 */
import { assertFinite, NonFiniteError, OptionError } from "@subquad/linalg-core";
import type { NdArray, Seed, VectorInput } from "@subquad/linalg-core";
import { vectorEntries } from "@subquad/linalg-core/kernels";
import type { PivotBlock } from "./append-block.js";

/** Names of the methods. */
export const METHODS = ["accelerated", "rpcholesky", "greedy", "blockRobust"] as const;

export type PsdLowRankMethod = (typeof METHODS)[number];

/** What a run needs to go on as if it had not stopped; opaque, and plain data. */
export interface PsdLowRankState {
  readonly seed: string;
  readonly samplingWeights: Float64Array | undefined;
  readonly fixedBlockSize: number | undefined;
  /** Proposals of the next block. */
  readonly blockSize: number;
  /** Blocks proposed (accelerated, blockRobust) or pivots drawn (rpcholesky): which stream comes next. */
  readonly draws: number;
  /** A block that was cut short. */
  readonly pending: PivotBlock | undefined;
  /** Residual traces after 0, 1, …, k columns. */
  readonly traces: Float64Array;
  /** η of the oracle. */
  readonly relativeError: number;
}

/** What resume needs of an earlier result; a PsdLowRank. */
export interface Resumable {
  readonly method: PsdLowRankMethod;
  readonly factor: NdArray;
  readonly pivots: Int32Array;
  readonly residualDiagonal: Float64Array;
  readonly trace: number;
  readonly state: PsdLowRankState;
}

export interface PsdLowRankOptions {
  /** k: columns wanted; integer in [1, N], no less than a resumed run has. Fewer come back when `tolerance` is met or K's numerical rank is reached. Default: as needed. */
  readonly rank?: number;
  /** Stop at the first k whose residual trace is at most this share of the trace. In [0, 1). Default 1e-6; 0 when `rank` is given. */
  readonly tolerance?: number;
  /**
   * Most columns to spend on `tolerance`; not beside `rank`. Default N/4 (more: factor K exactly), but at least min(N, 64); a run without it also
   * stops at 64, 128, … columns where its forecast passes that.
   */
  readonly maxRank?: number;
  /**
   * Default "accelerated": the law of "rpcholesky" at the speed of matrix products. "greedy" takes the largest residual: see README. "blockRobust"
   * takes the best of each block of draws, under another law: fewer rounds for oracles whose calls are dear.
   */
  readonly method?: PsdLowRankMethod;
  /**
   * Proposals of each block of "accelerated" and "blockRobust"; integer in [1, 256]. Default: for "accelerated" from 16, doubled or halved
   * (8 … 256) by their acceptance; for "blockRobust" 64.
   */
  readonly blockSize?: number;
  /** w: [N], nonnegative, not all 0: pivots are drawn with probability ~ w_i d_i; not for "greedy". Default 1. */
  readonly samplingWeights?: VectorInput;
  /** Same seed, same bits; not for "greedy", which draws nothing. Default "0". */
  readonly seed?: Seed;
  /** Whether to measure rounding: `roundingDiagonal`, and a certificate without the condition on weights. k² N more operations. Default false. */
  readonly certify?: boolean;
  /** An earlier result for the same oracle, to be continued: same bits as one run. Its method, seed, weights and block size hold. */
  readonly resume?: Resumable;
}

/** Names of the options that are not those of RunControl. */
export const PSD_OPTIONS = ["rank", "tolerance", "maxRank", "method", "blockSize", "samplingWeights", "seed", "certify", "resume"];
/** Most proposals of a block. */
export const LARGEST_BLOCK = 256;

/** w, checked. */
export function weightVector(where: string, samplingWeights: VectorInput, N: number): Float64Array {
  const weights = vectorEntries(samplingWeights, N, `${where}(samplingWeights)`);
  assertFinite(weights, `${where}(samplingWeights)`);
  let total = 0;
  for (const weight of weights) {
    if (weight < 0) throw new OptionError(where, "samplingWeights", "nonnegative weights", weight);
    total += weight;
  }
  if (N > 0 && !(total > 0)) throw new OptionError(where, "samplingWeights", "weights that are not all 0", total);
  if (total === Infinity) throw new NonFiniteError(where, "samplingWeights", total, []);
  return weights;
}
