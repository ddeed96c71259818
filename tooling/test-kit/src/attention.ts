/**
 * Softmax attention by definition, one row at a time in float64: what every attention method here is judged by.
 *
 *   Q  [n, d]   queries     V  [m, dv]  values      s_ij = scale · q_i·k_j + bias       (all with the same leading axes, or none)
 *   K  [m, d]   keys        O  [n, dv]  output      o_i  = Σ_j exp(s_ij) v_j / Σ_j exp(s_ij)
 */
import { checkedRow, count, matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { overHeads, type Head } from "./heads.js";
import { softmaxInPlace } from "./softmax.js";

export interface AttentionOracleOptions {
  /** Default 1/√d. */
  readonly scale?: number;
  /** Key j is visible to query i when j ≤ i + offset; `true` is offset 0. Default false. */
  readonly causal?: boolean | { readonly offset: number };
  /** Shape [m] or [.., m]; 0 hides the key. */
  readonly keyMask?: Strided;
  /** Shape [m] or [.., m]; added to every score of the key. */
  readonly keyBias?: Strided;
  /** Shape [n, m] or [.., n, m]; over a Uint8Array 0 hides the pair, over anything else it is added to the score. */
  readonly mask?: Strided;
  /** Only these rows of Q, in this order (with their own causal limits). Default all. */
  readonly rows?: readonly number[];
}

export interface AttentionOracleResult {
  /** Shape [.., rows, dv]; zeros where no key is visible. */
  readonly output: PlainArray;
  /** Shape [.., rows]; -Infinity where no key is visible. */
  readonly logSumExp: PlainArray;
}

/**
 * Attention output and log-sum-exp of all rows, or of the chosen ones.
 * @param Q shape [.., h_q, n, d]; query head t reads key head ⌊t · h_k / h_q⌋.
 * @param K shape [.., h_k, m, d].
 * @param V shape [.., h_k, m, dv].
 * @param options see AttentionOracleOptions; masks have the leading axes of Q, or none.
 * @returns see AttentionOracleResult; float64 throughout, each entry within about (m + d) u max|v| of the truth.
 */
export function attentionOracle(Q: Strided, K: Strided, V: Strided, options: AttentionOracleOptions = {}): AttentionOracleResult {
  const { lead, n, d } = matrixShape(Q);
  const { causal = false, scale = 1 / Math.sqrt(d), rows = Array.from({ length: n }, (_, i) => i) } = options;
  const offset = causal === false ? Infinity : causal === true ? 0 : causal.offset;
  for (const row of rows) checkedRow(row, n);
  const hidden = options.mask?.data instanceof Uint8Array;
  const mask = options.mask && pack(options.mask);
  const keyMask = options.keyMask && pack(options.keyMask);
  const keyBias = options.keyBias && pack(options.keyBias);

  const logSumExp = new Float64Array(count(lead) * rows.length);
  const output = overHeads("attentionOracle", Q, K, V, rows.length, (head) => {
    const { m, dv, index } = head;
    const keyAt = perHead(keyMask, index, m);
    const biasAt = perHead(keyBias, index, m);
    const maskAt = perHead(mask, index, n * m);
    const O = new Float64Array(rows.length * dv);
    const s = new Float64Array(m);
    for (const [r, i] of rows.entries()) {
      scores(head, i, scale, s);
      if (keyBias) for (let j = 0; j < m; j++) s[j]! += keyBias[biasAt + j]!;
      if (mask) {
        for (let j = 0, p = maskAt + i * m; j < m; j++, p++) s[j] = hidden ? (mask[p] === 0 ? -Infinity : s[j]!) : s[j]! + mask[p]!;
      }
      if (keyMask) for (let j = 0; j < m; j++) if (keyMask[keyAt + j] === 0) s[j] = -Infinity;
      s.fill(-Infinity, Math.min(m, Math.max(0, i + offset + 1)));
      logSumExp[index * rows.length + r] = softmaxInPlace(s);
      weightedMean(head, s, O.subarray(r * dv, (r + 1) * dv));
    }
    return O;
  });
  return { output, logSumExp: plain(logSumExp, [...lead, rows.length]) };
}

/** s_j ← scale · q_i·k_j. */
export function scores({ Q, K, m, d }: Head, i: number, scale: number, s: Float64Array): void {
  for (let j = 0; j < m; j++) {
    let dot = 0;
    for (let c = 0; c < d; c++) dot += Q[i * d + c]! * K[j * d + c]!;
    s[j] = scale * dot;
  }
}

/** o ← Σ_j w_j v_j. */
function weightedMean({ V, m, dv }: Head, w: Float64Array, o: Float64Array): void {
  for (let j = 0; j < m; j++) {
    if (w[j] === 0) continue; // a hidden key may hold anything
    for (let c = 0; c < dv; c++) o[c]! += w[j]! * V[j * dv + c]!;
  }
}

/** Where the part of one head begins: 0 when the array has no leading axes. */
function perHead(values: Float64Array | undefined, index: number, length: number): number {
  return values && values.length > length ? index * length : 0;
}
