/**
 * Sketches of pairs: vectors of m numbers whose inner products stand for ⟨a, a'⟩⟨b, b'⟩.
 *
 *   a, b  m      M  the least power of two ≥ m      tensorSrht: stream "sketch/tensorSrht/m/v/w": M signs D₁, M signs D₂, m pairs (i_r, j_r)
 *   tensorSketch: count sketches m × m of seeds "seed/node/v/w/0" and "…/1"      (v, w)  place of the node: level from the leaves, number in it
 *
 * Given D₁ and D₂ the terms of a tensorSrht are independent, each ⟨a, a'⟩⟨b, b'⟩ on average, since the rows of H are orthogonal; hence
 * variance 8/m at most: fourth moments of random signs are at most 3.  Source: arXiv:1909.01410.
 */
import { rngFor, view } from "@subquad/linalg-core";
import { fwhtSteps, type Steps } from "@subquad/linalg-core/steps";
import { transformLength } from "./distributions.js";
import { convolutionLength, convolved, countSketchTargets } from "./tensor-sketch.js";

/** Joins rows a and b, each count × m. */
export type TensorNode = (where: string, a: Float64Array, b: Float64Array, count: number) => Steps<Float64Array<ArrayBuffer>>;

/** Numbers that a row takes in a node. */
export function nodeWidth(node: "tensorSrht" | "tensorSketch", m: number): number {
  return 2 * (node === "tensorSrht" ? transformLength(m) : convolutionLength(m, 2));
}

/** The tensorSrht in place (v, w). */
export function drawSrhtNode(m: number, seed: string, v: number, w: number): TensorNode {
  const M = transformLength(m);
  const random = rngFor(seed, `sketch/tensorSrht/${m}/${v}/${w}`);
  const left = Float64Array.from({ length: M }, () => random.sign());
  const right = Float64Array.from({ length: M }, () => random.sign());
  const pairs = Int32Array.from({ length: 2 * m }, () => random.below(M));
  const scale = 1 / Math.sqrt(m);
  return function* (where, a, b, count) {
    const x = yield* signedTransform(where, a, left, count, m, M);
    const y = yield* signedTransform(where, b, right, count, m, M);
    const out = new Float64Array(count * m);
    for (let i = 0; i < count; i++) {
      for (let r = 0; r < m; r++) out[i * m + r] = scale * x[i * M + pairs[2 * r]!]! * y[i * M + pairs[2 * r + 1]!]!;
    }
    return out;
  };
}

/** H D a of each row. */
function* signedTransform(where: string, a: Float64Array, D: Float64Array, count: number, m: number, M: number): Steps<Float64Array> {
  const rows = new Float64Array(count * M);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < m; j++) rows[i * M + j] = D[j]! * a[i * m + j]!;
  }
  const X = view(rows, [count, M]);
  return (yield* fwhtSteps(where, X, { out: X })).data as Float64Array;
}

/** The tensorSketch in place (v, w). */
export function drawSketchNode(m: number, seed: string, v: number, w: number): TensorNode {
  const targets = [0, 1].map((side) => countSketchTargets(m, m, `${seed}/node/${v}/${w}/${side}`));
  const length = convolutionLength(m, 2);
  return function* (where, a, b, count) {
    const factors = [a, b].map((rows, side) => scattered(rows, targets[side]!, count, m, length));
    return (yield* convolved(where, factors, count, m, length)) as Float64Array<ArrayBuffer>;
  };
}

/** C a of each row: count × length. */
function scattered(rows: Float64Array, targets: Int32Array, count: number, m: number, length: number): Float64Array<ArrayBuffer> {
  const Y = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < m; j++) {
      const at = i * length + (targets[j]! >>> 1);
      Y[at] = (targets[j]! & 1) === 0 ? Y[at]! + rows[i * m + j]! : Y[at]! - rows[i * m + j]!;
    }
  }
  return Y;
}
