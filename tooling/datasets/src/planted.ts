/**
 * Hard cases made from a head: one key that holds much of all attention, and a few queries far from the rest.
 */
import { assertInRange, assertInteger, assertKnownOptions, copy, rngFor, type Seed } from "@subquad/linalg-core";
import { attentionOracle, plain } from "@subquad/test-kit";
import type { HeadArrays } from "./heads.js";
import { longestRow, norm } from "./norms.js";

export interface PlantedKey extends HeadArrays {
  /** Position of the planted key. */
  readonly key: number;
  /** Its mean softmax weight over the queries looked at. */
  readonly mass: number;
}

export interface PlantedQueries extends HeadArrays {
  /** Their positions, ascending. */
  readonly queries: readonly number[];
}

const MOST_QUERIES = 1024; // enough to set the mass to about a percent of itself

/**
 * Replaces a key at a random position by one along the mean query, long enough to hold a given share of all attention.
 * @param head arrays of shape [n, d].
 * @param options `mass`: mean softmax weight, in (0, 0.9], default 0.3 · `seed`.
 * @returns the head with a new K; the mass is measured on up to 1024 evenly spaced queries.
 * @throws Error when no length gives the mass, as when half of the queries point away from their mean.
 */
export function plantHeavyKey(head: HeadArrays, options: { readonly mass?: number; readonly seed?: Seed } = {}): PlantedKey {
  const where = "plantHeavyKey";
  assertKnownOptions(where, options, ["mass", "seed"]);
  const { mass = 0.3, seed = "0" } = options;
  assertInRange(where, { mass }, 0, 0.9, { openLow: true });
  const [n, d] = head.Q.shape as [number, number];
  const m = head.K.shape[0]!;
  const key = rngFor(seed, "datasets/planted-key").below(m);
  const q = copy(head.Q).data;
  const u = meanDirection(q, d);

  const looked = Math.min(n, MOST_QUERIES);
  const rows = Array.from({ length: looked }, (_, i) => Math.floor((i * n) / looked));
  const others = plain(Uint8Array.from({ length: m }, (_, j) => (j === key ? 0 : 1)), [m]); // prettier-ignore
  const { logSumExp } = attentionOracle(head.Q, head.K, head.V, { rows, keyMask: others });
  const along = rows.map((i) => u.reduce((sum, value, c) => sum + value * q[i * d + c]!, 0) / Math.sqrt(d)); // score per unit of length
  const massAt = (length: number): number =>
    along.reduce((sum, s, i) => sum + 1 / (1 + Math.exp(logSumExp.data[i]! - length * s)), 0) / looked;

  let [short, long] = [0, 1];
  for (let round = 0; round < 40 && massAt(long) < mass; round++) long *= 2;
  if (!(massAt(long) >= mass)) throw new Error(`${where}(mass): expected a mass that a key along the mean query can have, got ${mass}`);
  for (let round = 0; round < 50; round++) {
    const middle = (short + long) / 2;
    if (massAt(middle) < mass) short = middle;
    else long = middle;
  }
  const K = copy(head.K);
  for (let c = 0; c < d; c++) K.data[key * d + c] = long * u[c]!;
  return { Q: head.Q, K, V: head.V, key, mass: massAt(long) };
}

/**
 * Replaces some queries by ones that point in random directions, further out than any other.
 * @param head arrays of shape [n, d].
 * @param options `count`: how many, default 8 · `factor`: their length in lengths of the longest query, default 3 · `seed`.
 * @returns the head with a new Q.
 */
export function plantFarQueries(
  head: HeadArrays,
  options: { readonly count?: number; readonly factor?: number; readonly seed?: Seed } = {},
): PlantedQueries {
  const where = "plantFarQueries";
  assertKnownOptions(where, options, ["count", "factor", "seed"]);
  const { count = 8, factor = 3, seed = "0" } = options;
  const [n, d] = head.Q.shape as [number, number];
  assertInteger(where, { count }, 1, n);
  assertInRange(where, { factor }, 1, 1e6);
  const rng = rngFor(seed, "datasets/planted-queries");
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(rng.below(n));
  const queries = [...chosen].sort((a, b) => a - b);

  const Q = copy(head.Q);
  const longest = longestRow(Q.data, d);
  for (const i of queries) {
    const direction = Float64Array.from({ length: d }, () => rng.normal());
    const length = (factor * longest) / norm(direction);
    for (let c = 0; c < d; c++) Q.data[i * d + c] = direction[c]! * length;
  }
  return { Q, K: head.K, V: head.V, queries };
}

/** Unit vector along the mean row; the first axis if that is zero. */
function meanDirection(rows: ArrayLike<number>, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let p = 0; p < rows.length; p++) mean[p % d]! += rows[p]!;
  const length = norm(mean);
  return length > 0 ? mean.map((value) => value / length) : mean.fill(1, 0, 1);
}
