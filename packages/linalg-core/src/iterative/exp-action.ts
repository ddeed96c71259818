/**
 * The action of a matrix exponential on vectors: y = exp(τ A) b.
 *
 *   A  n × n symmetric      b  n or n × r      V_k  Krylov basis of A and b, T_k = S diag(θ) Sᵀ      y ≈ ‖b‖ V_k exp(τ T_k) e_1
 *   μ ≥ every eigenvalue of τ A
 *
 *   ‖exp(τA) b − y‖ ≤ |τ| β_k ‖b‖ |Σ_i S_ki S_1i D(μ, τθ_i)|,    D(a, c) = (e^a − e^c) / (a − c)
 *
 * Proof: the error e(s) obeys e' = τ A e + ρ(s) with ‖ρ(s)‖ = |τ| β_k ‖b‖ |g(s)|, g(s) = e_kᵀ exp(s τ T_k) e_1, and
 * ‖exp((1 − s) τ A)‖ ≤ e^((1 − s) μ). T_k has positive entries beside its diagonal, so g never changes sign, and the integral of |g| is the
 * absolute value of the integral, which is the sum. Where the basis may not grow any further the time is split: bounds add, each times e^μ of
 * the time that follows.
 * Source: Saad 1992 (Krylov exponential); the bound as proved above.
 */
import { denseCopy, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { eigSymmetricSteps } from "../dense/eig-symmetric.js";
import { largestMagnitude } from "../dense/sums.js";
import { NonFiniteError, NotConvergedError, ShapeError } from "../errors.js";
import { exp } from "../math/exp.js";
import type { CheckedOperator } from "../operator.js";
import { assertInRange, assertInteger, assertKnownOptions } from "../options.js";
import type { Scope } from "../runtime/scope.js";
import { pause, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { gershgorin } from "./gershgorin.js";
import { combine, errorBound } from "./krylov-exponential.js";
import { extendBasis, packed, startBasis, type KrylovBasis } from "./krylov.js";
import { readOperand, withScope } from "./operand.js";
import { symmetricOperand } from "./symmetric-operand.js";
import { euclideanNorm, type Operand } from "./vectors.js";

export interface ExpActionOptions {
  /** τ, finite; negative for decay. Default 1. */
  readonly time?: number;
  /** ε: ‖exp(τA) b − y‖ ≤ ε ‖b‖ max(1, e^μ), column by column. In [1e-14, 1]. Default 1e-10. */
  readonly tolerance?: number;
  /**
   * μ: at least the largest eigenvalue of τ A; 0 for positive semidefinite A and τ ≤ 0. Default: Gershgorin's bound for a matrix; for an
   * operator the largest Ritz value, and the certificate says so.
   */
  readonly spectrumUpper?: number;
  /** Vectors of a basis at most, 2 or more. Default min(n, 200). */
  readonly maxDimension?: number;
}

export interface ExpActionResult {
  /** The shape of b, float64. */
  readonly y: NdArray;
  readonly method: "krylov";
  /** `bound` ≥ ‖exp(τA) b − y‖₂ for every column; conditional on `spectrumUpper` where that is less than Gershgorin's bound. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly products: number; readonly substeps: number };
}

const OPTION_NAMES = ["time", "tolerance", "spectrumUpper", "maxDimension"];
/** New vectors between two looks at the bound. */
const LOOK = 4;
/** The shortest share of the time that is tried: tens of thousands of steps. */
const SHORTEST = 2 ** -16;
/** Below, b is lifted first: of subnormal numbers there is no unit vector. */
const TINY = 2 ** -900;
const LIFT = 2 ** 150;

/**
 * exp(τ A) b without forming exp(τ A).
 *
 * For large A, or one that is known by its products, and few b. For a small dense A with many b, `eigSymmetric` once is cheaper.
 * @param A shape [n, n]: dense or sparse, checked to be symmetric up to round-off, and then its symmetric part; or an operator, which must be.
 * @param b shape [n] or [n, r]; each column has a basis of its own.
 * @param options see ExpActionOptions, and RunControl.
 * @returns a promise of ExpActionResult.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError for NaN or Infinity, or when y overflows; AssumptionError when a matrix is not
 * symmetric; NotConvergedError carrying the best y when even the shortest step misses its share of the tolerance.
 * @complexity one product and 4 n k flops for the k-th vector of a basis, k about √(|τ| width) to |τ| width; n · maxDimension extra space.
 * @source Saad 1992; the bound as proved in the file.
 * @example (await expAction([[0, 1], [1, 0]], [1, 0])).y.get(0) // -> 1.5430806348152437
 */
export function expAction(A: Operand, b: VectorInput | MatrixInput, options: ExpActionOptions & RunControl = {}): Promise<ExpActionResult> {
  return runAsync(expActionSteps("expAction", A, b, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "expAction");
}

/** `expAction` on the calling thread: same arguments, same errors, same bits. */
export function expActionSync(A: Operand, b: VectorInput | MatrixInput, options: ExpActionOptions = {}): ExpActionResult {
  return runSync(expActionSteps("expActionSync", A, b, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* expActionSteps(
  where: string,
  A: Operand,
  b: VectorInput | MatrixInput,
  options: ExpActionOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<ExpActionResult> {
  assertKnownOptions(where, options, known);
  return yield* withScope((scope) => actIn(scope, where, A, b, options));
}

function* actIn(scope: Scope, where: string, A: Operand, b: VectorInput | MatrixInput, options: ExpActionOptions): Steps<ExpActionResult> {
  const { time: τ = 1, tolerance = 1e-10, spectrumUpper } = options;
  assertInRange(where, { time: τ }, -Number.MAX_VALUE, Number.MAX_VALUE);
  assertInRange(where, { tolerance }, 1e-14, 1);
  if (spectrumUpper !== undefined) assertInRange(where, { spectrumUpper }, -Number.MAX_VALUE, Number.MAX_VALUE);
  const read = yield* readOperand(scope, A, `${where}(A)`);
  const [n, width] = read.operator.shape;
  if (n !== width) throw new ShapeError(where, "A", "a square matrix", read.operator.shape);
  const { maxDimension = Math.max(2, Math.min(n, 200)) } = options;
  assertInteger(where, { maxDimension }, 2, Math.max(2, n));
  const { operator, asymmetry } = yield* symmetricOperand(where, read);
  const right = asArray(b, `${where}(b)`);
  if (!(right.shape.length === 1 || right.shape.length === 2) || right.shape[0] !== n)
    throw new ShapeError(where, "b", `[${n}] or [${n}, r]`, right.shape);
  assertFinite(right, `${where}(b)`);
  const proved = gershgorin(read.given, τ, asymmetry);
  const μ = spectrumUpper ?? proved;

  const r = right.shape[1] ?? 1;
  const columns = denseCopy(right.shape.length === 1 ? right : transpose(right), "float64");
  const out = new Float64Array(n * r);
  const total = { bound: 0, products: 0, substeps: 0, missed: false };
  for (let j = 0; j < r; j++) {
    const column = columns.subarray(j * n, (j + 1) * n);
    const most = largestMagnitude(column);
    const lift = most > 0 && most < TINY ? LIFT : 1;
    const lifted = column.map((x) => x * lift);
    const { y, bound, products, substeps, missed } = yield* propagate(where, operator, lifted, { τ, tolerance, μ, maxDimension });
    for (let i = 0; i < n; i++) out[i * r + j] = y[i]! / lift;
    const vanished = most > 0 ? n * Number.MIN_VALUE : 0; // of y itself, and of the bound
    total.bound = Math.max(total.bound, bound / lift + vanished);
    total.products += products;
    total.substeps += substeps;
    total.missed ||= missed;
  }
  const result: ExpActionResult = {
    y: view(out, right.shape),
    method: "krylov",
    certificate: certificateOf(total.bound, proved, μ),
    diagnostics: { products: total.products, substeps: total.substeps },
  };
  if (total.missed) throw new NotConvergedError(where, result);
  return result;
}

/** Proved is what needs neither an operator's word nor a bound on its eigenvalues that somebody gave. */
function certificateOf(bound: number, proved: number | undefined, μ: number | undefined): Certificate {
  const norm = "‖exp(τA) b − y‖₂ of every column";
  const conditions: string[] = [];
  if (proved === undefined) conditions.push("the operator is symmetric, its products accurate to round-off");
  if (μ === undefined) conditions.push("no eigenvalue of τA exceeds the largest Ritz value");
  else if (proved === undefined || μ < proved) conditions.push(`no eigenvalue of τA exceeds ${μ}`);
  return conditions.length === 0
    ? { kind: "deterministic", bound, norm }
    : { kind: "conditional", bound, norm, condition: conditions.join(", and ") };
}

interface Problem {
  readonly τ: number;
  readonly tolerance: number;
  readonly μ: number | undefined;
  readonly maxDimension: number;
}

interface Propagated {
  readonly y: Float64Array;
  readonly bound: number;
  readonly products: number;
  readonly substeps: number;
  readonly missed: boolean;
}

/** One column through time, in as few steps as the basis allows. */
function* propagate(where: string, A: CheckedOperator, b: Float64Array, problem: Problem): Steps<Propagated> {
  const scale = euclideanNorm(b);
  let y: Float64Array = b.slice();
  let [left, bound, products, substeps, hope] = [1, 0, 0, 0, 1];
  let missed = false;
  while (left > 0 && euclideanNorm(y) > 0 && problem.τ !== 0) {
    const length = euclideanNorm(y);
    const basis = startBasis(y.map((x) => x / length));
    const step = yield* grow(A, basis, length, left, Math.min(left, hope), scale, problem);
    if (step === undefined) throw new NonFiniteError(where, "result overflows float64", Infinity, [0]);
    y = step.y;
    bound += step.bound;
    left -= step.share;
    hope = 2 * step.share;
    products += basis.T.length;
    substeps++;
    if (step.missed) {
      missed = true;
      bound = Infinity; // y has not gone through the whole time
      break;
    }
  }
  const bad = y.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new NonFiniteError(where, "result overflows float64", y[bad]!, [bad]);
  return { y, bound, products, substeps, missed };
}

interface Step {
  readonly y: Float64Array;
  /** Share of the time that was done. */
  readonly share: number;
  /** Of the error at the end of all time. */
  readonly bound: number;
  readonly missed: boolean;
}

/** Grows a basis until it carries y through the time that is hoped for, or, when it is full, through a part of it. */
function* grow(
  A: CheckedOperator,
  basis: KrylovBasis,
  length: number,
  left: number,
  hope: number,
  scale: number,
  { τ, μ, tolerance, maxDimension }: Problem,
): Steps<Step | undefined> {
  const n = basis.vectors[0]!.length;
  for (let size = 0; ;) {
    yield pause(basis.T.length, maxDimension);
    yield* extendBasis(A, basis, size);
    const k = basis.T.length;
    size = Math.max(size, Math.abs(basis.T[k - 1]![k - 1]!), basis.β);
    const isFull = k === maxDimension || k === n || basis.β === 0;
    if (!isFull && k % LOOK !== 0) continue;
    const { values, vectors } = yield* eigSymmetricSteps("expAction", view(packed(basis.T), [k, k]));
    const [θ, S] = [values.data, vectors!.data];
    const ritz = τ * (τ > 0 ? θ[k - 1]! : θ[0]!);
    const highest = Math.max(μ ?? ritz, ritz);
    for (let share = hope; ; share /= 2) {
      // in the scale of what follows: everything is multiplied by e^(μ (left − share)) afterwards
      const after = exp(Math.max(-700, (left - share) * highest));
      // products off by (8 + √n/4) u ‖A‖, coefficients by some √k u that rotations leave in S and a few u each, all times what exp makes of
      // them; twice all that: it is what rounding does, not the worst that it could do
      const roundings = 2 * (16 + 12 * Math.sqrt(k) + (8 + Math.sqrt(n) / 4) * Math.abs(share * τ) * size);
      const roundOff = UNIT_ROUND_OFF.float64 * roundings * length * Math.max(1, exp(share * ritz));
      const bound = (errorBound(θ, S, k, basis.rest, length, share * τ, share * highest) + roundOff) * after;
      const isGood = bound <= tolerance * share * scale * Math.max(1, exp(highest));
      if (isGood || (isFull && share <= SHORTEST)) {
        const y = combine(basis, θ, S, k, length, share * τ);
        return Number.isFinite(bound) ? { y, share, bound, missed: !isGood } : undefined;
      }
      if (!isFull) break;
    }
  }
}
