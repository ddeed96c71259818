/**
 * A matrix times a vector in float64, as in assembly/matvec.ts: row i of A at A + i ld, its entries side by side.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const VECTOR = ["rows", "columns", "A", "ld", "x", "y", "rowsPerTile"] as const;

/** y = A x, some of the rows. */
export function multiplyVector(memory: ComputeMemory, args: number, tile: number): void {
  const { rows, columns, A, ld, x, y, rowsPerTile } = readWords(memory, args, VECTOR);
  const { f64 } = memory;
  const first = tile * rowsPerTile;
  for (let i = first; i < Math.min(rows, first + rowsPerTile); i++) f64[y / 8 + i] = rowProduct(f64, columns, (A + i * ld) / 8, x / 8);
}

/** Four sums over k mod 4, (0 + 2) + (1 + 3), then the entries that are left. */
function rowProduct(f64: Float64Array, n: number, row: number, x: number): number {
  const lane = (l: number): number => {
    let sum = 0;
    for (let k = l; k < whole; k += 4) sum += f64[row + k]! * f64[x + k]!;
    return sum;
  };
  const whole = n - (n % 4);
  let sum = lane(0) + lane(2) + (lane(1) + lane(3));
  for (let k = whole; k < n; k++) sum += f64[row + k]! * f64[x + k]!;
  return sum;
}

/** y += factor Σ_i x_i row_i, n entries, row after row. */
export function addRows(memory: ComputeMemory, rows: number, n: number, A: number, ld: number, factor: number, x: number, y: number): void {
  const { f64 } = memory;
  for (let i = 0; i < rows; i++) {
    const t = factor * f64[x / 8 + i]!;
    for (let k = 0; k < n; k++) f64[y / 8 + k]! += t * f64[(A + i * ld) / 8 + k]!;
  }
}
