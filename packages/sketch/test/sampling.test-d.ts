import type { Certificate, CsrMatrix } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { sampleColumns, sampleColumnsSync, sampleRows, sampleRowsSync, type SampledRows, type SampleRowsOptions } from "../src/sampling.js";

declare const sparse: CsrMatrix;

test("sync and async", () => {
  expectTypeOf(sampleRows([[1, 2]])).toEqualTypeOf<Promise<SampledRows>>();
  expectTypeOf(sampleColumns(sparse)).toEqualTypeOf<Promise<SampledRows>>();
  expectTypeOf(sampleRowsSync(sparse, { by: "norm", count: 3 })).toEqualTypeOf<SampledRows>();
  expectTypeOf(sampleColumnsSync(sparse, { by: [0.5, 0.5], count: 3 })).toEqualTypeOf<SampledRows>();
  expectTypeOf(sampleRows).toBeCallableWith(sparse, { certify: true, signal: AbortSignal.abort() });
  // @ts-expect-error the sync form has no signal
  sampleRowsSync(sparse, { signal: AbortSignal.abort() });
  // @ts-expect-error no such way
  sampleRowsSync(sparse, { by: "rows" });
});

test("result", () => {
  expectTypeOf<SampleRowsOptions["count"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<SampledRows["indices"]>().toEqualTypeOf<Int32Array>();
  expectTypeOf<SampledRows["weights"]>().toEqualTypeOf<Float64Array>();
  expectTypeOf<SampledRows["method"]>().toEqualTypeOf<"uniform" | "norm" | "leverage" | "ridgeLeverage" | "given">();
  expectTypeOf<SampledRows["certificate"]>().toEqualTypeOf<Certificate>();
});
