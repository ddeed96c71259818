/**
 * Singular value decomposition by reduction to bidiagonal form and implicit QR sweeps.
 *
 *   A  m × n, m ≥ n      A = Q B Pᵀ (reflectors)      B = G diag(d) Hᵀ (rotations)      U = Q G, V = P H
 *
 * Source: Golub and Kahan; Demmel and Kahan for the sweeps.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { bidiagonalQr } from "./bidiagonal-qr.js";
import { bidiagonalize } from "./bidiagonalize.js";
import { applyReflectors } from "./block-reflector.js";
import { columnBlock, part, rowBlock, transposed, type Block } from "./blocks.js";
import { formQSteps, PANEL_WIDTH, qrFactorSteps } from "./qr-factor.js";
import { collectRotations, packRotatedRows, unpackRotatedRows } from "./rotations.js";

/** A = U diag(s) Vᵀ as it comes from a method: s of any sign and order, vectors in compute memory, as columns. */
export interface RawSvd {
  readonly s: Float64Array;
  readonly U?: Block;
  readonly V?: Block;
  /** Values that did not converge. */
  readonly left: number;
}

/** From so many rows a column on, R of A = Q R is reduced instead of A: fewer flops. */
const TALL = 1.6;

/**
 * @param scope it owns the vectors.
 * @param A m × n, m ≥ n, columns side by side; overwritten.
 * @param columns of U that are wanted, n to m; undefined: no vectors.
 */
export function* golubKahan(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> {
  return yield* A.rows >= TALL * A.columns && A.columns > 0 ? tall(scope, A, columns) : reduce(scope, A, columns);
}

/** A = Q R, R = U₁ diag(s) Vᵀ, U = Q U₁. */
function* tall(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> {
  const { rows: m, columns: n } = A;
  const tau = scope.zeros(8 * n);
  yield* qrFactorSteps(scope, A, tau);
  const R = columnBlock(scope.zeros(8 * n * n), n, n);
  const { f64 } = runtime().memory;
  for (let j = 0; j < n; j++) f64.copyWithin(R.address / 8 + j * n, A.address / 8 + j * m, A.address / 8 + j * m + j + 1);
  const inner = yield* reduce(scope, R, columns === undefined ? undefined : n);
  if (inner.U === undefined || columns === undefined) return inner;
  const U = rowBlock(scope.zeros(8 * m * columns), m, columns);
  const { f64: values } = runtime().memory;
  for (let i = 0; i < n; i++)
    values.copyWithin(
      (U.address + i * U.rowBytes) / 8,
      (inner.U.address + i * inner.U.rowBytes) / 8,
      (inner.U.address + i * inner.U.rowBytes) / 8 + n,
    );
  for (let i = n; i < columns; i++) values[(U.address + i * (U.rowBytes + 8)) / 8] = 1;
  yield* applyReflectors(scope, A, n, tau, U, false, PANEL_WIDTH);
  return { ...inner, U };
}

function* reduce(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> {
  const n = A.columns;
  const { d, e, tauQ, right, tauP } = yield* bidiagonalize(scope, A);
  if (columns === undefined) return { s: d, left: yield* bidiagonalQr(d, e, {}) };
  const U = yield* formQSteps(scope, A, n, tauQ, columns);
  const V = yield* formV(scope, right, tauP, n);
  const turnedU = yield* packRotatedRows(scope, transposed(part(U, 0, A.rows, 0, n)));
  const turnedV = yield* packRotatedRows(scope, transposed(V));
  const turned = { left: collectRotations(scope, turnedU), right: collectRotations(scope, turnedV) };
  const left = yield* bidiagonalQr(d, e, turned);
  yield* turned.left.flush();
  yield* turned.right.flush();
  yield* unpackRotatedRows(turnedU, transposed(part(U, 0, A.rows, 0, n)));
  yield* unpackRotatedRows(turnedV, transposed(V));
  return { s: d, U, V, left };
}

/** P = 1 ⊕ G_0 … G_(n−2). */
function* formV(scope: Scope, right: Block, tauP: number, n: number): Steps<Block> {
  const V = rowBlock(scope.zeros(8 * n * n), n, n);
  if (n === 0) return V;
  const inner = yield* formQSteps(scope, right, n - 1, tauP, n - 1);
  const { f64 } = runtime().memory;
  f64[V.address / 8] = 1;
  for (let i = 1; i < n; i++) {
    const from = (inner.address + (i - 1) * inner.rowBytes) / 8;
    f64.copyWithin((V.address + i * V.rowBytes) / 8 + 1, from, from + n - 1);
  }
  scope.free(inner.address);
  return V;
}
