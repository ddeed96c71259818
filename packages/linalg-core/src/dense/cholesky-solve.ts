/**
 * Solves with a Cholesky factorization.
 *
 *   A[p, p] = L Lᵀ      A x = b: y = (L Lᵀ)⁻¹ b[p], x[p] = y
 *
 * Source: textbook.
 */
import { asMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import { ShapeError } from "../errors.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { rowBlock, type Block } from "./blocks.js";
import { choleskySystem } from "./cholesky-factor.js";
import type { Factored } from "./inverse-norm.js";
import { largestIn, placeRows, refuse, takeBlock } from "./passes.js";
import { allocRows, eachRowSteps, loadRows, positionOf } from "./work.js";

/** X with A X = B; of the factor, n × n, row-major, the lower triangle is read. */
export function* choleskySolveSteps(
  where: string,
  factor: Float64Array,
  n: number,
  permutation: Int32Array | undefined,
  B: MatrixInput,
): Steps<NdArray> {
  const right = asMatrix(B, `${where}(B)`);
  if (right.shape[0] !== n) throw new ShapeError(where, "B", `a matrix of ${n} rows`, right.shape);
  const scope = openScope();
  try {
    const { block: X } = yield* placeRows(scope, right, `${where}(B)`);
    const system = yield* loadCholesky(scope, factor, n, permutation);
    yield* system.solve(scope, X, false);
    if (!((yield* largestIn(X)) < Infinity)) refuse(X, `${where}(result overflows float64)`);
    return view(yield* takeBlock(scope, X), [n, X.columns]);
  } finally {
    scope.release();
  }
}

/** Brings the factor into compute memory. */
export function* loadCholesky(scope: Scope, factor: Float64Array, n: number, permutation: Int32Array | undefined): Steps<Factored> {
  const L = allocRows(scope, n, n);
  yield* loadRows(L, factor);
  const inner = choleskySystem(L);
  if (permutation === undefined) return inner;
  return {
    n,
    *solve(at, B, isTransposed) {
      const Y = allocRows(at, n, B.columns);
      yield* permuteRows(B, Y, permutation, false);
      yield* inner.solve(at, Y, isTransposed);
      yield* permuteRows(Y, B, permutation, true);
      at.free(Y.address);
    },
    *solveVector(at, x, isTransposed) {
      const [B, Y] = [rowBlock(x, n, 1), rowBlock(at.alloc(8 * n), n, 1)];
      yield* permuteRows(B, Y, permutation, false);
      yield* inner.solveVector(at, Y.address, isTransposed);
      yield* permuteRows(Y, B, permutation, true);
      at.free(Y.address);
    },
  };
}

/** to[i] ← from[permutation[i]], or back. */
function* permuteRows(from: Block, to: Block, permutation: Int32Array, isBack: boolean): Steps<void> {
  yield* eachRowSteps(from.rows, from.columns, (i) => {
    const [source, target] = isBack ? [i, permutation[i]!] : [permutation[i]!, i];
    const start = positionOf(from, source);
    runtime().memory.f64.copyWithin(positionOf(to, target), start, start + from.columns);
  });
}
