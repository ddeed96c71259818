/**
 * A x and Aᵀ y in plain loops, with the bits of the kernels in assembly/gemv.ts: those multiply and add without fusing, in every binary.
 *
 *   A  m × n, packed row-major      lanes  16 (float32), 8 (float64) partial sums a row, over l mod lanes; the rest of the row one by one
 *
 * Aᵀ y: one sum a column, rows ascending.  Source: Subquad.
 */

/** y ← A x in float64. */
export function multiplyRows(A: Float64Array, m: number, n: number, x: Float64Array, y: Float64Array): void {
  const even = n - (n % 8);
  for (let i = 0; i < m; i++) {
    const row = i * n;
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let l = 0; l < even; l += 8) {
      const p = row + l;
      s0 += A[p]! * x[l]!;
      s1 += A[p + 1]! * x[l + 1]!;
      s2 += A[p + 2]! * x[l + 2]!;
      s3 += A[p + 3]! * x[l + 3]!;
      s4 += A[p + 4]! * x[l + 4]!;
      s5 += A[p + 5]! * x[l + 5]!;
      s6 += A[p + 6]! * x[l + 6]!;
      s7 += A[p + 7]! * x[l + 7]!;
    }
    let sum = s0 + s2 + (s4 + s6) + (s1 + s3 + (s5 + s7));
    for (let l = even; l < n; l++) sum += A[row + l]! * x[l]!;
    y[i] = sum;
  }
}

/** x ← Aᵀ y in float64. */
export function multiplyTransposedRows(A: Float64Array, m: number, n: number, y: Float64Array, x: Float64Array): void {
  x.fill(0);
  for (let i = 0; i < m; i++) {
    const factor = y[i]!;
    for (let j = 0, p = i * n; j < n; j++, p++) x[j]! += factor * A[p]!;
  }
}
