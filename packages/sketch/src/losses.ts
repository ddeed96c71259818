/**
 * Whether a sketch has lost a column of A: one that it takes for a combination of others, and that is none.
 *
 *   X  n × r whitened columns J      c  a column of A D beside J, X w by the sketch      lost: ‖c − X w‖ above rounding
 *
 * Source: the rounding of a product.
 */
import { denseCopy, matmul, type NdArray } from "@subquad/linalg-core";
import { frobenius, type Whitening } from "./whiten.js";

/** Squares so far, a column each: of what is missing, and of the column. */
export interface Losses {
  readonly missing: Float64Array;
  readonly sizes: Float64Array;
}

export function startLosses(count: number): Losses {
  return { missing: new Float64Array(count), sizes: new Float64Array(count) };
}

/** Adds a block of rows: X and the columns beside J. */
export function addLosses(X: NdArray, others: NdArray, W: Whitening, { missing, sizes }: Losses): void {
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
    }
  }
}

/** Whether one is lost; `size` is ‖X‖_F. */
export function isLossy({ missing, sizes }: Losses, size: number, { rank: r, condition, rest }: Whitening): boolean {
  const weights = r === 0 ? 0 : frobenius(denseCopy(rest, "float64"));
  const unit = 64 * (r + 16) * 2 ** -53 * (1 + condition);
  return missing.some((square, j) => !(Math.sqrt(square) <= unit * (Math.sqrt(sizes[j]!) + size * weights)));
}
