/**
 * Results of psdLowRank that come back: plain data, which may have been stored, cut or written by anyone.
 *
 *   N  size of K      k  columns so far      S  pivots, d  residual diagonal, F  factor: [N, k]      L  core: [k, k], lower triangular
 *
 * Source: Subquad's own convention.
 */
import {
  assertFinite,
  assertInRange,
  assertInteger,
  assertOneOf,
  denseCopy,
  normalizeSeed,
  OptionError,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { asMatrix } from "@subquad/linalg-core/kernels";
import type { PivotBlock } from "./append-block.js";
import { LARGEST_BLOCK, METHODS, weightVector, type PsdLowRankOptions, type PsdLowRankState, type Resumable } from "./psd-options.js";

type Unknown<T> = { readonly [Name in keyof T]?: unknown };

/** Throws unless a run can go on from it; N is the size of the oracle. */
export function assertResumable(where: string, N: number, resume: unknown): asserts resume is Resumable {
  const { method, pivots, residualDiagonal, factor, state, trace } = (resume ?? {}) as Unknown<Resumable>;
  if (!(pivots instanceof Int32Array && residualDiagonal instanceof Float64Array)) {
    throw new OptionError(where, "resume", "a result of psdLowRank, as it was returned", resume);
  }
  if (residualDiagonal.length !== N) throw new OptionError(where, "resume", `a result for an oracle of size ${N}`, residualDiagonal.length);
  const k = pivots.length;
  assertOneOf(where, { "resume.method": method }, METHODS);
  assertPivots(where, "resume.pivots", pivots, N);
  assertNonnegative(where, "resume.residualDiagonal", residualDiagonal);
  const { shape } = (factor ?? {}) as { readonly shape?: readonly number[] };
  if (!(shape?.length === 2 && shape[0] === N && shape[1] === k)) {
    throw new OptionError(where, "resume.factor", `an array of shape [${N}, ${k}]`, shape);
  }
  assertFinite(asMatrix(factor as MatrixInput, `${where}(resume.factor)`), `${where}(resume.factor)`);
  assertState(where, N, k, state ?? {}, trace);
}

/** A Float64Array of this length. */
function assertNumbers(where: string, name: string, numbers: unknown, length: number): asserts numbers is Float64Array {
  if (!(numbers instanceof Float64Array && numbers.length === length)) {
    throw new OptionError(where, name, `a Float64Array of length ${length}, as psdLowRank gives it`, numbers);
  }
}

/** L and η of a result, for rows that come later: see extendLowRank. */
export function readCore(where: string, low: unknown): { readonly k: number; readonly core: NdArray; readonly relativeError: number } {
  const { pivots, core, state } = (low ?? {}) as { readonly pivots?: unknown; readonly core?: unknown; readonly state?: unknown };
  if (!(pivots instanceof Int32Array)) throw new OptionError(where, "low", "a result of psdLowRank, as it was returned", low);
  const k = pivots.length;
  const L = asMatrix(core as MatrixInput, `${where}(low.core)`);
  if (L.shape[0] !== k || L.shape[1] !== k) throw new OptionError(where, "low.core", `shape [${k}, ${k}]`, L.shape);
  assertFinite(L, `${where}(low.core)`);
  const entries = denseCopy(L, "float64");
  for (let s = 0; s < k; s++) {
    const pivot = entries[s * (k + 1)]!;
    if (!(pivot > 0)) throw new OptionError(where, `low.core[${s}, ${s}]`, "a positive number", pivot);
  }
  const { relativeError } = (state ?? {}) as Unknown<PsdLowRankState>;
  assertInRange(where, { "low.state.relativeError": relativeError }, 0, 1);
  return { k, core: L, relativeError: relativeError as number };
}

function assertState(where: string, N: number, k: number, state: Unknown<PsdLowRankState>, trace: unknown): void {
  const { seed, samplingWeights, fixedBlockSize, blockSize, draws, pending, traces, relativeError } = state;
  const name = "resume.state";
  if (typeof seed !== "string" || normalizeSeed(seed) !== seed) throw new OptionError(where, `${name}.seed`, "a seed", seed);
  if (samplingWeights !== undefined) {
    assertNumbers(where, `${name}.samplingWeights`, samplingWeights, N);
    assertNonnegative(where, `${name}.samplingWeights`, samplingWeights);
  }
  if (fixedBlockSize !== undefined) assertInteger(where, { [`${name}.fixedBlockSize`]: fixedBlockSize }, 1, LARGEST_BLOCK);
  assertInteger(where, { [`${name}.blockSize`]: blockSize }, 1, LARGEST_BLOCK);
  assertInteger(where, { [`${name}.draws`]: draws }, 0, Infinity);
  assertNumbers(where, `${name}.traces`, traces, k + 1);
  assertNonnegative(where, `${name}.traces`, traces);
  if (trace !== traces[0]) throw new OptionError(where, "resume.trace", `the first of the traces, ${traces[0]!}`, trace);
  assertInRange(where, { [`${name}.relativeError`]: relativeError }, 0, 1);
  if (pending === undefined) return;
  const { base, pivots, lower, done } = (pending ?? {}) as Unknown<PivotBlock>;
  if (!(pivots instanceof Int32Array && pivots.length > 0 && pivots.length <= LARGEST_BLOCK)) {
    throw new OptionError(where, `${name}.pending.pivots`, `an Int32Array of at most ${LARGEST_BLOCK} pivots`, pivots);
  }
  assertPivots(where, `${name}.pending.pivots`, pivots, N);
  assertInteger(where, { [`${name}.pending.done`]: done }, 0, pivots.length - 1);
  if (base !== k - (done as number)) throw new OptionError(where, `${name}.pending.base`, `${k - (done as number)} columns`, base);
  assertNumbers(where, `${name}.pending.lower`, lower, pivots.length * pivots.length);
  assertFinite(lower, `${where}(${name}.pending.lower)`);
}

function assertPivots(where: string, name: string, pivots: Int32Array, N: number): void {
  const seen = new Set(pivots);
  const outside = pivots.find((i) => !(i >= 0 && i < N));
  if (outside !== undefined) throw new OptionError(where, name, `rows in [0, ${N})`, outside);
  if (seen.size !== pivots.length) throw new OptionError(where, name, "each row once", "one twice");
}

/** Finite too. */
function assertNonnegative(where: string, name: string, numbers: Float64Array): void {
  const bad = numbers.findIndex((x) => !(x >= 0 && x < Infinity));
  if (bad >= 0) throw new OptionError(where, `${name}[${bad}]`, "a nonnegative number", numbers[bad]);
}

/** Its state; options given beside it must be those of that run. */
export function resumedState(where: string, N: number, options: PsdLowRankOptions, resume: Resumable): PsdLowRankState {
  const { method, blockSize, samplingWeights, seed } = options;
  const { state } = resume;
  const same = (option: string, given: unknown, kept: unknown): void => {
    if (given !== undefined && given !== kept) throw new OptionError(where, option, `the value of the resumed run or none`, given);
  };
  same("method", method, resume.method);
  same("blockSize", blockSize, state.fixedBlockSize);
  same("seed", seed === undefined ? undefined : normalizeSeed(seed, where), state.seed);
  if (samplingWeights !== undefined) {
    const given = weightVector(where, samplingWeights, N);
    const kept = state.samplingWeights;
    if (kept === undefined || given.some((w, i) => w !== kept[i])) {
      throw new OptionError(where, "samplingWeights", "the weights of the resumed run or none", "others");
    }
  }
  return state;
}
