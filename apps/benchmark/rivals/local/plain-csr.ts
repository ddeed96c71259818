/** Products of compressed rows as a careful programmer writes them: p sums in a row of the result. */
import type { SparseTask } from "../rival.js";

/** S B [m, p]. */
export function plainCsrProduct({ m, p, rowPointers, columns, values, B }: SparseTask): Float64Array<ArrayBuffer> {
  const C = new Float64Array(m * p);
  for (let i = 0; i < m; i++) {
    for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) {
      const x = values[q]!;
      const from = columns[q]! * p;
      for (let c = 0; c < p; c++) C[i * p + c]! += x * B[from + c]!;
    }
  }
  return C;
}

/** S x [m]: one sum a row. */
export function plainCsrVector(rowPointers: Int32Array, columns: Int32Array, values: Float64Array, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < y.length; i++) {
    let sum = 0;
    for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) sum += values[q]! * x[columns[q]!]!;
    y[i] = sum;
  }
}
