/**
 * log Γ(x) for x ≥ 0.
 *
 *   0 < x < 2   polynomials about the minimum 1.4616… and about 1 and 2, where log Γ is 0; below 0.9 by Γ(x) = Γ(1 + x)/x
 *   2 ≤ x < 8   the product rule down to [2, 3)
 *   8 ≤ x       Stirling: (x − ½)(log x − 1) + w(1/x)
 *
 * Ported from FreeBSD msun e_lgamma_r.c, without negative x; all constants are its own, letters included. Copyright (C) 1993 by Sun
 * Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute this software is freely granted, provided that
 * this notice is preserved.
 * Source: fdlibm.
 */
import { OptionError } from "../errors.js";
import { log } from "./log.js";

// y = 2 − x or 1 − x, |y| ≤ 0.27: even and odd coefficients
const A_EVEN = [
  7.72156649015328655494e-2, 6.73523010531292681824e-2, 7.38555086081402883957e-3, 1.19270763183362067845e-3, 2.20862790713908385557e-4,
  2.52144565451257326939e-5,
];
const A_ODD = [
  3.22467033424113591611e-1, 2.05808084325167332806e-2, 2.89051383673415629091e-3, 5.10069792153511336608e-4, 1.08011567247583939954e-4,
  4.4864094961891516015e-5,
];
// y = x − TC about the minimum log Γ(TC) = TF + TT: three interleaved polynomials in y³
const TC = 1.46163214496836224576;
const TF = -1.21486290535849611461e-1;
const TT = -3.63867699703950536541e-18;
const T_0 = [
  4.83836122723810047042e-1, -3.27885410759859649565e-2, 6.10053870246291332635e-3, -1.40346469989232843813e-3, 3.15632070903625950361e-4,
];
const T_1 = [
  -1.47587722994593911752e-1, 1.79706750811820387126e-2, -3.6845201678113825676e-3, 8.81081882437654011382e-4, -3.12754168375120860518e-4,
];
const T_2 = [
  6.46249402391333854778e-2, -1.0314224129834143745e-2, 2.2596478090061247225e-3, -5.38595305356740546715e-4, 3.35529192635519073543e-4,
];
// y = x − 1 or x, in [−0.1, 0.24): u/v
const U = [
  -7.72156649015328655494e-2, 6.32827064025093366517e-1, 1.45492250137234768737, 9.77717527963372745603e-1, 2.28963728064692451092e-1,
  1.33810918536787660377e-2,
];
const V = [
  1, 2.45597793713041134822, 2.12848976379893395361, 7.69285150456672783825e-1, 1.04222645593369134254e-1, 3.2170924228242391181e-3,
];
// y = x − ⌊x⌋ for x in [2, 8): s/r
const S = [
  -7.72156649015328655494e-2, 2.14982415960608852501e-1, 3.25778796408930981787e-1, 1.46350472652464452805e-1, 2.6642270303363860956e-2,
  1.84028451407337715652e-3, 3.19475326584100867617e-5,
];
const R = [
  1, 1.39200533467621045958, 7.21935547567138069525e-1, 1.71933865632803078993e-1, 1.86459191715652901344e-2, 7.77942496381893596434e-4,
  7.32668430744625636189e-6,
];
// Stirling's remainder: W_0 + W_1/x + W_2/x³ + …, nearly ½ log(2π) − ½, 1/12, −1/360, …
const W_0 = 4.18938533204672725052e-1;
const W = [
  8.33333333333329678849e-2, -2.7777777772877553647e-3, 7.936505586430195585e-4, -5.95187557450339963135e-4, 8.36339918996282139126e-4,
  -1.63092934096575273989e-3,
];

/**
 * The logarithm of the gamma function; log (n − 1)! at integers n.
 *
 * For binomial and hypergeometric tails, whose factorials overflow.
 * @param x at least 0.
 * @returns log Γ(x) within 4 ulp, exactly 0 at 1 and 2; Infinity at 0 and Infinity, NaN for NaN.
 * @throws OptionError below 0, where Γ changes sign and nothing here needs it.
 * @complexity O(1), only + − * /.
 * @source fdlibm, e_lgamma_r.c.
 * @example logGamma(1) // -> 0
 */
export function logGamma(x: number): number {
  if (x < 0) throw new OptionError("logGamma", "x", "a number at least 0", x);
  if (x === 0 || x === Infinity) return Infinity;
  if (x === 1 || x === 2) return 0; // the pieces would give −0
  if (x < 2) return belowTwo(x);
  if (x < 8) return belowEight(x);
  const z = 1 / x;
  return (x - 0.5) * (log(x) - 1) + (W_0 + z * horner(W, z * z));
}

/** The bounds of the pieces are fdlibm's: 0.2316 = TC − 1.23, 0.7316 = TC − 0.73. */
function belowTwo(x: number): number {
  if (x <= 0.9) return (x >= 0.7316 ? nearTwo(1 - x) : x >= 0.23164 ? nearMinimum(x - (TC - 1)) : nearOne(x)) - log(x);
  return x >= 1.7316 ? nearTwo(2 - x) : x >= 1.23 ? nearMinimum(x - TC) : nearOne(x - 1);
}

function nearTwo(y: number): number {
  const z = y * y;
  return y * horner(A_EVEN, z) + z * horner(A_ODD, z) - 0.5 * y;
}

function nearMinimum(y: number): number {
  const z = y * y;
  const w = z * y;
  return TF + (z * horner(T_0, w) - (TT - w * (horner(T_1, w) + y * horner(T_2, w))));
}

function nearOne(y: number): number {
  return -0.5 * y + (y * horner(U, y)) / horner(V, y);
}

function belowEight(x: number): number {
  const n = Math.floor(x);
  const y = x - n;
  let product = 1;
  for (let i = n - 1; i >= 2; i--) product *= y + i;
  return 0.5 * y + (y * horner(S, y)) / horner(R, y) + log(product);
}

/** coefficients[0] + y coefficients[1] + y² coefficients[2] + … */
function horner(coefficients: readonly number[], y: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = coefficients[i]! + y * sum;
  return sum;
}
