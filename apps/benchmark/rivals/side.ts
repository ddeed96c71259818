/** Contenders that must not share a thread or a process-wide setting with the others: each in a worker, timed there. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { AbsentError, type Prepared, type Values } from "../src/case.js";
import type { GemmTask } from "./rival.js";

/** What the worker is for, and on what. */
export interface SideJob {
  readonly kind: "onnxruntime-web (2 threads)" | "subquad without WebAssembly";
  readonly task: GemmTask;
}

export type SideRequest = "prepare" | "run" | "read";

export interface SideAnswer {
  readonly version?: string;
  readonly seconds?: number;
  readonly values?: Values;
  readonly failure?: string;
  readonly absent?: boolean;
}

/** The product of a task in a worker; its time is the one that the worker took. */
export async function besides(job: SideJob): Promise<Prepared<Values>> {
  const script = ["./side-worker.js", "../dist/side-worker.js"].map((path) => new URL(path, import.meta.url)).find(isThere);
  if (!script) throw new AbsentError("not built: npm run build");
  const worker = new Worker(script, { workerData: job });
  const ask = (request: SideRequest): Promise<SideAnswer> => inTurn(worker, request);
  try {
    const { version } = await ask("prepare");
    return {
      ...(version ? { version } : {}),
      run: () => ask("run"),
      seconds: (answer) => (answer as SideAnswer).seconds!,
      read: async () => (await ask("read")).values!,
      close: () => worker.terminate(),
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** One request and its answer. */
function inTurn(worker: Worker, request: SideRequest): Promise<SideAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off("message", answered).off("error", failed);
    };
    const answered = (answer: SideAnswer): void => {
      settle();
      if (answer.failure === undefined) resolve(answer);
      else reject(answer.absent ? new AbsentError(answer.failure) : new Error(answer.failure));
    };
    const failed = (error: Error): void => {
      settle();
      reject(error);
    };
    worker.on("message", answered).on("error", failed);
    worker.postMessage(request);
  });
}

function isThere(url: URL): boolean {
  return existsSync(fileURLToPath(url));
}
