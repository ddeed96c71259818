/**
 * S A for every family of random embeddings, beside one pass over A, and beside products with a stored S.
 *
 *   A  [n, d]  float64, standard normal     S  [m, n]      the answer is judged by its distortion: largest |σ(S Q) − 1|, Q a basis of range(A)
 */
import { measureDistortionSync, countSketch, gaussian, sampleSketch, sparseSign, srht, type SketchDistribution } from "@subquad/sketch";
import { rngFor, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Size, Values } from "../../src/case.js";
import { gemmRivals } from "../rival-contenders.js";

interface Task {
  readonly n: number;
  readonly d: number;
  readonly m: number;
  readonly A: Float64Array;
}

/** Above this a stored S takes half a gigabyte and more. */
const MOST_STORED = 16_384;

const families: readonly (readonly [string, (m: number, n: number) => SketchDistribution])[] = [
  ["countSketch", countSketch],
  ["sparseSign", sparseSign],
  ["srht", srht],
  ["gaussian", gaussian],
];

export const benchCase: Case<Task, Values> = {
  id: "sketch/families",
  question: "What does a random embedding cost?",
  sizes: {
    quick: [],
    full: [
      { n: 16_384, d: 64, m: 512 },
      { n: 65_536, d: 64, m: 2048 },
      { n: 131_072, d: 64, m: 512 },
    ],
  },
  errorUnit: "distortion of the range of A",
  allowedError: 0.6, // √(d/m) is 0.35 for m = 8 d; sparse signs kept within 0.45 on every input tried
  input: ({ n, d, m }, { seed }) => {
    const rng = rngFor(seed, `benchmark/families/${n}`);
    const A = Float64Array.from({ length: Number(n) * Number(d) }, () => rng.normal());
    return Promise.resolve({ n: Number(n), d: Number(d), m: Number(m), A });
  },
  reference: ({ A, d }) => Promise.resolve(columnSums(A, d)),
  error: (O, sums, { n, d, m, A }) => {
    if (O.length === d) return Math.max(...O.map((sum, j) => Math.abs(sum - sums[j]!))) / n;
    if (O.length !== m * d) return NaN;
    const { lower, upper } = measureDistortionSync(view(A, [n, d]), view(Float64Array.from(O), [m, d]), { method: "exact" });
    return Math.max(1 - lower, upper - 1);
  },
  contenders: [
    {
      name: "column sums",
      role: "trivial",
      prepare: ({ A, d }) => Promise.resolve({ run: () => columnSums(A, d), read: (sums) => sums as Values }),
    },
    ...families.map(([name, distribution]): Contender<Task, Values> => ({
      name,
      role: "ours",
      prepare: ({ n, d, m, A }, { seed }) => {
        const S = sampleSketch(distribution(m, n), { seed });
        const a = view(A, [n, d]);
        return Promise.resolve({ run: () => S.applyLeftSync(a), read: (SA) => (SA as NdArray).data as Values });
      },
    })),
    ...gemmRivals("float64").map((rival): Contender<Task, Values> => ({
      name: `${rival.name}, S stored`,
      role: "rival",
      ...(rival.engine ? { engine: rival.engine } : {}),
      ...(rival.fullOnly ? { fullOnly: true } : {}),
      hidden: ({ n }: Size) => Number(n) > MOST_STORED,
      prepare: ({ n, d, m, A }, context) => {
        const S = sampleSketch(gaussian(m, n), { seed: context.seed }).toDense().data as Values;
        return rival.prepare({ m, k: n, n: d, A: S, B: A }, context);
      },
    })),
  ],
};

/** One pass over A, the least that any sketch must do. */
function columnSums(A: Float64Array, d: number): Float64Array {
  const sums = new Float64Array(d);
  for (let p = 0; p < A.length; p += d) for (let j = 0; j < d; j++) sums[j] = sums[j]! + A[p + j]!;
  return sums;
}
