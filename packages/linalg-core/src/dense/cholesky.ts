/**
 * Cholesky factorization.
 *
 *   A  n × n  symmetric positive definite; the lower triangle is factored      A + jitter I = L Lᵀ
 *
 * In float64, whatever the dtype of A. Backward stable: L Lᵀ = A + jitter I + E with |E| ≤ γ_(n+1) |L||Lᵀ|.  Source: textbook, right-looking
 * by panels of 64.
 */
import { dtypeOf, UNIT_ROUND_OFF } from "../array/cast.js";
import { asSquareMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { OptionError, RankDeficientError } from "../errors.js";
import { log } from "../math/log.js";
import { assertBoolean, assertInRange, assertKnownOptions } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { measureCholesky, measurePivoted } from "./cholesky-certificate.js";
import { factorCholesky } from "./cholesky-factor.js";
import { factorPivoted, traceCertificate } from "./cholesky-pivoted.js";
import { choleskySolveSteps, loadCholesky } from "./cholesky-solve.js";
import { recorded } from "./factor-record.js";
import type { Block } from "./blocks.js";
import { placeRows, takeBlock, takeLower } from "./passes.js";
import type { Factored } from "./inverse-norm.js";
import { assertSymmetricBlock } from "./assert-symmetric.js";
import { loadRows, positionOf } from "./work.js";

export interface CholeskyOptions {
  /** Take the largest diagonal next and stop when it is at most n u max a_ii: for semidefinite A, without jitter. Default false. */
  readonly pivot?: boolean;
  /** What may be added to the diagonal: nothing; a number >= 0; or "auto": 0, then n u max a_ii times 1, 10, 100 … until it succeeds. Default "none". */
  readonly jitter?: "none" | "auto" | number;
  /** "auto" gives up beyond jitterLimit · max a_ii. In [0, 1]. Default 1e-8. */
  readonly jitterLimit?: number;
  /** |a_ij − a_ji| may be symmetryTolerance · n u max|a|, u of the dtype of A. At least 0. Default 8. */
  readonly symmetryTolerance?: number;
  /** Measure the factorization. Default false. */
  readonly certify?: boolean;
}

export interface CholeskyResult {
  /** [n, n] lower triangular, the dtype of A; with pivot [n, rank]. */
  readonly L: NdArray;
  /** With pivot: row i of L belongs to row permutation[i] of A. */
  readonly permutation?: Int32Array;
  /** Columns of L. */
  readonly rank: number;
  /** What was added to the diagonal. */
  readonly jitter: number;
  /** X with L Lᵀ X = B, B [n, p], in the order of A; float64, by the float64 factor. Throws RankDeficientError when rank < n. */
  readonly solve: (B: MatrixInput) => NdArray;
  /** log det(L Lᵀ); −Infinity when rank < n. */
  readonly logDeterminant: number;
  readonly method: "cholesky";
  /**
   * With certify: `bound` ≥ ‖A + jitter I − L Lᵀ‖_F / ‖A‖_F for this L; with pivot and certify: `bound` ≥ ‖A − L Lᵀ‖_F. With pivot alone:
   * `bound` ≥ ‖A − L Lᵀ‖₂ provided that A ≥ 0, and nothing when A is seen not to be.
   */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly attempts: number };
}

const OPTION_NAMES = ["pivot", "jitter", "jitterLimit", "symmetryTolerance", "certify"];

/**
 * L with A + jitter I = L Lᵀ; with pivot, L with A = L Lᵀ but for what is left of A, rows and columns in another order.
 *
 * For symmetric positive definite A. For a semidefinite A pass `jitter: "auto"` (the jitter used is reported, never hidden) or `pivot: true`.
 * @param A shape [n, n]; float32 or float64, any stride.
 * @param options see CholeskyOptions.
 * @returns CholeskyResult.
 * @throws ShapeError; OptionError; NonFiniteError; AssumptionError when A is not symmetric; RankDeficientError naming the pivot.
 * @complexity n³/3 multiply-adds, n² r with pivot; 2 n² extra space. With certify one product more.
 * @source textbook.
 * @example cholesky([[4, 2], [2, 2]]).L.get(1, 1) // -> 1
 */
export function cholesky(A: MatrixInput, options: CholeskyOptions = {}): CholeskyResult {
  return runSync(choleskySteps("cholesky", A, options));
}

/** `cholesky` on the worker pool: same arguments, same errors, same bits. */
export function choleskyAsync(A: MatrixInput, options: CholeskyOptions & RunControl = {}): Promise<CholeskyResult> {
  return runAsync(choleskySteps("choleskyAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "choleskyAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* choleskySteps(
  where: string,
  A: MatrixInput,
  options: CholeskyOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<CholeskyResult> {
  assertKnownOptions(where, options, known);
  const { pivot = false, jitter = "none", jitterLimit = 1e-8, symmetryTolerance = 8, certify = false } = options;
  if (jitter !== "none" && jitter !== "auto" && !(typeof jitter === "number" && jitter >= 0 && jitter < Infinity)) {
    throw new OptionError(where, "jitter", `"none", "auto" or a number >= 0`, jitter);
  }
  assertInRange(where, { jitterLimit }, 0, 1);
  if (options.jitterLimit !== undefined && jitter !== "auto")
    throw new OptionError(where, "jitterLimit", `jitter "auto" to go with it`, jitterLimit);
  assertInRange(where, { symmetryTolerance }, 0, Infinity);
  assertBoolean(where, { pivot, certify });
  if (pivot && jitter !== "none") throw new OptionError(where, "jitter", `"none" when pivot is true`, jitter);
  const input = asSquareMatrix(A, `${where}(A)`);
  const [n = 0] = input.shape;
  const dtype = dtypeOf(input);
  const scope = openScope();
  try {
    const { block, largest } = yield* placeRows(scope, input, `${where}(A)`);
    yield* assertSymmetricBlock(where, block, largest, symmetryTolerance * n * UNIT_ROUND_OFF[dtype]);
    const a = yield* takeBlock(scope, block);
    if (pivot) scope.free(block.address);
    if (pivot) return yield* pivoted(scope, a, n, dtype, largest, certify);
    const { factor, added, attempts } = yield* factorize(scope, where, block, a, jitter, jitterLimit);
    const L = inDtype(factor, [n, n], dtype);
    const certificate: Certificate = certify
      ? yield* measureCholesky(scope, { a, n, L, jitter: added })
      : { kind: "none", reason: "pass certify: true" };
    return finish({ L, rank: n, jitter: added, certificate, diagnostics: { attempts } }, a, factor);
  } finally {
    scope.release();
  }
}

function* pivoted(scope: Scope, a: Float64Array, n: number, dtype: DType, largest: number, certify: boolean): Steps<CholeskyResult> {
  const found = yield* factorPivoted(scope, a, n, dtype);
  const { factor, rank, permutation } = found;
  const L = inDtype(factor, [n, rank], dtype);
  const certificate = certify
    ? yield* measurePivoted(scope, { a, n, L, jitter: 0, permutation })
    : traceCertificate(a, n, found, dtype, largest);
  const pivot = rank < n ? found.left.largest : undefined;
  return finish({ L, permutation, rank, jitter: 0, certificate, diagnostics: { attempts: 1 } }, a, factor, pivot);
}

function inDtype(factor: Float64Array<ArrayBuffer>, shape: readonly number[], dtype: DType): NdArray {
  return view(dtype === "float32" ? new Float32Array(factor) : factor, shape);
}

/** The result with its functions. `zeroPivot`: what stopped the factorization before its last column. */
function finish(
  fields: Pick<CholeskyResult, "L" | "permutation" | "rank" | "jitter" | "certificate" | "diagnostics">,
  a: Float64Array,
  factor: Float64Array,
  zeroPivot?: number,
): CholeskyResult {
  const n = fields.L.shape[0] ?? 0;
  const { rank, jitter, permutation } = fields;
  const isSingular = zeroPivot !== undefined;
  let logDeterminant = isSingular ? -Infinity : 0;
  for (let i = 0; i < rank; i++) logDeterminant += 2 * log(factor[i * rank + i] ?? 1);
  const solve = (B: MatrixInput): NdArray => {
    if (isSingular) {
      const remedy = "use leastSquares for a singular matrix";
      throw new RankDeficientError("cholesky.solve", { column: rank, pivot: zeroPivot, remedy });
    }
    return runSync(choleskySolveSteps("cholesky.solve", factor, n, permutation, B));
  };
  const entries = (): Float64Array => {
    if (jitter === 0) return a;
    const shifted = a.slice();
    for (let i = 0; i < n; i++) shifted[i * (n + 1)]! += jitter;
    return shifted;
  };
  const load = (scope: Scope): Steps<Factored> => loadCholesky(scope, factor, n, permutation);
  const result: CholeskyResult = { ...fields, solve, logDeterminant, method: "cholesky" };
  return recorded(result, { n, entries, isSingular, load });
}

interface Factorized {
  readonly factor: Float64Array<ArrayBuffer>;
  readonly added: number;
  readonly attempts: number;
}

/** A ← L of A + jitter I, of which `a` has the entries. */
function* factorize(
  scope: Scope,
  where: string,
  A: Block,
  a: Float64Array,
  jitter: "none" | "auto" | number,
  limit: number,
): Steps<Factorized> {
  const n = A.rows;
  let top = 0;
  for (let i = 0; i < n; i++) top = Math.max(top, a[i * n + i] ?? 0);
  if (typeof jitter === "number" && !(top + jitter < Infinity))
    throw new OptionError(where, "jitter", "a finite sum with max a_ii", jitter);
  let added = typeof jitter === "number" ? jitter : 0;
  for (let attempts = 1; ; attempts++) {
    if (attempts > 1) yield* loadRows(A, a);
    const { f64 } = runtime().memory;
    if (added > 0) for (let i = 0; i < n; i++) f64[positionOf(A, i) + i]! += added;
    const column = (yield* factorCholesky(scope, A)) - 1;
    if (column < 0) {
      const factor = yield* takeLower(scope, A);
      scope.free(A.address);
      return { factor, added, attempts };
    }
    const pivot = runtime().memory.f64[positionOf(A, column) + column]!;
    added = added === 0 ? n * UNIT_ROUND_OFF.float64 * top : added * 10;
    if (jitter === "auto" && added > 0 && added <= limit * top) continue;
    const remedy =
      jitter === "auto" ? `raise jitterLimit, or the matrix is not positive semidefinite` : `pass jitter: 'auto' or pivot: true`;
    throw new RankDeficientError(where, { column, pivot, remedy });
  }
}
