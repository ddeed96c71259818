import type { Certificate, CsrMatrix } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { measureDistortion, measureDistortionSync, type Distortion } from "../src/distortion.js";

declare const sparse: CsrMatrix;

test("an interval with its certificate", () => {
  expectTypeOf(measureDistortion(sparse, [[1]], { method: "lanczos", confidence: 0.99, threads: 2 })).toEqualTypeOf<Promise<Distortion>>();
  expectTypeOf(measureDistortionSync([[1]], [[1]])).toEqualTypeOf<Distortion>();
  expectTypeOf<Distortion["certificate"]>().toEqualTypeOf<Certificate>();
  expectTypeOf<Distortion["method"]>().toEqualTypeOf<"exact" | "lanczos">();
  // @ts-expect-error threads are of the promise
  measureDistortionSync([[1]], [[1]], { threads: 2 });
});
