/**
 * How far a product of two factors is from a matrix, measured from them alone.
 *
 *   A  m × n      L  m × k, R  k × n      D = A − L R      u  2^−53, γ_j = j u / (1 − j u)      w_i  n  t probes: standard normals, never used before
 *
 *   Frobenius   ‖D‖_F of the D that is formed, and what rounding did to it: γ ‖L‖_F ‖R‖_F, since ‖|L||R|‖_F is no larger
 *   of a sparse A, where that is enough: ‖D‖_F² = ‖A‖_F² − 2 ⟨AᵀL, Rᵀ⟩ + ⟨LᵀL, R Rᵀ⟩, whatever L and R are, and its rounding
 *   spectral    ‖D‖₂ ≤ 10 √(2/π) max_(i ≤ t) ‖D w_i‖ but with probability 10^−t
 *
 * Source: textbook; arXiv:0909.4061 for the probes.
 */
import { matmul, rngFor, slice, view, type Certificate, type NdArray } from "@subquad/linalg-core";
import { scaleByPowerOfTwo } from "@subquad/linalg-core/kernels";
import { matmulSteps, rest, type Steps } from "@subquad/linalg-core/steps";
import { entriesOf, type LowRankOperand } from "./low-rank-operand.js";
import { gammaAbove } from "./round-off.js";
import { rowsOf } from "./rows.js";
import { sumOfSquares } from "./sums.js";

/** Entries of D that are formed at a time. */
const BLOCK = 2 ** 19;
/** 10 √(2/π). */
const PROBE_FACTOR = 10 * Math.sqrt(2 / Math.PI);

/** ‖D‖_F in units of A. */
const FROBENIUS = "Frobenius norm of the error";
/** ‖D‖₂ in units of A. */
const SPECTRAL = "spectral norm of the error";

/** ‖D‖_F of the scaled A: as computed, and a bound of the true one. */
export interface Residual {
  readonly norm: number;
  readonly bound: number;
}

/** Both certificates of A ≈ L R, in units of A; of an operator the second alone, twice. */
export function* certify(
  where: string,
  A: LowRankOperand,
  L: NdArray,
  R: NdArray,
  { seed, confidence }: { readonly seed: string; readonly confidence: number },
  excess = 0,
): Steps<{ readonly certificate: Certificate; readonly spectral: Certificate }> {
  const { bound: frobenius } = yield* residualOf(where, A, L, R, excess);
  const probed = yield* probe(where, A, L, R, seed, confidence);
  const bound = Math.min(probed.bound + excess, frobenius);
  const spectral: Certificate = finite({
    kind: "statistical",
    bound: boundInUnits(bound, A),
    norm: SPECTRAL,
    fraction: 0,
    confidence: 1 - probed.failure,
  });
  if (A.rows === undefined) return { certificate: spectral, spectral };
  return { certificate: finite({ kind: "deterministic", bound: boundInUnits(frobenius, A), norm: FROBENIUS }), spectral };
}

/** By the identity where A is sparse and the digits suffice, else by forming D a block of rows at a time. `excess`: error of L and R themselves. */
export function* residualOf(where: string, A: LowRankOperand, L: NdArray, R: NdArray, excess = 0): Steps<Residual> {
  const [m, n] = A.shape;
  const k = L.shape[1]!;
  if (A.rows === undefined) return { norm: NaN, bound: Infinity };
  if (m * n === 0) return { norm: 0, bound: 0 };
  const size = frobeniusAbove(L) * frobeniusAbove(R);
  if ("sparse" in A.rows) {
    const short = yield* byIdentity(where, A, L, R, size, A.rows.sparse.values.length);
    if (short !== undefined) return { norm: short.norm, bound: short.bound + excess };
  }
  const step = Math.max(1, Math.floor(BLOCK / n));
  let squares = 0;
  for (let from = 0; from < m; from += step) {
    yield rest();
    const to = Math.min(m, from + step);
    const D = rowsOf(A.rows, from, to);
    if (k > 0) {
      const product = entriesOf(yield* matmulSteps(where, slice(L, [from, to]), R));
      for (let p = 0; p < D.length; p++) D[p] = D[p]! - product[p]!;
    }
    squares += sumOfSquares(D);
  }
  const norm = Math.sqrt(squares);
  const blocks = Math.ceil(m / step);
  const summing = gammaAbove(300 + Math.min(m, step) * n / 256 + blocks); // prettier-ignore
  // and what vanished: of entries scaled down, of products, of squares
  const vanished = A.squares === 0 && size === 0 ? 0 : 2 ** -500 * Math.sqrt(m * n);
  return { norm, bound: norm * (1 + summing) + gammaAbove(k + 4) * size + vanished + excess };
}

/** From AᵀL; undefined if rounding takes more than a hundredth of the square. */
function* byIdentity(
  where: string,
  A: LowRankOperand,
  L: NdArray,
  R: NdArray,
  size: number,
  nonzeros: number,
): Steps<Residual | undefined> {
  const [m, n] = A.shape;
  const k = L.shape[1]!;
  if (k === 0) return undefined;
  const image = entriesOf(yield* A.transposeTimes(L));
  const right = entriesOf(R);
  let cross = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let c = 0; c < k; c++) sum += image[j * k + c]! * right[c * n + j]!;
    cross += sum;
  }
  const left = entriesOf(yield* matmulSteps(where, L, L, { transposeA: true }));
  const both = entriesOf(yield* matmulSteps(where, R, R, { transposeB: true }));
  let own = 0;
  for (let p = 0; p < left.length; p++) own += left[p]! * both[p]!;
  const square = A.squares - 2 * cross + own;
  const depth = 600 + m + n + k * k + k + nonzeros / 256;
  const rounding = gammaAbove(depth) * (A.squares + 2 * size * Math.sqrt(A.squares) * 1.001 + size * size);
  if (!(square > 100 * rounding)) return undefined;
  return { norm: Math.sqrt(square), bound: Math.sqrt((square + rounding) * (1 + 1e-12)) };
}

/** 10 √(2/π) max ‖D w_i‖ and rounding, with as many probes as the confidence has nines; it fails with probability `failure`. */
function* probe(
  where: string,
  A: LowRankOperand,
  L: NdArray,
  R: NdArray,
  seed: string,
  confidence: number,
): Steps<{ bound: number; failure: number }> {
  const [m, n] = A.shape;
  let t = 1, tens = 10; // prettier-ignore
  for (; 1 > tens * (1 - confidence) * (1 + 1e-9); t++) tens *= 10;
  const failure = 1 / tens;
  if (m * n === 0) return { bound: 0, failure };
  const rng = rngFor(seed, "sketch/probes");
  const W = view(Float64Array.from({ length: n * t }, () => rng.normal()), [n, t]); // prettier-ignore
  const image = entriesOf(yield* A.times(W));
  const k = L.shape[1]!;
  const product = k === 0 ? new Float64Array(m * t) : entriesOf(yield* matmulSteps(where, L, matmul(R, W)));
  let largest = 0;
  for (let i = 0; i < t; i++) {
    let squares = 0;
    for (let r = 0; r < m; r++) {
      const difference = image[r * t + i]! - product[r * t + i]!;
      squares += difference * difference;
    }
    largest = Math.max(largest, Math.sqrt(squares));
  }
  const sizes = frobeniusAbove(L) * frobeniusAbove(R);
  const own = A.rows === undefined ? Math.sqrt(sumOfSquares(image)) : Math.sqrt(A.squares) * frobeniusAbove(W);
  const rounding = gammaAbove(m + n + k + 16) * (own + sizes * frobeniusAbove(W));
  return { bound: PROBE_FACTOR * (largest * (1 + gammaAbove(m + 8)) + rounding), failure };
}

/** ‖X‖_F, rounded up. */
export function frobeniusAbove(X: NdArray): number {
  return Math.sqrt(sumOfSquares(entriesOf(X))) * (1 + gammaAbove(300 + X.size / 256));
}

/** A bound of the scaled A, in units of A, rounded up, and what the factors lost where their entries are subnormal in these units. */
function boundInUnits(bound: number, { shape: [m, n], exponent }: LowRankOperand): number {
  return bound === 0 ? 0 : scaleByPowerOfTwo(bound * (1 + 1e-12), exponent) + (m + n) * Number.MIN_VALUE;
}

/** Of kind "none" where the bound says nothing. */
function finite(certificate: Certificate & { readonly bound: number }): Certificate {
  return certificate.bound < Infinity ? certificate : { kind: "none", reason: "the bound overflows float64" };
}
