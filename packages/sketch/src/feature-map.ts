/**
 * Feature maps: the border that all of them share, and rows as they take them.
 *
 *   X  n × d  dense or sparse      z(x)  m  features of a row x, made so that ⟨z(x), z(y)⟩ ≈ k(x, y)
 *   x' = 2^(−e) (√γ x, √c)  of dimension d', its largest entry in [1, 2):  (γ⟨x, y⟩ + c)^p = 2^((e_x + e_y) p) ⟨x', y'⟩^p
 *
 * A row alone decides its features, so splitting X changes no bit; and rows scaled by powers of two neither overflow nor underflow on the way.
 * Source: Subquad's own convention.
 */
import { assertFinite, assertKnownOptions, denseCopy, ShapeError, slice, view } from "@subquad/linalg-core";
import type { CsrMatrix, MatrixInput, NdArray } from "@subquad/linalg-core";
import { exponentOf, powerOfTwo } from "@subquad/linalg-core/kernels";
import { exp } from "@subquad/linalg-core/math";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { readRows, shapeOf, type Rows } from "./rows.js";
import { squaredNorm } from "./sums.js";

/** k: what the inner products of features stand for. */
export type FeatureKernel =
  /** (γ⟨x, y⟩ + c)^p. */
  | { readonly name: "polynomial"; readonly degree: number; readonly gamma: number; readonly offset: number }
  /** exp⟨x, y⟩. */
  | { readonly name: "exp" }
  /** exp(−‖x − y‖²/2). */
  | { readonly name: "gaussian" };

/** x → z(x), independent of the data: rows may be mapped anywhere, at any time, in any batch. */
export interface FeatureMap {
  /** d: columns of X. */
  readonly inputDim: number;
  /** Columns of z(X). */
  readonly outputDim: number;
  readonly kernel: FeatureKernel;
  /** The seed in its normal form; "" for a map that draws nothing. */
  readonly seed: string;
  /** z(X): [n, outputDim]; float32 where X is, computed in float64. Rejects with ShapeError; NonFiniteError, also where a feature overflows. */
  apply(X: MatrixInput | CsrMatrix, options?: RunControl): Promise<NdArray>;
  applySync(X: MatrixInput | CsrMatrix): NdArray;
  /** The generator behind both, for algorithms that are generators; not covered by semver. */
  applySteps(where: string, X: MatrixInput | CsrMatrix): Steps<NdArray>;
}

/** Some rows x' by their nonzero entries: row i has columns[p], values[p] for p in [rowPointers[i], rowPointers[i + 1]). */
export interface LiftedRows {
  readonly count: number;
  /** d'. */
  readonly width: number;
  readonly rowPointers: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  /** e. */
  readonly exponents: Int32Array;
}

/** What a map does: features of a block of rows, count × outputDim, for x' (not yet times 2^(e p)). */
export interface FeatureRule {
  readonly outputDim: number;
  /** Numbers that a row takes on its way: blocks of rows are cut by it. */
  readonly width: number;
  /** p: features of 2^e x' are 2^(e p) those of x'. */
  readonly degree: number;
  features(where: string, rows: LiftedRows): Steps<Float64Array>;
}

/** A sum of rules side by side, each times a factor. */
export interface FeaturePart {
  readonly rule: FeatureRule;
  readonly factor: number;
}

/** What a map is made of. */
export interface FeatureFacts {
  readonly inputDim: number;
  readonly kernel: FeatureKernel;
  readonly seed: string;
  readonly parts: readonly FeaturePart[];
}

/** Numbers of a block of rows between two turns of the event loop. */
const BLOCK_NUMBERS = 2 ** 18;
const MOST_ROWS = 1024;

/** The map that these parts make. */
export function featureMap(facts: FeatureFacts): FeatureMap {
  const { inputDim, kernel, seed, parts } = facts;
  const outputDim = parts.reduce((sum, { rule }) => sum + rule.outputDim, 0);
  return {
    inputDim,
    outputDim,
    kernel,
    seed,
    apply: (X, control = {}) => runAsync(controlledSteps("apply", facts, outputDim, X, control), control, "apply"),
    applySync: (X) => runSync(featureSteps("applySync", facts, outputDim, X)),
    applySteps: (where, X) => featureSteps(where, facts, outputDim, X),
  };
}

function* controlledSteps(
  where: string,
  facts: FeatureFacts,
  outputDim: number,
  X: MatrixInput | CsrMatrix,
  control: RunControl,
): Steps<NdArray> {
  assertKnownOptions(where, control, RUN_CONTROL);
  return yield* featureSteps(where, facts, outputDim, X);
}

function* featureSteps(where: string, facts: FeatureFacts, outputDim: number, X: MatrixInput | CsrMatrix): Steps<NdArray> {
  const { inputDim: d, kernel, parts } = facts;
  const { rows, dtype } = readRows(X, `${where}(X)`);
  const [n, width] = shapeOf(rows);
  if (width !== d) throw new ShapeError(where, "X", `a matrix of ${d} columns`, [n, width]);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(X)`);
  const { gamma = 1, offset = 0 } = kernel.name === "polynomial" ? kernel : {};
  const out = dtype === "float32" ? new Float32Array(n * outputDim) : new Float64Array(n * outputDim);
  const widest = parts.reduce((most, { rule }) => Math.max(most, rule.width), outputDim);
  const step = Math.max(1, Math.min(MOST_ROWS, Math.floor(BLOCK_NUMBERS / widest)));
  for (let from = 0; from < n; from += step) {
    yield rest();
    const lifted = lift(rows, from, Math.min(n, from + step), gamma, offset);
    const weights = kernel.name === "gaussian" ? gaussianWeights(lifted) : undefined;
    let at = from * outputDim;
    for (const { rule, factor } of parts) {
      const Z = yield* rule.features(where, lifted);
      const m = rule.outputDim;
      for (let i = 0; i < lifted.count; i++) {
        const e = lifted.exponents[i]! * rule.degree;
        const low = boundedPower(Math.trunc(e / 2));
        const high = boundedPower(e - Math.trunc(e / 2));
        const weight = factor * (weights?.[i] ?? 1);
        for (let q = 0; q < m; q++) out[at + i * outputDim + q] = weight * Z[i * m + q]! * low * high;
      }
      at += m;
    }
  }
  const result = view(out, [n, outputDim]);
  assertFinite(result, `${where}(features overflow ${dtype})`);
  return result;
}

/** Rows [from, to) of X lifted. */
function lift(X: Rows, from: number, to: number, gamma: number, offset: number): LiftedRows {
  const [, d] = shapeOf(X);
  const count = to - from;
  const width = offset > 0 ? d + 1 : d;
  const isSparse = "sparse" in X;
  const entries = isSparse ? X.sparse.values : denseCopy(slice(X.dense, [from, to]), "float64");
  const startOf = (i: number): number => (isSparse ? X.sparse.rowPointers[from + i]! : i * d);
  const room = startOf(count) - startOf(0) + count;
  const rowPointers = new Int32Array(count + 1), exponents = new Int32Array(count); // prettier-ignore
  const columns = new Int32Array(room), values = new Float64Array(room); // prettier-ignore
  const scale = Math.sqrt(gamma), last = Math.sqrt(offset); // prettier-ignore
  let q = 0;
  for (let i = 0; i < count; i++) {
    const start = startOf(i), end = startOf(i + 1); // prettier-ignore
    let largest = last;
    for (let p = start; p < end; p++) largest = Math.max(largest, scale * Math.abs(entries[p]!));
    const e = largest === 0 ? 0 : Math.max(-1022, exponentOf(largest));
    const low = powerOfTwo(Math.trunc(-e / 2)), high = powerOfTwo(-e - Math.trunc(-e / 2)); // prettier-ignore
    exponents[i] = e;
    for (let p = start; p < end; p++) {
      if (entries[p] === 0) continue;
      columns[q] = isSparse ? X.sparse.columns[p]! : p - start;
      values[q++] = scale * entries[p]! * low * high;
    }
    if (offset > 0) {
      columns[q] = d;
      values[q++] = last * low * high;
    }
    rowPointers[i + 1] = q;
  }
  return { count, width, rowPointers, columns: columns.subarray(0, q), values: values.subarray(0, q), exponents };
}

/** exp(−‖x‖²/2) of each row. */
function gaussianWeights({ count, rowPointers, values, exponents }: LiftedRows): Float64Array {
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const square = squaredNorm(values, rowPointers[i], rowPointers[i + 1]! - rowPointers[i]!);
    const root = powerOfTwo(exponents[i]!);
    weights[i] = exp(-0.5 * square * root * root);
  }
  return weights;
}

/** 2^k, and 0 or infinity beyond the range of float64: features are 2^(e p) times numbers of moderate size. */
function boundedPower(k: number): number {
  if (k > 1023) return Infinity;
  return k < -1022 ? 0 : powerOfTwo(k);
}
