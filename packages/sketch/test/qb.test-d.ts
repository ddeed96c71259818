import type { Certificate, CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { qbDecomposition, qbDecompositionSync, type LowRankOptions, type QbDecomposition } from "../src/qb.js";

declare const A: NdArray;
declare const S: CsrMatrix;

test("sync and async", () => {
  expectTypeOf(qbDecomposition(A, { rank: 3 })).toEqualTypeOf<Promise<QbDecomposition>>();
  expectTypeOf(qbDecompositionSync(S, { tolerance: 0.1, seed: "a" })).toEqualTypeOf<QbDecomposition>();
  expectTypeOf(qbDecomposition).toBeCallableWith([[1, 2]], { rank: 1, threads: 2, signal: AbortSignal.abort() });
  // @ts-expect-error the sync form has no signal
  qbDecompositionSync(A, { rank: 1, signal: AbortSignal.abort() });
  // @ts-expect-error a rank is a number
  qbDecompositionSync(A, { rank: "1" });
});

test("options and result", () => {
  expectTypeOf<LowRankOptions["seed"]>().toEqualTypeOf<string | number | undefined>();
  expectTypeOf<QbDecomposition["Q"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<QbDecomposition["spectral"]>().toEqualTypeOf<Certificate>();
  expectTypeOf<QbDecomposition["stopped"]>().toEqualTypeOf<"rank" | "tolerance">();
});
