/**
 * The options of psdLowRank, checked against the oracle and against the run that is resumed.
 *
 *   N  size of K      k  columns of F      η  relative error of the oracle      w  N  sampling weights
 *
 * Source: Subquad's own convention.
 */
import {
  assertBoolean,
  assertFinite,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  normalizeSeed,
  NonFiniteError,
  OptionError,
  ShapeError,
} from "@subquad/linalg-core";
import type { NdArray, Seed, VectorInput } from "@subquad/linalg-core";
import { vectorEntries } from "@subquad/linalg-core/kernels";
import type { PivotBlock } from "./append-block.js";
import type { PsdOracle } from "./psd-oracle.js";
import { checkResumable, resumedState } from "./psd-resume.js";

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
  /** Most columns to spend on `tolerance`; not beside `rank`. Default N/4 (more: factor K exactly), but at least min(N, 64). */
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

/** The request in full. */
export interface PsdRequest {
  readonly method: PsdLowRankMethod;
  readonly tolerance: number;
  /** Columns at which to stop. */
  readonly most: number;
  /** Whether `most` is our default, so that a hopeless spectrum may stop sooner. */
  readonly mayGiveUp: boolean;
  readonly byTolerance: boolean;
  readonly certify: boolean;
  readonly resume: Resumable | undefined;
  readonly state: PsdLowRankState;
}

/** Names of the options that are not those of RunControl. */
export const PSD_OPTIONS = ["rank", "tolerance", "maxRank", "method", "blockSize", "samplingWeights", "seed", "certify", "resume"];
/** Of the adaptive block size; counts decide, never clocks, so that bits are reproducible. */
const FIRST_BLOCK = 16;
/** Of blockRobust: as many entries of K at once as pay for a call, few enough that the stale law does little harm. */
const ROBUST_BLOCK = 64;
export const LARGEST_BLOCK = 256;

/** Checks everything but K's entries. */
export function psdRequest(where: string, oracle: PsdOracle, options: PsdLowRankOptions, known: readonly string[]): PsdRequest {
  assertKnownOptions(where, options, known);
  const { rank, maxRank, resume, certify = false, tolerance = rank === undefined ? 1e-6 : 0 } = options;
  const N = checkOracle(where, oracle);
  if (resume !== undefined) checkResumable(where, N, resume);
  const least = resume === undefined ? 1 : Math.max(1, resume.pivots.length);
  if (rank !== undefined) assertInteger(where, { rank }, least, N);
  if (maxRank !== undefined) assertInteger(where, { maxRank }, least, N);
  if (rank !== undefined && maxRank !== undefined) throw new OptionError(where, "maxRank", "rank or maxRank, not both", maxRank);
  assertInRange(where, { tolerance }, 0, 1, { openHigh: true });
  assertBoolean(where, { certify });
  const state = resume === undefined ? initialState(where, N, options) : resumedState(where, N, options, resume);
  return {
    method: resume?.method ?? options.method ?? "accelerated",
    tolerance,
    most: rank ?? maxRank ?? Math.max(affordableRank(N), resume?.pivots.length ?? 0),
    mayGiveUp: rank === undefined && maxRank === undefined,
    byTolerance: rank === undefined,
    certify,
    resume,
    state,
  };
}

/** Beyond it a full Cholesky factorization costs no more than four times as much, and has no residual. */
export function affordableRank(N: number): number {
  return Math.max(Math.ceil(N / 4), Math.min(N, 64));
}

function checkOracle(where: string, oracle: unknown): number {
  const { size, diagonal, block, relativeError = 0, positiveSemidefinite = false } = (oracle ?? {}) as Partial<PsdOracle>;
  if (typeof diagonal !== "function" || typeof block !== "function") {
    throw new ShapeError(where, "oracle", "a PsdOracle with size, diagonal and block: see matrixOracle, kernelOracle", oracle);
  }
  assertInteger(where, { "oracle.size": size }, 0, 2 ** 31 - 1);
  assertInRange(where, { "oracle.relativeError": relativeError }, 0, 1);
  assertBoolean(where, { "oracle.positiveSemidefinite": positiveSemidefinite });
  return size!;
}

function initialState(where: string, N: number, options: PsdLowRankOptions): PsdLowRankState {
  const { method = "accelerated", blockSize, samplingWeights, seed = "0" } = options;
  assertOneOf(where, { method }, METHODS);
  if (blockSize !== undefined) {
    assertInteger(where, { blockSize }, 1, LARGEST_BLOCK);
    if (method !== "accelerated" && method !== "blockRobust")
      throw new OptionError(where, "blockSize", `none with method "${method}"`, blockSize);
  }
  if (method === "greedy" && samplingWeights !== undefined) {
    throw new OptionError(where, "samplingWeights", `none with method "greedy", which draws nothing`, samplingWeights);
  }
  if (method === "greedy" && options.seed !== undefined)
    throw new OptionError(where, "seed", `none with method "greedy", which draws nothing`, seed);
  return {
    seed: normalizeSeed(seed, where),
    samplingWeights: samplingWeights === undefined ? undefined : weightVector(where, samplingWeights, N),
    fixedBlockSize: blockSize,
    blockSize: blockSize ?? (method === "blockRobust" ? ROBUST_BLOCK : FIRST_BLOCK),
    draws: 0,
    pending: undefined,
    traces: new Float64Array(0),
    relativeError: 0,
  };
}

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
