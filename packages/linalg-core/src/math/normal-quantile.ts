/**
 * The quantile function of the standard normal distribution: z with Φ(z) = u.
 *
 *   q = u − ½    |q| ≤ 0.425:  r = 0.180625 − q²,  z = q a(r)/b(r)
 *                else:         r = √(−log min(u, 1 − u)) − 1.6,  |z| = c(r)/d(r),  for r + 1.6 ≤ 5, that is u ≥ 1.4e-11
 *
 * Rational approximations of degree 7, relative error about 1e-16. The third piece, for tails that no 32-bit uniform reaches, is left out.
 * Source: M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988); its constants.
 */
import { log } from "./log.js";

// The published digits, rounded to float64.
const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813,
  2509.0809287301227,
] as const;
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854,
] as const;
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
] as const;
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345,
  1.0507500716444169e-9,
] as const;

/** z with Φ(z) = u, for u in [1.4e-11, 1 − 1.4e-11]; odd about u = ½. */
export function normalQuantile(u: number): number {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(A, r)) / polynomial(B, r);
  }
  const r = Math.sqrt(-log(q < 0 ? u : 1 - u)) - 1.6;
  const z = polynomial(C, r) / polynomial(D, r);
  return q < 0 ? -z : z;
}

type Degree7 = readonly [number, number, number, number, number, number, number, number];

function polynomial(a: Degree7, r: number): number {
  return ((((((a[7] * r + a[6]) * r + a[5]) * r + a[4]) * r + a[3]) * r + a[2]) * r + a[1]) * r + a[0];
}
