/**
 * What a program sets in its environment and asks of it: backend, threads, memory.
 *
 * Nothing of this is needed: without it the best backend that runs is used, and the pool starts and stops by itself.
 */
import { usesPlainArrays } from "../array/make-array.js";
import { OptionError } from "../errors.js";
import { assertBoolean, assertInRange, assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import { INITIAL_BYTES } from "./layout.js";
import { compileLate } from "./loader.js";
import { abandonPool, dismissPool, forgetBlock, plannedThreads, raisePool, watchIdleness } from "./pool-keeper.js";
import { loaded } from "./runtime.js";
import { shared, whenIdle } from "./shared.js";
import { assertThreads } from "./threads.js";
import type { Settings } from "./types.js";

/** All fields are optional; what is left out stays as it is. */
export interface ConfigureOptions {
  /** "auto": WebAssembly, else JavaScript. "wasm": WebAssembly or an OptionError. "js": plain JavaScript. Default "auto". */
  readonly backend?: "auto" | "wasm" | "js";
  /** Threads of an asynchronous call that does not say: 1 to 16, or one for each processor. Bits never depend on it. Default "auto". */
  readonly threads?: number | "auto";
  /** No fused multiply-add: the same bits on every machine, in Node and browsers. Default: whether SUBQUAD_DETERMINISTIC is 1. */
  readonly deterministic?: boolean;
  /** Bytes of compute memory at most, in [2^24, 2^32]. Beyond it calls fail with ERR_LIMIT. Default 2^32. */
  readonly maxBytes?: number;
  /** Address of `@subquad/linalg-core/worker.js` as you serve it, for pages whose policy forbids blob: workers. Unused in Node. Default none. */
  readonly workerUrl?: string | URL;
  /** Milliseconds without a job after which the pool closes, in (0, 2^31) or Infinity. Default Infinity: it need not, since it never keeps Node alive. */
  readonly idleMilliseconds?: number;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** What runs, and why nothing better does. */
export interface BackendReport {
  readonly name: "wasm-relaxed" | "wasm-simd" | "js";
  /** Threads that an asynchronous call uses unless it says otherwise. */
  readonly threads: number;
  /** Whether workers can share the memory. */
  readonly sharedMemory: boolean;
  /** Whether results have the same bits on every machine. */
  readonly deterministic: boolean;
  /** Bytes of compute memory now held for inputs and results, in use or not. */
  readonly arenaBytes: number;
  /** One sentence for each thing that was not to be had. */
  readonly reasons: readonly string[];
}

/**
 * Sets how everything in this process computes; never needed, and best called once, at the start.
 * @param options see ConfigureOptions.
 * @throws OptionError for unknown options and bad values, and for a change of backend or `deterministic` while a computation runs; then
 * nothing is changed.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example configure({ deterministic: true, threads: 2 });
 */
export function configure(options: ConfigureOptions = {}): void {
  const where = "configure";
  assertKnownOptions(where, options, ["backend", "threads", "deterministic", "maxBytes", "workerUrl", "idleMilliseconds"]);
  const state = shared();
  const { settings } = state;
  const { backend = settings.backend, threads = settings.threads, deterministic = settings.deterministic } = options;
  const { maxBytes = settings.maxBytes, workerUrl = settings.workerUrl, idleMilliseconds = settings.idleMilliseconds } = options;
  assertOneOf(where, { backend }, ["auto", "wasm", "js"]);
  assertThreads(where, threads);
  assertBoolean(where, { deterministic });
  assertInteger(where, { maxBytes }, INITIAL_BYTES, 2 ** 32);
  if (workerUrl !== undefined && typeof workerUrl !== "string" && !(workerUrl instanceof URL)) {
    throw new OptionError(where, "workerUrl", "a string or a URL", workerUrl);
  }
  assertInRange(where, { idleMilliseconds }, 0, Infinity, { openLow: true });
  if (idleMilliseconds > LONGEST_TIMER && idleMilliseconds < Infinity) {
    throw new OptionError(where, "idleMilliseconds", `at most ${LONGEST_TIMER}, the longest timer, or Infinity`, idleMilliseconds);
  }

  const isOther = backend !== settings.backend || deterministic !== settings.deterministic;
  if (isOther && state.openScopes > 0) {
    const rule = "no change while a computation runs";
    if (backend !== settings.backend) throw new OptionError(where, "backend", rule, backend);
    throw new OptionError(where, "deterministic", rule, deterministic);
  }
  const next: Settings = { backend, threads, deterministic, maxBytes, workerUrl: workerUrl?.toString(), idleMilliseconds };
  Object.assign(settings, next);
  forgetBlock(); // another workerUrl may be allowed
  if (isOther) unload();
  watchIdleness();
}

/**
 * What computes here: the backend, its threads, and the reasons why nothing better does. Loads the backend if nothing has yet.
 * @returns BackendReport.
 * @throws OptionError when configure() demands WebAssembly and the engine has none.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example backend().reasons // -> ["SharedArrayBuffer unavailable: page is not cross-origin isolated"]
 */
export function backend(): BackendReport {
  const { name, joinable, arena, reasons } = loaded();
  const { blocked, poolReasons } = shared();
  const arrays = usesPlainArrays() ? ["csp: plain ndarray class"] : [];
  return {
    name,
    threads: plannedThreads(),
    sharedMemory: joinable !== undefined,
    deterministic: name !== "wasm-relaxed",
    arenaBytes: arena.capacity(),
    reasons: [...reasons, ...(blocked === undefined ? [] : [blocked]), ...poolReasons, ...arrays],
  };
}

/**
 * Loads the backend and starts the pool, so that the first call does not pay for it (50 to 90 ms, mostly the pool).
 *
 * Where an engine refuses to compile synchronously, synchronous calls use JavaScript until this has resolved.
 * @param options what to prepare.
 * @param options.threads whether to start the pool. Default true.
 * @returns a promise; it resolves also where there are no threads, and `backend().reasons` says why.
 * @throws (rejects) OptionError for bad options, or as `backend()`.
 * @complexity O(threads).
 * @source Subquad's own convention.
 * @example await ready();
 */
export async function ready(options: { readonly threads?: boolean } = {}): Promise<void> {
  assertKnownOptions("ready", options, ["threads"]);
  const { threads = true } = options;
  assertBoolean("ready", { threads });
  const early = loaded();
  if (early.late.length > 0) {
    const late = await compileLate(shared().settings, early);
    await new Promise<void>((resolve) => {
      whenIdle(() => {
        const state = shared();
        if (state.loaded === early) state.loaded = late; // unless configure() has chosen another
        resolve();
      });
    });
  }
  const planned = plannedThreads();
  if (threads && planned > 1) await raisePool(planned);
}

/**
 * Ends the workers once the job in hand is finished. Never needed for a script to end; the next threaded call starts new ones.
 * @returns a promise that resolves when they are gone.
 * @throws nothing.
 * @complexity O(threads).
 * @source Subquad's own convention.
 * @example await closePool();
 */
export function closePool(): Promise<void> {
  return dismissPool();
}

/**
 * Gives compute memory and the workers back to the system: at once, or when the computations that run now have ended.
 *
 * Results are not touched, they are ordinary arrays. The next call starts with fresh memory.
 * @throws nothing.
 * @complexity O(threads).
 * @source Subquad's own convention.
 * @example releaseMemory();
 */
export function releaseMemory(): void {
  whenIdle(unload);
}

/** Drops backend, memory and pool; only between computations. */
function unload(): void {
  shared().loaded = undefined;
  abandonPool();
}
