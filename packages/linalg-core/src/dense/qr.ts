/**
 * QR factorization.
 *
 *   A  m × n      A = Q R, or A P = Q R with pivot      Q  orthonormal columns      R  upper triangular      k = min(m, n)
 *
 *   economy    Q  m × k    R  k × n          full    Q  m × m    R  m × n          r    R  k × n alone
 *
 * In float64, whatever the dtype of A, after scaling by a power of two where that matters. The signs of R's diagonal are those that the
 * reflectors give: r_jj is against the entry it replaces.  Source: Householder's reflectors, in blocks.
 */
import { dtypeOf, promote, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { ShapeError } from "../errors.js";
import { powerOfTwo } from "../math/bits.js";
import { assertBoolean, assertInRange, assertKnownOptions, assertOneOf } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { takeSteps } from "../runtime/transfer.js";
import { applyReflectors } from "./block-reflector.js";
import { columnBlock, part, type Block } from "./blocks.js";
import { copyOf, inDtype, placeColumns, takeColumns } from "./place-columns.js";
import { certifyQr } from "./qr-certificate.js";
import { formQSteps, PANEL_WIDTH, qrFactorSteps, rankOf } from "./qr-factor.js";
import { pivotedQrSteps } from "./qr-pivoted.js";

export interface QrOptions {
  /** "economy": the first min(m, n) columns of Q; "full": Q [m, m]; "r": no Q. Default "economy". */
  readonly mode?: "economy" | "full" | "r";
  /** Take the columns by falling norm of what is left of them: then the diagonal of R reveals the rank. Default false. */
  readonly pivot?: boolean;
  /** A diagonal entry counts towards `rank` if |r_jj| > rankTolerance max|r_ii|. In [0, 1]. Default max(m, n) u, u of the dtype of A. */
  readonly rankTolerance?: number;
  /** Measure the factorization: one product, and Q even where it is not returned. Default false. */
  readonly certify?: boolean;
}

export interface QrResult {
  /** [m, k] or [m, m], the dtype of A; absent with mode "r". */
  readonly Q?: NdArray;
  /** [k, n] or [m, n] upper triangular, the dtype of A. */
  readonly R: NdArray;
  /** With pivot: column j of Q R is column permutation[j] of A. */
  readonly permutation?: Int32Array;
  /** Diagonal entries of R above the cut: the numerical rank with pivot, no more than a count without. */
  readonly rank: number;
  /** Q X for the square Q, X [m, p]; needs no formed Q. float32 if A and X are. */
  readonly applyQ: (X: MatrixInput) => NdArray;
  /** Qᵀ X for the square Q, X [m, p]. float32 if A and X are. */
  readonly applyQTranspose: (X: MatrixInput) => NdArray;
  readonly method: "householder" | "householder-pivoted";
  /** With certify: `bound` ≥ ‖A P − Q R‖_F / ‖A‖_F for this R and this Q (with mode "r": the Q that "economy" returns). */
  readonly certificate: Certificate;
  /** A was multiplied by 2^−exponent first. */
  readonly diagnostics: { readonly exponent: number };
}

const OPTION_NAMES = ["mode", "pivot", "rankTolerance", "certify"];

/**
 * Q and R with A = Q R; with `pivot`, A P = Q R and |r_jj| does not grow.
 *
 * For orthonormal bases and least squares by hand; `leastSquares` solves in one call. Only `pivot: true` reveals the rank: without it the
 * diagonal of R may hide a dependence between columns.
 * @param A shape [m, n]; float32 or float64, any stride.
 * @param options see QrOptions.
 * @returns QrResult; without certify its certificate is of kind "none".
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A, or when R overflows.
 * @complexity n²(m − n/3) multiply-adds for m ≥ n, as many again for the economy Q; the packed factor, m k float64, stays with the result.
 * @source Householder's reflectors; compact WY blocks (Schreiber, Van Loan); pivoting by Golub.
 * @example qr([[3, 1], [4, 1]]).R.get(0, 0) // -> -5
 */
export function qr(A: MatrixInput, options: QrOptions = {}): QrResult {
  return runSync(qrSteps("qr", A, options));
}

/** `qr` on the worker pool: same arguments, same errors, same bits. */
export function qrAsync(A: MatrixInput, options: QrOptions & RunControl = {}): Promise<QrResult> {
  return runAsync(qrSteps("qrAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "qrAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* qrSteps(where: string, A: MatrixInput, options: QrOptions = {}, known: readonly string[] = OPTION_NAMES): Steps<QrResult> {
  assertKnownOptions(where, options, known);
  const { mode = "economy", pivot = false, certify = false } = options;
  assertOneOf(where, { mode }, ["economy", "full", "r"]);
  assertBoolean(where, { pivot, certify });
  const input = asMatrix(A, `${where}(A)`);
  const [m = 0, n = 0] = input.shape;
  const dtype = dtypeOf(input);
  const { rankTolerance = Math.min(1, Math.max(m, n) * UNIT_ROUND_OFF[dtype]) } = options;
  assertInRange(where, { rankTolerance }, 0, 1);
  const scope = openScope();
  try {
    const { block, exponent } = yield* placeColumns(scope, input, `${where}(A)`);
    const original = certify ? copyOf(scope, block) : block;
    const k = Math.min(m, n);
    const tau = scope.alloc(8 * k);
    const total = mode === "r" ? k : 2 * k;
    const permutation = pivot ? yield* pivotedQrSteps(scope, block, tau, total) : undefined;
    if (!pivot) yield* qrFactorSteps(scope, block, tau, total);
    const rank = rankOf(block, rankTolerance);
    const R = inDtype(takeUpper(block, mode === "full" ? m : k, exponent), dtype);
    assertFinite(R, `${where}(result overflows ${dtype})`);
    const formed = mode === "r" && !certify ? undefined : yield* formQSteps(scope, block, k, tau, mode === "full" ? m : k, total);
    const Q = formed && inDtype(yield* takeSteps(formed.address, [formed.rows, formed.columns], "float64"), dtype);
    const factor = keep(block, k, tau, dtype);
    const certificate: Certificate =
      certify && Q !== undefined
        ? yield* certifyQr(scope, original, permutation, Q, R, exponent)
        : { kind: "none", reason: "pass certify: true" };
    return {
      ...(mode === "r" || Q === undefined ? {} : { Q }),
      R,
      ...(permutation === undefined ? {} : { permutation }),
      rank,
      applyQ: (X) => runSync(applySteps("applyQ", factor, X, false)),
      applyQTranspose: (X) => runSync(applySteps("applyQTranspose", factor, X, true)),
      method: pivot ? "householder-pivoted" : "householder",
      certificate,
      diagnostics: { exponent },
    };
  } finally {
    scope.release();
  }
}

/** R: the upper triangle times 2^exponent, row-major, filled up to so many rows. */
function takeUpper({ address, columns: n, columnBytes, rows: m }: Block, rows: number, exponent: number): NdArray {
  const { f64 } = runtime().memory;
  const factor = powerOfTwo(exponent);
  const out = new Float64Array(rows * n);
  for (let j = 0; j < n; j++) {
    const from = (address + j * columnBytes) / 8;
    for (let i = Math.min(j, m - 1); i >= 0; i--) out[i * n + j] = f64[from + i]! * factor;
  }
  return view(out, [rows, n]);
}

/** The reflectors in ordinary memory: a result holds nothing of the scratch. */
interface Reflectors {
  readonly m: number;
  readonly k: number;
  /** k columns of m entries side by side: v_j below the diagonal of column j. */
  readonly values: Float64Array;
  readonly tau: Float64Array;
  readonly dtype: DType;
}

function keep({ address, rows: m }: Block, k: number, tau: number, dtype: DType): Reflectors {
  const { f64 } = runtime().memory;
  const values = new Float64Array(m * k);
  values.set(f64.subarray(address / 8, address / 8 + m * k));
  const own = new Float64Array(k);
  own.set(f64.subarray(tau / 8, tau / 8 + k));
  return { m, k, values, tau: own, dtype };
}

function* applySteps(where: string, { m, k, values, tau, dtype }: Reflectors, X: MatrixInput, isTransposed: boolean): Steps<NdArray> {
  const x = asMatrix(X, `${where}(X)`);
  if (x.shape[0] !== m) throw new ShapeError(where, "X", `a matrix of ${m} rows`, x.shape);
  const scope = openScope();
  try {
    const { block: C, exponent } = yield* placeColumns(scope, x, `${where}(X)`);
    const V = columnBlock(scope.alloc(8 * m * k), m, k);
    const taus = scope.alloc(8 * k);
    runtime().memory.f64.set(values, V.address / 8);
    runtime().memory.f64.set(tau, taus / 8);
    yield* applyReflectors(scope, V, k, taus, part(C, 0, m, 0, C.columns), isTransposed, PANEL_WIDTH);
    const result = yield* takeColumns(scope, C, exponent, dtype === "float32" ? promote(x) : "float64");
    assertFinite(result, `${where}(result overflows ${dtypeOf(result)})`);
    return result;
  } finally {
    scope.release();
  }
}
