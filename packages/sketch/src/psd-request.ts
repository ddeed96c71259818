/**
 * The options of psdLowRank, checked against the oracle and against the run that is resumed.
 *
 *   N  size of K      w  N  sampling weights
 *
 * Source: Subquad's own convention.
 */
import {
  assertBoolean,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  normalizeSeed,
  OptionError,
  ShapeError,
} from "@subquad/linalg-core";
import { LARGEST_BLOCK, METHODS, weightVector } from "./psd-options.js";
import type { PsdLowRankMethod, PsdLowRankOptions, PsdLowRankState, Resumable } from "./psd-options.js";
import type { PsdOracle } from "./psd-oracle.js";
import { assertResumable, resumedState } from "./psd-resume.js";

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

/** Of the adaptive block size; counts decide, never clocks, so that bits are reproducible. */
const FIRST_BLOCK = 16;
/** Of blockRobust: as many entries of K at once as pay for a call, few enough that the stale law does little harm. */
const ROBUST_BLOCK = 64;

/** Checks everything but K's entries. */
export function psdRequest(where: string, oracle: PsdOracle, options: PsdLowRankOptions, known: readonly string[]): PsdRequest {
  assertKnownOptions(where, options, known);
  const { rank, maxRank, resume, certify = false, tolerance = rank === undefined ? 1e-6 : 0 } = options;
  const N = readOracle(where, oracle);
  if (resume !== undefined) assertResumable(where, N, resume);
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

/** N, of an oracle with all that the interface asks for. */
function readOracle(where: string, oracle: unknown): number {
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
