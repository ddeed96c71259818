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
import { formReflectors } from "./block-reflector.js";
import { columnBlock, part, transposed, type Block } from "./blocks.js";
import { collectRotations, packRotatedRows, unpackRotatedRows } from "./rotations.js";

const WIDTH = 32;

/** A = U diag(s) Vᵀ as it comes from a method: s of any sign and order, vectors in compute memory, columns side by side. */
export interface RawSvd {
  readonly s: Float64Array;
  readonly U?: Block;
  readonly V?: Block;
  /** Values that did not converge. */
  readonly left: number;
}

/**
 * @param scope it owns the vectors.
 * @param A m × n, m ≥ n, columns side by side; overwritten.
 * @param columns of U that are wanted, n to m; undefined: no vectors.
 */
export function* golubKahan(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> {
  const { rows: m, columns: n } = A;
  const { d, e, tauQ, right, tauP } = yield* bidiagonalize(scope, A);
  if (columns === undefined) return { s: d, left: yield* bidiagonalQr(d, e, {}) };
  const U = columnBlock(scope.alloc(8 * m * columns), m, columns);
  yield* formReflectors(scope, A, n, tauQ, U, WIDTH);
  const V = columnBlock(scope.zeros(8 * n * n), n, n);
  if (n > 0) {
    yield* formReflectors(scope, right, right.columns, tauP, part(V, 1, n, 1, n), WIDTH);
    runtime().memory.f64[V.address / 8] = 1;
  }
  const turnedU = yield* packRotatedRows(scope, transposed(part(U, 0, m, 0, n)));
  const turnedV = yield* packRotatedRows(scope, transposed(V));
  const turned = { left: collectRotations(scope, turnedU), right: collectRotations(scope, turnedV) };
  const left = yield* bidiagonalQr(d, e, turned);
  yield* turned.left.flush();
  yield* turned.right.flush();
  yield* unpackRotatedRows(turnedU, transposed(part(U, 0, m, 0, n)));
  yield* unpackRotatedRows(turnedV, transposed(V));
  return { s: d, U, V, left };
}
