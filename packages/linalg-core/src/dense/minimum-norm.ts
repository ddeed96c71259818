/**
 * The smallest of the minimisers, by a pivoted QR factorization.
 *
 *   A  m × n factored: A P = Q R      r  its rank: R = [R₁; 0], R₁  r × n, where what is below the cut is dropped      B  m × p      C = QᵀB
 *
 *   r = n    R₁ Y = C_(0..r−1)
 *   r < n    R₁ = Sᵀ Wᵀ, from the QR factorization W S of R₁ᵀ:  Y = W S⁻ᵀ C_(0..r−1), of least norm
 *
 * X = P Y.  Source: textbook; the complete orthogonal decomposition.
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { applyReflectors } from "./block-reflector.js";
import { columnBlock, part, rowBlock, transposed, type Block } from "./blocks.js";
import { invertUpper } from "./invert-upper.js";
import { PANEL_WIDTH, qrFactorSteps, rankOf } from "./qr-factor.js";
import { pivotedQrSteps } from "./qr-pivoted.js";
import { substitute } from "./substitution.js";
import { coreKernels } from "../kernels/core.js";

export interface Minimizers {
  /** n × p, row-major. */
  readonly X: Float64Array<ArrayBuffer>;
  readonly rank: number;
  /** n × r with orthonormal A T, near enough: P R₁₁⁻¹; absent where r = 0, or r = m < n, when A X = B. */
  readonly basis?: Block;
}

/**
 * @param A m × n, columns side by side; becomes its factorization.
 * @param B m × p, columns side by side; becomes QᵀB.
 */
export function* minimizeByQr(scope: Scope, A: Block, B: Block, rankTolerance: number): Steps<Minimizers> {
  const { rows: m, columns: n } = A;
  const [p, k] = [B.columns, Math.min(m, n)];
  const tau = scope.alloc(8 * k);
  const permutation = yield* pivotedQrSteps(scope, A, tau, k);
  const rank = rankOf(A, rankTolerance);
  const X = new Float64Array(n * p);
  if (rank === 0) return { X, rank };
  yield* applyReflectors(scope, A, k, tau, B, true, PANEL_WIDTH);
  const Y = yield* rank === n ? solveUpper(scope, A, B) : solveTrapezoid(scope, A, B, rank);
  const { f64 } = runtime().memory;
  for (let j = 0; j < n; j++) {
    const from = (Y.address + j * Y.rowBytes) / 8;
    X.set(f64.subarray(from, from + p), permutation[j]! * p);
  }
  return rank === m && m < n ? { X, rank } : { X, rank, basis: yield* basisOf(scope, A, rank, permutation) };
}

/** Y with R Y = C: n × p, rows side by side. */
function* solveUpper(scope: Scope, A: Block, C: Block): Steps<Block> {
  const n = A.columns;
  const Y = rowsOf(scope, C, n, n);
  yield* substitute(scope, part(A, 0, n, 0, n), Y, { isLower: false, isUnit: false });
  return Y;
}

/** Y = W S⁻ᵀ C: n × p, rows side by side. */
function* solveTrapezoid(scope: Scope, A: Block, C: Block, r: number): Steps<Block> {
  const n = A.columns;
  const W = columnBlock(scope.alloc(8 * n * r), n, r);
  kernelsOf(coreKernels).stageRowsF64(r, n, A.address, 8, A.columnBytes, 1, W.address, n, 0);
  const { f64 } = runtime().memory;
  for (let j = 1; j < r; j++) f64.fill(0, W.address / 8 + j * n, W.address / 8 + j * n + j); // reflectors, not R
  const tau = scope.alloc(8 * r);
  yield* qrFactorSteps(scope, W, tau);
  const Y = rowsOf(scope, C, r, n);
  yield* substitute(scope, transposed(part(W, 0, r, 0, r)), part(Y, 0, r, 0, Y.columns), { isLower: true, isUnit: false });
  yield* applyReflectors(scope, W, r, tau, Y, false, PANEL_WIDTH);
  return Y;
}

/** The first r rows of C and zeros below: `rows` rows side by side, and a column of zeros where the number of columns is odd. */
function rowsOf(scope: Scope, C: Block, r: number, rows: number): Block {
  const p = C.columns + (C.columns % 2);
  const Y = rowBlock(scope.zeros(8 * rows * p), rows, p);
  kernelsOf(coreKernels).stageRowsF64(r, C.columns, C.address, 8, C.columnBytes, 1, Y.address, p, 0);
  return Y;
}

/** T = P R₁₁⁻¹: row permutation[j] of T is row j of R₁₁⁻¹. */
function* basisOf(scope: Scope, A: Block, r: number, permutation: Int32Array): Steps<Block> {
  const inverse = yield* invertUpper(scope, part(A, 0, r, 0, r));
  const T = rowBlock(scope.zeros(8 * A.columns * r), A.columns, r);
  const { f64 } = runtime().memory;
  for (let j = 0; j < r; j++) {
    const from = (inverse.address + j * inverse.rowBytes) / 8;
    f64.copyWithin((T.address + permutation[j]! * T.rowBytes) / 8, from, from + r);
  }
  return T;
}
