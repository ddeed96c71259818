/**
 * A sketch of a matrix whose distortion is measured, and made smaller until it is small enough.
 *
 *   A  n × d      S  m × n      ε  singular values of S Q in [1 − ε, 1 + ε], Q a basis of range(A)
 *
 *   plan m → S A → measure → while above ε: m ← ⌈1.5 m⌉, a new S, at most four times and while m ≤ n/2; then S = I, which distorts nothing
 *
 * Source: planEmbedding for the first m; measureDistortion for the certificate.
 */
import {
  assertFinite,
  assertInRange,
  assertKnownOptions,
  assertOneOf,
  denseCopy,
  isCsr,
  NotConvergedError,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
  type Seed,
} from "@subquad/linalg-core";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "@subquad/linalg-core/steps";
import { measureDistortionSteps, type Distortion } from "./distortion.js";
import { countSketch, gaussian, rademacher, sparseSign, srht, type SketchDistribution } from "./distributions.js";
import { leftSteps, sampleSketch, type SketchOperator } from "./operator.js";
import { planEmbedding, type EmbeddingPlan } from "./embedding-plan.js";
import { denseOf, readRows, shapeOf } from "./rows.js";
import { seedFrom } from "./seed.js";

/** Families that embed any matrix; rowSampling needs probabilities: see sampleRows. */
export type EmbeddingFamily = "gaussian" | "rademacher" | "countSketch" | "sparseSign" | "srht";

export interface EmbedSubspaceOptions {
  /** ε. In (0, 1). Default 0.5. */
  readonly epsilon?: number;
  /** δ: of lanczos, over all that are measured, and of the plan. In [1e-11, 0.5]. Default 1e-3. */
  readonly failure?: number;
  /** Default "auto": the cheapest; "none" when no sketch pays. A named one is kept to wherever its plan has a sketch at all. */
  readonly family?: EmbeddingFamily | "auto";
  /** How distortions are measured: see measureDistortion. Default "auto". */
  readonly measure?: "auto" | "exact" | "lanczos";
  /** Default "0". */
  readonly seed?: Seed;
}

export interface EmbedSubspaceResult {
  /** S A: [m, d], the dtype of A; A itself, dense, for "none". */
  readonly sketch: NdArray;
  /** S; absent for "none". */
  readonly operator?: SketchOperator;
  readonly lower: number;
  readonly upper: number;
  readonly method: EmbeddingFamily | "none";
  /** `bound` ≤ ε: see measureDistortion; exact for "none". */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly plan: EmbeddingPlan; readonly attempts: number; readonly seed: string };
}

const OPTION_NAMES = ["epsilon", "failure", "family", "measure", "seed"];
const FAMILIES = ["auto", "gaussian", "rademacher", "countSketch", "sparseSign", "srht"] as const;
const ATTEMPTS = 5;
const GROWTH = 1.5;

/**
 * S A with all singular values of S Q within 1 ± ε, measured.
 *
 * For preconditioners, sketched least squares, leverage scores: whatever needs norms on range(A). For distances between given points,
 * johnsonLindenstraussDim asks for less.
 * @param A shape [n, d], dense or sparse; entries finite.
 * @param options see EmbedSubspaceOptions, and RunControl.
 * @returns a promise of EmbedSubspaceResult; the certificate is that of measureDistortion, for this sketch.
 * @throws (rejects) ShapeError; OptionError; NonFiniteError naming the index; NotConvergedError carrying the best, when a named family
 * failed five times, or would need more than n/2 rows.
 * @complexity one product S A an attempt, and what measureDistortion takes; as a rule one attempt.
 * @source arXiv:1211.1002; measured, not believed.
 * @example const { sketch, certificate } = await embedSubspace(A, { epsilon: 0.5, seed: 7 });
 */
export function embedSubspace(A: MatrixInput | CsrMatrix, options: EmbedSubspaceOptions & RunControl = {}): Promise<EmbedSubspaceResult> {
  return runAsync(embedSubspaceSteps("embedSubspace", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "embedSubspace");
}

/** `embedSubspace` on the calling thread: same arguments, same errors, same bits. */
export function embedSubspaceSync(A: MatrixInput | CsrMatrix, options: EmbedSubspaceOptions = {}): EmbedSubspaceResult {
  return runSync(embedSubspaceSteps("embedSubspaceSync", A, options));
}

/** The generator behind both. */
export function* embedSubspaceSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: EmbedSubspaceOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<EmbedSubspaceResult> {
  assertKnownOptions(where, options, known);
  const { epsilon = 0.5, failure = 1e-3, family = "auto", measure = "auto" } = options;
  assertInRange(where, { epsilon }, 0, 1, { openLow: true, openHigh: true });
  assertInRange(where, { failure }, 1e-11, 0.5);
  assertOneOf(where, { family }, FAMILIES);
  assertOneOf(where, { measure }, ["auto", "exact", "lanczos"]);
  const seed = seedFrom(where, options.seed);
  const { rows } = readRows(A, `${where}(A)`);
  const [n, d] = shapeOf(rows);
  const plan = planEmbedding(Math.max(1, d), { epsilon, failure, family, n, width: d, ...(isCsr(A) ? { nnz: A.values.length } : {}) });
  if (plan.method === "none" || d === 0) return asItIs(where, A, plan, seed);

  let best: (Distortion & { readonly sketch: NdArray; readonly operator: SketchOperator }) | undefined;
  let m = plan.rows;
  let attempts = 0;
  for (; attempts < ATTEMPTS && (attempts === 0 || m <= n / 2); m = Math.ceil(GROWTH * m)) {
    const operator = sampleSketch(distributionOf(plan.method as EmbeddingFamily, m, n), {
      seed: attempts === 0 ? seed : `${seed}/${attempts}`,
    });
    const sketch = yield* leftSteps(where, operator, A);
    const lanczos = { confidence: 1 - failure / ATTEMPTS, seed: operator.seed };
    const measured = yield* measureDistortionSteps(
      where,
      A,
      sketch,
      measure === "exact" ? { method: measure } : { method: measure, ...lanczos },
    );
    attempts++;
    if (best === undefined || boundOf(measured) < boundOf(best)) best = { ...measured, sketch, operator };
    if (boundOf(measured) <= epsilon) break;
  }
  const { sketch, operator, lower, upper, certificate } = best!;
  const method = plan.method as EmbeddingFamily;
  const result: EmbedSubspaceResult = { sketch, operator, lower, upper, method, certificate, diagnostics: { plan, attempts, seed } };
  if (boundOf(best!) <= epsilon) return result;
  if (family === "auto") return asItIs(where, A, plan, seed, attempts);
  const rule = `expected a distortion of at most ${epsilon}, got ${boundOf(best!)} after ${attempts} attempts`;
  throw new NotConvergedError(where, result, rule);
}

function boundOf({ lower, upper }: { readonly lower: number; readonly upper: number }): number {
  return Math.max(1 - lower, upper - 1);
}

/** S = I. */
function asItIs(where: string, A: MatrixInput | CsrMatrix, plan: EmbeddingPlan, seed: string, attempts = 0): EmbedSubspaceResult {
  const { rows, dtype } = readRows(A, `${where}(A)`);
  if ("dense" in rows) assertFinite(rows.dense, `${where}(A)`);
  const dense = denseOf(rows);
  const sketch = view(denseCopy(dense, dtype), dense.shape);
  const certificate: Certificate = { kind: "exact", bound: 0 };
  return { sketch, lower: 1, upper: 1, method: "none", certificate, diagnostics: { plan, attempts, seed } };
}

function distributionOf(family: EmbeddingFamily, m: number, n: number): SketchDistribution {
  if (family === "gaussian") return gaussian(m, n);
  if (family === "rademacher") return rademacher(m, n);
  if (family === "countSketch") return countSketch(m, n);
  return family === "srht" ? srht(m, n) : sparseSign(m, n);
}
