/**
 * b − Σ a_l x_l as if in twice the precision.
 *
 *   each product and each sum is split into its rounded value and its exact error; errors are summed beside the values
 *
 * Exact splittings want factors that neither overflow nor come near 2^−1022. Where the sizes of the terms differ by more than that leaves, each
 * is scaled by itself: 2^E is at the largest of b and the products, a_l goes to [1, 2), and x_l takes the rest; what vanishes then is below
 * 2^−1022 of the largest.  Source: Dekker 1971; Ogita, Rump, Oishi 2005.
 */
import { trueExponent } from "../math/bits.js";
import { timesPowerOfTwo } from "./sums.js";

/** A number, as value · 2^exponent. */
export interface ScaledNumber {
  readonly value: number;
  readonly exponent: number;
}

/** b − Σ a_l x_l; of a sparse row, x at the indices. The upper parts are those of `upperParts`. */
export function subtractDot(
  b: number,
  a: Float64Array,
  aHigh: Float64Array,
  x: Float64Array,
  xHigh: Float64Array,
  indices: Int32Array | undefined,
): number {
  let sum = b;
  let lost = 0;
  for (let l = 0; l < a.length; l++) {
    const q = indices === undefined ? l : indices[l]!;
    const product = a[l]! * x[q]!;
    const a1 = aHigh[l]!;
    const x1 = xHigh[q]!;
    const a2 = a[l]! - a1;
    const x2 = x[q]! - x1;
    const error = a2 * x2 - (product - a1 * x1 - a2 * x1 - a1 * x2);
    const next = sum - product;
    const back = next - sum;
    lost += sum - (next - back) - (product + back) - error;
    sum = next;
  }
  return sum + lost;
}

/** The same of terms of any sizes, none of them scaled before. */
export function subtractWideDot(b: number, a: Float64Array, x: Float64Array, indices: Int32Array | undefined): ScaledNumber {
  let exponent = b === 0 ? -Infinity : trueExponent(b);
  for (let l = 0; l < a.length; l++) {
    const factor = x[indices === undefined ? l : indices[l]!]!;
    if (a[l] !== 0 && factor !== 0) exponent = Math.max(exponent, trueExponent(a[l]!) + trueExponent(factor));
  }
  if (exponent === -Infinity) return { value: 0, exponent: 0 };
  const left = new Float64Array(a.length);
  const right = new Float64Array(a.length);
  for (let l = 0; l < a.length; l++) {
    const factor = x[indices === undefined ? l : indices[l]!]!;
    if (a[l] === 0 || factor === 0) continue;
    const own = trueExponent(a[l]!);
    left[l] = timesPowerOfTwo(a[l]!, -own);
    right[l] = timesPowerOfTwo(factor, own - exponent);
  }
  const value = subtractDot(timesPowerOfTwo(b, -exponent), left, upperParts(left), right, upperParts(right), undefined);
  return { value, exponent };
}

/** The upper 26 bits of each entry (Veltkamp: 2^27 + 1), so that products of parts are exact. */
export function upperParts(x: Float64Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let l = 0; l < x.length; l++) {
    const wide = x[l]! * 134217729;
    out[l] = wide - (wide - x[l]!);
  }
  return out;
}
