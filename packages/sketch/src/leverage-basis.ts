/**
 * What both methods of leverage scores begin with: A in the coordinates of a sketch.
 *
 *   M = S A  sparse signs, m = max(4d, d + 32) rows; A itself where it is hardly taller, or where sketches have failed      W  whitening of M
 *
 * Source: see leverage.ts.
 */
import { view, type Certificate, type NdArray } from "@subquad/linalg-core";
import type { Steps } from "@subquad/linalg-core/steps";
import { applyRows } from "./apply.js";
import { sparseSign } from "./distributions.js";
import { UNIT } from "./round-off.js";
import { denseOf, shapeOf, type Rows } from "./rows.js";
import { squaredNorm } from "./sums.js";
import { whitenSteps, type Whitening } from "./whiten.js";

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

export interface ScoreRequest {
  readonly where: string;
  /** With the rows of the ridge. */
  readonly rows: Rows;
  /** Rows whose scores are wanted. */
  readonly n: number;
  readonly seed: string;
  readonly rankTolerance: number | undefined;
}

/** Sketches that are tried before A itself is taken. */
export const ATTEMPTS = 3;

/** Scores that are all the same: 0 for rank 0, 1 where all rows are independent, which is told by the rank up to rounding. */
export function equalScores(
  n: number,
  { rank, condition }: Pick<Whitening, "rank" | "condition">,
  method: "exact" | "fast",
  seed: string,
  attempts: number,
): LeverageScores {
  const certificate: Certificate = { kind: "exact", bound: Math.min(1, 8 * (rank + 8) * UNIT * condition) };
  const scores = new Float64Array(n).fill(Math.min(1, rank));
  return { scores, rank, sum: rank, overestimate: 1, method, certificate, diagnostics: { condition, seed, attempts } };
}

/** M of attempt number `attempt`, and its whitening. */
export function* whitened(request: ScoreRequest, attempt: number): Steps<{ readonly M: NdArray; readonly W: Whitening }> {
  const { where, rows, seed, rankTolerance } = request;
  const [length, d] = shapeOf(rows);
  const m = Math.max(4 * d, d + 32);
  const isSketched = attempt < ATTEMPTS && length > 2 * m;
  const sample = { distribution: sparseSign(m, length), seed: attempt === 0 ? `leverage/${seed}` : `leverage/${seed}/${attempt}` };
  const M = isSketched ? view(yield* applyRows(`${where}(A)`, sample, rows), [m, d]) : denseOf(rows);
  return { M, W: yield* whitenSteps(where, M, rankTolerance) };
}

/** scores[first + i] ← ‖row i‖², for the rows whose scores are wanted. */
export function squareRows(entries: Float64Array, width: number, first: number, scores: Float64Array): void {
  const count = Math.min(entries.length / width, scores.length - first);
  for (let i = 0; i < count; i++) scores[first + i] = squaredNorm(entries, i * width, width);
}
