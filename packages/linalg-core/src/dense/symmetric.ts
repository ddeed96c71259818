/**
 * Symmetric matrices, read at a border: finite, symmetric up to round-off, and scaled so that no product of entries overflows or vanishes.
 *
 *   A  n × n, of which the lower triangle counts      2^exponent ≤ max |a_ij| < 2^(exponent + 1)
 *
 * Source: Subquad's own convention.
 */
import { denseCopy, dtypeOf, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import type { NdArray } from "../array/types.js";
import { AssumptionError, splitSite } from "../errors.js";
import { exponentOf, powerOfTwo } from "../math/bits.js";
import { rest, type Steps } from "../runtime/steps.js";

export interface SymmetricMatrix {
  readonly n: number;
  /** A · 2^−exponent, both triangles, row-major. */
  readonly scaled: Float64Array<ArrayBuffer>;
  /** 0 for the zero matrix. */
  readonly exponent: number;
}

/** Rows of a block: with a block and its mirror image in cache, a row of one is a column of the other. */
const BLOCK = 32;
/** Entries that are read between two turns of the event loop: a few milliseconds. */
const ENTRIES = 1 << 19;

/**
 * The matrix whose lower triangle A holds.
 * @param site "where(argument)".
 * @param tolerance |a_ij − a_ji| may be tolerance · n u max |a|, u of the dtype of A.
 * @throws NonFiniteError; AssumptionError when A is not symmetric.
 */
export function* readSymmetric(A: NdArray, site: string, tolerance: number): Steps<SymmetricMatrix> {
  const [n = 0] = A.shape;
  assertFinite(A, site);
  const a = denseCopy(A, "float64");
  let [largest, measured] = [0, 0];
  yield* eachRun(n, (p, q, count) => {
    for (let k = 0; k < count; k++, p++, q += n) {
      const x = a[p]!;
      const y = a[q]!;
      largest = Math.max(largest, Math.abs(x), Math.abs(y));
      measured = Math.max(measured, Math.abs(x - y));
    }
  });
  const allowed = tolerance * n * UNIT_ROUND_OFF[dtypeOf(A)] * largest;
  if (measured > allowed) {
    const { where, argument } = splitSite(site);
    throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured, argument });
  }
  const exponent = largest === 0 ? 0 : exactExponentOf(largest);
  const half = powerOfTwo(-exponent >> 1); // two factors: 2^1074 is no number
  const other = powerOfTwo(-exponent - (-exponent >> 1));
  yield* eachRun(n, (p, q, count) => {
    for (let k = 0; k < count; k++, p++, q += n) a[p] = a[q] = a[p]! * half * other;
  });
  return { n, scaled: a, exponent };
}

/** Calls `visit` for runs of the lower triangle: (i, j), (i, j + 1), … from position p on, and their mirror images from q on, n apart. */
function* eachRun(n: number, visit: (p: number, q: number, count: number) => void): Steps<void> {
  let seen = 0;
  for (let top = 0; top < n; top += BLOCK) {
    for (let left = 0; left <= top; left += BLOCK) {
      for (let i = top; i < Math.min(n, top + BLOCK); i++) visit(i * n + left, left * n + i, Math.min(i + 1 - left, BLOCK));
      seen += BLOCK * BLOCK;
      if (seen < ENTRIES) continue;
      yield rest();
      seen = 0;
    }
  }
}

/** ⌊log2 x⌋ of x > 0, also where x is subnormal. */
function exactExponentOf(x: number): number {
  return x < 2 ** -1022 ? exponentOf(x * 2 ** 60) - 60 : exponentOf(x);
}
