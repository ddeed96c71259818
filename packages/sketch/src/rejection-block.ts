/**
 * A block of pivots with the law of randomly pivoted Cholesky, found before any column is computed.
 *
 *   K  N × N      F  N × k  factor so far      d  N  residual diagonal      w  N  sampling weights
 *   c  b proposals, drawn with probability ~ w_i d_i      H = K[c, c] − F[c] F[c]ᵀ      h = diag H, frozen      U  b uniforms
 *
 *   for i in order: accept c_i if U_i h_i < H_ii, now, and H_ii > floor; then eliminate i from H
 *
 * c_i comes with probability ~ w h_i and is accepted with H_ii / h_i, so pivots appear with probability ~ w H_ii: the residual at that
 * moment, as if each had been drawn after the column of the one before. The first proposal is accepted unless its residual is round-off.
 * Source: arXiv:2410.03969, accelerated randomly pivoted Cholesky.
 */
import { NonFiniteError, rngFor, view } from "@subquad/linalg-core";
import { matmulSteps, type Steps } from "@subquad/linalg-core/steps";
import { drawIndex } from "./categorical.js";
import { firstNonFinite, type PivotBlock } from "./append-block.js";
import { assertNotNegative, gatherColumns, type PsdFactor } from "./psd-factor.js";
import { readBlock } from "./psd-oracle.js";

/** A block to append; empty when every proposal was round-off, whose residuals are then 0 and not proposed again. */
export interface Proposal {
  readonly block: PivotBlock;
  readonly proposals: number;
}

/**
 * Draws b proposals from stream t and accepts by rejection.
 * @param F the factor so far; the residual of a proposal that is round-off is set to 0.
 * @param prefix prefix sums of w_i d_i.
 * @param floor residuals at or below it are round-off.
 * @param b proposals.
 * @param seed of the streams.
 * @param t number of the block.
 */
export function* rejectionBlock(F: PsdFactor, prefix: Float64Array, floor: number, b: number, seed: string, t: number): Steps<Proposal> {
  const random = rngFor(seed, `sketch/psdLowRank/${t}`);
  const c = new Int32Array(b), U = new Float64Array(b); // prettier-ignore
  for (let i = 0; i < b; i++) c[i] = drawIndex(prefix, random.double());
  for (let i = 0; i < b; i++) U[i] = random.uniform();

  const H = yield* residualEntries(F, c);
  const current = new Float64Array(b);
  for (let i = 0; i < b; i++) {
    current[i] = H[i * b + i]!;
    assertNotNegative(F, c[i]!, current[i]!);
    if (!(current[i]! > floor)) F.residual[c[i]!] = 0;
  }
  const h = current.slice();
  const L = new Float64Array(b * b); // row i: entries of proposal i in the columns accepted so far
  const accepted: number[] = [];
  for (let i = 0; i < b; i++) {
    if (!(U[i]! * h[i]! < current[i]! && current[i]! > floor)) continue;
    eliminate(F, c, H, L, current, accepted.length, i);
    accepted.push(i);
  }
  return { block: pivotBlock(F.k, c, L, accepted), proposals: b };
}

/** Column `a` of L ← the pivot i; current ← the residuals left. */
function eliminate(F: PsdFactor, c: Int32Array, H: Float64Array, L: Float64Array, current: Float64Array, a: number, i: number): void {
  const b = c.length;
  const root = Math.sqrt(current[i]!);
  L[i * b + a] = root;
  for (let j = i + 1; j < b; j++) {
    let entry = H[j * b + i]!;
    for (let e = 0; e < a; e++) entry -= L[j * b + e]! * L[i * b + e]!;
    entry /= root;
    L[j * b + a] = entry;
    current[j] = c[j] === c[i] ? 0 : current[j]! - entry * entry; // a second proposal of the same index has nothing left
    if (current[j]! < 0) assertNotNegative(F, c[j]!, current[j]!);
  }
}

/** H = K[c, c] − F[c] F[c]ᵀ, b × b. */
export function* residualEntries(F: PsdFactor, c: Int32Array): Steps<Float64Array> {
  const { oracle, columns, N, k, where, diagonal } = F;
  const b = c.length;
  const H = new Float64Array(b * b);
  for (let i = 0; i < b; i++) {
    readBlock(where, oracle, c[i]!, c[i]! + 1, c, H.subarray(i * b, (i + 1) * b));
    H[i * b + i] = diagonal[c[i]!]!;
  }
  F.entries += b * b;
  const bad = firstNonFinite(H);
  if (bad >= 0) throw new NonFiniteError(where, "oracle.block", H[bad]!, [c[Math.floor(bad / b)]!, c[bad % b]!]);
  if (k === 0) return H;
  const rows = view(gatherColumns(columns, N, k, c), [b, k]);
  const known = (yield* matmulSteps(where, rows, rows, { transposeB: true })).data;
  for (let e = 0; e < H.length; e++) H[e]! -= known[e]!;
  return H;
}

/** The accepted proposals, with the rows of L that are theirs: row i holds entries of proposal i in the columns of those accepted. */
export function pivotBlock(base: number, c: Int32Array, L: Float64Array, accepted: readonly number[]): PivotBlock {
  const b = accepted.length, width = c.length; // prettier-ignore
  const lower = new Float64Array(b * b);
  for (let i = 0; i < b; i++) for (let e = 0; e <= i; e++) lower[i * b + e] = L[accepted[i]! * width + e]!;
  return { base, pivots: Int32Array.from(accepted, (i) => c[i]!), lower, done: 0 };
}
