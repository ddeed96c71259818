/**
 * e^x over a vector, in place, as in assembly/exp.ts: k = round(x log2 e); r = x - k ln 2 in two parts; e^r by a polynomial; times 2^k through
 * the exponent field.
 */
import type { ComputeMemory } from "../abi.js";
import { pmax, pmin } from "./real.js";

const round = Math.fround;

// Cephes expf: the split of ln 2 and the polynomial
const LOG2E_F32 = round(1.4426950408889634);
const LOW_F32 = round(-2.1219444e-4);
const CEPHES = Float32Array.of(1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1);

// 1/k!, k = 13 .. 2
const TAYLOR = Float64Array.of(
  1.6059043836821616e-10,
  2.08767569878681e-9,
  2.505210838544172e-8,
  2.7557319223985894e-7,
  0.0000027557319223985893,
  0.000024801587301587302,
  0.00019841269841269841,
  0.0013888888888888889,
  0.0083333333333333332,
  0.041666666666666664,
  0.16666666666666666,
  0.5,
);

/** count is a multiple of 8. */
export function expF32(memory: ComputeMemory, count: number, x: number): void {
  const { f32, i32 } = memory;
  const magic = 12582912;
  const [least, most] = [round(-87.33654), round(88.72283)];
  for (let p = x / 4, end = p + count; p < end; p++) {
    const value = f32[p]!;
    const u = pmin(most, pmax(least, value));
    const t = round(round(u * LOG2E_F32) + magic);
    const k = round(t - magic);
    const r = round(round(u - round(k * 0.693359375)) - round(k * LOW_F32));
    let power = CEPHES[0]!;
    for (let c = 1; c < CEPHES.length; c++) power = round(round(power * r) + CEPHES[c]!);
    power = round(round(round(round(r * r) * power) + r) + 1);
    f32[p] = power;
    i32[p]! += k << 23;
    if (value < least) f32[p] = 0;
    if (value > most) f32[p] = Infinity;
  }
}

/** count is a multiple of 4. */
export function expF64(memory: ComputeMemory, count: number, x: number): void {
  const { f64, i32 } = memory;
  const magic = 6755399441055744;
  for (let p = x / 8, end = p + count; p < end; p++) {
    const value = f64[p]!;
    const u = pmin(709.79, pmax(-745.2, value));
    const k = u * 1.4426950408889634 + magic - magic;
    const r = u - k * 6.9314718036912382e-1 - k * 1.90821492927058770002e-10;
    const s = r * r;
    let odd = TAYLOR[0]!;
    let even = TAYLOR[1]!;
    for (let c = 2; c < TAYLOR.length; c += 2) {
      odd = odd * s + TAYLOR[c]!;
      even = even * s + TAYLOR[c + 1]!;
    }
    let power = s * (odd * r + even) + r + 1;
    // 2^k in two factors: k reaches -1075
    const half = k >> 1;
    f64[p] = 0;
    i32[2 * p + 1] = (half + 1023) << 20;
    power *= f64[p]!;
    i32[2 * p + 1] = (k - half + 1023) << 20;
    power *= f64[p]!;
    f64[p] = value < -745.2 ? 0 : value > 709.782712893384 ? Infinity : power;
  }
}
