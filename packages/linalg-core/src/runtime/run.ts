/**
 * One asynchronous call in flight: its controls, checked once, and what they ask of the work.
 */
import { OptionError } from "../errors.js";
import { breathe } from "./breath.js";
import { createProgress, NO_PROGRESS, type Progress } from "./progress.js";
import { plannedThreads } from "./pool-keeper.js";
import { assertThreads } from "./threads.js";

/** How a caller steers and watches one asynchronous call. */
export interface RunControl {
  /** Aborting rejects with the signal's reason and leaves nothing behind; an aborted one rejects before any work. Default none. */
  readonly signal?: AbortSignal;
  /** Called with growing `done`, at most 20 times a second and once at the end; what it throws ends the call. Default none. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Threads to use: 1 to 16, or as many as configure() allows. The bits of the result do not depend on it. Default "auto". */
  readonly threads?: number | "auto";
}

/** The options of RunControl: an asynchronous function knows them, its Sync twin refuses them. */
export const RUN_CONTROL = ["signal", "onProgress", "threads"] as const satisfies readonly (keyof RunControl)[];

export interface Run {
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress;
  readonly isWatched: boolean;
  /** Workers to use, read when a job starts; 1 stands for the calling thread. */
  threads(): number;
  /** Milliseconds since the call began. */
  elapsed(): number;
  /** Throws the signal's reason if it is aborted. */
  check(): void;
  /** Whether the event loop has waited long enough. */
  breathDue(): boolean;
  /** Lets the event loop turn, then checks. */
  breathe(): Promise<void>;
  /** Whether the last throw was the caller's wish (an abort, an error of onProgress) and not a failure of the work. */
  isStopped(): boolean;
}

/** Milliseconds of work between turns of the event loop; with tiles of 4 ms, and a slice to spare, it never waits 50. */
const BREATH_EVERY = 12;

/** Checks the controls of a call and starts its clock. */
export function openRun(where: string, { signal, onProgress, threads = "auto" }: RunControl): Run {
  assertThreads(where, threads);
  if (signal !== undefined && !isSignal(signal)) throw new OptionError(where, "signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function") throw new OptionError(where, "onProgress", "a function", onProgress);

  let isStopped = false;
  const began = performance.now();
  let breathed = began;
  const check = (): void => {
    if (!signal?.aborted) return;
    isStopped = true;
    signal.throwIfAborted();
  };
  const report = (done: number, total: number): void => {
    isStopped = true; // should the callback throw
    onProgress!(done, total);
    isStopped = false;
  };
  return {
    signal,
    progress: onProgress === undefined ? NO_PROGRESS : createProgress(report),
    isWatched: onProgress !== undefined,
    threads: () => (threads === "auto" ? plannedThreads() : threads),
    elapsed: () => performance.now() - began,
    check,
    breathDue: () => performance.now() - breathed > BREATH_EVERY,
    breathe: async () => {
      await breathe();
      breathed = performance.now();
      check();
    },
    isStopped: () => isStopped,
  };
}

/** Any object that keeps the contract will do: polyfills and other realms have their own class. */
function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value && "throwIfAborted" in value && "addEventListener" in value;
}
