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
import { multiplyBlocks, type Block } from "./blocks.js";
import type { Factored } from "./inverse-norm.js";
import { allocRows, copyRows, eachRowSteps, positionOf } from "./work.js";

/**
 * X ← the better of X and X + A⁻¹ (B − A X), each column for itself.
 * @param A n × n, or its transpose as a block; `system` solves with it, or with its transpose where `isTransposed`.
 * @returns how many columns were improved.
 */
export function* refine(scope: Scope, A: Block, system: Factored, isTransposed: boolean, B: Block, X: Block): Steps<number> {
  const { rows: n, columns: p } = B;
  const [R, Y] = [allocRows(scope, n, p), allocRows(scope, n, p)];
  const largestSum = yield* largestRowSum(A);
  yield* residual(scope, A, B, X, R);
  const before = yield* backwardErrors(largestSum, B, X, R);
  yield* copyRows(R, Y);
  yield* system.solve(scope, Y, isTransposed);
  yield* addRows(Y, X);
  yield* residual(scope, A, B, Y, R);
  const after = yield* backwardErrors(largestSum, B, Y, R);
  let improved = 0;
  for (let c = 0; c < p; c++) if (after[c]! < before[c]!) improved++;
  if (improved > 0)
    yield* eachRowSteps(n, p, (i) => {
      const { f64 } = runtime().memory;
      const [x, y] = [positionOf(X, i), positionOf(Y, i)];
      for (let c = 0; c < p; c++) if (after[c]! < before[c]!) f64[x + c] = f64[y + c]!;
    });
  scope.free(R.address);
  scope.free(Y.address);
  return improved;
}

/** R ← B − A X. */
function* residual(scope: Scope, A: Block, B: Block, X: Block, R: Block): Steps<void> {
  yield* copyRows(B, R);
  yield* multiplyBlocks(scope, A, X, R, { add: true, negate: true });
}

/** Y ← X + Y. */
function* addRows(Y: Block, X: Block): Steps<void> {
  yield* eachRowSteps(Y.rows, Y.columns, (i) => {
    const { f64 } = runtime().memory;
    const [x, y] = [positionOf(X, i), positionOf(Y, i)];
    for (let c = 0; c < Y.columns; c++) f64[y + c]! += f64[x + c]!;
  });
}

/** ‖A‖_∞. */
function* largestRowSum(A: Block): Steps<number> {
  let largest = 0;
  yield* eachRowSteps(A.rows, A.columns, (i) => {
    const { f64 } = runtime().memory;
    const [start, step] = [(A.address + i * A.rowBytes) / 8, A.columnBytes / 8];
    let sum = 0;
    for (let j = 0; j < A.columns; j++) sum += Math.abs(f64[start + j * step]!);
    largest = Math.max(largest, sum);
  });
  return largest;
}

/** η of each column; NaN where something overflowed. */
function* backwardErrors(largestSum: number, B: Block, X: Block, R: Block): Steps<Float64Array> {
  const p = B.columns;
  const [b, x, r] = [new Float64Array(p), new Float64Array(p), new Float64Array(p)];
  yield* eachRowSteps(B.rows, 3 * p, (i) => {
    const { f64 } = runtime().memory;
    raise(b, f64, positionOf(B, i));
    raise(x, f64, positionOf(X, i));
    raise(r, f64, positionOf(R, i));
  });
  return Float64Array.from(r, (size, c) => (size === 0 ? 0 : size / (largestSum * x[c]! + b[c]!)));
}

/** most ← max(most, |values|), NaN staying. */
function raise(most: Float64Array, f64: Float64Array, from: number): void {
  for (let c = 0; c < most.length; c++) most[c] = Math.max(most[c]!, Math.abs(f64[from + c]!));
}
