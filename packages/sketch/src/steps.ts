/**
 * The generators behind the asynchronous functions, for algorithms that are generators themselves: `yield* psdLowRankSteps(…)`.
 *
 * Not covered by semver.
 */
export { measureFeaturesSteps } from "./measure-features.js";
export { psdLowRankSteps } from "./psd-low-rank.js";
export { qbDecompositionSteps } from "./qb.js";
export { randomizedSvdSteps } from "./randomized-svd.js";
export { interpolativeDecompositionSteps } from "./interpolative.js";
export { curSteps } from "./cur.js";
export { leverageScoresSteps } from "./leverage.js";
export { sampleColumnsSteps, sampleRowsSteps } from "./sampling.js";
