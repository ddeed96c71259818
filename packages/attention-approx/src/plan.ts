/**
 * Which method a head gets, before it runs.
 *
 *   n, m  queries and keys      r  rank      t  tolerance, in units of s_c
 *
 *   exact at once    masks, bias, causal; n m < 2^20; or rank 32 and its certificate cost more than 0.7 of exact
 *   mean             all queries, or all keys, are the same: one exact row serves all
 *   probe            landmarks of rank 48 on the held-out problem; error ~ (moving landmarks)^−1.35, measured on real heads
 *   nystrom          the rank that the probe asks for, if it is at most 512 and costs at most 0.7 of exact; else exact, with the reason
 *
 * Source: ours.
 */
import { rngFor, type Seed } from "@subquad/linalg-core";
import { exp, log } from "@subquad/linalg-core/math";
import type { Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import { exactPairs, LARGEST_RANK, LLOYD_POOL, nystromPairs, SMALL_CALL, WORTHWHILE } from "./cost.js";
import { centerHead, type CenteredHead } from "./center.js";
import type { Head } from "./head.js";
import { fixedCount, growSeeding, settleLandmarks, startSeeding, type Seeding } from "./landmarks.js";
import { drawPool, findExtremes, type Extremes, type Pool } from "./pool.js";
import { drawProbe, probeError } from "./probe.js";
import type { HeadPlan, Refusal } from "./types.js";

const SEED_POOL = 1024;
const PROBE_RANK = 48;
const PROBE_LLOYD_POINTS = 2048;
/** What a probe costs; a head on which it would be more than this share of exact attention is exact at once. */
const PROBE_PAIRS = 64 * 512 + PROBE_RANK * (64 + 512 + PROBE_LLOYD_POINTS);
const MOST_PROBE = 0.15;
const LEAST_RANK = 32;
/** Ranks are whole register tiles. */
const RANK_STEP = 12;
/** error(r) / error(48) = (moving landmarks of r / of 48)^−DECAY. */
const DECAY = 1.35;
/** Bounds on scores, keys (for the round-off of exact rows, see round-off.ts of linalg-core) and values beyond which landmarks are not tried. */
const LARGEST_SCORE = 2 ** 40;
const LARGEST_KEY = { float32: 2 ** 110, float64: 2 ** 1000 } as const;
const LARGEST_VALUE = { float32: 2 ** 100, float64: 2 ** 500 } as const;
/** Predicted error is multiplied by this: a missed certificate costs a second run, a head alone more than one among many. */
const CAUTION = { single: 1.3, pooled: 1.1 } as const;

/** What planning learned about a head and the run can use again. */
export interface Prepared {
  readonly centered: CenteredHead;
  readonly extremes: Extremes;
  readonly seedPool: Pool;
  readonly lloydPool: Pool;
  readonly seeding: Seeding;
}

/** Why a staged head runs exactly without a probe, or undefined: its numbers are too large for landmarks. */
export function outOfRange({ dtype, norms }: Head): string | undefined {
  if (!(norms.queries < Infinity)) return "a query times scale overflows";
  if (norms.queries * norms.keys >= LARGEST_SCORE) return `scores may reach ${(norms.queries * norms.keys).toExponential(1)}`;
  if (norms.keys >= LARGEST_KEY[dtype]) return `keys reach ${norms.keys.toExponential(1)}`;
  if (norms.values >= LARGEST_VALUE[dtype]) return `values reach ${norms.values.toExponential(1)}`;
  return undefined;
}

/** The reason for which a call of this shape and these options runs exactly, or undefined. */
export function exactAtOnce(n: number, m: number, rows: number, special: string | undefined): string | undefined {
  if (special !== undefined) return special;
  if (n * m < SMALL_CALL) return `n m = ${n * m} is below 2^20: exact attention takes milliseconds`;
  if (PROBE_PAIRS > MOST_PROBE * exactPairs(n, m)) return `a probe would cost ${percent(PROBE_PAIRS, n, m)} of exact attention`;
  const least = nystromPairs(n, m, LEAST_RANK, rows);
  if (least > WORTHWHILE * exactPairs(n, m))
    return `rank ${LEAST_RANK} and its certificate would cost ${percent(least, n, m)} of exact attention`;
  return undefined;
}

/** Centres a head, draws its pools and fixes its heaviest keys: r/8 of a rank that is named, 16 where it is planned (0). `index` names the random streams. */
export function* prepareHead(scope: Scope, head: Head, index: number, seed: Seed, rank: number): Steps<Prepared> {
  const centered = yield* centerHead(scope, head);
  const extremes = findExtremes(head, centered, Math.min(LLOYD_POOL >> 3, Math.max(head.shape.n, head.shape.m)));
  const all = head.shape.n + head.shape.m;
  const rng = rngFor(seed, `attention-approx/pool/${index}`);
  const seedPool = drawPool(scope, head, centered, extremes, Math.min(all, Math.max(SEED_POOL, 4 * rank)), 1, rng);
  const lloydPool = drawPool(scope, head, centered, extremes, Math.min(all, LLOYD_POOL), 0.5, rng);
  const seeding = startSeeding(scope, head, seedPool, rank === 0 ? LARGEST_RANK : rank);
  return { centered, extremes, seedPool, lloydPool, seeding };
}

export interface PlanHeadOptions {
  readonly tolerance: number;
  readonly pooled: boolean;
  /** Rows a head that the certificate recomputes. */
  readonly rows: number;
  readonly seed: Seed;
  readonly index: number;
}

/** The first landmarks, which a plan that is given starts from as the planner did. */
export function seedProbe(head: Head, { seeding }: Prepared, index: number, seed: Seed): void {
  growSeeding(head, seeding, PROBE_RANK, rngFor(seed, `attention-approx/seeding/${index}`));
}

/** Probes rank 48 and predicts the rank that the tolerance needs. */
export function* probeHead(scope: Scope, head: Head, prepared: Prepared, options: PlanHeadOptions): Steps<HeadPlan> {
  const { n, m } = head.shape;
  const { centered, extremes, seeding, lloydPool } = prepared;
  seedProbe(head, prepared, options.index, options.seed);
  const fewer = { ...lloydPool, size: Math.min(lloydPool.size, PROBE_LLOYD_POINTS) };
  const landmarks = yield* settleLandmarks(scope, head, seeding, PROBE_RANK, fewer, 1);
  const probe = yield* drawProbe(scope, head, centered, extremes, rngFor(options.seed, `attention-approx/probe/${options.index}`));
  const error = yield* probeError(scope, head, probe, landmarks);
  const caution = options.pooled ? CAUTION.pooled : CAUTION.single;
  const moving = Math.max(1, landmarks.rank - seeding.fixed);
  const wanted = seeding.fixed + moving * power((caution * error) / options.tolerance, 1 / DECAY);
  const rank = Math.max(3 * RANK_STEP, Math.ceil(wanted / RANK_STEP) * RANK_STEP);
  return decide(n, m, rank, options.rows, error);
}

function decide(n: number, m: number, rank: number, rows: number, error: number): HeadPlan {
  const refuse = (reason: string): HeadPlan => exactPlan(n, m, [{ method: "nystrom", reason }], PROBE_PAIRS);
  const found = `probe error ${error.toPrecision(2)} at rank ${PROBE_RANK}`;
  if (!(rank <= LARGEST_RANK)) return refuse(`${found} asks for a rank above ${LARGEST_RANK}`);
  const pairs = nystromPairs(n, m, rank, rows);
  if (pairs > WORTHWHILE * exactPairs(n, m))
    return refuse(`${found} asks for rank ${rank}, ${percent(pairs, n, m)} of the cost of exact attention`);
  const predictedError = error * power((rank - fixedCount(LARGEST_RANK)) / (PROBE_RANK - fixedCount(LARGEST_RANK)), -DECAY);
  const reason = `${n * m} pairs against ${pairs}`;
  return { method: "nystrom", rank, predictedError, pairs, rejected: [{ method: "exact", reason }] };
}

export function exactPlan(n: number, m: number, rejected: readonly Refusal[], extraPairs = 0): HeadPlan {
  return { method: "exact", pairs: exactPairs(n, m) + extraPairs, rejected };
}

function percent(pairs: number, n: number, m: number): string {
  return `${Math.round((100 * pairs) / exactPairs(n, m))} %`;
}

/** x^y for x >= 0, the same in every engine. */
function power(x: number, y: number): number {
  return x === 0 ? 0 : exp(y * log(x));
}
