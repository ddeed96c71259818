// Softmax along rows [n][width] of T, width a multiple of 8, in place:
//
//   m  the kept entry for which scale m is largest      e_j = e^(scale (s_j - m)), 0 where not kept      sum = e_0 + e_1 + ...
//   the row becomes e, or e / sum
//
// Arguments of the exponential are computed without overflow: float32 through float64, float64 by halves. Sums are float64.
import { expF32, expF64 } from "./exp";
import { lowWide } from "./rows";
import { highHalf } from "./simd";

/** keep: u8 [rows][n], or 0. extremes, sums: float64 [rows], both 0 for a row that keeps nothing. normalize: divide by the sum. */
export function softmaxRows<T>(rows: i32, n: i32, width: i32, x: usize, scale: f64, keep: usize, extremes: usize, sums: usize, normalize: i32): void {
  const bytes = <usize>width * sizeof<T>();
  for (let i = 0; i < rows; i++) {
    const first = keep ? firstKept(n, keep) : 0;
    let extreme: f64 = 0, sum: f64 = 0;
    if (first < n) {
      // what does not count stands in for an entry that does, until the exponentials are there
      const neutral = load<T>(x + <usize>first * sizeof<T>());
      if (keep) fillHidden<T>(n, keep, x, neutral);
      for (let c = n; c < width; c++) store<T>(x + <usize>c * sizeof<T>(), neutral);
      extreme = rowExtreme<T>(x, bytes, scale < 0);
      exponents<T>(x, bytes, extreme, scale);
      if (sizeof<T>() == 4) expF32(width, x);
      else expF64(width, x);
      if (keep) fillHidden<T>(n, keep, x, <T>0);
      for (let c = n; c < width; c++) store<T>(x + <usize>c * sizeof<T>(), <T>0);
      sum = rowTotal<T>(x, bytes);
      if (normalize) {
        const total = v128.splat<T>(<T>sum);
        for (let p = x; p < x + bytes; p += 16) v128.store(p, v128.div<T>(v128.load(p), total));
      }
    } else memory.fill(x, 0, bytes);
    store<f64>(extremes, extreme); store<f64>(sums, sum);
    extremes += 8; sums += 8;
    x += bytes;
    if (keep) keep += <usize>n;
  }
}

function firstKept(n: i32, keep: usize): i32 {
  let j = 0;
  while (j < n && !load<u8>(keep + <usize>j)) j++;
  return j;
}

function fillHidden<T>(n: i32, keep: usize, x: usize, value: T): void {
  for (let j = 0; j < n; j++) if (!load<u8>(keep + <usize>j)) store<T>(x + <usize>j * sizeof<T>(), value);
}

/** Largest entry of a row, or least; + 0, so that a zero has no sign. */
function rowExtreme<T>(x: usize, bytes: usize, least: bool): f64 {
  let extreme = v128.load(x);
  const end = x + bytes;
  if (least) for (let p = x; p < end; p += 16) extreme = v128.pmin<T>(extreme, v128.load(p));
  else for (let p = x; p < end; p += 16) extreme = v128.pmax<T>(extreme, v128.load(p));
  const a = <f64>v128.extract_lane<T>(extreme, 0), b = <f64>v128.extract_lane<T>(extreme, 1);
  let found = least ? min(a, b) : max(a, b);
  if (sizeof<T>() == 4) {
    const c = <f64>f32x4.extract_lane(extreme, 2), d = <f64>f32x4.extract_lane(extreme, 3);
    found = least ? min(found, min(c, d)) : max(found, max(c, d));
  }
  return found + 0;
}

/** x <- scale (x - extreme), at most 0. */
function exponents<T>(x: usize, bytes: usize, extreme: f64, scale: f64): void {
  const end = x + bytes;
  if (sizeof<T>() == 4) {
    const m = f64x2.splat(extreme), s = f64x2.splat(scale);
    for (let p = x; p < end; p += 16) {
      const v = v128.load(p);
      const low = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(v), m), s));
      const high = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(highHalf(v)), m), s));
      v128.store(p, v128.shuffle<i64>(low, high, 0, 2));
    }
  } else {
    const half = f64x2.splat(0.5), m = f64x2.splat(0.5 * extreme), s = f64x2.splat(2 * scale);
    for (let p = x; p < end; p += 16) v128.store(p, f64x2.mul(f64x2.sub(f64x2.mul(v128.load(p), half), m), s));
  }
}

/** Sum of a row in float64: a partial sum for each position mod 4 (float32) or mod 2 (float64), then (0 + 1) + (2 + 3) or 0 + 1. */
function rowTotal<T>(x: usize, bytes: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0;
  for (let p = x; p < x + bytes; p += 16) {
    const v = v128.load(p);
    s0 = f64x2.add(s0, lowWide<T>(v));
    if (sizeof<T>() == 4) s1 = f64x2.add(s1, f64x2.promote_low_f32x4(highHalf(v)));
  }
  return (f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1)) + (f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1));
}
