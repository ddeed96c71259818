/**
 * Interleaved timing of several contenders.
 *
 *   t_c  seconds one run of contender c takes    k_c  runs in one sample, so that a sample is long against the clock
 *
 * A round times every contender in a shuffled order and then again in the reverse order; t_c is the mean of the two. A machine
 * that slows down linearly then slows all contenders alike, and the ratios formed inside a round do not see it.
 */
import { performance } from "node:perf_hooks";
import { rngFor, type Seed } from "@subquad/linalg-core";
import { ratioOfTimes } from "./statistics.js";

/** What is timed: one run, and what to do with its result outside the clock. */
export interface Runnable {
  run(): unknown;
  release?(output: unknown): void;
}

/** Where time comes from; tests pass one that they move by hand. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Milliseconds of processor time of this process, all threads. */
  cpu(): number;
}

export interface MeasureOptions {
  /** Of the shuffles. Default "0". */
  readonly seed?: Seed;
  /** Rounds that must be there. Default 9. */
  readonly rounds?: number;
  /** A sample repeats the run until it lasts this long, in milliseconds. Default 20. */
  readonly sampleTime?: number;
  /** After `rounds`, go on until every ratio to the first contender is known to this share, or the budget is spent. Default 0.03. */
  readonly precision?: number;
  /** Milliseconds for all rounds. When it is spent before `rounds`, the sample says `cut`. Default Infinity. */
  readonly budget?: number;
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

export interface Sample {
  /** Seconds a run, one entry a round; a contender that was timed once has one entry. */
  readonly times: readonly number[];
  /** k_c. */
  readonly repeats: number;
  /** Processor seconds a run, over all samples. */
  readonly cpu: number;
  /** Samples whose wall time exceeded twice their processor time and that were therefore repeated. */
  readonly preempted: number;
  /** Timed once, because it is far slower than ours. */
  readonly once: boolean;
  /** The budget ended before the wanted number of rounds. */
  readonly cut: boolean;
  /** What the contender threw while it was timed; the others go on without it. */
  readonly failure?: unknown;
}

const systemClock: Clock = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};
const WARM_UP = { runs: 5, milliseconds: 2000, agreement: 0.1 };
const SHORTEST_JUDGED = 10; // milliseconds: below this the processor clock is too coarse to judge a sample
const MOST_ROUNDS = 60;

let checksum = 0;

/** Times all contenders against each other; entry c of the result belongs to contender c. */
export async function measure(contenders: readonly Runnable[], options: MeasureOptions = {}): Promise<readonly Sample[]> {
  const { seed = "0", rounds = 9, precision = 0.03, budget = Infinity, mirrored = true, clock = systemClock, signal, onProgress } = options;
  const timers = contenders.map((contender) => createTimer(contender, options));
  const slow = await warmUpAll(timers, options);
  let racing = timers.filter((timer, c) => !slow[c] && timer.failure() === undefined);

  const rng = rngFor(seed, "benchmark/measure");
  const began = clock.now();
  let round = 0;
  for (; round < MOST_ROUNDS && racing.length > 0 && !signal?.aborted; round++) {
    const spent = clock.now() - began;
    if (round > 0 && spent > budget) break;
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

/** A number folded from the results of all timed runs, so that no engine can drop the work. */
export function sinkChecksum(): number {
  return checksum;
}

/** Lets signals and the progress display have their turn; never inside a sample. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Warms up ours first, then the others; one that turns out far slower gets one run only. Says which those are. */
async function warmUpAll(timers: readonly Timer[], options: MeasureOptions): Promise<readonly boolean[]> {
  const { mayBeSlow = [], slowFactor = 10 } = options;
  const ours = timers.filter((_, c) => !mayBeSlow[c]);
  for (const timer of ours) await timer.warmUp(Infinity).then(breathe);
  const known = ours.map((timer) => timer.estimate()).filter(Number.isFinite);
  const limit = known.length > 0 ? slowFactor * Math.max(...known) : Infinity;
  for (const [c, timer] of timers.entries()) if (mayBeSlow[c]) await timer.warmUp(limit).then(breathe);
  return timers.map((timer, c) => mayBeSlow[c] === true && timer.estimate() > limit);
}

function isPrecise(timer: Timer, baseline: Timer, precision: number): boolean {
  if (timer === baseline) return true;
  const { value, interval } = ratioOfTimes(timer.times, baseline.times);
  return interval !== undefined && (interval.high - interval.low) / 2 <= precision * value;
}

interface Timer {
  readonly times: readonly number[];
  /** Milliseconds a run, from the warm-up. */
  estimate(): number;
  /** What a run threw; nothing is run after that. */
  failure(): unknown;
  /** Runs until two consecutive runs agree, or five runs, or two seconds; one run only when it exceeds `limit` milliseconds. */
  warmUp(limit: number): Promise<void>;
  sample(): Promise<void>;
  closeRound(): void;
  result(once: boolean, cut: boolean): Sample;
}

function createTimer(contender: Runnable, options: MeasureOptions): Timer {
  const { clock = systemClock, sampleTime = 20, collectGarbage, signal } = options;
  const times: number[] = [];
  const total = { cpu: 0, runs: 0, preempted: 0 };
  let estimate = Infinity;
  let repeats = 1;
  let open: number[] = [];
  let failure: unknown;

  /** Milliseconds of wall and processor time of some runs; releasing their results is not counted. */
  async function timed(count: number): Promise<{ wall: number; cpu: number }> {
    collectGarbage?.();
    const cpuBefore = clock.cpu();
    let wall = 0;
    for (let i = 0; i < count; i++) {
      const before = clock.now();
      let output = contender.run();
      if (isPromise(output)) output = await output;
      wall += clock.now() - before;
      sink(output);
      contender.release?.(output);
    }
    return { wall, cpu: clock.cpu() - cpuBefore };
  }
  /** Does the work unless an earlier run failed; remembers the failure. */
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      if (failure === undefined) await work();
    } catch (error) {
      failure = error ?? new Error("failed without a reason");
    }
  };
  const repeatsFor = (milliseconds: number): number => Math.max(1, Math.min(1e6, Math.ceil(sampleTime / Math.max(milliseconds, 1e-5))));
  const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

  return {
    times,
    estimate: () => estimate,
    failure: () => failure,
    warmUp: (limit) =>
      guarded(async () => {
        const began = clock.now();
        for (let i = 0; i < WARM_UP.runs; i++) {
          const before = estimate;
          const { wall } = await timed(1);
          estimate = Math.min(before, wall);
          const settled = Math.abs(wall - before) < WARM_UP.agreement * before;
          if (settled || wall > limit || clock.now() - began > WARM_UP.milliseconds || signal?.aborted) break;
        }
        repeats = repeatsFor(estimate);
        if (repeats < 4) return;
        const trial = Math.min(repeats, 1000); // a few single short runs mostly measure the clock and cold code
        estimate = (await timed(trial)).wall / trial;
        repeats = repeatsFor(estimate);
      }),
    sample: () =>
      guarded(async () => {
        let { wall, cpu } = await timed(repeats);
        if (wall > SHORTEST_JUDGED && wall > 2 * cpu) {
          total.preempted++;
          ({ wall, cpu } = await timed(repeats));
        }
        open.push(wall / repeats / 1000);
        total.cpu += cpu;
        total.runs += repeats;
      }),
    closeRound() {
      if (open.length > 0) times.push(mean(open));
      open = [];
    },
    result(once, cut) {
      const known = times.length > 0 ? times : [estimate / 1000];
      const cpu = total.runs > 0 ? total.cpu / total.runs / 1000 : NaN;
      const common = { times: known, repeats, cpu, preempted: total.preempted, once, cut: cut && !once };
      return failure === undefined ? common : { ...common, failure };
    },
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function sink(output: unknown): void {
  const data = ArrayBuffer.isView(output)
    ? (output as unknown as ArrayLike<number>)
    : (output as { data?: ArrayLike<number> } | null)?.data;
  const value = data?.length ? data[data.length >> 1] : 1;
  checksum = (checksum * 31 + (typeof value === "number" && Number.isFinite(value) ? value : 1)) % 1e9;
}

function shuffled<T>(items: readonly T[], uniform: () => number): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
