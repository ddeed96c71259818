/**
 * A panel of P A = L U in float64, as in assembly/lu.ts: every entry has its products subtracted one by one, in the order of the columns.
 */
import type { ComputeMemory } from "../abi.js";

/** m × columns in place, rows of ld bytes; whole rows, `bytes` bytes from `rows` + i ld, are exchanged. */
export function luPanel(
  memory: ComputeMemory,
  m: number,
  columns: number,
  A: number,
  ld: number,
  rows: number,
  bytes: number,
  pivots: number,
): void {
  const { f64, i32 } = memory;
  const row = (i: number): number => (A + i * ld) / 8;
  const width = Math.ceil(columns / 4) * 4;
  for (let j = 0; j < columns; j += 4) {
    const end = Math.min(columns, j + 4);
    for (let c = j; c < end; c++) {
      let p = c;
      for (let i = c + 1; i < m; i++) if (Math.abs(f64[row(i) + c]!) > Math.abs(f64[row(p) + c]!)) p = i;
      i32[pivots / 4 + c] = p;
      if (p !== c) swapRows(f64, (rows + c * ld) / 8, (rows + p * ld) / 8, bytes / 8);
      const pivot = f64[row(c) + c]!;
      if (pivot === 0) continue;
      for (let i = c + 1; i < m; i++) {
        const l = f64[row(i) + c]! / pivot;
        f64[row(i) + c] = l;
        for (let k = c + 1; k < end; k++) f64[row(i) + k]! -= l * f64[row(c) + k]!;
      }
    }
    if (j + 4 >= columns) return;
    for (let i = j + 1; i < m; i++) {
      const q = row(i);
      for (let c = j; c < Math.min(i, end); c++) {
        const l = f64[q + c]!;
        for (let k = end; k < width; k++) f64[q + k]! -= l * f64[row(c) + k]!;
      }
    }
  }
}

function swapRows(f64: Float64Array, p: number, q: number, count: number): void {
  for (let k = 0; k < count; k++) {
    const x = f64[p + k]!;
    f64[p + k] = f64[q + k]!;
    f64[q + k] = x;
  }
}
