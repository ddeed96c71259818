/**
 * An orthonormal basis Q and coordinates B with A ≈ Q B: the range of a matrix, found with random panels.
 *
 *   A  m × n      Q  m × l  orthonormal columns      B = QᵀA  l × n      k  rank, p  oversampling: l = min(k + p, m, n)
 *
 * Or l as large as a tolerance ε takes: ‖A − Q B‖_F ≤ ε ‖A‖_F. See range-finder.ts.
 * Source: arXiv:0909.4061; arXiv:1606.09402, in blocks.
 */
import { assertKnownOptions, denseCopy, transpose, view, type Certificate, type CsrMatrix, type MatrixInput, type NdArray } from "@subquad/linalg-core"; // prettier-ignore
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { certify } from "./low-rank-certificate.js";
import { inUnits, readMatrix } from "./low-rank-operand.js";
import { LOW_RANK_OPTIONS, lowRankRequest, rankFor, type LowRankOptions } from "./low-rank-request.js";
import { rangeBasis } from "./range-finder.js";

export type { LowRankOptions } from "./low-rank-request.js";

export interface QbDecomposition {
  /** [m, l], float64. */
  readonly Q: NdArray;
  /** [l, n], float64. */
  readonly B: NdArray;
  /** "tolerance": met before the rank was spent. */
  readonly stopped: "rank" | "tolerance";
  readonly method: "randomized";
  /** `bound` ≥ ‖A − Q B‖_F, measured. */
  readonly certificate: Certificate;
  /** `bound` ≥ ‖A − Q B‖₂ with its confidence over the seed. */
  readonly spectral: Certificate;
  readonly diagnostics: { readonly blocks: number; readonly seed: string };
}

/**
 * Q and B with A ≈ Q B.
 *
 * To project on the range of A, and to factor B, which is small, in place of A. For singular vectors use randomizedSvd.
 * @param A shape [m, n], dense or sparse; entries finite.
 * @param options see LowRankOptions, and RunControl. Q has min(rank + oversampling, m, n) columns; with a tolerance as many as meet it.
 * @returns a promise of QbDecomposition; `certificate` holds on every input.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity 4 (q + 1) l products with A, O((m + n) l²) for the bases, and 2 m n l flops for the certificate.
 * @source arXiv:0909.4061; arXiv:1606.09402.
 * @example const { Q, B, certificate } = await qbDecomposition(A, { tolerance: 1e-3 });
 */
export function qbDecomposition(A: MatrixInput | CsrMatrix, options: LowRankOptions & RunControl = {}): Promise<QbDecomposition> {
  return runAsync(qbDecompositionSteps("qbDecomposition", A, options, [...LOW_RANK_OPTIONS, ...RUN_CONTROL]), options, "qbDecomposition");
}

/** `qbDecomposition` on the calling thread: same arguments, same errors, same bits. */
export function qbDecompositionSync(A: MatrixInput | CsrMatrix, options: LowRankOptions = {}): QbDecomposition {
  return runSync(qbDecompositionSteps("qbDecompositionSync", A, options));
}

/** The generator behind both. */
export function* qbDecompositionSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: LowRankOptions = {},
  known: readonly string[] = LOW_RANK_OPTIONS,
): Steps<QbDecomposition> {
  assertKnownOptions(where, options, known);
  const partly = lowRankRequest(where, options);
  const operand = readMatrix(A, where);
  const request = { ...partly, rank: rankFor(where, options.rank, operand.shape) };
  const columns = Math.min(request.rank + request.oversampling, ...operand.shape);
  const { Q, transposedB, isWithin, blocks } = yield* rangeBasis(where, operand, request, columns, request.tolerance);
  const B = view(denseCopy(transpose(transposedB), "float64"), [Q.shape[1]!, operand.shape[1]]);
  const { certificate, spectral } = yield* certify(where, operand, Q, B, request);
  return {
    Q,
    B: inUnits(where, B, operand.exponent),
    stopped: isWithin ? "tolerance" : "rank",
    method: "randomized",
    certificate,
    spectral,
    diagnostics: { blocks, seed: request.seed },
  };
}
