import type { Certificate, CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import {
  interpolativeDecomposition,
  interpolativeDecompositionSync,
  type InterpolativeDecomposition,
  type InterpolativeOptions,
} from "../src/interpolative.js";

declare const A: NdArray | CsrMatrix;

test("sync and async", () => {
  expectTypeOf(interpolativeDecomposition(A, { rank: 3 })).toEqualTypeOf<Promise<InterpolativeDecomposition>>();
  expectTypeOf(interpolativeDecompositionSync(A, { tolerance: 0.1, axis: "rows" })).toEqualTypeOf<InterpolativeDecomposition>();
  // @ts-expect-error no such axis
  interpolativeDecompositionSync(A, { axis: "both" });
});

test("options and result", () => {
  expectTypeOf<InterpolativeOptions["axis"]>().toEqualTypeOf<"columns" | "rows" | undefined>();
  expectTypeOf<InterpolativeDecomposition["indices"]>().toEqualTypeOf<Int32Array>();
  expectTypeOf<InterpolativeDecomposition["coefficients"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<InterpolativeDecomposition["certificate"]>().toEqualTypeOf<Certificate>();
});
