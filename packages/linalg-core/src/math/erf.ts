/**
 * The error function, erf x = 2/√π ∫₀ˣ e^(−t²) dt.
 *
 *   |x| < 0.84375          x + x p(x²)/q(x²)
 *   0.84375 ≤ |x| < 1.25   ERX + p(|x| − 1)/q(|x| − 1), ERX nearly erf 1
 *   1.25 ≤ |x| < 6         1 − e^(−z² − 0.5625) e^((z − x)(z + x) + r(x⁻²)/s(x⁻²)) / |x|, z the leading bits of x, so that z² is exact
 *   6 ≤ |x|                ±1: what is left out is below half an ulp
 *
 * Ported from FreeBSD msun s_erf.c; all constants are its own, letters included. Copyright (C) 1993 by Sun Microsystems, Inc. All rights
 * reserved. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
 * Source: fdlibm.
 */
import { withLowWordZero } from "./bits.js";
import { exp } from "./exp.js";

const ERX = 8.45062911510467529297e-1;
// |x| < 0.84375, in x²; q begins with 1, and so do all denominators here
const PP = [
  1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3, -2.37630166566501626084e-5,
];
const QQ = [
  1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4, -3.9602282787753681232e-6,
];
// 0.84375 ≤ |x| < 1.25, in |x| − 1
const PA = [
  -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1, -1.10894694282396677476e-1,
  3.54783043256182359371e-2, -2.166375594868790843e-3,
];
const QA = [
  1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1, 1.36370839120290507362e-2,
  1.1984499846799107417e-2,
];
// 1.25 ≤ |x| < 1/0.35, in 1/x²
const RA = [
  -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1, -1.62396669462573470355e2,
  -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592,
];
const SA = [
  1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2, 4.29008140027567833386e2,
  1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
];
// 1/0.35 ≤ |x| < 6, in 1/x²
const RB = [
  -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2, -6.37566443368389627722e2,
  -1.02509513161107724954e3, -4.83519191608651397019e2,
];
const SB = [
  1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3, 2.55305040643316442583e3,
  4.74528541206955367215e2, -2.24409524465858183362e1,
];

/**
 * The error function, in float64.
 *
 * For tails of the normal distribution, Φ(x) = (1 + erf(x/√2))/2, where Φ is not close to 0.
 * @param x any number.
 * @returns erf x within 1 ulp; ±1 at the infinities, NaN for NaN.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source fdlibm, s_erf.c.
 * @example erf(0) // -> 0
 */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y < 0.84375) {
    const z = x * x; // underflows where it does not matter
    return x + x * (polynomial(PP, z) / polynomial(QQ, z));
  }
  const value = beyond(y);
  return x < 0 ? -value : value;
}

/** erf y for y ≥ 0.84375, NaN for NaN. */
function beyond(y: number): number {
  if (y >= 6) return 1;
  if (y < 1.25) return ERX + polynomial(PA, y - 1) / polynomial(QA, y - 1);
  const s = 1 / (y * y);
  const ratio = y < 1 / 0.35 ? polynomial(RA, s) / polynomial(SA, s) : polynomial(RB, s) / polynomial(SB, s);
  const z = withLowWordZero(y);
  return 1 - (exp(-z * z - 0.5625) * exp((z - y) * (z + y) + ratio)) / y;
}

/** Σ c_i t^i by Horner's rule. */
function polynomial(c: readonly number[], t: number): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * t + c[i]!;
  return sum;
}
