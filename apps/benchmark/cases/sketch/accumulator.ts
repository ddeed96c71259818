/**
 * A sketch of rows that arrive in 64 shards, each embedded alone and merged, against all rows at once; and what a second thread is worth.
 *
 *   A  [n, 64]  float64, standard normal     S  [m, n]  sparse signs     the answers must have the same bits
 */
import { availableParallelism } from "node:os";
import { createAccumulator, sampleSketch, sparseSign, type SketchOperator } from "@subquad/sketch";
import { rngFor, slice, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
import { largestDifference } from "../difference.js";

interface Task {
  readonly A: NdArray;
  readonly n: number;
  readonly m: number;
}

const D = 64;
const SHARDS = 64;

export const benchCase: Case<Task, Values> = {
  id: "sketch/accumulator",
  question: "What does a sketch in 64 pieces cost, and has it the same bits?",
  sizes: { quick: [], full: [{ n: 16_384, m: 64 }, { n: 131_072, m: 512 }] }, // prettier-ignore
  errorUnit: "largest difference to all rows at once",
  allowedError: 0, // equal bits are promised
  input: ({ n, m }, { seed }) => {
    const rng = rngFor(seed, `benchmark/accumulator/${n}`);
    const entries = Float64Array.from({ length: Number(n) * D }, () => rng.normal());
    return Promise.resolve({ A: view(entries, [Number(n), D]), n: Number(n), m: Number(m) });
  },
  reference: (task, { seed }) => Promise.resolve(valuesOf(operator(task, seed).applyLeftSync(task.A))),
  error: largestDifference,
  contenders: [
    {
      name: "all at once",
      role: "ours-exact",
      prepare: (task, { seed }) => {
        const S = operator(task, seed);
        return Promise.resolve({ run: () => S.applyLeftSync(task.A), read: (SA) => valuesOf(SA as NdArray) });
      },
    },
    {
      name: "64 shards merged",
      role: "ours",
      prepare: ({ A, n, m }, { seed }) => {
        const distribution = sparseSign(m, n);
        const step = n / SHARDS;
        const run = (): NdArray => {
          const shards = Array.from({ length: SHARDS }, (_, t) => {
            const shard = createAccumulator(distribution, D, { seed });
            shard.update(slice(A, [t * step, (t + 1) * step]), { firstRow: t * step });
            return shard;
          });
          const [first, ...others] = shards;
          for (const other of others) first!.merge(other);
          return first!.value();
        };
        return Promise.resolve({ run, read: (SA) => valuesOf(SA as NdArray) });
      },
    },
    ...(availableParallelism() > 1 ? [2].map(withThreads) : []),
  ],
};

function withThreads(threads: number): Contender<Task, Values> {
  return {
    name: `all at once, ${threads} threads`,
    role: "ours",
    threads,
    prepare: (task, { seed }) => {
      const S = operator(task, seed);
      return Promise.resolve({ run: () => S.applyLeft(task.A, { threads }), read: (SA) => valuesOf(SA as NdArray) });
    },
  };
}

function operator({ n, m }: Task, seed: string): SketchOperator {
  return sampleSketch(sparseSign(m, n), { seed });
}

function valuesOf({ data }: NdArray): Values {
  return data as Values;
}
