/**
 * Runs the approximated heads that share one statement, level by level, until the statement meets the tolerance.
 *
 *   level l = 1, 2, 3    rank 2^(l−1) r₁ of each head; a head whose rank is no longer worth it is exact from that level on
 *
 * The schedule of every head is fixed before a sampled row is looked at; all heads step together. Source: see verify.ts.
 */
import { rngFor } from "@subquad/linalg-core";
import { bytesOf, freeKeySet, reals, type Scope } from "@subquad/linalg-core/kernels";
import { pause, type Steps } from "@subquad/linalg-core/steps";
import type { Call } from "./check.js";
import { exactPairs, LARGEST_RANK, nystromPairs, WORTHWHILE } from "./cost.js";
import type { Head } from "./head.js";
import { growSeeding, settleLandmarks, startSeeding, type Seeding } from "./landmarks.js";
import { drawPool } from "./pool.js";
import { applyCoefficients, fitCoefficients, guardedRows, type Approximation } from "./nystrom.js";
import type { Prepared } from "./plan.js";
import type { HeadPlan } from "./types.js";
import {
  exactRows,
  inUnits,
  judge,
  LEVELS,
  planSample,
  relativeRange,
  rowErrors,
  sampleOrder,
  type ExactRows,
  type Verdict,
} from "./verify.js";

const LLOYD_STEPS = 2;
const POOL_PER_LANDMARK = 4;
/** A head with more flagged rows than this share runs exactly. */
const MOST_FALLBACK = 0.25;

/** A head on its way. */
export interface Member {
  readonly index: number;
  readonly scope: Scope;
  readonly head: Head;
  readonly prepared: Prepared;
  readonly plan: HeadPlan;
}

/** An approximated head, its exact rows written in. */
export interface Approximated {
  readonly member: Member;
  readonly rank: number;
  readonly rows: number;
  /** log2 of the approximate (or exact) sum of weights relative to `prepared.centered`; see attention.ts. */
  readonly denominators: number;
  readonly replaced: readonly Replaced[];
  readonly fallbackRows: number;
  readonly pairs: number;
}

export interface Replaced {
  readonly indices: Int32Array;
  readonly exact: ExactRows;
}

export interface GroupResult {
  readonly accepted: readonly Approximated[];
  /** Members that must run exactly, with the reason. */
  readonly refused: readonly { readonly member: Member; readonly reason: string }[];
  readonly verdict: Verdict | undefined;
  readonly levels: number;
  readonly sampledRows: number;
  readonly milliseconds: { readonly approximate: number; readonly certify: number };
}

export function* approximateGroup(call: Call, members: readonly Member[], failure: number): Steps<GroupResult> {
  const { options, shape } = call;
  const clock = { approximate: 0, certify: 0 };
  let sampledRows = 0;
  const pairs = new Map<number, number>(members.map(({ index }) => [index, 0]));
  const levels = options.rank === undefined ? LEVELS : 1;
  const pays = (member: Member, level: number): boolean =>
    level === 0 || worthwhile(call, rankAt(member, level), rowsAt(call, members.length, failure, level));
  for (let level = 0; ; level++) {
    const active = members.filter((member) => pays(member, level));
    const refused: { member: Member; reason: string }[] = members
      .filter((member) => !pays(member, level))
      .map((member) => ({ member, reason: `rank ${rankAt(member, level)} would no longer pay` }));
    // a miss that is not to be made exact is answered at the last level that pays
    const last = level + 1 >= levels || (options.onMiss !== "exact" && !members.some((member) => pays(member, level + 1)));
    let start = performance.now();
    const approximated: Approximated[] = [];
    for (const member of active) {
      yield pause(approximated.length, active.length);
      const result = yield* approximateHead(call, member, rankAt(member, level), level, pairs.get(member.index) ?? 0);
      pairs.set(member.index, typeof result === "string" ? 0 : result.pairs);
      if (typeof result === "string") refused.push({ member, reason: result });
      else approximated.push(result);
    }
    clock.approximate += performance.now() - start;
    if (approximated.length === 0)
      return { accepted: [], refused, verdict: undefined, levels: level + 1, sampledRows, milliseconds: clock };
    start = performance.now();
    const sample = planSample(approximated.length, shape.n, options.fraction, failure);
    const { rows = 0, allowed = 0 } = sample.levels[level] ?? {};
    const { verdict, checked } = yield* certify(call, approximated, rows, allowed, sample.meanFailure);
    sampledRows += rows * approximated.length;
    clock.certify += performance.now() - start;
    const met = verdict.bound <= options.tolerance;
    if (met || last) {
      for (const entry of checked) writeExact(entry);
      return { accepted: checked, refused, verdict, levels: level + 1, sampledRows, milliseconds: clock };
    }
    for (const { member, rows: address, denominators } of approximated)
      for (const block of [address, denominators]) member.scope.free(block);
  }
}

function rankAt({ plan }: Member, level: number): number {
  return (plan.rank ?? LARGEST_RANK) * (1 << level);
}

function rowsAt(call: Call, heads: number, failure: number, level: number): number {
  return planSample(heads, call.shape.n, call.options.fraction, failure).levels[level]?.rows ?? 0;
}

function worthwhile({ shape: { n, m } }: Call, rank: number, rows: number): boolean {
  return rank <= 2 * LARGEST_RANK && nystromPairs(n, m, rank, rows) <= WORTHWHILE * exactPairs(n, m);
}

/** One head at one rank; or the reason for which it must run exactly. */
function* approximateHead(call: Call, member: Member, wanted: number, level: number, before: number): Steps<Approximated | string> {
  const { scope, head, index, prepared } = member;
  const { n, m } = head.shape;
  const { seed, tolerance } = call.options;
  const seeding = seedingFor(call, member, wanted, level);
  growSeeding(head, seeding, wanted, rngFor(seed, `attention-approx/seeding/${index}/${level + 1}`));
  const landmarks = yield* settleLandmarks(scope, head, seeding, wanted, prepared.lloydPool, LLOYD_STEPS);
  const coefficients = yield* fitCoefficients(scope, head, landmarks, prepared.centered.keySet);
  const approximation: Approximation = yield* applyCoefficients(scope, head, prepared.centered, coefficients);
  freeKeySet(scope, coefficients.keySet);
  const flagged = guardedRows(scope, head, prepared.centered, approximation.denominators, Math.min(0.5, tolerance));
  if (flagged.length > MOST_FALLBACK * n) return `${flagged.length} of ${n} rows get too little weight from ${landmarks.rank} landmarks`;
  const replaced = flagged.length === 0 ? [] : [{ indices: flagged, exact: yield* exactRows(scope, head, flagged) }];
  for (const { indices, exact } of replaced) copyRows(head, indices, exact.rows, approximation.rows);
  const pairs = before + landmarks.rank * (n + m) + flagged.length * m;
  return { member, rank: landmarks.rank, ...approximation, replaced, fallbackRows: flagged.length, pairs };
}

/** The planner's seeding, or a new one on a pool of four points a landmark where its pool is too small. */
function seedingFor({ shape, options }: Call, { scope, head, index, prepared }: Member, rank: number, level: number): Seeding {
  const size = Math.min(shape.n + shape.m, POOL_PER_LANDMARK * rank);
  if (size <= prepared.seedPool.size) return prepared.seeding;
  const rng = rngFor(options.seed, `attention-approx/pool/${index}/${level + 1}`);
  return startSeeding(scope, head, drawPool(scope, head, prepared.centered, prepared.extremes, size, 1, rng), rank);
}

/** Errors of the sampled rows of all heads, before those rows are replaced. */
function* certify(
  call: Call,
  approximated: readonly Approximated[],
  rows: number,
  allowed: number,
  meanFailure: number,
): Steps<{ verdict: Verdict; checked: Approximated[] }> {
  const { seed, fraction } = call.options;
  const errors = new Float64Array(rows * approximated.length);
  const checked: Approximated[] = [];
  let roundOff = 0;
  let largestRange = 0;
  for (const [at, entry] of approximated.entries()) {
    const { member, pairs } = entry;
    const { head, index, scope } = member;
    yield pause(at, approximated.length);
    const indices = sampleOrder(seed, index, head.shape.n, rows);
    const exact = yield* exactRows(scope, head, indices);
    errors.set(rowErrors(head, indices, exact.rows, entry.rows), at * rows);
    roundOff = Math.max(roundOff, inUnits(exact.roundOff, head.unit));
    largestRange = Math.max(largestRange, relativeRange(head));
    checked.push({ ...entry, replaced: [...entry.replaced, { indices, exact }], pairs: pairs + rows * head.shape.m });
  }
  return { verdict: judge(errors, allowed, meanFailure, roundOff, largestRange, fraction), checked };
}

/** Puts the exact rows into the output. */
function writeExact({ member, replaced, rows }: Approximated): void {
  for (const { indices, exact } of replaced) copyRows(member.head, indices, exact.rows, rows);
}

function copyRows({ dtype, shape }: Head, indices: Int32Array, from: number, to: number): void {
  const values = reals(dtype);
  const size = bytesOf(dtype);
  indices.forEach((row, i) => values.copyWithin(to / size + row * shape.e, from / size + i * shape.e, from / size + (i + 1) * shape.e));
}
