import type { NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import {
  createAccumulator,
  decodeAccumulator,
  type AccumulatorOptions,
  type RowPlaces,
  type SketchAccumulator,
} from "../src/accumulator.js";
import type { SketchDistribution } from "../src/distributions.js";

declare const distribution: SketchDistribution;

test("creation", () => {
  expectTypeOf(createAccumulator(distribution, 3, { seed: 7 })).toEqualTypeOf<SketchAccumulator>();
  expectTypeOf(decodeAccumulator).parameters.toEqualTypeOf<[bytes: Uint8Array]>();
  expectTypeOf(decodeAccumulator).returns.toEqualTypeOf<SketchAccumulator>();
  expectTypeOf<AccumulatorOptions["seed"]>().toEqualTypeOf<string | number | undefined>();
  // @ts-expect-error the width is required
  createAccumulator(distribution);
});

test("use", () => {
  const sum = createAccumulator(distribution, 2);
  expectTypeOf(sum.update).toBeCallableWith([[1, 2]], { firstRow: 0 });
  expectTypeOf(sum.update).toBeCallableWith([[1, 2]], { indices: Int32Array.of(0) });
  expectTypeOf<RowPlaces>().toEqualTypeOf<{ readonly firstRow: number } | { readonly indices: Int32Array }>();
  expectTypeOf(sum.value()).toEqualTypeOf<NdArray>();
  expectTypeOf(sum.encode()).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  // @ts-expect-error the places are required
  sum.update([[1, 2]]);
  // @ts-expect-error an array of numbers is no Int32Array
  sum.update([[1, 2]], { indices: [0] });
});
