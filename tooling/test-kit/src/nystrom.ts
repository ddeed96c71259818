/**
 * Nystrom approximation of a Gaussian kernel with all matrices in full, to judge the streamed one by.
 *
 *   X  [n, d]  query points     P  [r, d]  landmarks     g(x, y) = exp(-|x - y|² / 2)
 *   Y  [m, d]  key points       κ  [m]     key weights   Ã = g(X, P) (g(P, P) + shift I)⁻¹ g(P, Y) diag(κ)
 */
import { pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { choleskyOracle, choleskySolveOracle } from "./cholesky.js";
import { matmulOracle } from "./matmul.js";

export interface NystromOracleOptions {
  /** Added to the diagonal of g(P, P). Default 1e-10 r. */
  readonly shift?: number;
  /** κ, shape [m], ≥ 0. Default all ones. */
  readonly weights?: Strided;
}

/**
 * g(x_i, y_j) for all pairs.
 * @param X shape [n, d].
 * @param Y shape [m, d].
 * @returns shape [n, m].
 */
export function gaussianKernelOracle(X: Strided, Y: Strided): PlainArray {
  const [n, d] = X.shape as [number, number];
  const m = Y.shape[0]!;
  const [x, y] = [pack(X), pack(Y)];
  const G = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let squared = 0;
      for (let c = 0; c < d; c++) squared += (x[i * d + c]! - y[j * d + c]!) ** 2;
      G[i * m + j] = Math.exp(-squared / 2);
    }
  }
  return plain(G, [n, m]);
}

/**
 * Ã, the approximation of g(X, Y) diag(κ).
 * @param X shape [n, d].
 * @param Y shape [m, d].
 * @param P shape [r, d].
 * @param options see NystromOracleOptions.
 * @returns shape [n, m].
 */
export function nystromKernelOracle(X: Strided, Y: Strided, P: Strided, options: NystromOracleOptions = {}): PlainArray {
  const r = P.shape[0]!;
  const { shift = 1e-10 * r, weights } = options;
  const G = gaussianKernelOracle(P, P);
  for (let i = 0; i < r; i++) G.data[i * r + i]! += shift;
  const A = matmulOracle(gaussianKernelOracle(X, P), choleskySolveOracle(choleskyOracle(G), gaussianKernelOracle(P, Y)));
  if (!weights) return A;
  const κ = pack(weights);
  return plain(
    A.data.map((value, p) => value * κ[p % κ.length]!),
    A.shape,
  );
}

/**
 * The smoother Ã V / Ã 1: Nystrom attention once centred and balanced inputs are given.
 * @param X shape [n, d].
 * @param Y shape [m, d].
 * @param V shape [m, dv].
 * @param P shape [r, d].
 * @param options see NystromOracleOptions.
 * @returns `output` [n, dv] and `mass` [n], the denominators (not guarded: they may be ≤ 0 where the approximation is bad).
 */
export function nystromSmootherOracle(
  X: Strided,
  Y: Strided,
  V: Strided,
  P: Strided,
  options: NystromOracleOptions = {},
): { output: PlainArray; mass: PlainArray } {
  const A = nystromKernelOracle(X, Y, P, options);
  const output = matmulOracle(A, V);
  const [n, dv] = output.shape as [number, number];
  const mass = matmulOracle(A, plain(new Float64Array(A.shape[1]!).fill(1), [A.shape[1]!, 1])).data;
  for (let p = 0; p < n * dv; p++) output.data[p]! /= mass[Math.floor(p / dv)]!;
  return { output, mass: plain(mass, [n]) };
}
