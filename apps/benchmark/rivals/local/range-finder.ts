/**
 * The randomized SVD as published, of the products and factorizations of another library.
 *
 *   A  [m, n]     Ω  [n, k + 10]  standard normal     Q  basis of (A Aᵀ)² A Ω, orthonormalised after every product     A ≈ Q (QᵀA)
 *
 * Source: arXiv:0909.4061, with two power iterations.
 */

/** What a library must be able to do; `factors` are those of A = U diag(s) Vᵀ. */
export interface Arithmetic<M> {
  multiply(A: M, B: M): M;
  flip(A: M): M;
  /** Orthonormal columns that span those of A. */
  basis(A: M): M;
  factors(A: M): TruncatedFactors<M>;
}

export interface TruncatedFactors<M> {
  readonly U: M;
  readonly s: ArrayLike<number>;
  readonly V: M;
}

const POWER_ITERATIONS = 2;

/** The factors of k + 10 columns, of which the first k are the answer; of a library that sorts singular values. */
export function truncatedBy<M>({ multiply, flip, basis, factors }: Arithmetic<M>, A: M, directions: M): TruncatedFactors<M> {
  const At = flip(A);
  let Q = basis(multiply(A, directions));
  for (let q = 0; q < POWER_ITERATIONS; q++) Q = basis(multiply(A, basis(multiply(At, Q))));
  const { U, s, V } = factors(multiply(flip(Q), A));
  return { U: multiply(Q, U), s, V };
}
