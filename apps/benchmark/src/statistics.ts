/**
 * Order statistics of repeated timings.
 *
 *   xs  samples, one a round      r  ratios t_A / t_B formed inside one round
 *
 * Nothing here assumes a distribution: medians, quartiles, and the sign-test interval of a median.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Probability that the interval covers the true median. Below 0.95 when there are too few samples for more. */
  readonly confidence: number;
}

/** A ratio of two contenders' times; `interval` is missing when one of them was timed only once. */
export interface Ratio {
  readonly value: number;
  readonly interval?: Interval;
}

/** The p-quantile by linear interpolation between order statistics; NaN for no samples. */
export function quantile(xs: readonly number[], p: number): number {
  if (xs.length === 0) return NaN;
  const sorted = [...xs].sort((x, y) => x - y);
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** The median; NaN for no samples. */
export function median(xs: readonly number[]): number {
  return quantile(xs, 0.5);
}

/**
 * The narrowest interval between order statistics that covers the median with the wanted confidence, by the sign test.
 *
 * The j-th smallest of m samples lies above the median with probability P[Bin(m, 1/2) < j]; both tails are cut alike. Fewer than
 * six samples cannot give 95 %: then the whole range is returned with the confidence that it has.
 */
export function signTestInterval(xs: readonly number[], confidence = 0.95): Interval {
  const sorted = [...xs].sort((x, y) => x - y);
  const m = sorted.length;
  if (m === 0) return { low: NaN, high: NaN, confidence: 0 };
  let cut = 0;
  let tail = 0; // P[Bin(m, 1/2) < cut + 1]
  for (let j = 0, mass = 0.5 ** m; j === 0 || 2 * (j + 1) <= m; j++) {
    if (2 * (tail + mass) > 1 - confidence && j > 0) break;
    tail += mass;
    cut = j;
    mass *= (m - j) / (j + 1);
  }
  return { low: sorted[cut]!, high: sorted[m - 1 - cut]!, confidence: Math.max(0, 1 - 2 * tail) };
}

/** The median over rounds of a's time divided by b's; plain quotient of medians when the rounds do not match. */
export function ratioOfTimes(a: readonly number[], b: readonly number[]): Ratio {
  if (a.length !== b.length || a.length < 2) return { value: median(a) / median(b) };
  const ratios = a.map((time, round) => time / b[round]!);
  return { value: median(ratios), interval: signTestInterval(ratios) };
}

export interface Exponent {
  readonly exponent: number;
  readonly standardError: number;
  readonly from: number;
  readonly to: number;
}

/** Least squares of log seconds on log n: the e in "time grows as n^e", with its standard error (NaN below three points). */
export function fitExponent(points: readonly { readonly n: number; readonly seconds: number }[]): Exponent {
  const x = points.map((point) => Math.log(point.n));
  const y = points.map((point) => Math.log(point.seconds));
  const mean = (xs: readonly number[]): number => xs.reduce((sum, value) => sum + value, 0) / xs.length;
  const mx = mean(x);
  const my = mean(y);
  const sxx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const exponent = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0) / sxx;
  const residual = y.reduce((sum, value, i) => sum + (value - my - exponent * (x[i]! - mx)) ** 2, 0);
  const standardError = points.length > 2 ? Math.sqrt(residual / (points.length - 2) / sxx) : NaN;
  const sizes = points.map((point) => point.n);
  return { exponent, standardError, from: Math.min(...sizes), to: Math.max(...sizes) };
}
