/**
 * Sums of products of float64 numbers without any rounding: every number is an integer times 2^-1074, every product one times 2^-2148.
 */

const words = new DataView(new ArrayBuffer(8));
const UNIT = 1074n;

/** x · 2^1074, an integer. */
export function exactInteger(x: number): bigint {
  words.setFloat64(0, x);
  const bits = words.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** (b − Σ a_l x_l) · 2^2148. */
export function exactResidual(b: number, a: ArrayLike<number>, x: ArrayLike<number>): bigint {
  let sum = exactInteger(b) << UNIT;
  for (let l = 0; l < a.length; l++) sum -= exactInteger(a[l]!) * exactInteger(x[l]!);
  return sum;
}

/** x · 2^2148 of a float64. */
export function doubleUnit(x: number): bigint {
  return exactInteger(x) << UNIT;
}

/** p / q to about 60 bits. */
export function ratio(p: bigint, q: bigint): number {
  const size = (x: bigint): number => x.toString(16).length * 4;
  const shift = BigInt(Math.max(0, 80 - size(p) + size(q)));
  const quotient = (p << shift) / q;
  // two factors, since 2^-shift alone may vanish
  const half = shift / 2n;
  return Number(quotient) * 2 ** -Number(half) * 2 ** -Number(shift - half);
}

export function absolute(x: bigint): bigint {
  return x < 0n ? -x : x;
}
