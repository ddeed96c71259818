/**
 * FAVOR+: softmax attention by positive orthogonal random features.
 *
 *   x = √scale · q,  y = √scale · k      w_1 … w_f  Gaussian directions, orthogonal within blocks of d
 *   φ(x)_l = exp(w_l·x - |x|²/2) / √f    E φ(x)·φ(y) = exp(x·y)
 *
 * The published form: no centring; exponents shifted by the row's maximum (queries) and by the global maximum (keys).
 * Source: arXiv:2009.14794, positive orthogonal features for softmax kernels.
 */
import { matrixShape, type PlainArray, type Strided } from "./arrays.js";
import { overHeads } from "./heads.js";
import { testRandom } from "./random.js";

export interface FavorAttentionOptions {
  /** f: number of exponentials a row, at least 2 and even for "cosh". Default 256. */
  readonly features?: number;
  /** "exp": φ as above · "cosh": half the directions, each with both signs (lower variance). Default "exp". */
  readonly estimator?: "exp" | "cosh";
  /** Subtract the mean key first, which changes nothing in exact attention. Default false, as published. */
  readonly center?: boolean;
  /** Default 1/√d. */
  readonly scale?: number;
  readonly seed?: string | number;
}

/**
 * Attention with the kernel replaced by its random features.
 * @param Q shape [.., n, d].
 * @param K shape [.., m, d].
 * @param V shape [.., m, dv].
 * @param options see FavorAttentionOptions.
 * @returns shape [.., n, dv].
 */
export function favorAttention(Q: Strided, K: Strided, V: Strided, options: FavorAttentionOptions = {}): PlainArray {
  const { n, d } = matrixShape(Q);
  const { features = 256, estimator = "exp", center = false, scale = 1 / Math.sqrt(d), seed = "0" } = options;
  if (!(Number.isInteger(features) && features >= 2 && (estimator === "exp" || features % 2 === 0))) {
    throw new Error(`favorAttention(features): expected an integer of at least 2, even for "cosh", got ${features}`);
  }
  return overHeads("favorAttention", Q, K, V, n, (head) => {
    const { m, dv } = head;
    const directions = orthogonalGaussian(estimator === "cosh" ? features / 2 : features, d, `${seed}/favor/${head.index}`);
    const W = estimator === "cosh" ? both(directions) : directions;
    const queries = exponents(head.Q, n, d, W, scale);
    const keys = exponents(center ? centred(head.K, m, d) : head.K, m, d, W, scale);
    const shift = keys.reduce((a, b) => Math.max(a, b), -Infinity);

    const M = new Float64Array(features * (dv + 1)); // Σ_j φ(y_j) [1 | v_j]
    for (let j = 0; j < m; j++) {
      for (let l = 0; l < features; l++) {
        const φ = Math.exp(keys[j * features + l]! - shift);
        M[l * (dv + 1)]! += φ;
        for (let c = 0; c < dv; c++) M[l * (dv + 1) + 1 + c]! += φ * head.V[j * dv + c]!;
      }
    }
    const O = new Float64Array(n * dv);
    for (let i = 0; i < n; i++) {
      const row = queries.subarray(i * features, (i + 1) * features);
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      let mass = 0;
      for (let l = 0; l < features; l++) {
        const φ = Math.exp(row[l]! - top);
        mass += φ * M[l * (dv + 1)]!;
        for (let c = 0; c < dv; c++) O[i * dv + c]! += φ * M[l * (dv + 1) + 1 + c]!;
      }
      for (let c = 0; c < dv; c++) O[i * dv + c]! /= mass;
    }
    return O;
  });
}

/** w_l·x_i - |x_i|²/2 for x = √scale · row, shape [n, features]. */
function exponents(rows: Float64Array, n: number, d: number, W: Float64Array, scale: number): Float64Array {
  const features = W.length / d;
  const root = Math.sqrt(scale);
  const out = new Float64Array(n * features);
  for (let i = 0; i < n; i++) {
    const x = rows.subarray(i * d, (i + 1) * d).map((value) => value * root);
    const half = x.reduce((sum, value) => sum + value * value, 0) / 2;
    for (let l = 0; l < features; l++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += W[l * d + c]! * x[c]!;
      out[i * features + l] = dot - half;
    }
  }
  return out;
}

/** Rows of norm χ_d, orthogonal within each block of d: every row alone is a standard Gaussian vector. */
function orthogonalGaussian(rows: number, d: number, seed: string): Float64Array {
  const { normal } = testRandom(seed);
  const gaussian = (): Float64Array => Float64Array.from({ length: d }, normal);
  const W = new Float64Array(rows * d);
  for (let l = 0; l < rows; l++) {
    const w = gaussian();
    for (let pass = 0; pass < 2; pass++) {
      for (let b = l - (l % d); b < l; b++) {
        const u = W.subarray(b * d, (b + 1) * d);
        const along = dotProduct(w, u) / dotProduct(u, u);
        for (let c = 0; c < d; c++) w[c]! -= along * u[c]!;
      }
    }
    const length = norm(gaussian()) / norm(w);
    for (let c = 0; c < d; c++) W[l * d + c] = w[c]! * length;
  }
  return W;
}

function both(W: Float64Array): Float64Array {
  const out = new Float64Array(2 * W.length);
  out.set(W);
  out.set(
    W.map((w) => -w),
    W.length,
  );
  return out;
}

function centred(rows: Float64Array, n: number, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let p = 0; p < n * d; p++) mean[p % d]! += rows[p]! / n;
  return rows.map((value, p) => value - mean[p % d]!);
}

function dotProduct(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, c) => sum + value * b[c]!, 0);
}

function norm(a: Float64Array): number {
  return Math.sqrt(dotProduct(a, a));
}
