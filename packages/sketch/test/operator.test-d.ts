import type { CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { gaussian } from "../src/distributions.js";
import { sampleSketch, type SketchOperator } from "../src/operator.js";

declare const sparse: CsrMatrix;

test("products are promises, their Sync twins are not", () => {
  const S = sampleSketch(gaussian(3, 4), { seed: 7 });
  expectTypeOf(S).toEqualTypeOf<SketchOperator>();
  expectTypeOf(S.applyLeft([[1]], { threads: 2 })).toEqualTypeOf<Promise<NdArray>>();
  expectTypeOf(S.applyLeftSync(sparse)).toEqualTypeOf<NdArray>();
  expectTypeOf(S.applyRight(sparse)).toEqualTypeOf<Promise<NdArray>>();
  expectTypeOf(S.applyTransposeSync([[1]])).toEqualTypeOf<NdArray>();
  expectTypeOf(S.block([0, 1], [0, 2])).toEqualTypeOf<NdArray>();
  // @ts-expect-error dense only
  S.applyTransposeSync(sparse);
  // @ts-expect-error threads are of the promise
  S.applyLeftSync([[1]], { threads: 2 });
});
