/** Types of the entry point that the tests of the files by name do not speak of: options, and what results are made of. */
import type { CsrMatrix, MatrixInput, NdArray, Plan, VectorInput } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import {
  entryBound,
  extendLowRank,
  normalizeSeed,
  rngFor,
  type BoundedLowRank,
  type EmbedSubspaceOptions,
  type EmbeddingFamily,
  type ExpFeatureBlock,
  type ExpFeaturePlan,
  type ExpFeaturePlanBlock,
  type ExpFeatures,
  type ExpFeaturesOptions,
  type ExtendableLowRank,
  type Family,
  type FeatureKernel,
  type FeatureMap,
  type FrequentDirectionsOptions,
  type JohnsonLindenstraussOptions,
  type KernelOracleOptions,
  type KernelSpec,
  type MatrixOracleOptions,
  type MeasureDistortionOptions,
  type MeasureFeaturesOptions,
  type MonomialFeaturesOptions,
  type PlanEmbeddingOptions,
  type PsdLowRank,
  type PsdLowRankState,
  type Rng,
  type RowSamplingOptions,
  type SampleSketchOptions,
  type Seed,
  type SparseSignOptions,
  type TensorSketchOptions,
  type TensorTreeLeaf,
  type TensorTreeOptions,
} from "../src/index.js";

type Options<T> = { readonly [K in keyof T]?: T[K] };

test("seeds and streams are those of linalg-core", () => {
  expectTypeOf<Seed>().toEqualTypeOf<string | number>();
  expectTypeOf(rngFor("0", "x")).toEqualTypeOf<Rng>();
  expectTypeOf(normalizeSeed(7)).toBeString();
});

test("options of embeddings", () => {
  expectTypeOf<SampleSketchOptions>().toEqualTypeOf<Options<{ seed: Seed }>>();
  expectTypeOf<SparseSignOptions>().toEqualTypeOf<Options<{ nonzeros: number; blocked: boolean }>>();
  expectTypeOf<RowSamplingOptions>().toEqualTypeOf<Options<{ replacement: boolean }>>();
  expectTypeOf<JohnsonLindenstraussOptions>().toEqualTypeOf<Options<{ epsilon: number }>>();
  expectTypeOf<PlanEmbeddingOptions>().toEqualTypeOf<
    Options<{
      epsilon: number;
      failure: number;
      family: Family | "auto";
      rule: "certified" | "theorem";
      n: number;
      width: number;
      nnz: number;
      coherence: number;
    }>
  >();
  expectTypeOf<EmbedSubspaceOptions>().toEqualTypeOf<
    Options<{ epsilon: number; failure: number; family: EmbeddingFamily | "auto"; measure: "auto" | "exact" | "lanczos"; seed: Seed }>
  >();
  expectTypeOf<MeasureDistortionOptions>().toEqualTypeOf<
    Options<{ method: "auto" | "exact" | "lanczos"; confidence: number; steps: number; seed: Seed }>
  >();
});

test("options of factors and of frequent directions", () => {
  expectTypeOf<KernelOracleOptions>().toEqualTypeOf<
    Options<{ kernel: KernelSpec; lengthScale: number; scale: number; degree: number; offset: number; logWeights: VectorInput }>
  >();
  expectTypeOf<MatrixOracleOptions>().toEqualTypeOf<Options<{ relativeError: number; positiveSemidefinite: boolean }>>();
  expectTypeOf<FrequentDirectionsOptions>().toEqualTypeOf<Options<{ sketchRows: number }>>();
});

test("a factor can be bounded, extended and gone on with", () => {
  expectTypeOf<PsdLowRank>().toExtend<BoundedLowRank>();
  expectTypeOf<PsdLowRank>().toExtend<ExtendableLowRank>();
  expectTypeOf<ExtendableLowRank["core"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<PsdLowRank["state"]>().toEqualTypeOf<PsdLowRankState>();
  expectTypeOf<PsdLowRankState["traces"]>().toEqualTypeOf<Float64Array>();
  expectTypeOf(entryBound).toBeCallableWith({ residualDiagonal: Float64Array.of(0), roundingDiagonal: Float64Array.of(0) }, 0, 0);
  // @ts-expect-error the pivots' rows are needed
  extendLowRank({ core: [[1]] }, [[1]], [1]);
});

test("options of feature maps, and what a plan says", () => {
  type Polynomial = Options<{ degree: number; gamma: number; offset: number; seed: Seed }>;
  expectTypeOf<MonomialFeaturesOptions>().toEqualTypeOf<Options<{ degree: number }>>();
  expectTypeOf<TensorSketchOptions>().toEqualTypeOf<Polynomial>();
  expectTypeOf<TensorTreeLeaf>().toEqualTypeOf<Exclude<Family, "rowSampling">>();
  expectTypeOf<TensorTreeOptions>().branded.toEqualTypeOf<Polynomial & Options<{ node: "tensorSrht" | "tensorSketch"; leaf: TensorTreeLeaf }>>(); // prettier-ignore
  expectTypeOf<ExpFeaturesOptions>().toEqualTypeOf<
    Options<{ tolerance: number; degree: number; kernel: "exp" | "gaussian"; block: ExpFeatureBlock; seed: Seed }>
  >();
  expectTypeOf<ExpFeatureBlock>().toEqualTypeOf<"auto" | "tensorSketch" | "tensorTree">();
  expectTypeOf<ExpFeatures["plan"]>().toEqualTypeOf<ExpFeaturePlan>();
  expectTypeOf<ExpFeaturePlan>().toExtend<Plan>();
  expectTypeOf<ExpFeaturePlan["blocks"]>().toEqualTypeOf<readonly ExpFeaturePlanBlock[]>();
  expectTypeOf<ExpFeaturePlanBlock["method"]>().toEqualTypeOf<"monomials" | "tensorSketch" | "tensorTree">();
  expectTypeOf<FeatureMap["kernel"]>().toEqualTypeOf<FeatureKernel>();
  expectTypeOf<FeatureKernel["name"]>().toEqualTypeOf<"polynomial" | "exp" | "gaussian">();
  expectTypeOf<MeasureFeaturesOptions>().toEqualTypeOf<
    Options<{ Y: MatrixInput | CsrMatrix; pairs: number; confidence: number; seed: Seed }>
  >();
});
