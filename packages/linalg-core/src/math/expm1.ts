/**
 * e^x − 1 without cancellation.
 *
 *   u = fl(e^x)    (u − 1)/log u is a smooth function of u, so its value at the rounded u is nearly its value at e^x;  times x
 *
 * Source: Kahan's trick, in Higham, Accuracy and Stability of Numerical Algorithms, section 1.14.1.
 */
import { exp } from "./exp.js";
import { log } from "./log.js";

/**
 * e^x − 1, accurate for small x, where `exp(x) - 1` loses all digits.
 * @param x any number.
 * @returns e^x − 1 within 3 ulp; −1 at −Infinity, NaN for NaN, as Math.expm1.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source Kahan's trick: (u − 1) x / log u.
 * @example expm1(1e-20) // -> 1e-20
 */
export function expm1(x: number): number {
  const u = exp(x);
  if (u === 1) return x; // also keeps −0
  if (Math.abs(x) > 1) return u - 1; // also NaN and the infinities
  return ((u - 1) * x) / log(u);
}
