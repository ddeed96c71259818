/** S A for every family of random embeddings, beside one pass over A, and beside products with a stored S. A has standard normal entries. */
import { countSketch, gaussian, sampleSketch, sparseSign, srht } from "@subquad/sketch";
import type { Contender, Size, Values } from "../../src/case.js";
import { gemmRivals } from "../rival-contenders.js";
import { embeddingCase, type EmbeddingTask } from "./embedding-case.js";

/** Above this a stored S takes half a gigabyte and more. */
const MOST_STORED = 16_384;

export const benchCase = embeddingCase("sketch/families", {
  question: "What does a random embedding cost?",
  sizes: {
    quick: [],
    full: [
      { n: 16_384, d: 64, m: 512 },
      { n: 65_536, d: 64, m: 2048 },
      { n: 131_072, d: 64, m: 512 },
    ],
  },
  allowedError: 0.6, // √(d/m) is 0.35 for m = 8 d; sparse signs kept within 0.45 on every input tried
  families: { countSketch, sparseSign, srht, gaussian },
  mayBeSlow: ["gaussian"],
  entries: (rng, { n, d }) => Float64Array.from({ length: n * d }, () => rng.normal()),
  others: gemmRivals("float64").map((rival): Contender<EmbeddingTask, Values> => ({
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
});
