/**
 * S x in a plain loop: as fast as memory gives the entries, hence no kernel, and the same bits on every backend.
 *
 *   S  m × n sparse      y_i = Σ over the entries of row i, in the order they are stored, in one float64 sum
 *
 * Sᵀ y is the same with the transpose, which a matrix keeps.  Source: Subquad.
 */
import type { CsrMatrix } from "./structure.js";

/** y ← S x. */
export function multiplyCsr({ shape, rowPointers, columns, values }: CsrMatrix, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < shape[0]; i++) {
    let sum = 0;
    for (let p = rowPointers[i]!, end = rowPointers[i + 1]!; p < end; p++) sum += values[p]! * x[columns[p]!]!;
    y[i] = sum;
  }
}
