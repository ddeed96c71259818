/** The time of sparse embeddings over the rows of A, from what fits the second cache to what fits none: is it in proportion? */
import { countSketch, sparseSign } from "@subquad/sketch";
import { embeddingCase } from "./embedding-case.js";

export const benchCase = embeddingCase("sketch/size-sweep", {
  question: "Does the time of a sparse embedding grow in proportion to the rows?",
  sizes: { quick: [], full: [12, 14, 16, 18, 20].map((log2) => ({ n: 2 ** log2, d: 16, m: 128 })) },
  allowedError: 0.6,
  families: { countSketch, sparseSign },
  entries: (rng, { n, d }) => Float64Array.from({ length: n * d }, () => rng.normal()),
});
