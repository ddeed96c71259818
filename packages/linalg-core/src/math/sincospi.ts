/**
 * Sine and cosine of πx and of fractions of a turn, the same bits on every engine.
 *
 *   q = round(2x)    r = x − q/2, |r| ≤ 1/4, exact    t + d = πr, t in 48 bits, exact but for d
 *   sin = t + (d + t³ S(t²))    cos = 1 − (t²/2 − t⁴ C(t²) + td + d²/2)    then by symmetry of the four quarters
 *
 * S and C are Taylor's, to t¹⁷ and t¹⁶: what is left out is below 2⁻⁵⁸ on |t| ≤ π/4.  Source: Taylor; the sums as in fdlibm's k_sin.c and k_cos.c.
 */
const PI_HIGH = 3.1415927410125732; // π to 24 bits
const PI_LOW = -8.742278000372485e-8; // π − PI_HIGH

/** A point of the unit circle. */
export interface CirclePoint {
  readonly cos: number;
  readonly sin: number;
}

/**
 * Sine and cosine of πx, in float64.
 *
 * For angles that are fractions of a turn: no rounding of π enters, and symmetric points have symmetric values.
 * @param x any number.
 * @returns both within 1 ulp; exact at multiples of 1/2; NaN for NaN and the infinities.
 * @throws nothing.
 * @complexity O(1), only + − * /.
 * @source Taylor, by octants.
 * @example sincosPi(0.5) // -> { cos: 0, sin: 1 }
 */
export function sincosPi(x: number): CirclePoint {
  const whole = x % 2; // exact
  const q = Math.round(2 * whole);
  return fromQuarter(q, whole - q / 2);
}

/**
 * e^(2πi j/n) for integers |j| < 2⁵⁰: the fraction is reduced in integers, so that its rounding is relative to the distance from the nearest axis.
 */
export function rootOfUnity(j: number, n: number): CirclePoint {
  const left = j % n;
  const q = Math.round((4 * left) / n);
  return fromQuarter(q, (4 * left - q * n) / (2 * n));
}

/** The point at q quarter turns and πr, |r| ≤ 1/4. */
function fromQuarter(q: number, r: number): CirclePoint {
  const high = Math.fround(r);
  const t = high * PI_HIGH;
  const d = high * PI_LOW + (r - high) * Math.PI;
  const z = (t + d) * (t + d);
  const S =
    -1 / 6 +
    z *
      (1 / 120 +
        z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800 + z * (1 / 6227020800 + z * (-1 / 1307674368000 + z / 355687428096000))))));
  const C =
    1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * (-1 / 3628800 + z * (1 / 479001600 + z * (-1 / 87178291200 + z / 20922789888000)))));
  const s = t + (d + (t + d) * z * S);
  const h = 0.5 * t * t;
  const w = 1 - h;
  const c = w + (1 - w - h + (z * z * C - d * (t + 0.5 * d)));
  switch (q & 3) {
    case 0:
      return { cos: c, sin: s };
    case 1:
      return { cos: 0 - s, sin: c };
    case 2:
      return { cos: 0 - c, sin: 0 - s };
    default:
      return { cos: s, sin: 0 - c };
  }
}
