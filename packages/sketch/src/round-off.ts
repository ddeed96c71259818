/**
 * Rounding, as certificates count it.
 *
 *   u  2^−53, the unit round-off of float64      γ_n = n u / (1 − n u)
 *
 * Source: textbook.
 */

/** u. */
export const UNIT = 2 ** -53;

/** γ_n. */
export function gamma(n: number): number {
  return (n * UNIT) / (1 - n * UNIT);
}

/** γ_n, and a little for sums of magnitudes that were rounded down. */
export function gammaAbove(n: number): number {
  return (1.001 * n * UNIT) / (1 - n * UNIT);
}
