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

/** ‖U_i‖² of every row. */
export function squaredNorms(U: Rows): Float64Array<ArrayBuffer> {
  return Float64Array.from(U, (row) => row.reduce((sum, x) => sum + x * x, 0));
}

/** The first k columns of U [m, columns], s and V [n, columns], which lie one after the other. */
export function leading(
  k: number,
  factors: Values,
  sizes: { readonly m: number; readonly n: number; readonly columns: number },
): Float64Array {
  const { m, n, columns } = sizes;
  const out = new Float64Array((m + 1 + n) * k);
  for (let i = 0; i < m + 1 + n; i++) out.set(factors.subarray(i * columns, i * columns + k), i * k); // s is a row between the two
  return out;
}
