/**
 * A whole run: all selected cases and sizes, one after the other, into a Result. Survives being interrupted.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { performance } from "node:perf_hooks";
import { backend } from "@subquad/linalg-core";
import { checkBars } from "./bars.js";
import type { Case, CaseContext } from "./case.js";
import { currentCommit, currentLoad, describeEnvironment } from "./environment.js";
import type { CaseResult, Result } from "./result.js";
import { runCase, type CaseOptions } from "./run-case.js";
import { checkRivals, selectCases, selectContenders, selectionText, sizeText, type Selection } from "./select.js";

export interface RunSettings extends Selection {
  readonly seed: string;
  /** Thread counts for our own methods; the whole selection runs once for each. */
  readonly threads: readonly number[];
  readonly signal?: AbortSignal;
  /** Replaces parts of the profile's effort; tests make do with little. */
  readonly effort?: Pick<CaseOptions, "rounds" | "sampleTime" | "budget" | "cutoff" | "timeLimit">;
}

/** Told what happens, in this order, by a run. */
export interface Progress {
  /** Shows the work on one case; `work` reports the share that is done. */
  during(title: string, work: (report: (share: number, doing: string) => void) => Promise<void>): Promise<void>;
  /** A row group is ready. */
  rows(result: CaseResult): void;
}

/**
 * Quick answers in three minutes, full in an hour: rounds and times a size, what a contender may take for one answer, and the seconds after
 * which the rest gets one round.
 */
const EFFORT: Readonly<Record<Selection["profile"], CaseOptions & { readonly hurryAfter: number }>> = {
  quick: { rounds: 3, sampleTime: 30, budget: 600, cutoff: 15_000, timeLimit: 30_000, hurryAfter: 120 },
  full: { rounds: 9, sampleTime: 20, budget: 2000, cutoff: 25_000, timeLimit: 120_000, hurryAfter: 3000 },
};

/** Runs the selection. Throws UsageError before any work when nothing matches. */
export async function run(cases: readonly Case[], settings: RunSettings, progress: Progress): Promise<Result> {
  const { profile, seed, threads, signal } = settings;
  checkRivals(cases, settings.rivals);
  const selected = selectCases(cases, settings);
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const environment = describeEnvironment();
  const results: CaseResult[] = [];
  let secondsToFirstRow = NaN;
  const { hurryAfter, ...usual } = EFFORT[profile];
  const effort = { ...usual, ...settings.effort, seed, collectGarbage: garbageCollector(), ...(signal ? { signal } : {}) };
  const hurry = { rounds: 1, budget: 0 };

  for (const count of threads) {
    const context = createContext(seed, count);
    for (const { benchCase, sizes } of selected) {
      if (signal?.aborted) break;
      await progress.during(benchCase.id, async (report) => {
        for (const [s, size] of sizes.entries()) {
          if (signal?.aborted) break;
          const contenders = selectContenders(benchCase, size, settings);
          const onProgress = (share: number): void => {
            report((s + share) / sizes.length, sizeText(size));
          };
          onProgress(0);
          const late = (performance.now() - began) / 1000 > hurryAfter;
          const result = await runCase(benchCase, size, contenders, context, { ...effort, ...(late ? hurry : {}), onProgress });
          results.push(result);
          if (Number.isNaN(secondsToFirstRow)) secondsToFirstRow = (performance.now() - began) / 1000;
          progress.rows(result);
        }
      });
    }
  }
  const result: Result = {
    schemaVersion: 1,
    complete: !signal?.aborted,
    startedAt,
    seconds: (performance.now() - began) / 1000,
    secondsToFirstRow: Number.isNaN(secondsToFirstRow) ? 0 : secondsToFirstRow,
    commit: currentCommit(),
    profile,
    seed,
    selection: selectionText(settings),
    environment: { ...environment, backend: backend().name, loadAfter: currentLoad() },
    cases: results,
    bars: [],
  };
  return { ...result, bars: checkBars(result) };
}

function createContext(seed: string, threads: number): CaseContext {
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
