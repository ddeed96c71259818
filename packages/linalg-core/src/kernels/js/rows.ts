/**
 * Passes over rows, as in assembly/rows.ts: staging, statistics, centring, weighting. Rows are [n][width] of T, width a multiple of 4.
 */
import type { ComputeMemory } from "../abi.js";
import { laneProducts, pmax, pmin, round, rowSum, type Real } from "./real.js";

/** Index of the first NaN or Infinity, or -1. */
export function firstNonFinite(memory: ComputeMemory, real: Real, count: number, x: number): number {
  const v = real.view(memory);
  const start = x / real.bytes;
  for (let i = 0; i < count; i++) if (v[start + i]! - v[start + i]! !== 0) return i;
  return -1;
}

/** Strided [n][d] -> rows [n][width] times factor, zeros after column d; if ones, column d < width is 1. Strides in bytes. */
export function stageRows(
  memory: ComputeMemory,
  real: Real,
  n: number,
  d: number,
  source: number,
  rowStride: number,
  columnStride: number,
  factor: number,
  out: number,
  width: number,
  ones: number,
): void {
  const { bytes, single } = real;
  const v = real.view(memory);
  const scale = round(single, factor);
  const step = columnStride / bytes;
  for (let i = 0; i < n; i++) {
    const from = (source + i * rowStride) / bytes;
    const to = out / bytes + i * width;
    for (let c = 0; c < d; c++) v[to + c] = v[from + c * step]! * scale;
    for (let c = d; c < width; c++) v[to + c] = 0;
    if (ones !== 0) v[to + d] = 1;
  }
}

/** Per column: sum (float64), minimum and maximum (T). */
export function columnRange(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  sums: number,
  low: number,
  high: number,
): void {
  const { bytes, lowest } = real;
  const v = real.view(memory);
  const { f64 } = memory;
  for (let c = 0; c < width; c++) {
    f64[sums / 8 + c] = 0;
    v[low / bytes + c] = -lowest;
    v[high / bytes + c] = lowest;
  }
  for (let i = 0, p = rows / bytes; i < n; i++) {
    for (let c = 0; c < width; c++, p++) {
      const x = v[p]!;
      v[low / bytes + c] = pmin(v[low / bytes + c]!, x);
      v[high / bytes + c] = pmax(v[high / bytes + c]!, x);
      f64[sums / 8 + c]! += x;
    }
  }
}

/** Per column: sum of (x - mean)^2, float64. */
export function columnSpread(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  mean: number,
  squares: number,
): void {
  const v = real.view(memory);
  const { f64 } = memory;
  f64.fill(0, squares / 8, squares / 8 + width);
  for (let i = 0, p = rows / real.bytes; i < n; i++) {
    for (let c = 0; c < width; c++, p++) {
      const e = v[p]! - f64[mean / 8 + c]!;
      f64[squares / 8 + c]! += e * e;
    }
  }
}

/** out = (row - mean) factor; halfNorm = -|out|^2 / 2. out may be rows. */
export function centerRows(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  mean: number,
  factor: number,
  out: number,
  halfNorm: number,
): void {
  const { bytes, single } = real;
  const v = real.view(memory);
  const scale = round(single, factor);
  for (let i = 0; i < n; i++) {
    const from = rows / bytes + i * width;
    const to = out / bytes + i * width;
    for (let c = 0; c < width; c++) v[to + c] = scale * round(single, v[from + c]! - v[mean / bytes + c]!);
    v[halfNorm / bytes + i] = rowSum(laneProducts, real, v, to, to, width) * -0.5;
  }
}

/** out = <row, g> - subtract (0: none). */
export function rowProducts(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  g: number,
  subtract: number,
  out: number,
): void {
  const { bytes } = real;
  const v = real.view(memory);
  for (let i = 0; i < n; i++) {
    const value = rowSum(laneProducts, real, v, rows / bytes + i * width, g / bytes, width);
    v[out / bytes + i] = subtract !== 0 ? value - v[subtract / bytes + i]! : value;
  }
}

/** out = (row - mean) weight. */
export function weightRows(
  memory: ComputeMemory,
  real: Real,
  n: number,
  width: number,
  rows: number,
  mean: number,
  weights: number,
  out: number,
): void {
  const { bytes, single } = real;
  const v = real.view(memory);
  for (let i = 0; i < n; i++) {
    const from = rows / bytes + i * width;
    const to = out / bytes + i * width;
    const weight = v[weights / bytes + i]!;
    for (let c = 0; c < width; c++) v[to + c] = weight * round(single, v[from + c]! - v[mean / bytes + c]!);
  }
}

/** Copies the rows named by indices. */
export function gatherRows(
  memory: ComputeMemory,
  real: Real,
  count: number,
  width: number,
  rows: number,
  indices: number,
  out: number,
): void {
  const stride = width * real.bytes;
  for (let i = 0; i < count; i++) {
    const from = rows + memory.i32[indices / 4 + i]! * stride;
    memory.u8.copyWithin(out + i * stride, from, from + stride);
  }
}

export function vectorMaximum(memory: ComputeMemory, real: Real, n: number, x: number): number {
  const v = real.view(memory);
  let most = real.lowest;
  for (let p = x / real.bytes, end = p + n; p < end; p++) most = Math.max(most, v[p]!);
  return most;
}
