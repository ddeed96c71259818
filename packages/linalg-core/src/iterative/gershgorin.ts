/**
 * An upper bound of the eigenvalues of τ A for a symmetric matrix: max_i (τ a_ii + |τ| Σ_(j ≠ i) |a_ij|).
 *
 * Source: Gershgorin.
 */
import { asMatrix } from "../array/operands.js";
import { isLinearOperator } from "../operator.js";
import { isCsr } from "../sparse/csr.js";
import { asCsr } from "../sparse/structure.js";
import type { Operand } from "./vectors.js";

/** The bound of the symmetric part, rounded up, with max |a_ij − a_ji| of A; undefined of an operator, whose entries are not known; 0 without rows. */
export function gershgorin(A: Operand, τ: number, asymmetry: number): number | undefined {
  if (isLinearOperator(A)) return undefined;
  let [bound, largest] = [-Infinity, 0];
  const take = (diagonal: number, beside: number): void => {
    bound = Math.max(bound, τ * diagonal + Math.abs(τ) * beside);
    largest = Math.max(largest, Math.abs(τ) * (Math.abs(diagonal) + beside));
  };
  let n: number;
  if (isCsr(A)) {
    const { shape, rowPointers, columns, values } = asCsr(A, "gershgorin(A)");
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
    const { data, shape, stride, offset } = asMatrix(A, "gershgorin(A)");
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
