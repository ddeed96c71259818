/**
 * The certificate of approximated attention: rows recomputed exactly.
 *
 *   N  approximated rows of the call      φ  share that may miss      δ = 1 − confidence      m  sampled rows      k  misses allowed among them
 *
 * Before the run the seed fixes a random order of each head's rows, on a stream that nothing else reads. Level l = 1, 2, 3 of the rank schedule
 * has the error budget δ/2^l and m_l rows: the least m with P[at most k of m sampled rows bad] ≤ δ/2^l whenever more than φN rows are bad. The
 * bound t is the (k + 1)-th largest error among the sampled rows. If more than φN rows had a larger error, at most k of the worst would have been
 * drawn; so the statement holds at each level with its budget, and over the levels with probability ≥ 1 − 7δ/8. The last δ/8 pays for the mean.
 * With several heads the sample is stratified, m/H rows a head; the binomial count then bounds the hypergeometric one (Hoeffding 1956).
 * Source: ours.
 */
import { log } from "@subquad/linalg-core/math";
import { rngFor, type Seed } from "@subquad/linalg-core";
import {
  attentionKernels,
  attentionPass,
  attentionRoundOff,
  bytesOf,
  callKernel,
  channelBound,
  freeKeySet,
  packKeySet,
  passTiles,
  reals,
  runtime,
  type Scope,
} from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import { rowsNeeded, rowsNeededPooled } from "@subquad/sketch";
import type { Head } from "./head.js";

/** Ranks r, 2r, 4r. */
export const LEVELS = 3;
/** Heads from which on three misses among the sampled rows are allowed: it loosens the bound by 1.5 instead of 2.2. */
const HEADS_FOR_MISSES = 4;
const MISSES = 3;
/** About −log(budget) + this over φ rows show a share φ, with up to three misses. */
const MOST_NEPERS = 25;

export interface SamplePlan {
  readonly levels: readonly {
    /** Rows a head. */
    readonly rows: number;
    /** Misses allowed among the rows of all heads. */
    readonly allowed: number;
  }[];
  /** δ/24: the budget of the mean at each level. */
  readonly meanFailure: number;
}

/** Rows to recompute a head, for `heads` heads of n rows each that share one statement. */
export function planSample(heads: number, n: number, fraction: number, failure: number): SamplePlan {
  const key = `${heads} ${n} ${fraction} ${failure}`;
  const known = samplePlans.get(key);
  if (known !== undefined) return known;
  const plan = computeSample(heads, n, fraction, failure);
  if (samplePlans.size >= MOST_PLANS) samplePlans.clear();
  samplePlans.set(key, plan);
  return plan;
}

/** Exact tails take a tenth of a millisecond, and calls come in series. */
const samplePlans = new Map<string, SamplePlan>();
const MOST_PLANS = 64;

function computeSample(heads: number, n: number, fraction: number, failure: number): SamplePlan {
  // the comparison with the binomial count needs k <= m φ − 1, which holds below these; without misses it always holds
  const missesHold = fraction <= 0.5 && failure <= 0.25;
  const misses = heads >= HEADS_FOR_MISSES && missesHold ? MISSES : 0;
  const levels = Array.from({ length: LEVELS }, (_, level) => {
    const budget = failure / (2 << level);
    // a share that takes more rows to show than any array has: all rows
    const isShown = MOST_NEPERS - log(budget) < fraction * 2 ** 30;
    const pooled = (): number => (isShown ? rowsNeededPooled(fraction, budget, misses) : Infinity);
    const total = heads === 1 ? rowsNeeded(n, fraction, budget, 0) : pooled();
    const rows = Math.min(n, Math.ceil(total / heads));
    // all rows recomputed: the statement is a count, and may miss what the fraction allows
    return { rows, allowed: rows === n ? Math.min(misses, Math.floor(fraction * heads * n)) : misses };
  });
  return { levels, meanFailure: failure / 24 };
}

/** The first `count` rows of a head's random order, all different: Fisher and Yates on a virtual identity. */
export function sampleOrder(seed: Seed, index: number, n: number, count: number): Int32Array {
  const rng = rngFor(seed, `attention-approx/certify/${index}`);
  const moved = new Map<number, number>();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const j = i + rng.below(n - i);
    order[i] = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
  }
  return order;
}

export interface ExactRows {
  /** Rows [count][e] of the dtype, clipped. */
  readonly rows: number;
  /** float64 [count] each: sums of weights, and the maxima (in units of log2) they are relative to. */
  readonly denominators: number;
  readonly maxima: number;
  /** Bound on their round-off for each channel, absolute. */
  readonly roundOff: Float64Array;
}

/** Exact attention of the rows named, from q, k, v as they were given. */
export function* exactRows(scope: Scope, head: Head, indices: Int32Array): Steps<ExactRows> {
  const { dtype, shape, depth, valueWidth } = head;
  const size = bytesOf(dtype);
  const count = indices.length;
  const list = scope.alloc(count * 4);
  runtime().memory.i32.set(indices, list / 4);
  const queries = scope.alloc(count * depth * size);
  callKernel(attentionKernels, "gatherRows", dtype, count, depth, head.queries, list, queries);
  const set = { count: shape.m, depth, channels: shape.e + 1, keys: head.keys, values: head.values, valueStride: valueWidth, bias: 0 };
  const keySet = yield* packKeySet(scope, dtype, set);
  const rows = scope.alloc(count * shape.e * size);
  const denominators = scope.alloc(count * 8);
  const maxima = scope.alloc(count * 8);
  const tiles = passTiles(dtype, count, keySet).count;
  const rescales = scope.alloc(tiles * 4);
  const finish = { out: rows, clip: { low: head.low, high: head.high }, denominators, maxima, rescales };
  yield* attentionPass(scope, { dtype, queryCount: count, queries, keySet, ...finish });
  let most = 0;
  for (const changes of runtime().memory.i32.subarray(rescales / 4, rescales / 4 + tiles)) most = Math.max(most, changes);
  freeKeySet(scope, keySet);
  for (const address of [list, queries, rescales, keySet.bias]) scope.free(address);
  return { rows, denominators, maxima, roundOff: channelRoundOff(head, most) };
}

/** Largest error of each sampled row, in units of s_c. */
export function rowErrors(head: Head, indices: Int32Array, exact: number, approximate: number): Float64Array {
  const { dtype, shape, unit } = head;
  const values = reals(dtype);
  const size = bytesOf(dtype);
  const errors = new Float64Array(indices.length);
  for (let i = 0; i < errors.length; i++) {
    const a = exact / size + i * shape.e;
    const b = approximate / size + (indices[i] ?? 0) * shape.e;
    let worst = 0;
    for (let c = 0; c < shape.e; c++) {
      const scale = unit[c] ?? 0;
      if (scale === 0) continue; // a constant channel is exact: clipping makes it so
      const error = Math.abs((values[a + c] ?? 0) - (values[b + c] ?? 0)) / scale;
      if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
    }
    errors[i] = worst;
  }
  return errors;
}

type Channels = Pick<Head, "dtype" | "unit" | "low" | "high">;

/** Largest range of a channel, in units of s_c. */
export function relativeRange(head: Channels): number {
  return channelBoxes(head).reduce((most, { scale, low, high }) => (scale === 0 ? most : Math.max(most, (high - low) / scale)), 0);
}

/** Bound on the round-off of each channel of exactly computed rows, absolute; `rescales` counts changes of a row's maximum. */
function channelRoundOff(head: Head, rescales: number): Float64Array {
  const roundOff = attentionRoundOff(head.dtype, head.shape, head.norms.queries * head.norms.keys, rescales);
  return Float64Array.from(channelBoxes(head), ({ low, high }) => channelBound(roundOff, low, high));
}

/** The largest of absolute bounds, one a channel, in units of s_c. */
export function inUnits(bounds: ArrayLike<number>, unit: Float64Array): number {
  return unit.reduce((most, scale, c) => (scale === 0 ? most : Math.max(most, (bounds[c] ?? 0) / scale)), 0);
}

/** The least relative bound that a statement on rows of this head can have: their round-off. */
export function leastBound(head: Head): number {
  return inUnits(channelRoundOff(head, 0), head.unit);
}

function channelBoxes({
  dtype,
  unit,
  low,
  high,
}: Channels): readonly { readonly low: number; readonly high: number; readonly scale: number }[] {
  const values = reals(dtype);
  const size = bytesOf(dtype);
  return Array.from(unit, (scale, c) => ({ scale, low: values[low / size + c] ?? 0, high: values[high / size + c] ?? 0 }));
}

export interface Verdict {
  /** t plus the round-off of the exact rows. */
  readonly bound: number;
  readonly meanBound: number;
  readonly estimate: { readonly rms: number; readonly median: number; readonly largest: number };
}

/** What the errors of the sampled rows prove. */
export function judge(
  errors: Float64Array,
  allowed: number,
  meanFailure: number,
  roundOff: number,
  largestRange: number,
  fraction: number,
): Verdict {
  const sorted = errors.slice().sort();
  const m = sorted.length;
  const t = sorted[Math.max(0, m - 1 - allowed)] ?? 0;
  let sum = 0;
  let squares = 0;
  for (const error of sorted) sum += error;
  const mean = m === 0 ? 0 : sum / m;
  for (const error of sorted) squares += (error - mean) * (error - mean);
  const bound = t + roundOff;
  return {
    bound,
    meanBound: Math.min(bound + fraction * largestRange, bernstein(mean, squares, m, meanFailure, largestRange) + roundOff),
    estimate: { rms: Math.sqrt(squares / Math.max(1, m) + mean * mean), median: sorted[m >> 1] ?? 0, largest: sorted[m - 1] ?? 0 },
  };
}

/** Empirical Bernstein bound on the mean of values in [0, R] of which m were drawn without replacement (Bardenet, Maillard 2015; arXiv:1309.4029; constants recalled). */
function bernstein(mean: number, squares: number, m: number, failure: number, R: number): number {
  if (m < 2) return Infinity;
  const L = log(5 / failure);
  return mean + Math.sqrt((2 * (squares / (m - 1)) * L) / m) + ((7 / 3 + 3 / Math.SQRT2) * R * L) / m;
}
