/**
 * Landmarks: the points through which a low-rank head sees its keys.
 *
 *   P [r, d]  the landmarks: the min(16, r/8) heaviest keys as they are, then centroids
 *
 * Any set of points leaves a positive semidefinite residual of the Gaussian kernel, so landmarks need not be data; centroids need half the rank of
 * data points. Seeds by k-means++ (D² sampling, eight draws between refreshes of the weights) on a pool of 1024, then two weighted Lloyd
 * steps on a second pool of 4096. The heaviest keys never move: with one key at 30 % of all mass, centroids alone were off by 0.16.
 * Source: Arthur and Vassilvitskii 2007 (k-means++); ours in the weights.
 */
import type { Rng } from "@subquad/linalg-core";
import { attentionKernels, bytesOf, callKernel, HIDDEN_SCORE, paddedKeys, reals, runTiles, type Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import type { Head } from "./head.js";
import { shrinkDistances, type Pool } from "./pool.js";

const MOST_FIXED = 16;
const DRAWS_A_REFRESH = 8;
const POINTS_A_TILE = 256;

/** k-means++ in progress: it can be grown to a larger rank. */
export interface Seeding {
  readonly pool: Pool;
  /** Positions in the pool, the fixed ones first. */
  readonly picked: number[];
  readonly fixed: number;
  /** Squared distance of each pool point to the nearest picked one. */
  readonly distance: number;
}

export interface Landmarks {
  readonly rank: number;
  /** Rows [paddedKeys(rank)][depth]. */
  readonly points: number;
  /** −|p|²/2 [paddedKeys(rank)]; padding hidden. */
  readonly half: number;
}

/** Landmarks that stay as they are, of a rank r. */
export function fixedCount(rank: number): number {
  return Math.min(MOST_FIXED, rank >> 3);
}

/** Starts with the heaviest keys of the pool. */
export function startSeeding(scope: Scope, head: Head, pool: Pool, rank: number): Seeding {
  const { dtype } = head;
  const distance = scope.alloc(pool.size * bytesOf(dtype));
  reals(dtype).fill(dtype === "float32" ? 3e38 : 1e300, distance / bytesOf(dtype), distance / bytesOf(dtype) + pool.size);
  const picked: number[] = [];
  for (let j = 0; j < pool.heaviest.length && picked.length < fixedCount(rank); j++)
    pick(head, pool, pool.heaviest[j] ?? 0, distance, picked);
  return { pool, picked, fixed: picked.length, distance };
}

/** Draws by weight × squared distance until `rank` points are picked, or no other point is left. */
export function growSeeding(head: Head, { pool, picked, distance }: Seeding, rank: number, rng: Rng): void {
  const start = distance / bytesOf(head.dtype);
  const weights = pool.weights / bytesOf(head.dtype);
  const cumulative = new Float64Array(pool.size);
  while (picked.length < rank) {
    const first = picked.length === 0;
    const distances = reals(head.dtype);
    let total = 0;
    for (let p = 0; p < pool.size; p++) {
      total += (distances[weights + p] ?? 0) * (first ? 1 : (distances[start + p] ?? 0));
      cumulative[p] = total;
    }
    if (!(total > 0)) return; // every point of the pool is picked, or a copy of one that is
    const draws = first ? 1 : Math.min(DRAWS_A_REFRESH, rank - picked.length);
    for (let draw = 0; draw < draws; draw++) pick(head, pool, firstAbove(cumulative, rng.double() * total), distance, picked);
  }
}

/** Picks a pool point, unless it is a copy of one that is picked. */
function pick(head: Head, pool: Pool, point: number, distance: number, picked: number[]): void {
  const size = bytesOf(head.dtype);
  if (reals(head.dtype)[distance / size + point] === 0) return;
  picked.push(point);
  shrinkDistances(head, pool, pool.points + point * head.depth * size, distance);
}

/** Least p with cumulative[p] > value; the last one if there is none. */
function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first `rank` picked points, those beyond the fixed ones moved by weighted Lloyd steps on `pool`. */
export function* settleLandmarks(scope: Scope, head: Head, seeding: Seeding, rank: number, pool: Pool, steps: number): Steps<Landmarks> {
  const { dtype, depth } = head;
  const size = bytesOf(dtype);
  const r = Math.min(rank, seeding.picked.length);
  const padded = paddedKeys(r);
  const points = scope.zeros(padded * depth * size);
  const half = scope.alloc(padded * size);
  const values = reals(dtype);
  for (let i = 0; i < r; i++) {
    const from = seeding.pool.points / size + (seeding.picked[i] ?? 0) * depth;
    for (let c = 0; c < depth; c++) values[points / size + i * depth + c] = values[from + c] ?? 0;
  }
  const landmarks = { rank: r, points, half };
  setHalfNorms(dtype, depth, landmarks);
  for (let step = 0; step < steps; step++) yield* lloydStep(scope, head, landmarks, Math.min(seeding.fixed, r), pool);
  return landmarks;
}

/** Moves each centre to the weighted mean of the points nearest to it; an empty cell keeps its centre. */
function* lloydStep(scope: Scope, head: Head, landmarks: Landmarks, fixed: number, pool: Pool): Steps<void> {
  const { dtype, depth } = head;
  const { rank, points, half } = landmarks;
  const size = bytesOf(dtype);
  const padded = paddedKeys(rank);
  const count = Math.ceil(pool.size / 32) * 32;
  const packed = scope.alloc(padded * depth * size);
  const nearest = scope.alloc(count * 4);
  const sums = scope.zeros(rank * depth * size);
  const totals = scope.zeros(rank * size);
  callKernel(attentionKernels, "packKeyRows", dtype, padded, depth, points, packed);
  const args = scope.args([count, depth, rank, padded, pool.points, packed, half, nearest, POINTS_A_TILE]);
  yield* runTiles(attentionKernels, "assign", dtype, args, Math.ceil(count / POINTS_A_TILE), count * rank * (depth + 4));
  callKernel(attentionKernels, "accumulateCentres", dtype, pool.size, depth, pool.points, nearest, pool.weights, sums, totals);
  const values = reals(dtype);
  for (let i = fixed; i < rank; i++) {
    const total = values[totals / size + i] ?? 0;
    if (!(total > 0)) continue;
    for (let c = 0; c < depth; c++) values[points / size + i * depth + c] = (values[sums / size + i * depth + c] ?? 0) / total;
  }
  setHalfNorms(dtype, depth, landmarks);
  for (const address of [packed, nearest, sums, totals, args]) scope.free(address);
}

function setHalfNorms(dtype: Head["dtype"], depth: number, { rank, points, half }: Landmarks): void {
  const size = bytesOf(dtype);
  const values = reals(dtype);
  for (let i = 0; i < rank; i++) {
    let squares = 0;
    for (let c = 0; c < depth; c++) {
      const z = values[points / size + i * depth + c] ?? 0;
      squares += z * z;
    }
    values[half / size + i] = -squares / 2;
  }
  values.fill(HIDDEN_SCORE[dtype], half / size + rank, half / size + paddedKeys(rank));
}
