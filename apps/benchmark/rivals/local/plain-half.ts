/** Numbers of 16 bits, decoded one by one with a branch for each kind, as readers of such files do. */

/** float16 codes as float32. */
export function plainHalf(codes: Uint16Array): Float32Array {
  const out = new Float32Array(codes.length);
  for (let p = 0; p < codes.length; p++) {
    const code = codes[p]!;
    const sign = code >> 15 ? -1 : 1;
    const exponent = (code >> 10) & 31;
    const mantissa = code & 1023;
    if (exponent === 0) out[p] = sign * 2 ** -14 * (mantissa / 1024);
    else if (exponent === 31) out[p] = mantissa ? NaN : sign * Infinity;
    else out[p] = sign * 2 ** (exponent - 15) * (1 + mantissa / 1024);
  }
  return out;
}
