/**
 * e^x to 200 bits in integer arithmetic: what `exp` is judged by.
 *
 *   numbers are integers in units of 2^-BITS;  x = k ln 2 + r with r in [0, ln 2);  e^r = (e^(r / 256))^256, by Taylor
 */

const BITS = 300n; // 50 lost at most: 18 to the size of x / ln 2, 10 to the squarings
const ONE = 1n << BITS;
/** ln 2 = 2 Σ 3^-(2i + 1) / (2i + 1). */
const LN2 = atanhThird() * 2n;

const words = new DataView(new ArrayBuffer(8));

/** |y − e^x| in units of 2^-53 e^x; where e^x is subnormal, in halves of the smallest number. */
export function expError(x: number, y: number): number {
  const X = scaled(x, 0n);
  const k = X >= 0n ? X / LN2 : -((-X + LN2 - 1n) / LN2);
  const r = (X - k * LN2) >> 8n;
  let E = ONE;
  for (let i = 1n, term = r; term > 0n; i++, term = (term * r) / (i << BITS)) E += term;
  for (let i = 0; i < 8; i++) E = (E * E) >> BITS;
  // e^x = E 2^k with E in [1, 2); compared in units of 2^exponent
  const exponent = k - 53n > -1075n ? k - 53n : -1075n;
  const got = scaled(y, exponent);
  const want = exponent - k >= 0n ? E >> (exponent - k) : E << (k - exponent);
  const difference = got > want ? got - want : want - got;
  const units = Number(difference >> (BITS - 60n)) * 2 ** -60;
  return exponent === k - 53n ? units / (Number(E >> (BITS - 53n)) * 2 ** -53) : units;
}

/** x / 2^exponent, exactly unless it is below 2^-BITS. */
function scaled(x: number, exponent: bigint): bigint {
  words.setFloat64(0, x);
  const bits = words.getBigUint64(0);
  const field = (bits >> 52n) & 2047n;
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = field === 0n ? fraction : fraction | (1n << 52n);
  const shift = (field === 0n ? 1n : field) - 1075n - exponent + BITS;
  const magnitude = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return bits >> 63n ? -magnitude : magnitude;
}

function atanhThird(): bigint {
  let sum = 0n;
  for (let i = 1n, power = ONE / 3n; power > 0n; i += 2n, power /= 9n) sum += power / i;
  return sum;
}
