/**
 * Frobenius norm of a matrix, in slices between which an asynchronous caller breathes.
 *
 *   A  m × n, dense or sparse      s_k = ‖slice k of its entries‖₂      ‖A‖_F = ‖s‖₂
 *
 * Source: textbook.
 */
import { denseCopy } from "../array/cast.js";
import { makeArray } from "../array/make-array.js";
import type { NdArray } from "../array/types.js";
import { eachSlice, SLICE_ENTRIES } from "../runtime/slices.js";
import type { Steps } from "../runtime/steps.js";
import type { CsrMatrix } from "../sparse/csr.js";
import { euclideanNorm } from "./sums.js";

/** ‖A‖_F of a matrix whose entries are finite, in float64; of one slice with the bits of `norm`. */
export function* frobeniusSteps(A: NdArray | CsrMatrix): Steps<number> {
  const norms: number[] = [];
  if ("columns" in A) {
    yield* eachSlice(A.values.length, SLICE_ENTRIES, (from, to) => {
      norms.push(euclideanNorm(new Float64Array(A.values.subarray(from, to))));
    });
  } else {
    const [m = 0, n = 0] = A.shape;
    const [down = 0] = A.stride;
    yield* eachSlice(m, Math.max(1, Math.floor(SLICE_ENTRIES / Math.max(1, n))), (from, to) => {
      const rows = makeArray(A.data, [to - from, n], A.stride, A.offset + from * down);
      norms.push(euclideanNorm(denseCopy(rows, "float64")));
    });
  }
  return euclideanNorm(Float64Array.from(norms));
}
