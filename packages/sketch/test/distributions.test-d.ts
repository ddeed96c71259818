import { expectTypeOf, test } from "vitest";
import { gaussian, rowSampling, sparseSign, type Family, type SketchDistribution } from "../src/distributions.js";

test("distributions are plain, readonly data", () => {
  expectTypeOf(gaussian(3, 4)).toEqualTypeOf<SketchDistribution>();
  expectTypeOf(sparseSign(8, 4, { nonzeros: 4, blocked: true })).toEqualTypeOf<SketchDistribution>();
  expectTypeOf(rowSampling(3, [0.5, 0.5], { replacement: true })).toEqualTypeOf<SketchDistribution>();
  expectTypeOf<Family>().toEqualTypeOf<"gaussian" | "rademacher" | "countSketch" | "sparseSign" | "srht" | "rowSampling">();
  // @ts-expect-error fields are readonly
  gaussian(3, 4).rows = 5;
  // @ts-expect-error no such option
  sparseSign(8, 4, { z: 4 });
});
