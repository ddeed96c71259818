/**
 * A head of independent normal numbers whose scores stay within a bound.
 */
import { assertInRange, assertInteger, assertKnownOptions, rngFor, view, type NdArray, type Seed } from "@subquad/linalg-core";
import type { HeadArrays } from "./heads.js";
import { longestRow } from "./norms.js";

export interface GaussianHeadOptions {
  /** Keys and values. Default n. */
  readonly keys?: number;
  /** Columns of V. Default d. */
  readonly valueDim?: number;
  /** max_i |q_i| · max_j |k_j| / √d, which no score exceeds. Default 4, as the bounded real heads have. */
  readonly scoreBound?: number;
  readonly seed?: Seed;
}

/**
 * Normal queries, keys and values; queries and keys share one factor so that the bound is met with equality.
 * @param n number of queries.
 * @param d columns of Q and K.
 * @param options see GaussianHeadOptions.
 * @returns float32 arrays.
 */
export function gaussianHead(n: number, d: number, options: GaussianHeadOptions = {}): HeadArrays {
  const where = "gaussianHead";
  assertKnownOptions(where, options, ["keys", "valueDim", "scoreBound", "seed"]);
  const { keys = n, valueDim = d, scoreBound = 4, seed = "0" } = options;
  assertInteger(where, { n, keys }, 1, 2 ** 24);
  assertInteger(where, { d, valueDim }, 1, 4096);
  assertInRange(where, { scoreBound }, 0, 1e6);
  const normal = (rows: number, columns: number, letter: string): Float32Array<ArrayBuffer> => {
    const rng = rngFor(seed, `datasets/gaussian-head/${letter}`);
    return Float32Array.from({ length: rows * columns }, () => rng.normal());
  };
  const Q = normal(n, d, "Q");
  const K = normal(keys, d, "K");
  const factor = Math.sqrt((scoreBound * Math.sqrt(d)) / (longestRow(Q, d) * longestRow(K, d)));
  const scaled = (data: Float32Array<ArrayBuffer>, rows: number): NdArray => view(data.map((x) => x * factor), [rows, d]); // prettier-ignore
  return { Q: scaled(Q, n), K: scaled(K, keys), V: view(normal(keys, valueDim, "V"), [keys, valueDim]) };
}
