/**
 * LU factorization with partial pivoting.
 *
 *   A  n × n      P A = L U: row i of P A is row permutation[i] of A      L  unit lower, |l_ij| ≤ 1      U  upper triangular
 *
 * In float64, whatever the dtype of A; blocked, panels of 64. Backward stable but for growth: L U = P A + E with |E| ≤ γ_n |L||U|.
 * When max|a_ij| leaves [2^−500, 2^500], L and U come from A times one power of two, and solves from A with each row brought near 1.
 * Source: textbook, right-looking.
 */
import { dtypeOf } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asSquareMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { powerOfTwo, scaleByPowerOfTwo } from "../math/bits.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { recorded } from "./factor-record.js";
import { measureLu } from "./lu-certificate.js";
import { permutationOf } from "./lu-factor.js";
import {
  factorConditioned,
  loadSystem,
  luSolveSteps,
  rowExponents,
  scaleRows,
  scalingOf,
  type LuSolveOptions,
  type LuSolver,
} from "./lu-solve.js";
import { placeRows, takeBlock, takeTriangles } from "./passes.js";
import { loadRows } from "./work.js";

export type { LuSolveOptions } from "./lu-solve.js";

export interface LuOptions {
  /** Measure the factorization. Default false. */
  readonly certify?: boolean;
}

export interface LuResult {
  /** [n, n] unit lower triangular, the dtype of A. */
  readonly L: NdArray;
  /** [n, n] upper triangular, the dtype of A. */
  readonly U: NdArray;
  /** [n]: row i of L U is row permutation[i] of A. */
  readonly permutation: Int32Array;
  /** X with A X = B, B [n, p]; float64, by the float64 factors. Throws RankDeficientError when A is singular to working precision. */
  readonly solve: (B: MatrixInput, options?: LuSolveOptions) => NdArray;
  /**
   * 1 / (‖A‖₁ ‖A⁻¹‖₁), estimated from above, as a rule within a factor of 3; 0 for a zero pivot. Below 2^−53 `solve` throws, of A with its
   * rows scaled where diagnostics say so.
   */
  readonly reciprocalCondition: number;
  /** max|u_ij| / max|a_ij|; 1 for A = 0. */
  readonly growth: number;
  readonly method: "lu";
  /** With certify: `bound` ≥ ‖P A − L U‖_F / ‖A‖_F for these L and U. */
  readonly certificate: Certificate;
  /** The smallest pivot of the matrix that solves use, and its column; rows were scaled or not. */
  readonly diagnostics: { readonly smallestPivot: number; readonly column: number; readonly isScaled: boolean };
}

const OPTION_NAMES = ["certify"];

/**
 * L, U and P with P A = L U.
 *
 * To solve one system, use `solve`; keep this for several with the same A. A singular A has factors too; only its `solve` throws.
 * @param A shape [n, n]; float32 or float64, any stride.
 * @param options see LuOptions.
 * @returns LuResult.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A, or when U overflows.
 * @complexity 2 n³ / 3 flops and 6 solves for the condition; n² extra space. With certify two products more.
 * @source textbook.
 * @example lu([[0, 2], [4, 2]]).permutation // -> Int32Array [1, 0]
 */
export function lu(A: MatrixInput, options: LuOptions = {}): LuResult {
  return runSync(luSteps("lu", A, options));
}

/** `lu` on the worker pool: same arguments, same errors, same bits. */
export function luAsync(A: MatrixInput, options: LuOptions & RunControl = {}): Promise<LuResult> {
  return runAsync(luSteps("luAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "luAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* luSteps(where: string, A: MatrixInput, options: LuOptions = {}, known: readonly string[] = OPTION_NAMES): Steps<LuResult> {
  assertKnownOptions(where, options, known);
  const { certify = false } = options;
  assertBoolean(where, { certify });
  const input = asSquareMatrix(A, `${where}(A)`);
  const [n = 0] = input.shape;
  const scope = openScope();
  try {
    const { block, largest: top } = yield* placeRows(scope, input, `${where}(A)`);
    const a = yield* takeBlock(scope, block);
    const { exponent, isScaled } = scalingOf(top);
    const exponents = isScaled ? rowExponents(block) : undefined;
    if (exponents !== undefined) yield* scaleRows(block, exponents);
    const conditioned = yield* factorConditioned(scope, block);
    const solver: LuSolver = { ...conditioned, a, packed: yield* takeBlock(scope, block), n, exponents };
    if (isScaled) yield* loadRows(block, a, new Int32Array(n).fill(exponent));
    const factors = isScaled ? yield* factorConditioned(scope, block) : conditioned;
    const dtype = dtypeOf(input);
    const { L, U, growth } = yield* split(
      scope,
      where,
      block,
      dtype,
      isScaled ? scaleByPowerOfTwo(top, -exponent) : top,
      isScaled ? exponent : 0,
    );
    const permutation = permutationOf(factors.pivots);
    const certificate: Certificate = certify
      ? yield* measureLu(scope, a, L, U, permutation)
      : { kind: "none", reason: "pass certify: true" };
    const { reciprocalCondition } = factors;
    const { smallestPivot, column } = solver;
    const diagnostics = { smallestPivot, column, isScaled };
    const solve = (B: MatrixInput, solveOptions: LuSolveOptions = {}): NdArray =>
      runSync(luSolveSteps("lu.solve", solver, B, solveOptions));
    const result: LuResult = { L, U, permutation, solve, reciprocalCondition, growth, method: "lu", certificate, diagnostics };
    return recorded(result, { n, entries: () => a, isSingular: smallestPivot === 0 && n > 0, load: (at) => loadSystem(at, solver) });
  } finally {
    scope.release();
  }
}

/** L and 2^exponent U, in the dtype; growth against `top`, the largest entry of what was factored. */
function* split(
  scope: Scope,
  where: string,
  LU: Block,
  dtype: DType,
  top: number,
  exponent: number,
): Steps<{ readonly L: NdArray; readonly U: NdArray; readonly growth: number }> {
  const half = exponent >> 1; // in two factors, neither of which leaves the range of float64
  const triangles = yield* takeTriangles(scope, LU, dtype, powerOfTwo(half), powerOfTwo(exponent - half));
  const { largest } = triangles;
  const shape = [LU.rows, LU.rows];
  const [L, U] = [view(triangles.L, shape), view(triangles.U, shape)];
  if (!(largest < Infinity)) assertFinite(U, `${where}(result overflows ${dtype})`);
  return { L, U, growth: top === 0 ? 1 : largest / top };
}
