/**
 * Candidate points for landmarks, from both clouds, with the importance of each.
 *
 *   z  a point: some x_i or y_j      s  size of the pool
 *
 * The s/8 longest queries and the s/8 heaviest keys (largest κ') are in the pool for certain: a rare heavy key that a random pool misses cost
 * a factor of five in error. The rest is half random queries, half random keys, each standing for as many points as were passed over:
 * log importance = log(multiplicity) + power |z|²/2, relative to the largest.  Source: ours, measured on real heads.
 */
import { log, exp } from "@subquad/linalg-core/math";
import type { Rng } from "@subquad/linalg-core";
import { bytesOf, callKernel, reals, type Scope } from "@subquad/linalg-core/kernels";
import type { CenteredHead } from "./center.js";
import type { Head } from "./head.js";

export interface Pool {
  readonly size: number;
  /** Rows [size][depth]. */
  readonly points: number;
  /** [size], in (0, 1]. */
  readonly weights: Float64Array;
  /** Positions in the pool of the heaviest keys, the heaviest first. */
  readonly heaviest: Int32Array;
}

/** The longest queries and heaviest keys of a head, found once for all its pools. */
export interface Extremes {
  readonly queries: Int32Array;
  readonly keys: Int32Array;
}

/** Indices of the `count` longest x and of the `count` largest κ', largest first. */
export function findExtremes(head: Head, centered: CenteredHead, count: number): Extremes {
  const { dtype, shape } = head;
  const size = bytesOf(dtype);
  const read = (address: number, length: number, sign: number): Float32Array => {
    const values = reals(dtype);
    const copy = new Float32Array(length);
    for (let i = 0; i < length; i++) copy[i] = sign * (values[address / size + i] ?? 0);
    return copy;
  };
  return { queries: largest(read(centered.xHalf, shape.n, -1), count), keys: largest(read(centered.kappa, shape.m, 1), count) };
}

/** Draws a pool of about `size` points; `power` is 1 for seeding, 1/2 for Lloyd steps. */
export function drawPool(
  scope: Scope,
  head: Head,
  centered: CenteredHead,
  extremes: Extremes,
  size: number,
  power: number,
  rng: Rng,
): Pool {
  const { n, m } = head.shape;
  const chosenQueries = Math.min(size >> 3, extremes.queries.length);
  const chosenKeys = Math.min(size >> 3, extremes.keys.length);
  const rest = Math.max(0, size - chosenQueries - chosenKeys);
  const half = rest >> 1;
  const total = chosenQueries + chosenKeys + 2 * half;
  const isQuery = new Uint8Array(total);
  const indices = new Int32Array(total);
  const logMultiplicity = new Float64Array(total);
  let p = 0;
  const put = (query: boolean, index: number, multiplicity: number): void => {
    isQuery[p] = query ? 1 : 0;
    indices[p] = index;
    logMultiplicity[p++] = multiplicity;
  };
  for (let i = 0; i < chosenQueries; i++) put(true, extremes.queries[i] ?? 0, 0);
  for (let j = 0; j < chosenKeys; j++) put(false, extremes.keys[j] ?? 0, 0);
  const queryMultiplicity = log(Math.max(1, (n - chosenQueries) / Math.max(1, half)));
  const keyMultiplicity = log(Math.max(1, (m - chosenKeys) / Math.max(1, half)));
  for (let i = 0; i < half; i++) put(true, rng.below(n), queryMultiplicity);
  for (let i = 0; i < half; i++) put(false, rng.below(m), keyMultiplicity);
  const points = gatherPoints(scope, head, centered, isQuery, indices);
  const weights = importance(head, centered, isQuery, indices, logMultiplicity, power);
  return { size: total, points, weights, heaviest: Int32Array.from({ length: chosenKeys }, (_, j) => chosenQueries + j) };
}

function gatherPoints(scope: Scope, head: Head, centered: CenteredHead, isQuery: Uint8Array, indices: Int32Array): number {
  const { dtype, depth } = head;
  const size = bytesOf(dtype);
  // whole tiles of 32 points for the assignment kernel
  const points = scope.zeros(Math.ceil(indices.length / 32) * 32 * depth * size);
  const values = reals(dtype);
  for (let p = 0; p < indices.length; p++) {
    const from = (isQuery[p] === 1 ? centered.x : centered.y) / size + (indices[p] ?? 0) * depth;
    const to = points / size + p * depth;
    for (let c = 0; c < depth; c++) values[to + c] = values[from + c] ?? 0;
  }
  return points;
}

function importance(
  head: Head,
  centered: CenteredHead,
  isQuery: Uint8Array,
  indices: Int32Array,
  logMultiplicity: Float64Array,
  power: number,
): Float64Array {
  const size = bytesOf(head.dtype);
  const values = reals(head.dtype);
  const weights = new Float64Array(indices.length);
  let top = -Infinity;
  for (let p = 0; p < weights.length; p++) {
    const halfNorm = -(values[(isQuery[p] === 1 ? centered.xHalf : centered.yHalf) / size + (indices[p] ?? 0)] ?? 0);
    const weight = (logMultiplicity[p] ?? 0) + power * halfNorm * Math.LN2;
    weights[p] = weight;
    if (weight > top) top = weight;
  }
  for (let p = 0; p < weights.length; p++) weights[p] = exp((weights[p] ?? 0) - top);
  return weights;
}

/** Indices of the `count` largest of nonnegative values, largest first, ties by index: by a histogram of the leading bits, then a sort. */
export function largest(values: Float32Array, count: number): Int32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const histogram = new Int32Array(4096);
  for (const word of bits) {
    const bin = (word & 0x7fffffff) >>> 19;
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  let bin = 4095;
  for (let seen = histogram[bin] ?? 0; seen < count && bin > 0; seen += histogram[bin] ?? 0) bin--;
  const candidates: number[] = [];
  for (let i = 0; i < bits.length; i++) if (((bits[i] ?? 0) & 0x7fffffff) >>> 19 >= bin) candidates.push(i);
  candidates.sort((i, j) => (values[j] ?? 0) - (values[i] ?? 0) || i - j);
  return Int32Array.from(candidates.slice(0, count));
}

/** distance <- min(distance, |point − centre|²) over a pool. */
export function shrinkDistances(head: Head, pool: Pool, centre: number, distance: number): void {
  callKernel("shrinkDistances", head.dtype, pool.size, head.depth, pool.points, centre, distance);
}
