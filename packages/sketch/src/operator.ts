/**
 * Random embeddings: a distribution and a seed, applied.
 *
 *   S  m × n  sketching operator      S A  m × d, A  n × d      B Sᵀ  r × m, B  r × n      Sᵀ Y  n × p, Y  m × p
 *
 * The seed and the position of an entry decide its value, never the order of use; and sums are in a tree over the rows of A. The same seed gives
 * the same bits on any number of threads, in one call or in pieces (createAccumulator).  Source: see distributions.ts for the families.
 */
import {
  assertFinite,
  assertInteger,
  assertKnownOptions,
  denseCopy,
  dtypeOf,
  OptionError,
  ShapeError,
  transpose,
  view,
  type CsrMatrix,
  type DType,
  type MatrixInput,
  type NdArray,
  type Seed,
} from "@subquad/linalg-core";
import { asMatrix, openScope } from "@subquad/linalg-core/kernels";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { applyRows } from "./apply.js";
import { assertDistribution } from "./distribution-check.js";
import type { SketchDistribution } from "./distributions.js";
import { familyOf } from "./families.js";
import { readRows, shapeOf, transposeOf } from "./rows.js";
import type { Range, Sample } from "./sample.js";
import { seedFrom } from "./seed.js";

export interface SampleSketchOptions {
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

/** S. Results are float32 where the matrix is; sums are float64 throughout and rounded once. */
export interface SketchOperator {
  readonly distribution: SketchDistribution;
  /** The seed in its normal form. */
  readonly seed: string;
  /** S A: [m, d], for A [n, d]; a sparse A costs O(nonzeros of A and S). */
  applyLeft(A: MatrixInput | CsrMatrix, options?: RunControl): Promise<NdArray>;
  applyLeftSync(A: MatrixInput | CsrMatrix): NdArray;
  /** B Sᵀ: [r, m], for B [r, n]. */
  applyRight(B: MatrixInput | CsrMatrix, options?: RunControl): Promise<NdArray>;
  applyRightSync(B: MatrixInput | CsrMatrix): NdArray;
  /** Sᵀ Y: [n, p], for Y [m, p]. */
  applyTranspose(Y: MatrixInput, options?: RunControl): Promise<NdArray>;
  applyTransposeSync(Y: MatrixInput): NdArray;
  /** S[rows, columns], each [from, to): the very entries of toDense(). */
  block(rows: Range, columns: Range): NdArray;
  /** S itself, float64: for small ones. */
  toDense(): NdArray;
}

/**
 * The sample of a distribution that a seed names.
 *
 * Nothing is drawn here: entries are made when they are needed, and again in each call.
 * @param distribution of gaussian, rademacher, countSketch, sparseSign, srht or rowSampling.
 * @param options see SampleSketchOptions.
 * @returns SketchOperator; its functions throw ShapeError, OptionError, and NonFiniteError naming the index.
 * @throws OptionError.
 * @complexity O(1). applyLeft: gaussian 2 m n d flops and m n draws; sparse z n d additions; srht n d log2 m; rowSampling m d.
 * @source arXiv:1011.1595, arXiv:1207.6365, arXiv:1211.1002.
 * @example const sketched = sampleSketch(sparseSign(64, 1000), { seed: 7 }).applyLeftSync(A);
 */
export function sampleSketch(distribution: SketchDistribution, options: SampleSketchOptions = {}): SketchOperator {
  const where = "sampleSketch";
  assertDistribution(where, distribution);
  assertKnownOptions(where, options, ["seed"]);
  const sample: Sample = { distribution, seed: seedFrom(where, options.seed) };
  const { rows: m, columns: n } = distribution;
  return {
    ...sample,
    applyLeft: (A, control = {}) => runAsync(leftSteps("applyLeft", sample, A, control), control, "applyLeft"),
    applyLeftSync: (A) => runSync(leftSteps("applyLeftSync", sample, A)),
    applyRight: (B, control = {}) => runAsync(rightSteps("applyRight", sample, B, control), control, "applyRight"),
    applyRightSync: (B) => runSync(rightSteps("applyRightSync", sample, B)),
    applyTranspose: (Y, control = {}) => runAsync(transposeSteps("applyTranspose", sample, Y, control), control, "applyTranspose"),
    applyTransposeSync: (Y) => runSync(transposeSteps("applyTransposeSync", sample, Y)),
    block: (rows, columns) => runSync(entrySteps("block", sample, rows, columns)),
    toDense: () => runSync(entrySteps("toDense", sample, [0, m], [0, n])),
  };
}

/** S A, for algorithms that are generators themselves. */
export function* leftSteps(where: string, sample: Sample, A: MatrixInput | CsrMatrix, control: RunControl = {}): Steps<NdArray> {
  assertKnownOptions(where, control, RUN_CONTROL);
  const { rows: m, columns: n } = sample.distribution;
  const { rows, dtype } = readRows(A, `${where}(A)`);
  const [length, d] = shapeOf(rows);
  if (length !== n) throw new ShapeError(where, "A", `${n} rows, the columns of S`, [length, d]);
  return rounded(where, yield* applyRows(`${where}(A)`, sample, rows), [m, d], dtype);
}

/** B Sᵀ. */
export function* rightSteps(where: string, sample: Sample, B: MatrixInput | CsrMatrix, control: RunControl = {}): Steps<NdArray> {
  assertKnownOptions(where, control, RUN_CONTROL);
  const { rows: m, columns: n } = sample.distribution;
  const { rows, dtype } = readRows(B, `${where}(B)`);
  const [r, length] = shapeOf(rows);
  if (length !== n) throw new ShapeError(where, "B", `${n} columns, those of S`, [r, length]);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(B)`); // for an index in B, not in its transpose
  const product = view(yield* applyRows(`${where}(B)`, sample, transposeOf(rows)), [m, r]);
  return rounded(where, denseCopy(transpose(product), "float64"), [r, m], dtype);
}

/** Sᵀ Y. */
function* transposeSteps(where: string, sample: Sample, Y: MatrixInput, control: RunControl = {}): Steps<NdArray> {
  assertKnownOptions(where, control, RUN_CONTROL);
  const { rows: m, columns: n, scale } = sample.distribution;
  const given = asMatrix(Y, `${where}(Y)`);
  const [length = 0, p = 0] = given.shape;
  if (length !== m) throw new ShapeError(where, "Y", `${m} rows, those of S`, given.shape);
  assertFinite(given, `${where}(Y)`);
  if (n === 0 || p === 0) return rounded(where, new Float64Array(n * p), [n, p], dtypeOf(given));
  const scope = openScope();
  try {
    const product = yield* familyOf(sample).transposed(scope, sample, denseCopy(given, "float64"), p);
    for (let q = 0; q < product.length; q++) product[q] = scale * product[q]!;
    return rounded(where, product, [n, p], dtypeOf(given));
  } finally {
    scope.release();
  }
}

/** S[rows, columns]. */
export function* entrySteps(where: string, sample: Sample, rows: Range, columns: Range): Steps<NdArray> {
  const { rows: m, columns: n, scale } = sample.distribution;
  assertRange(where, "rows", rows, m);
  assertRange(where, "columns", columns, n);
  const shape = [rows[1] - rows[0], columns[1] - columns[0]];
  const out = new Float64Array(shape[0]! * shape[1]!);
  if (out.length > 0) yield* familyOf(sample).entries(sample, rows, columns, out);
  for (let q = 0; q < out.length; q++) out[q] = scale * out[q]! + 0; // a zero has no sign
  return view(out, shape);
}

/** Of the dtype; NonFiniteError if that overflows. */
function rounded(where: string, entries: Float64Array<ArrayBuffer>, shape: readonly number[], dtype: DType): NdArray {
  const result = view(dtype === "float32" ? new Float32Array(entries) : entries, shape);
  assertFinite(result, `${where}(result overflows ${dtype})`);
  return result;
}

function assertRange(where: string, name: string, range: unknown, end: number): void {
  if (!Array.isArray(range) || range.length !== 2) throw new OptionError(where, name, "[from, to)", range);
  const [from, to] = range as unknown[];
  assertInteger(where, { [`${name}[0]`]: from, [`${name}[1]`]: to }, 0, end);
  if ((from as number) > (to as number)) throw new OptionError(where, name, "[from, to) with from ≤ to", range);
}
