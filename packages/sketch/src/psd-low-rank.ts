/**
 * Low-rank factor of a positive semidefinite matrix from a few of its columns: pivoted Cholesky with random or greedy pivots.
 *
 *   K  N × N  positive semidefinite, known by an oracle for its entries     w  N  sampling weights
 *   F  N × k  factor, K ≈ F Fᵀ      S  k pivots, K[:, S] = F F[S, :]ᵀ      d  N  residual diagonal K_ii − ‖F_i‖² ≥ 0
 *
 *   repeat: a block T of pivots with the law "each ~ w_i d_i, given those before" ; G = K[:, T] − F F[T, :]ᵀ ; F ← [F, G L_Tᵀ⁻¹], L_T L_Tᵀ = G[T, :] ; d ← …
 *
 * Σ d is the trace of the residual, the trace norm of K − F Fᵀ, so stopping needs no estimate; pivots by d find outliers and spread over
 * clusters. E Σ d ≤ (1 + ε) tr(K − K_r) once k ≥ r/ε + r ln(1/(ε η)), η = tr(K − K_r) / tr K, K_r the best approximation of rank r.
 * Source: arXiv:2207.06503, randomly pivoted Cholesky; arXiv:2410.03969, in blocks by rejection; arXiv:2309.16002, in robust blocks.
 */
import { denseCopy, NonFiniteError, OptionError, transpose, view } from "@subquad/linalg-core";
import type { Certificate, NdArray } from "@subquad/linalg-core";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { prefixSums } from "./categorical.js";
import { traceCertificate } from "./psd-certificate.js";
import { appendBlock, type PivotBlock } from "./append-block.js";
import { appendColumn } from "./append-column.js";
import { assertNotNegative, columnsCopied, coreOf, reserve, residualOf, roundOff, type PsdFactor } from "./psd-factor.js";
import { LARGEST_BLOCK, PSD_OPTIONS } from "./psd-options.js";
import type { PsdLowRankMethod, PsdLowRankOptions, PsdLowRankState } from "./psd-options.js";
import { diagonalOf, readBlock, type PsdOracle } from "./psd-oracle.js";
import { affordableRank, psdRequest, type PsdRequest } from "./psd-request.js";
import { rejectionBlock } from "./rejection-block.js";
import { robustBlock } from "./robust-block.js";
import { roundingSteps } from "./rounding-diagonal.js";
import { largestResidual, pivotDraws } from "./single-pivot.js";

export type { PsdLowRankMethod, PsdLowRankOptions, PsdLowRankState } from "./psd-options.js";

export interface PsdLowRank {
  /** F: shape [N, k], float64, stored by columns. */
  readonly factor: NdArray;
  /** S, in the order in which they were chosen. */
  readonly pivots: Int32Array;
  /** L = F[S, :]: shape [k, k], lower triangular. */
  readonly core: NdArray;
  /** d ≥ 0. */
  readonly residualDiagonal: Float64Array;
  /** g, with `certify`: |K − F Fᵀ|_ij ≤ √((d_i + g_i)(d_j + g_j)) + √(g_i g_j), see entryBound. */
  readonly roundingDiagonal?: Float64Array;
  /** Σ K_ii. */
  readonly trace: number;
  /** Σ d. */
  readonly residualTrace: number;
  /** "numericalRank": what is left is round-off (or has no sampling weight); "tolerance"; "rank": rank, maxRank or its default was spent, or would not do. */
  readonly stopped: "rank" | "tolerance" | "numericalRank";
  /** The tolerance needs more than N/4 columns, even if the residual trace goes on falling as fast: factor K exactly instead. */
  readonly flatSpectrum: boolean;
  readonly method: PsdLowRankMethod;
  /** Of ‖K − F Fᵀ‖ in the trace norm, recomputed from F. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly seed: string; readonly entries: number; readonly draws: number; readonly blockSize: number };
  /** For `resume`. */
  readonly state: PsdLowRankState;
}

/**
 * F with K ≈ F Fᵀ, from (k + 1) N of K's N² entries and a few small blocks.
 *
 * For kernel matrices whose spectrum decays. When `flatSpectrum` comes back true, or K is small and at hand, use `cholesky` of linalg-core.
 * @param oracle K's entries: see kernelOracle, matrixOracle, or any object with the PsdOracle interface.
 * @param options see PsdLowRankOptions.
 * @returns a promise of PsdLowRank; `certificate` bounds ‖K − F Fᵀ‖ in the trace norm, conditional on K being positive semidefinite (unless the oracle
 * knows) and on interpolation weights that do not blow rounding up.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming row and pivot; AssumptionError when K is not positive semidefinite.
 * @complexity k² N multiply-adds in matrix products, (k + 1) N + Σ b² entries; space N k.
 * @source arXiv:2207.06503 and arXiv:2410.03969.
 * @example const { factor, certificate } = await psdLowRank(kernelOracle(points), { tolerance: 1e-4 });
 */
export function psdLowRank(oracle: PsdOracle, options: PsdLowRankOptions & RunControl = {}): Promise<PsdLowRank> {
  return runAsync(psdLowRankSteps("psdLowRank", oracle, options, [...PSD_OPTIONS, ...RUN_CONTROL]), options, "psdLowRank");
}

/** `psdLowRank` on the calling thread: same arguments, same errors, same bits. */
export function psdLowRankSync(oracle: PsdOracle, options: PsdLowRankOptions = {}): PsdLowRank {
  return runSync(psdLowRankSteps("psdLowRankSync", oracle, options));
}

/** The generator behind both, for algorithms that are generators themselves. */
export function* psdLowRankSteps(
  where: string,
  oracle: PsdOracle,
  options: PsdLowRankOptions = {},
  known: readonly string[] = PSD_OPTIONS,
): Steps<PsdLowRank> {
  const request = psdRequest(where, oracle, options, known);
  const { method, most, state } = request;
  const F = yield* openFactor(where, oracle, request);
  const prefix = new Float64Array(F.N);
  const nextIndex = pivotDraws(state.seed);
  let { draws, blockSize, pending } = state;

  let stopped = reasonToStop(F, request);
  while (stopped === undefined) {
    yield* reserve(F, Math.min(most, F.k + LARGEST_BLOCK), most);
    if (pending === undefined) {
      const floor = roundOff(F);
      if (prefixSums(F.residual, floor, state.samplingWeights, prefix) === 0) break;
      if (method === "accelerated" || method === "blockRobust") {
        const propose = method === "accelerated" ? rejectionBlock : robustBlock;
        const { block, proposals } = yield* propose(F, prefix, floor, blockSize, state.seed, draws++);
        if (method === "accelerated" && state.fixedBlockSize === undefined) blockSize = adapted(blockSize, block.pivots.length / proposals);
        if (block.pivots.length > 0) pending = block;
      } else {
        const z = method === "greedy" ? largestResidual(F.residual) : nextIndex(draws++, prefix);
        const h = residualOf(F, z);
        if (h > floor) yield* appendColumn(F, z, h, most);
        else F.residual[z] = 0; // round-off that the recurrence did not see
      }
    } else {
      const { base, pivots } = pending;
      const end = Math.min(pivots.length, most - base);
      const block: PivotBlock = yield* appendBlock(F, pending, end, most, () => reasonToStop(F, request) !== undefined);
      pending = block.done < pivots.length ? block : undefined;
    }
    stopped = reasonToStop(F, request);
  }
  return yield* result(F, request, { ...state, draws, blockSize, pending }, stopped);
}

type Reason = "rank" | "tolerance" | undefined;

/** Why to stop after the columns so far; undefined to go on. */
function reasonToStop({ N, k, traces, oracle }: PsdFactor, { tolerance, most, mayGiveUp }: PsdRequest): Reason {
  if (oracle.size === 0 || traces[k]! <= tolerance * traces[0]!) return "tolerance";
  if (k >= most) return "rank";
  // looked at when k is a power of 2, so that where the run gives up does not depend on its blocks
  const isCheckpoint = mayGiveUp && k >= 64 && (k & (k - 1)) === 0;
  return isCheckpoint && linearForecast(traces, k, tolerance) > affordableRank(N) ? "rank" : undefined;
}

/**
 * The rank at which the residual trace meets the tolerance if it goes on falling as in the last half of the columns.
 *
 * The best possible traces tr(K − K_k) are convex in k, so this is too small if anything: a run is never given up on a spectrum that
 * falls off a cliff soon (100 clusters, say), as an exponential forecast would.
 */
function linearForecast(traces: readonly number[], k: number, tolerance: number): number {
  const half = k >> 1;
  const slope = (traces[half]! - traces[k]!) / (k - half);
  return k + (traces[k]! - tolerance * traces[0]!) / slope;
}

/** By counts, never clocks; and never by the rank wanted, so that resuming changes nothing. */
function adapted(blockSize: number, acceptance: number): number {
  if (acceptance >= 0.75) return Math.min(LARGEST_BLOCK, 2 * blockSize);
  return acceptance < 0.4 ? Math.max(8, blockSize / 2) : blockSize;
}

/** The factor with no columns, or with those of the run that is resumed. */
function* openFactor(where: string, oracle: PsdOracle, { resume, state, most, byTolerance }: PsdRequest): Steps<PsdFactor> {
  const N = oracle.size;
  const diagonal = diagonalOf(where, oracle);
  let trace = 0, largest = 0; // prettier-ignore
  for (let i = 0; i < N; i++) {
    const entry = diagonal[i]!;
    if (!Number.isFinite(entry)) throw new NonFiniteError(where, "oracle.diagonal", entry, [i]);
    trace += entry;
    largest = Math.max(largest, entry);
  }
  if (trace === Infinity) throw new NonFiniteError(where, "oracle.diagonal: its sum", trace, []);
  const F: PsdFactor = {
    where,
    oracle,
    N,
    diagonal,
    largest,
    residual: resume?.residualDiagonal.slice() ?? diagonal.map((entry) => Math.max(0, entry)),
    traces: resume === undefined ? [trace] : Array.from(state.traces),
    columns: new Float64Array(0),
    k: resume?.pivots.length ?? 0,
    pivots: Array.from(resume?.pivots ?? []),
    entries: N,
  };
  for (let i = 0; i < N; i++) assertNotNegative(F, i, diagonal[i]!, -(oracle.relativeError ?? 0) * largest);
  if (trace !== F.traces[0]) throw new OptionError(where, "resume", `a result for this oracle, of trace ${trace}`, F.traces[0]);
  const room = byTolerance ? F.k : most;
  F.columns = yield* columnsCopied(F, resume === undefined ? F.columns : storedColumns(resume.factor), F.k, room);
  if (F.k > 0) assertSameOracle(F);
  return F;
}

/** Whether the row of the last pivot is that of F Fᵀ at all pivots, where the two agree: equal diagonals do not tell kernels of other points. */
function assertSameOracle({ where, oracle, N, k, pivots, columns, diagonal }: PsdFactor): void {
  const columnsAt = Int32Array.from(pivots);
  const p = columnsAt[k - 1]!;
  const row = new Float64Array(k);
  readBlock(where, oracle, p, p + 1, columnsAt, row);
  const allowed = 1e-6 + 4 * (oracle.relativeError ?? 0);
  for (let s = 0; s < k; s++) {
    let product = 0;
    for (let l = 0; l < k; l++) product += columns[l * N + p]! * columns[l * N + columnsAt[s]!]!;
    if (Math.abs(row[s]! - product) <= allowed * Math.sqrt(diagonal[p]! * diagonal[columnsAt[s]!]!)) continue;
    throw new OptionError(where, "resume", `a result for this oracle, whose entry [${p}, ${columnsAt[s]!}] is ${row[s]!}`, product);
  }
}

/** F by columns, without a copy if it is stored so. */
function storedColumns(factor: NdArray): Float64Array {
  const { data, shape, stride, offset } = factor;
  const isStored = data instanceof Float64Array && offset === 0 && stride[0] === 1 && stride[1] === shape[0];
  return isStored ? data : denseCopy(transpose(factor), "float64");
}

function* result(F: PsdFactor, request: PsdRequest, state: PsdLowRankState, reason: Reason): Steps<PsdLowRank> {
  const { N, k, oracle, diagonal, residual, traces, entries } = F;
  const floor = roundOff(F);
  const stopped = reason === undefined || residual.every((d) => d <= floor) ? "numericalRank" : reason;
  const columns = F.columns.length > k * N ? yield* columnsCopied(F, F.columns, k, k) : F.columns;
  const pivots = Int32Array.from(F.pivots);
  const core = (yield* coreOf(F)) as Float64Array<ArrayBuffer>;
  const η = oracle.relativeError ?? 0;
  const rounding = request.certify
    ? yield* roundingSteps(columns.subarray(0, k * N) as Float64Array<ArrayBuffer>, core, diagonal, residual, η)
    : undefined;
  return {
    factor: view(columns, [N, k], [1, N]),
    pivots,
    core: view(core, [k, k]),
    residualDiagonal: residual,
    ...(rounding === undefined ? {} : { roundingDiagonal: rounding.diagonal }),
    trace: traces[0]!,
    residualTrace: traces[k]!,
    stopped,
    flatSpectrum: stopped === "rank" && request.byTolerance && k > 1 && linearForecast(traces, k, request.tolerance) > affordableRank(N),
    method: request.method,
    certificate: yield* traceCertificate(oracle, diagonal, columns, k, pivots, rounding?.weight),
    diagnostics: { seed: state.seed, entries, draws: state.draws, blockSize: state.blockSize },
    state: { ...state, traces: Float64Array.from(traces), relativeError: η },
  };
}
