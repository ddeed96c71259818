import type { Certificate, CsrMatrix, NdArray, Plan } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { expFeatures, type ExpFeatures } from "../src/exp-features.js";
import type { FeatureMap } from "../src/feature-map.js";
import { measureFeatures, measureFeaturesSync, type MeasuredFeatures } from "../src/measure-features.js";
import { monomialFeatures } from "../src/monomials.js";
import { tensorSketch } from "../src/tensor-sketch.js";
import { tensorTree } from "../src/tensor-tree.js";

declare const X: CsrMatrix;

test("maps", () => {
  const map = tensorSketch(3, 8, { degree: 2, gamma: 1, offset: 0, seed: 7 });
  expectTypeOf(map).toEqualTypeOf<FeatureMap>();
  expectTypeOf(map.apply(X, { threads: 2, signal: AbortSignal.abort() })).toEqualTypeOf<Promise<NdArray>>();
  expectTypeOf(map.applySync([[1, 2, 3]])).toEqualTypeOf<NdArray>();
  expectTypeOf(monomialFeatures(3, { degree: 2 })).toEqualTypeOf<FeatureMap>();
  expectTypeOf(tensorTree(3, 8, { node: "tensorSketch", leaf: "srht" })).toEqualTypeOf<FeatureMap>();
  // @ts-expect-error the sync form has no signal
  map.applySync(X, { signal: AbortSignal.abort() });
  // @ts-expect-error a leaf needs no probabilities
  tensorTree(3, 8, { leaf: "rowSampling" });
});

test("exp", () => {
  expectTypeOf(expFeatures(3, 8, 1)).toEqualTypeOf<ExpFeatures>();
  expectTypeOf<ExpFeatures["plan"]>().toExtend<Plan>();
  expectTypeOf<ExpFeatures>().toExtend<FeatureMap>();
  // @ts-expect-error the radius is required
  expFeatures(3, 8);
});

test("measured", () => {
  expectTypeOf(measureFeatures(expFeatures(3, 8, 1), X, { Y: X, signal: AbortSignal.abort() })).toEqualTypeOf<Promise<MeasuredFeatures>>();
  expectTypeOf(measureFeaturesSync(expFeatures(3, 8, 1), X).certificate).toEqualTypeOf<Certificate>();
  // @ts-expect-error the sync form has no signal
  measureFeaturesSync(expFeatures(3, 8, 1), X, { signal: AbortSignal.abort() });
});
