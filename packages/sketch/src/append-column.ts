/**
 * Appends the column of one pivot to the factor: every column so far is streamed once, whatever the cache holds.
 *
 *   K  N × N      F  N × k  by columns, F_z its row z      z  pivot      h  its residual diagonal      new column (K[:, z] − F F_zᵀ) / √h
 *
 * Source: textbook pivoted Cholesky.
 */
import { NonFiniteError } from "@subquad/linalg-core";
import { pause, type Steps } from "@subquad/linalg-core/steps";
import { firstNonFinite, STRIP } from "./append-block.js";
import { acceptColumn, gatherColumns, type PsdFactor } from "./psd-factor.js";
import { readBlock } from "./psd-oracle.js";

/** Multiply-adds between two pauses. */
const WORK = 4e6;

/** Appends the column of pivot z. */
export function* appendColumn(F: PsdFactor, z: number, h: number, total: number): Steps<void> {
  const { N, k, oracle, columns, where } = F;
  const column = columns.subarray(k * N, (k + 1) * N);
  const pivot = Int32Array.of(z);
  const f = gatherColumns(columns, N, k, pivot);
  for (let first = 0, work = 0; first < N; first += STRIP) {
    const end = Math.min(first + STRIP, N);
    readBlock(where, oracle, first, end, pivot, column.subarray(first, end));
    subtractColumns(columns, N, f, column, first, end);
    work += (end - first) * (k + 1);
    if (work < WORK) continue;
    work = 0;
    yield pause(Math.min(k, total), total);
  }
  F.entries += N;
  const bad = firstNonFinite(column);
  if (bad >= 0) throw new NonFiniteError(where, "oracle.block", column[bad]!, [bad, z]);
  const root = Math.sqrt(h);
  for (let i = 0; i < N; i++) column[i]! /= root;
  for (const s of F.pivots) column[s] = 0; // F[S, :] is lower triangular, exactly
  column[z] = root;
  acceptColumn(F, column, z);
  yield pause(Math.min(k + 1, total), total);
}

/** column ← column − Σ f_l F_l on rows [first, end), four columns at a time: four streams keep the memory busy. */
function subtractColumns(columns: Float64Array, N: number, f: Float64Array, column: Float64Array, first: number, end: number): void {
  const k = f.length;
  let l = 0;
  for (; l + 4 <= k; l += 4) {
    const f0 = f[l]!, f1 = f[l + 1]!, f2 = f[l + 2]!, f3 = f[l + 3]!; // prettier-ignore
    const p0 = l * N, p1 = p0 + N, p2 = p1 + N, p3 = p2 + N; // prettier-ignore
    for (let i = first; i < end; i++) {
      column[i]! -= f0 * columns[p0 + i]! + f1 * columns[p1 + i]! + f2 * columns[p2 + i]! + f3 * columns[p3 + i]!;
    }
  }
  for (; l < k; l++) for (let i = first; i < end; i++) column[i]! -= f[l]! * columns[l * N + i]!;
}
