/**
 * Hyperbolic tangent.
 *
 *   |x| < 1:  t = e^(−2|x|) − 1,  tanh|x| = −t / (t + 2)      else:  t = e^(2|x|) − 1,  tanh|x| = 1 − 2 / (t + 2)
 *
 * Source: FreeBSD msun s_tanh.c (the split at 1).
 */
import { expm1 } from "./expm1.js";

/**
 * tanh x, in float64.
 * @param x any number.
 * @returns tanh x within 4 ulp; ±1 at the infinities, NaN for NaN, as Math.tanh.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source fdlibm, s_tanh.c.
 * @example tanh(0) // -> 0
 */
export function tanh(x: number): number {
  const y = Math.abs(x);
  if (y === 0) return x; // keeps −0
  const t = expm1(y < 1 ? -2 * y : 2 * y);
  const value = y < 1 ? -t / (t + 2) : 1 - 2 / (t + 2);
  return x < 0 ? -value : value;
}
