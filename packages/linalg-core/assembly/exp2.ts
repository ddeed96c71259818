// 2^x over tiles of 32-byte rows, in place.
//
// t = x + 1.5 * 2^23 (2^52 in float64) leaves round(x) in the low bits of t; f = x - round(x) lies in [-1/2, 1/2]; a polynomial
// gives 2^f, and round(x) is added to its exponent field. Constants are loaded from memory: a splat of a constant is
// rebuilt by V8 in every iteration, which doubles the cost (1.2 instead of 0.55 ns an element).
// Below FLOOR the result is 2^FLOOR, not 0: weights near the smallest normal number would become subnormal when they
// are multiplied by a key weight, and subnormals cost a factor of five. 2^FLOOR is counted in every error bound.
import { fma, lowest } from "./simd";

/** Relative error 9.2e-8; 2^0 is exactly 1: scripts/fit-exp2.mjs. */
const F32 = memory.data<f32>([
  12582912, 12582912, 12582912, 12582912, -80, -80, -80, -80,
  0.0013264726903326224, 0.0013264726903326224, 0.0013264726903326224, 0.0013264726903326224,
  0.0096715126606214275, 0.0096715126606214275, 0.0096715126606214275, 0.0096715126606214275,
  0.055507337442298521, 0.055507337442298521, 0.055507337442298521, 0.055507337442298521,
  0.24022242084918000, 0.24022242084918000, 0.24022242084918000, 0.24022242084918000,
  0.69314697759848243, 0.69314697759848243, 0.69314697759848243, 0.69314697759848243,
  1.0, 1.0, 1.0, 1.0,
], 16);

/** Taylor of 2^f, coefficients ln(2)^k / k!, k = 13 .. 0: truncation 4e-18. */
const F64 = memory.data<f64>([
  6755399441055744, 6755399441055744, -500, -500,
  1.3691488853904124e-12, 1.3691488853904124e-12, 2.5678435993488199e-11, 2.5678435993488199e-11,
  4.4455382718708106e-10, 4.4455382718708106e-10, 7.0549116208011217e-9, 7.0549116208011217e-9,
  1.0178086009239699e-7, 1.0178086009239699e-7, 0.0000013215486790144307, 0.0000013215486790144307,
  0.000015252733804059839, 0.000015252733804059839, 0.00015403530393381609, 0.00015403530393381609,
  0.0013333558146428443, 0.0013333558146428443, 0.0096181291076284769, 0.0096181291076284769,
  0.055504108664821576, 0.055504108664821576, 0.24022650695910069, 0.24022650695910069,
  0.69314718055994529, 0.69314718055994529, 1.0, 1.0,
], 16);

/** rows of 32 bytes at x: x = 2^max(x, FLOOR). For x <= 127 (float32), 1023 (float64). */
export function exp2Tile<T>(rows: i32, x: usize): void {
  const zero = v128.splat<T>(0);
  exp2Body<T>(rows, x, zero, zero, false);
}

/** x = 2^max(x - m, FLOOR), m a vector pair of one maximum per lane. */
export function exp2TileMinus<T>(rows: i32, x: usize, m0: v128, m1: v128): void {
  exp2Body<T>(rows, x, m0, m1, false);
}

/** The same, and exactly 0 where x was lowest<T>(): what is masked has no weight at all. */
export function exp2TileMasked<T>(rows: i32, x: usize, m0: v128, m1: v128): void {
  exp2Body<T>(rows, x, m0, m1, true);
}

// @ts-ignore: decorator
@inline
function exp2Body<T>(rows: i32, x: usize, m0: v128, m1: v128, masked: bool): void {
  if (sizeof<T>() == 4) {
    const magic = v128.load(F32), floor = v128.load(F32, 16), c5 = v128.load(F32, 32), c4 = v128.load(F32, 48),
      c3 = v128.load(F32, 64), c2 = v128.load(F32, 80), c1 = v128.load(F32, 96), c0 = v128.load(F32, 112);
    const hidden = f32x4.splat(<f32>lowest<T>());
    for (let i = 0; i < rows; i++) {
      const s0 = v128.load(x), s1 = v128.load(x, 16);
      const u0 = f32x4.pmax(floor, f32x4.sub(s0, m0)), u1 = f32x4.pmax(floor, f32x4.sub(s1, m1));
      const t0 = f32x4.add(u0, magic), t1 = f32x4.add(u1, magic);
      const f0 = f32x4.sub(u0, f32x4.sub(t0, magic)), f1 = f32x4.sub(u1, f32x4.sub(t1, magic));
      let p0 = fma<f32>(c5, f0, c4), p1 = fma<f32>(c5, f1, c4);
      p0 = fma<f32>(p0, f0, c3); p1 = fma<f32>(p1, f1, c3);
      p0 = fma<f32>(p0, f0, c2); p1 = fma<f32>(p1, f1, c2);
      p0 = fma<f32>(p0, f0, c1); p1 = fma<f32>(p1, f1, c1);
      p0 = fma<f32>(p0, f0, c0); p1 = fma<f32>(p1, f1, c0);
      p0 = i32x4.add(p0, i32x4.shl(t0, 23)); p1 = i32x4.add(p1, i32x4.shl(t1, 23));
      if (masked) { p0 = v128.and(p0, f32x4.gt(s0, hidden)); p1 = v128.and(p1, f32x4.gt(s1, hidden)); }
      v128.store(x, p0); v128.store(x, p1, 16);
      x += 32;
    }
  } else {
    const magic = v128.load(F64), floor = v128.load(F64, 16);
    const hidden = f64x2.splat(<f64>lowest<T>());
    for (let i = 0; i < rows; i++) {
      const s0 = v128.load(x), s1 = v128.load(x, 16);
      const u0 = f64x2.pmax(floor, f64x2.sub(s0, m0)), u1 = f64x2.pmax(floor, f64x2.sub(s1, m1));
      const t0 = f64x2.add(u0, magic), t1 = f64x2.add(u1, magic);
      const f0 = f64x2.sub(u0, f64x2.sub(t0, magic)), f1 = f64x2.sub(u1, f64x2.sub(t1, magic));
      let p0 = v128.load(F64, 32), p1 = p0;
      for (let c = F64 + 48; c < F64 + 256; c += 16) {
        const next = v128.load(c);
        p0 = fma<f64>(p0, f0, next); p1 = fma<f64>(p1, f1, next);
      }
      p0 = i64x2.add(p0, i64x2.shl(t0, 52)); p1 = i64x2.add(p1, i64x2.shl(t1, 52));
      if (masked) { p0 = v128.and(p0, f64x2.gt(s0, hidden)); p1 = v128.and(p1, f64x2.gt(s1, hidden)); }
      v128.store(x, p0); v128.store(x, p1, 16);
      x += 32;
    }
  }
}
