/**
 * What a method costs, in query-key pairs: one score, its exponential, and its share of the value product.
 *
 *   n, m  queries and keys      r  rank      rows  exactly recomputed for the certificate
 *
 * Choices are made by counted work and this table alone, never by a clock, so that the same seed gives the same bits everywhere.
 * Source: measured once on the kernels (NOTES.md); n pairs are written as one row.
 */

/** Rows a head of m keys spends on staging, centring, pools, seeding and probing. */
const OVERHEAD_ROWS = 200;
/** A landmark costs one pair a key and one a query; landmark passes are a little cheaper than exact ones, seeding a little dearer. */
const RANK_ROWS = 1.95;
/** Multiply-adds of the float64 solve that take the time of one pair. */
const SOLVE_PER_PAIR = 8;

/** An approximation must cost at most this share of exact attention. */
export const WORTHWHILE = 0.7;
/** Exact at once below this many pairs. */
export const SMALL_CALL = 2 ** 20;

export function exactPairs(n: number, m: number): number {
  return n * m;
}

export function nystromPairs(n: number, m: number, rank: number, rows: number): number {
  const mean = (n + m) / 2;
  return Math.ceil(mean * (OVERHEAD_ROWS + RANK_ROWS * rank) + rows * m + (rank * rank * rank) / 3 / SOLVE_PER_PAIR);
}
