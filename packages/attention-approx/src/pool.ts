/**
 * Candidate points for landmarks, from both clouds, with the importance of each.
 *
 *   z  a point: some x_i or y_j      s  size of the pool
 *
 * The s/8 longest queries and the s/8 heaviest keys (largest κ') are in the pool for certain: a rare heavy key that a random pool misses cost
 * a factor of five in error. The rest is half random queries, half random keys, each standing for as many points as were passed over:
 * log importance = log(multiplicity) + power |z|²/2, relative to the largest.  Source: ours, measured on real heads.
 */
import { log } from "@subquad/linalg-core/math";
import type { Rng } from "@subquad/linalg-core";
import { attentionKernels, bytesOf, callKernel, reals, runtime, type Scope } from "@subquad/linalg-core/kernels";
import type { CenteredHead } from "./center.js";
import type { Head } from "./head.js";

export interface Pool {
  readonly size: number;
  /** Rows [size][depth]. */
  readonly points: number;
  /** T [size], in (0, 1]. */
  readonly weights: number;
  /** Positions in the pool of the heaviest keys, the heaviest first. */
  readonly heaviest: Int32Array;
}

/** The longest queries and heaviest keys of a head, found once for all its pools. */
export interface Extremes {
  readonly queries: Int32Array;
  readonly keys: Int32Array;
}

/** Indices of the `count` longest x and of the `count` largest κ', largest first. */
export function findExtremes({ dtype, shape }: Head, { xHalf, kappa }: CenteredHead, count: number): Extremes {
  return { queries: largest(magnitudes(dtype, xHalf, shape.n), count), keys: largest(magnitudes(dtype, kappa, shape.m), count) };
}

/** Bits of |value| as float32: they sort as the values do. */
function magnitudes(dtype: Head["dtype"], address: number, length: number): Int32Array {
  if (dtype === "float32") return runtime().memory.i32.slice(address / 4, address / 4 + length);
  return new Int32Array(Float32Array.from(reals(dtype).subarray(address / 8, address / 8 + length)).buffer);
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
  const half = Math.max(0, size - chosenQueries - chosenKeys) >> 1;
  // heaviest points first, then queries, then keys: the planner's Lloyd step takes the first half
  const parts: readonly Part[] = [
    { isQuery: true, indices: extremes.queries.subarray(0, chosenQueries), passedOver: 1 },
    { isQuery: false, indices: extremes.keys.subarray(0, chosenKeys), passedOver: 1 },
    { isQuery: true, indices: drawIndices(half, n, rng), passedOver: (n - chosenQueries) / Math.max(1, half) },
    { isQuery: false, indices: drawIndices(half, m, rng), passedOver: (m - chosenKeys) / Math.max(1, half) },
  ];
  const total = chosenQueries + chosenKeys + 2 * half;
  const heaviest = Int32Array.from({ length: chosenKeys }, (_, j) => chosenQueries + j);
  const points = gatherPoints(scope, head, centered, parts, total);
  return { size: total, points, weights: importance(scope, head, centered, parts, total, power), heaviest };
}

function drawIndices(count: number, bound: number, rng: Rng): Int32Array {
  const indices = new Int32Array(count);
  for (let i = 0; i < count; i++) indices[i] = rng.below(bound);
  return indices;
}

/** Points of one cloud, each standing for `passedOver` points. */
interface Part {
  readonly isQuery: boolean;
  readonly indices: Int32Array;
  readonly passedOver: number;
}

function gatherPoints(scope: Scope, { dtype, depth }: Head, { x, y }: CenteredHead, parts: readonly Part[], total: number): number {
  const rowBytes = depth * bytesOf(dtype);
  // whole tiles of 32 points for the assignment kernel
  const padded = Math.ceil(total / 32) * 32;
  const points = scope.alloc(padded * rowBytes);
  const list = scope.alloc(total * 4);
  runtime().memory.u8.fill(0, points + total * rowBytes, points + padded * rowBytes);
  let at = points;
  for (const { isQuery, indices } of parts) {
    runtime().memory.i32.set(indices, list / 4);
    callKernel(attentionKernels, "gatherRows", dtype, indices.length, depth, isQuery ? x : y, list, at);
    at += indices.length * rowBytes;
  }
  scope.free(list);
  return points;
}

/** passedOver · 2^(power |z|²/2), relative to the largest, by the vector exponential. */
function importance(scope: Scope, { dtype }: Head, centered: CenteredHead, parts: readonly Part[], total: number, power: number): number {
  const size = bytesOf(dtype);
  const address = scope.zeros(Math.ceil(total / 8) * 8 * size);
  const values = reals(dtype);
  const weights = values.subarray(address / size, address / size + total);
  let top = -Infinity;
  let p = 0;
  for (const { isQuery, indices, passedOver } of parts) {
    const half = (isQuery ? centered.xHalf : centered.yHalf) / size;
    const multiplicity = Math.LOG2E * log(Math.max(1, passedOver));
    for (const index of indices) {
      const exponent = multiplicity - power * (values[half + index] ?? 0);
      weights[p++] = exponent;
      if (exponent > top) top = exponent;
    }
  }
  for (p = 0; p < total; p++) weights[p] = (weights[p] ?? 0) - top;
  callKernel(attentionKernels, "exp2Rows", dtype, Math.ceil((total * size) / 32), address);
  return address;
}

/** Indices of the `count` largest by the bits of their magnitude, largest first, ties by index: a histogram of leading bits, then a sort. */
function largest(bits: Int32Array, count: number): Int32Array {
  const histogram = new Int32Array(4096);
  for (const word of bits) histogram[(word & 0x7fffffff) >>> 19]!++;
  let bin = 4095;
  for (let seen = histogram[bin] ?? 0; seen < count && bin > 0; seen += histogram[bin] ?? 0) bin--;
  // one number sorts by value, then by index: 31 bits of the value above 22 of the index fit float64 exactly; longer arrays drop low value bits
  const spare = Math.max(0, 10 - Math.clz32(bits.length));
  const range = 4194304 * (1 << spare);
  let found = 0;
  const keys = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = (bits[i] ?? 0) & 0x7fffffff;
    if (word >>> 19 >= bin) keys[found++] = ((0x7fffffff - word) >>> spare) * range + i;
  }
  const sorted = keys.subarray(0, found).sort();
  const indices = new Int32Array(Math.min(count, found));
  for (let i = 0; i < indices.length; i++) indices[i] = (sorted[i] ?? 0) % range;
  return indices;
}

/** distance <- min(distance, |point − centre|²) over a pool. */
export function shrinkDistances(head: Head, pool: Pool, centre: number, distance: number): void {
  callKernel(attentionKernels, "shrinkDistances", head.dtype, pool.size, head.depth, pool.points, centre, distance);
}
