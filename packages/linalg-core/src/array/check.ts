/**
 * Finite or not: the one check of values that every numeric entry makes.
 *
 *   x − x = 0 for every finite x, and NaN otherwise: a sum of these is 0 unless an entry is not finite
 *
 * Source: IEEE 754.
 */
import { NonFiniteError, splitSite } from "../errors.js";
import { asArray } from "./convert.js";
import { eachRow, indicesOf, isRowMajor, sizeOf } from "./layout.js";
import type { ArrayInput, NdData } from "./types.js";

/**
 * Every entry is finite.
 *
 * Where an array is copied into compute memory, the copy makes this check itself; call it for arrays that are only read in place.
 * @param A any array.
 * @param site "where(argument)", the start of the error message.
 * @throws NonFiniteError naming the first offender in row-major order; ShapeError when A is no array.
 * @complexity O(size), without a branch an element.
 * @source IEEE 754: x − x.
 * @example assertFinite(A, "svd(A)");
 */
export function assertFinite(A: ArrayInput, site: string): void {
  const { data, shape, stride, offset } = asArray(A, site);
  if (data[Symbol.toStringTag] === "Int32Array") return;
  const [lengths, steps] = isRowMajor(shape, stride) ? [[sizeOf(shape)], [1]] : [shape, stride]; // packed: one long row
  const n = lengths[lengths.length - 1]!;
  const step = steps[steps.length - 1]!;
  eachRow(lengths, steps, offset, (p, q) => {
    if (isFiniteRun(data, p, n, step)) return;
    for (let j = 0; j < n; j++) {
      const x = data[p + j * step]!;
      if (Number.isFinite(x)) continue;
      const { where, argument } = splitSite(site);
      throw new NonFiniteError(where, argument, x, indicesOf(q + j, shape));
    }
  });
}

/** Four sums side by side: one alone would wait for itself. */
function isFiniteRun(data: NdData, p: number, n: number, step: number): boolean {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let q = p;
  for (let j = 4; j <= n; j += 4, q += 4 * step) {
    s0 += data[q]! - data[q]!;
    s1 += data[q + step]! - data[q + step]!;
    s2 += data[q + 2 * step]! - data[q + 2 * step]!;
    s3 += data[q + 3 * step]! - data[q + 3 * step]!;
  }
  for (let j = n % 4; j > 0; j--, q += step) s0 += data[q]! - data[q]!;
  return s0 + s1 + s2 + s3 === 0;
}
