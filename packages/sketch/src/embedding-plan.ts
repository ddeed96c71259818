/**
 * How many rows an embedding needs, and of which family it should be.
 *
 *   d  dimension of the subspace      n  rows of A      S  m × n      Q  basis of it, n × d      ε  singular-value distortion      δ  failure probability
 *
 *   rule "theorem"    rows by the family's theorem: embedding-dimension.ts
 *   rule "certified"  m₀ = ⌈1.25 gaussianRows⌉ whatever the family: enough on every input that we tried, and measured when it is used (embedSubspace)
 *
 * Source: the theorems named in embedding-dimension.ts; Dasgupta and Gupta 2003 for johnsonLindenstraussDim.
 */
import { assertInRange, assertInteger, assertKnownOptions, assertOneOf, OptionError, type Plan } from "@subquad/linalg-core";
import { log } from "@subquad/linalg-core/math";
import { FAMILIES, transformLength, type Family } from "./distributions.js";
import { gaussianRows, rademacherRows, samplingRows, sparseRows, srhtRows } from "./embedding-dimension.js";

export interface JohnsonLindenstraussOptions {
  /** ε: squared distances within 1 ± ε. In (0, 1). Default 0.1. */
  readonly epsilon?: number;
}

export interface PlanEmbeddingOptions {
  /** ε: singular values of S Q in [1 − ε, 1 + ε]. In (0, 1). Default 0.5. */
  readonly epsilon?: number;
  /** δ. In (0, 0.5]. Default 1e-2. */
  readonly failure?: number;
  /** Default "auto": the least predicted time among sparseSign, srht and gaussian; without n sparseSign, with rule "theorem" gaussian. */
  readonly family?: Family | "auto";
  /** "theorem": rows that the theorem of the family asks for. Default "certified": fewer, to be measured on use. */
  readonly rule?: "certified" | "theorem";
  /** Rows of A. Needed for srht; with it the plan says "none" where a sketch cannot pay. */
  readonly n?: number;
  /** Columns of A. Default d. */
  readonly width?: number;
  /** Nonzeros of A, where it is sparse. Default n · width. */
  readonly nnz?: number;
  /** Of rowSampling by uniform p: n times the largest leverage score, in [d, n]. Default d: p proportional to leverage. */
  readonly coherence?: number;
}

export interface EmbeddingPlan extends Plan {
  /** The family; "none": keep A as it is, S = I. */
  readonly method: Family | "none";
  /** m: rows of S; n for "none". */
  readonly rows: number;
  /** z of the sparse families. */
  readonly nonzeros?: number;
  readonly rule: "certified" | "theorem";
  /** What the rows promise, in words. */
  readonly statement: string;
}

const PLAN_OPTIONS = ["epsilon", "failure", "family", "rule", "n", "width", "nnz", "coherence"];
/** Over the rows of the Gaussian theorem: sparse signs with z = 8 then kept σ(S Q) within 1 ± ε on every input tried (NOTES.md). */
const MARGIN = 1.25;
const NONZEROS = 8;

/**
 * Nanoseconds on one thread of a 2-core x86-64 server: an addition of sparse rows, an entry of a transform a level, a multiply-add, a draw of a normal,
 * a sign or an index, a number copied.
 */
const COST = { add: 0.28, level: 0.4, multiplyAdd: 0.09, normal: 18, sign: 3, index: 9, copy: 0.7 } as const;

/**
 * Rows of a Gaussian embedding that keeps all squared distances of a set of points within 1 ± ε.
 *
 * For nearest neighbours and clustering. For whole subspaces, as least squares and low rank need them, use planEmbedding.
 * @param points their number; at least 1.
 * @param options see JohnsonLindenstraussOptions.
 * @returns ⌊4 ln(points) / (ε²/2 − ε³/3)⌋, as scikit-learn gives it.
 * @throws OptionError.
 * @complexity O(1).
 * @source Dasgupta and Gupta 2003.
 * @example johnsonLindenstraussDim(1000, { epsilon: 0.1 }) // -> 5920
 */
export function johnsonLindenstraussDim(points: number, options: JohnsonLindenstraussOptions = {}): number {
  const where = "johnsonLindenstraussDim";
  assertKnownOptions(where, options, ["epsilon"]);
  const { epsilon = 0.1 } = options;
  assertInteger(where, { points }, 1, 2 ** 53 - 1);
  assertInRange(where, { epsilon }, 0, 1, { openLow: true, openHigh: true });
  return Math.floor((4 * log(points)) / (epsilon * epsilon * (0.5 - epsilon / 3)));
}

/**
 * Family and rows of an embedding of a d-dimensional subspace.
 *
 * The theorem's figure for reading; to sketch a matrix with a distortion that is measured, use embedSubspace, which begins with this plan.
 * @param dimension d: of the subspace, such as the columns of A.
 * @param options see PlanEmbeddingOptions.
 * @returns EmbeddingPlan; "none" where n is at most max(m, 4 d), since a factorization of A itself costs no more.
 * @throws OptionError, also for options that the family does not use.
 * @complexity O(log m).
 * @source see embedding-dimension.ts.
 * @example planEmbedding(50, { rule: "theorem", family: "gaussian" }).rows // -> 427
 */
export function planEmbedding(dimension: number, options: PlanEmbeddingOptions = {}): EmbeddingPlan {
  const where = "planEmbedding";
  assertKnownOptions(where, options, PLAN_OPTIONS);
  const { epsilon = 0.5, failure = 1e-2, family = "auto", rule = "certified", n, width = dimension } = options;
  assertInteger(where, { dimension }, 1, 2 ** 31 - 1);
  assertInRange(where, { epsilon }, 0, 1, { openLow: true, openHigh: true });
  assertInRange(where, { failure }, 0, 0.5, { openLow: true });
  assertOneOf(where, { family }, ["auto", ...FAMILIES]);
  assertOneOf(where, { rule }, ["certified", "theorem"]);
  if (n !== undefined) assertInteger(where, { n }, 0, 2 ** 31 - 1);
  assertInteger(where, { width }, 0, 2 ** 31 - 1);
  const { nnz = (n ?? 0) * width } = options;
  assertInteger(where, { nnz }, 0, Infinity);
  const { coherence = dimension } = options;
  if (options.coherence !== undefined) {
    if (family !== "rowSampling") throw new OptionError(where, "coherence", 'none but with family "rowSampling"', coherence);
    assertInRange(where, { coherence }, dimension, Math.max(dimension, n ?? Infinity));
  }
  if (family === "srht" && n === undefined) throw new OptionError(where, "n", 'given with family "srht"', n);

  const rowsOf = (name: Family): number => {
    if (rule === "certified") return Math.ceil(MARGIN * gaussianRows(dimension, epsilon, failure));
    if (name === "gaussian") return gaussianRows(dimension, epsilon, failure);
    if (name === "rademacher") return rademacherRows(dimension, epsilon, failure);
    if (name === "rowSampling") return samplingRows(dimension, epsilon, failure, coherence);
    return name === "srht" ? srhtRows(dimension, epsilon, failure, n!) : sparseRows(dimension, epsilon, failure);
  };
  const size = { n: n ?? 0, width, nnz, isSparse: options.nnz !== undefined };
  const wanted: readonly Family[] =
    family !== "auto"
      ? [family]
      : rule === "theorem"
        ? ["gaussian"]
        : n === undefined
          ? ["sparseSign"]
          : ["sparseSign", "srht", "gaussian"];
  const candidates = wanted
    .map((name) => ({ name, rows: rowsOf(name), seconds: secondsOf(name, rowsOf(name), size) }))
    .filter(({ name, rows }) => name !== "srht" || rows <= transformLength(size.n))
    .sort((a, b) => a.seconds - b.seconds);
  const [best, ...others] = candidates;
  const statement = `σ(S Q) in [${1 - epsilon}, ${1 + epsilon}] with probability ${1 - failure}`;
  if (best === undefined || (n !== undefined && n <= Math.max(best.rows, 4 * dimension))) {
    const reason = `n = ${n ?? 0} is at most max(rows, 4 d): a factorization of A itself costs no more`;
    const rejected = candidates.map(({ name }) => ({ method: name, reason }));
    return { method: "none", rows: n ?? 0, rule, statement: "S = I", predicted: { error: 0, seconds: 0, bytes: 0 }, rejected };
  }
  const nonzeros = best.name === "countSketch" ? 1 : best.name === "sparseSign" ? Math.min(best.rows, NONZEROS) : undefined;
  return {
    method: best.name,
    rows: best.rows,
    ...(nonzeros === undefined ? {} : { nonzeros }),
    rule,
    statement:
      rule === "theorem"
        ? statement
        : best.name === "countSketch"
          ? `σ(S Q) to be measured: so few rows lose directions of coherent inputs in most samples`
          : `${statement}, to be measured: the rows are a rule of experience`,
    predicted: { error: epsilon, seconds: best.seconds, bytes: 8 * best.rows * width * 3 },
    rejected: others.map(({ name, seconds }) => ({ method: name, reason: `predicted ${seconds.toPrecision(2)} s` })),
  };
}

/** Seconds of S A on one thread. */
function secondsOf(
  family: Family,
  m: number,
  { n, width, nnz, isSparse }: { readonly n: number; readonly width: number; readonly nnz: number; readonly isSparse: boolean },
): number {
  const copy = COST.copy * nnz;
  const z = family === "countSketch" ? 1 : Math.min(m, NONZEROS);
  if (family === "rowSampling") return 1e-9 * (COST.copy * m * width + COST.index * m);
  if (family === "countSketch" || family === "sparseSign") return 1e-9 * (copy + z * (COST.add * nnz + COST.index * n));
  if (family === "srht") return 1e-9 * (copy + COST.level * transformLength(n) * width * (32 - Math.clz32(m)) * (isSparse ? 2 : 1));
  const draw = family === "gaussian" ? COST.normal : COST.sign;
  return 1e-9 * (copy + m * (draw * n + (isSparse ? 1 : COST.multiplyAdd) * nnz));
}
