/**
 * 2^x over rows of 32 bytes, in place, as in assembly/exp2.ts: t = x + 1.5 · 2^23 (2^52) leaves round(x) in the low bits of t, a polynomial
 * gives 2^(x - round(x)), and round(x) is added to its exponent field.
 */
import { EXP2_FLOOR, type ComputeMemory } from "../abi.js";
import { float32, pmax, round, type Real } from "./real.js";

interface Table {
  readonly magic: number;
  readonly floor: number;
  /** Highest power first. */
  readonly coefficients: Float32Array | Float64Array;
  /** Lowest bit of the exponent field in the word that holds it. */
  readonly exponentBit: number;
}

const F32: Table = {
  magic: 12582912,
  floor: EXP2_FLOOR.float32,
  coefficients: Float32Array.of(
    0.0013264726903326224,
    0.0096715126606214275,
    0.055507337442298521,
    0.24022242084918,
    0.69314697759848243,
    1,
  ),
  exponentBit: 23,
};

const F64: Table = {
  magic: 6755399441055744,
  floor: EXP2_FLOOR.float64,
  coefficients: Float64Array.of(
    1.3691488853904124e-12,
    2.5678435993488199e-11,
    4.4455382718708106e-10,
    7.0549116208011217e-9,
    1.0178086009239699e-7,
    0.0000013215486790144307,
    0.000015252733804059839,
    0.00015403530393381609,
    0.0013333558146428443,
    0.0096181291076284769,
    0.055504108664821576,
    0.24022650695910069,
    0.69314718055994529,
    1,
  ),
  exponentBit: 20,
};

export function exp2Rows(memory: ComputeMemory, real: Real, rows: number, x: number): void {
  exp2Tile(memory, real, rows, x / real.bytes, -1, false);
}

/**
 * v[x] = 2^max(v[x] - maximum of the lane, FLOOR); if masked, exactly 0 where v[x] was the lowest number.
 * @param maximum index of W maxima, or -1 for zeros.
 */
export function exp2Tile(memory: ComputeMemory, real: Real, rows: number, x: number, maximum: number, masked: boolean): void {
  const { magic, floor, coefficients, exponentBit } = real === float32 ? F32 : F64;
  const { W, lowest, single } = real;
  const v = real.view(memory);
  const { i32 } = memory;
  const words = real.bytes / 4;
  for (let p = x, end = x + rows * W; p < end;) {
    for (let l = 0; l < W; l++, p++) {
      const s = v[p]!;
      const u = pmax(floor, maximum < 0 ? s : round(single, s - v[maximum + l]!));
      const t = round(single, u + magic);
      const f = round(single, u - round(single, t - magic));
      let power = coefficients[0]!;
      for (let c = 1; c < coefficients.length; c++) power = round(single, round(single, power * f) + coefficients[c]!);
      v[p] = t; // stored so as to be read as an integer
      const shift = i32[p * words]! << exponentBit;
      v[p] = power;
      i32[(p + 1) * words - 1]! += shift;
      if (masked && !(s > lowest)) v[p] = 0;
    }
  }
}
