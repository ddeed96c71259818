/**
 * A longer head from a real one: tokens drawn again with a little noise. Not real data, and to be labelled so wherever it is shown.
 */
import { assertInRange, assertInteger, assertKnownOptions, copy, rngFor, view, type NdArray, type Seed } from "@subquad/linalg-core";
import type { HeadArrays } from "./heads.js";

/**
 * n tokens drawn with replacement; query, key and value of a token stay together, and each entry gets its own noise.
 * @param head arrays of shape [rows, d], as many queries as keys.
 * @param n tokens wanted.
 * @param options `jitter`: noise in standard deviations of the column, default 1e-3 · `seed`.
 * @returns float32 arrays of n rows.
 */
export function resampleHead(head: HeadArrays, n: number, options: { readonly jitter?: number; readonly seed?: Seed } = {}): HeadArrays {
  const where = "resampleHead";
  assertKnownOptions(where, options, ["jitter", "seed"]);
  const { jitter = 1e-3, seed = "0" } = options;
  assertInteger(where, { n }, 1, 2 ** 24);
  assertInRange(where, { jitter }, 0, 1);
  const rows = head.Q.shape[0]!;
  if (head.K.shape[0] !== rows || head.V.shape[0] !== rows)
    throw new Error(`${where}(head): expected ${rows} keys and values, one a query`);

  const draw = rngFor(seed, "datasets/resample/tokens");
  const tokens = Int32Array.from({ length: n }, () => draw.below(rows));
  const extend = (A: NdArray, letter: string): NdArray => {
    const d = A.shape[1]!;
    const from = copy(A).data;
    const noise = columnDeviations(from, d).map((σ) => σ * jitter);
    const rng = rngFor(seed, `datasets/resample/${letter}`);
    const out = new Float32Array(n * d);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < d; c++) out[i * d + c] = from[tokens[i]! * d + c]! + noise[c]! * rng.normal();
    }
    return view(out, [n, d]);
  };
  return { Q: extend(head.Q, "Q"), K: extend(head.K, "K"), V: extend(head.V, "V") };
}

function columnDeviations(rows: ArrayLike<number>, d: number): Float64Array {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  const squared = new Float64Array(d);
  for (let p = 0; p < rows.length; p++) mean[p % d]! += rows[p]! / n;
  for (let p = 0; p < rows.length; p++) squared[p % d]! += (rows[p]! - mean[p % d]!) ** 2 / n;
  return squared.map(Math.sqrt);
}
