/**
 * A few eigenvalues at one end of the spectrum of a symmetric operator, with their vectors.
 *
 *   A  n × n symmetric      V  n × k orthonormal, T = Vᵀ A V = S diag(θ) Sᵀ      (θ_i, V s_i) Ritz pairs
 *   ‖A V s_i − θ_i V s_i‖ = |β s_(k−1, i)|: an eigenvalue of A lies within it of θ_i
 *
 * At `maxDimension` vectors the basis is cut down to the wanted Ritz vectors and those beside them (thick restart), and grows again.
 * Source: Lanczos; Wu and Simon (thick restart).
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { frobeniusSteps } from "../dense/frobenius.js";
import { NotConvergedError, OptionError, ShapeError } from "../errors.js";
import { isLinearOperator, type CheckedOperator } from "../operator.js";
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import { normalizeSeed, rngFor, type Rng, type Seed } from "../rng.js";
import type { Scope } from "../runtime/scope.js";
import { pause, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { extendBasis, startBasis, unit } from "./krylov.js";
import { readOperand, withScope, type ReadOperand } from "./operand.js";
import { cutDown, freshDirection, normals, pairsOf, ritzPairs, type Pair } from "./ritz.js";
import { symmetricOperand } from "./symmetric-operand.js";
import { addMultiple, euclideanNorm, finiteVector, type Operand } from "./vectors.js";

export interface LanczosOptions {
  /** Eigenvalues wanted, 1 to n. Default min(6, n). */
  readonly count?: number;
  /** Which end of the spectrum. Default "largest". */
  readonly which?: "largest" | "smallest";
  /** v_0, not zero; a vector rich in the wanted eigenvectors. Default: normal deviates of `seed`. */
  readonly start?: VectorInput;
  /** ε: stop when ‖A y − θ y‖ ≤ ε max|θ| for each pair. In [1e-14, 1]. Default 1e-10. */
  readonly tolerance?: number;
  /** Vectors kept at most, above count. Default min(n, max(200, 3 count)). */
  readonly maxDimension?: number;
  /** Products with A, at least 1. Default 10 n + 1000. */
  readonly maxIterations?: number;
  /** Of the start, where none is given, and after an invariant subspace. Default "0". */
  readonly seed?: Seed;
  /** When the tolerance is missed: throw NotConvergedError, or return. Default "throw". */
  readonly onMiss?: "throw" | "return";
}

export interface LanczosResult {
  /** [count]: descending for "largest", ascending for "smallest". */
  readonly values: NdArray;
  /** [n, count]: column j, of length 1, belongs to values[j]. */
  readonly vectors: NdArray;
  /** [count]: ‖A y − θ y‖, measured from each pair. */
  readonly residualNorms: NdArray;
  readonly method: "lanczos";
  readonly stopped: "tolerance" | "iterations";
  /** `bound`: each value has an eigenvalue of A so near. That none was missed at the end of the spectrum is likely, not proved. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly products: number; readonly restarts: number; readonly seed: string };
}

const OPTION_NAMES = ["count", "which", "start", "tolerance", "maxDimension", "maxIterations", "seed", "onMiss"];
const NORM = "distance of each value from an eigenvalue";
/** New vectors between two looks at T. */
const LOOK = 8;

/**
 * A few eigenpairs at one end of the spectrum.
 *
 * For large sparse A, or an A that is known by its products. For all of the spectrum of a dense matrix use `eigSymmetric`.
 * @param A shape [n, n]: dense or sparse, checked to be symmetric up to round-off, and then its symmetric part; or an operator, which must be.
 * @param options see LanczosOptions, and RunControl.
 * @returns a promise of LanczosResult.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError; AssumptionError when a matrix is not symmetric; NotConvergedError carrying the
 * best pairs.
 * @complexity one product and 4 n k flops for the k-th vector; n · maxDimension extra space.
 * @source Lanczos; Wu and Simon.
 * @example (await lanczos([[2, 1], [1, 2]], { count: 1 })).values.get(0) // -> 3
 */
export function lanczos(A: Operand, options: LanczosOptions & RunControl = {}): Promise<LanczosResult> {
  return runAsync(lanczosSteps("lanczos", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "lanczos");
}

/** `lanczos` on the calling thread: same arguments, same errors, same bits. */
export function lanczosSync(A: Operand, options: LanczosOptions = {}): LanczosResult {
  return runSync(lanczosSteps("lanczosSync", A, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* lanczosSteps(
  where: string,
  A: Operand,
  options: LanczosOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<LanczosResult> {
  assertKnownOptions(where, options, known);
  return yield* withScope((scope) => pairsIn(scope, where, A, options));
}

function* pairsIn(scope: Scope, where: string, A: Operand, options: LanczosOptions): Steps<LanczosResult> {
  const { which = "largest", tolerance = 1e-10, seed: givenSeed = "0", onMiss = "throw" } = options;
  assertOneOf(where, { which }, ["largest", "smallest"]);
  assertInRange(where, { tolerance }, 1e-14, 1);
  assertOneOf(where, { onMiss }, ["throw", "return"]);
  const seed = normalizeSeed(givenSeed, where);
  const read = yield* readOperand(scope, A, `${where}(A)`);
  const [n, columns] = read.operator.shape;
  if (n !== columns) throw new ShapeError(where, "A", "a square matrix", read.operator.shape);
  const { operator } = yield* symmetricOperand(where, read);
  const { count = Math.min(6, n) } = options;
  assertInteger(where, { count }, Math.min(1, n), n);
  const { maxDimension = Math.min(n, Math.max(200, 3 * count)), maxIterations = 10 * n + 1000 } = options;
  assertInteger(where, { maxDimension }, Math.min(n, count + 1), Math.max(n, 1));
  assertInteger(where, { maxIterations }, 1, Number.MAX_SAFE_INTEGER);
  const rng = rngFor(seed, "linalg-core/lanczos");
  const start = options.start === undefined ? normals(rng, n) : finiteVector(options.start, n, `${where}(start)`);
  if (n > 0 && euclideanNorm(start) === 0) throw new OptionError(where, "start", "a vector that is not zero", start);

  const wish: Wish = { count, sign: which === "largest" ? 1 : -1, tolerance, maxDimension, maxIterations };
  const found = n === 0 ? { pairs: [], products: 0, restarts: 0, done: true } : yield* iterate(operator, start, rng, wish);
  const result = yield* finish(read.given, operator, found, seed);
  if (!found.done && onMiss === "throw") throw new NotConvergedError(where, result);
  return result;
}

interface Wish {
  readonly count: number;
  /** 1: largest values first; −1: smallest. */
  readonly sign: 1 | -1;
  readonly tolerance: number;
  readonly maxDimension: number;
  readonly maxIterations: number;
}

interface Found {
  readonly pairs: readonly Pair[];
  readonly products: number;
  readonly restarts: number;
  readonly done: boolean;
}

function* iterate(A: CheckedOperator, start: Float64Array, rng: Rng, wish: Wish): Steps<Found> {
  const { count, sign, tolerance, maxDimension, maxIterations } = wish;
  const n = start.length;
  let basis = startBasis(unit(start));
  let [products, restarts, size] = [0, 0, 0];
  let enough = count; // vectors before which nothing is accepted
  for (;;) {
    yield pause(products, maxIterations);
    yield* extendBasis(A, basis, size);
    products++;
    const k = basis.T.length;
    size = Math.max(size, Math.abs(basis.T[k - 1]![k - 1]!), basis.β);
    const isFull = k === maxDimension || k === n;
    const isSpent = products >= maxIterations;
    if (basis.β === 0) {
      // an invariant subspace holds one vector of each eigenspace: those of repeated values get as many steps to show as the first ones had
      enough = Math.min(2 * k, maxDimension);
      if (!isFull && !isSpent) basis.vectors.push(unit(freshDirection(rng, n, basis.vectors))); // go on outside of it
    }
    const mustLook = isFull || isSpent || (k >= enough && (k - count) % LOOK === 0);
    if (!mustLook) continue;
    const ritz = yield* ritzPairs(basis, sign);
    size = Math.max(size, ...ritz.map(({ θ }) => Math.abs(θ)));
    const converged = ritz.slice(0, count).filter(({ last }) => basis.β * Math.abs(last) <= tolerance * size).length;
    const done = k >= enough && converged === count;
    if (done || isSpent || k === n)
      return { pairs: pairsOf(basis, ritz, Math.min(count, k)), products, restarts, done: done || (k === n && converged === count) };
    if (!isFull) continue;
    enough = count;
    basis = cutDown(basis, ritz, Math.min(maxDimension - 1, count + Math.floor((maxDimension - count) / 2)));
    restarts++;
  }
}

/** Residuals measured afresh, one product a pair. */
function* finish(
  A: ReadOperand["given"],
  operator: CheckedOperator,
  { pairs, products, restarts, done }: Found,
  seed: string,
): Steps<LanczosResult> {
  const [n] = operator.shape;
  const count = pairs.length;
  const vectors = new Float64Array(n * count);
  const residuals = new Float64Array(count);
  const r = new Float64Array(n);
  let largest = 0;
  for (const [j, { value, vector }] of pairs.entries()) {
    yield* operator.multiplySteps(vector, r);
    const image = euclideanNorm(r);
    addMultiple(-value, vector, r);
    residuals[j] = euclideanNorm(r) / euclideanNorm(vector);
    largest = Math.max(largest, image, Math.abs(value));
    for (let i = 0; i < n; i++) vectors[i * count + j] = vector[i]!;
  }
  const isOperator = isLinearOperator(A);
  // a product with y is off by γ_(n + 2) ‖A‖_F ‖y‖; of an operator the largest image stands for its norm
  const roundOff = 4 * (n + 8) * UNIT_ROUND_OFF.float64 * (isOperator ? largest : yield* frobeniusSteps(A));
  const vanished = 2 * n * n * Number.MIN_VALUE; // of products that underflow
  const bound = Math.max(0, ...residuals) * (1 + (n + 8) * UNIT_ROUND_OFF.float64) + roundOff + vanished;
  return {
    values: view(Float64Array.from(pairs, ({ value }) => value), [count]), // prettier-ignore
    vectors: view(vectors, [n, count]),
    residualNorms: view(residuals, [count]),
    method: "lanczos",
    stopped: done ? "tolerance" : "iterations",
    certificate: isOperator
      ? { kind: "conditional", bound, norm: NORM, condition: "the operator is symmetric, its products accurate to round-off" }
      : { kind: "deterministic", bound, norm: NORM },
    diagnostics: { products, restarts, seed },
  };
}
