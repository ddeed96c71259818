/**
 * One step of iterative refinement in working precision, kept column by column where the backward error falls.
 *
 *   r = b − A x      x' = x + A⁻¹ r      η = ‖r‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞)
 *
 * Source: textbook.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { multiplyPacked, packNegated, type Block } from "./blocks.js";
import type { Factored } from "./inverse-norm.js";
import { columnSizes, copyBlock, largestRowSum } from "./passes.js";
import type { Operand } from "./packed-product.js";
import { allocRows, eachRowSteps, positionOf } from "./work.js";

/** A matrix of which residuals are formed, more than once: −A packed, and ‖A‖_∞. */
export interface ForResiduals {
  readonly negated: Operand;
  readonly rowSum: number;
}

export function* packForResiduals(scope: Scope, A: Block): Steps<ForResiduals> {
  return { negated: yield* packNegated(scope, A), rowSum: yield* largestRowSum(scope, A) };
}

/**
 * X ← the better of X and X + A⁻¹ (B − A X), each column for itself.
 * @param A n × n, or its transpose; `system` solves with it, or with its transpose where `isTransposed`.
 * @returns how many columns were improved.
 */
export function* refine(scope: Scope, A: ForResiduals, system: Factored, isTransposed: boolean, B: Block, X: Block): Steps<number> {
  const { rows: n, columns: p } = B;
  const [R, Y] = [allocRows(scope, n, p), allocRows(scope, n, p)];
  const scale: Scale = { rowSum: A.rowSum, b: yield* columnSizes(scope, B) };
  yield* residual(scope, A, B, X, R);
  const before = yield* backwardErrors(scope, scale, X, R);
  yield* copyBlock(R, Y);
  yield* system.solve(scope, Y, isTransposed);
  yield* addRows(Y, X);
  yield* residual(scope, A, B, Y, R);
  const after = yield* backwardErrors(scope, scale, Y, R);
  let improved = 0;
  for (let c = 0; c < p; c++) if (after[c]! < before[c]!) improved++;
  if (improved > 0)
    yield* eachRowSteps(n, p, (i) => {
      const { f64 } = runtime().memory;
      const x = positionOf(X, i);
      const y = positionOf(Y, i);
      for (let c = 0; c < p; c++) if (after[c]! < before[c]!) f64[x + c] = f64[y + c]!;
    });
  scope.free(R.address);
  scope.free(Y.address);
  return improved;
}

/** R ← B − A X. */
function* residual(scope: Scope, A: ForResiduals, B: Block, X: Block, R: Block): Steps<void> {
  yield* copyBlock(B, R);
  yield* multiplyPacked(scope, A.negated, X, R, true);
}

/** Y ← X + Y. */
function* addRows(Y: Block, X: Block): Steps<void> {
  yield* eachRowSteps(Y.rows, Y.columns, (i) => {
    const { f64 } = runtime().memory;
    const x = positionOf(X, i);
    const y = positionOf(Y, i);
    for (let c = 0; c < Y.columns; c++) f64[y + c]! += f64[x + c]!;
  });
}

/** ‖A‖_∞, and ‖b‖_∞ of each column. */
interface Scale {
  readonly rowSum: number;
  readonly b: Float64Array;
}

/** η of each column; NaN where something overflowed. */
function* backwardErrors(scope: Scope, { rowSum, b }: Scale, X: Block, R: Block): Steps<Float64Array> {
  const x = yield* columnSizes(scope, X);
  const errors = yield* columnSizes(scope, R);
  for (let c = 0; c < errors.length; c++) if (errors[c] !== 0) errors[c] = errors[c]! / (rowSum * x[c]! + b[c]!);
  return errors;
}
