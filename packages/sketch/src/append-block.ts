/**
 * Appends the columns of a block of pivots to the factor: matrix products over strips of rows, then substitution.
 *
 *   T  b  pivots of the block      L_T  b × b  Cholesky factor of the residual's entries G[T, T]      base  columns of F when T was chosen
 *
 *   strip by strip of K's rows:   G = K[:, T] − F F[T, :]ᵀ ;   X = L_T⁻¹ Gᵀ ;   the rows of X are the new columns
 *
 * A block may be appended in pieces, columns [done, to) at a time, with the bits of one piece: G is always formed against the first `base`
 * columns, and substitution goes by panels counted from the start of the block. A piece that begins inside a panel computes that panel's
 * earlier rows of G again (fewer than PANEL columns of K).
 * Source: textbook blocked Cholesky; blocks of pivots from arXiv:2410.03969.
 */
import { NonFiniteError, view } from "@subquad/linalg-core";
import { openScope, runtime, type Scope } from "@subquad/linalg-core/kernels";
import { matmulSteps } from "@subquad/linalg-core/matmul";
import { pause, type Steps } from "@subquad/linalg-core/steps";
import { acceptColumn, gatherColumns, type PsdFactor } from "./psd-factor.js";

/** Rows of K in a strip: its part of a block stays in cache, and a pause is a few milliseconds away. */
export const STRIP = 2048;
/** Columns of a substitution panel: all but PANEL of the b + base multiply-adds an entry needs are matrix products. A multiple of 6. */
const PANEL = 48;

/** A block of pivots and how many of its columns stand in F. */
export interface PivotBlock {
  readonly base: number;
  readonly pivots: Int32Array;
  /** L_T, row-major b × b. */
  readonly lower: Float64Array;
  readonly done: number;
}

/** A strip of rows [first, first + m) of K, and what is worked on there. */
interface Strip {
  readonly first: number;
  readonly m: number;
  /** [m, b]: entries of K. */
  readonly K: Float64Array;
  /** [to, m]: Gᵀ above, X where it is solved. */
  readonly X: Float64Array;
}

/**
 * Appends the columns [block.done, to) of a block, fewer when `isDone` says so after one of them.
 * @returns the block with the columns done.
 */
export function* appendBlock(F: PsdFactor, block: PivotBlock, to: number, total: number, isDone: () => boolean): Steps<PivotBlock> {
  const { N, columns } = F;
  const { base, lower, pivots, done } = block;
  const b = pivots.length, start = done - (done % PANEL); // prettier-ignore
  const wanted = pivots.subarray(start, to);
  const left = gatherColumns(columns, N, base, wanted);
  const widest = Math.min(STRIP, N);
  const K = new Float64Array(widest * wanted.length), X = new Float64Array(widest * to); // prettier-ignore
  const scope = openScope();
  try {
    const solver = openSolver(scope, lower, b, widest);
    for (let first = 0; first < N; first += STRIP) {
      const m = Math.min(STRIP, N - first);
      const strip = { first, m, K: K.subarray(0, m * wanted.length), X: X.subarray(0, m * to) };
      for (let c = 0; c < start; c++) copyRow(columns, (base + c) * N + first, strip.X, c * m, m);
      yield* residualStrip(F, base, wanted, left, start, strip);
      for (let top = start; top < to; top += PANEL) yield* solvePanel(F, block, solver, strip, top, Math.min(top + PANEL, to));
      for (let c = done; c < to; c++) copyRow(strip.X, c * m, columns, (base + c) * N + first, m);
      yield pause(Math.min(base + (to * first) / N, total), total);
    }
  } finally {
    scope.release();
  }
  F.entries += N * wanted.length;
  for (let c = done; c < to; c++) {
    const column = columns.subarray((base + c) * N, (base + c + 1) * N);
    for (const s of F.pivots) column[s] = 0; // F[S, :] is lower triangular, exactly
    for (let i = 0; i < b; i++) column[pivots[i]!] = i < c ? 0 : lower[i * b + c]!;
    acceptColumn(F, column, pivots[c]!);
    if (isDone()) return { ...block, done: c + 1 };
  }
  return { ...block, done: to };
}

/** X[start …, :] ← Gᵀ of the strip: its entries of K, less what the first `base` columns explain. */
function* residualStrip(F: PsdFactor, base: number, pivots: Int32Array, left: Float64Array, start: number, strip: Strip): Steps<void> {
  const { N, oracle, columns, where } = F;
  const { first, m, K, X } = strip;
  const b = pivots.length;
  oracle.block(first, first + m, pivots, K);
  const bad = firstNonFinite(K);
  if (bad >= 0) throw new NonFiniteError(where, "oracle.block", K[bad]!, [first + Math.floor(bad / b), pivots[bad % b]!]);
  const known = base === 0 ? undefined : yield* matmulSteps(where, view(left, [b, base]), view(columns, [base, m], [N, 1], first));
  const G = X.subarray(start * m);
  transposeInto(K, m, b, G);
  if (known !== undefined) subtract(G, 0, known.data as Float64Array, 0, b * m);
}

/** to [b, m] ← the transpose of from [m, b], in tiles that stay in cache. */
function transposeInto(from: Float64Array, m: number, b: number, to: Float64Array): void {
  for (let top = 0; top < m; top += 32) {
    const end = Math.min(top + 32, m);
    for (let c = 0; c < b; c++) for (let i = top; i < end; i++) to[c * m + i] = from[i * b + c]!;
  }
}

/** Compute memory for substitution: L_T, and a panel of right sides with rows of `stride` bytes. */
interface Solver {
  readonly lower: number;
  readonly panel: number;
  readonly stride: number;
}

function openSolver(scope: Scope, lower: Float64Array, b: number, widest: number): Solver {
  const stride = 16 * Math.ceil(widest / 2); // the kernel takes columns in pairs
  const address = scope.alloc(8 * b * b), panel = scope.alloc(PANEL * stride); // prettier-ignore
  runtime().memory.f64.set(lower, address / 8);
  return { lower: address, panel, stride };
}

/** X[top … end) ← L⁻¹ of it, given the rows before. */
function* solvePanel(F: PsdFactor, block: PivotBlock, solver: Solver, strip: Strip, top: number, end: number): Steps<void> {
  const { m, X } = strip;
  const b = block.pivots.length, rows = end - top; // prettier-ignore
  if (top > 0) {
    const known = yield* matmulSteps(F.where, view(block.lower, [rows, top], [b, 1], top * b), view(X, [top, m]));
    subtract(X, top * m, known.data as Float64Array, 0, rows * m);
  }
  const { memory, kernels } = runtime(); // read afresh: the product may have grown the memory
  const f64 = memory.f64;
  const at = (c: number): number => (solver.panel + c * solver.stride) / 8;
  for (let c = 0; c < rows; c++) f64.set(X.subarray((top + c) * m, (top + c + 1) * m), at(c));
  const diagonal = solver.lower + 8 * (top * b + top);
  kernels.solveTriangular(rows, diagonal, 8 * b, 8, 1, 0, 2 * Math.ceil(m / 2), solver.panel, solver.stride);
  for (let c = 0; c < rows; c++) X.set(f64.subarray(at(c), at(c) + m), (top + c) * m);
}

/** to[at …] ← to − from[p …], n entries. */
function subtract(to: Float64Array, at: number, from: Float64Array, p: number, n: number): void {
  for (let i = 0; i < n; i++) to[at + i]! -= from[p + i]!;
}

function copyRow(from: Float64Array, p: number, to: Float64Array, at: number, n: number): void {
  to.set(from.subarray(p, p + n), at);
}

/** The index of the first NaN or infinity, or -1. */
export function firstNonFinite(values: Float64Array): number {
  let zero = 0;
  for (const value of values) zero += value - value; // NaN from the first such entry on
  return zero === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
