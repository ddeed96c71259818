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

/** The same from 0 for two rows of the tile, whose entries a and a + 1 lie side by side: the second row at out + 4. */
export function productPair(
  real: Real,
  v: RealArray,
  count: number,
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  out: number,
): void {
  if (real.single) {
    lanesSingle(v, count, a, aStep, b, bStep, 0, out);
    lanesSingle(v, count, a + 1, aStep, b, bStep, 0, out + 4);
  } else pairDouble(v, count, a, aStep, b, bStep, out);
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

function pairDouble(v: RealArray, count: number, a: number, aStep: number, b: number, bStep: number, out: number): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  for (let k = 0, p = a, q = b; k < count; k++, p += aStep, q += bStep) {
    const x = v[p]!;
    const y = v[p + 1]!;
    const b0 = v[q]!;
    s0 += x * b0;
    t0 += y * b0;
    const b1 = v[q + 1]!;
    s1 += x * b1;
    t1 += y * b1;
    const b2 = v[q + 2]!;
    s2 += x * b2;
    t2 += y * b2;
    const b3 = v[q + 3]!;
    s3 += x * b3;
    t3 += y * b3;
  }
  v[out] = s0;
  v[out + 1] = s1;
  v[out + 2] = s2;
  v[out + 3] = s3;
  v[out + 4] = t0;
  v[out + 5] = t1;
  v[out + 6] = t2;
  v[out + 7] = t3;
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
