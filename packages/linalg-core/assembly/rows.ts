// Passes over rows: staging, statistics, centring, weighting. Rows are [n][width] of T, width a multiple of 4.
import { fma, highHalf, laneSum, lowest } from "./simd";

/** Index of the first NaN or Infinity among count values, or -1. */
export function firstNonFinite<T>(count: i32, p: usize): i32 {
  const lanes = 16 / <i32>sizeof<T>();
  let seen = v128.splat<T>(0);
  let i = 0;
  for (; i + lanes <= count; i += lanes) {
    const x = v128.load(p + <usize>i * sizeof<T>());
    seen = v128.or(seen, v128.sub<T>(x, x)); // 0 for finite x, NaN otherwise
  }
  let bad = v128.any_true(v128.ne<T>(seen, seen));
  for (; i < count; i++) { const x = load<T>(p + <usize>i * sizeof<T>()); if (x - x != 0) bad = true; }
  if (!bad) return -1;
  for (i = 0; i < count; i++) { const x = load<T>(p + <usize>i * sizeof<T>()); if (x - x != 0) return i; }
  return -1;
}

/** Strided [n][d] -> rows [n][width] times factor, zeros after column d; if ones, column d is 1. Strides in bytes. */
export function stageRows<T>(n: i32, d: i32, source: usize, rowStride: i32, columnStride: i32, factor: f64, out: usize, width: i32, ones: i32): void {
  const scale = <T>factor, scales = v128.splat<T>(scale);
  const lanes = 16 / <i32>sizeof<T>();
  const vectors = columnStride == <i32>sizeof<T>() ? d / lanes * lanes : 0; // columns that go over in whole vectors
  for (let i = 0; i < n; i++) {
    let p = source + <usize>i * <usize>rowStride;
    for (let c = 0; c < vectors; c += lanes) { v128.store(out + <usize>c * sizeof<T>(), v128.mul<T>(v128.load(p), scales)); p += 16; }
    for (let c = vectors; c < d; c++) { store<T>(out + <usize>c * sizeof<T>(), load<T>(p) * scale); p += <usize>columnStride; }
    for (let c = d; c < width; c++) store<T>(out + <usize>c * sizeof<T>(), <T>0);
    if (ones) store<T>(out + <usize>d * sizeof<T>(), <T>1);
    out += <usize>width * sizeof<T>();
  }
}

/** Per column: sum (float64), minimum and maximum (T); a vector of columns at a time, so that all stay in registers. */
export function columnRange<T>(n: i32, width: i32, rows: usize, sums: usize, low: usize, high: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let b: usize = 0; b < stride; b += 16) {
    let least = v128.splat<T>(-lowest<T>()), most = v128.splat<T>(lowest<T>());
    let s0 = f64x2.splat(0), s1 = s0;
    let p = rows + b;
    for (let i = 0; i < n; i++) {
      const x = v128.load(p);
      least = v128.pmin<T>(least, x); most = v128.pmax<T>(most, x);
      s0 = f64x2.add(s0, lowWide<T>(x));
      if (sizeof<T>() == 4) s1 = f64x2.add(s1, f64x2.promote_low_f32x4(highHalf(x)));
      p += stride;
    }
    v128.store(low + b, least); v128.store(high + b, most);
    storeWide<T>(sums + b * (8 / sizeof<T>()), s0, s1);
  }
}

/** Per column: sum of (x - mean)^2, float64; mean is float64 [width]. */
export function columnSpread<T>(n: i32, width: i32, rows: usize, mean: usize, squares: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let b: usize = 0; b < stride; b += 16) {
    const wide = b * (8 / sizeof<T>());
    const m0 = v128.load(mean + wide), m1 = sizeof<T>() == 4 ? v128.load(mean + wide, 16) : m0;
    let s0 = f64x2.splat(0), s1 = s0;
    let p = rows + b;
    for (let i = 0; i < n; i++) {
      const x = v128.load(p);
      const e0 = f64x2.sub(lowWide<T>(x), m0);
      s0 = f64x2.add(s0, f64x2.mul(e0, e0));
      if (sizeof<T>() == 4) {
        const e1 = f64x2.sub(f64x2.promote_low_f32x4(highHalf(x)), m1);
        s1 = f64x2.add(s1, f64x2.mul(e1, e1));
      }
      p += stride;
    }
    storeWide<T>(squares + wide, s0, s1);
  }
}

/** The first two lanes in float64. */
// @ts-ignore: decorator
@inline
export function lowWide<T>(x: v128): v128 {
  if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(x);
  else return x;
}

/** Float64 values of a vector of columns: four for float32, two for float64. */
// @ts-ignore: decorator
@inline
function storeWide<T>(out: usize, s0: v128, s1: v128): void {
  v128.store(out, s0);
  if (sizeof<T>() == 4) v128.store(out, s1, 16);
}

/** out = (row - mean) * factor;  halfNorm = -|out|^2 / 2. mean is T [width]; out may be rows. */
export function centerRows<T>(n: i32, width: i32, rows: usize, mean: usize, factor: f64, out: usize, halfNorm: usize): void {
  const scale = v128.splat<T>(<T>factor);
  const stride = <usize>width * sizeof<T>();
  for (let i = 0; i < n; i++) {
    let squares = v128.splat<T>(0);
    for (let b: usize = 0; b < stride; b += 16) {
      const x = v128.mul<T>(scale, v128.sub<T>(v128.load(rows + b), v128.load(mean + b)));
      v128.store(out + b, x);
      squares = fma<T>(x, x, squares);
    }
    store<T>(halfNorm, laneSum<T>(squares) * <T>-0.5);
    rows += stride; out += stride; halfNorm += sizeof<T>();
  }
}

/** out = <row, g> - subtract (subtract: T [n], or 0). g is T [width]. */
export function rowProducts<T>(n: i32, width: i32, rows: usize, g: usize, subtract: usize, out: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let i = 0; i < n; i++) {
    let sum = v128.splat<T>(0);
    for (let b: usize = 0; b < stride; b += 16) sum = fma<T>(v128.load(rows + b), v128.load(g + b), sum);
    const value = laneSum<T>(sum);
    store<T>(out, subtract ? value - load<T>(subtract + <usize>i * sizeof<T>()) : value);
    rows += stride; out += sizeof<T>();
  }
}

/** out = (row - mean) * weight[i]. mean is T [width]: a column of ones with mean 0 becomes the weight itself. */
export function weightRows<T>(n: i32, width: i32, rows: usize, mean: usize, weights: usize, out: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const w = v128.load_splat<T>(weights);
    for (let b: usize = 0; b < stride; b += 16) v128.store(out + b, v128.mul<T>(w, v128.sub<T>(v128.load(rows + b), v128.load(mean + b))));
    rows += stride; out += stride; weights += sizeof<T>();
  }
}

/** Copies the rows named by indices (i32) from rows [.][width] to out [count][width]. */
export function gatherRows<T>(count: i32, width: i32, rows: usize, indices: usize, out: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let i = 0; i < count; i++) {
    const from = rows + <usize>load<i32>(indices + <usize>i * 4) * stride;
    for (let b: usize = 0; b < stride; b += 16) v128.store(out + b, v128.load(from + b));
    out += stride;
  }
}

/** Largest of n values. */
export function vectorMaximum<T>(n: i32, p: usize): T {
  let m = lowest<T>();
  for (let i = 0; i < n; i++) m = max(m, load<T>(p + <usize>i * sizeof<T>()));
  return m;
}
