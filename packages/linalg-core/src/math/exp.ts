/**
 * Exponential, the same bits on every engine.
 *
 *   k = round(x / ln 2)    r = x − k ln 2,  |r| ≤ ln 2 / 2
 *   e^r = 1 + r + r c / (2 − c),   c = r − r² P(r²)  from the Remez approximation of r (e^r + 1)/(e^r − 1);   e^x = 2^k e^r
 *
 * Ported from FreeBSD msun e_exp.c, with its five constants of P. Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved.
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
 * Source: fdlibm.
 */
import { scaleByPowerOfTwo } from "./bits.js";

const LN2_HIGH = 6.9314718036912381649e-1; // ln 2 to 33 bits, so that k · LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10; // ln 2 − LN2_HIGH
const OVERFLOW = 7.09782712893383973096e2; // log of the largest float64
const UNDERFLOW = -7.4513321910194110842e2; // below it e^x rounds to 0

/**
 * e^x, in float64.
 *
 * For everything that a result or a bound depends on; Math.exp differs between engines in the last bit. For arrays use the `exp` of the
 * main entry, which is vectorised.
 * @param x any number.
 * @returns e^x within 1 ulp, gradually underflowing; NaN for NaN, as Math.exp.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source fdlibm, e_exp.c.
 * @example exp(0) // -> 1
 */
export function exp(x: number): number {
  if (!(x <= OVERFLOW)) return x > OVERFLOW ? Infinity : NaN;
  if (x < UNDERFLOW) return 0;
  const k = Math.round(x * Math.LOG2E);
  const a = x - k * LN2_HIGH;
  const b = k * LN2_LOW;
  const r = a - b;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  return scaleByPowerOfTwo(1 - (b - (r * c) / (2 - c) - a), k);
}
