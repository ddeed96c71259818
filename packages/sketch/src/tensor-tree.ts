/**
 * Features of the polynomial kernel by a binary tree of sketches of pairs: their variance grows with the degree, not exponentially in it.
 *
 *   x' = (√γ x, √c)  d'      p  degree      q  leaves, the least power of two ≥ p      a, b  m  results of two children
 *
 *   leaf j ≤ p   S_j x', independent embeddings m × d'       leaf j > p   S_j e₁
 *   node         "tensorSrht":  out_r = (H D₁ a)_(i_r) (H D₂ b)_(j_r) / √m      "tensorSketch":  F⁻¹(F C₁ a ∘ F C₂ b)
 *
 * H is the M × M matrix of Hadamard's ±1, M the least power of two ≥ m, D random signs, (i_r, j_r) uniform pairs. Each node keeps ⟨a, a'⟩⟨b, b'⟩ on
 * average with variance at most 8/m ‖a‖²‖a'‖²‖b‖²‖b'‖², each leaf ⟨x', y'⟩ with 2/m, all independent; hence ⟨z(x), z(y)⟩ is
 * (γ⟨x, y⟩ + c)^p on average, with variance at most ((1 + 2/m)^q (1 + 8/m)^(q−1) − 1) ‖x'‖^2p ‖y'‖^2p.
 * Source: arXiv:1909.01410, oblivious sketching of high-degree polynomial kernels.
 */
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf, csr, denseCopy } from "@subquad/linalg-core";
import type { Seed } from "@subquad/linalg-core";
import { runSync, type Steps } from "@subquad/linalg-core/steps";
import { countSketch, gaussian, rademacher, sparseSign, srht, transformLength, type SketchDistribution } from "./distributions.js";
import { featureMap, type FeatureMap, type FeatureRule, type LiftedRows } from "./feature-map.js";
import { entrySteps, rightSteps } from "./operator.js";
import type { Sample } from "./sample.js";
import { seedFrom } from "./seed.js";
import { drawSketchNode, drawSrhtNode, nodeWidth, type TensorNode } from "./tensor-node.js";

export interface TensorTreeOptions {
  /** p: integer in [1, 64]. Default 4. */
  readonly degree?: number;
  /** γ > 0. Default 1. */
  readonly gamma?: number;
  /** c ≥ 0. Default 0. */
  readonly offset?: number;
  /** Of pairs. Default "tensorSrht". */
  readonly node?: "tensorSrht" | "tensorSketch";
  /** Of rows; "srht" needs m of at most the power of two that d' is rounded up to. Default "sparseSign", in time of the nonzeros. */
  readonly leaf?: TensorTreeLeaf;
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

export type TensorTreeLeaf = (typeof LEAVES)[number];

const LEAVES = ["sparseSign", "countSketch", "srht", "gaussian", "rademacher"] as const;

/**
 * The map with ⟨z(x), z(y)⟩ ≈ (γ⟨x, y⟩ + c)^p: unbiased, its variance about (2 q + 8 (q − 1))/m of the norms' product squared.
 *
 * For degree 4 and more. For degrees 2 and 3 use tensorSketch; for few dimensions monomialFeatures is exact.
 * @param d dimension of the rows; at least 1.
 * @param m features.
 * @param options see TensorTreeOptions.
 * @returns FeatureMap.
 * @throws OptionError.
 * @complexity q (8 nonzeros + m log m) a row, with the default leaves and nodes.
 * @source arXiv:1909.01410.
 * @example const Z = tensorTree(50, 1024, { degree: 8, seed: 7 }).applySync(X);
 */
export function tensorTree(d: number, m: number, options: TensorTreeOptions = {}): FeatureMap {
  const where = "tensorTree";
  assertKnownOptions(where, options, ["degree", "gamma", "offset", "node", "leaf", "seed"]);
  const { degree = 4, gamma = 1, offset = 0, node = "tensorSrht", leaf = "sparseSign" } = options;
  assertInteger(where, { d, m }, 1, 2 ** 24);
  assertInteger(where, { degree }, 1, 64);
  assertInRange(where, { gamma }, 0, Infinity, { openLow: true, openHigh: true });
  assertInRange(where, { offset }, 0, Infinity, { openHigh: true });
  assertOneOf(where, { node }, ["tensorSrht", "tensorSketch"]);
  assertOneOf(where, { leaf }, LEAVES);
  const width = offset > 0 ? d + 1 : d;
  if (leaf === "srht") assertInteger(where, { m }, 1, transformLength(width));
  const seed = seedFrom(where, options.seed);
  const rule = tensorTreeRule(width, m, degree, seed, node, leaf);
  return featureMap({ inputDim: d, kernel: { name: "polynomial", degree, gamma, offset }, seed, parts: [{ rule, factor: 1 }] });
}

/** m Var⟨z(x), z(y)⟩ ≤ this for vectors of norm 1. */
export function tensorTreeVariance(p: number, m: number): number {
  let growth = 1 + 2 / m; // of a leaf's second moment, then of a tree of 2, 4, … leaves
  for (let q = transformLength(p); q > 1; q /= 2) growth *= growth * (1 + 8 / m);
  return m * (growth - 1);
}

/** The rule of degree p for rows of d' entries. */
export function tensorTreeRule(
  width: number,
  m: number,
  p: number,
  seed: string,
  node: "tensorSrht" | "tensorSketch" = "tensorSrht",
  leaf: TensorTreeLeaf = "sparseSign",
): FeatureRule {
  const q = transformLength(p);
  const leaves = Array.from({ length: q }, (_, j): Sample => ({ distribution: leafOf(leaf, m, width), seed: `${seed}/leaf/${j}` }));
  const padding = leaves.slice(p).map((sample) => denseCopy(runSync(entrySteps("tensorTree", sample, [0, m], [0, 1])), "float64"));
  const levels: TensorNode[][] = [];
  for (let size = q / 2; size >= 1; size /= 2) {
    const v = levels.length;
    levels.push(Array.from({ length: size }, (_, w) => (node === "tensorSrht" ? drawSrhtNode : drawSketchNode)(m, seed, v, w)));
  }
  return {
    outputDim: m,
    width: q === 1 ? m : (q * nodeWidth(node, m)) / 4, // fewer blocks: each draws the leaves afresh
    degree: p,
    *features(where, rows) {
      const { count } = rows;
      let vectors: Float64Array<ArrayBuffer>[] = [];
      for (let j = 0; j < q; j++) {
        vectors.push(j < p ? yield* embedded(where, leaves[j]!, rows) : repeated(padding[j - p]!, count));
      }
      for (const level of levels) {
        const parents: Float64Array<ArrayBuffer>[] = [];
        for (const [w, join] of level.entries()) parents.push(yield* join(where, vectors[2 * w]!, vectors[2 * w + 1]!, count));
        vectors = parents;
      }
      return vectors[0]!;
    },
  };
}

function leafOf(leaf: TensorTreeLeaf, m: number, n: number): SketchDistribution {
  if (leaf === "sparseSign") return sparseSign(m, n, { nonzeros: Math.min(8, m) });
  if (leaf === "countSketch") return countSketch(m, n);
  if (leaf === "srht") return srht(m, n);
  return leaf === "gaussian" ? gaussian(m, n) : rademacher(m, n);
}

/** S x' of each row: count × m. */
function* embedded(where: string, leaf: Sample, rows: LiftedRows): Steps<Float64Array<ArrayBuffer>> {
  const { count, width, rowPointers, columns, values } = rows;
  return denseCopy(yield* rightSteps(where, leaf, csr([count, width], rowPointers, columns, values)), "float64");
}

function repeated(vector: Float64Array, count: number): Float64Array<ArrayBuffer> {
  const rows = new Float64Array(count * vector.length);
  for (let i = 0; i < count; i++) rows.set(vector, i * vector.length);
  return rows;
}
