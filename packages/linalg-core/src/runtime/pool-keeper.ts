/**
 * Keeps the one pool: starts it when work is long enough, replaces it when it died, closes it when idle.
 */
import { hardwareThreads } from "./host.js";
import { startPool, type Pool } from "./pool.js";
import { loaded } from "./runtime.js";
import { recordPoolReason, shared } from "./shared.js";
import type { Joinable } from "./types.js";
import { workerWays, type WorkerWay } from "./worker-host.js";

/** Threads that an asynchronous call uses if it does not say: 1 where no pool can be had. */
export function plannedThreads(): number {
  const { settings, blocked } = shared();
  if (loaded().joinable === undefined || blocked !== undefined) return 1;
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
  if (joinable === undefined || state.pool !== undefined || state.blocked !== undefined) return;
  state.starting ??= start(joinable, Math.max(threads, plannedThreads())).finally(() => {
    state.starting = undefined;
  });
  await state.starting;
}

/** Ends the pool after the job in hand; the next use starts a new one. */
export async function dismissPool(): Promise<void> {
  const state = shared();
  await state.starting;
  state.blocked = undefined;
  const { pool } = state;
  if (pool === undefined) return;
  const unlock = await pool.lock.acquire();
  if (state.pool === pool) state.pool = undefined;
  await pool.close();
  unlock?.();
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
      state.wasStillborn = false;
      return;
    }
    refusals.push(attempt.refusal);
    isStillborn = attempt.isStillborn;
  }
  const why = refusals.length === 0 ? "this host has none" : refusals.join("; ");
  if (isStillborn && !state.wasStillborn) {
    state.wasStillborn = true; // short of memory, perhaps
    recordPoolReason(`no pool yet, workers died as they started (${why})`);
    return;
  }
  state.wasStillborn = false;
  state.blocked = `workers blocked (${why})`;
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
