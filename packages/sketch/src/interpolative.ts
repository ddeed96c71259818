/**
 * Interpolative decomposition: a matrix from a few of its own columns, or rows.
 *
 *   A  m × n      J  k columns of A      T  k × n coefficients, T[:, J] = I      A ≈ A[:, J] T      axis "rows": A ≈ T A[J, :], T  m × k
 *   B = QᵀA  l × n, l = k + p, of range-finder.ts      B P = W R, pivoted; R = [R₁₁ R₁₂], J = P's first k; T = [I, R₁₁⁻¹ R₁₂] Pᵀ
 *
 * Pivots below rounding say nothing: their columns have coefficients for themselves alone.
 * Source: arXiv:0909.4061; Golub's pivoting.
 */
import {
  assertKnownOptions,
  assertOneOf,
  csrToDense,
  selectColumns,
  slice,
  solveTriangular,
  transpose,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { qrSteps, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { certify, residualOf } from "./low-rank-certificate.js";
import { entriesOf, readMatrix, transposed, type LowRankOperand } from "./low-rank-operand.js";
import { LOW_RANK_OPTIONS, lowRankRequest, rankFor, type LowRankOptions, type LowRankRequest } from "./low-rank-request.js";
import { rangeBasis } from "./range-finder.js";
import { shapeOf, type Rows } from "./rows.js";
import { sumOfSquares } from "./sums.js";

export interface InterpolativeOptions extends LowRankOptions {
  /** What is kept of A. Default "columns". */
  readonly axis?: "columns" | "rows";
}

export interface InterpolativeDecomposition {
  /** J, in the order in which they were chosen. */
  readonly indices: Int32Array;
  /** T: [k, n] for columns, [m, k] for rows; float64. */
  readonly coefficients: NdArray;
  /** "tolerance": met with these k. */
  readonly stopped: "rank" | "tolerance";
  readonly method: "pivoted";
  /** `bound` ≥ ‖A − A[:, J] T‖_F, measured. */
  readonly certificate: Certificate;
  /** `bound` ≥ ‖A − A[:, J] T‖₂ with its confidence over the seed. */
  readonly spectral: Certificate;
  readonly diagnostics: { readonly columns: number; readonly seed: string };
}

const OPTION_NAMES = [...LOW_RANK_OPTIONS, "axis"];

/**
 * k columns (or rows) of A and the coefficients that give the others.
 *
 * Where the factors must be data that someone has measured, or sparse as A is. randomizedSvd is closer, by a factor of 1 to 3 mostly.
 * @param A shape [m, n], dense or sparse; entries finite.
 * @param options see InterpolativeOptions, and RunControl.
 * @returns a promise of InterpolativeDecomposition; `certificate` holds on every input.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity that of qbDecomposition, and O(n (k + p)²).
 * @source arXiv:0909.4061.
 * @example const { indices, coefficients } = await interpolativeDecomposition(A, { rank: 10 });
 */
export function interpolativeDecomposition(
  A: MatrixInput | CsrMatrix,
  options: InterpolativeOptions & RunControl = {},
): Promise<InterpolativeDecomposition> {
  const where = "interpolativeDecomposition";
  return runAsync(interpolativeDecompositionSteps(where, A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, where);
}

/** `interpolativeDecomposition` on the calling thread: same arguments, same errors, same bits. */
export function interpolativeDecompositionSync(A: MatrixInput | CsrMatrix, options: InterpolativeOptions = {}): InterpolativeDecomposition {
  return runSync(interpolativeDecompositionSteps("interpolativeDecompositionSync", A, options));
}

/** The generator behind both. */
export function* interpolativeDecompositionSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: InterpolativeOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<InterpolativeDecomposition> {
  assertKnownOptions(where, options, known);
  const { axis = "columns" } = options;
  assertOneOf(where, { axis }, ["columns", "rows"]);
  const partly = lowRankRequest(where, options);
  const read = readMatrix(A, where);
  const request = { ...partly, rank: rankFor(where, options.rank, read.shape) };
  const operand = axis === "columns" ? read : transposed(where, read);
  const { J, T, isWithin, columns } = yield* skeleton(where, operand, request);
  const C = columnsAt(operand.rows!, J);
  const { certificate, spectral } = yield* certify(where, operand, C, T, request);
  return {
    indices: J,
    coefficients: axis === "columns" ? T : view(entriesOf(transpose(T)), [T.shape[1]!, T.shape[0]!]),
    stopped: isWithin ? "tolerance" : "rank",
    method: "pivoted",
    certificate,
    spectral,
    diagnostics: { columns, seed: request.seed },
  };
}

/** The columns that are kept, and how the others come from them. */
export interface Skeleton {
  readonly J: Int32Array;
  /** [k, n]. */
  readonly T: NdArray;
  readonly isWithin: boolean;
  /** l. */
  readonly columns: number;
}

/** J and T of an operand that has entries. */
export function* skeleton(where: string, A: LowRankOperand, request: LowRankRequest): Steps<Skeleton> {
  const { rank, oversampling, tolerance } = request;
  const most = Math.min(rank + oversampling, ...A.shape);
  if (tolerance === undefined) {
    const { transposedB } = yield* rangeBasis(where, A, request, most);
    return { ...(yield* fromPivots(where, transposedB, () => rank)), isWithin: false, columns: most };
  }
  const size = Math.sqrt(A.squares);
  for (let share = tolerance / 2; ; share /= 4) {
    const { transposedB, Q } = yield* rangeBasis(where, A, request, most, share);
    const columns = Q.shape[1]!;
    const found = yield* fromPivots(where, transposedB, (R) => Math.min(rank, rowsWithin(R, share * size)));
    const { norm } = yield* residualOf(where, A, columnsAt(A.rows!, found.J), found.T);
    const isWithin = norm <= tolerance * size;
    // once the basis and the rank are as large as they can be, a smaller share changes nothing
    if (isWithin || found.J.length === Math.min(rank, ...A.shape) || share < 2 ** -60) return { ...found, isWithin, columns };
  }
}

/** Pivoted QR of B, cut after `rankOf(R)` columns. */
function* fromPivots(where: string, transposedB: NdArray, rankOf: (R: NdArray) => number): Steps<{ J: Int32Array; T: NdArray }> {
  const [n, l] = [transposedB.shape[0]!, transposedB.shape[1]!];
  if (n === 0 || l === 0) return { J: new Int32Array(0), T: view(new Float64Array(0), [0, n]) };
  const { R, permutation, rank: trusted } = yield* qrSteps(where, transpose(transposedB), { pivot: true, mode: "r" });
  const k = Math.min(rankOf(R), l);
  const solid = Math.min(k, trusted);
  const T = new Float64Array(k * n);
  for (let c = 0; c < k; c++) T[c * n + permutation![c]!] = 1;
  if (solid > 0 && n > k) {
    const X = entriesOf(solveTriangular(slice(R, [0, solid], [0, solid]), slice(R, [0, solid], [k, n]), { upper: true }));
    for (let c = 0; c < solid; c++) for (let j = k; j < n; j++) T[c * n + permutation![j]!] = X[c * (n - k) + j - k]!;
  }
  return { J: permutation!.slice(0, k), T: view(T, [k, n]) };
}

/** Rows of R that must be kept for the others to be within `allowed` together. */
function rowsWithin(R: NdArray, allowed: number): number {
  const [l, n] = [R.shape[0]!, R.shape[1]!];
  const entries = entriesOf(R);
  let left = 0;
  for (let k = l; k > 0; k--) {
    left += sumOfSquares(entries.subarray((k - 1) * n, k * n));
    if (left > allowed * allowed) return k;
  }
  return 0;
}

/** A[:, J], dense. */
export function columnsAt(A: Rows, J: Int32Array): NdArray {
  if ("sparse" in A) return csrToDense(selectColumns(A.sparse, J));
  const [m, n] = shapeOf(A);
  const entries = entriesOf(A.dense);
  const k = J.length;
  const out = new Float64Array(m * k);
  for (let i = 0; i < m; i++) for (let c = 0; c < k; c++) out[i * k + c] = entries[i * n + J[c]!]!;
  return view(out, [m, k]);
}
