/**
 * Leverage scores within a factor, from the norms of rows in the coordinates of a sketch.
 *
 *   X = (A D)[:, J] R⁻¹  n × r, whiten.ts      lower, upper  distortion of the sketch: lower² ‖x_i‖² ≤ τ_i ≤ upper² ‖x_i‖²
 *   t_i = ‖x_i Ω‖² / k  the scores, Ω  r × k standard normals, k = ⌈8 / (ε² − 2ε³/3)⌉; t_i = ‖x_i‖² where k ≥ r
 *
 * What Ω does to the norms of rows is measured on a random sample of them, whose x_i are computed: of the factors by which a row may be wrong,
 * max(upper² ‖x_i‖² / t_i, t_i / (lower² ‖x_i‖²)), all but a share of the rows keep the largest that the sample has. Where the distortion is large
 * or cannot be told, A being too ill-conditioned for products with AᵀA (beyond 1e6 or so), the exact method takes over.  Source: arXiv:1109.3843.
 */
import { denseCopy, rngFor, selectRows, solveTriangular, view, type NdArray } from "@subquad/linalg-core";
import { matmulSteps, type Steps } from "@subquad/linalg-core/steps";
import { measureDistortionSteps } from "./distortion.js";
import { equalScores, squareRows, whitened, type LeverageScores, type ScoreRequest } from "./leverage-basis.js";
import { exactScores } from "./leverage-exact.js";
import { UNIT } from "./round-off.js";
import { matrixOf, rowsOf, shapeOf, type Rows } from "./rows.js";
import { rowsNeeded } from "./sample-size.js";
import { squaredNorm, sumOf } from "./sums.js";
import { isFar, placed, whitenedBlocks, type Whitening } from "./whiten.js";

/** Sketches that are tried. */
const TRIES = 2;
/** Distortion above which another sketch is taken: that of a good one is about 1.5, and scores off by the square of 10 say little. */
const STRETCH = 10;
/** Share of the rows that may be further off. */
const FRACTION = 0.02;

/** Scores with a statistical certificate: half of δ for the distortion of all sketches that may be tried, half for the sample of rows. */
export function* fastScores(request: ScoreRequest, epsilon: number, failure: number): Steps<LeverageScores> {
  const { where, rows, n, seed } = request;
  const input = matrixOf(rows);
  for (let attempt = 0; ; attempt++) {
    const { M, W } = yield* whitened(request, attempt);
    const r = W.rank;
    if (r === shapeOf(rows)[0]) return equalScores(n, W, "exact", seed, attempt + 1);
    const options = { method: "lanczos", confidence: 1 - failure / (2 * TRIES), seed: `${seed}/${attempt}` } as const;
    const { lower, upper } = yield* measureDistortionSteps(where, input, M, options);
    if (!(lower >= 1 / STRETCH && upper <= STRETCH)) {
      if (attempt + 1 < TRIES) continue;
      return yield* exactScores(request);
    }
    if (r === 0) return equalScores(n, W, "fast", seed, attempt + 1);
    const k = Math.ceil(8 / (epsilon * epsilon * (1 - (2 / 3) * epsilon)));
    const isDirect = k >= r || isFar(W);
    const scores = isDirect ? yield* squares(rows, W, n) : yield* combinedSquares(where, rows, W, n, k, seed);
    const { least, most } = isDirect ? { least: 1, most: 1 } : yield* ratios(rows, W, scores, failure / 2, seed);
    const e = 4 * (r + 8) * UNIT * W.condition; // of a row of X, on which both sides rest
    if (!(e < 1)) return yield* exactScores(request);
    const spread = (1 + e) / (1 - e);
    const rounding = spread * spread;
    const overestimate = (rounding * upper * upper) / least;
    const factor = Math.max(overestimate, (rounding * most) / (lower * lower));
    if (!(factor < Infinity)) return yield* exactScores(request);
    const norm = "factor between a score and its estimate, minus 1";
    const fraction = isDirect ? 0 : FRACTION;
    return {
      scores,
      rank: r,
      sum: sumOf(scores),
      overestimate,
      method: "fast",
      certificate: { kind: "statistical", bound: factor - 1, norm, fraction, confidence: 1 - failure },
      diagnostics: { condition: W.condition, seed, attempts: attempt + 1 },
    };
  }
}

/** ‖x_i‖². */
function* squares(rows: Rows, W: Whitening, n: number): Steps<Float64Array> {
  const scores = new Float64Array(n);
  yield* whitenedBlocks(rows, W, (X, _, first) => { squareRows(denseCopy(X, "float64"), W.rank, first, scores); }); // prettier-ignore
  return scores;
}

/** ‖x_i Ω‖² / k. */
function* combinedSquares(where: string, rows: Rows, W: Whitening, n: number, k: number, seed: string): Steps<Float64Array> {
  const scores = new Float64Array(n);
  squareRows(denseCopy(yield* matmulSteps(where, matrixOf(rows), combinations(W, k, seed)), "float64"), k, 0, scores);
  for (let i = 0; i < n; i++) scores[i] = scores[i]! / k;
  return scores;
}

/** The least and the largest t_i / ‖x_i‖² of a sample of rows; 1 where all of them are 0. */
function* ratios(
  rows: Rows,
  W: Whitening,
  scores: Float64Array,
  failure: number,
  seed: string,
): Steps<{ readonly least: number; readonly most: number }> {
  const drawn = drawnRows(scores.length, failure, seed);
  let least = Infinity, most = 0; // prettier-ignore
  yield* whitenedBlocks(pickRows(rows, drawn), W, (X, _, first) => {
    const entries = denseCopy(X, "float64");
    for (let i = 0; i < (X.shape[0] ?? 0); i++) {
      const square = squaredNorm(entries, i * W.rank, W.rank);
      if (square === 0) continue;
      const ratio = scores[drawn[first + i]!]! / square;
      least = Math.min(least, ratio);
      most = Math.max(most, ratio);
    }
  });
  return least === Infinity ? { least: 1, most: 1 } : { least, most };
}

/** D P R⁻¹ Ω: [d, k], so that A times it is X Ω; Ω standard normals. */
function combinations(W: Whitening, k: number, seed: string): NdArray {
  const rng = rngFor(seed, "sketch/leverage/combinations");
  const Ω = view(
    Float64Array.from({ length: W.rank * k }, () => rng.normal()),
    [W.rank, k],
  );
  return placed(W, solveTriangular(W.R, Ω, { upper: true }));
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
