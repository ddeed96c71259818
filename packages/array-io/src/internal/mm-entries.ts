/**
 * The lines of values of a Matrix Market file, put where they belong as they come.
 *
 *   coordinate   i j [a_ij], from 1, in any order                 → triplets
 *   array        a_ij, one a line, column after column           → a column-major array
 *
 * Of a symmetric matrix the file holds what lies on and below the diagonal, of a skew-symmetric one what lies below; the other half is
 * filled in here, with the sign turned for the latter (0 - x, so that zeros stay 0).
 */
import { csrFromTriplets, view, type CsrMatrix, type NdArray } from "@subquad/linalg-core";
import type { MarketBanner, MarketSize, RefuseLine } from "./mm-header.js";
import { wordsOf } from "./mm-header.js";

/** Takes the lines of values one by one, then gives the matrix. */
export interface EntrySink<M> {
  add(line: string, number: number): void;
  finish(): M;
}

export function coordinateSink({ field, symmetry }: MarketBanner, size: MarketSize, refuse: RefuseLine): EntrySink<CsrMatrix> {
  const { rows, columns, entries } = size;
  const half = symmetry !== "general";
  const skew = symmetry === "skew-symmetric";
  const words = field === "pattern" ? 2 : 3;
  const i = new Int32Array(half ? 2 * entries : entries);
  const j = new Int32Array(i.length);
  const values = new Float64Array(i.length);
  let count = 0;

  const store = (row: number, column: number, value: number): void => {
    i[count] = row;
    j[count] = column;
    values[count++] = value;
  };
  return {
    add(line, number) {
      const found = wordsOf(line);
      if (found.length !== words)
        refuse(words === 2 ? "a row and a column" : "a row, a column and a value", `${found.length} words`, number);
      const row = indexOf(found[0]!, rows, "row", number, refuse);
      const column = indexOf(found[1]!, columns, "column", number, refuse);
      const value = words === 2 ? 1 : valueOf(found[2]!, field, number, refuse);
      if (!Number.isFinite(value)) refuse("a finite value, as sparse matrices hold", found[2], number);
      if (half && row < column) refuse(`entries below the diagonal, as the matrix is ${symmetry}`, `(${row + 1}, ${column + 1})`, number);
      if (skew && row === column) refuse("no entries on the diagonal of a skew-symmetric matrix", `(${row + 1}, ${row + 1})`, number);
      store(row, column, value);
      if (half && row !== column) store(column, row, skew ? 0 - value : value);
    },
    finish: () => csrFromTriplets([rows, columns], i.subarray(0, count), j.subarray(0, count), values.subarray(0, count)),
  };
}

export function arraySink({ field, symmetry }: MarketBanner, { rows, columns }: MarketSize, refuse: RefuseLine): EntrySink<NdArray> {
  const data = new Float64Array(rows * columns);
  const skew = symmetry === "skew-symmetric";
  const first = skew ? 1 : 0; // rows below the diagonal at which a column begins
  let row = symmetry === "general" ? 0 : first;
  let column = 0;
  return {
    add(line, number) {
      const found = wordsOf(line);
      if (found.length !== 1) refuse("one value", `${found.length} words`, number);
      const value = valueOf(found[0]!, field, number, refuse);
      data[row + column * rows] = value;
      if (symmetry !== "general" && row !== column) data[column + row * rows] = skew ? 0 - value : value;
      if (++row < rows) return;
      column++;
      row = symmetry === "general" ? 0 : column + first;
    },
    finish: () => view(data, [rows, columns], [1, rows]),
  };
}

function indexOf(word: string, count: number, what: string, line: number, refuse: RefuseLine): number {
  const value = /^\d+$/.test(word) ? Number(word) : NaN;
  return value >= 1 && value <= count ? value - 1 : refuse(`a ${what} in [1, ${count}]`, JSON.stringify(word), line);
}

const INTEGER = /^[+-]?\d+$/;
const REAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?$/; // D as Fortran writes exponents
const SPECIAL = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

function valueOf(word: string, field: MarketBanner["field"], line: number, refuse: RefuseLine): number {
  if (field === "integer") {
    const value = INTEGER.test(word) ? Number(word) : NaN;
    return Math.abs(value) <= 2 ** 53 ? value : refuse("an integer within ±2^53", JSON.stringify(word), line);
  }
  if (REAL.test(word)) {
    const value = Number(word.replace(/d/i, "e"));
    return Number.isFinite(value) ? value : refuse("a number that float64 holds", word, line);
  }
  const special = SPECIAL.exec(word);
  if (!special) return refuse("a number", JSON.stringify(word), line);
  return special[2] ? NaN : special[1] === "-" ? -Infinity : Infinity;
}
