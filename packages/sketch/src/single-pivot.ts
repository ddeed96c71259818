/**
 * One pivot at a time: drawn with probability ~ w_i d_i (randomly pivoted Cholesky), or the largest residual (greedy).
 *
 *   d  N  residual diagonal      w  N  sampling weights
 *
 * Source: arXiv:2207.06503, randomly pivoted Cholesky.
 */
import { rngFor, type Rng } from "@subquad/linalg-core";
import { drawIndex } from "./categorical.js";

/** Draws that share a stream: opening one costs as much as some 330 draws. */
const DRAWS_PER_STREAM = 64;

/** Draws t = 0, 1, 2, … of a run, from any t on: the t-th is the same whether the run was resumed before it or not. */
export function pivotDraws(seed: string): (t: number, prefix: Float64Array) => number {
  let random: Rng | undefined;
  let next = -1;
  return (t, prefix) => {
    if (random === undefined || t !== next || t % DRAWS_PER_STREAM === 0) {
      random = rngFor(seed, `sketch/psdLowRank/${Math.floor(t / DRAWS_PER_STREAM)}`);
      for (let skipped = t % DRAWS_PER_STREAM; skipped > 0; skipped--) random.double();
    }
    next = t + 1;
    return drawIndex(prefix, random.double());
  };
}

/** argmax d, the lowest index among equals. */
export function largestResidual(d: Float64Array): number {
  let best = 0;
  for (let i = 1; i < d.length; i++) if (d[i]! > d[best]!) best = i;
  return best;
}
