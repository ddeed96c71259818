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
import { transposed, type Block } from "./blocks.js";
import { inverseNorm, type Factored } from "./inverse-norm.js";
import { factorLu, luSystem } from "./lu-factor.js";
import { refine } from "./refine.js";
import {
  allocRows,
  assertFiniteEntries,
  copyRows,
  eachRowSteps,
  finiteEntriesOf,
  largestColumnSum,
  largestOf,
  loadRows,
  positionOf,
  takeRows,
} from "./work.js";

export interface LuSolveOptions {
  /** Aᵀ X = B instead of A X = B. Default false. */
  readonly transpose?: boolean;
  /** One step of iterative refinement, kept where it lowers the backward error. Default true. */
  readonly refine?: boolean;
}

export interface Factors {
  /** L below the diagonal, U on and above it. */
  readonly packed: Float64Array;
  readonly pivots: Int32Array;
}

export interface Conditioned extends Factors {
  readonly reciprocalCondition: number;
  readonly smallestPivot: number;
  readonly column: number;
}

/** What solves need: factors of A with row i times 2^(−exponents[i]). */
export interface LuSolver extends Conditioned {
  readonly a: Float64Array;
  readonly n: number;
  readonly exponents: Int32Array | undefined;
}

/** Factors of A, its rows scaled where there are exponents, and how far they can be trusted. */
export function* factorConditioned(scope: Scope, a: Float64Array, n: number, exponents: Int32Array | undefined): Steps<Conditioned> {
  const work = allocRows(scope, n, n);
  yield* loadRows(work, a, exponents);
  const norm = yield* largestColumnSum(work);
  const pivots = yield* factorLu(scope, work);
  const packed = yield* takeRows(work);
  let column = 0;
  for (let i = 1; i < n; i++) if (!(Math.abs(packed[i * n + i]!) >= Math.abs(packed[column * n + column]!))) column = i;
  const smallestPivot = packed[column * n + column] ?? 0;
  let reciprocalCondition = n === 0 ? 1 : 0;
  if (smallestPivot !== 0) reciprocalCondition = 1 / (norm * (yield* inverseNorm(scope, luSystem(work, pivots))).estimate);
  scope.free(work.address);
  return { packed, pivots, reciprocalCondition, smallestPivot, column };
}

/** Beyond 2^±500 products of two entries come near the ends of float64. */
const SAFE_EXPONENT = 500;

/** max |a_ij|, its exponent, and whether A is to be scaled before it is factored. */
export function* scalingOf(
  a: Float64Array,
  n: number,
): Steps<{ readonly top: number; readonly exponent: number; readonly isScaled: boolean }> {
  const top = yield* largestOf(a, n);
  const exponent = top === 0 ? 0 : exponentOf(top);
  return { top, exponent, isScaled: Math.abs(exponent) > SAFE_EXPONENT };
}

/** The exponent of the largest entry of each row. */
export function rowExponents(a: Float64Array, n: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: n }, (_, i) => {
    let largest = 0;
    for (let p = i * n; p < i * n + n; p++) largest = Math.max(largest, Math.abs(a[p]!));
    return largest === 0 ? 0 : exponentOf(largest);
  });
}

/** The generator behind `solve` of a result. */
export function* luSolveSteps(where: string, system: LuSolver, B: MatrixInput, options: LuSolveOptions): Steps<NdArray> {
  assertKnownOptions(where, options, ["transpose", "refine"]);
  const { transpose = false, refine: refined = true } = options;
  assertBoolean(where, { transpose, refine: refined });
  const { n, a, exponents, smallestPivot, column, reciprocalCondition } = system;
  const right = asMatrix(B, `${where}(B)`);
  if (right.shape[0] !== n) throw new ShapeError(where, "B", `a matrix of ${n} rows`, right.shape);
  const b = yield* finiteEntriesOf(right, `${where}(B)`);
  if (n > 0 && !(reciprocalCondition >= UNIT_ROUND_OFF.float64)) {
    const expected =
      smallestPivot === 0 ? "a matrix that is not singular" : `a reciprocal condition of 2^-53 at least (it is ${reciprocalCondition})`;
    throw new RankDeficientError(where, { column, pivot: smallestPivot, expected, remedy: "use leastSquares for a singular matrix" });
  }
  const p = right.shape[1] ?? 0;
  const scope = openScope();
  try {
    const factored = yield* loadFactors(scope, system);
    const [target, X] = [allocRows(scope, n, p), allocRows(scope, n, p)];
    yield* loadRows(target, b, transpose ? undefined : exponents); // D A x = D b
    yield* copyRows(target, X);
    yield* factored.solve(scope, X, transpose);
    if (refined) {
      const A = allocRows(scope, n, n);
      yield* loadRows(A, a, exponents);
      yield* refine(scope, transpose ? transposed(A) : A, factored, transpose, target, X);
    }
    if (transpose && exponents !== undefined) yield* scaleRows(X, exponents);
    const x = yield* takeRows(X);

    yield* assertFiniteEntries(x, p, `${where}(result overflows float64)`);
    return view(x, [n, p]);
  } finally {
    scope.release();
  }
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
  };
}

/** B ← D B. */
function* scaleRows(B: Block, exponents: Int32Array): Steps<void> {
  yield* eachRowSteps(B.rows, B.columns, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(B, i);
    for (let q = from; q < from + B.columns; q++) f64[q] = scaleByPowerOfTwo(f64[q]!, -exponents[i]!);
  });
}
