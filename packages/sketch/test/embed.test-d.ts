import type { CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { embedSubspace, embedSubspaceSync, type EmbeddingFamily, type EmbedSubspaceResult } from "../src/embed.js";
import type { SketchOperator } from "../src/operator.js";

declare const sparse: CsrMatrix;

test("a sketch with the operator that made it, or none", () => {
  expectTypeOf(embedSubspace(sparse, { epsilon: 0.5, seed: 7 })).toEqualTypeOf<Promise<EmbedSubspaceResult>>();
  expectTypeOf(embedSubspaceSync([[1]]).sketch).toEqualTypeOf<NdArray>();
  expectTypeOf<EmbedSubspaceResult["operator"]>().toEqualTypeOf<SketchOperator | undefined>();
  expectTypeOf<EmbedSubspaceResult["method"]>().toEqualTypeOf<EmbeddingFamily | "none">();
  // @ts-expect-error rows need probabilities: sampleRows
  embedSubspaceSync([[1]], { family: "rowSampling" });
});
