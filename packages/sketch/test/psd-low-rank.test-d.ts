import type { Certificate, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { entryBound } from "../src/entry-bound.js";
import { extendLowRank, type ExtendedLowRank } from "../src/extend-low-rank.js";
import { psdLowRank, psdLowRankSync, type PsdLowRank, type PsdLowRankMethod, type PsdLowRankOptions } from "../src/psd-low-rank.js";
import type { PsdOracle } from "../src/psd-oracle.js";

declare const oracle: PsdOracle;

test("sync and async", () => {
  expectTypeOf(psdLowRank(oracle)).toEqualTypeOf<Promise<PsdLowRank>>();
  expectTypeOf(psdLowRankSync(oracle, { tolerance: 1e-3 })).toEqualTypeOf<PsdLowRank>();
  expectTypeOf(psdLowRank).toBeCallableWith(oracle, { rank: 3, signal: AbortSignal.abort(), threads: 2, onProgress: () => 0 });
  // @ts-expect-error the sync form has no signal
  psdLowRankSync(oracle, { signal: AbortSignal.abort() });
});

test("options", () => {
  expectTypeOf<PsdLowRankMethod>().toEqualTypeOf<"accelerated" | "rpcholesky" | "greedy" | "blockRobust">();
  expectTypeOf<PsdLowRankOptions["seed"]>().toEqualTypeOf<string | number | undefined>();
  expectTypeOf(psdLowRankSync).toBeCallableWith(oracle, { samplingWeights: [1, 2], resume: psdLowRankSync(oracle) });
  // @ts-expect-error no such method
  psdLowRankSync(oracle, { method: "uniform" });
  // @ts-expect-error a rank is a number
  psdLowRankSync(oracle, { rank: "3" });
});

test("result", () => {
  expectTypeOf<PsdLowRank["factor"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<PsdLowRank["pivots"]>().toEqualTypeOf<Int32Array>();
  expectTypeOf<PsdLowRank["certificate"]>().toEqualTypeOf<Certificate>();
  expectTypeOf<PsdLowRank["stopped"]>().toEqualTypeOf<"rank" | "tolerance" | "numericalRank">();
  expectTypeOf<PsdLowRank["flatSpectrum"]>().toBeBoolean();
  expectTypeOf<PsdLowRank["roundingDiagonal"]>().toEqualTypeOf<Float64Array | undefined>();
  expectTypeOf(extendLowRank(psdLowRankSync(oracle), [[1]], [1])).toEqualTypeOf<ExtendedLowRank>();
  expectTypeOf(entryBound(psdLowRankSync(oracle, { certify: true }), 0, 1)).toBeNumber();
});
