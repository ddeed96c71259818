/**
 * Sums of long lists in float64, in blocks, and the powers of two that keep squares in range.
 *
 *   n terms in blocks of 256, blocks added up: error γ_(67 + ⌈n/256⌉) of the sum of magnitudes of products, which a block sums in four parts,
 *   γ_(255 + ⌈n/256⌉) of magnitudes themselves
 *
 * Source: Subquad.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { exponentOf, powerOfTwo } from "../math/bits.js";

/** Terms of a block: errors grow with it and with the number of blocks. */
const BLOCK = 256;

/** Σ x_i y_i. */
export function sumOfProducts(x: Float64Array, y: Float64Array): number {
  let total = 0;
  for (let from = 0; from < x.length; from += BLOCK) {
    const end = Math.min(x.length, from + BLOCK);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = from;
    for (; i + 4 <= end; i += 4) {
      s0 += x[i]! * y[i]!;
      s1 += x[i + 1]! * y[i + 1]!;
      s2 += x[i + 2]! * y[i + 2]!;
      s3 += x[i + 3]! * y[i + 3]!;
    }
    for (; i < end; i++) s0 += x[i]! * y[i]!;
    total += s0 + s1 + (s2 + s3);
  }
  return total;
}

/** y ← y + α x. */
export function addMultiple(α: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += α * x[i]!;
}

/** Σ |x_i| over [from, to). */
export function sumOfMagnitudes(x: Float64Array, from = 0, to = x.length): number {
  let total = 0;
  for (let start = from; start < to; start += BLOCK) {
    let sum = 0;
    for (let i = start, end = Math.min(to, start + BLOCK); i < end; i++) sum += Math.abs(x[i]!);
    total += sum;
  }
  return total;
}

/** max |x_i| over [from, to), 0 of none. */
export function largestMagnitude(x: Float64Array, from = 0, to = x.length): number {
  let most = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(x[i]!);
    if (size > most) most = size;
  }
  return most;
}

/** x · 2^k for any k: exact unless the result is subnormal or overflows. */
export function timesPowerOfTwo(x: number, k: number): number {
  let result = x;
  let left = k;
  for (; left > 1000; left -= 1000) result *= powerOfTwo(1000);
  for (; left < -1000; left += 1000) result *= powerOfTwo(-1000);
  return result * powerOfTwo(left);
}

/** The list times 2^k, exactly but for what becomes subnormal. A copy. */
export function scaled(x: Float64Array, k: number): Float64Array {
  const out = new Float64Array(x.length);
  const half = Math.trunc(k / 2);
  const [first, second] = [powerOfTwo(half), powerOfTwo(k - half)];
  for (let i = 0; i < x.length; i++) out[i] = x[i]! * first * second;
  return out;
}

/** √(Σ x_i²) over `count` entries from `from` on, however large or small they are; Infinity only where the root itself overflows, NaN for NaN. */
export function euclideanNorm(x: Float64Array, from = 0, count = x.length - from): number {
  const entries = x.subarray(from, from + count);
  const most = largestMagnitude(entries);
  if (most === 0) return sumOfMagnitudes(entries); // 0, or NaN
  const exponent = exponentOf(most);
  const unit = scaled(entries, -exponent);
  return timesPowerOfTwo(Math.sqrt(sumOfProducts(unit, unit)), exponent);
}

/** The same, rounded up: at least the norm, which is off by (count + 8) u at most. */
export function normAbove(x: Float64Array, from = 0, count = x.length - from): number {
  return euclideanNorm(x, from, count) * (1 + 2 * (count + 8) * UNIT_ROUND_OFF.float64);
}
