/**
 * What the iterative solvers share: their operands, float64 vectors, and the residual that certifies an answer.
 *
 * Source: textbook.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { vectorEntries } from "../array/operands.js";
import type { VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { frobeniusSteps } from "../dense/frobenius.js";
import { residualSteps } from "../dense/residual.js";
import { addMultiple, euclideanNorm, sumOfProducts } from "../dense/sums.js";
import { isLinearOperator, type CheckedOperator, type Operand } from "../operator.js";
import { rest, type Steps } from "../runtime/steps.js";
import type { ReadOperand } from "./operand.js";

export type { Operand };

/** ⟨x, y⟩. */
export { sumOfProducts as dotProduct };
/** ‖x‖₂. */
export { euclideanNorm };
/** y ← y + α x. */
export { addMultiple };

/** The finite entries of a vector of this length, a copy. */
export function finiteVector(input: VectorInput, length: number, site: string): Float64Array {
  const entries = vectorEntries(input, length, site);
  assertFinite(view(entries, [length]), site);
  return entries;
}

/** ‖b − A x‖₂ and what may be said of it. */
export interface ResidualNorm {
  readonly value: number;
  readonly certificate: Certificate;
}

const NORM = "‖b − A x‖₂";

/**
 * The residual of an answer, measured from it: of a matrix in twice the precision, of an operator by its product.
 * @param A what the caller gave, read.
 * @param operator the same, checked; its product with x is written to `work`.
 */
export function* measureResidual(
  A: ReadOperand["given"],
  operator: CheckedOperator,
  x: Float64Array,
  b: Float64Array,
  product: Float64Array,
): Steps<ResidualNorm> {
  const u = UNIT_ROUND_OFF.float64;
  const [m, n] = operator.shape;
  if (isLinearOperator(A)) {
    const r = Float64Array.from(b, (value, i) => value - product[i]!);
    const value = euclideanNorm(r);
    // one subtraction an entry, |b_i − y_i| u, then the norm
    const bound = value * (1 + (m + 8) * u);
    return { value, certificate: { kind: "conditional", bound, norm: NORM, condition: "the operator's products are exact" } };
  }
  const r = (yield* residualSteps("residual", A, view(x, [n]), view(b, [m]))).data;
  const value = euclideanNorm(Float64Array.from(r));
  yield rest();
  const size = (yield* frobeniusSteps(A)) * euclideanNorm(x) + euclideanNorm(b);
  // |R − exact| ≤ u |exact| + γ_(n+1)² (|A||x| + |b|), and half a smallest number where R is subnormal
  const vanished = value === 0 && size === 0 ? 0 : 2 * m * Number.MIN_VALUE;
  const bound = value * (1 + (m + 8) * u) + (n + 2) * (n + 2) * u * u * size + vanished;
  return { value, certificate: { kind: "deterministic", bound, norm: NORM } };
}
