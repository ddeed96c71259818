/**
 * Room for the sums of an inverse transform: the factor 1/n comes last, so that sums of large entries overflow where the answer does not.
 *
 *   rows with entries beyond 2^900 go through as 2^−100 times themselves: exactly but for entries that are nothing beside those
 *
 * Source: Subquad's own convention.
 */
import { largestMagnitude } from "../dense/sums.js";
import { powerOfTwo } from "../math/bits.js";
import { firstNonFinite } from "../sparse/structure.js";
import type { ComplexRows } from "./bluestein.js";

const LARGE = 2 ** 900;
/** Sums are of 2^24 entries at most, and through a convolution of 2^60 times the entries. */
const SHIFT = 100;

export interface ShrunkRows {
  readonly rows: ComplexRows;
  /** Undoes it in the transforms of these rows. */
  readonly restore: (transforms: Float64Array) => void;
}

/** Whether something overflowed. */
export function hasOverflowed(...parts: readonly Float64Array[]): boolean {
  return parts.some((part) => firstNonFinite(part) >= 0);
}

/** Copies of rows of so many entries, the large ones shrunk. */
export function shrinkLargeRows(length: number, { re, im }: ComplexRows): ShrunkRows {
  const rows = { re: re.slice(), im: im.slice() };
  const count = re.length / length;
  const isLarge = Array.from({ length: count }, (_, row) => {
    const [from, to] = [row * length, row * length + length];
    return Math.max(largestMagnitude(re, from, to), largestMagnitude(im, from, to)) > LARGE;
  });
  const multiply = (list: Float64Array, factor: number): void => {
    const n = list.length / count;
    for (const [row, large] of isLarge.entries()) if (large) for (let p = row * n; p < row * n + n; p++) list[p]! *= factor;
  };
  for (const part of [rows.re, rows.im]) multiply(part, powerOfTwo(-SHIFT));
  return {
    rows,
    restore: (transforms) => {
      multiply(transforms, powerOfTwo(SHIFT));
    },
  };
}
