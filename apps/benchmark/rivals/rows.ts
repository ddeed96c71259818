/** Flat row-major numbers and the rows of them that many libraries are made of. */
import type { Values } from "../src/case.js";

export type Rows = number[][];

/** A [rows, columns] as an array of arrays. */
export function rowsOf(values: Values, rows: number, columns: number): Rows {
  return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));
}

/** Aᵀ of a flat A [rows, columns]. */
export function flipped(values: Values, rows: number, columns: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}

/** Several factors one after the other. */
export function joined(...parts: readonly (ArrayLike<number> | Rows)[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(parts.flatMap((part) => (Array.isArray(part) ? (part as Rows | number[]).flat() : Array.from(part))));
}

/** U, s and V with the values in descending order; libraries that leave them as they come are not judged by that. */
export function sortedSvd(U: Rows, s: readonly number[], V: Rows): Float64Array<ArrayBuffer> {
  const order = Array.from(s.keys()).sort((i, j) => s[j]! - s[i]!);
  const pick = (row: readonly number[]): number[] => order.map((i) => row[i]!);
  return joined(U.map(pick), pick(s), V.map(pick));
}
