/**
 * QR factorization of a block in compute memory, by blocked Householder reflectors.
 *
 *   A  m × n, columns side by side      k = min(m, n)      A = H_0 … H_(k−1) R      b  panel width
 *
 *   panel      the next b columns become R above and v_j below their diagonal, one reflector after the other
 *   trailing   A₂ ← (I − V Tᵀ Vᵀ) A₂, the columns to the right of the panel: three products
 *
 * Source: compact WY representation (Schreiber, Van Loan).
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, rest, tiles, type Steps } from "../runtime/steps.js";
import { applyReflector, blockReflector, freeReflector } from "./block-reflector.js";
import { part, rowBlock, type Block } from "./blocks.js";
import { coreKernels } from "../kernels/core.js";
import { factorKernels } from "../kernels/factor.js";

/** b: wide enough for products to run near their speed, narrow enough for the panels' share of the work to stay small. */
export const PANEL_WIDTH = 32;
/** Entries of a block in the second-level cache: there reflectors one by one are faster than in blocks, up to about 180 x 180. */
const SMALL = 32_768;
/** Multiply-adds of a panel that runs without a pause: 2 ms; a taller one runs column by column. */
const PANEL_WORK = 4e6;
/** Multiply-adds of a tile of columns: a fraction of a millisecond. */
const TILE_WORK = 262_144;

/**
 * In place: R on and above the diagonal, v_j below it (v_jj = 1 is not stored).
 * @param scope it owns what is needed on the way.
 * @param A m × n, m < n allowed, columns side by side; entries near 1 in size, or scaled so.
 * @param tau address of min(m, n) float64, for τ_0 … τ_(k−1).
 * @param total what the columns done are reported against; 0 reports nothing.
 */
export function* qrFactorSteps(scope: Scope, A: Block, tau: number, total = 0): Steps<void> {
  const [m, n] = [A.rows, A.columns];
  const k = Math.min(m, n);
  if (m * n <= SMALL) {
    kernelsOf(factorKernels).householderPanel(m, n, A.address, A.columnBytes, tau);
    return;
  }
  for (let j = 0; j < k; j += PANEL_WIDTH) {
    if (j > 0) yield total > 0 ? pause(j, total) : rest();
    const end = Math.min(k, j + PANEL_WIDTH);
    const panel = part(A, j, m, j, end);
    yield* factorPanel(scope, panel, tau + 8 * j);
    if (end === n) continue;
    const reflector = yield* blockReflector(scope, panel, tau + 8 * j);
    yield* applyReflector(scope, reflector, part(A, j, m, end, n), true);
    freeReflector(scope, reflector);
  }
}

/** The reflectors of a panel, m ≥ b. */
function* factorPanel(scope: Scope, panel: Block, tau: number): Steps<void> {
  const { rows: m, columns: b, address, columnBytes } = panel;
  if (m * b * b <= PANEL_WORK) {
    kernelsOf(factorKernels).householderPanel(m, b, address, columnBytes, tau);
    return;
  }
  for (let j = 0; j < b; j++) {
    if (j > 0) yield rest();
    yield* reflectOn(scope, part(panel, j, m, j, b), tau + 8 * j);
  }
}

/** One reflector: that of the first column, applied to the others. */
export function* reflectOn(scope: Scope, A: Block, tau: number): Steps<void> {
  const { rows: m, columns: n, address: v, columnBytes } = A;
  const t = kernelsOf(factorKernels).reflect(m, v);
  const { f64 } = runtime().memory;
  f64[tau / 8] = t;
  if (t === 0 || n === 1) return;
  const beta = f64[v / 8]!;
  f64[v / 8] = 1;
  const perTile = Math.max(1, Math.floor(TILE_WORK / m));
  const args = scope.args([m, n - 1, v, v + columnBytes, columnBytes, perTile], [t]);
  yield* tiles(factorKernels, "reflectColumns", args, Math.ceil((n - 1) / perTile), 2 * m * (n - 1));
  scope.free(args);
  runtime().memory.f64[v / 8] = beta;
}

/**
 * The first q columns of Q = H_0 … H_(k−1), formed backwards on what is not yet those of the identity.
 * @param A m × n as a factorization left it.
 * @param k number of reflectors.
 * @param tau address of τ_0 … τ_(k−1).
 * @param q at least k, at most m.
 * @param total as in qrFactorSteps: these are its last columns.
 * @returns m × q, rows side by side, owned by the scope.
 */
export function* formQSteps(scope: Scope, A: Block, k: number, tau: number, q: number, total = 0): Steps<Block> {
  const m = A.rows;
  if (m * q <= SMALL) return formSmallQ(scope, A, k, tau, q);
  const Q = rowBlock(scope.zeros(8 * m * q), m, q);
  const { f64 } = runtime().memory;
  for (let j = 0; j < q; j++) f64[(Q.address + j * (Q.rowBytes + 8)) / 8] = 1;
  for (let j = PANEL_WIDTH * Math.floor((k - 1) / PANEL_WIDTH); j >= 0; j -= PANEL_WIDTH) {
    yield total > 0 ? pause(total - Math.min(k, j + PANEL_WIDTH), total) : rest();
    const reflector = yield* blockReflector(scope, part(A, j, m, j, Math.min(k, j + PANEL_WIDTH)), tau + 8 * j);
    yield* applyReflector(scope, reflector, part(Q, j, m, j, q), false);
    freeReflector(scope, reflector);
  }
  return Q;
}

/** The same, one reflector at a time. */
function formSmallQ(scope: Scope, { rows: m, address, columnBytes }: Block, k: number, tau: number, q: number): Block {
  const columns = scope.alloc(8 * m * q);
  kernelsOf(factorKernels).householderForm(m, q, k, address, columnBytes, tau, columns, 8 * m);
  const Q = rowBlock(scope.alloc(8 * m * q), m, q);
  kernelsOf(coreKernels).stageRowsF64(m, q, columns, 8, 8 * m, 1, Q.address, q, 0);
  scope.free(columns);
  return Q;
}

/** How many |r_jj| exceed rankTolerance times the largest of them. */
export function rankOf({ address, rows, columns, columnBytes }: Block, rankTolerance: number): number {
  const { f64 } = runtime().memory;
  const diagonal = Float64Array.from({ length: Math.min(rows, columns) }, (_, j) => Math.abs(f64[(address + j * (columnBytes + 8)) / 8]!));
  let [largest, rank] = [0, 0];
  for (const r of diagonal) largest = Math.max(largest, r);
  for (const r of diagonal) if (r > rankTolerance * largest) rank++;
  return rank;
}
