/**
 * Attention as textbooks write it: the n x n scores as one matrix, a softmax of each row, a product with V.
 *
 *   Q, K, V  [n, d]     S  [n, n]  scores, then weights     float32 stores, plain JavaScript
 */
import type { AttentionTask, Rival } from "../rival.js";

export const naiveAttention: Rival = {
  name: "naive n x n",
  packages: [],
  home: ".",
  engine: "js",
  licence: "Apache-2.0 (ours)",
  attentionLimit: 8192, // S is 268 MB there
  attention: (task) => Promise.resolve({ run: () => attend(task), read: (output) => output as Float32Array }),
};

function attend({ n, d, Q, K, V, scale, causal }: AttentionTask): Float32Array {
  const S = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const visible = causal ? i + 1 : n;
    let max = -Infinity;
    for (let j = 0; j < visible; j++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += Q[i * d + c]! * K[j * d + c]!;
      S[i * n + j] = dot * scale;
      max = Math.max(max, dot * scale);
    }
    for (let j = 0; j < visible; j++) S[i * n + j] = Math.exp(S[i * n + j]! - max);
  }
  const O = new Float32Array(n * d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    let total = 0;
    row.fill(0);
    for (let j = 0; j < (causal ? i + 1 : n); j++) {
      const weight = S[i * n + j]!;
      total += weight;
      for (let c = 0; c < d; c++) row[c]! += weight * V[j * d + c]!;
    }
    for (let c = 0; c < d; c++) O[i * d + c] = row[c]! / total;
  }
  return O;
}
