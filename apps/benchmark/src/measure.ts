/**
 * Interleaved timing of several contenders.
 *
 *   t_c  seconds one run of contender c takes    k_c  runs in one sample, so that a sample is long against the clock
 *
 * A round times every contender in a shuffled order and then again in the reverse order; t_c is the mean of the two. A machine
 * that slows down linearly then slows all contenders alike, and the ratios formed inside a round do not see it.
 */
import { rngFor, type Seed } from "@subquad/linalg-core";
import { ratioOfTimes } from "./statistics.js";
import { createTimer, systemClock, type Clock, type Runnable, type Sample, type Timer } from "./timer.js";

export interface MeasureOptions {
  /** Of the shuffles. Default "0". */
  readonly seed?: Seed;
  /** Rounds that must be there. Default 9. */
  readonly rounds?: number;
  /** A sample repeats the run until it lasts this long, in milliseconds. Default 20. */
  readonly sampleTime?: number;
  /** After `rounds`, go on until every ratio to the first contender is known to this share, or the budget is spent. Default 0.03. */
  readonly precision?: number;
  /** Milliseconds of rounds after which precision no longer asks for more than `rounds`. Default 2000. */
  readonly budget?: number;
  /** Milliseconds of rounds after which even `rounds` are cut, and the sample says so; one round is always finished. Default Infinity. */
  readonly cutoff?: number;
  /**
   * Milliseconds of an earlier run of each contender: the warm-up ends when its first run agrees with it. A contender that may be slow, and
   * whose earlier run took over a second and more than `slowFactor` times ours, is not run again: that run is its one sample.
   */
  readonly firstCalls?: readonly number[];
  /** Contenders that may be dropped to one sample when slower than `slowFactor` times the slowest other one. Default none. */
  readonly mayBeSlow?: readonly boolean[];
  /** Default 10. */
  readonly slowFactor?: number;
  /** Times each contender twice a round, forth and back. Off only to show what it is good for. Default true. */
  readonly mirrored?: boolean;
  readonly clock?: Clock;
  /** Runs before every sample, outside the clock. */
  readonly collectGarbage?: () => void;
  readonly signal?: AbortSignal;
  /** Called after every sample with the share of the required work that is done. */
  readonly onProgress?: (share: number) => void;
}

const MOST_ROUNDS = 60;
const LONG = 1000; // milliseconds: a run that nobody wants to wait for twice

/** Times all contenders against each other; entry c of the result belongs to contender c. */
export async function measure(contenders: readonly Runnable[], options: MeasureOptions = {}): Promise<readonly Sample[]> {
  const { seed = "0", rounds = 9, precision = 0.03, budget = 2000, cutoff = Infinity, mirrored = true } = options;
  const { clock = systemClock, signal, onProgress } = options;
  const timers = contenders.map((contender, c) => createTimer(contender, options, options.firstCalls?.[c]));
  const slow = await warmUpAll(timers, options);
  let racing = timers.filter((timer, c) => !slow[c] && timer.failure() === undefined);

  const rng = rngFor(seed, "benchmark/measure");
  const began = clock.now();
  let round = 0;
  for (; round < MOST_ROUNDS && racing.length > 0 && !signal?.aborted; round++) {
    const spent = clock.now() - began;
    if (round > 0 && spent > cutoff) break;
    if (round >= rounds && (racing.every((timer) => isPrecise(timer, racing[0]!, precision)) || spent * (1 + 1 / round) > budget)) break;
    const order = shuffled(racing, () => rng.uniform());
    const passes = mirrored ? [order, [...order].reverse()] : [order];
    for (const timer of passes.flat()) {
      if (signal?.aborted) break;
      await timer.sample();
      await breathe();
    }
    if (signal?.aborted && round > 0) break;
    racing = racing.filter((timer) => timer.failure() === undefined);
    for (const timer of racing) timer.closeRound();
    onProgress?.(Math.min(1, (round + 1) / rounds));
  }
  return timers.map((timer, c) => timer.result(slow[c] === true, round < rounds));
}

/** Lets signals and the progress display have their turn; never inside a sample. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Warms up ours first, then the others; one that turns out far slower gets one run only. Says which those are. */
async function warmUpAll(timers: readonly Timer[], options: MeasureOptions): Promise<readonly boolean[]> {
  const { mayBeSlow = [], slowFactor = 10, firstCalls = [] } = options;
  const ours = timers.filter((_, c) => !mayBeSlow[c]);
  for (const timer of ours) await timer.warmUp(Infinity).then(breathe);
  const known = ours.map((timer) => timer.estimate()).filter(Number.isFinite);
  const limit = known.length > 0 ? slowFactor * Math.max(...known) : Infinity;
  for (const [c, timer] of timers.entries()) {
    if (!mayBeSlow[c]) continue;
    const first = firstCalls[c] ?? 0;
    if (first > Math.max(limit, LONG)) timer.take(first);
    else await timer.warmUp(limit).then(breathe);
  }
  return timers.map((timer, c) => mayBeSlow[c] === true && timer.estimate() > limit);
}

function isPrecise(timer: Timer, baseline: Timer, precision: number): boolean {
  if (timer === baseline) return true;
  const { value, interval } = ratioOfTimes(timer.times, baseline.times);
  return interval !== undefined && (interval.high - interval.low) / 2 <= precision * value;
}

function shuffled<T>(items: readonly T[], uniform: () => number): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
