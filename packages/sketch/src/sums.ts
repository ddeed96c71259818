/**
 * Sums of the entries of packed arrays.
 *
 * Source: textbook.
 */

/** Σ x, in order. */
export function sumOf(x: Float64Array): number {
  let sum = 0;
  for (const entry of x) sum += entry;
  return sum;
}

/** Σ x² of `count` entries from `from` on, in order: the square of the norm of a row. */
export function squaredNorm(x: Float64Array, from = 0, count = x.length): number {
  let sum = 0;
  for (let p = from; p < from + count; p++) sum += x[p]! * x[p]!;
  return sum;
}

/** Σ x² of many entries, in blocks: off by 256 + n/256 roundings at most. */
export function sumOfSquares(x: Float64Array): number {
  let total = 0;
  for (let from = 0; from < x.length; from += 256) total += squaredNorm(x, from, Math.min(256, x.length - from));
  return total;
}
