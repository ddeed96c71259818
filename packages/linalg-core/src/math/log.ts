/**
 * Natural logarithm, the same bits on every engine.
 *
 *   x = 2^E f,  f in [1/√2, √2)    t = f − 1    s = t / (2 + t)    z = s²
 *   log f = 2s (1 + z/3 + z²/5 + … + z⁹/19) = t − (t²/2 − s (t²/2 + R)),   R = 2z/3 + 2z²/5 + …
 *
 * |s| ≤ 0.1716, so the terms left out are below 2.4e-17 of log f. The second form keeps the leading t exact: after FreeBSD msun e_log.c, with
 * the plain series for its minimax polynomial. Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy,
 * modify, and distribute this software is freely granted, provided that this notice is preserved.
 * Source: log((1 + s)/(1 − s)) = 2 atanh s.
 */
import { highWord, withHighWord } from "./bits.js";

const LN2_HIGH = 6.9314718036912381649e-1; // ln 2 to 33 bits, so that E · LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10; // ln 2 − LN2_HIGH
const SMALLEST_NORMAL = 2 ** -1022;

/**
 * The natural logarithm, in float64.
 *
 * For everything that a result or a random draw depends on; Math.log differs between engines in the last bit.
 * @param x any number.
 * @returns log x within 1 ulp; −Infinity for ±0, NaN below 0, as Math.log.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source log((1 + s)/(1 − s)) = 2 atanh s.
 * @example log(1) // -> 0
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const normal = x < SMALLEST_NORMAL ? x * 2 ** 54 : x;
  const high = highWord(normal);
  let E = (high >>> 20) - (x < SMALLEST_NORMAL ? 1077 : 1023);
  let f = withHighWord(normal, (high & 0xfffff) | 0x3ff00000);
  if (f >= Math.SQRT2) {
    f *= 0.5;
    E += 1;
  }
  const t = f - 1; // exact
  const s = t / (2 + t);
  const z = s * s;
  const R =
    z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * (2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19)))))))));
  const h = 0.5 * t * t;
  return E * LN2_HIGH - (h - (s * (h + R) + E * LN2_LOW) - t);
}
