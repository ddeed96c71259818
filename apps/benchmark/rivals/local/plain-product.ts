/**
 * The product as a careful programmer writes it: rows of B added up, so that all memory is read in order.
 *
 *   A  [m, k]     B  [k, n]     C = A B  [m, n]     float64
 */
import type { Rival } from "../rival.js";

/** C = A B. */
export function plainProduct(m: number, k: number, n: number, A: ArrayLike<number>, B: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const C = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const a = A[i * k + l]!;
      for (let j = 0; j < n; j++) C[i * n + j]! += a * B[l * n + j]!;
    }
  }
  return C;
}

export const plainGemm: Rival = {
  name: "i-k-j loop",
  packages: [],
  home: ".",
  engine: "js",
  licence: "Apache-2.0 (ours)",
  gemmLimit: { float64: 1024 },
  gemm: ({ m, k, n, A, B }) => Promise.resolve({ run: () => product64(m, k, n, A, B), read: (C) => C as Float64Array }),
};

/** A copy of the loop that has seen one kind of array only: the other serves references too. */
function product64(m: number, k: number, n: number, A: ArrayLike<number>, B: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const C = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const a = A[i * k + l]!;
      for (let j = 0; j < n; j++) C[i * n + j]! += a * B[l * n + j]!;
    }
  }
  return C;
}
