/**
 * Matrices that must be symmetric, before an algorithm relies on it.
 *
 * Source: Subquad's own convention.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import { assertSymmetric } from "../dense/assert-symmetric.js";
import { entriesOf } from "../dense/work.js";
import { AssumptionError } from "../errors.js";
import { isLinearOperator, type CheckedOperator } from "../operator.js";
import { rest, type Steps } from "../runtime/steps.js";
import type { CsrMatrix } from "../sparse/csr.js";
import type { ReadOperand } from "./operand.js";

/** What an algorithm for symmetric operands works with. */
export interface SymmetricOperand {
  /** Products with (A + Aᵀ)/2, which is A itself where A is symmetric to the last bit; of an operator, its own products. */
  readonly operator: CheckedOperator;
  /** max |a_ij − a_ji|; 0 of an operator, of which nothing can be known. */
  readonly asymmetry: number;
}

/**
 * The symmetric part of a matrix that is symmetric up to round-off: |a_ij − a_ji| may be 8 n u max|a|, u of float64 whatever the dtype.
 *
 * What is left of the difference would otherwise be an error that no certificate counts.
 */
export function* symmetricOperand(where: string, { given, operator }: ReadOperand): Steps<SymmetricOperand> {
  if (isLinearOperator(given)) return { operator, asymmetry: 0 };
  const asymmetry = yield* measureAsymmetry(where, given);
  return { operator: asymmetry === 0 ? operator : averaged(operator), asymmetry };
}

function* measureAsymmetry(where: string, A: NdArray | CsrMatrix): Steps<number> {
  const u = UNIT_ROUND_OFF.float64;
  if (!("columns" in A)) {
    const [n = 0] = A.shape;
    return (yield* assertSymmetric(where, yield* entriesOf(A), n, 8 * n * u)).measured;
  }
  const { measured, largest } = sparseAsymmetry(A);
  const allowed = 8 * A.shape[0] * u * largest;
  if (measured > allowed)
    throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured, argument: "A" });
  return measured;
}

/** Half the sum of both products. */
function averaged(A: CheckedOperator): CheckedOperator {
  const other = new Float64Array(A.shape[0]);
  const multiply = (x: Float64Array, y: Float64Array): void => {
    A.multiply(x, y);
    A.multiplyTranspose(x, other);
    for (let i = 0; i < y.length; i++) y[i] = 0.5 * y[i]! + 0.5 * other[i]!;
  };
  return {
    shape: A.shape,
    hasTranspose: true,
    multiply,
    multiplyTranspose: multiply,
    *multiplySteps(x, y) {
      multiply(x, y);
      yield rest();
    },
  };
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
