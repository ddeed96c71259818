/**
 * One algorithm, two drivers: a generator that says where it may be interrupted is run to its end at once (`runSync`) or in turns with
 * the event loop and on the pool (`runAsync`), with the same bits.
 *
 *   yield pause(done, total)                 here an asynchronous caller breathes, reports progress and looks at the signal
 *   yield* tiles(group, kernel, args, count)        here the tiles 0 … count - 1 of a kernel run, on the pool where there is one
 *
 * A tile reads nothing that a tile of the same job writes: tiles may run in any order, on any thread, and one that was interrupted may be
 * run again. An algorithm holds its memory in a scope and releases it in `finally`: an abort ends the generator there.
 *
 * Not covered by semver.
 */
import type { KernelGroup } from "../kernels/group.js";
import { onAbort } from "./abort.js";
import { openRun, type Run, type RunControl } from "./run.js";
import { holdRuntime } from "./scope.js";
import { runTiles, runTilesSync, type TileJob } from "./tile-job.js";

export { RUN_CONTROL, type RunControl } from "./run.js";

/** Work that an asynchronous caller does in another way. */
interface TwoForms {
  readonly now: () => void;
  readonly later: (control: RunControl) => Promise<void>;
}

/** What an algorithm yields: a pause, a rest, a job of tiles or work in two forms. */
export type Step = { readonly done: number; readonly total: number } | { readonly rest: true } | TileJob | TwoForms;

/** An algorithm that yields where it may be interrupted and returns R. */
export type Steps<R> = Generator<Step, R, void>;

/**
 * A place where the algorithm may be interrupted.
 * @param done how much is finished, in any unit.
 * @param total how much there is, in the same unit.
 * @returns the step to yield.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example for (let i = 0; i < blocks; i++) { yield pause(i, blocks); work(i); }
 */
export function pause(done: number, total: number): Step {
  return { done, total };
}

/**
 * A pause that says nothing of progress: for helpers that do not know the measure of the algorithm they serve.
 * @returns the step to yield.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example if (slice > 0) yield rest();
 */
export function rest(): Step {
  return { rest: true };
}

/**
 * Runs the tiles 0 … count - 1 of a kernel; when it returns, all are finished.
 *
 * Jobs that depend on each other (pack, then multiply) follow each other as separate calls. Tiles should take at most about 4 ms: an
 * abort waits for the tiles in hand.
 * @param group a group of kernels.
 * @param kernel the name of a tiled kernel in it.
 * @param args address of its argument block, which must stay as it is until the job ends.
 * @param count number of tiles; 0 does nothing.
 * @param work multiply-adds that the job takes, roughly: a short job stays on the calling thread. Default: worth a pool.
 * @param meanwhile what the calling thread may do while the pool works: a few milliseconds at most, and nothing that may throw.
 * @returns a generator for `yield*`.
 * @throws NumericsError ERR_POOL when a worker died and the calling thread failed at the same tile.
 * @complexity count tiles, in parallel where there are workers.
 * @source Subquad's own convention.
 * @example yield* tiles(coreKernels, "multiplyF64", args, rectangles);
 */
export function* tiles<Tiles extends object>(
  group: KernelGroup<Tiles>,
  kernel: keyof Tiles & string,
  args: number,
  count: number,
  work = Infinity,
  meanwhile?: () => void,
): Steps<void> {
  if (count > 0) yield { group, kernel, args, count, work, meanwhile };
}

/**
 * Work of the caller's own, such as a product by a function of theirs, of which there is a synchronous and an asynchronous form.
 * @param now what `runSync` calls.
 * @param later what `runAsync` awaits, with the signal and the threads of the call; an abort does not wait for it.
 * @returns a generator for `yield*`.
 * @throws whatever the form that is run throws, or its promise is rejected with.
 * @complexity that of the form that is run.
 * @source Subquad's own convention.
 * @example yield* twoForms(() => { y = f(x); }, async (control) => { y = await g(x, control); });
 */
export function* twoForms(now: () => void, later: (control: RunControl) => Promise<void>): Steps<void> {
  yield { now, later };
}

/**
 * Runs an algorithm to its end on the calling thread.
 * @param steps the generator, not yet begun.
 * @returns what the algorithm returns.
 * @throws whatever the algorithm throws.
 * @complexity that of the algorithm.
 * @source Subquad's own convention.
 * @example return runSync(steps("matmul", A, B, options));
 */
export function runSync<R>(steps: Steps<R>): R {
  for (let step = steps.next(); ;) {
    if (step.done) return step.value;
    try {
      if (isJob(step.value)) runTilesSync(step.value);
      else if ("now" in step.value) step.value.now();
    } catch (error) {
      step = steps.throw(error); // its `finally` blocks free what it holds
      continue;
    }
    step = steps.next();
  }
}

/**
 * Runs an algorithm in turns with the event loop, its tiles on the pool; the bits are those of `runSync`.
 *
 * The first slice, up to 12 ms, runs before this function returns. The event loop never waits much longer than that.
 * @param steps the generator, not yet begun.
 * @param control signal, onProgress, threads; other fields are ignored, so that an options object may be passed as it is, even one that is
 * null: the algorithm refuses that by name.
 * @param where the public function, for the message of a bad control. Default "runAsync".
 * @returns a promise of what the algorithm returns.
 * @throws (rejects) OptionError for a bad control; the signal's reason when aborted, at once if it was aborted before; what onProgress
 * throws; whatever the algorithm throws.
 * @complexity that of the algorithm, and 15 µs for each turn of the event loop.
 * @source Subquad's own convention.
 * @example return runAsync(steps("matmulAsync", A, B, options), options, "matmulAsync");
 */
export async function runAsync<R>(steps: Steps<R>, control: RunControl | null = {}, where = "runAsync"): Promise<R> {
  const run = openRun(where, control ?? {});
  run.check();
  const letGo = holdRuntime();
  try {
    return await advance(steps, run);
  } finally {
    letGo();
  }
}

async function advance<R>(steps: Steps<R>, run: Run): Promise<R> {
  for (let step = steps.next(); ;) {
    if (step.done) {
      run.progress.finish();
      return step.value;
    }
    try {
      const turn = perform(step.value, run);
      if (turn !== undefined) await turn;
    } catch (error) {
      if (run.isStopped()) {
        steps.return(undefined as R); // its `finally` blocks free what it holds
        throw error;
      }
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
}

/** Does what a step asks; a promise only if that takes a turn of the event loop. */
function perform(step: Step, run: Run): Promise<void> | undefined {
  if (isJob(step)) return runTiles(step, run);
  if ("now" in step) return awaitLater(step, run);
  if ("total" in step) run.progress.paused(step.done, step.total);
  return run.breathDue() ? run.breathe() : undefined;
}

/** Awaits the asynchronous form, or the abort that comes first. */
async function awaitLater({ later }: TwoForms, run: Run): Promise<void> {
  const { signal } = run;
  const control = { threads: run.threads(), ...(signal === undefined ? {} : { signal }) };
  let stopWatching = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stopWatching = onAbort(signal, resolve);
  });
  try {
    await Promise.race([later(control), aborted]);
  } finally {
    stopWatching();
  }
  run.check();
  if (run.breathDue()) await run.breathe();
}

function isJob(step: Step): step is TileJob {
  return "kernel" in step;
}
