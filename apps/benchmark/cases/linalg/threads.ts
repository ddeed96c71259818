/**
 * What a second thread is worth, and whether it changes a bit of the answer.
 *
 *   product    C = A B, [n, n] float32            attention  one head of [n, 64] float32
 */
import { availableParallelism } from "node:os";
import { matmul, matmulAsync, streamingAttention, streamingAttentionSync, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
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
  ],
};

function withThreads(threads: number): Contender<ThreadsInput, Values> {
  return {
    name: `${threads} threads`,
    role: "ours",
    prepare: ({ task, A, B }) => {
      const product = (): Promise<NdArray> => matmulAsync(A, B, { threads });
      const attention = async (): Promise<NdArray> => (await streamingAttention(A, B, B, { threads })).output;
      return Promise.resolve({ run: task === "product" ? product : attention, read: (C) => valuesOf(C as NdArray) });
    },
  };
}

function valuesOf(C: NdArray): Values {
  return C.data as Values;
}
