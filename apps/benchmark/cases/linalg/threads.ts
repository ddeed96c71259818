/**
 * What a second thread is worth, whether it changes a bit of the answer, and what two threads do elsewhere.
 *
 *   product    C = A B, [n, n] float32            attention  one head of [n, 64] float32
 */
import { availableParallelism } from "node:os";
import { matmul, matmulAsync, streamingAttention, streamingAttentionSync, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
import { besides } from "../../rivals/side.js";
import { largestDifference } from "../difference.js";
import { gaussian } from "../gaussian.js";

interface ThreadsInput {
  readonly task: string;
  readonly A: NdArray;
  readonly B: NdArray;
}

const D = 64;
const cores = availableParallelism();

export const benchCase: Case<ThreadsInput, Values> = {
  id: "linalg/threads",
  question: "How much faster are several threads, and are the bits the same?",
  sizes: {
    quick: [
      { task: "product", n: 1024 },
      { task: "attention", n: 2048 },
    ],
    full: [
      { task: "product", n: 512 },
      { task: "product", n: 1024 },
      { task: "product", n: 2048 },
      { task: "attention", n: 4096 },
      { task: "attention", n: 8192 },
    ],
  },
  errorUnit: "largest difference to one thread",
  allowedError: 0, // equal bits are promised
  input: ({ task, n }, { seed }) => {
    const columns = task === "product" ? Number(n) : D;
    const make = (name: string): NdArray => gaussian(seed, `threads/${name}`, Number(n), columns);
    return Promise.resolve({ task: String(task), A: make("A"), B: make("B") });
  },
  reference: ({ task, A, B }) => Promise.resolve(valuesOf(task === "product" ? matmul(A, B) : streamingAttentionSync(A, B, B).output)),
  error: largestDifference,
  contenders: [
    {
      name: "1 thread",
      role: "ours-exact",
      prepare: ({ task, A, B }) => {
        const run = (): unknown => (task === "product" ? matmul(A, B) : streamingAttentionSync(A, B, B).output);
        return Promise.resolve({ run, read: (C) => valuesOf(C as NdArray) });
      },
    },
    ...(cores > 1 ? [2, ...(cores > 2 ? [cores] : [])].map(withThreads) : []),
    ...(cores > 1 ? [onnxruntimeWeb()] : []),
  ],
};

function withThreads(threads: number): Contender<ThreadsInput, Values> {
  return {
    name: `${threads} threads`,
    role: "ours",
    threads,
    prepare: ({ task, A, B }) => {
      const product = (): Promise<NdArray> => matmulAsync(A, B, { threads });
      const attention = async (): Promise<NdArray> => (await streamingAttention(A, B, B, { threads })).output;
      return Promise.resolve({ run: task === "product" ? product : attention, read: (C) => valuesOf(C as NdArray) });
    },
  };
}

function onnxruntimeWeb(): Contender<ThreadsInput, Values> {
  const kind = "onnxruntime-web (2 threads)";
  return {
    name: kind,
    role: "rival",
    engine: "wasm",
    threads: 2,
    fullOnly: true,
    allowedError: 1e-3, // float32 sums of up to 2048 products of normal numbers in another order; one wrong entry is off by 1 and more
    hidden: ({ task }) => task !== "product",
    prepare: ({ A, B }) => {
      const n = A.shape[0]!;
      return besides({ kind, task: { m: n, k: n, n, A: valuesOf(A), B: valuesOf(B) } });
    },
  };
}

function valuesOf(C: NdArray): Values {
  return C.data as Values;
}
