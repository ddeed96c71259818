/**
 * The largest singular values of a matrix and their vectors, from a few products with it.
 *
 *   A  m × n      A ≈ U diag(s) Vᵀ      U  m × k, V  n × k  orthonormal columns      s  k, descending      Q, B  of range-finder.ts, k + p columns
 *
 *   B = U₁ diag(s) Vᵀ; U = Q U₁; the first k columns, or as many as the tolerance takes
 *
 * The largest |entry| of each column of U is positive.  Source: arXiv:0909.4061; arXiv:1606.09402, in blocks.
 */
import {
  assertKnownOptions,
  assertOneOf,
  isCsr,
  OptionError,
  view,
  type Certificate,
  type CsrMatrix,
  type LinearOperator,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { isLinearOperator } from "@subquad/linalg-core/kernels";
import { matmulSteps, RUN_CONTROL, runAsync, runSync, svdSteps, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { certify } from "./low-rank-certificate.js";
import { entriesOf, inUnits, readOperand, type LowRankOperand } from "./low-rank-operand.js";
import { LOW_RANK_OPTIONS, lowRankRequest, rankFor, type LowRankOptions, type LowRankRequest } from "./low-rank-request.js";
import { rangeBasis } from "./range-finder.js";
import { UNIT } from "./round-off.js";
import { denseOf } from "./rows.js";
import { sumOf } from "./sums.js";

export interface RandomizedSvdOptions extends LowRankOptions {
  /**
   * "exact": all of A by `svd`, cut. Default "auto": exact where min(m, n) ≤ 64 or, given a rank, 3 (k + p) ≥ min(m, n); never for operators, nor
   * for sparse A of more than 2²² entries.
   */
  readonly method?: "auto" | "randomized" | "exact";
}

export interface RandomizedSvd {
  /** [m, k], float64. */
  readonly U: NdArray;
  /** [k] descending, float64; each at most the singular value it stands for, but for rounding. */
  readonly s: NdArray;
  /** [n, k], float64. */
  readonly V: NdArray;
  /** "tolerance": met with these k, and with no fewer of them. */
  readonly stopped: "rank" | "tolerance";
  readonly method: "randomized" | "exact";
  /** `bound` ≥ ‖A − U diag(s) Vᵀ‖_F, measured; of an operator the same as `spectral`. */
  readonly certificate: Certificate;
  /** `bound` ≥ ‖A − U diag(s) Vᵀ‖₂ with its confidence over the seed. */
  readonly spectral: Certificate;
  readonly diagnostics: { readonly columns: number; readonly seed: string };
}

const OPTION_NAMES = [...LOW_RANK_OPTIONS, "method"];
const RANDOM_OPTIONS = ["oversampling", "powerIterations", "blockSize"] as const;
/** min(m, n) up to which "auto" is exact: all of A costs about as much as a few panels. */
const SMALL = 64;
/** Entries of a sparse matrix that "auto" is willing to make dense. */
const DENSE_ENTRIES = 2 ** 22;

/**
 * U, s, V with A ≈ U diag(s) Vᵀ of rank k.
 *
 * For a few of many singular values. Where k is a large part of min(m, n), `svd` of linalg-core is as fast and complete.
 * @param A shape [m, n], dense or sparse, entries finite; or an operator with applyTranspose, which takes a rank and no tolerance.
 * @param options see RandomizedSvdOptions, and RunControl.
 * @returns a promise of RandomizedSvd; `certificate` holds on every input, of an operator with its confidence.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity 4 (q + 1) (k + p) products with A and O((m + n) (k + p)²); 2 m n k flops for the certificate.
 * @source arXiv:0909.4061; arXiv:1606.09402.
 * @example const { U, s, V, certificate } = await randomizedSvd(A, { rank: 20 });
 */
export function randomizedSvd(
  A: MatrixInput | CsrMatrix | LinearOperator,
  options: RandomizedSvdOptions & RunControl = {},
): Promise<RandomizedSvd> {
  return runAsync(randomizedSvdSteps("randomizedSvd", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "randomizedSvd");
}

/** `randomizedSvd` on the calling thread: same arguments, same errors, same bits. */
export function randomizedSvdSync(A: MatrixInput | CsrMatrix | LinearOperator, options: RandomizedSvdOptions = {}): RandomizedSvd {
  return runSync(randomizedSvdSteps("randomizedSvdSync", A, options));
}

/** The generator behind both. */
export function* randomizedSvdSteps(
  where: string,
  A: MatrixInput | CsrMatrix | LinearOperator,
  options: RandomizedSvdOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<RandomizedSvd> {
  assertKnownOptions(where, options, known);
  const { method = "auto" } = options;
  assertOneOf(where, { method }, ["auto", "randomized", "exact"]);
  const partly = lowRankRequest(where, options);
  if (method === "exact") {
    for (const name of RANDOM_OPTIONS) {
      if (options[name] !== undefined) throw new OptionError(where, name, 'none with method "exact"', options[name]);
    }
  }
  if (!isCsr(A) && isLinearOperator(A)) {
    if (options.tolerance !== undefined)
      throw new OptionError(where, "tolerance", "none for an operator: its norm is not known", options.tolerance);
    if (method === "exact") throw new OptionError(where, "method", '"auto" or "randomized" for an operator', method);
    if (typeof A.applyTranspose !== "function") throw new OptionError(where, "A.applyTranspose", "a function", A.applyTranspose);
  }
  const operand = yield* readOperand(A, where, partly.seed);
  const request = { ...partly, rank: rankFor(where, options.rank, operand.shape) };
  const chosen = method === "auto" ? choice(operand, request, options.rank !== undefined) : method;
  const factors = chosen === "exact" ? yield* exactly(where, operand) : yield* byBasis(where, operand, request);
  const { k, isWithin } = cut(factors, operand, request);
  const { U, V } = yield* signed(where, factors, k);
  const s = factors.s.subarray(0, k);
  const scaledRight = transposedTimes(V, s);
  const { certificate, spectral } = yield* certify(where, operand, U, scaledRight, request, roundingOf(s));
  return {
    U,
    s: inUnits(where, view(s.slice(), [k]), operand.exponent),
    V,
    stopped: isWithin ? "tolerance" : "rank",
    method: chosen,
    certificate,
    spectral,
    diagnostics: { columns: factors.columns, seed: request.seed },
  };
}

/** By counted work. */
function choice({ shape, rows }: LowRankOperand, { rank, oversampling }: LowRankRequest, byRank: boolean): "randomized" | "exact" {
  const least = Math.min(...shape);
  if (rows === undefined || ("sparse" in rows && shape[0] * shape[1] > DENSE_ENTRIES)) return "randomized";
  return least <= SMALL || (byRank && 3 * (rank + oversampling) >= least) ? "exact" : "randomized";
}

interface Factors {
  /** A ≈ Q U diag(s) Vᵀ; Q = I where it is absent. */
  readonly Q: NdArray | undefined;
  readonly U: NdArray;
  readonly s: Float64Array;
  readonly V: NdArray;
  /** ‖A − Q B‖_F². */
  readonly residualSquares: number;
  readonly columns: number;
}

function* exactly(where: string, { rows }: LowRankOperand): Steps<Factors> {
  const { U, s, V } = yield* svdSteps(where, denseOf(rows!));
  return { Q: undefined, U: U!, s: Float64Array.from(entriesOf(s)), V: V!, residualSquares: 0, columns: s.size };
}

function* byBasis(where: string, A: LowRankOperand, request: LowRankRequest): Steps<Factors> {
  const columns = Math.min(request.rank + request.oversampling, ...A.shape);
  const { Q, transposedB, residualSquares } = yield* rangeBasis(where, A, request, columns, request.tolerance);
  const { U, s, V } = yield* svdSteps(where, transposedB);
  return { Q, U: V!, s: Float64Array.from(entriesOf(s)), V: U!, residualSquares, columns: Q.shape[1]! };
}

/** U and V of rank k, without certificates: for the norms of their rows. */
export function* singularVectors(
  where: string,
  A: LowRankOperand,
  request: LowRankRequest,
): Steps<{ readonly U: NdArray; readonly V: NdArray }> {
  const factors = yield* byBasis(where, A, request);
  return yield* signed(where, factors, cut(factors, A, request).k);
}

/** k, and whether the tolerance is met with it. */
function cut(
  { s, residualSquares }: Factors,
  { squares }: LowRankOperand,
  { rank, tolerance }: LowRankRequest,
): { k: number; isWithin: boolean } {
  let k = Math.min(rank, s.length);
  if (tolerance === undefined) return { k, isWithin: false };
  const allowed = tolerance * tolerance * squares;
  let left = residualSquares;
  for (let i = k; i < s.length; i++) left += s[i]! * s[i]!;
  const isWithin = left <= allowed;
  while (k > 0 && left + s[k - 1]! * s[k - 1]! <= allowed) {
    k--;
    left += s[k]! * s[k]!;
  }
  return { k, isWithin };
}

/** The first k columns, the largest |entry| of each column of U positive, the first of several. */
function* signed(where: string, { Q, U, V }: Factors, k: number): Steps<{ readonly U: NdArray; readonly V: NdArray }> {
  const inner = firstColumns(U, k);
  const left =
    Q === undefined || k === 0 ? firstColumns(Q ?? U, k) : entriesOf(yield* matmulSteps(where, Q, view(inner, [U.shape[0]!, k])));
  const right = firstColumns(V, k);
  const [m, n] = [(Q ?? U).shape[0]!, V.shape[0]!];
  for (let j = 0; j < k; j++) {
    let largest = 0;
    for (let i = 0; i < m; i++) if (Math.abs(left[i * k + j]!) > Math.abs(largest)) largest = left[i * k + j]!;
    if (largest >= 0) continue;
    for (let i = 0; i < m; i++) left[i * k + j] = -left[i * k + j]!;
    for (let i = 0; i < n; i++) right[i * k + j] = -right[i * k + j]!;
  }
  return { U: view(left, [m, k]), V: view(right, [n, k]) };
}

function firstColumns(X: NdArray, k: number): Float64Array {
  const [rows, columns] = [X.shape[0]!, X.shape[1]!];
  const entries = entriesOf(X);
  const out = new Float64Array(rows * k);
  for (let i = 0; i < rows; i++) out.set(entries.subarray(i * columns, i * columns + k), i * k);
  return out;
}

/** diag(s) Vᵀ. */
function transposedTimes(V: NdArray, s: Float64Array): NdArray {
  const [n, k] = [V.shape[0]!, s.length];
  const entries = entriesOf(V);
  const out = new Float64Array(k * n);
  for (let j = 0; j < k; j++) for (let i = 0; i < n; i++) out[j * n + i] = s[j]! * entries[i * k + j]!;
  return view(out, [k, n]);
}

/** ‖U (fl(diag(s) Vᵀ) − diag(s) Vᵀ)‖_F, at most: a rounding of each entry, columns of length 1 and a little. */
function roundingOf(s: Float64Array): number {
  return 2 * UNIT * sumOf(s);
}
