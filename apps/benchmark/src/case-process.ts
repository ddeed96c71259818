/** The process of one case: gets its task, reports row groups, ends. */
import { closePool, configure } from "@subquad/linalg-core";
import { cases } from "../cases/index.js";
import type { FromCase, ToCase } from "./apart.js";
import { createContext, runSizes } from "./run-sizes.js";

const interrupt = new AbortController();
process.on("SIGINT", () => undefined); // a terminal sends it to both processes; the first one decides
process.on("disconnect", () => process.exit(1));
process.on("message", (message: ToCase) => {
  if (message === "abort") interrupt.abort();
  else void work(message);
});

async function work({ id, task, deterministic, js }: Exclude<ToCase, "abort">): Promise<void> {
  try {
    configure({ deterministic, ...(js ? { backend: "js" } : {}) });
    const control = {
      signal: interrupt.signal,
      report: (share: number, doing: string): void => void send({ share, doing }),
      rows: (result: Extract<FromCase, { result: unknown }>["result"]): void => void send({ result }),
    };
    const benchCase = cases.find((one) => one.id === id);
    if (!benchCase) throw new Error(`no case is called ${id}`);
    await runSizes(benchCase, task, createContext(task.seed, task.threads), control);
    await closePool();
  } catch (error) {
    await send({ failure: error instanceof Error ? error.message : String(error) });
  }
  process.exit(); // whatever a library still holds
}

function send(message: FromCase): Promise<void> {
  return new Promise((resolve) => {
    process.send!(message, () => {
      resolve();
    });
  });
}
