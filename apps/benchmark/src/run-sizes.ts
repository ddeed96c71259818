/** One case at its sizes, one after the other, in the process at hand. */
import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Case, CaseContext, Size } from "./case.js";
import type { CaseResult } from "./result.js";
import { runCase, type CaseOptions } from "./run-case.js";
import { selectContenders, sizeText, type Selection } from "./select.js";

/** What may be sent to another process. */
export interface SizesTask extends Pick<Selection, "profile" | "rivals"> {
  readonly sizes: readonly Size[];
  readonly effort: Pick<CaseOptions, "rounds" | "sampleTime" | "budget" | "cutoff" | "timeLimit">;
  /** Seconds from now after which a size gets one round. */
  readonly hurryAfter: number;
  readonly seed: string;
  /** Threads of our own methods. */
  readonly threads: number;
}

/** Told while the sizes run. */
export interface SizesControl {
  readonly signal?: AbortSignal | undefined;
  /** The share that is done, and at what the work is. */
  report(share: number, doing: string): void;
  rows(result: CaseResult): void;
}

const HURRY = { rounds: 1, budget: 0 };

/** Runs the sizes; an abort ends it after the sample in hand. */
export async function runSizes(benchCase: Case, task: SizesTask, context: CaseContext, control: SizesControl): Promise<void> {
  const { sizes, effort, hurryAfter, seed } = task;
  const { signal } = control;
  const began = performance.now();
  const collectGarbage = garbageCollector();
  for (const [s, size] of sizes.entries()) {
    if (signal?.aborted) break;
    const onProgress = (share: number): void => {
      control.report((s + share) / sizes.length, sizeText(size));
    };
    onProgress(0);
    const late = (performance.now() - began) / 1000 > hurryAfter;
    const options = { ...effort, ...(late ? HURRY : {}), seed, collectGarbage, onProgress, ...(signal ? { signal } : {}) };
    control.rows(await runCase(benchCase, size, selectContenders(benchCase, size, task), context, options));
  }
}

/** A context that makes each shared value once. */
export function createContext(seed: string, threads: number): CaseContext {
  const made = new Map<string, Promise<unknown>>();
  return {
    seed,
    threads,
    once<T>(key: string, make: () => Promise<T>): Promise<T> {
      const value = made.get(key) ?? make();
      made.set(key, value);
      return value as Promise<T>;
    },
  };
}

/** Collects garbage outside the clock, so that no contender pays for what another left behind; and keeps compiled code, which it would throw away. */
function garbageCollector(): () => void {
  setFlagsFromString("--no-flush-bytecode");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
