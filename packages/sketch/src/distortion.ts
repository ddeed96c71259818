/**
 * How much a sketch distorts norms, measured.
 *
 *   A  n × d      M  m × d      lower ‖A x‖ ≤ ‖M x‖ ≤ upper ‖A x‖      X  n × r  A in the coordinates that make M orthonormal: whiten.ts
 *
 *   lower = 1/σ_max(X), upper = 1/σ_min(X)      G = XᵀX      e = 2γ κ ‖X‖_F  rounding of X
 *
 * "exact": eigenvalues w of G, each widened by what rounding can have done to it. "lanczos": an interval that holds the spectrum of XᵀX, from its
 * products alone. Columns of A that are not combinations of the r columns beyond rounding are lost in M: then lower is 0.
 * Source: M = S A gives σ(S Q), Q a basis of range(A); Kuczyński and Woźniakowski 1992 for Lanczos.
 */
import {
  assertFinite,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  denseCopy,
  gram,
  isCsr,
  normalizeSeed,
  OptionError,
  selectColumns,
  ShapeError,
  solveTriangular,
  view,
  type Certificate,
  type CsrMatrix,
  type LinearOperator,
  type MatrixInput,
  type NdArray,
  type Seed,
} from "@subquad/linalg-core";
import { asMatrix, powerOfTwo, readOperand, withScope, type Scope } from "@subquad/linalg-core/kernels";
import {
  eigSymmetricSteps,
  RUN_CONTROL,
  runAsync,
  runSync,
  spectrumIntervalSteps,
  type RunControl,
  type Steps,
} from "@subquad/linalg-core/steps";
import { addLosses, isLossy, startLosses } from "./losses.js";
import { UNIT } from "./round-off.js";
import { readRows, shapeOf, type Rows } from "./rows.js";
import { isBeyondSquares, scaledColumns, whitenedBlocks, whitenSteps, type Whitening } from "./whiten.js";

export interface MeasureDistortionOptions {
  /** "exact": 3 n d² flops. "lanczos": a few products with A. Default "auto": lanczos where 800 nonzeros of A cost less than n d². */
  readonly method?: "auto" | "exact" | "lanczos";
  /** Of lanczos. In [0.5, 1 − 1e-12]. Default 0.999. */
  readonly confidence?: number;
  /** Of lanczos, at least 1. Default 30, at most d. */
  readonly steps?: number;
  /** Of the start of lanczos. Default "0". */
  readonly seed?: Seed;
}

export interface Distortion {
  /** lower ‖A x‖ ≤ ‖M x‖; 0 where M loses a direction of A. */
  readonly lower: number;
  /** ‖M x‖ ≤ upper ‖A x‖; Infinity where nothing can be said. */
  readonly upper: number;
  /** r: columns of A that span it up to rounding. */
  readonly rank: number;
  readonly method: "exact" | "lanczos";
  /** `bound` ≥ max(1 − lower, upper − 1) for the x with A x in the span of these columns. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly condition: number; readonly seed: string };
}

const OPTION_NAMES = ["method", "confidence", "steps", "seed"];
/** What squares below 2^-1074 can hide in norms of any number of entries. */
const UNDERFLOW = 2 ** -500;
/** Exponents of D beyond which a vector D v may overflow, or A D v lose what it is made of: A D is then made instead. */
const FAR = 400;
const NORM = "singular values of S Q, minus 1";

/**
 * The interval of ‖M x‖ / ‖A x‖ over all x.
 *
 * To trust a sketch M = S A, whatever S was: preconditioners, sketched least squares and leverage scores rest on it.
 * @param A shape [n, d], dense or sparse; entries finite.
 * @param sketch M: shape [m, d].
 * @param options see MeasureDistortionOptions, and RunControl.
 * @returns a promise of Distortion; "exact" is a proof, "lanczos" holds with its confidence over the seed.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity exact 3 n d² flops; lanczos 2 · steps products with A and Aᵀ; O(d²) space.
 * @source Kuczyński and Woźniakowski 1992; the rounding of substitution and of products.
 * @example const { lower, upper } = await measureDistortion(A, sketch);
 */
export function measureDistortion(
  A: MatrixInput | CsrMatrix,
  sketch: MatrixInput,
  options: MeasureDistortionOptions & RunControl = {},
): Promise<Distortion> {
  const where = "measureDistortion";
  return runAsync(measureDistortionSteps(where, A, sketch, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, where);
}

/** `measureDistortion` on the calling thread: same arguments, same errors, same bits. */
export function measureDistortionSync(A: MatrixInput | CsrMatrix, sketch: MatrixInput, options: MeasureDistortionOptions = {}): Distortion {
  return runSync(measureDistortionSteps("measureDistortionSync", A, sketch, options));
}

/** The generator behind both. */
export function* measureDistortionSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  sketch: MatrixInput,
  options: MeasureDistortionOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<Distortion> {
  assertKnownOptions(where, options, known);
  const { method = "auto", confidence = 0.999, seed = "0" } = options;
  assertOneOf(where, { method }, ["auto", "exact", "lanczos"]);
  assertInRange(where, { confidence }, 0.5, 1 - 1e-12);
  const { rows } = readRows(A, `${where}(A)`);
  const [n, d] = shapeOf(rows);
  const M = asMatrix(sketch, `${where}(sketch)`);
  if (M.shape[1] !== d) throw new ShapeError(where, "sketch", `a matrix of ${d} columns, as A`, M.shape);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(A)`);
  assertFinite(M, `${where}(sketch)`);
  const { steps = 30 } = options;
  assertInteger(where, { steps }, 1, Infinity);
  const nonzeros = isCsr(A) ? A.values.length : n * d;
  const chosen = method === "auto" ? (800 * nonzeros < n * d * d ? "lanczos" : "exact") : method;
  if (chosen === "exact") {
    for (const [name, value] of Object.entries({ confidence: options.confidence, steps: options.steps, seed: options.seed })) {
      if (method === "exact" && value !== undefined)
        throw new OptionError(where, name, 'none with method "exact", which draws nothing', value);
    }
  }
  const normalSeed = normalizeSeed(seed, where);
  const W = yield* whitenSteps(where, M);
  let interval = UNKNOWN;
  if (!(yield* isBeyondSquares(rows, W))) {
    if (chosen === "exact") interval = yield* exactly(where, rows, W);
    else interval = yield* byLanczos(where, rows, W, Math.min(steps, W.rank), confidence, normalSeed);
  }
  return {
    ...interval,
    rank: W.rank,
    method: chosen,
    certificate: certificateOf(interval, chosen, confidence),
    diagnostics: { condition: W.condition, seed: normalSeed },
  };
}

interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Of a sketch that has lost a direction: how much it stretches others depends on what is lost. */
const UNKNOWN: Interval = { lower: 0, upper: Infinity };

function certificateOf({ lower, upper }: Interval, method: "exact" | "lanczos", confidence: number): Certificate {
  const bound = Math.max(1 - lower, upper - 1, 0);
  if (!(bound < Infinity)) return { kind: "none", reason: "A in the coordinates of the sketch is singular to working precision" };
  if (method === "exact") return { kind: "deterministic", bound, norm: NORM };
  return { kind: "statistical", bound, norm: NORM, fraction: 0, confidence };
}

/** From all eigenvalues of G. */
function* exactly(where: string, A: Rows, W: Whitening): Steps<Interval> {
  const { rank: r } = W;
  const [, d] = shapeOf(A);
  let G: NdArray | undefined;
  let blocks = 0;
  const losses = startLosses(d - r);
  yield* whitenedBlocks(A, W, (X, others) => {
    blocks++;
    if (r > 0) G = G === undefined ? gram(X) : gram(X, { beta: 1, out: G });
    addLosses(X, others, W, losses);
  });
  if (r === 0) return isLossy(losses, 0, W) ? { lower: 0, upper: 1 } : { lower: 1, upper: 1 };
  if (G === undefined) return UNKNOWN; // no rows of A, and some of M
  const entries = denseCopy(G, "float64");
  let trace = 0;
  for (let i = 0; i < r; i++) trace += entries[i * (r + 1)]!;
  if (!(trace < Infinity) || isLossy(losses, Math.sqrt(trace), W)) return UNKNOWN;
  const { values, certificate } = yield* eigSymmetricSteps(where, G);
  const rounding = 2 * (1024 + blocks + d) * UNIT * trace + (certificate.kind === "none" ? Infinity : certificate.bound);
  const lowest = values.get(0);
  const highest = values.get(r - 1);
  return widened(highest + rounding, lowest - rounding, Math.sqrt(trace), W);
}

/** 1/σ_max and 1/σ_min of the X that was meant, from squares for the X that was computed; ‖z‖ stands for ‖M x‖ up to the slack of Q R. */
function widened(highest: number, lowest: number, size: number, { rank: r, condition, slack }: Whitening): Interval {
  const e = 4 * (r + 8) * UNIT * condition * size + UNDERFLOW;
  const largest = Math.sqrt(Math.max(0, highest)) + e;
  const least = Math.sqrt(Math.max(0, lowest)) - e;
  return { lower: Math.max(0, 1 - slack) / largest, upper: least > 0 ? (1 + slack) / least : Infinity };
}

/** From products with X, Xᵀ. */
function* byLanczos(where: string, A: Rows, W: Whitening, steps: number, confidence: number, seed: string): Steps<Interval> {
  const { rank: r } = W;
  if (r === 0) return yield* exactly(where, A, W);
  const [n, d] = shapeOf(A);
  const losses = startLosses(d - r);
  if (d > r) yield* whitenedBlocks(A, W, (X, others) => { addLosses(X, others, W, losses); }); // prettier-ignore
  const { low, high } = yield* withScope(function* (scope) {
    const equations = normalEquations(yield* productsOf(scope, where, A, W), W);
    return yield* spectrumIntervalSteps(where, equations, { steps, confidence, seed: `sketch/lanczos/${seed}` });
  });
  const rounding = 8 * (n + r) * UNIT * W.condition * high * r;
  if (isLossy(losses, Math.sqrt(r * high), W)) return UNKNOWN;
  return widened(high + rounding, low - rounding, Math.sqrt(r * high), W);
}

/** v → R⁻ᵀ (A D)ᵀ_J (A D)_J R⁻¹ v. */
function normalEquations(gramOf: (x: Float64Array) => Float64Array, { rank: r, R }: Whitening): LinearOperator {
  const solve = (v: Float64Array<ArrayBuffer>, isTransposed: boolean): Float64Array<ArrayBuffer> =>
    denseCopy(solveTriangular(R, view(v, [r, 1]), { upper: true, transpose: isTransposed }), "float64");
  return {
    shape: [r, r],
    apply: (v) => view(solve(Float64Array.from(gramOf(solve(denseCopy(v, "float64"), false))), true), [r]),
  };
}

/** x → (A D)ᵀ_J (A D)_J x. A dense A lies in compute memory as long as the scope. */
function* productsOf(scope: Scope, where: string, A: Rows, W: Whitening): Steps<(x: Float64Array) => Float64Array> {
  const { rank: r, order, exponents } = W;
  const [, d] = shapeOf(A);
  const kept = order.slice(0, r);
  const scales = Float64Array.from(kept, (j) => powerOfTwo(exponents[j]!));
  const isFar = kept.some((j) => Math.abs(exponents[j]!) > FAR);
  const columns = isFar ? scaledColumns(A, W) : "sparse" in A ? selectColumns(A.sparse, kept, scales) : undefined;
  if (columns !== undefined) {
    const { multiplyNormal } = yield* readOperand(scope, columns, `${where}(A)`);
    return (x) => {
      const product = new Float64Array(r);
      multiplyNormal(x, product);
      return product;
    };
  }
  const { multiplyNormal } = yield* readOperand(scope, (A as { readonly dense: NdArray }).dense, `${where}(A)`);
  const spread = new Float64Array(d);
  return (x) => {
    spread.fill(0);
    for (let j = 0; j < r; j++) spread[kept[j]!] = x[j]! * scales[j]!;
    multiplyNormal(spread, spread);
    return Float64Array.from(kept, (k, j) => spread[k]! * scales[j]!);
  };
}
