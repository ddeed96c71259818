/**
 * Features of the exponential and the Gaussian kernel: the Taylor series of exp, degree by degree.
 *
 *   x  d      z(x) = [z_0(x) … z_L(x)],  ⟨z_l(x), z_l(y)⟩ ≈ ⟨x, y⟩^l / l!      r ≥ ‖x‖‖y‖      kernel "gaussian": times exp(−‖x‖²/2)
 *
 * z_l is exact (monomials) or a tensor sketch; exp-plan.ts shares the m features among the degrees. Sketches of degree l have the seed
 * "seed/l".  Source: the Taylor series; Pham and Pagh 2013 and arXiv:1909.01410 for its terms.
 */
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf, type Seed } from "@subquad/linalg-core";
import { MOST_DEGREE, planExpFeatures, type ExpFeatureBlock, type ExpFeaturePlan, type ExpFeaturePlanBlock } from "./exp-plan.js";
import { featureMap, type FeatureMap, type FeatureRule } from "./feature-map.js";
import { monomialRule } from "./monomials.js";
import { seedFrom } from "./seed.js";
import { tensorSketchRule } from "./tensor-sketch.js";
import { tensorTreeRule } from "./tensor-tree.js";

export type { ExpFeatureBlock, ExpFeaturePlan, ExpFeaturePlanBlock } from "./exp-plan.js";

export interface ExpFeaturesOptions {
  /** Taylor tail and predicted standard deviation, each at most this share of exp(−r), the least value of exp⟨x, y⟩. Positive. Default 0.1. */
  readonly tolerance?: number;
  /** L: integer in [0, 64]. Default: the least whose tail keeps the tolerance. */
  readonly degree?: number;
  /** Default "exp": exp⟨x, y⟩. "gaussian": exp(−‖x − y‖²/2). */
  readonly kernel?: "exp" | "gaussian";
  /** Of degrees that are not exact. Default "auto": whichever varies less. "tensorSketch" goes up to degree 16, trees beyond. */
  readonly block?: ExpFeatureBlock;
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

export interface ExpFeatures extends FeatureMap {
  /** `predicted.error`: root of the mean square error over the seed, at most, for ‖x‖‖y‖ ≤ r (kernel "gaussian": times exp(−(‖x‖² + ‖y‖²)/2)). */
  readonly plan: ExpFeaturePlan;
}

/**
 * The map with ⟨z(x), z(y)⟩ ≈ exp⟨x, y⟩, or the Gaussian kernel, for rows with ‖x‖‖y‖ ≤ radius.
 *
 * For small radii: the features needed grow like exp(4 r) or faster, and the plan refuses what it cannot keep. Beyond, use psdLowRank.
 * @param d dimension of the rows; at least 1.
 * @param m features to spend; outputDim is less where all degrees are exact sooner.
 * @param radius r ≥ ‖x‖‖y‖ of all pairs that will be compared; in [0, 300].
 * @param options see ExpFeaturesOptions.
 * @returns FeatureMap with its plan; measureFeatures certifies it on data.
 * @throws OptionError, naming the number of monomials, where m features cannot keep the tolerance.
 * @complexity that of tensorSketch and tensorTree with m features in all.
 * @source the Taylor series of exp.
 * @example expFeatures(3, 200, 0.5).plan.standardDeviation // -> 0: all monomials fit
 */
export function expFeatures(d: number, m: number, radius: number, options: ExpFeaturesOptions = {}): ExpFeatures {
  const where = "expFeatures";
  assertKnownOptions(where, options, ["tolerance", "degree", "kernel", "block", "seed"]);
  const { tolerance = 0.1, degree, kernel = "exp", block = "auto" } = options;
  assertInteger(where, { d, m }, 1, 2 ** 24);
  assertInRange(where, { radius }, 0, 300);
  assertInRange(where, { tolerance }, 0, Infinity, { openLow: true, openHigh: true });
  if (degree !== undefined) assertInteger(where, { degree }, 0, MOST_DEGREE);
  assertOneOf(where, { kernel }, ["exp", "gaussian"]);
  assertOneOf(where, { block }, ["auto", "tensorSketch", "tensorTree"]);
  const seed = seedFrom(where, options.seed);
  const plan = planExpFeatures(where, { d, m, radius, tolerance, degree, block });
  let factorial = 1;
  const parts = plan.blocks.map((part) => {
    factorial *= Math.max(1, part.degree);
    return { rule: ruleOf(part, d, `${seed}/${part.degree}`), factor: 1 / Math.sqrt(factorial) };
  });
  return { ...featureMap({ inputDim: d, kernel: { name: kernel }, seed, parts }), plan };
}

function ruleOf({ degree, features, method }: ExpFeaturePlanBlock, d: number, seed: string): FeatureRule {
  if (method === "monomials") return monomialRule(d, degree);
  return method === "tensorSketch" ? tensorSketchRule(d, features, degree, seed) : tensorTreeRule(d, features, degree, seed);
}
