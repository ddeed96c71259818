/**
 * An upper bound of the eigenvalues of τ A for a symmetric matrix: max_i (τ a_ii + |τ| Σ_(j ≠ i) |a_ij|).
 *
 * Source: Gershgorin.
 */
import { isLinearOperator } from "../operator.js";
import type { ReadOperand } from "./operand.js";

/** The bound of the symmetric part, rounded up, with max |a_ij − a_ji| of A; undefined of an operator, whose entries are not known; 0 without rows. */
export function gershgorin(A: ReadOperand["given"], τ: number, asymmetry: number): number | undefined {
  if (isLinearOperator(A)) return undefined;
  let [bound, largest] = [-Infinity, 0];
  const take = (diagonal: number, beside: number): void => {
    bound = Math.max(bound, τ * diagonal + Math.abs(τ) * beside);
    largest = Math.max(largest, Math.abs(τ) * (Math.abs(diagonal) + beside));
  };
  let n: number;
  if ("columns" in A) {
    const { shape, rowPointers, columns, values } = A;
    n = shape[0];
    for (let i = 0; i < n; i++) {
      let [diagonal, beside] = [0, 0];
      for (let p = rowPointers[i]!; p < rowPointers[i + 1]!; p++) {
        if (columns[p] === i) diagonal = values[p]!;
        else beside += Math.abs(values[p]!);
      }
      take(diagonal, beside);
    }
  } else {
    const { data, shape, stride, offset } = A;
    n = shape[0] ?? 0;
    const [down = 0, across = 0] = stride;
    for (let i = 0; i < n; i++) {
      let beside = 0;
      for (let j = 0; j < n; j++) if (j !== i) beside += Math.abs(data[offset + i * down + j * across]!);
      take(data[offset + i * (down + across)]!, beside);
    }
  }
  return n === 0 ? 0 : bound + (n + 2) * 2 ** -52 * largest + 0.5 * n * Math.abs(τ) * asymmetry;
}
