/**
 * The smallest and the largest eigenvalue of a symmetric tridiagonal matrix, by bisection on the number of negative pivots.
 *
 *   T  k × k: diagonal d, beside it e      count(x) eigenvalues below x: the negative pivots of T − x I = L D Lᵀ
 *
 * T is brought near 1 by a power of two first: squares of e neither overflow nor vanish beside T.
 *
 * Source: Sylvester's law of inertia; Givens.
 */
import { largestMagnitude, scaled, timesPowerOfTwo } from "../dense/sums.js";
import { exponentOf } from "../math/bits.js";

const STEPS = 100; // each halves the interval: to the last bit

/** Both, to the last bit that the count can tell. */
export function extremesOfTridiagonal(diagonal: Float64Array, beside: Float64Array): { readonly low: number; readonly high: number } {
  const exponent = exponentOf(Math.max(largestMagnitude(diagonal), largestMagnitude(beside)));
  const [d, e] = [scaled(diagonal, -exponent), scaled(beside, -exponent)];
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < d.length; i++) {
    const reach = Math.abs(e[i - 1] ?? 0) + Math.abs(e[i] ?? 0); // Gershgorin
    least = Math.min(least, d[i]! - reach);
    most = Math.max(most, d[i]! + reach);
  }
  const ends = { low: bisect(d, e, least, most, 1), high: bisect(d, e, least, most, d.length) };
  return { low: timesPowerOfTwo(ends.low, exponent), high: timesPowerOfTwo(ends.high, exponent) };
}

/** The index-th smallest eigenvalue, within [from, to]. */
function bisect(d: Float64Array, e: Float64Array, from: number, to: number, index: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < STEPS; step++) {
    const middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) break;
    if (countBelow(d, e, middle) >= index) high = middle;
    else low = middle;
  }
  return low + (high - low) / 2;
}

function countBelow(d: Float64Array, e: Float64Array, x: number): number {
  let count = 0;
  for (let i = 0, pivot = 1; i < d.length; i++) {
    const beside = e[i - 1] ?? 0;
    pivot = d[i]! - x - (i === 0 ? 0 : (beside * beside) / pivot);
    if (pivot === 0) pivot = -Number.MIN_VALUE;
    if (pivot < 0) count++;
  }
  return count;
}
