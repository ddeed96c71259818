/**
 * 16-bit floating point to float32, bit for bit, NaN payloads included: float32 holds every value of both formats.
 *
 *   F16   1 sign, 5 exponent (bias 15), 10 mantissa      BF16  the upper half of a float32
 *
 * Bits are moved as integers: a float register may quieten a signalling NaN.
 */

let table: Uint32Array | undefined; // float32 bits of all 65,536 halves; built once, the same in every copy of this module

/** Half codes to floats. */
export function halfToFloat(codes: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(codes.length);
  if (codes.length <= 1e4 && !table) {
    for (let i = 0; i < out.length; i++) out[i] = halfBits(codes[i]!);
  } else {
    const bits = (table ??= Uint32Array.from({ length: 65536 }, (_, code) => halfBits(code)));
    for (let i = 0; i < out.length; i++) out[i] = bits[codes[i]!]!;
  }
  return new Float32Array(out.buffer);
}

/** bfloat16 codes to floats. */
export function bfloatToFloat(codes: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(codes.length);
  for (let i = 0; i < out.length; i++) out[i] = codes[i]! << 16;
  return new Float32Array(out.buffer);
}

/** Bits of the float32 with the value of a half. */
function halfBits(code: number): number {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >> 10) & 31;
  const mantissa = code & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // subnormal m 2⁻²⁴: shift its leading bit to place 10, the hidden one
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 1023) << 13);
}

/** Doubles to half codes, each to the nearest half (ties to even) in one rounding; beyond the largest half, 65504, to infinity. */
export function floatToHalf(values: Float64Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfCode(values[i]!);
  return out;
}

function halfCode(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (size >= 65520) return sign | 0x7c00; // halfway between the largest half and the next power of 2
  if (size < 2 ** -14) return sign | toEven(size * 2 ** 24); // subnormal, or the least normal after rounding up
  let exponent = 1;
  let scale = 2 ** 24;
  while (size * scale >= 2048) {
    exponent++;
    scale /= 2;
  }
  return sign | (((exponent - 1) << 10) + toEven(size * scale)); // the hidden bit adds the 1, and so does a carry out of the mantissa
}

/** A number in [0, 2^51) rounded to an integer, ties to even, as the sum rounds. */
function toEven(x: number): number {
  return x + 2 ** 52 - 2 ** 52;
}
