/**
 * Linear systems with a square matrix.
 *
 *   A  n × n      B  n × p      A X = B      η  backward error of X
 *
 * Factor, solve, one step of refinement in working precision, kept where it lowers η; then η is measured from X as it is returned. In
 * float64, whatever the dtypes.  Source: textbook; Rigal, Gaches 1967 for η.
 */
import { promote, UNIT_ROUND_OFF } from "../array/cast.js";
import { asMatrix, asSquareMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { RankDeficientError, ShapeError } from "../errors.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { measureBackwardError } from "./backward-error.js";
import type { Block } from "./blocks.js";
import { choleskySystem, factorCholesky } from "./cholesky-factor.js";
import { overflow } from "./combine.js";
import { inverseNorm } from "./inverse-norm.js";
import { luSystem } from "./lu-factor.js";
import { assertConditioned, factorConditioned, rowExponents, scaleRows, scalingOf } from "./lu-solve.js";
import { packForResiduals, refine, type ForResiduals } from "./refine.js";
import { substitute } from "./substitution.js";
import { assertSymmetricBlock } from "./assert-symmetric.js";
import { copyBlock, largestColumnSum, largestIn, placeRows, refuse, takeBlock } from "./passes.js";
import { allocRows, loadRows, positionOf } from "./work.js";

export interface SolveOptions {
  /**
   * What A is: "general"; "symmetric-positive" (definite; checked); "upper" or "lower" triangular, where the other triangle does not count.
   * Default "general".
   */
  readonly assume?: "general" | "symmetric-positive" | "upper" | "lower";
}

export interface SolveResult {
  /** [n, p]; float32 when both inputs are. */
  readonly X: NdArray;
  readonly method: "lu" | "cholesky" | "triangular";
  /** `bound` ≥ max over columns of ‖b − A x‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞), for this X. */
  readonly certificate: Certificate;
  /** 1 / (‖A‖₁ ‖A⁻¹‖₁), estimated; of A with its rows scaled where lu does that. Not for triangles. */
  readonly diagnostics: { readonly reciprocalCondition?: number };
}

type Assumption = NonNullable<SolveOptions["assume"]>;

const OPTION_NAMES = ["assume"];
const ASSUMPTIONS = ["general", "symmetric-positive", "upper", "lower"] as const satisfies readonly Assumption[];
/** |a_ij − a_ji| may be so many n u max|a|. */
const SYMMETRY_TOLERANCE = 8;

/**
 * X with A X = B.
 *
 * For square A. For several right sides known one after the other use `lu` or `cholesky`; for a singular or rectangular A `leastSquares`.
 * @param A shape [n, n]; float32 or float64, any stride; finite throughout.
 * @param B shape [n, p]; likewise.
 * @param options see SolveOptions.
 * @returns SolveResult; the certificate bounds the backward error of X, whatever the condition of A.
 * @throws ShapeError; OptionError; NonFiniteError, also when X overflows; AssumptionError when A is to be symmetric and is not;
 * RankDeficientError naming the column when A is singular to working precision, or not positive definite.
 * @complexity 2 n³ / 3 flops (symmetric n³ / 3, triangles n² p), 8 n² p; 3 n² extra space.
 * @source textbook.
 * @example solve([[2, 0], [1, 1]], [[2], [3]]).X.get(1, 0) // -> 2
 */
export function solve(A: MatrixInput, B: MatrixInput, options: SolveOptions = {}): SolveResult {
  return runSync(solveSteps("solve", A, B, options));
}

/** `solve` on the worker pool: same arguments, same errors, same bits. */
export function solveAsync(A: MatrixInput, B: MatrixInput, options: SolveOptions & RunControl = {}): Promise<SolveResult> {
  return runAsync(solveSteps("solveAsync", A, B, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "solveAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* solveSteps(
  where: string,
  A: MatrixInput,
  B: MatrixInput,
  options: SolveOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<SolveResult> {
  assertKnownOptions(where, options, known);
  const { assume = "general" } = options;
  assertOneOf(where, { assume }, ASSUMPTIONS);
  const [matrix, right] = [asSquareMatrix(A, `${where}(A)`), asMatrix(B, `${where}(B)`)];
  const [n = 0] = matrix.shape;
  if (right.shape[0] !== n) throw new ShapeError(where, "B", `a matrix of ${n} rows`, right.shape);
  const dtype = promote(matrix, right);
  const scope = openScope();
  try {
    const { block: A, largest } = yield* placeRows(scope, matrix, `${where}(A)`);
    const { block: target } = yield* placeRows(scope, right, `${where}(B)`);
    const system: System = { where, A, largest, B: target, unit: UNIT_ROUND_OFF[promote(matrix)] };
    const { X: block, method, reciprocalCondition, packed } = yield* answer(scope, system, assume);
    const x = yield* takeResult(scope, block, dtype, `${where}(${overflow(dtype)})`);
    const top = method === "triangular" ? yield* largestIn(A) : largest;
    const certificate = yield* measureBackwardError(scope, A, top, block, target, packed);
    return { X: view(x, right.shape), method, certificate, diagnostics: reciprocalCondition === undefined ? {} : { reciprocalCondition } };
  } finally {
    scope.release();
  }
}

/** X in the dtype, and X ← that. */
function* takeResult(scope: Scope, X: Block, dtype: DType, site: string): Steps<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>> {
  const largest = yield* largestIn(X);
  const x = yield* takeBlock(scope, X);
  if (dtype === "float64") {
    if (!(largest < Infinity)) refuse(X, site);
    return x;
  }
  const rounded = new Float32Array(x);
  x.set(rounded);
  yield* loadRows(X, x);
  if (!(Math.fround(largest) < Infinity)) refuse(X, site);
  return rounded;
}

interface System {
  readonly where: string;
  /** n × n and n × p in compute memory; of a triangle the other one becomes zeros. */
  readonly A: Block;
  readonly B: Block;
  /** max |a_ij|. */
  readonly largest: number;
  /** u of the dtype of A. */
  readonly unit: number;
}

interface Answer {
  readonly X: Block;
  readonly method: SolveResult["method"];
  readonly reciprocalCondition?: number;
  /** A, where it was packed on the way. */
  readonly packed?: ForResiduals;
}

function* answer(scope: Scope, system: System, assume: Assumption): Steps<Answer> {
  if (assume === "general") return yield* byLu(scope, system);
  if (assume === "symmetric-positive") return yield* byCholesky(scope, system);
  return yield* bySubstitution(scope, system, assume === "lower");
}

function* byLu(scope: Scope, { where, A, B, largest }: System): Steps<Answer> {
  const { isScaled } = scalingOf(largest);
  const exponents = isScaled ? rowExponents(A) : undefined;
  const [D, target] = isScaled ? [yield* copyOf(scope, A), yield* copyOf(scope, B)] : [A, B];
  if (exponents !== undefined) {
    yield* scaleRows(D, exponents); // D A x = D b
    yield* scaleRows(target, exponents);
  }
  const LU = yield* copyOf(scope, D);
  const conditioned = yield* factorConditioned(scope, LU);
  assertConditioned(where, conditioned, A.rows);
  const factored = luSystem(LU, conditioned.pivots);
  const X = yield* copyOf(scope, target);
  yield* factored.solve(scope, X, false);
  const packed = yield* packForResiduals(scope, D);
  yield* refine(scope, packed, factored, false, target, X);
  const { reciprocalCondition } = conditioned;
  return { X, method: "lu", reciprocalCondition, ...(isScaled ? {} : { packed }) };
}

function* copyOf(scope: Scope, A: Block): Steps<Block> {
  const copy = allocRows(scope, A.rows, A.columns);
  yield* copyBlock(A, copy);
  return copy;
}

function* byCholesky(scope: Scope, { where, A, B, largest, unit }: System): Steps<Answer> {
  const n = A.rows;
  yield* assertSymmetricBlock(where, A, largest, SYMMETRY_TOLERANCE * n * unit);
  const L = yield* copyOf(scope, A);
  const failed = yield* factorCholesky(scope, L);
  if (failed > 0) {
    const pivot = runtime().memory.f64[positionOf(L, failed - 1) + failed - 1]!;
    const remedy = `assume: "general" if A is not positive definite, leastSquares if it is singular`;
    throw new RankDeficientError(where, { column: failed - 1, pivot, expected: "a positive definite matrix", remedy });
  }
  const factored = choleskySystem(L);
  const { estimate } = yield* inverseNorm(scope, factored);
  const reciprocalCondition = n === 0 ? 1 : 1 / ((yield* largestColumnSum(scope, A)) * estimate);
  if (!(reciprocalCondition >= UNIT_ROUND_OFF.float64)) refuseCondition(where, L, reciprocalCondition);
  const X = yield* copyOf(scope, B);
  yield* factored.solve(scope, X, false);
  const packed = yield* packForResiduals(scope, A);
  yield* refine(scope, packed, factored, false, B, X);
  return { X, method: "cholesky", reciprocalCondition, packed };
}

/** Names the smallest pivot. */
function refuseCondition(where: string, L: Block, condition: number): never {
  const { f64 } = runtime().memory;
  const rootOf = (i: number): number => f64[positionOf(L, i) + i]!;
  let column = 0;
  for (let i = 1; i < L.rows; i++) if (rootOf(i) < rootOf(column)) column = i;
  const expected = `a reciprocal condition of 2^-53 at least (it is ${condition})`;
  throw new RankDeficientError(where, {
    column,
    pivot: rootOf(column) * rootOf(column),
    expected,
    remedy: "use leastSquares for a singular matrix",
  });
}

/** Substitution needs no refinement: each entry of its residual is small beside |A||x|. */
function* bySubstitution(scope: Scope, { where, A, B }: System, isLower: boolean): Steps<Answer> {
  const { f64 } = runtime().memory;
  const n = A.rows;
  for (let i = 0; i < n; i++) {
    const row = positionOf(A, i);
    if (isLower) f64.fill(0, row + i + 1, row + n);
    else f64.fill(0, row, row + i);
    if (f64[row + i] !== 0) continue;
    throw new RankDeficientError(where, { column: i, pivot: 0, remedy: "use leastSquares for a singular matrix" });
  }
  const X = yield* copyOf(scope, B);
  yield* substitute(scope, A, X, { isLower, isUnit: false });
  return { X, method: "triangular" };
}
