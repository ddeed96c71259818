/**
 * The generators behind the asynchronous functions, for algorithms that are generators themselves: `yield* psdLowRankSteps(…)`.
 *
 * Not covered by semver.
 */
export { measureFeaturesSteps } from "./measure-features.js";
export { psdLowRankSteps } from "./psd-low-rank.js";
