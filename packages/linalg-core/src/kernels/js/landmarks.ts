/**
 * Steps of k-means on rows [.][width] of T, as in assembly/landmarks.ts.
 */
import type { ComputeMemory } from "../abi.js";
import { laneDistances, readWords, round, rowSum, type Real } from "./real.js";
import { scoreTile } from "./register-tiles.js";

const ASSIGN = ["count", "width", "centres", "centresPadded", "points", "keys", "bias", "nearest", "pointsPerTile"] as const;

/** distance = min(distance, |row - centre|^2). */
export function shrinkDistances(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  centre: number,
  distance: number,
): void {
  const { bytes } = real;
  const v = real.view(memory);
  for (let i = 0; i < n; i++) {
    const squares = rowSum(laneDistances, real, v, rows / bytes + i * width, centre / bytes, width);
    if (squares < v[distance / bytes + i]!) v[distance / bytes + i] = squares;
  }
}

/** nearest = the centre of largest <point, centre> - |centre|^2 / 2; the lowest index of equal ones. */
export function assignTile(memory: ComputeMemory, real: Real, args: number, tile: number, scratch: number): void {
  const { count, width, centres, centresPadded, points, keys, bias, nearest, pointsPerTile } = readWords(memory, args, ASSIGN);
  const { bytes, W } = real;
  const v = real.view(memory);
  // scratch: bias of zeros | sliver of points | scores
  const noBias = scratch / bytes;
  const sliver = noBias + W;
  const scores = sliver + width * W;
  v.fill(0, noBias, sliver);
  const end = Math.min(count, (tile + 1) * pointsPerTile);
  for (let i = tile * pointsPerTile; i < end; i += W) {
    for (let l = 0; l < W; l++) {
      const point = points / bytes + (i + l) * width;
      for (let c = 0; c < width; c++) v[sliver + c * W + l] = v[point + c]!;
    }
    scoreTile(real, v, centresPadded, width, keys / bytes, bias / bytes, sliver, noBias, scores);
    for (let l = 0; l < W; l++) {
      let best = 0;
      for (let j = 1; j < centres; j++) if (v[scores + j * W + l]! > v[scores + best * W + l]!) best = j;
      memory.i32[nearest / 4 + i + l] = best;
    }
  }
}

/** sums[nearest] += weight row, and totals likewise, in order of the points. */
export function accumulateCentres(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  nearest: number,
  weights: number,
  sums: number,
  totals: number,
): void {
  const { bytes, single } = real;
  const v = real.view(memory);
  for (let i = 0; i < n; i++) {
    const centre = memory.i32[nearest / 4 + i]!;
    const weight = v[weights / bytes + i]!;
    const row = rows / bytes + i * width;
    const sum = sums / bytes + centre * width;
    v[totals / bytes + centre]! += weight;
    for (let c = 0; c < width; c++) v[sum + c]! += round(single, weight * v[row + c]!);
  }
}
