/**
 * log(1 + x) without losing x in the sum.
 *
 *   u = fl(1 + x)    u − 1 − x is what rounding added, exactly;  log(1 + x) = log u − (u − 1 − x)/u + O(rounding²)
 *
 * Source: W. Kahan, the correction used in the HP-15C.
 */
import { log } from "./log.js";

/**
 * log(1 + x), accurate for small x, where `log(1 + x)` loses all digits.
 * @param x any number.
 * @returns log(1 + x) within 2 ulp; −Infinity at −1, NaN below, as Math.log1p.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source Kahan's correction: log u − (u − 1 − x)/u.
 * @example log1p(1e-20) // -> 1e-20
 */
export function log1p(x: number): number {
  const u = 1 + x;
  if (u === 1) return x; // also keeps −0
  if (!(u > 0 && u < Infinity)) return log(u);
  return log(u) - (u - 1 - x) / u;
}
