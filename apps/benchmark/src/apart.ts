/**
 * A case in a process of its own. Engines compile a function for the kinds of arguments that it has met: in one process the order of the cases would
 * decide how fast each is, and a library that breaks would take the rest with it.
 */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { backend } from "@subquad/linalg-core";
import type { Case } from "./case.js";
import type { CaseResult } from "./result.js";
import type { SizesControl, SizesTask } from "./run-sizes.js";
import { selectContenders, sizeText } from "./select.js";

/** To the process: what to run, or that it is to stop. */
export type ToCase = { readonly id: string; readonly task: SizesTask; readonly deterministic: boolean; readonly js: boolean } | "abort";

/** From it: how far it is, a row group, or why it failed. */
export type FromCase = { readonly share: number; readonly doing: string } | { readonly result: CaseResult } | { readonly failure: string };

/** The program of the process: beside this one when built; for the sources, which only tests run, the one that was built last. */
const script = ["./case-process.js", "../dist/case-process.js"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);

/** `runSizes` in a new process; the sizes that it does not live to report are rows that say so. */
export async function runApart(benchCase: Case, task: SizesTask, { signal, report, rows }: SizesControl): Promise<void> {
  const { name, deterministic } = backend();
  if (script === undefined) throw new Error("runApart: expected the benchmark to be built; run npm run build");
  const child = fork(script, { serialization: "advanced" });
  const send = (message: ToCase): void => {
    if (child.connected) child.send(message);
  };
  const abort = (): void => {
    send("abort");
  };
  signal?.addEventListener("abort", abort, { once: true });
  let done = 0;
  let failure: string | undefined;
  const ending = await new Promise<string>((resolve) => {
    child.on("message", (message: FromCase) => {
      if ("share" in message) report(message.share, message.doing);
      else if ("failure" in message) failure = message.failure;
      else {
        done++;
        rows(message.result);
      }
    });
    child.on("error", (error) => {
      resolve(error.message);
    });
    child.on("close", (code, killer) => {
      resolve(killer ?? `exit status ${code}`);
    });
    send({ id: benchCase.id, task, deterministic, js: name === "js" });
  });
  signal?.removeEventListener("abort", abort);
  if (failure !== undefined) throw new Error(failure);
  if (signal?.aborted) return;
  for (const size of task.sizes.slice(done)) {
    const { id, question, errorUnit, allowedError } = benchCase;
    const reason = `the process of ${id} ended at ${sizeText(task.sizes[done]!)}: ${ending}`;
    const contenders = selectContenders(benchCase, size, task).map(({ name: contender, role, engine, threads }) => {
      return { name: contender, role, ...(engine ? { engine } : {}), ...(threads ? { threads } : {}), status: "failed" as const, reason };
    });
    rows({ id, question, errorUnit, allowedError, size, threads: task.threads, contenders });
  }
}
