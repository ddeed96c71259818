/**
 * How far features are from their kernel, measured on random pairs of rows.
 *
 *   X  n × d, Y  n' × d      z  the map      error of a pair  |⟨z(x), z(y)⟩ − k(x, y)|, recomputed, and what rounding can have hidden of it
 *
 * Pairs are uniform and independent of the map. If more than a fraction φ of all pairs had a larger error than the largest seen, so many draws
 * would all have missed them with probability at most (1 − φ)^pairs: with φ = 1 − δ^(1/pairs) that is δ.
 * Source: the distribution of the largest of a sample.
 */
import {
  assertFinite,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  denseCopy,
  OptionError,
  rngFor,
  selectRows,
  ShapeError,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type Seed,
} from "@subquad/linalg-core";
import { asMatrix } from "@subquad/linalg-core/kernels";
import { exp, expm1, log } from "@subquad/linalg-core/math";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import type { FeatureKernel, FeatureMap } from "./feature-map.js";
import { UNIT } from "./round-off.js";
import { readRows, rowsOf, shapeOf, type Rows } from "./rows.js";
import { seedFrom } from "./seed.js";

export interface MeasureFeaturesOptions {
  /** Y: shape [n', d], the rows that those of X are paired with. Default X. */
  readonly Y?: MatrixInput | CsrMatrix;
  /** Integer in [1, 1e6]. Default 300. */
  readonly pairs?: number;
  /** 1 − δ. In [0.5, 1 − 1e-12]. Default 0.99. */
  readonly confidence?: number;
  /** Of the pairs; give it a value of its own only to draw others. Default "0". */
  readonly seed?: Seed;
}

export interface MeasuredFeatures {
  /** Of ⟨z(x), z(y)⟩ − k(x, y) over the pairs drawn, with its sign. */
  readonly meanError: number;
  /** √ of the mean square. */
  readonly rootMeanSquare: number;
  /** Of |⟨z(x), z(y)⟩ − k(x, y)|: at most `bound` for all pairs of rows but the stated fraction. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly pairs: number; readonly seed: string };
}

const OPTION_NAMES = ["Y", "pairs", "confidence", "seed"];
/** What a product below the normal numbers can lose. */
const VANISHED = Number.MIN_VALUE;

/**
 * The error of a feature map on data, from random pairs of rows.
 *
 * Before features replace a kernel: the variance that a theorem states is for the worst rows, this is for yours.
 * @param map of tensorSketch, tensorTree, monomialFeatures, expFeatures, or any with the FeatureMap interface.
 * @param X shape [n, d], dense or sparse; entries finite.
 * @param options see MeasureFeaturesOptions, and RunControl.
 * @returns a promise of MeasuredFeatures; the certificate is statistical, over the choice of pairs.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity features of 2 · pairs rows, and pairs · (d + m) multiply-adds.
 * @source the distribution of the largest of a sample.
 * @example const { certificate } = await measureFeatures(map, X); // bound for all but 1.5 % of the pairs, with confidence 0.99
 */
export function measureFeatures(
  map: FeatureMap,
  X: MatrixInput | CsrMatrix,
  options: MeasureFeaturesOptions & RunControl = {},
): Promise<MeasuredFeatures> {
  const where = "measureFeatures";
  return runAsync(measureFeaturesSteps(where, map, X, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, where);
}

/** `measureFeatures` on the calling thread: same arguments, same errors, same bits. */
export function measureFeaturesSync(map: FeatureMap, X: MatrixInput | CsrMatrix, options: MeasureFeaturesOptions = {}): MeasuredFeatures {
  return runSync(measureFeaturesSteps("measureFeaturesSync", map, X, options));
}

/** The generator behind both. */
export function* measureFeaturesSteps(
  where: string,
  map: FeatureMap,
  X: MatrixInput | CsrMatrix,
  options: MeasureFeaturesOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<MeasuredFeatures> {
  assertKnownOptions(where, options, known);
  const { Y = X, pairs = 300, confidence = 0.99 } = options;
  assertFeatureMap(where, map);
  assertInteger(where, { pairs }, 1, 1e6);
  assertInRange(where, { confidence }, 0.5, 1 - 1e-12);
  const seed = seedFrom(where, options.seed);
  const left = sideOf(where, "X", X, map.inputDim), right = sideOf(where, "Y", Y, map.inputDim); // prettier-ignore
  const [n] = shapeOf(left), [count] = shapeOf(right); // prettier-ignore
  if (n === 0 || count === 0) {
    return { meanError: 0, rootMeanSquare: 0, certificate: { kind: "exact", bound: 0 }, diagnostics: { pairs: 0, seed } };
  }
  const random = rngFor(seed, "sketch/measureFeatures");
  const rowsX = new Int32Array(pairs), rowsY = new Int32Array(pairs); // prettier-ignore
  for (let t = 0; t < pairs; t++) {
    rowsX[t] = random.below(n);
    rowsY[t] = random.below(count);
  }
  let sum = 0, squares = 0, bound = 0; // prettier-ignore
  const step = Math.max(1, Math.min(64, Math.floor(2 ** 20 / (1 + map.outputDim))));
  for (let first = 0; first < pairs; first += step) {
    yield rest();
    const end = Math.min(pairs, first + step);
    const x = chosen(left, rowsX.subarray(first, end)), y = chosen(right, rowsY.subarray(first, end)); // prettier-ignore
    const a = yield* featuresOf(where, map, x, end - first), b = yield* featuresOf(where, map, y, end - first); // prettier-ignore
    const p = denseRows(x), q = denseRows(y); // prettier-ignore
    for (let t = 0; t < end - first; t++) {
      const { error, hidden } = pairError(map, a, b, p, q, t);
      sum += error;
      squares += error * error;
      bound = Math.max(bound, Math.abs(error) + hidden);
    }
  }
  const fraction = -expm1(log(1 - confidence) / pairs) * (1 + 1e-12);
  const norm = "|⟨z(x), z(y)⟩ − k(x, y)| of a uniform pair of rows";
  const certificate: Certificate =
    bound < Infinity
      ? { kind: "statistical", bound, norm, fraction, confidence }
      : { kind: "none", reason: "an inner product or the kernel overflows" };
  return { meanError: sum / pairs, rootMeanSquare: Math.sqrt(squares / pairs), certificate, diagnostics: { pairs, seed } };
}

/** Throws unless it has what the FeatureMap interface says. */
function assertFeatureMap(where: string, map: unknown): asserts map is FeatureMap {
  const { inputDim, outputDim, kernel, applySteps } = (map ?? {}) as { readonly [K in keyof FeatureMap]?: unknown };
  if (typeof applySteps !== "function") throw new OptionError(where, "map", "a FeatureMap: see tensorSketch", map);
  assertInteger(where, { "map.inputDim": inputDim, "map.outputDim": outputDim }, 0, 2 ** 31 - 1);
  const { name, degree, gamma, offset } = (kernel ?? {}) as Readonly<Record<string, unknown>>;
  assertOneOf(where, { "map.kernel.name": name }, ["polynomial", "exp", "gaussian"]);
  if (name !== "polynomial") return;
  assertInteger(where, { "map.kernel.degree": degree }, 0, 2 ** 16);
  assertInRange(where, { "map.kernel.gamma": gamma, "map.kernel.offset": offset }, 0, Number.MAX_VALUE);
}

/** z of some rows, row-major; a map of the caller's own is held to its word. */
function* featuresOf(where: string, map: FeatureMap, rows: MatrixInput | CsrMatrix, count: number): Steps<Float64Array> {
  const site = `${where}(map.applySteps)`;
  const Z = asMatrix(yield* map.applySteps(where, rows), site);
  if (Z.shape[0] !== count || Z.shape[1] !== map.outputDim) {
    throw new ShapeError(where, "map.applySteps", `features of shape [${count}, ${map.outputDim}]`, Z.shape);
  }
  assertFinite(Z, site);
  return denseCopy(Z, "float64");
}

function sideOf(where: string, argument: string, A: MatrixInput | CsrMatrix, d: number): Rows {
  const { rows } = readRows(A, `${where}(${argument})`);
  const shape = shapeOf(rows);
  if (shape[1] !== d) throw new ShapeError(where, argument, `a matrix of ${d} columns`, shape);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(${argument})`);
  return rows;
}

/** Some rows, of the same kind and dtype. */
function chosen(A: Rows, indices: Int32Array): MatrixInput | CsrMatrix {
  if ("sparse" in A) return selectRows(A.sparse, indices);
  const [, d] = shapeOf(A);
  const { data, offset, stride } = A.dense;
  const [across = 0, along = 0] = stride;
  const out = data instanceof Float32Array ? new Float32Array(indices.length * d) : new Float64Array(indices.length * d);
  for (let i = 0; i < indices.length; i++) {
    for (let j = 0; j < d; j++) out[i * d + j] = data[offset + indices[i]! * across + j * along]!;
  }
  return view(out, [indices.length, d]);
}

function denseRows(A: MatrixInput | CsrMatrix): Float64Array {
  const { rows } = readRows(A, "measureFeatures(X)");
  return rowsOf(rows, 0, shapeOf(rows)[0]);
}

/** ⟨a_t, b_t⟩ − k(p_t, q_t) as computed, and by how much rounding can have changed it. */
function pairError(
  { outputDim: m, inputDim: d, kernel }: FeatureMap,
  a: Float64Array,
  b: Float64Array,
  p: Float64Array,
  q: Float64Array,
  t: number,
): { readonly error: number; readonly hidden: number } {
  let inner = 0, size = 0; // prettier-ignore
  for (let j = t * m; j < (t + 1) * m; j++) {
    inner += a[j]! * b[j]!;
    size += Math.abs(a[j]! * b[j]!);
  }
  const { value, rounding } = kernelValue(kernel, p.subarray(t * d, (t + 1) * d), q.subarray(t * d, (t + 1) * d));
  const error = inner - value;
  const hidden = (m + 2) * UNIT * size * 1.01 + rounding + 2 * UNIT * Math.abs(error) + (m + 2) * VANISHED;
  return Number.isNaN(error) ? { error, hidden: Infinity } : { error, hidden };
}

/** k(x, y) and a bound of its rounding error: of sums of d terms, carried through the derivative. */
function kernelValue(kernel: FeatureKernel, x: Float64Array, y: Float64Array): { readonly value: number; readonly rounding: number } {
  let inner = 0, size = 0, distance = 0; // prettier-ignore
  for (let j = 0; j < x.length; j++) {
    inner += x[j]! * y[j]!;
    size += Math.abs(x[j]! * y[j]!);
    distance += (x[j]! - y[j]!) * (x[j]! - y[j]!);
  }
  const γ = 1.01 * (x.length + 8) * UNIT;
  if (kernel.name === "exp") {
    const value = exp(inner);
    return { value, rounding: value * (expm1(γ * size) + 4 * UNIT) + VANISHED };
  }
  if (kernel.name === "gaussian") {
    const value = exp(-distance / 2);
    return { value, rounding: value * (expm1(γ * distance) + 4 * UNIT) + VANISHED };
  }
  const { degree, gamma, offset } = kernel;
  const base = gamma * inner + offset, most = gamma * size + offset; // prettier-ignore
  const lost = (1 + gamma * x.length) * VANISHED; // of the base; in each step it is multiplied by the others
  let value = 1, largest = 1, others = 1; // prettier-ignore
  for (let l = 0; l < degree; l++) {
    value *= base;
    largest *= most;
    if (l > 0) others *= Math.max(1, most + lost);
  }
  return { value, rounding: 2 * degree * γ * largest + degree * (lost + VANISHED) * others };
}
