/**
 * Norms of vectors, and Frobenius norms of matrices, of values in compute memory.
 *
 *   ‖x‖ = largest √(Σ (x_i / largest)²): no square overflows, and those that vanish are below the rounding, which is (count + 8) u at most
 *
 * Source: textbook.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";

/** ‖x‖₂ of x[from], …, x[from + count − 1]; NaN or Infinity if one of them is. */
export function norm2(x: ArrayLike<number>, from: number, count: number): number {
  let largest = 0;
  for (let p = from; p < from + count; p++) largest = Math.max(largest, Math.abs(x[p]!));
  if (!(largest > 0 && largest < Infinity)) return largest;
  let sum = 0;
  for (let p = from; p < from + count; p++) {
    const ratio = x[p]! / largest;
    sum += ratio * ratio;
  }
  return largest * Math.sqrt(sum);
}

/** The same, rounded up: at least ‖x‖₂. */
export function normAbove(x: ArrayLike<number>, from: number, count: number): number {
  return norm2(x, from, count) * (1 + 2 * (count + 8) * UNIT_ROUND_OFF.float64);
}
