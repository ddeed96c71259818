/**
 * The innermost loops: outer-product register tiles, four columns at a time. Each entry is one sum, k ascending, so that the shape of the tile
 * does not touch its bits.
 */
import type { Real, RealArray } from "./real.js";

/** Rows of a register tile, as in the plain SIMD binary: operands are packed in groups of them. */
export const TILE_ROWS = 4;

/**
 * Four columns of a register tile: v[out + l] = start + sum over k of v[a + k aStep] v[b + k bStep + l], l < 4, k ascending.
 *
 * One function a dtype, here and below: a flag in the loop makes both several times slower.
 */
export function productLanes(
  real: Real,
  v: RealArray,
  count: number,
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  start: number,
  out: number,
): void {
  if (real.single) lanesSingle(v, count, a, aStep, b, bStep, start, out);
  else lanesDouble(v, count, a, aStep, b, bStep, start, out);
}

/** The same from 0 for four rows of the tile, whose entries a … a + 3 lie side by side, as do the four of B: row i at out + 4 i. */
export function productSquare(
  real: Real,
  v: RealArray,
  count: number,
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  out: number,
): void {
  if (real.single) for (let i = 0; i < 4; i++) lanesSingle(v, count, a + i, aStep, b, bStep, 0, out + 4 * i);
  else squareDouble(v, count, a, aStep, b, bStep, out);
}

function lanesSingle(v: RealArray, count: number, a: number, aStep: number, b: number, bStep: number, start: number, out: number): void {
  const { fround } = Math;
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  for (let k = 0, p = a, q = b; k < count; k++, p += aStep, q += bStep) {
    const x = v[p]!;
    s0 = fround(s0 + fround(x * v[q]!));
    s1 = fround(s1 + fround(x * v[q + 1]!));
    s2 = fround(s2 + fround(x * v[q + 2]!));
    s3 = fround(s3 + fround(x * v[q + 3]!));
  }
  v[out] = s0;
  v[out + 1] = s1;
  v[out + 2] = s2;
  v[out + 3] = s3;
}

function lanesDouble(v: RealArray, count: number, a: number, aStep: number, b: number, bStep: number, start: number, out: number): void {
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  for (let k = 0, p = a, q = b; k < count; k++, p += aStep, q += bStep) {
    const x = v[p]!;
    s0 += x * v[q]!;
    s1 += x * v[q + 1]!;
    s2 += x * v[q + 2]!;
    s3 += x * v[q + 3]!;
  }
  v[out] = s0;
  v[out + 1] = s1;
  v[out + 2] = s2;
  v[out + 3] = s3;
}

/** Sixteen sums are more than registers hold, and still faster than eight: half of the loads, of which each costs a check of its bounds. */
function squareDouble(v: RealArray, count: number, a: number, aStep: number, b: number, bStep: number, out: number): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let k = 0, p = a | 0, q = b | 0; k < count; k++, p = (p + aStep) | 0, q = (q + bStep) | 0) {
    const x = v[p]!;
    const y = v[(p + 1) | 0]!;
    const z = v[(p + 2) | 0]!;
    const w = v[(p + 3) | 0]!;
    const b0 = v[q]!;
    s00 += x * b0;
    s10 += y * b0;
    s20 += z * b0;
    s30 += w * b0;
    const b1 = v[(q + 1) | 0]!;
    s01 += x * b1;
    s11 += y * b1;
    s21 += z * b1;
    s31 += w * b1;
    const b2 = v[(q + 2) | 0]!;
    s02 += x * b2;
    s12 += y * b2;
    s22 += z * b2;
    s32 += w * b2;
    const b3 = v[(q + 3) | 0]!;
    s03 += x * b3;
    s13 += y * b3;
    s23 += z * b3;
    s33 += w * b3;
  }
  v[out] = s00;
  v[out + 1] = s01;
  v[out + 2] = s02;
  v[out + 3] = s03;
  v[out + 4] = s10;
  v[out + 5] = s11;
  v[out + 6] = s12;
  v[out + 7] = s13;
  v[out + 8] = s20;
  v[out + 9] = s21;
  v[out + 10] = s22;
  v[out + 11] = s23;
  v[out + 12] = s30;
  v[out + 13] = s31;
  v[out + 14] = s32;
  v[out + 15] = s33;
}

/** S [key][W queries] = keys · queries + key bias + query bias; keys packed as [group of TILE_ROWS][depth][TILE_ROWS]. */
export function scoreTile(
  real: Real,
  v: RealArray,
  count: number,
  depth: number,
  keys: number,
  keyBias: number,
  queries: number,
  queryBias: number,
  out: number,
): void {
  const { W } = real;
  for (let j = 0, to = out; j < count; j++) {
    const key = keys + (j - (j % TILE_ROWS)) * depth + (j % TILE_ROWS);
    for (let l = 0; l < W; l += 4) productLanes(real, v, depth, key, TILE_ROWS, queries + l, W, v[keyBias + j]!, to + l);
    for (let l = 0; l < W; l++) v[to++]! += v[queryBias + l]!;
  }
}
