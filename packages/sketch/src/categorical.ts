/**
 * Draws of an index with probability proportional to a weight.
 *
 *   d  N  numbers ≥ 0      w  N  weights, 1 unless given      P  N  prefix sums of w_i d_i, added in index order, so that the same weights give the same draws everywhere
 *
 * Source: textbook inversion of the distribution function.
 */

/** P ← prefix sums of w_i d_i over the i whose d_i exceeds `floor`; the total. */
export function prefixSums(d: Float64Array, floor: number, weights: Float64Array | undefined, P: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) {
    if (d[i]! > floor) sum += weights === undefined ? d[i]! : weights[i]! * d[i]!;
    P[i] = sum;
  }
  return sum;
}

/** The least i with P_i > t · total, for t in [0, 1): index i has probability (P_i − P_(i−1)) / total, and one without weight none. */
export function drawIndex(P: Float64Array, t: number): number {
  const total = P[P.length - 1]!;
  const target = t * total;
  let low = 0, high = P.length - 1; // prettier-ignore
  // t · total may round up to the total, which no P exceeds: then the last index that has weight
  const passes = (i: number): boolean => P[i]! > target || P[i] === total;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
