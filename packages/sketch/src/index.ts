export { kernelOracle, type KernelName, type KernelOracleOptions, type KernelSpec } from "./kernel-oracle.js";
export { matrixOracle, type MatrixOracleOptions, type PsdOracle } from "./psd-oracle.js";
export { psdLowRank, psdLowRankSync } from "./psd-low-rank.js";
export type { PsdLowRank, PsdLowRankMethod, PsdLowRankOptions, PsdLowRankState } from "./psd-low-rank.js";
export { normalizeSeed, rngFor, type Rng, type Seed } from "./rng.js";
export { rowsNeeded, rowsNeededPooled, upperShare } from "./sample-size.js";
export { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht } from "./distributions.js";
export type { Family, RowSamplingOptions, SketchDistribution, SparseSignOptions } from "./distributions.js";
export { sampleSketch, type SampleSketchOptions, type SketchOperator } from "./operator.js";
