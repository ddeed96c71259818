/**
 * Matrices that must be symmetric, before an algorithm relies on it.
 *
 * Source: Subquad's own convention.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput } from "../array/types.js";
import { AssumptionError } from "../errors.js";
import { isLinearOperator } from "../operator.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr } from "../sparse/structure.js";
import type { Operand } from "./vectors.js";

/** |a_ij − a_ji| of a dense or sparse matrix may be 8 n u max|a|; of an operator nothing can be known. */
export function assertSymmetricOperand(where: string, A: Operand): void {
  if (isLinearOperator(A)) return;
  const [measured, largest, n] = isCsr(A) ? sparseAsymmetry(A, where) : denseAsymmetry(A, where);
  const allowed = 8 * n * UNIT_ROUND_OFF.float64 * largest;
  if (measured > allowed)
    throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured, argument: "A" });
}

type Asymmetry = readonly [measured: number, largest: number, n: number];

function denseAsymmetry(A: MatrixInput, where: string): Asymmetry {
  const { data, shape, stride, offset } = asMatrix(A, `${where}(A)`);
  const [n = 0] = shape;
  const [down = 0, across = 0] = stride;
  let [measured, largest] = [0, 0];
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [x, y] = [data[offset + i * down + j * across]!, data[offset + j * down + i * across]!];
      largest = Math.max(largest, Math.abs(x), Math.abs(y));
      measured = Math.max(measured, Math.abs(x - y));
    }
  return [measured, largest, n];
}

/** Row by row against the transpose, whose columns ascend likewise. */
function sparseAsymmetry(A: CsrMatrix, where: string): Asymmetry {
  const S = asCsr(A, `${where}(A)`);
  const R = S.transpose();
  let [measured, largest] = [0, 0];
  for (const value of S.values) largest = Math.max(largest, Math.abs(value));
  const n = S.shape[0];
  for (let i = 0; i < n; i++) {
    let [p, q] = [S.rowPointers[i]!, R.rowPointers[i]!];
    const [end, stop] = [S.rowPointers[i + 1]!, R.rowPointers[i + 1]!];
    while (p < end || q < stop) {
      const [j, k] = [p < end ? S.columns[p]! : Infinity, q < stop ? R.columns[q]! : Infinity];
      const x = j <= k ? S.values[p++]! : 0;
      const y = k <= j ? R.values[q++]! : 0;
      measured = Math.max(measured, Math.abs(x - y));
    }
  }
  return [measured, largest, n];
}
