/**
 * The truth about a head: all rows of exact attention in float64, by workers when there is much to do.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { AttentionTask } from "../rivals/rival.js";
import { attentionRows, type RowsTask } from "./attention-rows.js";

const WORTH_A_WORKER = 2 ** 22; // pairs: about 0.1 s of work
const script = new URL("./reference-worker.js", import.meta.url); // beside the built program; absent when the sources run under a test

/** All rows of softmax(scale · Q Kᵀ) V, row-major [n, d]. */
export async function exactAttention(task: AttentionTask): Promise<Float64Array> {
  const { n, d } = task;
  if (n * n < WORTH_A_WORKER || !existsSync(fileURLToPath(script))) return attentionRows({ ...task, from: 0, to: n });
  const parts = Math.min(availableParallelism(), 8);
  const step = Math.ceil(n / parts / 4) * 4;
  const starts = Array.from({ length: Math.ceil(n / step) }, (_, part) => part * step);
  const results = await Promise.all(starts.map((from) => inWorker({ ...task, from, to: Math.min(n, from + step) })));
  const O = new Float64Array(n * d);
  for (const [part, rows] of results.entries()) O.set(rows, starts[part]! * d);
  return O;
}

function inWorker(task: RowsTask): Promise<Float64Array> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: task });
    worker.once("message", (rows: Float64Array) => {
      resolve(rows);
      void worker.terminate();
    });
    worker.once("error", reject);
  });
}
