/**
 * Softmax attention by definition in float64, fast enough to judge every row of a long input.
 *
 *   Q, K, V  [n, d]     s_ij = scale · q_i·k_j     o_i = Σ_j exp(s_ij - max_j s_ij) v_j / Σ_j exp(s_ij - max_j s_ij)
 *
 * Four rows at a time share the reads of K and V; nothing else differs from the definition, and nothing is shared with the packages.
 */
import type { AttentionTask } from "../rivals/rival.js";

/** Rows of one head that a worker is asked for. */
export interface RowsTask extends Omit<AttentionTask, "Q" | "K" | "V"> {
  readonly Q: Float32Array | Float64Array;
  readonly K: Float32Array | Float64Array;
  readonly V: Float32Array | Float64Array;
  readonly from: number;
  readonly to: number;
}

/** Rows [from, to) of the output, row-major, float64. */
export function attentionRows({ n, d, Q, K, V, scale, causal, from, to }: RowsTask): Float64Array<ArrayBuffer> {
  const O = new Float64Array((to - from) * d);
  const k = Float64Array.from(K);
  const vt = transposed(V, n, d);
  const q = new Float64Array(4 * d);
  const w = new Float64Array(4 * n);
  for (let i = from; i < to; i += 4) {
    const rows = Math.min(4, to - i);
    for (let r = 0; r < 4; r++) for (let c = 0; c < d; c++) q[4 * c + r] = Q[(i + Math.min(r, rows - 1)) * d + c]! * scale;
    scoresOfFour(q, k, w, n, d);
    for (let r = 0; r < rows; r++) {
      const visible = causal ? i + r + 1 : n;
      const total = exponentials(w.subarray(r * n, (r + 1) * n), visible);
      for (let c = 0; c < d; c++) O[(i - from + r) * d + c] = 1 / total;
    }
    for (let c = 0; c < d; c++) weightedSumsOfFour(w, vt, n, c, O, (i - from) * d + c, d, rows);
  }
  return O;
}

function scoresOfFour(q: Float64Array, k: Float64Array, w: Float64Array, n: number, d: number): void {
  for (let j = 0; j < n; j++) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let c = 0; c < d; c++) {
      const kc = k[j * d + c]!;
      s0 += q[4 * c]! * kc;
      s1 += q[4 * c + 1]! * kc;
      s2 += q[4 * c + 2]! * kc;
      s3 += q[4 * c + 3]! * kc;
    }
    w[j] = s0;
    w[n + j] = s1;
    w[2 * n + j] = s2;
    w[3 * n + j] = s3;
  }
}

/** Replaces scores by weights, 0 beyond the visible keys; returns their sum. */
function exponentials(w: Float64Array, visible: number): number {
  let max = -Infinity;
  for (let j = 0; j < visible; j++) if (w[j]! > max) max = w[j]!;
  let total = 0;
  for (let j = 0; j < visible; j++) total += w[j] = Math.exp(w[j]! - max);
  w.fill(0, visible);
  return total;
}

/** Multiplies what stands in O (1 / total) by Σ_j w_j v_jc, for channel c of up to four rows. */
function weightedSumsOfFour(
  w: Float64Array,
  vt: Float64Array,
  n: number,
  c: number,
  O: Float64Array,
  at: number,
  d: number,
  rows: number,
): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  for (let j = 0; j < n; j++) {
    const v = vt[c * n + j]!;
    a0 += w[j]! * v;
    a1 += w[n + j]! * v;
    a2 += w[2 * n + j]! * v;
    a3 += w[3 * n + j]! * v;
  }
  const sums = [a0, a1, a2, a3];
  for (let r = 0; r < rows; r++) O[at + r * d]! *= sums[r]!;
}

function transposed(V: ArrayLike<number>, n: number, d: number): Float64Array {
  const vt = new Float64Array(n * d);
  for (let j = 0; j < n; j++) for (let c = 0; c < d; c++) vt[c * n + j] = V[j * d + c]!;
  return vt;
}
