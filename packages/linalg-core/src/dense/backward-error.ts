/**
 * The backward error of an answer X of A X = B, bounded from above whatever method gave it.
 *
 *   A  n × n      X, B  n × p      η = max over columns of ‖b − A x‖_∞ / (‖A‖_∞ ‖x‖_∞ + ‖b‖_∞)
 *
 * (A + ΔA) x = b + Δb for some ‖ΔA‖_∞ ≤ η ‖A‖_∞, ‖Δb‖_∞ ≤ η ‖b‖_∞, and for no smaller η.  Source: Rigal, Gaches 1967.
 *
 * Round-off of the measurement: γ_k ‖A‖_∞ ‖x‖_∞ for the product, k its roundings in a row; a unit for the difference. What does not lie
 * within 2^±200 is scaled by powers of two first, so that nothing overflows; what vanishes thereby, and what underflows, adds up to less
 * than 2^−800, where the whole is 2^−401 at least.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { Certificate } from "../certificate.js";
import { exponentOf, scaleByPowerOfTwo } from "../math/bits.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { multiplyPacked, type Block } from "./blocks.js";
import { columnSizes } from "./passes.js";
import { packForResiduals, type ForResiduals } from "./refine.js";
import { additionsOf } from "./round-off.js";
import { allocRows, eachRowSteps, positionOf } from "./work.js";

const u = UNIT_ROUND_OFF.float64;

/**
 * The certificate "backward error", of `bound` ≥ η.
 * @param A n × n; X and B n × p.
 * @param top max |a_ij|.
 * @param given A packed, where it is already.
 */
export function* measureBackwardError(scope: Scope, A: Block, top: number, X: Block, B: Block, given?: ForResiduals): Steps<Certificate> {
  const { rows: n, columns: p } = B;
  const [sizesX, sizesB] = [yield* columnSizes(scope, X), yield* columnSizes(scope, B)];
  const exponentA = excessOf(top);
  const exponents = new Int32Array(p);
  for (let c = 0; c < p; c++) exponents[c] = excessOf(sizesX[c]!);
  const a = exponentA === 0 ? A : yield* scaledCopy(scope, A, new Int32Array(n).fill(exponentA));
  const x = exponents.every((exponent) => exponent === 0) ? X : yield* scaledCopy(scope, X, exponents);
  const product = allocRows(scope, n, p);
  const { negated, rowSum } = a === A && given !== undefined ? given : yield* packForResiduals(scope, a);
  yield* multiplyPacked(scope, negated, x, product, false); // −A x

  // residuals in units of 2^common, the larger of the scales of A x and b
  const common = new Int32Array(p);
  for (let c = 0; c < p; c++) {
    const ax = exponentA + exponents[c]!;
    common[c] = sizesB[c] === 0 ? ax : Math.max(ax, excessOf(sizesB[c]!));
  }
  const residuals = new Float64Array(p);
  yield* eachRowSteps(n, p, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(product, i);
    const right = positionOf(B, i);
    for (let c = 0; c < p; c++) {
      const up = exponentA + exponents[c]! - common[c]!;
      const b = common[c] === 0 ? f64[right + c]! : scaleByPowerOfTwo(f64[right + c]!, -limited(common[c]!));
      const r = Math.abs(b + (up === 0 ? f64[from + c]! : scaleByPowerOfTwo(f64[from + c]!, limited(up))));
      residuals[c] = Math.max(residuals[c]!, r);
    }
  });
  let bound = 0;
  for (let c = 0; c < p; c++) {
    const reach =
      rowSum * scaleByPowerOfTwo(scaleByPowerOfTwo(sizesX[c]!, -exponents[c]!), limited(exponentA + exponents[c]! - common[c]!));
    const size = reach + scaleByPowerOfTwo(sizesB[c]!, -limited(common[c]!));
    if (size === 0) continue; // 0 = 0
    const k = additionsOf(n) + 2;
    const error = residuals[c]! * (1 + 2 * u) + 1.001 * k * u * reach + 2 ** -800;
    bound = Math.max(bound, (error / size) * (1 + (2 * n + 8) * u));
  }
  if (a !== A) scope.free(a.address);
  if (x !== X) scope.free(x.address);
  scope.free(product.address);
  return { kind: "deterministic", bound, norm: "backward error" };
}

/** The power of two that is taken out of numbers whose largest is x. */
export function excessOf(x: number): number {
  const exponent = x === 0 ? 0 : exponentOf(x);
  return Math.abs(exponent) <= 200 ? 0 : exponent;
}

/** Powers beyond these take any float64 to 0, and none of ours to infinity: the larger scale was taken out. */
function limited(exponent: number): number {
  return Math.max(-2044, Math.min(2044, exponent));
}

/** The entries of A, column j times 2^(−exponents[j]). */
function* scaledCopy(scope: Scope, A: Block, exponents: Int32Array): Steps<Block> {
  const copy = allocRows(scope, A.rows, A.columns);
  yield* eachRowSteps(A.rows, A.columns, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(A, i);
    const to = positionOf(copy, i);
    for (let c = 0; c < A.columns; c++) f64[to + c] = scaleByPowerOfTwo(f64[from + c]!, -exponents[c]!);
  });
  return copy;
}
