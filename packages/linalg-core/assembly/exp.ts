// e^x over a vector, in place; count is a multiple of 8 (float32) or 4 (float64).
//
//   k = round(x log2 e);  r = x - k ln 2 in two parts;  e^r by a polynomial;  times 2^k through the exponent field
//
// float32 (Cephes expf: the split of ln 2 and the polynomial): relative error 8e-8; exactly 0 where e^x is subnormal (below -87.33654),
// Infinity above 88.72283, the last x whose e^x is finite.
// float64: Taylor of degree 13, truncation 5e-18, even and odd powers apart (half the latency: 3.2 instead of 3.7 ns an entry); 2^k in two factors, so that results near the ends of the range are right.
// Constants are loaded from memory, as in exp2.ts: a splat is rebuilt in every iteration.
import { fma } from "./simd";

/** log2 e, 1.5 * 2^23, the two parts of -ln 2, the ends of the range, Infinity; then the polynomial, highest power first, and 1. */
const F32 = memory.data<f32>([
  1.44269504088896341, 1.44269504088896341, 1.44269504088896341, 1.44269504088896341, 12582912, 12582912, 12582912, 12582912,
  -0.693359375, -0.693359375, -0.693359375, -0.693359375, 2.12194440e-4, 2.12194440e-4, 2.12194440e-4, 2.12194440e-4,
  -87.33654, -87.33654, -87.33654, -87.33654, 88.72283, 88.72283, 88.72283, 88.72283, Infinity, Infinity, Infinity, Infinity,
  1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3,
  8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2,
  1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1,
  1, 1, 1, 1,
], 16);

export function expF32(count: i32, x: usize): void {
  const least = v128.load(F32, 64), most = v128.load(F32, 80), magic = v128.load(F32, 16), log2e = v128.load(F32);
  for (const end = x + (<usize>count << 2); x < end; x += 32) {
    const v0 = v128.load(x), v1 = v128.load(x, 16);
    const u0 = f32x4.pmin(most, f32x4.pmax(least, v0)), u1 = f32x4.pmin(most, f32x4.pmax(least, v1));
    const t0 = f32x4.add(f32x4.mul(u0, log2e), magic), t1 = f32x4.add(f32x4.mul(u1, log2e), magic);
    const k0 = f32x4.sub(t0, magic), k1 = f32x4.sub(t1, magic);
    let c = v128.load(F32, 32);
    let r0 = fma<f32>(k0, c, u0), r1 = fma<f32>(k1, c, u1);
    c = v128.load(F32, 48);
    r0 = fma<f32>(k0, c, r0); r1 = fma<f32>(k1, c, r1);
    let p0 = v128.load(F32, 112), p1 = p0;
    c = v128.load(F32, 128); p0 = fma<f32>(p0, r0, c); p1 = fma<f32>(p1, r1, c);
    c = v128.load(F32, 144); p0 = fma<f32>(p0, r0, c); p1 = fma<f32>(p1, r1, c);
    c = v128.load(F32, 160); p0 = fma<f32>(p0, r0, c); p1 = fma<f32>(p1, r1, c);
    c = v128.load(F32, 176); p0 = fma<f32>(p0, r0, c); p1 = fma<f32>(p1, r1, c);
    c = v128.load(F32, 192); p0 = fma<f32>(p0, r0, c); p1 = fma<f32>(p1, r1, c);
    c = v128.load(F32, 208);
    p0 = f32x4.add(fma<f32>(f32x4.mul(r0, r0), p0, r0), c); p1 = f32x4.add(fma<f32>(f32x4.mul(r1, r1), p1, r1), c);
    // k (the low bits of t) is added to the exponent field: k = 128 has p < 1, k = -126 has p >= 1, so the sum is that of a normal number
    p0 = v128.and(i32x4.add(p0, i32x4.shl(t0, 23)), f32x4.ge(v0, least)); p1 = v128.and(i32x4.add(p1, i32x4.shl(t1, 23)), f32x4.ge(v1, least));
    c = v128.load(F32, 96);
    v128.store(x, v128.bitselect(c, p0, f32x4.gt(v0, most))); v128.store(x, v128.bitselect(c, p1, f32x4.gt(v1, most)), 16);
  }
}

/** log2 e, 1.5 * 2^52, the two parts of -ln 2, the ends of the range, 1/2, 1; then 1/k!, k = 13 .. 2. */
const F64 = memory.data<f64>([
  1.44269504088896341, 1.44269504088896341, 6755399441055744, 6755399441055744,
  -6.93147180369123816490e-1, -6.93147180369123816490e-1, -1.90821492927058770002e-10, -1.90821492927058770002e-10,
  -745.2, -745.2, 709.79, 709.79, 0.5, 0.5, 1, 1,
  1.6059043836821616e-10, 1.6059043836821616e-10, 2.0876756987868100e-9, 2.0876756987868100e-9,
  2.5052108385441720e-8, 2.5052108385441720e-8, 2.7557319223985894e-7, 2.7557319223985894e-7,
  0.0000027557319223985893, 0.0000027557319223985893, 0.000024801587301587302, 0.000024801587301587302,
  0.00019841269841269841, 0.00019841269841269841, 0.0013888888888888889, 0.0013888888888888889,
  0.0083333333333333332, 0.0083333333333333332, 0.041666666666666664, 0.041666666666666664,
  0.16666666666666666, 0.16666666666666666, 0.5, 0.5,
], 16);

export function expF64(count: i32, x: usize): void {
  const bias = i64x2.splat(1023);
  for (const end = x + (<usize>count << 3); x < end; x += 32) {
    const log2e = v128.load(F64), magic = v128.load(F64, 16), high = v128.load(F64, 32), low = v128.load(F64, 48);
    const least = v128.load(F64, 64), most = v128.load(F64, 80), half = v128.load(F64, 96), one = v128.load(F64, 112);
    const u0 = f64x2.pmin(most, f64x2.pmax(least, v128.load(x))), u1 = f64x2.pmin(most, f64x2.pmax(least, v128.load(x, 16)));
    const t0 = f64x2.add(f64x2.mul(u0, log2e), magic), t1 = f64x2.add(f64x2.mul(u1, log2e), magic);
    const k0 = f64x2.sub(t0, magic), k1 = f64x2.sub(t1, magic);
    const r0 = fma<f64>(k0, low, fma<f64>(k0, high, u0)), r1 = fma<f64>(k1, low, fma<f64>(k1, high, u1));
    const s0 = f64x2.mul(r0, r0), s1 = f64x2.mul(r1, r1);
    let p0 = v128.load(F64, 144), p1 = p0, q0 = v128.load(F64, 128), q1 = q0; // even powers, odd powers
    for (let c = F64 + 160; c < F64 + 320; c += 32) {
      const odd = v128.load(c), even = v128.load(c, 16);
      q0 = fma<f64>(q0, s0, odd); q1 = fma<f64>(q1, s1, odd);
      p0 = fma<f64>(p0, s0, even); p1 = fma<f64>(p1, s1, even);
    }
    p0 = fma<f64>(q0, r0, p0); p1 = fma<f64>(q1, r1, p1);
    p0 = f64x2.add(fma<f64>(s0, p0, r0), one); p1 = f64x2.add(fma<f64>(s1, p1, r1), one);
    // the low bits of t hold k, those of h nearly k/2: beyond the ends of the range the two factors give 0 and Infinity by themselves
    const h0 = f64x2.add(f64x2.mul(k0, half), magic), h1 = f64x2.add(f64x2.mul(k1, half), magic);
    p0 = f64x2.mul(p0, i64x2.shl(i64x2.add(h0, bias), 52)); p1 = f64x2.mul(p1, i64x2.shl(i64x2.add(h1, bias), 52));
    v128.store(x, f64x2.mul(p0, i64x2.shl(i64x2.add(i64x2.sub(t0, h0), bias), 52)));
    v128.store(x, f64x2.mul(p1, i64x2.shl(i64x2.add(i64x2.sub(t1, h1), bias), 52)), 16);
  }
}
