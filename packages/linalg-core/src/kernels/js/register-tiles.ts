/**
 * The innermost loops: outer-product register tiles, four columns at a time. Each entry is one sum, k ascending, so that the shape of the tile
 * does not touch its bits.
 */
import { round, type Real, type RealArray } from "./real.js";

/**
 * Four columns of a register tile: v[out + l] = start + sum over k of v[a + k aStep] v[b + k bStep + l], l < 4, k ascending.
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
  const { single } = real;
  let s0 = start;
  let s1 = start;
  let s2 = start;
  let s3 = start;
  for (let k = 0, p = a, q = b; k < count; k++, p += aStep, q += bStep) {
    const x = v[p]!;
    s0 = round(single, s0 + round(single, x * v[q]!));
    s1 = round(single, s1 + round(single, x * v[q + 1]!));
    s2 = round(single, s2 + round(single, x * v[q + 2]!));
    s3 = round(single, s3 + round(single, x * v[q + 3]!));
  }
  v[out] = s0;
  v[out + 1] = s1;
  v[out + 2] = s2;
  v[out + 3] = s3;
}

/** S [key][W queries] = keys · queries + key bias + query bias; count, a multiple of 6, keys packed as [group of 6][depth][6]. */
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
    const key = keys + (j - (j % 6)) * depth + (j % 6);
    for (let l = 0; l < W; l += 4) productLanes(real, v, depth, key, 6, queries + l, W, v[keyBias + j]!, to + l);
    for (let l = 0; l < W; l++) v[to++]! += v[queryBias + l]!;
  }
}
