/**
 * The trivial answer to attention: every query gets the mean of the values it can see.
 *
 *   V  [n, d]
 */
import type { AttentionTask, Rival } from "../rival.js";

export const meanOfValues: Rival = {
  name: "mean of V",
  packages: [],
  home: ".",
  engine: "js",
  licence: "Apache-2.0 (ours)",
  attention: (task) => Promise.resolve({ run: () => mean(task), read: (output) => output as Float32Array }),
};

function mean({ n, d, V, causal }: AttentionTask): Float32Array {
  const O = new Float32Array(n * d);
  const sum = new Float64Array(d);
  for (let i = 0, j = 0; i < n; i++) {
    for (; j < (causal ? i + 1 : n); j++) for (let c = 0; c < d; c++) sum[c]! += V[j * d + c]!;
    for (let c = 0; c < d; c++) O[i * d + c] = sum[c]! / j;
  }
  return O;
}
