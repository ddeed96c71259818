/**
 * Leverage scores to rounding: CholeskyQR of what a sketch has conditioned.
 *
 *   X = (A D)[:, J] R⁻¹  n × r, whiten.ts      G = XᵀX = L Lᵀ      τ_i = ‖x_i L⁻ᵀ‖²      e = γ κ  rounding of a row of X, relative
 *
 * Where the sketch embeds A the eigenvalues of G are of the size of 1, so that L⁻ᵀ costs no digits whatever the condition of A. To first order a change of
 * rows by e moves τ_i by at most 4 e τ_i ‖X‖_F / σ_min(X), and one of G by η moves it by η τ_i / σ_min(X)².
 * Source: textbook; the sketch as a preconditioner of CholeskyQR.
 */
import { denseCopy, gram, view } from "@subquad/linalg-core";
import { choleskySteps, eigSymmetricSteps, type Steps } from "@subquad/linalg-core/steps";
import { ATTEMPTS, equalScores, squareRows, whitened, type LeverageScores, type ScoreRequest } from "./leverage-basis.js";
import { addLosses, isLossy, startLosses, type Losses } from "./losses.js";
import { UNIT } from "./round-off.js";
import { shapeOf } from "./rows.js";
import { sumOf } from "./sums.js";
import { isBeyondSquares, whitenedBlocks, type Whitening } from "./whiten.js";

/** Condition of G above which another sketch is taken: that of a good one is about 9. */
const WORST = 100;

/** All scores; one pass for G and one for the norms. */
export function* exactScores(request: ScoreRequest): Steps<LeverageScores> {
  const { where, rows, n, seed, rankTolerance } = request;
  for (let attempt = 0; ; attempt++) {
    const { W } = yield* whitened(request, attempt);
    if (attempt < ATTEMPTS && (yield* isBeyondSquares(rows, W))) continue; // a column has all but vanished from the sketch
    const r = W.rank;
    if (r === shapeOf(rows)[0]) return equalScores(n, W, "exact", seed, attempt + 1);
    const { G, blocks, losses } = yield* gramOf(request, W);
    const { values, certificate } = yield* eigSymmetricSteps(where, G);
    const squares = denseCopy(values, "float64"); // of the singular values of X, ascending
    const trace = sumOf(squares);
    const summation = 4 * (1024 + blocks + 4 * r) * UNIT * trace;
    const least = r === 0 ? 1 : squares[0]! - summation - (certificate.kind === "none" ? Infinity : certificate.bound); // σ_min(X)²
    const isBad = !(r === 0 || squares[r - 1]! <= WORST * least);
    const isLost = isLossy(losses, Math.sqrt(trace), W) && isAbove(losses, W, rankTolerance);
    if (attempt < ATTEMPTS && (isBad || isLost)) continue;
    if (r === 0) return equalScores(n, W, "exact", seed, attempt + 1);
    const scores = new Float64Array(n);
    const { L } = yield* choleskySteps(where, G);
    yield* whitenedBlocks(rows, W, (X, _, first) => { squareRows(denseCopy(X, "float64"), r, first, scores); }, L); // prettier-ignore
    const e = 8 * (r + 8) * UNIT * W.condition;
    const bound = 4 * e * Math.sqrt(trace / Math.max(least, 0)) + summation / Math.max(least, 0) || 1; // NaN is no bound
    return {
      scores,
      rank: r,
      sum: sumOf(scores),
      overestimate: 1,
      method: "exact",
      certificate: { kind: "exact", bound: Math.min(bound, 1) },
      diagnostics: { condition: W.condition, seed, attempts: attempt + 1 },
    };
  }
}

/** XᵀX, and what the columns beside J lack. */
function* gramOf({ rows }: ScoreRequest, W: Whitening): Steps<{ G: ReturnType<typeof gram>; blocks: number; losses: Losses }> {
  const { rank: r } = W;
  const [, d] = shapeOf(rows);
  const losses = startLosses(d - r);
  let G = view(new Float64Array(r * r), [r, r]);
  let blocks = 0;
  yield* whitenedBlocks(rows, W, (X, others) => {
    blocks++;
    if (r > 0) G = gram(X, { beta: 1, out: G });
    addLosses(X, others, W, losses);
  });
  return { G, blocks, losses };
}

/** Whether a column lacks more than the caller's tolerance lets a pivot lack: 2√d for all pivots after it, 2 for the sketch. */
function isAbove({ missing }: Losses, { rank: r, R, order }: Whitening, rankTolerance = 0): boolean {
  const allowance = r === 0 ? 0 : 4 * Math.sqrt(order.length) * rankTolerance * Math.abs(R.get(0, 0));
  return missing.some((square) => !(Math.sqrt(square) <= allowance));
}
