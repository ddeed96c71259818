/**
 * What all loaded copies of one version hold in common: settings, the loaded backend, the pool.
 *
 * An ESM and a CommonJS copy in one process find it under a registered symbol, so that they share one memory and one set of workers;
 * another version has other kernels, hence another symbol. Nothing here changes the bits of a result.
 */
import { KERNEL_HASH } from "../generated/hash.js";
import { environment } from "./host.js";
import type { Pool } from "./pool.js";
import type { Loaded, Settings } from "./types.js";

export interface Shared {
  readonly settings: Settings;
  loaded: Loaded | undefined;
  /** Scopes open now: while there is one, addresses are out and `loaded` must stay. */
  openScopes: number;
  /** What waits for the last scope to close. */
  readonly whenIdle: (() => void)[];
  pool: Pool | undefined;
  starting: Promise<void> | undefined;
  idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Why no pool can be had; the next configure() or closePool() forgets it. */
  blocked: string | undefined;
  /** Tries in a row that ended with workers that died as they started. */
  stillbirths: number;
  /** When the next try is due after those, as `performance.now()` tells time; 0 for at once. */
  retryAt: number;
  /** What became of earlier pools. */
  readonly poolReasons: string[];
}

/** The registered symbol under which the copies find each other. */
export const SHARED_KEY = Symbol.for(`@subquad/linalg-core/runtime/${KERNEL_HASH}`);

/** The record in common, made at first use. */
export function shared(): Shared {
  const registry = globalThis as unknown as Record<symbol, Shared | undefined>;
  return (registry[SHARED_KEY] ??= fresh());
}

/** Runs `action` now if no scope is open, else when the last one closes. */
export function whenIdle(action: () => void): void {
  const state = shared();
  if (state.openScopes === 0) action();
  else state.whenIdle.push(action);
}

/** Notes what became of a pool, once. */
export function recordPoolReason(reason: string): void {
  const { poolReasons } = shared();
  if (!poolReasons.includes(reason)) poolReasons.push(reason);
}

function fresh(): Shared {
  return {
    settings: {
      backend: "auto",
      threads: "auto",
      deterministic: environment("SUBQUAD_DETERMINISTIC") === "1",
      maxBytes: 2 ** 32,
      workerUrl: undefined,
      idleMilliseconds: Infinity,
    },
    loaded: undefined,
    openScopes: 0,
    whenIdle: [],
    pool: undefined,
    starting: undefined,
    idleTimer: undefined,
    blocked: undefined,
    stillbirths: 0,
    retryAt: 0,
    poolReasons: [],
  };
}
