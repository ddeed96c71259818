/**
 * A block of pivots by the best of b draws: a pivoted Cholesky factorization of the residual among them, cut where little is left.
 *
 *   K  N × N      F  N × k  factor so far      d  N  residual diagonal      w  N  sampling weights
 *   c  b proposals without replacement, each drawn with probability ~ w_i d_i among those not drawn      H = K[c, c] − F[c] F[c]ᵀ
 *
 *   repeat: the largest H_ii is a pivot; eliminate it      until Σ H_ii ≤ (Σ H_ii at first)/b
 *
 * Draws that say the same as others of their block are dropped, as plain blocks would not. The law is not that of one pivot at a time.
 * Source: arXiv:2309.16002, robust blockwise random pivoting.
 */
import { rngFor, type Rng } from "@subquad/linalg-core";
import type { Steps } from "@subquad/linalg-core/steps";
import { drawIndex } from "./categorical.js";
import { assertNotNegative, type PsdFactor } from "./psd-factor.js";
import { pivotBlock, residualEntries, type Proposal } from "./rejection-block.js";
import { largestResidual } from "./single-pivot.js";

/**
 * Draws b proposals from stream t, fewer where fewer have weight, and keeps the best.
 * @param F the factor so far; the residual of a proposal that is round-off is set to 0.
 * @param prefix prefix sums of w_i d_i; used up.
 * @param floor residuals at or below it are round-off.
 * @param b proposals.
 * @param seed of the streams.
 * @param t number of the block.
 */
export function* robustBlock(F: PsdFactor, prefix: Float64Array, floor: number, b: number, seed: string, t: number): Steps<Proposal> {
  const c = distinctDraws(prefix, b, rngFor(seed, `sketch/psdLowRank/${t}`));
  const count = c.length;
  const H = yield* residualEntries(F, c);
  const current = new Float64Array(count);
  let trace = 0;
  for (let i = 0; i < count; i++) {
    current[i] = H[i * count + i]!;
    assertNotNegative(F, c[i]!, current[i]!);
    if (!(current[i]! > floor)) F.residual[c[i]!] = current[i] = 0;
    trace += current[i]!;
  }
  const L = new Float64Array(count * count);
  const accepted: number[] = [];
  while (accepted.length < count) {
    const i = largestResidual(current);
    if (!(current[i]! > floor)) break;
    eliminate(F, c, H, L, current, accepted.length, i);
    accepted.push(i);
    let left = 0;
    for (const h of current) left += h;
    if (left <= trace / count) break;
  }
  return { block: pivotBlock(F.k, c, L, accepted), proposals: count };
}

/** Column a of L ← the pivot i; current ← the residuals left, 0 for pivots. */
function eliminate(F: PsdFactor, c: Int32Array, H: Float64Array, L: Float64Array, current: Float64Array, a: number, i: number): void {
  const b = c.length;
  const root = Math.sqrt(current[i]!);
  for (let j = 0; j < b; j++) {
    if (j === i || current[j] === 0) continue;
    let entry = H[j * b + i]!;
    for (let e = 0; e < a; e++) entry -= L[j * b + e]! * L[i * b + e]!;
    entry /= root;
    L[j * b + a] = entry;
    const rest = current[j]! - entry * entry;
    if (rest < 0) assertNotNegative(F, c[j]!, rest);
    current[j] = Math.max(0, rest);
  }
  L[i * b + a] = root;
  current[i] = 0;
}

/** As many distinct indices as there are, b at most. A draw of one that was drawn is made again without those drawn: the law of successive draws. */
function distinctDraws(prefix: Float64Array, b: number, random: Rng): Int32Array {
  const drawn = new Set<number>();
  while (drawn.size < b) {
    let index = drawIndex(prefix, random.double());
    if (drawn.has(index)) {
      if (removeDrawn(prefix, drawn) === 0) break;
      index = drawIndex(prefix, random.double());
    }
    drawn.add(index);
  }
  return Int32Array.from(drawn);
}

/** Prefix sums without the weights of those drawn; their total. */
function removeDrawn(prefix: Float64Array, drawn: ReadonlySet<number>): number {
  let sum = 0, before = 0; // prettier-ignore
  for (let i = 0; i < prefix.length; i++) {
    const weight = prefix[i]! - before;
    before = prefix[i]!;
    if (!drawn.has(i)) sum += weight;
    prefix[i] = sum;
  }
  return sum;
}
