/**
 * Solves with an LU factorization, of A or of A with its rows scaled.
 *
 *   D A = Pᵀ L U, D = 2^(−exponents)      A x = b: D A x = D b      Aᵀ x = b: (D A)ᵀ y = b, x = D y
 *
 * Source: textbook.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import { RankDeficientError, ShapeError } from "../errors.js";
import { exponentOf, scaleByPowerOfTwo } from "../math/bits.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { rowBlock, transposed, type Block } from "./blocks.js";
import { inverseNorm, type Factored } from "./inverse-norm.js";
import { factorLu, luSystem } from "./lu-factor.js";
import { packForResiduals, refine } from "./refine.js";
import { copyBlock, largestColumnSum, largestIn, placeRows, refuse, takeBlock } from "./passes.js";
import { allocRows, eachRowSteps, loadRows, positionOf } from "./work.js";

export interface LuSolveOptions {
  /** Aᵀ X = B instead of A X = B. Default false. */
  readonly transpose?: boolean;
  /** One step of iterative refinement, kept where it lowers the backward error. Default true. */
  readonly refine?: boolean;
}

/** Factors in compute memory, and how far they can be trusted. */
export interface Conditioned {
  readonly pivots: Int32Array;
  readonly reciprocalCondition: number;
  readonly smallestPivot: number;
  readonly column: number;
}

/** What solves need: factors of A with row i times 2^(−exponents[i]). */
export interface LuSolver extends Conditioned {
  readonly a: Float64Array;
  /** L below the diagonal, U on and above it. */
  readonly packed: Float64Array;
  readonly n: number;
  readonly exponents: Int32Array | undefined;
}

/** A ← L and U, and how far they can be trusted. */
export function* factorConditioned(scope: Scope, A: Block): Steps<Conditioned> {
  const n = A.rows;
  const norm = yield* largestColumnSum(scope, A);
  const pivots = yield* factorLu(scope, A);
  const { f64 } = runtime().memory;
  let column = 0;
  let smallestPivot = n === 0 ? 0 : f64[positionOf(A, 0)]!;
  for (let i = 1; i < n; i++) {
    const pivot = f64[positionOf(A, i) + i]!;
    if (Math.abs(pivot) >= Math.abs(smallestPivot)) continue;
    column = i;
    smallestPivot = pivot;
  }
  let reciprocalCondition = n === 0 ? 1 : 0;
  if (smallestPivot !== 0) reciprocalCondition = 1 / (norm * (yield* inverseNorm(scope, luSystem(A, pivots))).estimate);
  return { pivots, reciprocalCondition, smallestPivot, column };
}

/** Beyond 2^±500 products of two entries come near the ends of float64. */
const SAFE_EXPONENT = 500;

/** The exponent of max |a_ij|, and whether A is to be scaled before it is factored. */
export function scalingOf(top: number): { readonly exponent: number; readonly isScaled: boolean } {
  const exponent = top === 0 ? 0 : exponentOf(top);
  return { exponent, isScaled: Math.abs(exponent) > SAFE_EXPONENT };
}

/** The exponent of the largest entry of each row. */
export function rowExponents(A: Block): Int32Array<ArrayBuffer> {
  const { f64 } = runtime().memory;
  const exponents = new Int32Array(A.rows);
  for (let i = 0; i < A.rows; i++) {
    const p = positionOf(A, i);
    let largest = 0;
    for (let q = p; q < p + A.columns; q++) largest = Math.max(largest, Math.abs(f64[q]!));
    exponents[i] = largest === 0 ? 0 : exponentOf(largest);
  }
  return exponents;
}

/** The generator behind `solve` of a result. */
export function* luSolveSteps(where: string, system: LuSolver, B: MatrixInput, options: LuSolveOptions): Steps<NdArray> {
  assertKnownOptions(where, options, ["transpose", "refine"]);
  const { transpose = false, refine: refined = true } = options;
  assertBoolean(where, { transpose, refine: refined });
  const { n, a, exponents } = system;
  const right = asMatrix(B, `${where}(B)`);
  if (right.shape[0] !== n) throw new ShapeError(where, "B", `a matrix of ${n} rows`, right.shape);
  const scope = openScope();
  try {
    const { block: target } = yield* placeRows(scope, right, `${where}(B)`);
    assertConditioned(where, system, n);
    const factored = yield* loadFactors(scope, system);
    if (!transpose && exponents !== undefined) yield* scaleRows(target, exponents); // D A x = D b
    const X = allocRows(scope, n, target.columns);
    yield* copyBlock(target, X);
    yield* factored.solve(scope, X, transpose);
    if (refined) {
      const A = allocRows(scope, n, n);
      yield* loadRows(A, a, exponents);
      yield* refine(scope, yield* packForResiduals(scope, transpose ? transposed(A) : A), factored, transpose, target, X);
    }
    if (transpose && exponents !== undefined) yield* scaleRows(X, exponents);
    if (!((yield* largestIn(X)) < Infinity)) refuse(X, `${where}(result overflows float64)`);
    return view(yield* takeBlock(scope, X), [n, X.columns]);
  } finally {
    scope.release();
  }
}

/** Refuses to solve with a matrix that is singular to working precision. */
export function assertConditioned(where: string, { reciprocalCondition, smallestPivot, column }: Conditioned, n: number): void {
  if (n === 0 || reciprocalCondition >= UNIT_ROUND_OFF.float64) return;
  const expected =
    smallestPivot === 0 ? "a matrix that is not singular" : `a reciprocal condition of 2^-53 at least (it is ${reciprocalCondition})`;
  throw new RankDeficientError(where, { column, pivot: smallestPivot, expected, remedy: "use leastSquares for a singular matrix" });
}

function* loadFactors(scope: Scope, { packed, pivots, n }: LuSolver): Steps<Factored> {
  const work = allocRows(scope, n, n);
  yield* loadRows(work, packed);
  return luSystem(work, pivots);
}

/** Solves with A itself, rows scaled back and forth. */
export function* loadSystem(scope: Scope, solver: LuSolver): Steps<Factored> {
  const inner = yield* loadFactors(scope, solver);
  const { exponents, n } = solver;
  if (exponents === undefined) return inner;
  return {
    n,
    *solve(at, B, isTransposed) {
      if (!isTransposed) yield* scaleRows(B, exponents);
      yield* inner.solve(at, B, isTransposed);
      if (isTransposed) yield* scaleRows(B, exponents);
    },
    *solveVector(at, x, isTransposed) {
      if (!isTransposed) yield* scaleRows(rowBlock(x, n, 1), exponents);
      yield* inner.solveVector(at, x, isTransposed);
      if (isTransposed) yield* scaleRows(rowBlock(x, n, 1), exponents);
    },
  };
}

/** B ← D B. */
export function* scaleRows(B: Block, exponents: Int32Array): Steps<void> {
  yield* eachRowSteps(B.rows, B.columns, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(B, i);
    for (let q = from; q < from + B.columns; q++) f64[q] = scaleByPowerOfTwo(f64[q]!, -exponents[i]!);
  });
}
