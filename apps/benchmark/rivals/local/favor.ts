/**
 * FAVOR+ as published, made as fast as our own products make it: positive orthogonal random features.
 *
 *   Q, K, V  [n, d]                 W  [m, d]  Gaussian directions, orthogonal within blocks of d rows
 *   x = √scale · q, y = √scale · k  φ(x) = exp(W x - |x|²/2), so that E φ(x)·φ(y) / m = exp(x·y)
 *
 * Exponents are shifted by each query's maximum and by the maximum over all keys.  Source: arXiv:2009.14794.
 */
import { exp, matmul, rngFor, transpose, view, type NdArray } from "@subquad/linalg-core";
import type { AttentionTask, Rival } from "../rival.js";

const FEATURES = 256; // m: the size that the paper's experiments use

/** The adapter draws its directions from `seed`, outside the clock. */
export function favor(seed: string): Rival {
  return {
    name: `FAVOR+ ${FEATURES}`,
    packages: [],
    home: ".",
    engine: "wasm",
    licence: "Apache-2.0 (ours)",
    attention: (task) => {
      const W = view(orthogonalGaussian(FEATURES, task.d, seed), [FEATURES, task.d]);
      return Promise.resolve({ run: () => attend(task, W), read: (output) => output as Float32Array });
    },
  };
}

function attend({ n, d, Q, K, V, scale }: AttentionTask, W: NdArray): Float32Array {
  const X = features(Q, n, d, scale, W, true);
  const Y = features(K, n, d, scale, W, false);
  const V1 = new Float32Array(n * (d + 1)).fill(1); // a column of ones gives the denominator
  for (let j = 0; j < n; j++) V1.set(V.subarray(j * d, (j + 1) * d), j * (d + 1));
  const N = matmul(X, matmul(transpose(Y), view(V1, [n, d + 1]))).data as Float32Array;
  const O = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const total = N[i * (d + 1) + d]!;
    for (let c = 0; c < d; c++) O[i * d + c] = N[i * (d + 1) + c]! / total;
  }
  return O;
}

/** φ of every row, shape [n, m], shifted by the maximum of the row or of all rows. */
function features(rows: Float32Array, n: number, d: number, scale: number, W: NdArray, byRow: boolean): NdArray {
  const root = Math.sqrt(scale);
  const x = rows.map((value) => value * root);
  const P = matmul(view(x, [n, d]), transpose(W));
  const exponents = P.data as Float32Array;
  const shifts = new Float64Array(n).fill(-Infinity);
  const halves = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < d; c++) halves[i]! += x[i * d + c]! ** 2 / 2;
    for (let l = 0; l < FEATURES; l++) shifts[i] = Math.max(shifts[i]!, exponents[i * FEATURES + l]! - halves[i]!);
  }
  const highest = shifts.reduce((a, b) => Math.max(a, b), -Infinity);
  for (let i = 0; i < n; i++) {
    const shift = halves[i]! + (byRow ? shifts[i]! : highest);
    for (let l = 0; l < FEATURES; l++) exponents[i * FEATURES + l]! -= shift;
  }
  return exp(P);
}

/** Rows of norm χ_d, orthogonal within each block of d, by Gram-Schmidt with one repetition. */
function orthogonalGaussian(rows: number, d: number, seed: string): Float32Array {
  const rng = rngFor(seed, "benchmark/favor");
  const gaussian = (): Float64Array => Float64Array.from({ length: d }, () => rng.normal());
  const W = new Float32Array(rows * d);
  let block: Float64Array[] = [];
  for (let l = 0; l < rows; l++) {
    if (l % d === 0) block = [];
    const w = gaussian();
    for (const u of [...block, ...block]) {
      const along = dot(u, w);
      for (let c = 0; c < d; c++) w[c]! -= along * u[c]!;
    }
    const length = Math.sqrt(dot(w, w));
    const unit = w.map((value) => value / length);
    block.push(unit);
    const wanted = gaussian();
    const chi = Math.sqrt(dot(wanted, wanted));
    W.set(
      unit.map((value) => value * chi),
      l * d,
    );
  }
  return W;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, c) => sum + value * b[c]!, 0);
}
