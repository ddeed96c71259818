import type { Certificate, CsrMatrix } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { leverageScores, leverageScoresSync, type LeverageScores, type LeverageScoresOptions } from "../src/leverage.js";

declare const sparse: CsrMatrix;

test("sync and async", () => {
  expectTypeOf(leverageScores([[1, 2]])).toEqualTypeOf<Promise<LeverageScores>>();
  expectTypeOf(leverageScoresSync(sparse, { ridge: 1 })).toEqualTypeOf<LeverageScores>();
  expectTypeOf(leverageScores).toBeCallableWith(sparse, { method: "fast", signal: AbortSignal.abort(), threads: 2 });
  // @ts-expect-error the sync form has no signal
  leverageScoresSync(sparse, { signal: AbortSignal.abort() });
  // @ts-expect-error no such method
  leverageScoresSync(sparse, { method: "svd" });
});

test("result", () => {
  expectTypeOf<LeverageScoresOptions["seed"]>().toEqualTypeOf<string | number | undefined>();
  expectTypeOf<LeverageScores["scores"]>().toEqualTypeOf<Float64Array>();
  expectTypeOf<LeverageScores["method"]>().toEqualTypeOf<"exact" | "fast">();
  expectTypeOf<LeverageScores["certificate"]>().toEqualTypeOf<Certificate>();
});
