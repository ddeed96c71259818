/**
 * Keeps the one pool: starts it when work is long enough, replaces it when it died, closes it when idle.
 */
import { powerOfTwo } from "../math/bits.js";
import { hardwareThreads } from "./host.js";
import { startPool, type Pool } from "./pool.js";
import { loaded } from "./runtime.js";
import { recordPoolReason, shared } from "./shared.js";
import type { Joinable } from "./types.js";
import { workerWays, type WorkerWay } from "./worker-host.js";

/** Milliseconds to the next try when workers died as they started at two tries in a row; twice as long after each further one, up to 2^6 times. */
const FIRST_WAIT = 1000;
const MOST_DOUBLINGS = 6;

/** Threads that an asynchronous call uses if it does not say: 1 where no pool can be had. */
export function plannedThreads(): number {
  const { settings } = shared();
  if (loaded().joinable === undefined || isBlocked()) return 1;
  return settings.threads === "auto" ? hardwareThreads() : settings.threads;
}

/** The pool if it is up; otherwise undefined, and with `mayStart` it is on its way when it can be had. */
export function poolAtHand(threads: number, mayStart: boolean): Pool | undefined {
  const state = shared();
  if (state.pool === undefined && mayStart) void raisePool(threads);
  return state.pool;
}

/** Resolves when the pool is up with at least `threads` workers, or could not be had (`blocked`, or the reasons, say why). */
export async function raisePool(threads: number): Promise<void> {
  const state = shared();
  const { joinable } = loaded();
  if (joinable === undefined || state.pool !== undefined || isBlocked()) return;
  state.starting ??= start(joinable, Math.max(threads, plannedThreads())).finally(() => {
    state.starting = undefined;
  });
  await state.starting;
}

/** Ends the pool after the job in hand; the next use starts a new one. */
export async function dismissPool(): Promise<void> {
  const state = shared();
  await state.starting;
  forgetBlock();
  const { pool } = state;
  if (pool === undefined) return;
  const unlock = await pool.lock.acquire();
  if (state.pool === pool) state.pool = undefined;
  await pool.close();
  unlock?.();
}

/** The next use asks anew whether a pool can be had. */
export function forgetBlock(): void {
  const state = shared();
  state.blocked = undefined;
  state.stillbirths = 0;
  state.retryAt = 0;
}

/** Forgets the pool at once, because its memory is dropped, and ends it; no job may be in hand. */
export function abandonPool(): void {
  const state = shared();
  const { pool } = state;
  state.pool = undefined;
  void pool?.close();
}

/** Starts the clock of idleness, after which the pool is closed. */
export function watchIdleness(): void {
  const state = shared();
  const { idleMilliseconds } = state.settings;
  stopWatch();
  if (state.pool === undefined || !Number.isFinite(idleMilliseconds)) return;
  const timer = setTimeout(() => void dismissPool(), idleMilliseconds);
  (timer as { unref?: () => void }).unref?.(); // a script may end before that
  state.idleTimer = timer;
}

/** Stops the clock of idleness: the pool is at work. */
export function stopWatch(): void {
  clearTimeout(shared().idleTimer);
}

async function start(joinable: Joinable, threads: number): Promise<void> {
  const state = shared();
  const refusals: string[] = [];
  let isStillborn = false;
  for (const way of workerWays(state.settings.workerUrl)) {
    const attempt = await tryWay(joinable, way, threads);
    if ("pool" in attempt) {
      // a memory that was dropped in the meantime needs no pool any more
      if (state.loaded?.joinable === joinable) state.pool = attempt.pool;
      else await attempt.pool.close();
      forgetBlock();
      return;
    }
    refusals.push(attempt.refusal);
    isStillborn = attempt.isStillborn;
  }
  const why = refusals.length === 0 ? "this host has none" : refusals.join("; ");
  if (!isStillborn) {
    state.blocked = `workers blocked (${why})`;
    return;
  }
  // short of memory, perhaps: the next use tries again at once, and after that now and then
  recordPoolReason(`no pool yet, workers died as they started (${why})`);
  const doublings = Math.min(MOST_DOUBLINGS, state.stillbirths - 1);
  state.retryAt = state.stillbirths === 0 ? 0 : performance.now() + FIRST_WAIT * powerOfTwo(doublings);
  state.stillbirths++;
}

/** Whether no pool can be had, or none for now. */
function isBlocked(): boolean {
  const { blocked, retryAt } = shared();
  return blocked !== undefined || (retryAt > 0 && performance.now() < retryAt);
}

/** A pool, or why there is none; stillborn: workers could be made, and yet did not come up. */
async function tryWay(
  joinable: Joinable,
  way: WorkerWay,
  threads: number,
): Promise<{ readonly pool: Pool } | { readonly refusal: string; readonly isStillborn: boolean }> {
  const state = shared();
  let made = 0;
  const begin: WorkerWay["start"] = (events) => {
    const worker = way.start(events);
    made++;
    return worker;
  };
  try {
    const pool = await startPool(joinable, { ...way, start: begin }, threads, (reason) => {
      recordPoolReason(reason);
      state.pool = undefined; // there is one pool at a time
    });
    return { pool };
  } catch (error) {
    const refusal = `${way.name}: ${error instanceof Error ? error.message : String(error)}`;
    return { refusal, isStillborn: way.isTrusted && made > 0 };
  }
}
