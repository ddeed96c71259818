/**
 * The growing factor of a pivoted Cholesky factorization, and the one step that all pivot rules share.
 *
 *   K  N × N  positive semidefinite      F  N × k  factor so far, stored by columns (k × N)      d  N  residual diagonal K_ii − ‖F_i‖²
 *   T  b  pivots of a block              L_T  b × b  Cholesky factor of the residual's entries G[T, T]       base  k when T was chosen
 *
 *   G = K[:, T] − F F[T, :]ᵀ ;   append G L_Tᵀ⁻¹ to F ;   d ← d − squares of the new columns, at least 0 ;   d[T] = 0
 *
 * A block may be appended in pieces, columns [from, to) at a time, with the bits of one piece: G is always formed against the first `base`
 * columns, and substitution goes by panels that are counted from the start of the block, whose unsolved rows are kept between pieces.
 * Source: arXiv:2410.03969, blocks of pivots; textbook blocked Cholesky.
 */
import { AssumptionError, NonFiniteError, NumericsError, solveTriangular, view } from "@subquad/linalg-core";
import { matmulSteps } from "@subquad/linalg-core/matmul";
import { pause, type Steps } from "@subquad/linalg-core/steps";
import type { PsdOracle } from "./psd-oracle.js";

/** Rows of K asked for at a time: 4 MB of a block of 256 columns, a few milliseconds of work for each hundred columns of F. */
const ROWS = 2048;
/** Rows of a substitution panel: the products beside it do all but N k PANEL / 2 of the N k b / 2 multiply-adds. */
const PANEL = 32;
/** Columns of F taken off a single new column at a time: four streams keep the memory busy. */
const STRIDE = 4;

/** A block of pivots and how far it has been appended. */
export interface PivotBlock {
  readonly base: number;
  readonly pivots: Int32Array;
  /** L_T, row-major b × b. */
  readonly lower: Float64Array;
  /** The rows of Gᵀ (of length N) from the last panel that was begun, [panelStart(done), done): what a later piece needs again. */
  readonly unsolved: Float64Array;
  readonly done: number;
}

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
export function reserve(F: PsdFactor, rank: number, most: number): void {
  const { N, k, columns, where } = F;
  if (columns.length >= rank * N) return;
  const rows = Math.min(most, Math.max(rank, 2 * Math.floor(columns.length / N)));
  try {
    F.columns = new Float64Array(rows * N);
  } catch (cause) {
    throw new NumericsError("ERR_LIMIT", `${where}: expected room for ${rows} columns of ${N} numbers, got none`, { where, cause });
  }
  F.columns.set(columns.subarray(0, k * N));
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
export function assertNotNegative(F: PsdFactor, i: number, residual: number): void {
  const allowed = -1024 * roundOff(F);
  if (residual >= allowed) return;
  throw new AssumptionError(F.where, {
    argument: "oracle",
    assumption: `K positive semidefinite: the residual [${i}, ${i}] after ${F.k} pivots not negative`,
    allowed,
    measured: residual,
  });
}

/**
 * Appends the columns [block.done, to) of a block, fewer when `isDone` says so after one of them.
 * @returns the block with what a later piece needs.
 */
export function* appendBlock(F: PsdFactor, block: PivotBlock, to: number, total: number, isDone: () => boolean): Steps<PivotBlock> {
  const { N } = F;
  const { base, lower, pivots } = block;
  const b = pivots.length, from = block.done, start = panelStart(from); // prettier-ignore
  const G = new Float64Array((to - start) * N); // row c holds row start + c of Gᵀ
  G.set(block.unsolved);
  const fresh = G.subarray((from - start) * N);
  yield* residualColumns(F, base, pivots.subarray(from, to), fresh, total);

  const target = F.columns.subarray(base * N, (base + b) * N); // the block's rows of F
  for (let top = start; top < to; top += PANEL) {
    const end = Math.min(top + PANEL, to);
    yield* solvePanel(F, block, top, end, G.subarray((top - start) * N, (end - start) * N), target, Math.max(from, top));
    yield pause(Math.min(base + end, total), total);
  }
  let done = from;
  for (let c = from; c < to && !(c > from && isDone()); c++) {
    const column = target.subarray(c * N, (c + 1) * N);
    for (const s of F.pivots) column[s] = 0; // F[S, :] is lower triangular, exactly
    for (let i = 0; i < b; i++) column[pivots[i]!] = i < c ? 0 : lower[i * b + c]!;
    subtractSquares(F, column, pivots[c]!);
    done++;
  }
  const kept = panelStart(done);
  return { ...block, done, unsolved: G.slice((kept - start) * N, (done - start) * N) };
}

/** Appends the one column of a pivot z whose residual diagonal is h: F's columns are streamed once. */
export function* appendColumn(F: PsdFactor, z: number, h: number, total: number): Steps<void> {
  const { N, k, oracle, columns } = F;
  const column = columns.subarray(k * N, (k + 1) * N);
  const f = new Float64Array(k);
  for (let l = 0; l < k; l++) f[l] = columns[l * N + z]!;
  const pivot = Int32Array.of(z);
  for (let first = 0; first < N; first += ROWS) {
    const end = Math.min(first + ROWS, N);
    oracle.block(first, end, pivot, column.subarray(first, end));
    let l = 0;
    for (; l + STRIDE <= k; l += STRIDE) {
      const f0 = f[l]!, f1 = f[l + 1]!, f2 = f[l + 2]!, f3 = f[l + 3]!; // prettier-ignore
      const p0 = l * N, p1 = p0 + N, p2 = p1 + N, p3 = p2 + N; // prettier-ignore
      for (let i = first; i < end; i++) {
        column[i]! -= f0 * columns[p0 + i]! + f1 * columns[p1 + i]! + f2 * columns[p2 + i]! + f3 * columns[p3 + i]!;
      }
    }
    for (; l < k; l++) for (let i = first; i < end; i++) column[i]! -= f[l]! * columns[l * N + i]!;
    if ((end - first) * k > 1e5) yield pause(Math.min(k, total), total);
  }
  F.entries += N;
  const root = Math.sqrt(h);
  for (let i = 0; i < N; i++) column[i]! /= root;
  assertFiniteColumn(F, column, z);
  for (const s of F.pivots) column[s] = 0;
  column[z] = root;
  subtractSquares(F, column, z);
}

/** Gᵀ[c, :] ← K[:, j] − F F[j, :]ᵀ over the first `base` columns, for the c-th pivot j. */
function* residualColumns(F: PsdFactor, base: number, pivots: Int32Array, G: Float64Array, total: number): Steps<void> {
  const { N, oracle, columns, where } = F;
  const b = pivots.length;
  const left = view(gatherColumns(columns, N, base, pivots), [b, base]);
  for (let first = 0; first < N; first += ROWS) {
    const m = Math.min(ROWS, N - first);
    const K = new Float64Array(m * b);
    oracle.block(first, first + m, pivots, K);
    for (let e = 0; e < K.length; e++) {
      if (!Number.isFinite(K[e]!)) throw new NonFiniteError(where, "oracle.block", K[e]!, [first + Math.floor(e / b), pivots[e % b]!]);
    }
    const known = base === 0 ? undefined : yield* matmulSteps(where, left, view(columns, [base, m], [N, 1], first));
    const product = known?.data;
    for (let c = 0; c < b; c++) {
      for (let i = 0; i < m; i++) G[c * N + first + i] = K[i * b + c]! - (product === undefined ? 0 : product[c * m + i]!);
    }
    yield pause(Math.min(base, total), total);
  }
  F.entries += N * b;
}

/** Rows [top, end) of X = L_T⁻¹ Gᵀ into target, given the rows before; those before `from` are there already and are left alone. */
function* solvePanel(
  { N, where }: PsdFactor,
  { lower, pivots }: PivotBlock,
  top: number,
  end: number,
  G: Float64Array,
  target: Float64Array,
  from: number,
): Steps<void> {
  const b = pivots.length, rows = end - top; // prettier-ignore
  for (let first = 0; first < N; first += ROWS) {
    const m = Math.min(ROWS, N - first);
    const right = new Float64Array(rows * m);
    for (let c = 0; c < rows; c++) right.set(G.subarray(c * N + first, c * N + first + m), c * m);
    if (top > 0) {
      const product = (yield* matmulSteps(where, view(lower, [rows, top], [b, 1], top * b), view(target, [top, m], [N, 1], first))).data;
      for (let e = 0; e < right.length; e++) right[e]! -= product[e]!;
    }
    const X = solveTriangular(view(lower, [rows, rows], [b, 1], top * b + top), view(right, [rows, m])).data as Float64Array;
    for (let c = from - top; c < rows; c++) target.set(X.subarray(c * m, (c + 1) * m), (top + c) * N + first);
  }
}

/** d ← d − column², at least 0; the pivot's own is 0. */
function subtractSquares(F: PsdFactor, column: Float64Array, pivot: number): void {
  const { residual: d, N } = F;
  let sum = 0;
  for (let first = 0; first < N; first += ROWS) {
    let part = 0; // partial sums keep the rounding of the trace at that of ROWS terms
    for (let i = first; i < Math.min(first + ROWS, N); i++) {
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

function assertFiniteColumn({ where }: PsdFactor, column: Float64Array, z: number): void {
  const bad = column.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new NonFiniteError(where, "oracle.block", column[bad]!, [bad, z]);
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

function panelStart(row: number): number {
  return row - (row % PANEL);
}
