/**
 * An orthonormal basis that holds most of a matrix, grown by random panels.
 *
 *   A  m × n      Q  m × l  orthonormal columns      B = QᵀA  l × n      Ω_t  n × b  standard normals, from substream sketch/qb/t
 *
 *   Y = orth(A Ω_t − Q (B Ω_t)); q times: W = orth(AᵀY), Y = orth(A W − Q (Qᵀ A W))      after each orth, Y = orth(Y − Q (QᵀY)) twice
 *   Q_t = Y; B_t = Q_tᵀ A; append, until l columns, or ‖A‖_F² − ‖B‖_F² ≤ ε² ‖A‖_F²
 *
 * Panel t does not depend on how many follow, so growing keeps bits. E ‖A − Q B‖_F² ≤ (1 + k/(p − 1)) Σ_(j > k) σ_j² for l = k + p, q = 0.
 * Source: arXiv:0909.4061; arXiv:1606.09402, in blocks.
 */
import { rngFor, transpose, view, type NdArray } from "@subquad/linalg-core";
import { matmulSteps, pause, qrSteps, type Steps } from "@subquad/linalg-core/steps";
import { residualOf } from "./low-rank-certificate.js";
import { besides, departure, entriesOf, type LowRankOperand } from "./low-rank-operand.js";
import type { LowRankRequest } from "./low-rank-request.js";
import { sumOfSquares } from "./sums.js";

export interface RangeBasis {
  /** [m, l]. */
  readonly Q: NdArray;
  /** Bᵀ: [n, l]. */
  readonly transposedB: NdArray;
  /** ‖A − Q B‖_F², estimated; NaN for an operator. */
  readonly residualSquares: number;
  /** Whether that is within the tolerance. */
  readonly isWithin: boolean;
  readonly blocks: number;
}

/** Relative squares below which ‖A‖² − ‖B‖² has lost half of its digits: the residual is formed then. */
const CANCELLED = 1e-12;
/** ‖QᵀQ − I‖_F above which a panel is orthonormalised with all columns before it. */
const ORTHONORMAL = 1e-13;

/** Q and B of `columns` columns at most, fewer where the tolerance is met before. */
export function* rangeBasis(
  where: string,
  A: LowRankOperand,
  request: LowRankRequest,
  columns: number,
  tolerance?: number,
): Steps<RangeBasis> {
  const [m, n] = A.shape;
  const { blockSize, powerIterations, seed } = request;
  const allowed = tolerance === undefined ? -1 : tolerance * tolerance * A.squares;
  let Q = view(new Float64Array(0), [m, 0]);
  let transposedB = view(new Float64Array(0), [n, 0]);
  let residualSquares = A.squares;
  let blocks = 0;
  while (Q.shape[1]! < columns && !(residualSquares <= allowed)) {
    yield pause(Q.shape[1]!, columns);
    const b = Math.min(blockSize, columns - Q.shape[1]!);
    const Ω = panel(n, b, seed, blocks++);
    const seen = yield* matmulSteps(where, transposedB, Ω, { transposeA: true });
    let Y = yield* orthogonalTo(where, Q, yield* without(where, Q, yield* A.times(Ω), seen));
    for (let i = 0; i < powerIterations; i++) {
      const W = yield* orthonormal(where, yield* A.transposeTimes(Y));
      const AW = yield* A.times(W);
      Y = yield* orthogonalTo(where, Q, yield* without(where, Q, AW, yield* matmulSteps(where, Q, AW, { transposeA: true })));
    }
    const next = yield* completed(where, Q, Y);
    const image = yield* A.transposeTimes(next);
    Q = besides(Q, next);
    transposedB = besides(transposedB, image);
    residualSquares = Math.max(0, residualSquares - sumOfSquares(entriesOf(image)));
    if (tolerance !== undefined && residualSquares <= CANCELLED * A.squares) {
      const { norm } = yield* residualOf(where, A, Q, transpose(transposedB));
      residualSquares = norm * norm;
    }
  }
  return { Q, transposedB, residualSquares, isWithin: residualSquares <= allowed, blocks };
}

/** Ω_t: drawn by columns, so that fewer of them are the first ones. */
function panel(n: number, b: number, seed: string, t: number): NdArray {
  const rng = rngFor(seed, `sketch/qb/${t}`);
  const drawn = Float64Array.from({ length: n * b }, () => rng.normal());
  return view(entriesOf(view(drawn, [n, b], [1, n])).slice(), [n, b]);
}

/** Y − Q C. */
function* without(where: string, Q: NdArray, Y: NdArray, C: NdArray): Steps<NdArray> {
  if (Q.shape[1] === 0) return Y;
  return yield* matmulSteps(where, Q, C, { alpha: -1, beta: 1, out: Y });
}

function* orthonormal(where: string, Y: NdArray): Steps<NdArray> {
  return (yield* qrSteps(where, Y)).Q!;
}

/** An orthonormal basis of Y, orthogonal to Q: projected twice more, since Y may have been little beside what was taken from it. */
function* orthogonalTo(where: string, Q: NdArray, Y: NdArray): Steps<NdArray> {
  let next = yield* orthonormal(where, Y);
  for (let pass = 0; pass < 2 && Q.shape[1]! > 0; pass++) {
    next = yield* orthonormal(where, yield* without(where, Q, next, yield* matmulSteps(where, Q, next, { transposeA: true })));
  }
  return next;
}

/** Y, or where it held nothing but rounding, columns that are orthonormal and orthogonal to Q in any case. */
function* completed(where: string, Q: NdArray, Y: NdArray): Steps<NdArray> {
  const l = Q.shape[1]!;
  if (l === 0) return Y;
  const across = Math.sqrt(sumOfSquares(entriesOf(yield* matmulSteps(where, Q, Y, { transposeA: true }))));
  if (across <= ORTHONORMAL && departure(Y) <= ORTHONORMAL) return Y;
  const all = entriesOf(yield* orthonormal(where, besides(Q, Y)));
  const [m, b] = [Q.shape[0]!, Y.shape[1]!];
  return view(
    Float64Array.from({ length: m * b }, (_, p) => all[Math.floor(p / b) * (l + b) + l + (p % b)]!),
    [m, b],
  );
}
