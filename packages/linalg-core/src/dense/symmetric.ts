/**
 * Symmetric matrices, read at a border: finite, symmetric up to round-off, and scaled so that no product of entries overflows or vanishes.
 *
 *   A  n × n, of which the lower triangle counts      2^exponent ≤ max |a_ij| < 2^(exponent + 1)
 *
 * Source: Subquad's own convention.
 */
import { denseCopy, dtypeOf, UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import { powerOfTwo, trueExponent } from "../math/bits.js";
import type { Steps } from "../runtime/steps.js";
import { assertSymmetric, SQUARE } from "./assert-symmetric.js";
import { eachRowSteps } from "./work.js";

export interface SymmetricMatrix {
  readonly n: number;
  /** A · 2^−exponent, both triangles, row-major. */
  readonly scaled: Float64Array<ArrayBuffer>;
  /** 0 for the zero matrix. */
  readonly exponent: number;
}

/**
 * The matrix whose lower triangle A holds.
 * @param tolerance |a_ij − a_ji| may be tolerance · n u max |a|, u of the dtype of A.
 * @throws NonFiniteError; AssumptionError when A is not symmetric.
 */
export function* readSymmetric(A: NdArray, where: string, tolerance: number): Steps<SymmetricMatrix> {
  const [n = 0] = A.shape;
  const a = denseCopy(A, "float64");
  const { largest } = yield* assertSymmetric(where, a, n, tolerance * n * UNIT_ROUND_OFF[dtypeOf(A)]);
  const exponent = largest === 0 ? 0 : trueExponent(largest);
  const half = powerOfTwo(-exponent >> 1); // two factors: 2^1074 is no number
  const other = powerOfTwo(-exponent - (-exponent >> 1));
  yield* eachRowSteps(Math.ceil(n / SQUARE), SQUARE * n, (block) => {
    const end = Math.min(n, block * SQUARE + SQUARE);
    for (let j0 = 0; j0 < end; j0 += SQUARE) {
      for (let i = block * SQUARE; i < end; i++) {
        for (let j = j0; j < Math.min(i + 1, j0 + SQUARE); j++) a[i * n + j] = a[j * n + i] = a[i * n + j]! * half * other;
      }
    }
  });
  return { n, scaled: a, exponent };
}
