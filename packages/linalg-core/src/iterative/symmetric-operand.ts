/**
 * Matrices that must be symmetric, before an algorithm relies on it.
 *
 * Source: Subquad's own convention.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { asMatrix } from "../array/operands.js";
import { assertSymmetric } from "../dense/assert-symmetric.js";
import { entriesOf } from "../dense/work.js";
import { AssumptionError } from "../errors.js";
import { isLinearOperator } from "../operator.js";
import type { Steps } from "../runtime/steps.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr } from "../sparse/structure.js";
import type { Operand } from "./vectors.js";

/**
 * |a_ij − a_ji| of a dense or sparse matrix may be 8 n u max|a|, u of float64 whatever the dtype, since the certificates hold for symmetric
 * matrices only; of an operator nothing can be known.
 */
export function* assertSymmetricOperand(where: string, A: Operand): Steps<void> {
  if (isLinearOperator(A)) return;
  const u = UNIT_ROUND_OFF.float64;
  if (!isCsr(A)) {
    const input = asMatrix(A, `${where}(A)`);
    const [n = 0] = input.shape;
    yield* assertSymmetric(where, yield* entriesOf(input), n, 8 * n * u);
    return;
  }
  const { measured, largest } = sparseAsymmetry(asCsr(A, `${where}(A)`));
  const allowed = 8 * A.shape[0] * u * largest;
  if (measured > allowed)
    throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured, argument: "A" });
}

/** Row by row against the transpose, whose columns ascend likewise. */
function sparseAsymmetry(S: CsrMatrix): { readonly measured: number; readonly largest: number } {
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
  return { measured, largest };
}
