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

/** Rows a head of m keys spends on staging, centring, pools and probing. */
const OVERHEAD_ROWS = 250;
/** A landmark costs one pair a key and one a query; landmark passes are a little cheaper than exact ones. */
const RANK_ROWS = 1.9;
/** Seeding and moving a landmark takes so many pairs a point of the pool. */
const LANDMARK_PER_POINT = 1;
/** Points of the pool that landmarks are moved on, at most. */
export const LLOYD_POOL = 4096;
/** Multiply-adds of the float64 solve that take the time of one pair. */
const SOLVE_PER_PAIR = 20;

/** An approximation must cost at most this share of exact attention. */
export const WORTHWHILE = 0.7;
/** Exact at once below this many pairs. */
export const SMALL_CALL = 2 ** 20;
/** Largest rank that is planned: what does not grow with n, seeding, moving and solving, is by then half of the work at n = m = 8192. */
export const LARGEST_RANK = 512;

export function exactPairs(n: number, m: number): number {
  return n * m;
}

export function nystromPairs(n: number, m: number, rank: number, rows: number): number {
  const mean = (n + m) / 2;
  const choosing = LANDMARK_PER_POINT * Math.min(n + m, LLOYD_POOL) * rank;
  return Math.ceil(mean * (OVERHEAD_ROWS + RANK_ROWS * rank) + choosing + rows * m + (rank * rank * rank) / 3 / SOLVE_PER_PAIR);
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
