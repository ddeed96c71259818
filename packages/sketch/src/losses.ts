/**
 * Whether a sketch has lost a column of A: one that it takes for a combination of others, and that is none.
 *
 *   A  n × d      D, J, r, R, κ  of whiten.ts, M its sketch      X  n × r  whitened columns J of A D      c  a column of A D beside J, X w by the sketch      y = R⁻¹ w: c − (A D)_J y is what the sketch does not see
 *
 * Lost: ‖c − X w‖ above rounding, which is that of columns and not of their inverse: a row x̂ of X is that of R + ΔR, |ΔR| ≤ γ |R|, and ŷ that of R + E,
 * |E| ≤ γ |R|, hence x̂ w = (a − x̂ ΔR + x̂ E) ŷ, off by at most 2γ |x̂| |R| |ŷ|. Rounding of A and M themselves moves c − X w by multiples of
 * u ‖X‖ (‖w‖ + Σ_j ‖R_j‖ |y_j|) too. With κ in place of y an ill-conditioned A hides a direction of 1e-6 of its norm.
 * Source: the rounding of a product and of substitution.
 */
import { denseCopy, matmul, solveTriangular, type NdArray } from "@subquad/linalg-core";
import { UNIT } from "./round-off.js";
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
  const predicted = W.rank === 0 ? new Float64Array(given.length) : denseCopy(matmul(X, W.beside), "float64");
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
export function isLossy({ missing, sizes, largest }: Losses, size: number, { rank: r, R, beside }: Whitening): boolean {
  const count = missing.length;
  if (count === 0) return false;
  const unit = 16 * (r + 8) * UNIT;
  const weights = weightsOf(R, beside, r, count);
  return missing.some((square, j) => {
    if (largest[j]! > 0 && largest[j]! < TINY) return true;
    return !(square < Infinity && Math.sqrt(square) <= unit * (Math.sqrt(sizes[j]!) + size * weights[j]!));
  });
}

/** ‖w‖ + Σ_i ‖R_i‖ |y_i| of each column w of `beside`, R_i the columns of R. */
function weightsOf(R: NdArray, beside: NdArray, r: number, count: number): Float64Array {
  const weights = new Float64Array(count);
  if (r === 0) return weights;
  const [entries, W] = [denseCopy(R, "float64"), denseCopy(beside, "float64")];
  const y = denseCopy(solveTriangular(R, beside, { upper: true }), "float64");
  for (let j = 0; j < count; j++) {
    let square = 0;
    for (let i = 0; i < r; i++) square += W[i * count + j]! * W[i * count + j]!;
    weights[j] = Math.sqrt(square);
  }
  for (let i = 0; i < r; i++) {
    let square = 0;
    for (let l = 0; l <= i; l++) square += entries[l * r + i]! * entries[l * r + i]!;
    for (let j = 0; j < count; j++) weights[j] = weights[j]! + Math.sqrt(square) * Math.abs(y[i * count + j]!);
  }
  return weights;
}
