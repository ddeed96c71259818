/**
 * What rounding can have done to each entry of K − F Fᵀ, measured.
 *
 *   F  N × k computed factor      S  its pivots, R  the other indices      L = F[S, :]      E = F Lᵀ − K[:, S]
 *   W  N × k  computed F L⁻¹: any W will do      ω_i = Σ_s |W_is| ‖L_s‖ / √(1 − κ)      D = W L − F      κ = γ_(k+8) + η      P ≥ 0
 *
 * K̃, which is K with columns and rows S replaced by F Lᵀ, has the Nyström approximation F Fᵀ exactly. With V = [I; −W_Rᵀ] on R and S,
 * M = K[R, R] − F_R F_Rᵀ = Vᵀ K V + Vᵀ (K̃ − K) V − D Dᵀ, where P = Vᵀ K V ≥ 0 since K is. As |E_ij| ≤ κ a_i a_j (substitution in any order)
 * and ‖D_i‖ ≤ γ ω_i, the last two terms are at most κ' (a_i + ω_i)(a_j + ω_j) at [i, j], κ' = κ + γ². So with g_i ≥ 3 κ' (a_i + ω_i)² + what the
 * recurrence of d lost, P_ii ≤ d_i + g_i and
 *
 *   |K − F Fᵀ|_ij ≤ √((d_i + g_i)(d_j + g_j)) + √(g_i g_j)      for all i, j: in columns S the second term alone bounds E
 *
 * Three times, because d_i is compared with K_ii − ‖F_i‖² as it was computed, another 2 κ a_i².
 * Source: Higham's analysis of Cholesky factors of semidefinite matrices, entry by entry.
 */
import { denseCopy, solveTriangular, view } from "@subquad/linalg-core";
import { rest, type Steps } from "@subquad/linalg-core/steps";
import { gamma } from "./round-off.js";
import { squaredNorm } from "./sums.js";

/** Multiply-adds between two turns of the event loop. */
const WORK = 2 ** 25;

export interface Rounding {
  /** g. */
  readonly diagonal: Float64Array;
  /** ‖W‖_F². */
  readonly weight: number;
}

/**
 * g and ‖W‖_F².
 * @param columns F by columns, k × N.
 * @param core L, row-major.
 * @param size of K_ii: N of them, as the oracle gives them.
 * @param residual d.
 * @param η relative error of the oracle.
 */
export function* roundingSteps(
  columns: Float64Array<ArrayBuffer>,
  core: Float64Array<ArrayBuffer>,
  size: Float64Array,
  residual: Float64Array,
  η: number,
): Steps<Rounding> {
  const N = size.length;
  const k = Math.round(Math.sqrt(core.length));
  const κ = gamma(k + 8) + η;
  if (!(κ < 0.5)) return { diagonal: new Float64Array(N).fill(Infinity), weight: Infinity }; // entries that say nothing
  const L = view(core, [k, k]);
  const norms = new Float64Array(k);
  for (let s = 0; s < k; s++) norms[s] = Math.sqrt(squaredNorm(core, s * k, s + 1) / (1 - κ));
  const diagonal = new Float64Array(N);
  const step = Math.max(16, Math.floor(WORK / (k * k + 1)));
  let weight = 0;
  for (let first = 0; first < N; first += step) {
    yield rest();
    const rows = Math.min(step, N - first);
    const F = new Float64Array(k * rows);
    for (let l = 0; l < k; l++) F.set(columns.subarray(l * N + first, l * N + first + rows), l * rows);
    const W = k === 0 ? F : denseCopy(solveTriangular(L, view(F, [k, rows]), { transpose: true }), "float64");
    for (let i = 0; i < rows; i++) {
      let ω = 0, square = 0; // prettier-ignore
      for (let s = 0; s < k; s++) {
        const w = Math.abs(W[s * rows + i]!);
        ω += w * norms[s]!;
        weight += w * w;
        square += F[s * rows + i]! * F[s * rows + i]!;
      }
      const K = size[first + i]!;
      const a = Math.sqrt(Math.max(K, square));
      const lost = Math.max(0, K - square - residual[first + i]!);
      diagonal[first + i] = roundingOf(a, ω, κ) + lost;
    }
  }
  return { diagonal, weight: weight * (1 + 2 * gamma(N * k + 4)) };
}

/** 3 κ' (a + ω)², and what computing it can lose. */
export function roundingOf(a: number, ω: number, κ: number): number {
  return 3.1 * κ * (1 + 2 * κ) * (a + ω) * (a + ω);
}
