/**
 * How far an answer is from a minimiser: the gradient of ‖A x − b‖² + μ² ‖x‖², measured from x.
 *
 *   A  m × n      r = b − A x      g = Aᵀ r − μ² x
 *
 * Source: textbook.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { frobeniusSteps } from "../dense/frobenius.js";
import { residualSteps } from "../dense/residual.js";
import { isLinearOperator, type CheckedOperator } from "../operator.js";
import { rest, type Steps } from "../runtime/steps.js";
import type { ReadOperand } from "./operand.js";
import { euclideanNorm } from "./vectors.js";

const NORM = "‖Aᵀ(b − A x) − μ² x‖₂";

/** The gradient at x and the residual, measured from x, and what rounding may hide of them. */
export function* measureGradient(
  A: ReadOperand["given"],
  operator: CheckedOperator,
  x: Float64Array,
  b: Float64Array,
  damping: number,
): Steps<{ residualNorm: number; certificate: Certificate }> {
  const u = UNIT_ROUND_OFF.float64;
  const [m, n] = operator.shape;
  const r = new Float64Array(m);
  if (isLinearOperator(A)) {
    yield* operator.multiplySteps(x, r);
    for (let i = 0; i < m; i++) r[i] = b[i]! - r[i]!;
  } else r.set((yield* residualSteps("residual", A, view(x, [n]), view(b, [m]))).data);
  const residualNorm = euclideanNorm(r);
  const g = new Float64Array(n);
  operator.multiplyTranspose(r, g);
  subtractDamped(damping, x, g);
  const gradient = euclideanNorm(g) * (1 + (n + 8) * u);
  if (isLinearOperator(A))
    return {
      residualNorm,
      certificate: { kind: "conditional", bound: gradient, norm: NORM, condition: "the operator's products are exact" },
    };
  yield rest();
  const size = yield* frobeniusSteps(A);
  const split = (n + 2) * (n + 2) * u * u * (size * euclideanNorm(x) + euclideanNorm(b)); // of the residual, beside u |r|
  const roundOff = size * ((m + 3) * u * residualNorm + split) + 4 * u * damping * (damping * euclideanNorm(x));
  const vanished = (m + 2) * (n + 2) * Number.MIN_VALUE; // of products that underflow
  return { residualNorm, certificate: { kind: "deterministic", bound: gradient + 1.01 * roundOff + vanished, norm: NORM } };
}

/** g ← g − μ² x; μ² alone may overflow, or vanish. */
export function subtractDamped(μ: number, x: Float64Array, g: Float64Array): void {
  for (let j = 0; j < g.length; j++) g[j]! -= μ * (μ * x[j]!);
}
