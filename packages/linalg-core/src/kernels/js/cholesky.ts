/**
 * Cholesky factorization and triangular solves in float64, as in assembly/cholesky.ts: left-looking by blocks of 4 columns.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const ROWS = ["width", "L", "rows", "B", "ld", "rowsPerTile"] as const;
const COLUMNS = ["n", "T", "rowStride", "columnStride", "lower", "unit", "columns", "B", "ldb", "columnsPerTile"] as const;

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
    for (let i = j + 4; i < n; i++) solveBlock(f64, row(i), j, row);
  }
  return 0;
}

/** Columns j … j + 3 of the row at p, whose entries before j are final. */
function solveBlock(f64: Float64Array, p: number, j: number, row: (i: number) => number): void {
  for (let c = j; c < j + 4; c++) {
    const q = row(c);
    let x = f64[p + c]! - dot(f64, j, p, q);
    for (let k = j; k < c; k++) x -= f64[p + k]! * f64[q + k]!;
    f64[p + c] = x / f64[q + c]!;
  }
}

/** X L^T = B in place, some rows of B. */
export function choleskyRows(memory: ComputeMemory, args: number, tile: number): void {
  const { width, L, rows, B, ld, rowsPerTile } = readWords(memory, args, ROWS);
  const end = Math.min(rows, (tile + 1) * rowsPerTile);
  for (let i = tile * rowsPerTile; i < end; i++) {
    for (let j = 0; j < width; j += 4) solveBlock(memory.f64, (B + i * ld) / 8, j, (c) => (L + c * ld) / 8);
  }
}

/** Columns from … to − 1 of P^T A P = L L^T, the largest diagonal next. */
export function choleskyPivots(
  memory: ComputeMemory,
  n: number,
  ld: number,
  A: number,
  base: number,
  from: number,
  to: number,
  diagonal: number,
  swaps: number,
  tolerance: number,
): number {
  const { f64, i32 } = memory;
  const at = (i: number, j: number): number => (A + i * ld) / 8 + j;
  const d = diagonal / 8;
  const swap = (p: number, q: number): void => {
    [f64[p], f64[q]] = [f64[q]!, f64[p]!];
  };
  for (let k = from; k < to; k++) {
    let p = k;
    for (let i = k + 1; i < n; i++) if (f64[d + i]! > f64[d + p]!) p = i;
    const largest = f64[d + p]!;
    if (!(largest > tolerance)) return k;
    i32[swaps / 4 + k] = p;
    if (p !== k) {
      f64[d + p] = f64[d + k]!;
      for (let c = 0; c < k; c++) swap(at(k, c), at(p, c));
      for (let i = k + 1; i < p; i++) swap(at(i, k), at(p, i));
      for (let i = p + 1; i < n; i++) swap(at(i, k), at(i, p));
    }
    f64[d + k] = 0;
    const pivot = Math.sqrt(largest);
    f64[at(k, k)] = pivot;
    for (let i = k + 1; i < n; i++) {
      const x = (f64[at(i, k)]! - dot(f64, k - base, at(i, base), at(k, base))) / pivot;
      f64[at(i, k)] = x;
      f64[d + i]! -= x * x;
    }
  }
  return to;
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

/** solveTriangular for some columns of B. */
export function solveColumns(memory: ComputeMemory, args: number, tile: number): void {
  const { n, T, rowStride, columnStride, lower, unit, columns, B, ldb, columnsPerTile } = readWords(memory, args, COLUMNS);
  const first = tile * columnsPerTile;
  const count = Math.min(columnsPerTile, columns - first);
  solveTriangular(memory, n, T, rowStride, columnStride, lower, unit, count, B + 8 * first, ldb);
}
