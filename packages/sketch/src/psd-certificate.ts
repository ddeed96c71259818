/**
 * How far F Fᵀ can be from K, recomputed from F.
 *
 *   K  N × N  positive semidefinite     F  N × k computed factor     S  its pivots     L = F[S, :]     R  the other indices
 *   E  N × k  F Lᵀ − K[:, S]: what rounding and the oracle left out of the chosen columns     η  relative error of the oracle
 *   W  N × k  F L⁻¹: the weights by which the chosen columns interpolate the others
 *
 * Let K̃ be K with columns and rows S replaced by F Lᵀ. F Fᵀ is exactly the Nyström approximation of K̃, so K̃ − F Fᵀ is 0 outside R × R
 * and M = K[R, R] − F_R F_Rᵀ inside. For every x on R, xᵀM x = min over y of (x, y)ᵀ K̃ (x, y), attained at y = −W_Rᵀ x, and K ≥ 0 gives
 * M ≥ −(E_R W_Rᵀ + W_R E_Rᵀ − W_R E_S W_Rᵀ). With e = ‖E‖_F and ω ≥ ‖W‖_F the negative part of M has trace at most 2eω + e_S ω², hence
 *
 *   ‖K − F Fᵀ‖_* ≤ ‖M‖_* + ‖K̃ − K‖_* ≤ Σ_R r_i + 2 (2eω + e_S ω²) + 2 √k e,      r_i = K_ii − ‖F_i‖²
 *
 * Every computed entry satisfies |E_ij| ≤ γ_(k+8) ‖F_i‖‖L_j‖ + η a_i a_j with a_i = √K_ii (substitution in any order, one square root), so
 * e and e_S come from three traces. ω costs k² N multiply-adds: it is the stated condition unless it was measured. A measured W is the computed
 * one, which is not F L⁻¹ exactly: D = W L − F adds 2 ‖D‖_F² (rounding-diagonal.ts), ‖D‖_F ≤ γ ω ‖L‖_F.
 * Source: Higham's analysis of Cholesky factors of semidefinite matrices, in the trace norm.
 */
import type { Certificate } from "@subquad/linalg-core";
import { rest, type Steps } from "@subquad/linalg-core/steps";
import type { PsdOracle } from "./psd-oracle.js";
import { gamma } from "./round-off.js";

/** ω² / N: what the condition allows; on all kernels that were tried it was 0.02 to 50 (NOTES.md). */
const WEIGHT = 100;

/**
 * The certificate of ‖K − F Fᵀ‖ in the trace norm, which bounds the spectral and the Frobenius norm too.
 * @param oracle of K.
 * @param diagonal of K, as the oracle gives it.
 * @param columns F by columns, k × N.
 * @param k columns.
 * @param pivots S.
 * @param weight ‖W‖_F² as measured; undefined: the condition.
 */
export function* traceCertificate(
  oracle: PsdOracle,
  diagonal: Float64Array,
  columns: Float64Array,
  k: number,
  pivots: Int32Array,
  weight?: number,
): Steps<Certificate> {
  const N = oracle.size;
  const norm = "trace norm of K − FFᵀ";
  const squares = yield* rowSquares(columns, N, k);
  let residual = 0, trace = 0, factor = 0; // prettier-ignore
  for (let i = 0; i < N; i++) {
    residual += Math.max(0, diagonal[i]! - squares[i]!);
    trace += diagonal[i]!;
    factor += squares[i]!;
  }
  let chosen = 0, chosenTrace = 0; // prettier-ignore
  for (const s of pivots) {
    chosen += squares[s]!;
    chosenTrace += diagonal[s]!;
  }
  const η = oracle.relativeError ?? 0;
  const γ = gamma(k + 8);
  const e = γ * Math.sqrt(factor * chosen) + η * Math.sqrt(trace * chosenTrace);
  const eS = γ * chosen + η * chosenTrace;
  const ω = Math.sqrt(weight ?? WEIGHT * N);
  const departure = 2 * γ * γ * ω * ω * chosen;
  const evaluation = (2 * gamma(k + 8) + η) * trace; // r_i itself: squares added, subtracted, and the oracle's diagonal
  const sum = residual + evaluation + 2 * (2 * e * ω + eS * ω * ω) + 2 * Math.sqrt(k) * e + departure;
  const bound = sum * (1 + 2 * gamma(N + k + 16)); // these sums themselves
  if (k === 0) return emptyCertificate(oracle, bound, norm);
  if (!(bound < Infinity))
    return { kind: "none", reason: "the interpolation weights F L⁻¹ overflow, or the oracle does not know its entries" };
  const conditions = oracle.positiveSemidefinite === true ? [] : ["K is positive semidefinite"];
  if (weight === undefined) conditions.push(`‖F L⁻¹‖_F² ≤ ${WEIGHT} N for the rows L of F at the pivots`);
  return conditions.length === 0
    ? { kind: "deterministic", bound, norm }
    : { kind: "conditional", bound, norm, condition: conditions.join(" and ") };
}

/** F = 0: the trace is the trace norm. */
function emptyCertificate(oracle: PsdOracle, bound: number, norm: string): Certificate {
  if (oracle.positiveSemidefinite === true || oracle.size === 0) return { kind: "deterministic", bound, norm };
  return { kind: "conditional", bound, norm, condition: "K is positive semidefinite" };
}

/** ‖F_i‖². */
function* rowSquares(columns: Float64Array, N: number, k: number): Steps<Float64Array> {
  const squares = new Float64Array(N);
  for (let l = 0; l < k; l++) {
    for (let i = 0; i < N; i++) squares[i]! += columns[l * N + i]! * columns[l * N + i]!;
    yield rest();
  }
  return squares;
}
