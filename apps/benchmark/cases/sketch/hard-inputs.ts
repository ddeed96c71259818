/**
 * The distortion of fast embeddings at m = 8 d where it is largest: matrices with few rows that matter, with rows of very different lengths, or with
 * nearly dependent columns. CountSketch takes no part: two of d rows that alone matter meet in one of 8 d places as good as always, which loses a direction.
 */
import { sparseSign, srht } from "@subquad/sketch";
import type { Rng } from "@subquad/linalg-core";
import { embeddingCase } from "./embedding-case.js";

type Fill = (rng: Rng, n: number, d: number) => Float64Array;

const normal: Fill = (rng, n, d) => Float64Array.from({ length: n * d }, () => rng.normal());

/** Row i times factor(i). */
function scaled(A: Float64Array, d: number, factor: (i: number) => number): Float64Array {
  for (let i = 0; i * d < A.length; i++) for (let p = i * d, f = factor(i); p < (i + 1) * d; p++) A[p]! *= f;
  return A;
}

const inputs: Readonly<Record<string, Fill>> = {
  normal,
  "d rows of the identity": (_, n, d) => Float64Array.from({ length: n * d }, (_each, p) => (Math.floor(p / d) === p % d ? 1 : 0)),
  "identities stacked": (_, n, d) => Float64Array.from({ length: n * d }, (_each, p) => (Math.floor(p / d) % d === p % d ? 1 : 0)),
  "2 d heavy rows": (rng, n, d) => scaled(normal(rng, n, d), d, (i) => (i < 2 * d ? 1e3 : 1)),
  "rows of Cauchy lengths": (rng, n, d) => scaled(normal(rng, n, d), d, () => rng.normal() / rng.normal()),
  "condition 1e8": (rng, n, d) => normal(rng, n, d).map((x, p) => x * 10 ** ((-8 * (p % d)) / (d - 1))),
};

export const benchCase = embeddingCase("sketch/hard-inputs", {
  question: "How far does an embedding of 8 d rows distort, at worst?",
  sizes: { quick: [], full: Object.keys(inputs).map((input) => ({ input, n: 8192, d: 64, m: 512 })) },
  allowedError: 0.6,
  families: { sparseSign, srht },
  entries: (rng, { n, d }, { input }) => inputs[String(input)]!(rng, n, d),
});
