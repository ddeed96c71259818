/** The plain distance of two answers. */
import type { Values } from "../src/case.js";

/** max_p |C_p - R_p|; NaN when an entry is, or when the lengths differ. */
export function largestDifference(C: Values, R: Values): number {
  let worst = C.length === R.length ? 0 : NaN;
  for (let p = 0; p < C.length; p++) {
    const difference = Math.abs(C[p]! - R[p]!);
    if (!(difference <= worst)) worst = difference; // a NaN stays: no comparison with it is true
    if (Number.isNaN(worst)) return NaN;
  }
  return worst;
}

/** max_p |C_p - R_p| / ‖x‖₂. */
export function relativeToNorm(C: Values, R: Values, x: Values): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return largestDifference(C, R) / Math.sqrt(sum);
}
