/**
 * Ritz pairs of a Krylov basis, and the basis cut down to some of them.
 *
 *   T = Vᵀ A V = S diag(θ) Sᵀ  k × k      y_i = V s_i
 *
 * Source: Lanczos; Wu and Simon (thick restart).
 */
import { view } from "../array/view.js";
import { eigSymmetricSteps } from "../dense/eig-symmetric.js";
import type { Rng } from "../rng.js";
import type { Steps } from "../runtime/steps.js";
import { orthogonalize, packed, unit, type KrylovBasis } from "./krylov.js";
import { addMultiple } from "./vectors.js";

export interface Pair {
  readonly value: number;
  readonly vector: Float64Array;
}

export interface Ritz {
  readonly θ: number;
  /** s: coefficients of the vector in V. */
  readonly s: Float64Array;
  /** s_(k−1). */
  readonly last: number;
}

/** All Ritz pairs, the wanted end first. */
export function* ritzPairs({ T }: KrylovBasis, sign: 1 | -1): Steps<Ritz[]> {
  const k = T.length;
  const { values, vectors } = yield* eigSymmetricSteps("lanczos", view(packed(T), [k, k]));
  const S = vectors!.data;
  const columns = new Float64Array(k * k);
  for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) columns[i * k + j] = S[j * k + i]!;
  const pairs = Array.from({ length: k }, (_, i): Ritz => {
    const s = columns.subarray(i * k, i * k + k);
    return { θ: values.data[i]!, s, last: s[k - 1]! };
  });
  return sign > 0 ? pairs.reverse() : pairs;
}

/** V s. */
function combination(vectors: readonly Float64Array[], s: Float64Array): Float64Array {
  const y = new Float64Array(vectors[0]!.length);
  for (let j = 0; j < s.length; j++) addMultiple(s[j]!, vectors[j]!, y);
  return y;
}

/** The first pairs, with vectors of length 1. */
export function pairsOf({ vectors }: KrylovBasis, ritz: readonly Ritz[], count: number): readonly Pair[] {
  return ritz.slice(0, count).map(({ θ, s }) => ({ value: θ, vector: unit(combination(vectors, s)) }));
}

/** The first p Ritz vectors and v_k; T is diagonal, and its next row is found by the product with v_k. */
export function cutDown({ vectors, T }: KrylovBasis, ritz: readonly Ritz[], p: number): KrylovBasis {
  const kept = ritz.slice(0, p).map(({ s }) => unit(combination(vectors, s)));
  const rows = ritz.slice(0, p).map(({ θ }, i) => Array.from({ length: p }, (_, j) => (i === j ? θ : 0)));
  return { vectors: [...kept, vectors[T.length]!], T: rows, β: 0, rest: 0 };
}

/** A random direction orthogonal to all vectors. */
export function freshDirection(rng: Rng, n: number, vectors: readonly Float64Array[]): Float64Array {
  const w = normals(rng, n);
  orthogonalize(w, vectors);
  return w;
}

/** n normal deviates. */
export function normals(rng: Rng, n: number): Float64Array {
  return Float64Array.from({ length: n }, () => rng.normal());
}
