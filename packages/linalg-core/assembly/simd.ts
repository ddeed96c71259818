// Small helpers over 128-bit vectors, generic in T = f32 (4 lanes) or f64 (2 lanes).

/** Rows of a register tile: 12 accumulators and 3 operands fill 15 of 16 registers; a multiply-add that is not fused needs one for its product too. */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** a b + c: fused where the binary has relaxed SIMD, two roundings elsewhere. */
// @ts-ignore: decorator
@inline
export function fma<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  else return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c - a b: fused where the binary has relaxed SIMD, two roundings elsewhere. */
// @ts-ignore: decorator
@inline
export function fnma<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  else return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** Adds the four float32 lanes of x to four float64 values in memory. */
// @ts-ignore: decorator
@inline
export function addPromoted(out: usize, x: v128): void {
  v128.store(out, f64x2.add(v128.load(out), f64x2.promote_low_f32x4(x)));
  v128.store(out, f64x2.add(v128.load(out, 16), f64x2.promote_low_f32x4(highHalf(x))), 16);
}

/** The upper two float32 lanes moved to the lower half. */
// @ts-ignore: decorator
@inline
export function highHalf(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 2, 3);
}

/** Sum of the lanes, in float64, always in the same order: ((0 + 2) + (1 + 3)) for f32, (0 + 1) for f64. */
// @ts-ignore: decorator
@inline
export function laneSum<T>(x: v128): T {
  if (sizeof<T>() == 4) {
    const pairs = f32x4.add(x, highHalf(x));
    return <T>(f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1));
  } else return <T>(f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1));
}

/** Lowest finite number of T: the score of what must never be seen. */
// @ts-ignore: decorator
@inline
export function lowest<T>(): T {
  if (sizeof<T>() == 4) return <T>-f32.MAX_VALUE;
  else return <T>-f64.MAX_VALUE;
}
