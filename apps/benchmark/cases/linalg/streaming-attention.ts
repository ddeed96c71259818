/**
 * One head of exact attention without the n x n matrix, against the same with it: our own product, softmax and product.
 *
 *   Q, K, V  [n, 64]  float32, standard normal     S  [n, n]
 */
import { matmul, softmaxRows, streamingAttentionSync, transpose, type NdArray } from "@subquad/linalg-core";
import type { Case, Values } from "../../src/case.js";
import { exactAttention } from "../../src/reference.js";
import { largestDifference } from "../difference.js";
import { gaussian } from "../gaussian.js";

interface Head {
  readonly n: number;
  readonly Q: NdArray;
  readonly K: NdArray;
  readonly V: NdArray;
}

const D = 64;

export const benchCase: Case<Head, Values> = {
  id: "linalg/streaming-attention",
  question: "What is it worth not to write the n x n scores down?",
  sizes: { quick: [], full: [{ n: 2048 }, { n: 4096 }, { n: 8192 }] },
  errorUnit: "largest error of an entry",
  allowedError: 1e-5,
  input: ({ n }, { seed }) => {
    const make = (name: string): NdArray => gaussian(seed, `streaming/${name}`, Number(n), D);
    return Promise.resolve({ n: Number(n), Q: make("Q"), K: make("K"), V: make("V") });
  },
  reference: ({ n, Q, K, V }) => {
    const [q, k, v] = [Q, K, V].map(({ data }) => data as Float32Array) as [Float32Array, Float32Array, Float32Array];
    return exactAttention({ n, d: D, Q: q, K: k, V: v, scale: 1 / Math.sqrt(D), causal: false });
  },
  error: largestDifference,
  contenders: [
    {
      name: "full scores",
      role: "ours-exact",
      prepare: ({ Q, K, V }) => {
        const scores = (): NdArray => matmul(Q, transpose(K));
        const run = (): NdArray => matmul(softmaxRows(scores(), { scale: 1 / Math.sqrt(D) }), V);
        return Promise.resolve({ run, read: (output) => (output as NdArray).data as Values });
      },
    },
    {
      name: "streaming",
      role: "ours",
      prepare: ({ Q, K, V }) =>
        Promise.resolve({ run: () => streamingAttentionSync(Q, K, V).output, read: (output) => (output as NdArray).data as Values }),
    },
  ],
};
