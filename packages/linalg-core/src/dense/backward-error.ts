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
import { multiplyBlocks } from "./blocks.js";
import { additionsOf } from "./round-off.js";
import { allocRows, eachRowSteps, largestOf, loadRows, positionOf } from "./work.js";

const u = UNIT_ROUND_OFF.float64;

/**
 * The certificate "backward error", of `bound` ≥ η.
 * @param A n × n, row-major; X and B n × p, row-major.
 */
export function* measureBackwardError(scope: Scope, A: Float64Array, X: Float64Array, B: Float64Array, n: number): Steps<Certificate> {
  const p = n === 0 ? 0 : B.length / n;
  const [sizesX, sizesB] = [yield* columnSizes(X, n, p), yield* columnSizes(B, n, p)];
  const exponentA = excessOf(yield* largestOf(A, n));
  const [a, x] = [allocRows(scope, n, n), allocRows(scope, n, p)];
  const product = allocRows(scope, n, p);
  yield* loadRows(a, A, new Int32Array(n).fill(exponentA));
  const rowSum = yield* largestRowSum(A, n, exponentA);
  const exponents = Int32Array.from(sizesX, excessOf);
  yield* eachRowSteps(n, p, (i) => {
    const { f64 } = runtime().memory;
    const to = positionOf(x, i);
    for (let c = 0; c < p; c++) f64[to + c] = scaleByPowerOfTwo(X[i * p + c]!, -exponents[c]!);
  });
  yield* multiplyBlocks(scope, a, x, product);

  // residuals in units of 2^common, the larger of the scales of A x and b
  const common = Int32Array.from(sizesB, (size, c) =>
    size === 0 ? exponentA + exponents[c]! : Math.max(exponentA + exponents[c]!, excessOf(size)),
  );
  const residuals = new Float64Array(p);
  yield* eachRowSteps(n, p, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(product, i);
    for (let c = 0; c < p; c++) {
      const b = scaleByPowerOfTwo(B[i * p + c]!, -limited(common[c]!));
      const r = Math.abs(b - scaleByPowerOfTwo(f64[from + c]!, limited(exponentA + exponents[c]! - common[c]!)));
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
  scope.free(a.address);
  scope.free(x.address);
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

function* columnSizes(data: Float64Array, n: number, p: number): Steps<Float64Array> {
  const sizes = new Float64Array(p);
  yield* eachRowSteps(n, p, (i) => {
    for (let c = 0; c < p; c++) sizes[c] = Math.max(sizes[c]!, Math.abs(data[i * p + c]!));
  });
  return sizes;
}

/** ‖A‖_∞ 2^(−exponent). */
function* largestRowSum(A: Float64Array, n: number, exponent: number): Steps<number> {
  let largest = 0;
  yield* eachRowSteps(n, n, (i) => {
    let sum = 0;
    for (let p = i * n; p < i * n + n; p++) sum += Math.abs(exponent === 0 ? A[p]! : scaleByPowerOfTwo(A[p]!, -exponent));
    largest = Math.max(largest, sum);
  });
  return largest;
}
