/**
 * Matrices brought to a largest magnitude in [1, 2) by a power of two, so that no square overflows or vanishes on the way to a factorization.
 *
 *   A = 2^exponent values
 *
 * The scaling is exact, but for entries that lie 2^1022 and more below the largest.  Source: textbook.
 */
import { denseCopy } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import type { NdArray } from "../array/types.js";
import { highWord, scaleByPowerOfTwo } from "../math/bits.js";

export interface Scaled {
  /** Row-major, the shape of A. */
  readonly values: Float64Array<ArrayBuffer>;
  readonly exponent: number;
}

/** A fresh copy of A, scaled; `site` is "where(argument)" for the error that names an entry which is not finite. */
export function scaleToOne(A: NdArray, site: string): Scaled {
  assertFinite(A, site);
  const values = denseCopy(A, "float64");
  const largest = largestMagnitude(values);
  const exponent = largest === 0 ? 0 : exponentOf(largest);
  if (exponent !== 0) for (let p = 0; p < values.length; p++) values[p] = scaleByPowerOfTwo(values[p]!, -exponent);
  return { values, exponent };
}

export function largestMagnitude(values: Float64Array): number {
  let largest = 0;
  for (let p = 0; p < values.length; p++) largest = Math.max(largest, Math.abs(values[p]!));
  return largest;
}

/** ⌊log2 x⌋ of x > 0. */
export function exponentOf(x: number): number {
  return x < 2 ** -1022 ? exponentOf(x * 2 ** 64) - 64 : (highWord(x) >> 20) - 1023;
}
