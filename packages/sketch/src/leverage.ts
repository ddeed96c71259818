/**
 * Leverage scores: how much each row matters for the range of a matrix.
 *
 *   A  n × d  of rank r      Q  basis of range(A)      τ_i = ‖Q_i‖² = a_i (AᵀA)⁺ a_iᵀ, Σ τ = r      λ  ridge: τ_i = a_i (AᵀA + λI)⁻¹ a_iᵀ
 *
 *   M = S A, sparse signs, m = max(4d, d + 32) rows; X = A R⁻¹ (whiten.ts)
 *   exact   G = XᵀX = L Lᵀ; τ_i = ‖x_i L⁻ᵀ‖²: CholeskyQR of what the sketch has conditioned
 *   fast    t_i = ‖x_i Ω‖² / k, Ω  r × k of normals, k = ⌈8 / (ε² − 2ε³/3)⌉; lower² ‖x_i‖² ≤ τ_i ≤ upper² ‖x_i‖², the distortion of M
 *           (k ≥ r: t_i = ‖x_i‖²); what Ω does to the norms of rows is measured on a random sample of them
 *
 * Ridge: the rows of [A; √λ I], those of A are returned.  Source: arXiv:1109.3843 (fast); textbook (exact).
 */
import {
  assertFinite,
  assertInRange,
  assertKnownOptions,
  assertOneOf,
  denseCopy,
  gram,
  normalizeSeed,
  csr,
  csrToDense,
  rngFor,
  selectRows,
  OptionError,
  solveTriangular,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
  type Seed,
} from "@subquad/linalg-core";
import { powerOfTwo } from "@subquad/linalg-core/kernels";
import { choleskySteps, matmulSteps, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { applyRows, shapeOf, type Rows } from "./apply.js";
import { measureDistortionSteps } from "./distortion.js";
import { sparseSign } from "./distributions.js";
import { addLosses, isLossy, startLosses } from "./losses.js";
import { readRows, sampleSketch } from "./operator.js";
import { rowsNeeded } from "./sample-size.js";
import { frobenius, rowsOf, whitenedBlocks, whitenSteps, type Whitening } from "./whiten.js";

export interface LeverageScoresOptions {
  /** "exact": 4 n d² flops. "fast": n d² and some, within a factor. Default "auto": exact up to 2e10 flops. */
  readonly method?: "auto" | "exact" | "fast";
  /** λ ≥ 0. Default 0. */
  readonly ridge?: number;
  /** ε of "fast": of the norms of rows. In (0, 1). Default 0.5. */
  readonly epsilon?: number;
  /** δ of "fast": 1 − δ is the confidence of its certificate. In [1e-12, 0.5]. Default 1e-2. */
  readonly failure?: number;
  /** A direction counts if its pivot is above rankTolerance times the largest. In [0, 1). Default max(m, d) u. */
  readonly rankTolerance?: number;
  /** Default "0". */
  readonly seed?: Seed;
}

export interface LeverageScores {
  /** τ: [n], in [0, 1] but for rounding. */
  readonly scores: Float64Array;
  /** r. */
  readonly rank: number;
  /** Σ scores: the rank, or with a ridge the effective dimension; of "fast" an estimate. */
  readonly sum: number;
  /** τ_i ≤ overestimate · scores[i], for the rows and with the confidence of which the certificate speaks; 1 for exact. */
  readonly overestimate: number;
  readonly method: "exact" | "fast";
  /** Exact: `bound` ≥ |scores[i] − τ_i| by rounding. Fast: largest factor between scores[i] and τ_i, minus 1. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly condition: number; readonly seed: string; readonly attempts: number };
}

const OPTION_NAMES = ["method", "ridge", "epsilon", "failure", "rankTolerance", "seed"];
const EXACT_FLOPS = 2e10;
const ATTEMPTS = 3;
/** ‖G − I‖ above which another sketch is taken. */
const WORST = 0.9;
const UNIT = 2 ** -53;

/**
 * τ_i for every row of A.
 *
 * For sampling rows (sampleRows), and to find outliers. For the pair (i, j) of rows of a Kronecker product, multiply the scores of its factors.
 * @param A shape [n, d], dense or sparse; entries finite.
 * @param options see LeverageScoresOptions, and RunControl.
 * @returns a promise of LeverageScores.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity exact 4 n d² flops, fast n d² + 2 n d k; extra space O(d²) and a sketch of 4d rows.
 * @source arXiv:1109.3843.
 * @example const { scores, rank } = await leverageScores([[1, 0], [0, 1], [0, 1]]); // scores -> [1, 0.5, 0.5]
 */
export function leverageScores(A: MatrixInput | CsrMatrix, options: LeverageScoresOptions & RunControl = {}): Promise<LeverageScores> {
  return runAsync(leverageScoresSteps("leverageScores", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "leverageScores");
}

/** `leverageScores` on the calling thread: same arguments, same errors, same bits. */
export function leverageScoresSync(A: MatrixInput | CsrMatrix, options: LeverageScoresOptions = {}): LeverageScores {
  return runSync(leverageScoresSteps("leverageScoresSync", A, options));
}

/** The generator behind both. */
export function* leverageScoresSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: LeverageScoresOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<LeverageScores> {
  assertKnownOptions(where, options, known);
  const { method = "auto", ridge = 0, epsilon = 0.5, failure = 1e-2, rankTolerance } = options;
  assertOneOf(where, { method }, ["auto", "exact", "fast"]);
  assertInRange(where, { ridge }, 0, Number.MAX_VALUE);
  assertInRange(where, { epsilon }, 0, 1, { openLow: true, openHigh: true });
  assertInRange(where, { failure }, 1e-12, 0.5);
  if (rankTolerance !== undefined) assertInRange(where, { rankTolerance }, 0, 1, { openHigh: true });
  const seed = normalizeSeed(options.seed ?? "0", where);
  const { rows: given } = readRows(A, `${where}(A)`);
  const [n, d] = shapeOf(given);
  if ("dense" in given) assertFinite(given.dense, `${where}(A)`);
  const chosen = method === "auto" ? (4 * n * d * d < EXACT_FLOPS ? "exact" : "fast") : method;
  if (method === "exact") {
    for (const [name, value] of Object.entries({ epsilon: options.epsilon, failure: options.failure })) {
      if (value !== undefined) throw new OptionError(where, name, 'none with method "exact"', value);
    }
  }
  const rows = ridge === 0 ? given : withRidge(given, Math.sqrt(ridge));
  const request: Request = { where, rows, n, seed, rankTolerance };
  if (n === 0 || d === 0) return empty(n, chosen, seed);
  return chosen === "exact" ? yield* exactScores(request) : yield* fastScores(request, epsilon, failure);
}

interface Request {
  readonly where: string;
  /** With the rows of the ridge. */
  readonly rows: Rows;
  /** Rows whose scores are wanted. */
  readonly n: number;
  readonly seed: string;
  readonly rankTolerance: number | undefined;
}

function empty(n: number, method: "exact" | "fast", seed: string): LeverageScores {
  const certificate: Certificate = { kind: "exact", bound: 0 };
  const diagnostics = { condition: 0, seed, attempts: 0 };
  return { scores: new Float64Array(n), rank: 0, sum: 0, overestimate: 1, method, certificate, diagnostics };
}

/** A and its sketch of attempt number `attempt`; A itself, where it is hardly taller or sketches have failed. */
function* whitened({ where, rows, seed, rankTolerance }: Request, attempt: number): Steps<{ readonly M: NdArray; readonly W: Whitening }> {
  const [length, d] = shapeOf(rows);
  const m = Math.max(4 * d, d + 32);
  const isSketched = attempt < ATTEMPTS && length > 2 * m;
  const { distribution } = sampleSketch(sparseSign(m, length));
  const sample = { distribution, seed: attempt === 0 ? `leverage/${seed}` : `leverage/${seed}/${attempt}` };
  const M = isSketched ? view(yield* applyRows(`${where}(A)`, sample, rows), [m, d]) : dense(rows);
  return { M, W: yield* whitenSteps(where, M, rankTolerance) };
}

/** CholeskyQR of X, one pass for G and one for the scores. */
function* exactScores(request: Request): Steps<LeverageScores> {
  const { where, rows, n, seed } = request;
  const [length, d] = shapeOf(rows);
  for (let attempt = 0; ; attempt++) {
    const { W } = yield* whitened(request, attempt);
    const r = W.rank;
    if (r === 0 && attempt >= ATTEMPTS) return empty(n, "exact", seed);
    const losses = startLosses(d - r);
    let G = view(new Float64Array(r * r), [r, r]);
    yield* whitenedBlocks(rows, W, (X, others) => {
      if (r > 0) G = gram(X, { beta: 1, out: G });
      addLosses(X, others, W, losses);
    });
    const entries = denseCopy(G, "float64");
    let trace = 0;
    for (let i = 0; i < r; i++) {
      trace += entries[i * (r + 1)]!;
      entries[i * (r + 1)] = entries[i * (r + 1)]! - 1;
    }
    const distance = frobenius(entries);
    if (attempt < ATTEMPTS && (!(distance <= WORST) || isLossy(losses, Math.sqrt(trace), W))) continue;
    if (r === 0) return empty(n, "exact", seed);
    const scores = new Float64Array(n);
    const { L } = yield* choleskySteps(where, G);
    yield* whitenedBlocks(rows, W, (X, _, first) => {
      const Y = denseCopy(solveTriangular(L, X, { transpose: true, side: "right" }), "float64");
      const count = X.shape[0] ?? 0;
      for (let i = 0; i < Math.min(count, n - first); i++) scores[first + i] = squareOf(Y, i * r, r);
    });
    const e = 4 * (r + 8) * UNIT * W.condition;
    const rounding = 4 * (1024 + length / 64 + 4 * r) * UNIT * trace;
    const bound = (2 * e * (1 + trace) + rounding) / Math.max(1 - Math.min(distance, WORST), 0.1);
    return {
      scores,
      rank: r,
      sum: sumOf(scores),
      overestimate: 1,
      method: "exact",
      certificate: { kind: "exact", bound },
      diagnostics: { condition: W.condition, seed, attempts: attempt + 1 },
    };
  }
}

/** Norms of the rows of X, by random combinations where that is less work. */
function* fastScores(request: Request, epsilon: number, failure: number): Steps<LeverageScores> {
  const { where, rows, n, seed } = request;
  const [, d] = shapeOf(rows);
  const k = Math.ceil(8 / (epsilon * epsilon * (1 - (2 / 3) * epsilon)));
  for (let attempt = 0; ; attempt++) {
    const { M, W } = yield* whitened(request, attempt);
    const r = W.rank;
    const input = "dense" in rows ? rows.dense : rows.sparse;
    const options = { method: "lanczos", confidence: 1 - failure / 2, seed } as const;
    const { lower, upper } = yield* measureDistortionSteps(where, input, M, options);
    if (attempt < ATTEMPTS && !(lower > 0 && upper < Infinity)) continue;
    if (r === 0) return empty(n, "fast", seed);
    const scores = new Float64Array(n);
    let low = Infinity, high = 0; // prettier-ignore
    if (k >= r) {
      yield* whitenedBlocks(rows, W, (X, _, first) => {
        const entries = denseCopy(X, "float64");
        for (let i = 0; i < Math.min(X.shape[0] ?? 0, n - first); i++) scores[first + i] = squareOf(entries, i * r, r);
      });
    } else {
      const Y = denseCopy(yield* matmulSteps(where, input, combinations(W, d, k, seed)), "float64");
      for (let i = 0; i < n; i++) scores[i] = squareOf(Y, i * k, k) / k;
      const drawn = drawnRows(n, failure / 2, seed);
      yield* whitenedBlocks(pickRows(rows, drawn), W, (X, _, first) => {
        const entries = denseCopy(X, "float64");
        for (let i = 0; i < (X.shape[0] ?? 0); i++) {
          const square = squareOf(entries, i * r, r);
          if (square === 0) continue;
          low = Math.min(low, scores[drawn[first + i]!]! / square);
          high = Math.max(high, scores[drawn[first + i]!]! / square);
        }
      });
    }
    const [least, most] = high === 0 ? [1, 1] : [low, high];
    const overestimate = (upper * upper) / least;
    const factor = Math.max(overestimate, most / (lower * lower));
    const norm = "factor between a score and its estimate, minus 1";
    return {
      scores,
      rank: r,
      sum: sumOf(scores),
      overestimate,
      method: "fast",
      certificate:
        factor < Infinity
          ? { kind: "statistical", bound: factor - 1, norm, fraction: k < r ? FRACTION : 0, confidence: 1 - failure }
          : { kind: "none", reason: "A is singular to working precision in the coordinates of its sketch" },
      diagnostics: { condition: W.condition, seed, attempts: attempt + 1 },
    };
  }
}

const FRACTION = 0.02;

/** D P R⁻¹ Ω: [d, k], so that A times it is X Ω; Ω standard normals. */
function combinations({ rank: r, order, exponents, R }: Whitening, d: number, k: number, seed: string): NdArray {
  const rng = rngFor(seed, "sketch/leverage/combinations");
  const Ω = view(
    Float64Array.from({ length: r * k }, () => rng.normal()),
    [r, k],
  );
  const T = denseCopy(solveTriangular(R, Ω, { upper: true }), "float64");
  const spread = new Float64Array(d * k);
  for (let j = 0; j < r; j++) {
    const at = order[j]! * k;
    const scale = powerOfTwo(exponents[order[j]!]!);
    for (let c = 0; c < k; c++) spread[at + c] = scale * T[j * k + c]!;
  }
  return view(spread, [d, k]);
}

/** Rows whose norms are held against their estimates: as many as say something of all but 2 % of the rows. */
function drawnRows(n: number, failure: number, seed: string): Int32Array {
  const count = rowsNeeded(n, FRACTION, failure, 0);
  const rng = rngFor(seed, "sketch/leverage/rows");
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(rng.below(n));
  return Int32Array.from(drawn).sort();
}

function pickRows(A: Rows, indices: Int32Array): Rows {
  if ("sparse" in A) return { sparse: selectRows(A.sparse, indices) };
  const [, d] = shapeOf(A);
  const picked = new Float64Array(indices.length * d);
  for (let i = 0; i < indices.length; i++) picked.set(rowsOf(A, indices[i]!, indices[i]! + 1), i * d);
  return { dense: view(picked, [indices.length, d]) };
}

/** [A; ridge I]. */
function withRidge(A: Rows, ridge: number): Rows {
  const [n, d] = shapeOf(A);
  if ("dense" in A) {
    const entries = new Float64Array((n + d) * d);
    entries.set(denseCopy(A.dense, "float64"));
    for (let j = 0; j < d; j++) entries[(n + j) * d + j] = ridge;
    return { dense: view(entries, [n + d, d]) };
  }
  const { rowPointers, columns, values } = A.sparse;
  const end = rowPointers[n] ?? 0;
  const pointers = Int32Array.from({ length: n + d + 1 }, (_, i) => (i <= n ? rowPointers[i]! : end + i - n));
  const allColumns = Int32Array.from({ length: end + d }, (_, p) => (p < end ? columns[p]! : p - end));
  const allValues = Float64Array.from({ length: end + d }, (_, p) => (p < end ? values[p]! : ridge));
  return { sparse: csr([n + d, d], pointers, allColumns, allValues) };
}

function dense(A: Rows): NdArray {
  return "dense" in A ? A.dense : csrToDense(A.sparse);
}

function squareOf(entries: Float64Array, from: number, count: number): number {
  let sum = 0;
  for (let p = from; p < from + count; p++) sum += entries[p]! * entries[p]!;
  return sum;
}

function sumOf(entries: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < entries.length; i++) sum += entries[i]!;
  return sum;
}
