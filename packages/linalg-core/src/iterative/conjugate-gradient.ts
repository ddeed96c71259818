/**
 * Conjugate gradients.
 *
 *   A  n × n symmetric positive definite      b, x  n      M ≈ A⁻¹ symmetric positive definite (preconditioner)
 *   r = b − A x      z = M r      p direction      γ = ⟨r, z⟩      δ = ⟨p, A p⟩
 *
 * Source: Hestenes and Stiefel.
 */
import { assertFinite } from "../array/check.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { largestMagnitude, scaled } from "../dense/sums.js";
import { AssumptionError, NotConvergedError, ShapeError } from "../errors.js";
import { exponentOf } from "../math/bits.js";
import type { CheckedOperator, LinearOperator } from "../operator.js";
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import type { Scope } from "../runtime/scope.js";
import { pause, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import type { CsrMatrix } from "../sparse/csr.js";
import { readOperand, withScope } from "./operand.js";
import { extremesOfTridiagonal } from "./tridiagonal-extremes.js";
import { addMultiple, dotProduct, euclideanNorm, finiteVector, measureResidual, type Operand } from "./vectors.js";

export interface ConjugateGradientOptions {
  /** ε: stop when ‖b − A x‖ ≤ ε ‖b‖. In [1e-15, 1]. Default 1e-10. */
  readonly tolerance?: number;
  /** Products with A, at least 1. Default 10 n. */
  readonly maxIterations?: number;
  /** M ≈ A⁻¹, symmetric positive definite: a matrix or an operator. Default: none. */
  readonly preconditioner?: MatrixInput | CsrMatrix | LinearOperator;
  /** x to start from. Default 0. */
  readonly initial?: VectorInput;
  /** μ > 0 with λ_min(A) ≥ μ: the certificate then bounds ‖x − x*‖₂ too, on that condition. Default: none. */
  readonly eigenvalueFloor?: number;
  /** When the tolerance is missed: throw NotConvergedError, or return with `stopped` saying so. Default "throw". */
  readonly onMiss?: "throw" | "return";
}

export interface ConjugateGradientResult {
  /** [n], float64. */
  readonly x: NdArray;
  readonly method: "conjugate-gradient";
  /** "tolerance", or what was spent first: "iterations", or "stagnation": no true residual below 0.9 of the best one in max(100, n) steps. */
  readonly stopped: "tolerance" | "iterations" | "stagnation";
  /** `bound` ≥ ‖b − A x‖₂, measured from x; with eigenvalueFloor `bound` ≥ ‖x − x*‖₂. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly iterations: number; readonly residualNorm: number; readonly conditionEstimate: number };
}

const OPTION_NAMES = ["tolerance", "maxIterations", "preconditioner", "initial", "eigenvalueFloor", "onMiss"];
/** Steps after which the residual is computed afresh, so that the recurrence cannot drift from it. */
const REFRESH = 50;
/** A true residual counts as progress below this share of the best one: slower than that, a digit would take 22 max(100, n) steps. */
const PROGRESS = 0.9;

/**
 * x with A x ≈ b for symmetric positive definite A.
 *
 * For large sparse A, or an A that is known by its products. For a dense matrix of a few thousand rows `cholesky` is direct and exact.
 * @param A shape [n, n]: dense, sparse or an operator; symmetric positive definite, which is found out only where it fails.
 * @param b shape [n].
 * @param options see ConjugateGradientOptions, and RunControl.
 * @returns a promise of ConjugateGradientResult.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError; AssumptionError when A or the preconditioner is found not to be positive
 * definite; NotConvergedError carrying the best x with its certificate.
 * @complexity one product with A, one with M and 10 n flops an iteration, about √κ/2 · ln(2√κ/ε) of them.
 * @source Hestenes and Stiefel.
 * @example (await conjugateGradient([[4, 1], [1, 3]], [1, 2])).x.get(0) // -> 0.0909…
 */
export function conjugateGradient(
  A: Operand,
  b: VectorInput,
  options: ConjugateGradientOptions & RunControl = {},
): Promise<ConjugateGradientResult> {
  const known = [...OPTION_NAMES, ...RUN_CONTROL];
  return runAsync(conjugateGradientSteps("conjugateGradient", A, b, options, known), options, "conjugateGradient");
}

/** `conjugateGradient` on the calling thread: same arguments, same errors, same bits. */
export function conjugateGradientSync(A: Operand, b: VectorInput, options: ConjugateGradientOptions = {}): ConjugateGradientResult {
  return runSync(conjugateGradientSteps("conjugateGradientSync", A, b, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* conjugateGradientSteps(
  where: string,
  A: Operand,
  b: VectorInput,
  options: ConjugateGradientOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<ConjugateGradientResult> {
  assertKnownOptions(where, options, known);
  return yield* withScope((scope) => solveIn(scope, where, A, b, options));
}

function* solveIn(
  scope: Scope,
  where: string,
  A: Operand,
  b: VectorInput,
  options: ConjugateGradientOptions,
): Steps<ConjugateGradientResult> {
  const { tolerance = 1e-10, eigenvalueFloor, onMiss = "throw" } = options;
  assertInRange(where, { tolerance }, 1e-15, 1);
  if (eigenvalueFloor !== undefined) assertInRange(where, { eigenvalueFloor }, 0, Number.MAX_VALUE, { openLow: true });
  assertOneOf(where, { onMiss }, ["throw", "return"]);
  const { given, operator } = yield* readOperand(scope, A, `${where}(A)`);
  const [n, columns] = operator.shape;
  if (n !== columns) throw new ShapeError(where, "A", "a square matrix", operator.shape);
  const { maxIterations = Math.max(1, 10 * n) } = options;
  assertInteger(where, { maxIterations }, 1, Number.MAX_SAFE_INTEGER);
  const { preconditioner } = options;
  const M = preconditioner === undefined ? undefined : (yield* readOperand(scope, preconditioner, `${where}(preconditioner)`)).operator;
  if (M !== undefined && (M.shape[0] !== n || M.shape[1] !== n))
    throw new ShapeError(where, "preconditioner", `shape [${n}, ${n}]`, M.shape);
  const target = finiteVector(b, n, `${where}(b)`);
  const x = finiteVector(options.initial ?? new Float64Array(n), n, `${where}(initial)`);

  // b of a size of about 1, exactly, so that no inner product overflows or vanishes
  const most = largestMagnitude(target);
  const exponent = most === 0 ? 0 : exponentOf(most);
  const scaledX = scaled(x, -exponent);
  const outcome = yield* iterate(where, operator, M, scaled(target, -exponent), scaledX, tolerance, maxIterations);
  const { iterations, stopped, conditionEstimate } = outcome;
  x.set(scaled(scaledX, exponent));
  assertFinite(view(x, [n]), `${where}(result overflows float64)`);

  const product = new Float64Array(n);
  yield* operator.multiplySteps(x, product);
  const { value, certificate } = yield* measureResidual(given, operator, x, target, product);
  const result: ConjugateGradientResult = {
    x: view(x, [n]),
    method: "conjugate-gradient",
    stopped,
    certificate: eigenvalueFloor === undefined ? certificate : errorBound(certificate, eigenvalueFloor),
    diagnostics: { iterations, residualNorm: value, conditionEstimate },
  };
  if (stopped !== "tolerance" && onMiss === "throw")
    throw new NotConvergedError(where, result, missed(tolerance, value, target, iterations));
  return result;
}

function missed(tolerance: number, value: number, target: Float64Array, iterations: number): string {
  const share = (value / euclideanNorm(target)).toExponential(2);
  return `expected a residual of ${tolerance} ‖b‖, got ${share} ‖b‖ after ${iterations} iterations (error.result holds the best answer)`;
}

/** ‖x − x*‖ ≤ ‖r‖ / λ_min ≤ ‖r‖ / μ. */
function errorBound(certificate: Certificate, μ: number): Certificate {
  if (certificate.kind !== "deterministic" && certificate.kind !== "conditional") return certificate;
  const beside = certificate.kind === "conditional" ? ` and ${certificate.condition}` : "";
  return {
    kind: "conditional",
    bound: certificate.bound / μ,
    norm: "‖x − x*‖₂",
    condition: `the eigenvalues of A are at least ${μ}${beside}`,
  };
}

interface Outcome {
  readonly iterations: number;
  readonly stopped: ConjugateGradientResult["stopped"];
  readonly conditionEstimate: number;
}

/** Overwrites x with the iterate of the smallest true residual. */
function* iterate(
  where: string,
  A: CheckedOperator,
  M: CheckedOperator | undefined,
  b: Float64Array,
  x: Float64Array,
  tolerance: number,
  maxIterations: number,
): Steps<Outcome> {
  const n = b.length;
  const allowed = tolerance * euclideanNorm(b);
  const [r, z, p, q] = [0, 1, 2, 3].map(() => new Float64Array(n)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const best = { x: x.slice(), norm: Infinity, at: 0 };
  const [alphas, betas]: [number[], number[]] = [[], []];
  if (allowed === 0) {
    x.fill(0);
    return { iterations: 0, stopped: "tolerance", conditionEstimate: 1 };
  }
  let γ = 0;
  for (let iteration = 0; ; iteration++) {
    yield pause(iteration, maxIterations);
    const seemsDone = iteration > 0 && euclideanNorm(r) <= allowed;
    if (iteration % REFRESH === 0 || seemsDone || iteration === maxIterations) {
      const drift = yield* refresh(A, b, x, r, q);
      const size = euclideanNorm(r);
      if (size < best.norm * PROGRESS) best.at = iteration;
      if (size < best.norm) {
        best.norm = size;
        best.x.set(x);
      }
      const stopped =
        size <= allowed
          ? "tolerance"
          : iteration === maxIterations
            ? "iterations"
            : iteration - best.at > Math.max(100, n)
              ? "stagnation"
              : undefined;
      if (stopped !== undefined) {
        x.set(best.x);
        return { iterations: iteration, stopped, conditionEstimate: conditionOf(alphas, betas) };
      }
      if (drift > 10 * allowed) γ = 0; // directions no longer belong to this residual
    }
    if (M === undefined) z.set(r);
    else yield* M.multiplySteps(r, z);
    const next = dotProduct(r, z);
    if (!(next > 0)) throw new AssumptionError(where, { assumption: "a positive definite preconditioner: ⟨r, M r⟩", allowed: "> 0", measured: next, argument: "preconditioner" }); // prettier-ignore
    const β = γ === 0 ? 0 : next / γ;
    γ = next;
    for (let i = 0; i < n; i++) p[i] = z[i]! + β * p[i]!;
    yield* A.multiplySteps(p, q);
    const δ = dotProduct(p, q);
    if (!(δ > 0)) throw new AssumptionError(where, { assumption: `a positive definite operator: ⟨p, A p⟩ in iteration ${iteration}`, allowed: "> 0", measured: δ, argument: "A" }); // prettier-ignore
    const α = γ / δ;
    addMultiple(α, p, x);
    addMultiple(-α, q, r);
    alphas.push(α);
    betas.push(β);
  }
}

/** r ← b − A x afresh; how far the recurrence had drifted from it. */
function* refresh(A: CheckedOperator, b: Float64Array, x: Float64Array, r: Float64Array, q: Float64Array): Steps<number> {
  yield* A.multiplySteps(x, q);
  let drift = 0;
  for (let i = 0; i < b.length; i++) {
    const fresh = b[i]! - q[i]!;
    drift += (fresh - r[i]!) * (fresh - r[i]!);
    r[i] = fresh;
  }
  return Math.sqrt(drift);
}

/** κ of the tridiagonal matrix of the iteration: T_jj = 1/α_j + β_j/α_(j−1), T_(j,j+1) = √β_(j+1)/α_j. */
function conditionOf(alphas: readonly number[], betas: readonly number[]): number {
  const k = alphas.length;
  if (k === 0) return 1;
  const diagonal = Float64Array.from(alphas, (α, j) => 1 / α + (j === 0 ? 0 : betas[j]! / alphas[j - 1]!));
  const beside = Float64Array.from({ length: k - 1 }, (_, j) => Math.sqrt(betas[j + 1]!) / alphas[j]!);
  const { low, high } = extremesOfTridiagonal(diagonal, beside);
  return low > 0 ? high / low : Infinity;
}
