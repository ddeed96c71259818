/**
 * Matrix times vector in float64, as in assembly/columns.ts: column j of A at A + j ld, its entries side by side.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const COLUMNS = ["m", "count", "A", "ld", "x", "y", "perTile"] as const;

/** y_j = alpha <a_j, x> for some of the columns. */
export function columnDots(memory: ComputeMemory, args: number, tile: number): void {
  const { m, count, A, ld, x, y, perTile } = readWords(memory, args, COLUMNS);
  const { f64 } = memory;
  const whole = m - (m % 4);
  const lane = (p: number, l: number): number => {
    let sum = 0;
    for (let i = l; i < whole; i += 4) sum += f64[p + i]! * f64[x / 8 + i]!;
    return sum;
  };
  for (let j = tile * perTile; j < Math.min(count, (tile + 1) * perTile); j++) {
    const p = (A + j * ld) / 8;
    let sum = lane(p, 0) + lane(p, 2) + (lane(p, 1) + lane(p, 3));
    for (let i = whole; i < m; i++) sum += f64[p + i]! * f64[x / 8 + i]!;
    f64[y / 8 + j] = f64[args / 8]! * sum;
  }
}

/** y += alpha sum of c_j a_j, columns ascending, for some of the entries. */
export function combineColumns(memory: ComputeMemory, args: number, tile: number): void {
  const { m, count, A, ld, x, y, perTile } = readWords(memory, args, COLUMNS);
  const { f64 } = memory;
  for (let j = 0; j < count; j++) {
    const c = f64[args / 8]! * f64[x / 8 + j]!;
    const p = (A + j * ld) / 8;
    for (let i = tile * perTile; i < Math.min(m, (tile + 1) * perTile); i++) f64[y / 8 + i]! += c * f64[p + i]!;
  }
}
