/**
 * Rows of a matrix, drawn and weighted so that they stand for all of them.
 *
 *   A  n × d      p  n  probabilities      c  draws with replacement      w_i = multiplicity_i / (c p_i)      Σ w_i a_iᵀ a_i has expectation AᵀA
 *
 * p equal, by row norms, by leverage scores (with a ridge), or given. Rows come back sorted and once each. By leverage c is what the matrix
 * Chernoff bound asks for with τ_i / p_i ≤ quality, the rank where scores are exact. The certificate is the distortion of the weighted sample,
 * measured.  Source: matrix Chernoff (embedding-dimension.ts).
 */
import {
  asArray,
  assertBoolean,
  assertFinite,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  AssumptionError,
  denseCopy,
  OptionError,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type Seed,
  type VectorInput,
} from "@subquad/linalg-core";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { measureDistortionSteps } from "./distortion.js";
import { rowSampling } from "./distributions.js";
import { samplingRows } from "./embedding-dimension.js";
import { leverageScoresSteps } from "./leverage.js";
import { drawRows } from "./row-sampling.js";
import { matrixOf, readRows, rowsOf, shapeOf, transposeOf, type Rows } from "./rows.js";
import { seedFrom } from "./seed.js";

export interface SampleRowsOptions {
  /** Probabilities: "uniform", by squared "norm", by "leverage" or "ridgeLeverage" scores, or [n] of them. Default "leverage". */
  readonly by?: "uniform" | "norm" | "leverage" | "ridgeLeverage" | VectorInput;
  /** c: draws; integer, at least 1. Default with "leverage": what the theorem asks for; without it there is none. */
  readonly count?: number;
  /** ε of the theorem: singular values within 1 ± ε; not beside count. In (0, 1). Default 0.5. */
  readonly epsilon?: number;
  /** δ of the theorem; not beside count. In (0, 0.5]. Default 1e-2. */
  readonly failure?: number;
  /** Rows may be drawn more than once. Default true; false needs "uniform". */
  readonly replacement?: boolean;
  /** λ of "ridgeLeverage". Positive. */
  readonly ridge?: number;
  /** Measure the distortion of the sample: 3 n d² flops. Default false. */
  readonly certify?: boolean;
  /** Default "0". */
  readonly seed?: Seed;
}

export interface SampledRows {
  /** Rows of A, ascending, each once. */
  readonly indices: Int32Array;
  /** w: of a row's outer product; its root scales the row. */
  readonly weights: Float64Array;
  /** Draws of each. */
  readonly multiplicity: Int32Array;
  readonly method: "uniform" | "norm" | "leverage" | "ridgeLeverage" | "given";
  /** With certify: distortion of the weighted sample, see measureDistortion. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly count: number; readonly seed: string };
}

const OPTION_NAMES = ["by", "count", "epsilon", "failure", "replacement", "ridge", "certify", "seed"];
/** Entries that are looked at between two turns of the event loop. */
const BLOCK = 2 ** 20;
const METHODS = ["uniform", "norm", "leverage", "ridgeLeverage"] as const;

/**
 * A weighted sample of the rows of A.
 *
 * Where rows must stay rows: sparse matrices, coresets, labelled data. Where they need not, embedSubspace needs fewer.
 * @param A shape [n, d], dense or sparse; entries finite.
 * @param options see SampleRowsOptions, and RunControl.
 * @returns a promise of SampledRows.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index; AssumptionError for a matrix of zeros by norm or leverage.
 * @complexity the scores (leverage: 5 n d² flops) and O(n + c log n).
 * @source textbook; matrix Chernoff for c.
 * @example const { indices, weights } = await sampleRows(A, { by: "norm", count: 100, seed: 7 });
 */
export function sampleRows(A: MatrixInput | CsrMatrix, options: SampleRowsOptions & RunControl = {}): Promise<SampledRows> {
  return runAsync(sampleRowsSteps("sampleRows", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "sampleRows");
}

/** `sampleRows` on the calling thread: same arguments, same errors, same bits. */
export function sampleRowsSync(A: MatrixInput | CsrMatrix, options: SampleRowsOptions = {}): SampledRows {
  return runSync(sampleRowsSteps("sampleRowsSync", A, options));
}

/** A weighted sample of the columns: `sampleRows` of Aᵀ. */
export function sampleColumns(A: MatrixInput | CsrMatrix, options: SampleRowsOptions & RunControl = {}): Promise<SampledRows> {
  return runAsync(sampleColumnsSteps("sampleColumns", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "sampleColumns");
}

/** `sampleColumns` on the calling thread: same arguments, same errors, same bits. */
export function sampleColumnsSync(A: MatrixInput | CsrMatrix, options: SampleRowsOptions = {}): SampledRows {
  return runSync(sampleColumnsSteps("sampleColumnsSync", A, options));
}

/** The generator behind both forms for columns. */
export function* sampleColumnsSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: SampleRowsOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<SampledRows> {
  const { rows } = readRows(A, `${where}(A)`);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(A)`); // for an index in A, not in its transpose
  return yield* sampleRowsSteps(where, matrixOf(transposeOf(rows)), options, known);
}

/** The generator behind both forms for rows. */
export function* sampleRowsSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: SampleRowsOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<SampledRows> {
  assertKnownOptions(where, options, known);
  const { by = "leverage", epsilon = 0.5, failure = 1e-2, replacement = true, ridge, certify = false } = options;
  assertBoolean(where, { replacement, certify });
  assertInRange(where, { epsilon }, 0, 1, { openLow: true, openHigh: true });
  assertInRange(where, { failure }, 0, 0.5, { openLow: true });
  if (typeof by === "string") assertOneOf(where, { by }, METHODS);
  const method = typeof by === "string" ? by : "given";
  if (!replacement && method !== "uniform") throw new OptionError(where, "replacement", 'true but by "uniform"', replacement);
  if (method === "ridgeLeverage") assertInRange(where, { ridge }, 0, Number.MAX_VALUE, { openLow: true });
  else if (ridge !== undefined) throw new OptionError(where, "ridge", 'none but by "ridgeLeverage"', ridge);
  if (options.count === undefined && method !== "leverage") throw new OptionError(where, "count", 'given but by "leverage"', options.count);
  if (options.count !== undefined && (options.epsilon !== undefined || options.failure !== undefined)) {
    throw new OptionError(where, "count", "count, or epsilon and failure, not both", options.count);
  }
  const seed = seedFrom(where, options.seed);
  const { rows } = readRows(A, `${where}(A)`);
  const [n, d] = shapeOf(rows);
  if (options.count !== undefined) assertInteger(where, { count: options.count }, 1, replacement ? 2 ** 30 : n);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(A)`);
  if (n === 0) throw new OptionError(where, "A", "a row at least", `[${n}, ${d}]`);

  const { p, dimension, quality } = yield* probabilitiesOf(where, rows, by, ridge, seed);
  const count = options.count ?? samplingRows(dimension, epsilon, failure, quality);
  const distribution = rowSampling(count, p, { replacement });
  const { indices: drawn } = drawRows({ distribution, seed });
  const times = new Map<number, number>();
  for (const i of drawn) times.set(i, (times.get(i) ?? 0) + 1);
  const indices = Int32Array.from(times.keys()).sort();
  const multiplicity = Int32Array.from(indices, (i) => times.get(i)!);
  const weights = Float64Array.from(indices, (i, k) => multiplicity[k]! / (count * distribution.probabilities![i]!));
  let certificate: Certificate = { kind: "none", reason: "pass certify: true" };
  if (certify) {
    const M = view(weighted(rows, indices, weights), [indices.length, d]);
    assertFinite(M, `${where}(weighted rows overflow float64)`);
    ({ certificate } = yield* measureDistortionSteps(where, A, M, { method: "exact" }));
  }
  return { indices, weights, multiplicity, method, certificate, diagnostics: { count, seed } };
}

/** √w_i a_i of the rows that were drawn. */
function weighted(A: Rows, indices: Int32Array, weights: Float64Array): Float64Array<ArrayBuffer> {
  const [, d] = shapeOf(A);
  const sample = new Float64Array(indices.length * d);
  for (let k = 0; k < indices.length; k++) {
    const row = rowsOf(A, indices[k]!, indices[k]! + 1);
    const root = Math.sqrt(weights[k]!);
    for (let j = 0; j < d; j++) sample[k * d + j] = root * row[j]!;
  }
  return sample;
}

interface Probabilities {
  /** Not yet of sum 1. */
  readonly p: Float64Array;
  /** r, or d. */
  readonly dimension: number;
  /** By "leverage": at least τ_i / p_i for every row, p of sum 1. */
  readonly quality: number;
}

function* probabilitiesOf(
  where: string,
  rows: Rows,
  by: NonNullable<SampleRowsOptions["by"]>,
  ridge: number | undefined,
  seed: string,
): Steps<Probabilities> {
  const [n, d] = shapeOf(rows);
  const others = { dimension: d, quality: d };
  if (by === "uniform") return { p: new Float64Array(n).fill(1), ...others };
  if (typeof by !== "string") return { p: givenProbabilities(where, by, n), ...others };
  if (by === "norm") return { p: positive(where, yield* squaredNorms(rows)), ...others };
  const { scores, rank, sum, overestimate } = yield* leverageScoresSteps(where, matrixOf(rows), {
    seed,
    ...(ridge === undefined ? {} : { ridge }),
  });
  return { p: positive(where, scores), dimension: rank, quality: overestimate * sum };
}

function givenProbabilities(where: string, by: VectorInput, n: number): Float64Array {
  const given = asArray(by, `${where}(by)`);
  if (given.shape.length !== 1 || given.shape[0] !== n) throw new OptionError(where, "by", `a vector of ${n} probabilities`, given.shape);
  assertFinite(given, `${where}(by)`);
  const p = denseCopy(given, "float64");
  const negative = p.find((value) => value < 0);
  if (negative !== undefined) throw new OptionError(where, "by", "nonnegative probabilities", negative);
  const total = p.reduce((sum, value) => sum + value, 0);
  if (!(total > 0 && total < Infinity)) throw new OptionError(where, "by", "probabilities of a positive, finite sum", total);
  return p;
}

function positive(where: string, p: Float64Array): Float64Array {
  if (p.some((x) => x > 0)) return p;
  throw new AssumptionError(where, { argument: "A", assumption: "a row with an entry", allowed: "one at least", measured: "none" });
}

/** Squares of row norms, over a common power of two. */
function* squaredNorms(A: Rows): Steps<Float64Array> {
  const [n, d] = shapeOf(A);
  const step = Math.max(1, Math.floor(BLOCK / (d + 1)));
  let largest = 0;
  const p = new Float64Array(n);
  for (let pass = 0; pass < 2; pass++) {
    for (let first = 0; first < n; first += step) {
      yield rest();
      const rows = Math.min(step, n - first);
      const entries = "dense" in A ? rowsOf(A, first, first + rows) : A.sparse.values;
      for (let i = 0; i < rows; i++) {
        const from = "dense" in A ? i * d : A.sparse.rowPointers[first + i]!;
        const to = "dense" in A ? from + d : A.sparse.rowPointers[first + i + 1]!;
        let sum = 0;
        for (let q = from; q < to; q++) {
          if (pass === 0) largest = Math.max(largest, Math.abs(entries[q]!));
          else sum += (entries[q]! / largest) * (entries[q]! / largest);
        }
        p[first + i] = sum;
      }
    }
    if (largest === 0) return p;
  }
  return p;
}
