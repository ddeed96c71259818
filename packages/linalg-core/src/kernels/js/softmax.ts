/**
 * Softmax along rows [n][width] of T, in place, as in assembly/softmax.ts.
 *
 *   m  the kept entry for which scale m is largest      e_j = e^(scale (s_j − m)), 0 where not kept      sum = e_0 + e_1 + …
 *   the row becomes e, or e / sum
 */
import type { ComputeMemory } from "../abi.js";
import { expF32, expF64 } from "./exp.js";
import type { Real, RealArray } from "./real.js";

export function softmaxRows(
  memory: ComputeMemory,
  real: Real,
  rows: number,
  n: number,
  width: number,
  x: number,
  scale: number,
  keep: number,
  extremes: number,
  sums: number,
  normalize: number,
): void {
  const v = real.view(memory);
  const { u8, f64 } = memory;
  const isKept = (i: number, j: number): boolean => keep === 0 || u8[keep + i * n + j] !== 0;
  for (let i = 0; i < rows; i++) {
    const at = x / real.bytes + i * width;
    let first = 0;
    while (first < n && !isKept(i, first)) first++;
    let extreme = 0;
    let sum = 0;
    if (first < n) {
      for (let j = 0; j < width; j++) if (j >= n || !isKept(i, j)) v[at + j] = v[at + first]!;
      extreme = rowExtreme(v, at, width, scale < 0);
      exponents(real, v, at, width, extreme, scale);
      (real.single ? expF32 : expF64)(memory, width, at * real.bytes);
      for (let j = 0; j < width; j++) if (j >= n || !isKept(i, j)) v[at + j] = 0;
      sum = rowTotal(real, v, at, width);
      const total = real.single ? Math.fround(sum) : sum;
      if (normalize !== 0) for (let j = 0; j < width; j++) v[at + j] = v[at + j]! / total; // the store rounds
    } else v.fill(0, at, at + width);
    f64[extremes / 8 + i] = extreme;
    f64[sums / 8 + i] = sum;
  }
}

/** Largest entry of a row, or least; + 0, so that a zero has no sign. */
function rowExtreme(v: RealArray, at: number, width: number, least: boolean): number {
  let extreme = v[at]!;
  for (let j = 1; j < width; j++) {
    const value = v[at + j]!;
    if (least ? value < extreme : value > extreme) extreme = value;
  }
  return extreme + 0;
}

/** x ← scale (x − extreme), at most 0: float32 through float64, float64 by halves, so that no difference overflows. */
function exponents({ single }: Real, v: RealArray, at: number, width: number, extreme: number, scale: number): void {
  for (let p = at; p < at + width; p++) v[p] = single ? (v[p]! - extreme) * scale : (v[p]! * 0.5 - 0.5 * extreme) * (2 * scale);
}

/** Sum of a row in float64: a partial sum for each position mod 4 (float32) or mod 2 (float64), then (0 + 1) + (2 + 3) or 0 + 1. */
function rowTotal({ lanes }: Real, v: RealArray, at: number, width: number): number {
  const lane = (l: number): number => {
    let sum = 0;
    for (let j = l; j < width; j += lanes) sum += v[at + j]!;
    return sum;
  };
  return lane(0) + lane(1) + (lanes === 4 ? lane(2) + lane(3) : 0);
}
