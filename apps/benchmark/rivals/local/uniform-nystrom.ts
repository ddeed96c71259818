/**
 * The Nyström method as published, with columns drawn uniformly.
 *
 *   K  [N, N]     S  k of its columns     K ≈ K[:, S] K[S, S]⁺ K[S, :]     d_i = K_ii − ‖F_i‖²
 *
 * By pivoted Cholesky on S alone, largest pivot first, until what is left of it is rounding.
 */
import { rngFor } from "@subquad/linalg-core";
import type { PsdOracle } from "@subquad/sketch";

const ROUNDING = 1e-14; // of the largest entry of the diagonal

/** The trace of what the approximation leaves of K. */
export function uniformNystrom(oracle: PsdOracle, k: number, seed: string): number {
  const N = oracle.size;
  const rng = rngFor(seed, "benchmark/uniform-nystrom");
  const chosen = new Set<number>();
  while (chosen.size < k) chosen.add(rng.below(N));
  const S = Int32Array.from(chosen);
  const columns = new Float64Array(N * k);
  oracle.block(0, N, S, columns);
  const rest = new Float64Array(N);
  oracle.diagonal(rest);
  const least = ROUNDING * rest.reduce((most, x) => Math.max(most, x), 0);

  const F = new Float64Array(N * k);
  const open = new Set(S.keys());
  for (let c = 0; c < k; c++) {
    const next = [...open].reduce((best, t) => (rest[S[t]!]! > rest[S[best]!]! ? t : best));
    const pivot = S[next]!;
    if (!(rest[pivot]! > least)) break;
    open.delete(next);
    const root = Math.sqrt(rest[pivot]!);
    for (let i = 0; i < N; i++) {
      let entry = columns[i * k + next]!;
      for (let b = 0; b < c; b++) entry -= F[i * k + b]! * F[pivot * k + b]!;
      F[i * k + c] = entry / root;
    }
    for (let i = 0; i < N; i++) rest[i] = Math.max(0, rest[i]! - F[i * k + c]! ** 2);
  }
  return rest.reduce((sum, x) => sum + x, 0);
}
