/**
 * One job of an asynchronous call: the tiles of one kernel, on the pool where there is one, else on the calling thread.
 *
 * The first milliseconds of a call run on the calling thread, so that short work never starts a pool; short jobs stay there; while the pool is on its way, tiles go on
 * here. Which thread runs a tile never changes its bits.
 */
import { NumericsError } from "../errors.js";
import type { Tile } from "../kernels/abi.js";
import type { KernelGroup } from "../kernels/group.js";
import { onAbort } from "./abort.js";
import type { Pool, PoolJob } from "./pool.js";
import { poolAtHand, stopWatch, watchIdleness } from "./pool-keeper.js";
import { REPORT_EVERY } from "./progress.js";
import type { Run } from "./run.js";
import { kernelsOf, loaded, runtime } from "./runtime.js";
import { recordPoolReason, shared } from "./shared.js";
import { WORTH_A_POOL } from "./threads.js";

/** The tiles 0 … count - 1 of one kernel. */
export interface TileJob {
  readonly group: KernelGroup;
  readonly kernel: string;
  readonly args: number;
  readonly count: number;
  /** Multiply-adds, roughly. */
  readonly work: number;
  /** For the calling thread while the pool works, such as touching the pages of a result; it throws nothing. May not be called at all. */
  readonly meanwhile?: (() => void) | undefined;
}

/** Milliseconds that a call takes before a pool is started; starting one takes 50 to 90. */
const PATIENCE = 8;

/** Runs all tiles on the calling thread without a pause. */
export function runTilesSync(job: TileJob): void {
  const { args, count } = job;
  const tile = tileOf(job);
  const { scratch } = runtime();
  for (let t = 0; t < count; t++) tile(args, t, scratch);
}

/** Runs all tiles, on the pool when one is up. */
export async function runTiles(job: TileJob, run: Run): Promise<void> {
  const { count } = job;
  const tile = tileOf(job);
  const { scratch } = runtime();
  const threads = job.work < WORTH_A_POOL || !isShareable(job) ? 1 : run.threads();
  for (let t = 0; t < count;) {
    const pool = threads > 1 && count - t > 1 ? poolAtHand(threads, run.elapsed() > PATIENCE) : undefined;
    if (pool !== undefined) {
      t = await runOnPool(pool, job, t, threads, run);
      continue;
    }
    tile(job.args, t, scratch);
    t++;
    run.progress.tiles(t, count);
    if (run.breathDue()) await run.breathe();
  }
  run.progress.jobEnded(count);
}

/** Runs the tiles from `first` on the pool; returns the first tile that is still to do, which is `first` if the pool has gone. */
async function runOnPool(pool: Pool, job: TileJob, first: number, wanted: number, run: Run): Promise<number> {
  const unlock = await pool.lock.acquire(run.signal);
  try {
    run.check(); // an abort may have come between the lock and this turn
    if (shared().pool !== pool) return first; // it died or was closed while we waited
    if (wanted > pool.size()) await growPool(pool, wanted);
    if (pool.isBehind()) await pool.catchUp();
    if (shared().pool !== pool) return first;
    stopWatch();
    const threads = Math.min(wanted, pool.size());
    const poolJob = pool.submit({ ...job, first, threads });
    job.meanwhile?.();
    await watch(poolJob, first, job.count, run);
    const left = poolJob.left();
    if (left !== undefined) await runLeft(job, left, run);
    return job.count;
  } finally {
    watchIdleness();
    unlock?.();
  }
}

/** Awaits a job, passing on its progress and the caller's abort; whatever ends the wait, no worker is at work afterwards. */
async function watch(job: PoolJob, first: number, count: number, run: Run): Promise<void> {
  try {
    for (let isSettled = false; !isSettled;) {
      isSettled = await settledWithin(job, run.signal, run.isWatched ? REPORT_EVERY : undefined);
      run.check();
      run.progress.tiles(first + job.finished(), count);
    }
  } finally {
    job.stop();
    await job.settled;
  }
}

/** Resolves when the job is settled (true), or the signal aborted or the time over (false). */
function settledWithin(job: PoolJob, signal: AbortSignal | undefined, milliseconds: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isSettled: boolean): void => {
      clearTimeout(timer);
      stopWatching();
      resolve(isSettled);
    };
    const giveUp = (): void => {
      finish(false);
    };
    const timer = milliseconds === undefined ? undefined : setTimeout(giveUp, milliseconds);
    const stopWatching = onAbort(signal, giveUp);
    void job.settled.then(() => {
      finish(true);
    });
  });
}

/** The second and last try of what a dead pool left undone, on the calling thread: the same tiles, hence the same bits. */
async function runLeft(job: TileJob, left: readonly number[], run: Run): Promise<void> {
  const { kernel, args, count } = job;
  const tile = tileOf(job);
  const { scratch } = runtime();
  let done = count - left.length;
  for (const t of left) {
    try {
      tile(args, t, scratch);
    } catch (cause) {
      const expected = `tile ${t} of kernel ${kernel} to run on the calling thread after the pool had failed`;
      throw new NumericsError("ERR_POOL", `pool: expected ${expected}, got ${String(cause)}`, {
        where: "pool",
        expected,
        got: cause,
        cause,
      });
    }
    run.progress.tiles(++done, count);
    if (run.breathDue()) await run.breathe();
  }
}

async function growPool(pool: Pool, threads: number): Promise<void> {
  try {
    await pool.grow(threads);
  } catch (error) {
    recordPoolReason(`${pool.size()} workers instead of ${threads}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tileOf({ group, kernel }: TileJob): Tile {
  return (kernelsOf(group) as Record<string, Tile>)[kernel]!;
}

/** Whether workers can run it: not where the engine refused the binary of its group. */
function isShareable({ group }: TileJob): boolean {
  return loaded().joinable?.modules.some(({ slot }) => slot === group.slot) ?? false;
}
