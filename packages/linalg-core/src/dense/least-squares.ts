/**
 * Least squares, directly.
 *
 *   A  m × n, any shape and rank      B  m × p      X  n × p: each column minimises ‖A x − b‖, and is the smallest that does
 *
 *   qr     A P = Q R, pivoted; by back substitution, or a complete orthogonal decomposition where the rank is below n
 *   svd    A = U diag(s) Vᵀ; X = V_r diag(1 / s_r) U_rᵀ B
 *
 * In float64, whatever the dtype of A and B.  Source: textbook.
 */
import { dtypeOf, promote, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { identity } from "../array/create.js";
import { transpose, view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { ShapeError } from "../errors.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import { assertInRange, assertKnownOptions, assertOneOf } from "../options.js";
import { openScope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { measureDistance } from "./least-squares-certificate.js";
import { minimizeByQr } from "./minimum-norm.js";
import { minimizeBySvd } from "./minimum-norm-svd.js";
import { copyOf, inDtype, placeColumns } from "./place-columns.js";

export interface LeastSquaresOptions {
  /** "qr": pivoted QR; "svd": several times slower, cuts the rank by singular values. "auto": "qr". Default "auto". */
  readonly method?: "auto" | "qr" | "svd";
  /** What has |r_jj| ≤ rankTolerance |r_00|, or s_i ≤ rankTolerance s_0, is dropped. In [0, 1]. Default max(m, n) u, u of the dtype of A. */
  readonly rankTolerance?: number;
}

export interface LeastSquaresResult {
  /** [n, p]; float32 when A and B are. */
  readonly X: NdArray;
  /** ‖B − A X‖_F. */
  readonly residualNorm: number;
  /** The rank that was used. */
  readonly rank: number;
  readonly method: "qr" | "svd";
  /** `bound` ≥ ‖A (x − x*)‖₂ for every column, x* a true minimiser; below rank min(m, n) on the condition that A has this rank. */
  readonly certificate: Certificate;
  /** A and B were multiplied by 2^−exponent first. */
  readonly diagnostics: { readonly exponents: { readonly A: number; readonly B: number } };
}

export interface PseudoInverseOptions {
  /** As for `leastSquares`. */
  readonly rankTolerance?: number;
}

export interface PseudoInverseResult {
  /** A⁺, [n, m]; the dtype of A. */
  readonly X: NdArray;
  readonly rank: number;
  readonly method: "qr" | "svd";
  /** `bound` ≥ ‖A (x − x*)‖₂ for every column x of X (m ≤ n), or ‖(x − x*) A‖₂ for every row (m > n), x* those of A⁺; conditional likewise. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly exponent: number };
}

const OPTION_NAMES = ["method", "rankTolerance"];
const NORM = "‖A (x − x*)‖₂, largest over columns";
const ROW_NORM = "‖(x − x*) A‖₂, largest over rows";

/**
 * X that minimises ‖A X − B‖_F, and ‖X‖_F among the minimisers.
 *
 * For matrices of any shape and rank that fit in memory.
 * @param A shape [m, n]; float32 or float64, any stride.
 * @param B shape [m, p]; likewise.
 * @param options see LeastSquaresOptions.
 * @returns LeastSquaresResult; the certificate is measured from the X that is returned.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A or B, or when X overflows; NotConvergedError from "svd" as `svd`.
 * @complexity n²(m − n/3) multiply-adds for m ≥ n, about as many again for a certificate; 4 m n extra space.
 * @source textbook; the certificate is Subquad's.
 * @example leastSquares([[1], [1]], [[1], [3]]).X.get(0, 0) // -> 2
 */
export function leastSquares(A: MatrixInput, B: MatrixInput, options: LeastSquaresOptions = {}): LeastSquaresResult {
  return runSync(leastSquaresSteps("leastSquares", A, B, options));
}

/** `leastSquares` on the worker pool: same arguments, same errors, same bits. */
export function leastSquaresAsync(
  A: MatrixInput,
  B: MatrixInput,
  options: LeastSquaresOptions & RunControl = {},
): Promise<LeastSquaresResult> {
  return runAsync(leastSquaresSteps("leastSquaresAsync", A, B, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "leastSquaresAsync");
}

/**
 * A⁺, the pseudo-inverse.
 *
 * To solve systems use `leastSquares`: it is faster, and more accurate, than a product with A⁺.
 * @param A shape [m, n]; float32 or float64, any stride.
 * @param options see PseudoInverseOptions.
 * @returns PseudoInverseResult.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A, or when A⁺ overflows.
 * @complexity O(m n min(m, n)).
 * @source least squares with unit vectors on the right.
 * @example pseudoInverse([[2, 0], [0, 0]]).X.get(0, 0) // -> 0.5
 */
export function pseudoInverse(A: MatrixInput, options: PseudoInverseOptions = {}): PseudoInverseResult {
  const where = "pseudoInverse";
  assertKnownOptions(where, options, ["rankTolerance"]);
  const input = asMatrix(A, `${where}(A)`);
  const [m = 0, n = 0] = input.shape;
  const isTall = m > n;
  if (isTall) assertFinite(input, `${where}(A)`); // named by the caller's indices
  const unit = identity(Math.min(m, n), { dtype: dtypeOf(input) });
  const { X, rank, method, certificate, diagnostics } = runSync(
    leastSquaresSteps(where, isTall ? transpose(input) : input, unit, options, ["rankTolerance"]),
  );
  return {
    X: isTall ? transpose(X) : X,
    rank,
    method,
    certificate: isTall && "norm" in certificate ? { ...certificate, norm: ROW_NORM } : certificate,
    diagnostics: { exponent: diagnostics.exponents.A },
  };
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* leastSquaresSteps(
  where: string,
  A: MatrixInput,
  B: MatrixInput,
  options: LeastSquaresOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<LeastSquaresResult> {
  assertKnownOptions(where, options, known);
  const { method = "auto" } = options;
  assertOneOf(where, { method }, ["auto", "qr", "svd"]);
  const a = asMatrix(A, `${where}(A)`);
  const b = asMatrix(B, `${where}(B)`);
  const [m = 0, n = 0] = a.shape;
  const { rankTolerance = Math.min(1, Math.max(m, n) * UNIT_ROUND_OFF[dtypeOf(a)]) } = options;
  assertInRange(where, { rankTolerance }, 0, 1);
  if (b.shape[0] !== m) throw new ShapeError(where, "B", `a matrix of ${m} rows`, b.shape);
  const scope = openScope();
  try {
    const left = yield* placeColumns(scope, a, `${where}(A)`);
    const right = yield* placeColumns(scope, b, `${where}(B)`);
    const shift = right.exponent - left.exponent; // X is 2^shift times the solution of what was placed
    const {
      X: x,
      rank,
      basis,
    } = yield* method === "svd"
      ? minimizeBySvd(scope, left.block, right.block, rankTolerance, where)
      : minimizeByQr(scope, copyOf(scope, left.block), copyOf(scope, right.block), rankTolerance);
    const X = finish(where, x, [n, b.shape[1]!], shift, promote(a, b));
    const returned = Float64Array.from(X.data, (entry) => scaled(entry, -shift));
    const isWhole = rank === Math.min(m, n);
    const { bound, residualNorm } = yield* measureDistance(
      scope,
      left.block,
      right.block,
      returned,
      rank === m && m < n ? undefined : basis,
    );
    return {
      X,
      residualNorm: scaled(residualNorm, right.exponent),
      rank,
      method: method === "svd" ? "svd" : "qr",
      certificate: certificateOf(bound, right.exponent, isWhole ? undefined : rank),
      diagnostics: { exponents: { A: left.exponent, B: right.exponent } },
    };
  } finally {
    scope.release();
  }
}

/** X times 2^shift, rounded to the dtype, and finite. */
function finish(where: string, x: Float64Array<ArrayBuffer>, shape: readonly number[], shift: number, dtype: DType): NdArray {
  if (shift !== 0) for (let p = 0; p < x.length; p++) x[p] = scaled(x[p]!, shift);
  const X = inDtype(view(x, shape), dtype);
  assertFinite(X, `${where}(result overflows ${dtype})`);
  return X;
}

/** x 2^k for any k of ours. */
function scaled(x: number, k: number): number {
  const half = k >> 1;
  return k === 0 ? x : scaleByPowerOfTwo(scaleByPowerOfTwo(x, half), k - half);
}

function certificateOf(bound: number, exponent: number, rank: number | undefined): Certificate {
  const absolute = bound === 0 ? 0 : scaled(bound, exponent) + Number.MIN_VALUE; // it may have been rounded down to 0
  if (rank === undefined) return { kind: "deterministic", bound: absolute, norm: NORM };
  return { kind: "conditional", bound: absolute, norm: NORM, condition: `A has rank ${rank}` };
}
