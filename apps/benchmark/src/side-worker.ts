/** A contender in a worker of its own: makes ready what it is given, then runs, reads and times it as often as it is asked to. */
import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { configure, matmul, view, type NdArray } from "@subquad/linalg-core";
import { onnxruntimeWebTwoThreads } from "../rivals/onnxruntime.js";
import type { GemmTask } from "../rivals/rival.js";
import type { SideAnswer, SideJob, SideRequest } from "../rivals/side.js";
import { AbsentError, type Prepared, type Values } from "./case.js";

const JOBS: Readonly<Record<SideJob["kind"], (task: GemmTask) => Promise<Prepared<Values>>>> = {
  "onnxruntime-web (2 threads)": (task) => onnxruntimeWebTwoThreads.gemm!(task),
  "subquad without WebAssembly": (task) => Promise.resolve(withoutWebAssembly(task)),
};

const { kind, task } = workerData as SideJob;
let ready: Promise<Prepared<Values>> | undefined;
let output: unknown;

parentPort!.on("message", (request: SideRequest) => {
  answer(request).then(
    (reply) => {
      parentPort!.postMessage(reply, reply.values ? [reply.values.buffer as ArrayBuffer] : []);
    },
    (error: unknown) => {
      const failure = error instanceof Error ? error.message : String(error);
      parentPort!.postMessage({ failure, absent: error instanceof AbsentError } satisfies SideAnswer);
    },
  );
});

async function answer(request: SideRequest): Promise<SideAnswer> {
  const prepared = await (ready ??= JOBS[kind](task));
  if (request === "prepare") return prepared.version ? { version: prepared.version } : {};
  if (request === "read") return { values: Float64Array.from(await prepared.read(output)) };
  if (output !== undefined) prepared.release?.(output);
  const before = performance.now();
  output = await prepared.run();
  return { seconds: (performance.now() - before) / 1000 };
}

function withoutWebAssembly({ m, k, n, A, B }: GemmTask): Prepared<Values> {
  configure({ backend: "js" });
  const [a, b] = [view(A, [m, k]), view(B, [k, n])];
  return { run: () => matmul(a, b), read: (C) => (C as NdArray).data as Values };
}
