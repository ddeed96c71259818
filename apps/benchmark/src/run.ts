/**
 * A whole run: all selected cases and sizes, one after the other, into a Result. Survives being interrupted.
 */
import { performance } from "node:perf_hooks";
import { backend } from "@subquad/linalg-core";
import { runApart } from "./apart.js";
import { checkBars } from "./bars.js";
import type { Case } from "./case.js";
import { currentCommit, currentLoad, describeEnvironment } from "./environment.js";
import type { CaseResult, Result } from "./result.js";
import { createContext, runSizes, type SizesControl, type SizesTask } from "./run-sizes.js";
import { checkRivals, selectCases, selectionText, type Selection } from "./select.js";

export interface RunSettings extends Selection {
  readonly seed: string;
  /** Thread counts for our own methods; the whole selection runs once for each. */
  readonly threads: readonly number[];
  readonly signal?: AbortSignal;
  /** Replaces parts of the profile's effort; tests make do with little. */
  readonly effort?: Partial<SizesTask["effort"]>;
  /** Each case in a process of its own, which must be one of the benchmark's. Default false. */
  readonly apart?: boolean;
}

/** Told what happens, in this order, by a run. */
export interface Progress {
  /** Shows the work on one case; `work` reports the share that is done. */
  during(title: string, work: (report: SizesControl["report"]) => Promise<void>): Promise<void>;
  /** A row group is ready. */
  rows(result: CaseResult): void;
}

/**
 * Quick answers in three minutes, full in an hour: rounds and times a size, what a contender may take for one answer, and the seconds after
 * which the rest gets one round.
 */
const EFFORT: Readonly<Record<Selection["profile"], SizesTask["effort"] & { readonly hurryAfter: number }>> = {
  quick: { rounds: 3, sampleTime: 30, budget: 600, cutoff: 15_000, timeLimit: 30_000, hurryAfter: 120 },
  full: { rounds: 9, sampleTime: 20, budget: 2000, cutoff: 25_000, timeLimit: 120_000, hurryAfter: 3000 },
};

/** Runs the selection. Throws UsageError before any work when nothing matches. */
export async function run(cases: readonly Case[], settings: RunSettings, progress: Progress): Promise<Result> {
  const { profile, rivals, seed, threads, signal, apart = false } = settings;
  checkRivals(cases, rivals);
  const selected = selectCases(cases, settings);
  const began = performance.now();
  const secondsSoFar = (): number => (performance.now() - began) / 1000;
  const startedAt = new Date().toISOString();
  const environment = describeEnvironment();
  const results: CaseResult[] = [];
  let secondsToFirstRow = NaN;
  const { hurryAfter, ...usual } = EFFORT[profile];
  const effort = { ...usual, ...settings.effort };

  for (const count of threads) {
    const context = createContext(seed, count);
    for (const { benchCase, sizes } of selected) {
      if (signal?.aborted) break;
      await progress.during(benchCase.id, async (report) => {
        const task = { profile, rivals, seed, sizes, effort, hurryAfter: hurryAfter - secondsSoFar(), threads: count };
        const rows = (result: CaseResult): void => {
          results.push(result);
          if (Number.isNaN(secondsToFirstRow)) secondsToFirstRow = secondsSoFar();
          progress.rows(result);
        };
        const control = { signal, report, rows };
        await (apart ? runApart(benchCase, task, control) : runSizes(benchCase, task, context, control));
      });
    }
  }
  const result: Result = {
    schemaVersion: 1,
    complete: !signal?.aborted,
    startedAt,
    seconds: secondsSoFar(),
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
