/**
 * Appends the columns of a block of pivots to the factor: matrix products over strips of rows, then substitution.
 *
 *   K  N × N      F  N × k  by columns      T  b  pivots of the block      L_T  b × b  Cholesky factor of the residual's entries G[T, :]
 *   base  columns of F when T was chosen      G, Xᵀ  of a strip of m rows: m × b
 *
 *   strip by strip of K's rows:   G = K[:, T] − F F[T, :]ᵀ ;   X = L_T⁻¹ Gᵀ ;   the rows of X are the new columns
 *
 * A block may be appended in pieces, columns [done, to) at a time, with the bits of one piece: G is always formed against the first `base`
 * columns, and substitution goes by panels counted from the start of the block. A piece that begins inside a panel computes that panel's
 * earlier rows of G again (fewer than PANEL columns of K).
 * Source: textbook blocked Cholesky; blocks of pivots from arXiv:2410.03969.
 */
import { NonFiniteError } from "@subquad/linalg-core";
import {
  allocOperand,
  factorKernels,
  kernelsOf,
  multiplyOperands,
  openScope,
  packOperand,
  runtime,
  type Operand,
  type Scope,
} from "@subquad/linalg-core/kernels";
import { pause, type Steps } from "@subquad/linalg-core/steps";
import { acceptColumn, gatherColumns, type PsdFactor } from "./psd-factor.js";
import { readBlock } from "./psd-oracle.js";

/** Rows of K in a strip: products of tens of milliseconds, worth a pool, from a few hundred columns on. Even, as the solver takes pairs. */
export const STRIP = 4096;
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

/** A piece of a block in compute memory; addresses in bytes. Rows of F, G and X are `ROW` bytes apart, those of a product are packed. */
interface Stage {
  readonly scope: Scope;
  readonly block: PivotBlock;
  /** The piece begins with the panel that holds its first column, and ends before column `to`. */
  readonly start: number;
  readonly to: number;
  /** F[pivots of the piece, base columns], packed; none for an empty F. */
  readonly known: Operand | undefined;
  /** Rows of L_T left of each panel's diagonal block, packed, by panel; none for the first. */
  readonly beside: readonly (Operand | undefined)[];
  readonly lower: number;
  /** A strip of F: base rows. */
  readonly F: number;
  /** Gᵀ above, X where it is solved: `to` rows. */
  readonly X: number;
  readonly right: number;
  readonly product: number;
  /** [strip, columns of the piece]: entries of K. */
  readonly K: Float64Array;
}

/** Numbers from row to row, and bytes: no power of two, or the rows of a column would compete for one place in the cache. */
const PITCH = STRIP + 8;
const ROW = 8 * PITCH;

/**
 * Appends the columns [block.done, to) of a block, fewer when `isDone` says so after one of them.
 * @returns the block with the columns done.
 */
export function* appendBlock(F: PsdFactor, block: PivotBlock, to: number, total: number, isDone: () => boolean): Steps<PivotBlock> {
  const { N, columns } = F;
  const { base, lower, pivots, done } = block;
  const scope = openScope();
  try {
    const stage = yield* openStage(scope, F, block, to);
    for (let first = 0; first < N; first += STRIP) {
      const m = Math.min(STRIP, N - first);
      yield* residualStrip(stage, F, first, m);
      for (let top = stage.start; top < to; top += PANEL) yield* solvePanel(stage, top, Math.min(top + PANEL, to), m);
      const f64 = runtime().memory.f64;
      for (let c = done; c < to; c++) columns.set(row(f64, stage.X, c, m), (base + c) * N + first);
      yield pause(Math.min(F.k, total), total);
    }
    F.entries += N * (to - stage.start);
  } finally {
    scope.release();
  }
  for (let c = done; c < to; c++) {
    const column = columns.subarray((base + c) * N, (base + c + 1) * N);
    for (const s of F.pivots) column[s] = 0; // F[S, :] is lower triangular, exactly
    for (let i = 0; i < pivots.length; i++) column[pivots[i]!] = i < c ? 0 : lower[i * pivots.length + c]!;
    acceptColumn(F, column, pivots[c]!);
    yield pause(Math.min(F.k, total), total);
    if (isDone()) return { ...block, done: c + 1 };
  }
  return { ...block, done: to };
}

/** Takes the memory and packs what all strips share. */
function* openStage(scope: Scope, { N, columns }: PsdFactor, block: PivotBlock, to: number): Steps<Stage> {
  const { base, lower, pivots, done } = block;
  const b = pivots.length, start = done - (done % PANEL), count = to - start, widest = Math.min(STRIP, N); // prettier-ignore
  const L = scope.alloc(8 * b * b);
  runtime().memory.f64.set(lower, L / 8);
  const beside: (Operand | undefined)[] = [];
  for (let top = PANEL; top < to; top += PANEL) {
    const rows = Math.min(PANEL, to - top);
    const source = { address: L + 8 * top * b, across: 8 * b, along: 8 };
    beside[top / PANEL] = yield* packOperand(
      scope,
      "float64",
      "left",
      source,
      rows,
      top,
      allocOperand(scope, "float64", "left", rows, top),
    );
  }
  let known: Operand | undefined;
  if (base > 0) {
    const rows = scope.alloc(8 * count * base);
    runtime().memory.f64.set(gatherColumns(columns, N, base, pivots.subarray(start, to)), rows / 8);
    const source = { address: rows, across: 8 * base, along: 8 };
    known = yield* packOperand(scope, "float64", "left", source, count, base, allocOperand(scope, "float64", "left", count, base));
    scope.free(rows);
  }
  return {
    scope,
    block,
    start,
    to,
    known,
    beside,
    lower: L,
    F: scope.alloc(base * ROW),
    X: scope.alloc(to * ROW),
    right: allocOperand(scope, "float64", "right", widest, Math.max(base, to)),
    product: scope.alloc(8 * count * widest),
    K: new Float64Array(widest * count),
  };
}

/** X[start …] ← Gᵀ of the strip: its entries of K, less what the first `base` columns explain; X before it ← the columns done. */
function* residualStrip(stage: Stage, F: PsdFactor, first: number, m: number): Steps<void> {
  const { scope, block, start, to, known, right, product } = stage;
  const { N, columns, oracle, where } = F;
  const { base } = block;
  const pivots = block.pivots.subarray(start, to), b = pivots.length, K = stage.K.subarray(0, m * b); // prettier-ignore
  const strip = (l: number): Float64Array => columns.subarray(l * N + first, l * N + first + m);
  if (known !== undefined) {
    const f64 = runtime().memory.f64;
    for (let l = 0; l < base; l++) f64.set(strip(l), (stage.F + l * ROW) / 8);
    const B = yield* packOperand(scope, "float64", "right", { address: stage.F, across: 8, along: ROW }, m, base, right);
    yield* multiplyOperands(scope, "float64", known, B, product);
  }
  readBlock(where, oracle, first, first + m, pivots, K);
  const f64 = runtime().memory.f64; // read afresh: others may have grown the memory in the meantime
  for (let c = 0; c < start; c++) f64.set(strip(base + c), (stage.X + c * ROW) / 8);
  const isFinite = transposeInto(K, m, b, f64, stage.X / 8 + start * PITCH);
  if (!isFinite) {
    const bad = firstNonFinite(K);
    throw new NonFiniteError(where, "oracle.block", K[bad]!, [first + Math.floor(bad / b), pivots[bad % b]!]);
  }
  if (known !== undefined) subtractRows(f64, stage.X / 8 + start * PITCH, product / 8, b, m);
}

/** X[top … end) ← L⁻¹ of it, given the rows before. */
function* solvePanel({ scope, block, beside, lower, X, right, product }: Stage, top: number, end: number, m: number): Steps<void> {
  const b = block.pivots.length;
  const A = beside[top / PANEL];
  if (A !== undefined) {
    const B = yield* packOperand(scope, "float64", "right", { address: X, across: 8, along: ROW }, m, top, right);
    yield* multiplyOperands(scope, "float64", A, B, product);
    subtractRows(runtime().memory.f64, X / 8 + top * PITCH, product / 8, end - top, m);
  }
  const diagonal = lower + 8 * (top * b + top);
  kernelsOf(factorKernels).solveTriangular(end - top, diagonal, 8 * b, 8, 1, 0, 2 * Math.ceil(m / 2), X + top * ROW, ROW);
}

/** to[c, i] ← from[i, c] for c < b, i < m, in tiles that stay in cache; false if an entry is not finite. */
function transposeInto(from: Float64Array, m: number, b: number, to: Float64Array, at: number): boolean {
  let zero = 0;
  for (let top = 0; top < m; top += 32) {
    const end = Math.min(top + 32, m);
    for (let c = 0; c < b; c++) {
      for (let i = top; i < end; i++) {
        const entry = from[i * b + c]!;
        zero += entry - entry; // NaN from the first NaN or infinity on
        to[at + c * PITCH + i] = entry;
      }
    }
  }
  return zero === 0;
}

/** Rows of X less packed rows of m. */
function subtractRows(f64: Float64Array, x: number, p: number, rows: number, m: number): void {
  for (let c = 0; c < rows; c++) {
    for (let i = 0; i < m; i++) f64[x + c * PITCH + i]! -= f64[p + c * m + i]!;
  }
}

function row(f64: Float64Array, X: number, c: number, m: number): Float64Array {
  return f64.subarray(X / 8 + c * PITCH, X / 8 + c * PITCH + m);
}

/** The index of the first NaN or infinity, or -1. */
export function firstNonFinite(values: Float64Array): number {
  return values.findIndex((value) => !Number.isFinite(value));
}
