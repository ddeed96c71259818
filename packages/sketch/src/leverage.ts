/**
 * Leverage scores: how much each row matters for the range of a matrix.
 *
 *   A  n × d of rank r      Q  basis of range(A)      τ_i = ‖Q_i‖² = a_i (AᵀA)⁺ a_iᵀ, Σ τ = r      λ  ridge: τ_i = a_i (AᵀA + λI)⁻¹ a_iᵀ
 *
 * leverage-exact.ts and leverage-fast.ts hold the two methods. Ridge: the scores of [A; √λ I], of which those of A are returned.
 * Source: textbook (exact); arXiv:1109.3843 (fast).
 */
import {
  assertFinite,
  assertInRange,
  assertKnownOptions,
  assertOneOf,
  csr,
  denseCopy,
  OptionError,
  view,
  type CsrMatrix,
  type MatrixInput,
  type Seed,
} from "@subquad/linalg-core";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { equalScores, type LeverageScores } from "./leverage-basis.js";
import { exactScores } from "./leverage-exact.js";
import { fastScores } from "./leverage-fast.js";
import { readRows, shapeOf, type Rows } from "./rows.js";

import { seedFrom } from "./seed.js";

export type { LeverageScores } from "./leverage-basis.js";

export interface LeverageScoresOptions {
  /** "exact": 5 n d² flops. "fast": within a factor; exact where A is too ill-conditioned for that. Default "auto": exact below n d² = 5e9, and with rankTolerance. */
  readonly method?: "auto" | "exact" | "fast";
  /** λ ≥ 0. Default 0. */
  readonly ridge?: number;
  /** ε of "fast": of the norms of rows. In (0, 1). Default 0.5. */
  readonly epsilon?: number;
  /** δ of "fast": 1 − δ is the confidence of its certificate. In [1e-12, 0.5]. Default 1e-2. */
  readonly failure?: number;
  /** Of "exact": a direction counts if its pivot is above rankTolerance times the largest, columns scaled. In [0, 1). Default max(m, d) u. */
  readonly rankTolerance?: number;
  /** Default "0". */
  readonly seed?: Seed;
}

const OPTION_NAMES = ["method", "ridge", "epsilon", "failure", "rankTolerance", "seed"];
/** n d² from which "auto" is fast. */
const EXACT_WORK = 5e9;

/**
 * τ_i for every row of A.
 *
 * For sampling rows (sampleRows), and to find outliers. For the pair (i, j) of rows of a Kronecker product, multiply the scores of its factors.
 * @param A shape [n, d], dense or sparse; entries finite.
 * @param options see LeverageScoresOptions, and RunControl.
 * @returns a promise of LeverageScores.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity exact 5 n d² flops, fast (240 + 2k) n d, k = ⌈8 / (ε² − 2ε³/3)⌉, or 240 + 2k for each nonzero; extra space O(d²) and a sketch of 4d rows.
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
  const seed = seedFrom(where, options.seed);
  const { rows: given } = readRows(A, `${where}(A)`);
  const [n, d] = shapeOf(given);
  if ("dense" in given) assertFinite(given.dense, `${where}(A)`);
  const isSmall = n * d * d < EXACT_WORK || rankTolerance !== undefined;
  const chosen = method === "auto" ? (isSmall ? "exact" : "fast") : method;
  const useless = method === "exact" ? { epsilon: options.epsilon, failure: options.failure } : method === "fast" ? { rankTolerance } : {};
  for (const [name, value] of Object.entries(useless)) {
    if (value !== undefined) throw new OptionError(where, name, `none with method "${method}"`, value);
  }
  if (n === 0 || d === 0) return equalScores(n, { rank: 0, condition: 0 }, chosen, seed, 0);
  const rows = ridge === 0 ? given : withRidge(given, Math.sqrt(ridge));
  const request = { where, rows, n, seed, rankTolerance };
  return chosen === "exact" ? yield* exactScores(request) : yield* fastScores(request, epsilon, failure);
}

/** [A; √λ I]. */
function withRidge(A: Rows, root: number): Rows {
  const [n, d] = shapeOf(A);
  if ("dense" in A) {
    const entries = new Float64Array((n + d) * d);
    entries.set(denseCopy(A.dense, "float64"));
    for (let j = 0; j < d; j++) entries[(n + j) * d + j] = root;
    return { dense: view(entries, [n + d, d]) };
  }
  const { rowPointers, columns, values } = A.sparse;
  const end = rowPointers[n] ?? 0;
  const pointers = Int32Array.from({ length: n + d + 1 }, (_, i) => (i <= n ? rowPointers[i]! : end + i - n));
  const allColumns = Int32Array.from({ length: end + d }, (_, p) => (p < end ? columns[p]! : p - end));
  const allValues = Float64Array.from({ length: end + d }, (_, p) => (p < end ? values[p]! : root));
  return { sparse: csr([n + d, d], pointers, allColumns, allValues) };
}
