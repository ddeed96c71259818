/**
 * Rows that an embedding needs, by its theorem.
 *
 *   d  dimension of the subspace      ε  all singular values of S Q in [1 − ε, 1 + ε], Q orthonormal      δ  failure probability
 *   ε₁ = 2ε − ε²: ‖QᵀSᵀS Q − I‖ ≤ ε₁ implies it      N  power of two ≥ n      M  n times the largest row norm² of Q, or d over the quality of p
 *
 *   gaussian      m ≥ (√d + √(2 ln(2/δ)))² / ε²                                 Davidson and Szarek: E σ within 1 ∓ √(d/m), tails e^(−m t²/2)
 *   rademacher    m ≥ 2 (d ln 9 + ln(2/δ)) / (t²/2 − t³/3), t = ε₁/2             Achlioptas' tail on a 1/4-net of 9^d points
 *   sparse        m ≥ (d² + d) / (δ ε₁²), whatever z: E ‖QᵀSᵀS Q − I‖_F² ≤ (d² + d) / m, since E⟨S_i, S_j⟩² = 1/m; Markov
 *   rowSampling   least m with d c(ε₁)^(m/M) + d C(ε₁)^(m/M) ≤ δ, c(t) = e^−t (1 − t)^(t − 1), C(t) = e^t (1 + t)^(−1 − t)     matrix Chernoff
 *   srht          the same with δ/2 and M = (√d + √(8 ln(2N/δ)))²               Tropp: row norms of H D Q
 *
 * Source: arXiv:1011.1595 for the last two; textbook.
 */
import { exp, log } from "@subquad/linalg-core/math";
import { transformLength } from "./distributions.js";

const LOG_9 = log(9);

/** Of "gaussian". */
export function gaussianRows(d: number, epsilon: number, failure: number): number {
  const root = (Math.sqrt(d) + Math.sqrt(2 * log(2 / failure))) / epsilon;
  return Math.ceil(root * root);
}

/** Of "rademacher". */
export function rademacherRows(d: number, epsilon: number, failure: number): number {
  const t = squared(epsilon) / 2;
  return Math.ceil((2 * (d * LOG_9 + log(2 / failure))) / ((t * t) / 2 - (t * t * t) / 3));
}

/** Of "countSketch" and "sparseSign". */
export function sparseRows(d: number, epsilon: number, failure: number): number {
  const t = squared(epsilon);
  return Math.ceil((d * d + d) / (failure * t * t));
}

/** Of "rowSampling"; `coherence`: M. */
export function samplingRows(d: number, epsilon: number, failure: number, coherence: number): number {
  const t = squared(epsilon);
  const down = t < 1 ? -t - (1 - t) * log(1 - t) : -1; // log c(t); the limit at 1
  const up = t - (1 + t) * log(1 + t);
  const risk = (m: number): number => d * (exp((down * m) / coherence) + exp((up * m) / coherence));
  let [low, high] = [0, 1];
  while (risk(high) > failure) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (risk(middle) > failure) low = middle;
    else high = middle;
  }
  return high;
}

/** Of "srht". */
export function srhtRows(d: number, epsilon: number, failure: number, n: number): number {
  const root = Math.sqrt(d) + Math.sqrt(8 * log((2 * transformLength(n)) / failure));
  return samplingRows(d, epsilon, failure / 2, root * root);
}

/** ε₁. */
function squared(epsilon: number): number {
  return 2 * epsilon - epsilon * epsilon;
}
