/**
 * The bits of a float64: x = ± 2^E f with f in [1, 2).
 *
 *   high  the upper 32 bits: sign, 11 bits of E + 1023, the leading 20 bits of f − 1
 *
 * Source: IEEE 754.
 */
const real = new Float64Array(1);
const words = new Uint32Array(real.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0; // which of the two words comes last in memory

/** The upper 32 bits of x. */
export function highWord(x: number): number {
  real[0] = x;
  return words[HIGH]!;
}

/** x with its upper 32 bits replaced. */
export function withHighWord(x: number, high: number): number {
  real[0] = x;
  words[HIGH] = high;
  return real[0];
}

/** x with its lower 32 bits zero: its leading 21 bits. */
export function withLowWordZero(x: number): number {
  real[0] = x;
  words[1 - HIGH] = 0;
  return real[0];
}

/** ⌊log2 |x|⌋ of a finite x; −1022 of a subnormal one, and of 0. */
export function exponentOf(x: number): number {
  return Math.max(1, (highWord(x) >>> 20) & 0x7ff) - 1023;
}

/** ⌊log2 |x|⌋ of x ≠ 0, also where x is subnormal. */
export function trueExponent(x: number): number {
  return Math.abs(x) < 2 ** -1022 ? exponentOf(x * 2 ** 60) - 60 : exponentOf(x);
}

/** y · 2^k for normal y and |k| ≤ 1075, rounded once: two factors, so that neither leaves the range of normal numbers. */
export function scaleByPowerOfTwo(y: number, k: number): number {
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2^k for −1022 ≤ k ≤ 1023, exactly. */
export function powerOfTwo(k: number): number {
  return withHighWord(0, (k + 1023) << 20);
}
