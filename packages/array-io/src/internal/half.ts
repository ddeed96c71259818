/**
 * 16-bit floating point to float32, bit for bit, NaN payloads included: float32 holds every value of both formats.
 *
 *   F16   1 sign, 5 exponent (bias 15), 10 mantissa      BF16  the upper half of a float32
 *
 * Bits are moved as integers: a float register may quieten a signalling NaN.
 */

let table: Int32Array<ArrayBuffer> | undefined; // float32 bits of all 65,536 halves; built once, the same in every copy of this module

const FEW = 1e4; // codes below which building the table takes longer than it saves

/** Half codes to floats: `out` has an element for each code. */
export function halfToFloat(codes: Uint16Array<ArrayBuffer>, out: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): void {
  if (out instanceof Float64Array) {
    const values = new Float32Array(halfTable().buffer);
    for (let i = 0; i < out.length; i++) out[i] = values[codes[i]!]!;
    return;
  }
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  if (bits.length > FEW || table) lookUp(codes, halfTable(), bits);
  else for (let i = 0; i < bits.length; i++) bits[i] = halfBits(codes[i]!);
}

/** bfloat16 codes to floats: `out` has an element for each code. */
export function bfloatToFloat(codes: Uint16Array, out: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): void {
  if (out instanceof Float64Array) {
    const word = new Int32Array(1);
    const value = new Float32Array(word.buffer);
    for (let i = 0; i < out.length; i++) {
      word[0] = codes[i]! << 16;
      out[i] = value[0]!;
    }
    return;
  }
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) bits[i] = codes[i]! << 16;
}

/** bits_i ← table[code_i], two codes a load and four a turn: half the time of one by one. */
function lookUp(codes: Uint16Array<ArrayBuffer>, table: Int32Array, bits: Int32Array): void {
  const n = codes.length;
  const first = Math.min(n, (codes.byteOffset / 2) % 2); // a code before the first whole word
  if (first > 0) bits[0] = table[codes[0]!]!;
  const count = (n - first) >> 1;
  const words = count > 0 ? new Int32Array(codes.buffer, codes.byteOffset + 2 * first, count) : new Int32Array(0);
  let i = first;
  for (let k = 0; k + 2 <= count; k += 2, i += 4) {
    const low = words[k]!;
    const high = words[k + 1]!;
    bits[i] = table[low & 0xffff]!;
    bits[i + 1] = table[low >>> 16]!;
    bits[i + 2] = table[high & 0xffff]!;
    bits[i + 3] = table[high >>> 16]!;
  }
  for (; i < n; i++) bits[i] = table[codes[i]!]!;
}

function halfTable(): Int32Array<ArrayBuffer> {
  return (table ??= Int32Array.from({ length: 65536 }, (_, code) => halfBits(code)));
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
