/**
 * The growing factor of a pivoted Cholesky factorization.
 *
 *   K  N × N  positive semidefinite      F  N × k  factor so far, stored by columns (k × N)      d  N  residual diagonal K_ii − ‖F_i‖²
 *
 * Source: textbook pivoted Cholesky.
 */
import { AssumptionError, NumericsError } from "@subquad/linalg-core";
import { rest, type Steps } from "@subquad/linalg-core/steps";
import type { PsdOracle } from "./psd-oracle.js";

/** Terms of a partial sum: the rounding of a trace is that of this many terms and of the number of parts. */
const PART = 1024;
/** Numbers copied between two turns of the event loop. */
const SLICE = 2 ** 20;

export interface PsdFactor {
  readonly where: string;
  readonly oracle: PsdOracle;
  readonly N: number;
  readonly diagonal: Float64Array;
  /** d. */
  readonly residual: Float64Array;
  /** Σ K_ii, and Σ d after 0, 1, …, k columns. */
  readonly traces: number[];
  /** max K_ii. */
  readonly largest: number;
  /** F by columns: row l holds column l; grows. */
  columns: Float64Array;
  k: number;
  readonly pivots: number[];
  /** Entries of K asked for, the diagonal included. */
  entries: number;
}

/** Room for at least `rank` columns: doubled while it lasts, `most` at the end. */
export function* reserve(F: PsdFactor, rank: number, most: number): Steps<void> {
  const { N, k, columns } = F;
  if (columns.length >= rank * N) return;
  const rows = Math.min(most, Math.max(rank, 2 * Math.floor(columns.length / N)));
  F.columns = yield* columnsCopied(F, columns, k, rows);
}

/** A copy of the first k columns in memory for `rows` of them, made in slices of 8 MB. */
export function* columnsCopied({ where, N }: PsdFactor, from: Float64Array, k: number, rows: number): Steps<Float64Array> {
  let to: Float64Array;
  try {
    to = new Float64Array(rows * N);
  } catch (cause) {
    throw new NumericsError("ERR_LIMIT", `${where}: expected room for ${rows} columns of ${N} numbers, got none`, { where, cause });
  }
  for (let p = 0; p < k * N; p += SLICE) {
    to.set(from.subarray(p, Math.min(p + SLICE, k * N)), p);
    yield rest();
  }
  return to;
}

/** Residuals at or below it are round-off of k columns, or the oracle's own error. */
export function roundOff({ k, oracle, largest }: PsdFactor): number {
  return 4 * ((k + 2) * 2 ** -53 + (oracle.relativeError ?? 0)) * largest;
}

/** K_zz − ‖F_z‖², afresh. */
export function residualOf(F: PsdFactor, z: number): number {
  const { columns, N, k, diagonal } = F;
  let h = diagonal[z]!;
  for (let l = 0; l < k; l++) h -= columns[l * N + z]! * columns[l * N + z]!;
  assertNotNegative(F, z, h);
  return h;
}

/**
 * Throws when a residual is more negative than rounding explains: K is not positive semidefinite.
 *
 * A residual errs by about 2 γ_k (a_i + Σ_s |W_is| a_s)², and the weights W stay within 20 a_i on real kernels: 400 times the round-off of
 * one column, and a factor to spare.
 */
export function assertNotNegative(F: PsdFactor, i: number, residual: number, allowed = -1024 * roundOff(F)): void {
  if (residual >= allowed) return;
  throw new AssumptionError(F.where, {
    argument: "oracle",
    assumption: `K positive semidefinite: the residual [${i}, ${i}] after ${F.k} pivots not negative`,
    allowed,
    measured: residual,
  });
}

/** Counts a column that stands in its place: d ← d − column², at least 0; the pivot's own is 0. */
export function acceptColumn(F: PsdFactor, column: Float64Array, pivot: number): void {
  const { residual: d, N } = F;
  let sum = 0;
  for (let first = 0; first < N; first += PART) {
    let part = 0;
    for (let i = first; i < Math.min(first + PART, N); i++) {
      const left = i === pivot ? 0 : d[i]! - column[i]! * column[i]!;
      if (left < 0) assertNotNegative(F, i, left);
      d[i] = Math.max(0, left);
      part += d[i]!;
    }
    sum += part;
  }
  F.pivots.push(pivot);
  F.traces.push(sum);
  F.k++;
}

/** L = F[S, :], row-major. */
export function* coreOf({ columns, N, k, pivots }: PsdFactor): Steps<Float64Array> {
  const S = Int32Array.from(pivots);
  const core = new Float64Array(k * k);
  for (let i = 0; i < k; i += 64) {
    core.set(gatherColumns(columns, N, k, S.subarray(i, i + 64)), i * k);
    yield rest();
  }
  return core;
}

/** F[rows, 0 … k), row-major. */
export function gatherColumns(columns: Float64Array, N: number, k: number, rows: Int32Array): Float64Array {
  const b = rows.length;
  const out = new Float64Array(b * k);
  for (let l = 0; l < k; l++) {
    for (let c = 0; c < b; c++) out[c * k + l] = columns[l * N + rows[c]!]!;
  }
  return out;
}
