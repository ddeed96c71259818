// Passes over rows: staging, statistics, centring, weighting. Rows are [n][width] of T, width a multiple of 4.
import { fma, laneSum, lowest } from "./simd";

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

/** Per column: sum (float64), minimum and maximum (T). */
export function columnRange<T>(n: i32, width: i32, rows: usize, sums: usize, low: usize, high: usize): void {
  const stride = <usize>width * sizeof<T>();
  memory.fill(sums, 0, <usize>width * 8);
  for (let c = 0; c < width; c++) { store<T>(low + <usize>c * sizeof<T>(), -lowest<T>()); store<T>(high + <usize>c * sizeof<T>(), lowest<T>()); }
  for (let i = 0; i < n; i++) {
    for (let b: usize = 0; b < stride; b += 16) {
      const x = v128.load(rows + b);
      v128.store(low + b, v128.pmin<T>(v128.load(low + b), x));
      v128.store(high + b, v128.pmax<T>(v128.load(high + b), x));
      addWide<T>(sums + b * (8 / sizeof<T>()), x);
    }
    rows += stride;
  }
}

/** Per column: sum of (x - mean)^2, float64; mean is float64 [width]. */
export function columnSpread<T>(n: i32, width: i32, rows: usize, mean: usize, squares: usize): void {
  memory.fill(squares, 0, <usize>width * 8);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < width; c++) {
      const e = <f64>load<T>(rows + <usize>c * sizeof<T>()) - load<f64>(mean + <usize>c * 8);
      const at = squares + <usize>c * 8;
      store<f64>(at, load<f64>(at) + e * e);
    }
    rows += <usize>width * sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function addWide<T>(out: usize, x: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(out, f64x2.add(v128.load(out), f64x2.promote_low_f32x4(x)));
    v128.store(out, f64x2.add(v128.load(out, 16), f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3))), 16);
  } else v128.store(out, f64x2.add(v128.load(out), x));
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
