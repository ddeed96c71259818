import type { Certificate, CsrMatrix, LinearOperator, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { randomizedSvd, randomizedSvdSync, type RandomizedSvd, type RandomizedSvdOptions } from "../src/randomized-svd.js";

declare const A: NdArray | CsrMatrix | LinearOperator;

test("sync and async", () => {
  expectTypeOf(randomizedSvd(A, { rank: 3 })).toEqualTypeOf<Promise<RandomizedSvd>>();
  expectTypeOf(randomizedSvdSync(A, { rank: 3, method: "exact" })).toEqualTypeOf<RandomizedSvd>();
  expectTypeOf(randomizedSvd).toBeCallableWith([[1, 2]], { rank: 1, onProgress: () => 0 });
  // @ts-expect-error no such method
  randomizedSvdSync(A, { method: "blockKrylov" });
  // @ts-expect-error the sync form has no threads
  randomizedSvdSync(A, { rank: 1, threads: 2 });
});

test("options and result", () => {
  expectTypeOf<RandomizedSvdOptions["method"]>().toEqualTypeOf<"auto" | "randomized" | "exact" | undefined>();
  expectTypeOf<RandomizedSvd["s"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<RandomizedSvd["method"]>().toEqualTypeOf<"randomized" | "exact">();
  expectTypeOf<RandomizedSvd["certificate"]>().toEqualTypeOf<Certificate>();
});
