/**
 * How to spend m features on the Taylor series of exp.
 *
 *   exp t ≈ Σ_(l ≤ L) t^l / l!, |t| ≤ ‖x‖‖y‖ ≤ r      tail  r^(L+1)/(L+1)! / (1 − r/(L + 2)), what the series leaves out at most
 *   m_l  features of degree l, their variance at most c_l(m_l)/m_l · r^2l/l!²      block l is exact, by monomials, where C(d + l − 1, l) ≤ m_l
 *
 * Σ c_l r^2l/(l!² m_l) under Σ m_l = m is least for m_l ~ √c_l r^l/l!. Blocks that can be exact are taken out and what they leave is
 * shared anew.  Source: the Taylor series; Lagrange's multiplier.
 */
import { OptionError, type Plan } from "@subquad/linalg-core";
import { exp } from "@subquad/linalg-core/math";
import { transformLength } from "./distributions.js";
import { monomialCount, monomialCountUpTo } from "./monomials.js";
import { tensorSketchVariance } from "./tensor-sketch.js";
import { tensorTreeVariance } from "./tensor-tree.js";

export type ExpFeatureBlock = "auto" | "tensorSketch" | "tensorTree";

export interface ExpFeaturePlan extends Plan {
  readonly method: "taylor";
  /** L. */
  readonly degree: number;
  /** Of |exp t − Σ_(l ≤ L)| for |t| ≤ r, at most. */
  readonly tail: number;
  /** Of Σ_l ⟨z_l(x), z_l(y)⟩ over the seed, at most, for ‖x‖‖y‖ ≤ r. */
  readonly standardDeviation: number;
  /** Features of each degree 0 … L; "monomials" are exact. */
  readonly blocks: readonly ExpFeaturePlanBlock[];
}

export interface ExpFeaturePlanBlock {
  readonly degree: number;
  readonly features: number;
  readonly method: "monomials" | "tensorSketch" | "tensorTree";
}

/** The series is cut here at the latest: 64! is beyond any use of features. */
export const MOST_DEGREE = 64;
const TENSOR_SKETCH_DEGREE = 16;
/** Nanoseconds of a feature a level of its transforms, on one thread of a 2-core x86-64 server. */
const COST_LEVEL = 4;

/** The options of expFeatures, checked. */
export interface ExpFeatureRequest {
  readonly d: number;
  readonly m: number;
  readonly radius: number;
  readonly tolerance: number;
  /** L, where the caller chose it. */
  readonly degree: number | undefined;
  readonly block: ExpFeatureBlock;
}

/** The plan; throws where it cannot keep `tolerance`. */
export function planExpFeatures(where: string, request: ExpFeatureRequest): ExpFeaturePlan {
  const { d, m, radius, tolerance, block } = request;
  const allowed = tolerance * exp(-radius);
  const L = request.degree ?? leastDegree(radius, allowed);
  const exact = monomialCountUpTo(d, L);
  const advice = `; the monomials of degree at most ${L} are C(d + L, L) = ${exact} features and exact`;
  const tail = tailOf(radius, L);
  if (!(tail <= allowed)) {
    throw new OptionError(where, "degree", `a Taylor tail of at most tolerance · exp(−radius) = ${allowed}${advice}`, tail);
  }
  const least = 1 + (L > 0 ? d : 0) + Math.max(0, L - 1);
  if (m < Math.min(least, exact)) throw new OptionError(where, "m", `at least ${Math.min(least, exact)} features${advice}`, m);
  const blocks = budget(d, m, radius, L, block);
  let variance = 0;
  for (const part of blocks) variance += varianceOf(part) * sizeOf(radius, part.degree) * sizeOf(radius, part.degree);
  const standardDeviation = Math.sqrt(variance);
  if (!(standardDeviation <= allowed)) {
    const rule = `a predicted standard deviation of at most tolerance · exp(−radius) = ${allowed}${advice}`;
    throw new OptionError(where, "m", rule, standardDeviation);
  }
  const total = blocks.reduce((sum, { features }) => sum + features, 0);
  const levels = blocks.reduce((sum, { degree, features, method }) => sum + work(degree, features, method), 0);
  return {
    method: "taylor",
    degree: L,
    tail,
    standardDeviation,
    blocks,
    predicted: { error: Math.sqrt(variance + tail * tail), seconds: 1e-9 * COST_LEVEL * levels, bytes: 8 * 4 * total },
    rejected:
      total === exact ? [] : [{ method: "monomials", reason: `C(d + L, L) = ${exact} features, where ${total} keep the tolerance` }],
  };
}

/** r^(L+1)/(L+1)! / (1 − r/(L + 2)): the geometric series over the terms left out; Infinity where it does not converge. */
export function tailOf(radius: number, L: number): number {
  return radius < L + 2 ? sizeOf(radius, L + 1) / (1 - radius / (L + 2)) : Infinity;
}

/** The least L whose tail is allowed, or the most that is tried. */
function leastDegree(radius: number, allowed: number): number {
  let L = 0;
  while (L < MOST_DEGREE && !(tailOf(radius, L) <= allowed)) L++;
  return L;
}

/** r^l / l!. */
function sizeOf(radius: number, l: number): number {
  let size = 1;
  for (let k = 1; k <= l; k++) size *= radius / k;
  return size;
}

/** Variance of ⟨z_l(x), z_l(y)⟩ · l! for vectors of norm 1, at most. */
function varianceOf({ degree, features, method }: ExpFeaturePlanBlock): number {
  if (method === "monomials") return 0;
  return (method === "tensorSketch" ? tensorSketchVariance(degree) : tensorTreeVariance(degree, features)) / features;
}

/** The block of degree l, and of m features, that varies least. */
function sketchBlock(l: number, features: number, block: ExpFeatureBlock): ExpFeaturePlanBlock {
  const tree: ExpFeaturePlanBlock = { degree: l, features, method: "tensorTree" };
  const sketch: ExpFeaturePlanBlock = { degree: l, features, method: "tensorSketch" };
  if (block !== "auto") return block === "tensorTree" || l > TENSOR_SKETCH_DEGREE ? tree : sketch;
  return l <= TENSOR_SKETCH_DEGREE && varianceOf(sketch) <= varianceOf(tree) ? sketch : tree;
}

/** Degrees 0 and 1 exact, the others by Lagrange's rule, exact where that is no more. */
function budget(d: number, m: number, radius: number, L: number, block: ExpFeatureBlock): ExpFeaturePlanBlock[] {
  const features = Float64Array.from({ length: L + 1 }, (_, l) => monomialCount(d, l));
  if (m >= monomialCountUpTo(d, L)) return Array.from(features, (count, l) => ({ degree: l, features: count, method: "monomials" }));
  const isExact = Array.from({ length: L + 1 }, (_, l) => l < 2);
  let left = m - 1 - (L > 0 ? d : 0);
  const weights = Float64Array.from({ length: L + 1 }, (_, l) => Math.sqrt(constantOf(l, block)) * sizeOf(radius, l));
  for (let changed = true; changed;) {
    changed = false;
    let sum = 0, open = 0; // prettier-ignore
    for (let l = 2; l <= L; l++) {
      if (isExact[l]) continue;
      sum += weights[l]!;
      open++;
    }
    // one feature each, the rest by weight
    for (let l = 2; l <= L; l++) if (!isExact[l]) features[l] = 1 + Math.floor(((left - open) * weights[l]!) / (sum || 1));
    for (let l = 2; l <= L; l++) {
      const all = monomialCount(d, l);
      if (isExact[l] || all > features[l]! || all > left) continue;
      isExact[l] = true;
      features[l] = all;
      left -= all;
      changed = true;
      break; // the others share anew
    }
  }
  return Array.from({ length: L + 1 }, (_, l) =>
    isExact[l] ? { degree: l, features: features[l]!, method: "monomials" } : sketchBlock(l, features[l]!, block),
  );
}

/** c_l for large m. */
function constantOf(l: number, block: ExpFeatureBlock): number {
  const q = transformLength(Math.max(1, l));
  const tree = 2 * q + 8 * (q - 1);
  if (block === "tensorTree" || l > TENSOR_SKETCH_DEGREE) return tree;
  return block === "tensorSketch" ? tensorSketchVariance(l) : Math.min(tree, tensorSketchVariance(l));
}

/** Features times levels of a row. */
function work(l: number, features: number, method: ExpFeaturePlanBlock["method"]): number {
  return method === "monomials" ? features : 2 * transformLength(l) * features * (32 - Math.clz32(features));
}
