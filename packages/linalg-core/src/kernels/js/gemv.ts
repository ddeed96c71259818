/**
 * A x and Aᵀ x, with the sums of assembly/gemv.ts, which no binary fuses: these loops also serve small products on every backend.
 *
 *   A  m × n, rows from A[a] on, `stride` apart      x, y  from x[b], y[c] on; the arrays may be one
 */
import type { ComputeMemory } from "../abi.js";
import { readWords, type Real, type RealArray } from "./real.js";

const GEMV = ["m", "n", "A", "x", "y", "perTile"] as const;

export function rowDotsTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { m, n, A, x, y, perTile } = readWords(memory, args, GEMV);
  const first = tile * perTile;
  const v = real.view(memory);
  const { bytes } = real;
  rowDots(real.single, v, A / bytes + first * n, Math.min(perTile, m - first), n, n, v, x / bytes, v, y / bytes + first);
}

export function addRowsTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { m, n, A, x, y, perTile } = readWords(memory, args, GEMV);
  const first = tile * perTile;
  const v = real.view(memory);
  const { bytes } = real;
  addRows(real.single, v, A / bytes + first, m, Math.min(perTile, n - first), n, v, x / bytes, v, y / bytes + first);
}

/** y ← A x, rows `stride` apart: partial sums over l mod 16 (float32) or 8 (float64), then the entries left one by one. */
export function rowDots(
  single: boolean,
  A: RealArray,
  a: number,
  m: number,
  n: number,
  stride: number,
  x: RealArray,
  b: number,
  y: RealArray,
  c: number,
): void {
  for (let i = 0; i < m; i++) y[c + i] = single ? dotOf16(A, a + i * stride, x, b, n) : dotOf8(A, a + i * stride, x, b, n);
}

/** y ← y + Aᵀ x, rows `stride` apart: one sum a column, rows ascending. */
export function addRows(
  single: boolean,
  A: RealArray,
  a: number,
  m: number,
  columns: number,
  stride: number,
  x: RealArray,
  b: number,
  y: RealArray,
  c: number,
): void {
  for (let i = 0; i < m; i++) {
    const factor = x[b + i]!;
    const row = a + i * stride;
    if (single) addRowSingle(factor, A, row, y, c, columns);
    else addRowDouble(factor, A, row, y, c, columns);
  }
}

// the store rounds the sum; two functions, since with the flag in the loop both are 7 times slower (1000 × 1000: 12.9 and 1.7 ms)
function addRowSingle(factor: number, A: RealArray, row: number, y: RealArray, c: number, columns: number): void {
  for (let j = 0; j < columns; j++) y[c + j] = y[c + j]! + Math.fround(factor * A[row + j]!);
}

function addRowDouble(factor: number, A: RealArray, row: number, y: RealArray, c: number, columns: number): void {
  for (let j = 0; j < columns; j++) y[c + j] = y[c + j]! + factor * A[row + j]!;
}

/** Entries eight apart are summed in one lane, then the lanes, then what is left one by one. */
export function dotOf8(A: RealArray, p: number, x: RealArray, q: number, n: number): number {
  const whole = n - (n % 8);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  for (let l = 0; l < whole; l += 8) {
    const i = p + l;
    const j = q + l;
    s0 += A[i]! * x[j]!;
    s1 += A[i + 1]! * x[j + 1]!;
    s2 += A[i + 2]! * x[j + 2]!;
    s3 += A[i + 3]! * x[j + 3]!;
    s4 += A[i + 4]! * x[j + 4]!;
    s5 += A[i + 5]! * x[j + 5]!;
    s6 += A[i + 6]! * x[j + 6]!;
    s7 += A[i + 7]! * x[j + 7]!;
  }
  let sum = s0 + s2 + (s4 + s6) + (s1 + s3 + (s5 + s7)); // pairs of lanes, as vectors are added
  for (let l = whole; l < n; l++) sum += A[p + l]! * x[q + l]!;
  return sum;
}

function dotOf16(A: RealArray, p: number, x: RealArray, q: number, n: number): number {
  const { fround } = Math;
  const whole = n - (n % 16);
  const partial = (lane: number): number => {
    let sum = 0;
    for (let l = lane; l < whole; l += 16) sum = fround(sum + fround(A[p + l]! * x[q + l]!));
    return sum;
  };
  const lane = (l: number): number => fround(fround(partial(l) + partial(l + 4)) + fround(partial(l + 8) + partial(l + 12)));
  let sum = fround(fround(lane(0) + lane(2)) + fround(lane(1) + lane(3)));
  for (let l = whole; l < n; l++) sum = fround(sum + fround(A[p + l]! * x[q + l]!));
  return sum;
}
