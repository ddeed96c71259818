/**
 * Whether a sketch has lost a column of A: one that it takes for a combination of others, and that is none.
 *
 *   X  n × r whitened columns J      c  a column of A D beside J, X w by the sketch      lost: ‖c − X w‖ above rounding
 *
 * Source: the rounding of a product.
 */
import { denseCopy, matmul, type NdArray } from "@subquad/linalg-core";
import type { Whitening } from "./whiten.js";

/** So far, a number each column: squares of what is missing, squares of the column, its largest entry. */
export interface Losses {
  readonly missing: Float64Array;
  readonly sizes: Float64Array;
  readonly largest: Float64Array;
}

/** Columns below it have no squares to speak of; the sketch, whose columns are near 1, has nothing of their kind. */
const TINY = 2 ** -400;

export function startLosses(count: number): Losses {
  return { missing: new Float64Array(count), sizes: new Float64Array(count), largest: new Float64Array(count) };
}

/** Adds a block of rows: X and the columns beside J. */
export function addLosses(X: NdArray, others: NdArray, W: Whitening, { missing, sizes, largest }: Losses): void {
  const [rows = 0, count = 0] = others.shape;
  if (count === 0) return;
  const given = denseCopy(others, "float64");
  const predicted = W.rank === 0 ? new Float64Array(given.length) : denseCopy(matmul(X, W.rest), "float64");
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) {
      const entry = given[i * count + j]!;
      const gap = entry - predicted[i * count + j]!;
      missing[j] = missing[j]! + gap * gap;
      sizes[j] = sizes[j]! + entry * entry;
      largest[j] = Math.max(largest[j]!, Math.abs(entry));
    }
  }
}

/** Whether one is lost; `size` is ‖X‖_F. */
export function isLossy({ missing, sizes, largest }: Losses, size: number, { rank: r, condition, rest }: Whitening): boolean {
  const weights = new Float64Array(missing.length); // squares of ‖w‖
  const entries = denseCopy(rest, "float64");
  for (let p = 0; p < entries.length; p++) weights[p % weights.length] = weights[p % weights.length]! + entries[p]! * entries[p]!;
  const unit = 64 * (r + 16) * 2 ** -53 * (1 + condition);
  return missing.some((square, j) => {
    if (largest[j]! > 0 && largest[j]! < TINY) return true;
    return !(square < Infinity && Math.sqrt(square) <= unit * (Math.sqrt(sizes[j]!) + size * Math.sqrt(weights[j]!)));
  });
}
