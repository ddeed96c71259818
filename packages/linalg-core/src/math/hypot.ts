/**
 * The length of a vector of two, without overflow or underflow on the way.
 *
 *   2^E  the power of two at or below the larger of |x| and |y|      √(x² + y²) = 2^E √((x/2^E)² + (y/2^E)²)
 *
 * Scaling by a power of two is exact; what the smaller one loses by it is below an ulp of the answer by far.
 * Source: Subquad's own convention.
 */
import { highWord, powerOfTwo } from "./bits.js";

/**
 * √(x² + y²), in float64.
 *
 * For rotations and norms; Math.hypot differs between engines in the last bit.
 * @param x any number.
 * @param y any number.
 * @returns √(x² + y²) within 1.5 ulp; Infinity if x or y is infinite, even beside NaN, as Math.hypot; NaN for NaN otherwise.
 * @throws nothing.
 * @complexity O(1), one square root.
 * @source Subquad's own convention.
 * @example hypot(3, 4) // -> 5
 */
export function hypot(x: number, y: number): number {
  const a = Math.abs(x);
  const b = Math.abs(y);
  if (a === Infinity || b === Infinity) return Infinity;
  const largest = a > b ? a : b;
  if (!(a + b > 0)) return a + b; // two zeros, or NaN
  const E = Math.min(1022, Math.max(-1022, (highWord(largest) >>> 20) - 1023)); // so that 2^−E is a normal number too
  const down = powerOfTwo(-E);
  const [u, v] = [a * down, b * down];
  return Math.sqrt(u * u + v * v) * powerOfTwo(E);
}
