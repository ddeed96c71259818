/**
 * Singular value decomposition by one-sided Jacobi after a pivoted QR factorization.
 *
 *   A  m × n, m ≥ n      A P = Q R      r = #{|r_jj| > m u |r_00|}      X = R_(0…r−1, :)ᵀ  n × r
 *   rotations make the columns of X orthogonal: X J = W diag(s)         A P = Q J diag(s) Wᵀ, so U = Q J and V = P W
 *
 * The rows of R beyond r are dropped: without that the zero vectors of a rank-deficient matrix come out as rounding errors, which are not
 * orthogonal. Both bases are completed beyond r.
 * Source: Drmač and Veselić.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, type Steps } from "../runtime/steps.js";
import { applyReflectors } from "./block-reflector.js";
import { columnBlock, part, type Block } from "./blocks.js";
import { completeBasis } from "./complete-basis.js";
import { PANEL_WIDTH } from "./qr-factor.js";
import { pivotedQrSteps } from "./qr-pivoted.js";
import type { RawSvd } from "./svd-golub-kahan.js";
import { factorKernels } from "../kernels/factor.js";

/** Sweeps before giving up; six to ten are usual. */
const SWEEPS = 30;
const U_ROUND = UNIT_ROUND_OFF.float64;

/**
 * @param scope it owns the vectors.
 * @param A m × n, m ≥ n, columns side by side; overwritten.
 * @param columns of U that are wanted, n to m; undefined: no vectors.
 */
export function* jacobiSvd(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> {
  const { rows: m, columns: n } = A;
  const tau = scope.zeros(8 * Math.max(1, n));
  const permutation = yield* pivotedQrSteps(scope, A, tau);
  const r = rankOf(A);
  const X = transposedR(scope, A, r);
  const J = columnBlock(scope.zeros(8 * Math.max(1, r * r)), r, r);
  for (let i = 0; i < r; i++) runtime().memory.f64[J.address / 8 + i * (r + 1)] = 1;
  const left = yield* sweep(X, J);
  const s = new Float64Array(n);
  for (let i = 0; i < r; i++) s[i] = normalize(X, i);
  if (columns === undefined) return { s, left };

  const V = columnBlock(scope.zeros(8 * n * n), n, n);
  const U = columnBlock(scope.zeros(8 * m * columns), m, columns);
  const { f64 } = runtime().memory;
  for (let i = 0; i < r; i++) {
    for (let j = 0; j < n; j++) f64[V.address / 8 + i * n + permutation[j]!] = f64[X.address / 8 + i * n + j]!;
    f64.copyWithin(U.address / 8 + i * m, J.address / 8 + i * r, J.address / 8 + (i + 1) * r);
  }
  yield* applyReflectors(scope, A, r, tau, part(U, 0, m, 0, r), false, PANEL_WIDTH);
  yield* completeBasis(scope, U, r);
  yield* completeBasis(scope, V, r);
  return { s, U, V, left };
}

/** r. */
function rankOf({ address, rows: m, columns: n }: Block): number {
  const { f64 } = runtime().memory;
  const diagonal = Array.from({ length: n }, (_, j) => Math.abs(f64[address / 8 + j * (m + 1)]!));
  return diagonal.filter((x) => x > m * U_ROUND * diagonal[0]!).length;
}

/** X: row i of R as column i. */
function transposedR(scope: Scope, { address, rows: m, columns: n }: Block, r: number): Block {
  const X = columnBlock(scope.zeros(8 * Math.max(1, n * r)), n, r);
  const { f64 } = runtime().memory;
  for (let i = 0; i < r; i++) for (let j = i; j < n; j++) f64[X.address / 8 + i * n + j] = f64[address / 8 + j * m + i]!;
  return X;
}

/** Sweeps until one rotates nothing; the number of columns when the budget is spent, else 0. */
function* sweep(X: Block, J: Block): Steps<number> {
  const { rows: n, columns: r } = X;
  for (let sweeps = 0; sweeps < SWEEPS; sweeps++) {
    yield pause(sweeps, SWEEPS);
    const rotated = kernelsOf(factorKernels).jacobiSweep(n, r, X.address, 8 * n, J.address, 8 * r, n * U_ROUND);
    if (rotated === 0) return 0;
  }
  return r;
}

/** ‖x_i‖; x_i ← x_i / ‖x_i‖. */
function normalize({ address, rows: n }: Block, i: number): number {
  const kernels = kernelsOf(factorKernels);
  const { memory } = runtime();
  const x = address + 8 * i * n;
  const norm = Math.sqrt(kernels.dot(n, x, x));
  for (let p = x / 8; p < x / 8 + n; p++) memory.f64[p]! /= norm;
  return norm;
}
