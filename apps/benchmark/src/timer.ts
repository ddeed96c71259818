/**
 * One contender's clockwork: warm-up, samples, and what they add up to.
 */
import { performance } from "node:perf_hooks";

/** What is timed: one run, and what to do with its result outside the clock. */
export interface Runnable {
  run(): unknown;
  release?(output: unknown): void;
  /** Seconds of the run that returned this, by a clock beside the work. */
  seconds?(output: unknown): number;
}

/** Where time comes from; tests pass one that they move by hand. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Milliseconds of processor time of this process, all threads. */
  cpu(): number;
}

/** The part of the options of `measure` that concerns one contender. */
export interface TimerOptions {
  /** A sample repeats the run until it lasts this long, in milliseconds. Default 20. */
  readonly sampleTime?: number;
  readonly clock?: Clock;
  readonly collectGarbage?: () => void;
  readonly signal?: AbortSignal;
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

export const systemClock: Clock = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};
const WARM_UP = { runs: 5, milliseconds: 2000, agreement: 0.1 };
const TRIAL = 60; // milliseconds of runs in a row, after which the compiler has done its work
const MOST_TRIALS = 1e5; // the clock itself takes 0.1 µs a run
const SHORTEST_JUDGED = 10; // milliseconds: below this the processor clock is too coarse to judge a sample

const sunk = new Float64Array(1); // folded from the results of all timed runs, so that no engine can drop the work

export interface Timer {
  readonly times: readonly number[];
  /** Milliseconds a run, from the warm-up. */
  estimate(): number;
  /** What a run threw; nothing is run after that. */
  failure(): unknown;
  /** Runs until two consecutive runs agree, or five runs, or two seconds; one run only when it exceeds `limit` milliseconds. */
  warmUp(limit: number): Promise<void>;
  /** Takes an earlier run, in milliseconds, for the estimate. */
  take(milliseconds: number): void;
  sample(): Promise<void>;
  closeRound(): void;
  result(once: boolean, cut: boolean): Sample;
}

/** A contender ready to be timed; `firstCall` is an earlier run in milliseconds. */
export function createTimer(contender: Runnable, options: TimerOptions, firstCall = Infinity): Timer {
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
      wall += contender.seconds ? 1000 * contender.seconds(output) : clock.now() - before;
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
        for (let i = 0, before = firstCall; i < WARM_UP.runs; i++, before = estimate) {
          const { wall } = await timed(1);
          estimate = Math.min(estimate, wall);
          const settled = Math.abs(wall - before) < WARM_UP.agreement * before;
          if (settled || wall > limit || clock.now() - began > WARM_UP.milliseconds || signal?.aborted) break;
        }
        repeats = repeatsFor(estimate);
        const trial = Math.max(repeats, Math.min(Math.ceil(TRIAL / Math.max(estimate, 1e-5)), MOST_TRIALS));
        if (trial < 4) return;
        // a few single short runs mostly measure the clock and cold code; all contenders get the same time to become warm, however short their runs
        estimate = (await timed(trial)).wall / trial;
        repeats = repeatsFor(estimate);
      }),
    take(milliseconds) {
      estimate = milliseconds;
    },
    sample: () =>
      guarded(async () => {
        let { wall, cpu } = await timed(repeats);
        if (!contender.seconds && wall > SHORTEST_JUDGED && wall > 2 * cpu) {
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
  sunk[0] = (sunk[0]! * 31 + (typeof value === "number" && Number.isFinite(value) ? value : 1)) % 1e9;
}
