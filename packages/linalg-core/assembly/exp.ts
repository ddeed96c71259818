// e^x over a vector, in place. count is a multiple of 4 (float32) or 2 (float64).
//
//   k = round(x log2 e);  r = x - k ln 2 in two parts;  e^r by a polynomial;  times 2^k through the exponent field
//
// float32 (Cephes expf: the split of ln 2 and the polynomial): relative error 8e-8; exactly 0 where e^x is subnormal (below -87.33654),
// Infinity above 88.72283, the last x whose e^x is finite.
// float64: Taylor of degree 13, truncation 5e-18; 2^k in two factors, so that results near the ends of the range are right.
import { fma } from "./simd";

export function expF32(count: i32, x: usize): void {
  const log2e = f32x4.splat(1.44269504088896341), magic = f32x4.splat(12582912), high = f32x4.splat(0.693359375), low = f32x4.splat(-2.12194440e-4);
  const least = f32x4.splat(-87.33654), most = f32x4.splat(88.72283), one = f32x4.splat(1), infinite = f32x4.splat(Infinity);
  for (let i = 0; i < count; i += 4) {
    const v = v128.load(x);
    const u = f32x4.pmin(most, f32x4.pmax(least, v));
    const t = f32x4.add(f32x4.mul(u, log2e), magic);
    const k = f32x4.sub(t, magic);
    const r = f32x4.sub(f32x4.sub(u, f32x4.mul(k, high)), f32x4.mul(k, low));
    let p = fma<f32>(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
    p = fma<f32>(p, r, f32x4.splat(8.3334519073e-3)); p = fma<f32>(p, r, f32x4.splat(4.1665795894e-2));
    p = fma<f32>(p, r, f32x4.splat(1.6666665459e-1)); p = fma<f32>(p, r, f32x4.splat(5.0000001201e-1));
    p = f32x4.add(fma<f32>(f32x4.mul(r, r), p, r), one);
    // k (the low bits of t) is added to the exponent field: k = 128 has p < 1, k = -126 has p >= 1, so the sum is that of a normal number
    let y = i32x4.add(p, i32x4.shl(t, 23));
    y = v128.bitselect(f32x4.splat(0), y, f32x4.lt(v, least));
    y = v128.bitselect(infinite, y, f32x4.gt(v, most));
    v128.store(x, y);
    x += 16;
  }
}

/** 1/k!, k = 13 .. 2. */
const TAYLOR = memory.data<f64>([
  1.6059043836821616e-10, 2.0876756987868100e-9, 2.5052108385441720e-8, 2.7557319223985894e-7, 0.0000027557319223985893, 0.000024801587301587302,
  0.00019841269841269841, 0.0013888888888888889, 0.0083333333333333332, 0.041666666666666664, 0.16666666666666666, 0.5,
]);

export function expF64(count: i32, x: usize): void {
  const log2e = f64x2.splat(1.44269504088896341), magic = f64x2.splat(6755399441055744);
  const high = f64x2.splat(6.93147180369123816490e-1), low = f64x2.splat(1.90821492927058770002e-10);
  const least = f64x2.splat(-745.2), most = f64x2.splat(709.79), one = f64x2.splat(1);
  for (let i = 0; i < count; i += 2) {
    const v = v128.load(x);
    const u = f64x2.pmin(most, f64x2.pmax(least, v));
    const t = f64x2.add(f64x2.mul(u, log2e), magic);
    const k = f64x2.sub(t, magic);
    const r = f64x2.sub(f64x2.sub(u, f64x2.mul(k, high)), f64x2.mul(k, low));
    let p = v128.load_splat<f64>(TAYLOR);
    for (let c = TAYLOR + 8; c < TAYLOR + 96; c += 8) p = fma<f64>(p, r, v128.load_splat<f64>(c));
    p = f64x2.add(fma<f64>(f64x2.mul(r, r), p, r), one);
    // the low word of t holds k: halve it, and scale by both halves
    const whole = i64x2.sub(t, magic);
    const half = i64x2.shr_s(whole, 1), rest = i64x2.sub(whole, half);
    const bias = i64x2.splat(1023);
    p = f64x2.mul(f64x2.mul(p, i64x2.shl(i64x2.add(half, bias), 52)), i64x2.shl(i64x2.add(rest, bias), 52));
    p = v128.bitselect(f64x2.splat(0), p, f64x2.lt(v, least));
    p = v128.bitselect(f64x2.splat(Infinity), p, f64x2.gt(v, f64x2.splat(709.782712893384)));
    v128.store(x, p);
    x += 16;
  }
}
