/**
 * Baseline: exact attention over a few keys drawn uniformly without replacement, the same keys for all queries.
 */
import { matrixShape, type PlainArray, type Strided } from "./arrays.js";
import { scores } from "./attention.js";
import { overHeads } from "./heads.js";
import { testRandom } from "./random.js";
import { softmaxInPlace } from "./softmax.js";

/**
 * Attention over `keys` random keys.
 * @param Q shape [.., n, d].
 * @param K shape [.., m, d].
 * @param V shape [.., m, dv].
 * @param options `keys` (default min(m, 256)), `scale` (default 1/√d), `seed` (default "0").
 * @returns shape [.., n, dv].
 */
export function uniformAttention(
  Q: Strided,
  K: Strided,
  V: Strided,
  options: { readonly keys?: number; readonly scale?: number; readonly seed?: string | number } = {},
): PlainArray {
  const { n, d } = matrixShape(Q);
  const { n: m } = matrixShape(K);
  const { keys = Math.min(m, 256), scale = 1 / Math.sqrt(d), seed = "0" } = options;
  if (!(Number.isInteger(keys) && keys >= 1 && keys <= m))
    throw new Error(`uniformAttention(keys): expected an integer in 1..${m}, got ${keys}`);
  return overHeads("uniformAttention", Q, K, V, n, (head) => {
    const drawn = sample(m, keys, `${seed}/uniform/${head.index}`);
    const chosen = { ...head, m: keys, K: gather(head.K, drawn, d), V: gather(head.V, drawn, head.dv) };
    const O = new Float64Array(n * head.dv);
    const s = new Float64Array(keys);
    for (let i = 0; i < n; i++) {
      scores(chosen, i, scale, s);
      softmaxInPlace(s);
      for (let j = 0; j < keys; j++) {
        for (let c = 0; c < head.dv; c++) O[i * head.dv + c]! += s[j]! * chosen.V[j * head.dv + c]!;
      }
    }
    return O;
  });
}

/** The first `size` entries of a random permutation of 0 … n - 1. */
function sample(n: number, size: number, seed: string): readonly number[] {
  const { below } = testRandom(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const other = i + below(n - i);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order.slice(0, size);
}

function gather(rows: Float64Array, chosen: readonly number[], d: number): Float64Array {
  const out = new Float64Array(chosen.length * d);
  for (const [at, i] of chosen.entries()) out.set(rows.subarray(i * d, (i + 1) * d), at * d);
  return out;
}
