/**
 * Cholesky factorization and triangular solves in float64, as in assembly/cholesky.ts: left-looking by blocks of 4 columns.
 */
import type { ComputeMemory } from "../abi.js";

/** A = L L^T in place, rows of ld bytes; 0, or 1 + the row whose pivot was not positive (then its value stands there). */
export function cholesky(memory: ComputeMemory, n: number, ld: number, A: number): number {
  const { f64 } = memory;
  const row = (i: number): number => (A + i * ld) / 8;
  for (let j = 0; j < n; j += 4) {
    const width = Math.min(4, n - j);
    for (let i = j; i < j + width; i++) {
      const p = row(i);
      for (let c = j; c < i; c++) f64[p + c] = (f64[p + c]! - dot(f64, c, p, row(c))) / f64[row(c) + c]!;
      const pivot = f64[p + i]! - dot(f64, i, p, p);
      f64[p + i] = pivot;
      if (!(pivot > 0)) return i + 1;
      f64[p + i] = Math.sqrt(pivot);
    }
    for (let i = j + 4; i < n; i++) {
      const p = row(i);
      for (let c = j; c < j + 4; c++) {
        const q = row(c);
        let x = f64[p + c]! - dot(f64, j, p, q);
        for (let k = j; k < c; k++) x -= f64[p + k]! * f64[q + k]!;
        f64[p + c] = x / f64[q + c]!;
      }
    }
  }
  return 0;
}

/** Dot product of the first c entries of two rows: even and odd places apart, then their sum, then the last entry of an odd c. */
function dot(f64: Float64Array, c: number, p: number, q: number): number {
  let even = 0;
  let odd = 0;
  const pairs = c - (c % 2);
  for (let k = 0; k < pairs; k += 2) {
    even += f64[p + k]! * f64[q + k]!;
    odd += f64[p + k + 1]! * f64[q + k + 1]!;
  }
  return pairs < c ? even + odd + f64[p + pairs]! * f64[q + pairs]! : even + odd;
}

/** T X = B in place for triangular T with strides in bytes; B [n][columns] with rows of ldb bytes. */
export function solveTriangular(
  memory: ComputeMemory,
  n: number,
  T: number,
  rowStride: number,
  columnStride: number,
  lower: number,
  unit: number,
  columns: number,
  B: number,
  ldb: number,
): void {
  const { f64 } = memory;
  const at = (i: number, k: number): number => f64[(T + i * rowStride + k * columnStride) / 8]!;
  for (let s = 0; s < n; s++) {
    const i = lower !== 0 ? s : n - 1 - s;
    const x = (B + i * ldb) / 8;
    for (let k = lower !== 0 ? 0 : i + 1, end = lower !== 0 ? i : n; k < end; k++) {
      const t = at(i, k);
      const y = (B + k * ldb) / 8;
      for (let c = 0; c < columns; c++) f64[x + c]! -= t * f64[y + c]!;
    }
    if (unit !== 0) continue;
    const divisor = at(i, i);
    for (let c = 0; c < columns; c++) f64[x + c]! /= divisor;
  }
}
