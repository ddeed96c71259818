/**
 * Least squares by bidiagonalization (LSQR).
 *
 *   A  m × n      b  m      x  n minimises ‖A x − b‖² + μ² ‖x‖²      N ≈ R⁻¹ from the right: y minimises ‖A N y − b‖, x = N y
 *   β u = A v − α u      α v = Aᵀ u − β v      plane rotations keep the last row of the bidiagonal least squares problem at 0
 *   φ the residual norm of the recurrence      corner  the last diagonal entry, once rotated      w the direction of x
 *
 * In exact arithmetic the iterates of conjugate gradients on AᵀA x = Aᵀb, without ever squaring the condition of A.
 * Source: Paige and Saunders.
 */
import { assertFinite } from "../array/check.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { largestMagnitude, scaled } from "../dense/sums.js";
import { NotConvergedError, ShapeError } from "../errors.js";
import { exponentOf } from "../math/bits.js";
import { hypot } from "../math/hypot.js";
import type { CheckedOperator, LinearOperator } from "../operator.js";
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import type { Scope } from "../runtime/scope.js";
import { pause, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import type { CsrMatrix } from "../sparse/csr.js";
import { measureGradient } from "./gradient-certificate.js";
import { candidate, criterion, product, transposedProduct, type System } from "./lsqr-system.js";
import { readOperand, withScope } from "./operand.js";
import { addMultiple, euclideanNorm, finiteVector, type Operand } from "./vectors.js";

export interface LsqrOptions {
  /** ε: stop when ‖Aᵀr‖ ≤ ε ‖A‖ ‖r‖ or ‖r‖ ≤ ε ‖b‖, both measured from x. In [1e-15, 1]. Default 1e-10. */
  readonly tolerance?: number;
  /** μ ≥ 0: minimises ‖A x − b‖² + μ² ‖x‖². Default 0. */
  readonly damping?: number;
  /** Pairs of products with A and Aᵀ, at least 1. Default 4 n. */
  readonly maxIterations?: number;
  /** N ≈ R⁻¹ for A ≈ Q R: a matrix, or an operator with `applyTranspose`. Not together with damping. Default: none. */
  readonly preconditioner?: MatrixInput | CsrMatrix | LinearOperator;
  /** x to start from. Default 0. */
  readonly initial?: VectorInput;
  /** When the tolerance is missed: throw NotConvergedError, or return with `stopped` saying so. Default "throw". */
  readonly onMiss?: "throw" | "return";
}

export interface LsqrResult {
  /** [n], float64. */
  readonly x: NdArray;
  /** ‖b − A x‖₂. */
  readonly residualNorm: number;
  readonly method: "lsqr";
  /** "gradient" or "residual" for the criterion that was met; "iterations" when the budget was spent. */
  readonly stopped: "gradient" | "residual" | "iterations";
  /** `bound` ≥ ‖Aᵀ(b − A x) − μ² x‖₂, measured from x: 0 at a minimiser. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly iterations: number; readonly normEstimate: number };
}

const OPTION_NAMES = ["tolerance", "damping", "maxIterations", "preconditioner", "initial", "onMiss"];
/** The recurrence is checked against the true residual this often, and whenever it says that x is good enough. */
const CHECK = 50;

/**
 * x that minimises ‖A x − b‖₂.
 *
 * For large sparse A, or an A that is known by its products with vectors from either side. For a dense matrix of a few thousand columns
 * `leastSquares` is direct.
 * @param A shape [m, n]: dense, sparse or an operator with `applyTranspose`.
 * @param b shape [m].
 * @param options see LsqrOptions, and RunControl.
 * @returns a promise of LsqrResult.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError; NotConvergedError carrying the last x with its certificate.
 * @complexity two products and 3 m + 5 n flops an iteration, about κ ln(1/ε) of them.
 * @source Paige and Saunders.
 * @example (await lsqr([[1], [1]], [1, 3])).x.get(0) // -> 2
 */
export function lsqr(A: Operand, b: VectorInput, options: LsqrOptions & RunControl = {}): Promise<LsqrResult> {
  return runAsync(lsqrSteps("lsqr", A, b, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "lsqr");
}

/** `lsqr` on the calling thread: same arguments, same errors, same bits. */
export function lsqrSync(A: Operand, b: VectorInput, options: LsqrOptions = {}): LsqrResult {
  return runSync(lsqrSteps("lsqrSync", A, b, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* lsqrSteps(
  where: string,
  A: Operand,
  b: VectorInput,
  options: LsqrOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<LsqrResult> {
  assertKnownOptions(where, options, known);
  return yield* withScope((scope) => solveIn(scope, where, A, b, options));
}

function* solveIn(scope: Scope, where: string, A: Operand, b: VectorInput, options: LsqrOptions): Steps<LsqrResult> {
  const { tolerance = 1e-10, damping = 0, onMiss = "throw" } = options;
  assertInRange(where, { tolerance }, 1e-15, 1);
  assertInRange(where, { damping }, 0, Number.MAX_VALUE);
  assertOneOf(where, { onMiss }, ["throw", "return"]);
  const { given, operator } = yield* readOperand(scope, A, `${where}(A)`);
  const [m, n] = operator.shape;
  const { maxIterations = Math.max(1, 4 * n) } = options;
  assertInteger(where, { maxIterations }, 1, Number.MAX_SAFE_INTEGER);
  const N = yield* preconditionerOf(scope, where, options.preconditioner, n, damping);
  const target = finiteVector(b, m, `${where}(b)`);
  const start = finiteVector(options.initial ?? new Float64Array(n), n, `${where}(initial)`);
  const most = largestMagnitude(target); // b of a size of about 1, exactly, so that nothing overflows on the way
  const exponent = most === 0 ? 0 : exponentOf(most);
  const system: System = { A: operator, N, b: scaled(target, -exponent), damping };
  const outcome = yield* iterate(system, scaled(start, -exponent), tolerance, maxIterations);
  const x = scaled(outcome.x, exponent);
  assertFinite(view(x, [n]), `${where}(result overflows float64)`);

  const measured = yield* measureGradient(given, operator, x, target, damping);
  const { stopped, iterations, normEstimate } = outcome;
  const result: LsqrResult = {
    x: view(x, [n]),
    residualNorm: measured.residualNorm,
    method: "lsqr",
    stopped,
    certificate: measured.certificate,
    diagnostics: { iterations, normEstimate },
  };
  if (stopped === "iterations" && onMiss === "throw")
    throw new NotConvergedError(where, result, `expected a tolerance of ${tolerance} within ${maxIterations} iterations, got none (error.result holds the last answer)`); // prettier-ignore
  return result;
}

function* preconditionerOf(
  scope: Scope,
  where: string,
  input: LsqrOptions["preconditioner"],
  n: number,
  damping: number,
): Steps<CheckedOperator | undefined> {
  if (input === undefined) return undefined;
  assertInRange(where, { damping }, 0, 0); // damping would damp y, not x
  const { operator: N } = yield* readOperand(scope, input, `${where}(preconditioner)`);
  if (N.shape[0] !== n || N.shape[1] !== n) throw new ShapeError(where, "preconditioner", `shape [${n}, ${n}]`, N.shape);
  return N;
}

interface Outcome {
  readonly x: Float64Array;
  readonly stopped: LsqrResult["stopped"];
  readonly iterations: number;
  readonly normEstimate: number;
}

function* iterate(system: System, x0: Float64Array, tolerance: number, maxIterations: number): Steps<Outcome> {
  const { A, b, damping: μ } = system;
  const [m, n] = A.shape;
  const [u, v, y, t, au] = [new Float64Array(m), new Float64Array(n), new Float64Array(n), new Float64Array(n), new Float64Array(m)];
  const allowed = tolerance * euclideanNorm(b);
  const x = x0.slice();
  yield* A.multiplySteps(x, u);
  for (let i = 0; i < m; i++) u[i] = b[i]! - u[i]!;
  // with damping the rows μ I stand below A, and −μ x₀ below r₀: their part of u is `low`
  const low = μ > 0 ? Float64Array.from(x0, (value) => -μ * value) : undefined;
  let β = unitize(u, low);
  transposedProduct(system, u, low, v, t);
  let α = unitize(v);
  const w = v.slice();
  let [φ, corner, size, last] = [β, α, α, 1]; // size: the Frobenius norm of the bidiagonal matrix so far
  for (let iteration = 0; ; iteration++) {
    yield pause(iteration, maxIterations);
    const gradient = φ * α * last; // ‖Aᵀr‖ of the recurrence
    const seemsDone = φ <= allowed || gradient <= tolerance * size * φ || α === 0 || β === 0;
    if (seemsDone || iteration === maxIterations || (iteration > 0 && iteration % CHECK === 0)) {
      const answer = yield* candidate(system, x0, y, t);
      const met = yield* criterion(system, answer, allowed, tolerance, size);
      if (met !== undefined || iteration === maxIterations || α === 0 || β === 0)
        return { x: answer, stopped: met ?? "iterations", iterations: iteration, normEstimate: size };
    }
    // the next pair of vectors
    yield* product(system, v, t, au);
    for (let i = 0; i < m; i++) u[i] = au[i]! - α * u[i]!;
    if (low) for (let j = 0; j < n; j++) low[j] = μ * v[j]! - α * low[j]!;
    β = unitize(u, low);
    const before = v.slice();
    transposedProduct(system, u, low, v, t);
    addMultiple(-β, before, v);
    α = unitize(v);
    size = hypot(size, hypot(α, β));
    // the rotation that removes β from the bidiagonal matrix
    const length = hypot(corner, β);
    const [c, s] = length === 0 ? [1, 0] : [corner / length, β / length];
    const θ = s * α;
    const step = length === 0 ? 0 : (c * φ) / length;
    for (let j = 0; j < n; j++) {
      y[j]! += step * w[j]!;
      w[j] = v[j]! - (length === 0 ? 0 : θ / length) * w[j]!;
    }
    corner = -c * α;
    last = Math.abs(c);
    φ *= s;
  }
}

/** x ← x / ‖x‖, over both parts if there are two; the norm. */
function unitize(x: Float64Array, low?: Float64Array): number {
  const size = low ? euclideanNorm(Float64Array.of(euclideanNorm(x), euclideanNorm(low))) : euclideanNorm(x);
  if (size === 0) return 0;
  for (let i = 0; i < x.length; i++) x[i]! /= size;
  if (low) for (let i = 0; i < low.length; i++) low[i]! /= size;
  return size;
}
