/**
 * Singular value decomposition.
 *
 *   A  m × n      A = U diag(s) Vᵀ      U  m × k, V  n × k orthonormal columns, k = min(m, n)      s  k, descending, s_i ≥ 0
 *
 * A wide matrix is decomposed by its transpose. A is scaled by a power of two first, so that no scale overflows or vanishes. All in float64,
 * whatever the dtype of A.
 * Source: Golub and Kahan, Demmel and Kahan (sweeps); Drmač and Veselić (Jacobi after a pivoted QR factorization).
 */
import { dtypeOf, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { NotConvergedError } from "../errors.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { runAsync, runSync, RUN_CONTROL, type RunControl, type Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { placeColumns } from "./place-columns.js";
import { certifySvd } from "./svd-certificate.js";
import { golubKahan, type RawSvd } from "./svd-golub-kahan.js";
import { jacobiSvd } from "./svd-jacobi.js";
import { eachRowSteps } from "./work.js";

export interface SvdOptions {
  /** "economy": the first min(m, n) vectors of either side; "full": orthogonal U [m, m] and V [n, n]; "none": values only. Default "economy". */
  readonly vectors?: "economy" | "full" | "none";
  /** "auto": "jacobi" for min(m, n) ≤ 64, else "golub-kahan". Default "auto". */
  readonly method?: "auto" | "golub-kahan" | "jacobi";
}

export interface SvdResult {
  /** [m, k], or [m, m] with vectors "full"; the dtype of A. Absent with vectors "none". */
  readonly U?: NdArray;
  /** [k] descending, k = min(m, n). */
  readonly s: NdArray;
  /** [n, k], or [n, n]: columns are the right singular vectors. */
  readonly V?: NdArray;
  /** Values above max(m, n) u s_0, u the round-off of A's dtype. */
  readonly rank: number;
  readonly method: "golub-kahan" | "jacobi";
  /** `bound` ≥ |s_i − σ_i| for every i, measured from the returned U, s, V. */
  readonly certificate: Certificate;
  readonly diagnostics: Readonly<Record<string, never>>;
}

const OPTION_NAMES = ["vectors", "method"];
/** Jacobi is the faster one up to about this, and the more accurate one for graded matrices. */
const JACOBI_LIMIT = 64;

/**
 * U, s, V with A = U diag(s) Vᵀ.
 *
 * For the values of a symmetric matrix with signs use `eigSymmetric`; for a least squares problem `leastSquares`.
 * @param A shape [m, n]; float32 or float64, any stride.
 * @param options see SvdOptions.
 * @returns SvdResult; the certificate holds on every input (Weyl's inequality), and needs the vectors.
 * @throws ShapeError; OptionError; NonFiniteError; NotConvergedError when the budget of sweeps is spent (never seen).
 * @complexity about 17 n³ multiply-adds for a square matrix with vectors, 8/3 n³ without; 4 m n extra space.
 * @source Golub and Kahan; Demmel and Kahan; Drmač and Veselić.
 * @example svd([[1, 1], [1, 1]]).rank // -> 1
 */
export function svd(A: MatrixInput, options: SvdOptions = {}): SvdResult {
  return runSync(svdSteps("svd", A, options));
}

/** `svd` in turns with the event loop and on the pool: same arguments, same errors, same bits. */
export function svdAsync(A: MatrixInput, options: SvdOptions & RunControl = {}): Promise<SvdResult> {
  return runAsync(svdSteps("svdAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "svdAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* svdSteps(
  where: string,
  A: MatrixInput,
  options: SvdOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<SvdResult> {
  assertKnownOptions(where, options, known);
  const { vectors = "economy", method = "auto" } = options;
  assertOneOf(where, { vectors }, ["economy", "full", "none"]);
  assertOneOf(where, { method }, ["auto", "golub-kahan", "jacobi"]);
  const input = asMatrix(A, `${where}(A)`);
  const [rows = 0, columns = 0] = input.shape;
  const isWide = rows < columns;
  const [m, n] = isWide ? [columns, rows] : [rows, columns];
  const chosen = method === "auto" ? (n <= JACOBI_LIMIT ? "jacobi" : "golub-kahan") : method;
  assertFinite(input, `${where}(A)`); // before the transpose, whose indices are not the caller's
  const scope = openScope();
  try {
    const { block, exponent } = yield* placeColumns(scope, isWide ? transpose(input) : input, `${where}(A)`);
    const wanted = vectors === "none" ? undefined : vectors === "full" ? m : n;
    const raw = yield* (chosen === "jacobi" ? jacobiSvd : golubKahan)(scope, block, wanted);
    const dtype = dtypeOf(input);
    const { values, U, V } = yield* inOrder(raw, isWide, dtype);
    const s = scaledBack(where, values, exponent, dtype);
    const certificate: Certificate =
      U === undefined || V === undefined
        ? { kind: "none", reason: "measured from the vectors: ask for them" }
        : yield* certifySvd(input, U, s, V, exponent);
    const vectorsFound = U === undefined || V === undefined ? {} : { U, V };
    const rank = values.filter((x) => x > m * UNIT_ROUND_OFF[dtype] * values[0]!).length;
    const result: SvdResult = { ...vectorsFound, s, rank, method: chosen, certificate, diagnostics: {} };
    if (raw.left > 0) throw new NotConvergedError(where, result, `expected every singular value to converge, ${raw.left} did not`);
    return result;
  } finally {
    scope.release();
  }
}

/** Signs into V, values descending, vectors along; out of compute memory, in the dtype of A. */
function* inOrder({ s, U, V }: RawSvd, isWide: boolean, dtype: DType): Steps<{ values: Float64Array; U?: NdArray; V?: NdArray }> {
  const order = Array.from(s, (_, i) => i).sort((i, j) => Math.abs(s[j]!) - Math.abs(s[i]!) || i - j);
  const values = Float64Array.from(order, (i) => Math.abs(s[i]!));
  if (U === undefined || V === undefined) return { values };
  const left = yield* matrixOf(U, order, () => 1, dtype);
  const right = yield* matrixOf(V, order, (i) => (s[i]! < 0 ? -1 : 1), dtype);
  return isWide ? { values, U: right, V: left } : { values, U: left, V: right };
}

/** Columns `order`, then those beyond, each with its sign. */
function* matrixOf(block: Block, order: readonly number[], sign: (i: number) => number, dtype: DType): Steps<NdArray> {
  const { rows, columns } = block;
  const out = dtype === "float32" ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
  const [start, down, along] = [block.address / 8, block.rowBytes / 8, block.columnBytes / 8];
  const from = Int32Array.from({ length: columns }, (_, j) => order[j] ?? j);
  const factors = Float64Array.from(from, (i, j) => (j < order.length ? sign(i) : 1));
  yield* eachRowSteps(rows, columns, (i) => {
    const { f64 } = runtime().memory;
    const row = start + i * down;
    for (let j = 0; j < columns; j++) out[i * columns + j] = factors[j]! * f64[row + from[j]! * along]!;
  });
  return view(out, [rows, columns]);
}

function scaledBack(where: string, values: Float64Array, exponent: number, dtype: DType): NdArray {
  const back = Float64Array.from(values, (x) => scaleByPowerOfTwo(x, exponent));
  const s = view(dtype === "float32" ? Float32Array.from(back) : back, [values.length]);
  assertFinite(s, `${where}(result overflows ${dtype})`);
  return s;
}
