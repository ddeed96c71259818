/**
 * CUR decomposition: a matrix from a few of its columns and a few of its rows.
 *
 *   A  m × n      C = A[:, J]  m × c      R = A[I, :]  r × n      A ≈ C core R      core = R_C⁻¹ (Q_Cᵀ A Q_R) R_R⁻ᵀ, C = Q_C R_C, Rᵀ = Q_R R_R
 *
 * "pivoted": J by interpolative.ts, I by pivoted QR of Cᵀ, k of each. "leverage": 4 k draws by the squared row norms of the right and the
 * left singular vectors of rank k, each kept once. The core is the best one for C and R, C⁺ A R⁺, and no pseudo-inverse is formed. What of C
 * and R is smaller than √u of the largest is left out: a core of size 1/σ costs u/σ in the product, so below √u it loses more than it gains.
 * Source: textbook; arXiv:0708.3696 for "leverage".
 */
import {
  assertKnownOptions,
  assertOneOf,
  OptionError,
  selectRows,
  csrToDense,
  slice,
  solveTriangular,
  transpose,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { scaleByPowerOfTwo } from "@subquad/linalg-core/kernels";
import { matmulSteps, qrSteps, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { columnsAt, skeleton } from "./interpolative.js";
import { certify, frobeniusAbove } from "./low-rank-certificate.js";
import { entriesOf, inUnits, readMatrix, type LowRankOperand } from "./low-rank-operand.js";
import { LOW_RANK_OPTIONS, lowRankRequest, rankFor, type LowRankOptions, type LowRankRequest } from "./low-rank-request.js";
import { singularVectors } from "./randomized-svd.js";
import { gammaAbove } from "./round-off.js";
import type { Rows } from "./rows.js";
import { sampleRowsSteps } from "./sampling.js";

export interface CurOptions extends LowRankOptions {
  /** How columns and rows are chosen; "leverage" needs a rank. Default "pivoted". */
  readonly pick?: "pivoted" | "leverage";
}

export interface CurDecomposition {
  /** J: in the order in which they were chosen, ascending with "leverage". */
  readonly columns: Int32Array;
  /** I. */
  readonly rows: Int32Array;
  /** [|J|, |I|], float64. */
  readonly core: NdArray;
  readonly method: "pivoted" | "leverage";
  /** `bound` ≥ ‖A − C core R‖_F, measured. */
  readonly certificate: Certificate;
  /** `bound` ≥ ‖A − C core R‖₂ with its confidence over the seed. */
  readonly spectral: Certificate;
  readonly diagnostics: { readonly seed: string };
}

const OPTION_NAMES = [...LOW_RANK_OPTIONS, "pick"];
/** Draws of "leverage" for each of the k. */
const DRAWS = 4;
/** √u: the diagonal entries of R_C and R_R that count, relative to the largest. */
const SOLID = 2 ** -26;

/**
 * Columns J, rows I and a core with A ≈ A[:, J] core A[I, :].
 *
 * Where both factors must be parts of A: to say which columns and rows carry it, and to stay sparse. With a tolerance, columns alone meet it;
 * the certificate says what is lost with the rows. No closer than about √u ‖A‖, whatever the rank: interpolativeDecomposition is.
 * @param A shape [m, n], dense or sparse; entries finite.
 * @param options see CurOptions, and RunControl.
 * @returns a promise of CurDecomposition; `certificate` holds on every input.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity that of interpolativeDecomposition, O((m + n) k²) and 2 m n k flops.
 * @source textbook; arXiv:0708.3696.
 * @example const { columns, core, rows } = await cur(A, { rank: 10 });
 */
export function cur(A: MatrixInput | CsrMatrix, options: CurOptions & RunControl = {}): Promise<CurDecomposition> {
  return runAsync(curSteps("cur", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "cur");
}

/** `cur` on the calling thread: same arguments, same errors, same bits. */
export function curSync(A: MatrixInput | CsrMatrix, options: CurOptions = {}): CurDecomposition {
  return runSync(curSteps("curSync", A, options));
}

/** The generator behind both. */
export function* curSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: CurOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<CurDecomposition> {
  assertKnownOptions(where, options, known);
  const { pick = "pivoted" } = options;
  assertOneOf(where, { pick }, ["pivoted", "leverage"]);
  const partly = lowRankRequest(where, options);
  if (pick === "leverage" && options.tolerance !== undefined) {
    throw new OptionError(where, "tolerance", 'none with pick "leverage"', options.tolerance);
  }
  const operand = readMatrix(A, where);
  const request = { ...partly, rank: rankFor(where, options.rank, operand.shape) };
  const { J, I } = pick === "pivoted" ? yield* byPivots(where, operand, request) : yield* byLeverage(where, operand, request);
  const C = columnsAt(operand.rows!, J);
  const R = rowsAt(operand.rows!, I);
  const core = yield* coreOf(where, operand, C, R);
  const left = yield* matmulSteps(where, C, core);
  const size = frobeniusAbove(C) * frobeniusAbove(R);
  // half a smallest number for each entry of the core, in units of A
  const vanished = operand.exponent > 0 ? core.size * scaleByPowerOfTwo(2 ** -1000, operand.exponent) * 2 ** -74 : 0;
  const excess = gammaAbove(J.length + 4) * frobeniusAbove(core) * size + vanished * size; // of C times core
  const { certificate, spectral } = yield* certify(where, operand, left, R, request, excess);
  return {
    columns: J,
    rows: I,
    core: inUnits(where, core, -operand.exponent),
    method: pick,
    certificate,
    spectral,
    diagnostics: { seed: request.seed },
  };
}

interface Choice {
  readonly J: Int32Array;
  readonly I: Int32Array;
}

function* byPivots(where: string, A: LowRankOperand, request: LowRankRequest): Steps<Choice> {
  const { J } = yield* skeleton(where, A, request);
  if (J.length === 0) return { J, I: new Int32Array(0) };
  const C = columnsAt(A.rows!, J);
  const { permutation } = yield* qrSteps(where, transpose(C), { pivot: true, mode: "r" });
  return { J, I: permutation!.slice(0, J.length) };
}

function* byLeverage(where: string, A: LowRankOperand, request: LowRankRequest): Steps<Choice> {
  const { rank, seed } = request;
  if (rank === 0) return { J: new Int32Array(0), I: new Int32Array(0) };
  const { U, V } = yield* singularVectors(where, A, request);
  const count = DRAWS * rank;
  const { indices: J } = yield* sampleRowsSteps(where, V, { by: "norm", count, seed: `cur/columns/${seed}` });
  const { indices: I } = yield* sampleRowsSteps(where, U, { by: "norm", count, seed: `cur/rows/${seed}` });
  return { J, I };
}

/** C⁺ A R⁺, with what of C and of Rᵀ is solid. */
function* coreOf(where: string, A: LowRankOperand, C: NdArray, R: NdArray): Steps<NdArray> {
  const [c, r] = [C.shape[1]!, R.shape[0]!];
  const out = new Float64Array(c * r);
  const left = yield* qrSteps(where, C, { pivot: true, rankTolerance: SOLID });
  const right = yield* qrSteps(where, transpose(R), { pivot: true, rankTolerance: SOLID });
  const [a, b] = [left.rank, right.rank];
  if (a === 0 || b === 0) return view(out, [c, r]);
  const across = yield* A.times(slice(right.Q!, null, [0, b]));
  const middle = yield* matmulSteps(where, slice(left.Q!, null, [0, a]), across, { transposeA: true });
  const half = solveTriangular(slice(left.R, [0, a], [0, a]), middle, { upper: true });
  const whole = entriesOf(solveTriangular(slice(right.R, [0, b], [0, b]), half, { upper: true, transpose: true, side: "right" }));
  for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) out[left.permutation![i]! * r + right.permutation![j]!] = whole[i * b + j]!;
  return view(out, [c, r]);
}

function rowsAt(A: Rows, I: Int32Array): NdArray {
  if ("sparse" in A) return csrToDense(selectRows(A.sparse, I));
  return view(entriesOf(transpose(columnsAt({ dense: transpose(A.dense) }, I))), [I.length, A.dense.shape[1]!]);
}
