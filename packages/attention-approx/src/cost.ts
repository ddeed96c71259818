/**
 * What a method costs, in query-key pairs (one score, its exponential, its share of the value product) and in bytes.
 *
 *   n, m  queries and keys      d, e  their columns and those of the values      r  rank      rows  exactly recomputed for the certificate
 *
 * Choices are made by counted work and this table alone, never by a clock, so that the same seed gives the same bits everywhere.
 * Source: measured once on the kernels (NOTES.md); n pairs are written as one row.
 */

import type { DType } from "@subquad/linalg-core";
import { bytesOf, paddedKeys, paddedWidth, type AttentionShape } from "@subquad/linalg-core/kernels";

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
/** Largest rank that is planned: the solve, r³/3, is by then a third of the work at n = m = 8192. */
export const LARGEST_RANK = 512;

export function exactPairs(n: number, m: number): number {
  return n * m;
}

export function nystromPairs(n: number, m: number, rank: number, rows: number): number {
  const mean = (n + m) / 2;
  return Math.ceil(mean * (OVERHEAD_ROWS + RANK_ROWS * rank) + rows * m + (rank * rank * rank) / 3 / SOLVE_PER_PAIR);
}

/** Compute memory that a call may take: its approximated heads together, one exact head, and the solve and pool of a larger rank by name. */
export function callBytes({ n, m, d, e }: AttentionShape, dtype: DType, approximated: number, rank = LARGEST_RANK): number {
  const depth = paddedWidth(d);
  const valueWidth = paddedWidth(e + 1);
  const perQuery = 2 * depth + e + 3;
  const perKey = 5 * depth + 5 * valueWidth + 6;
  const fixed = 16 * LARGEST_RANK * LARGEST_RANK + 2 ** 21;
  const size = bytesOf(dtype);
  const exact = size * (n * (depth + e) + 2 * paddedKeys(m) * (depth + valueWidth)) + 16 * n;
  const larger = Math.max(0, rank - LARGEST_RANK);
  const solve = approximated === 0 ? 0 : larger * (16 * (rank + LARGEST_RANK) + size * (8 * depth + 2 * valueWidth));
  return Math.ceil(exact + solve + approximated * (size * (n * perQuery + paddedKeys(m) * perKey) + fixed));
}
