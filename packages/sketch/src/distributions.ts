/**
 * Distributions of random embeddings, as plain data: no randomness is in them.
 *
 *   S  m × n      S_ri = scale · (what the family draws)      E ‖S x‖² = ‖x‖² for every x
 *
 * Source: arXiv:1011.1595 (SRHT), arXiv:1207.6365 (CountSketch), arXiv:1211.1002 (sparse embeddings); textbook for the others.
 */
import {
  asArray,
  assertBoolean,
  assertInteger,
  assertKnownOptions,
  denseCopy,
  NonFiniteError,
  OptionError,
  ShapeError,
} from "@subquad/linalg-core";
import type { VectorInput } from "@subquad/linalg-core";

/** Names of the families. */
export const FAMILIES = ["gaussian", "rademacher", "countSketch", "sparseSign", "srht", "rowSampling"] as const;

/**
 * gaussian: N(0, 1) · rademacher: ±1 · countSketch: one ±1 a column · sparseSign: z of them · srht: m rows of a Walsh-Hadamard transform of
 * signed entries · rowSampling: rows of the identity.
 */
export type Family = (typeof FAMILIES)[number];

export interface SketchDistribution {
  readonly family: Family;
  /** m. */
  readonly rows: number;
  /** n: rows of what is embedded; of an accumulator, an upper bound on them. */
  readonly columns: number;
  /** Of all entries; rowSampling's come on top of p_i^(−1/2). */
  readonly scale: number;
  /** z of countSketch and sparseSign. */
  readonly nonzeros?: number;
  /** sparseSign: one nonzero in each of z blocks of m/z rows, instead of z rows without replacement. */
  readonly blocked?: boolean;
  /** p of rowSampling: [n], of sum 1. */
  readonly probabilities?: Float64Array;
  /** rowSampling: rows may come more than once. */
  readonly replacement?: boolean;
}

export interface SparseSignOptions {
  /** z: nonzeros of each column; integer in [1, min(m, 32)]. Default min(m, 8): 1 and 2 lose directions of coherent inputs. */
  readonly nonzeros?: number;
  /** One nonzero in each of z blocks of m/z rows (OSNAP): z must divide m. Default false. */
  readonly blocked?: boolean;
}

export interface RowSamplingOptions {
  /** Rows may come more than once. Default true; false takes m distinct rows, and needs equal probabilities. */
  readonly replacement?: boolean;
}

/**
 * S = G / √m, G of independent standard normals.
 *
 * The embedding with the best constants and the slowest: m n normals and 2 m n d flops. For large n take `sparseSign`.
 * @param m rows of S.
 * @param n columns of S.
 * @returns plain data for sampleSketch, createAccumulator.
 * @throws OptionError.
 * @complexity O(1).
 * @source textbook.
 * @example gaussian(400, 10000).scale // -> 0.05
 */
export function gaussian(m: number, n: number): SketchDistribution {
  return withScale(sizes("gaussian", m, n));
}

/**
 * S of independent ±1 / √m.
 *
 * As `gaussian`, with cheaper draws and bounded entries.
 * @param m rows of S.
 * @param n columns of S.
 * @returns plain data.
 * @throws OptionError.
 * @complexity O(1).
 * @source textbook.
 * @example rademacher(400, 10000).family // -> "rademacher"
 */
export function rademacher(m: number, n: number): SketchDistribution {
  return withScale(sizes("rademacher", m, n));
}

/**
 * S with one ±1 in each column.
 *
 * One addition an entry. It needs m ~ d² rows to embed a d-dimensional subspace: for fewer take `sparseSign`.
 * @param m rows of S.
 * @param n columns of S.
 * @returns plain data.
 * @throws OptionError.
 * @complexity O(1).
 * @source arXiv:1207.6365.
 * @example countSketch(1000, 100000).nonzeros // -> 1
 */
export function countSketch(m: number, n: number): SketchDistribution {
  return withScale({ ...sizes("countSketch", m, n), nonzeros: 1 });
}

/**
 * S with z entries ±1 / √z in each column, in distinct rows.
 *
 * What planEmbedding takes: z additions an entry, and with z = 8 nearly the distortion of `gaussian`.
 * @param m rows of S.
 * @param n columns of S.
 * @param options see SparseSignOptions.
 * @returns plain data.
 * @throws OptionError.
 * @complexity O(1).
 * @source arXiv:1211.1002.
 * @example sparseSign(1000, 100000).nonzeros // -> 8
 */
export function sparseSign(m: number, n: number, options: SparseSignOptions = {}): SketchDistribution {
  const where = "sparseSign";
  assertKnownOptions(where, options, ["nonzeros", "blocked"]);
  const common = sizes(where, m, n);
  const { nonzeros = Math.min(m, 8), blocked = false } = options;
  assertInteger(where, { nonzeros }, 1, Math.min(m, 32));
  assertBoolean(where, { blocked });
  if (blocked && m % nonzeros !== 0) throw new OptionError(where, "nonzeros", `a divisor of m = ${m} when blocked`, nonzeros);
  return withScale({ ...common, nonzeros, blocked });
}

/**
 * S = P H D / √m: random signs D, the Walsh-Hadamard transform H of the next power of two, m of its rows without replacement.
 *
 * O(n log m) additions a column of dense A. CSR matrices lose their zeros: take `sparseSign` there.
 * @param m rows of S; at most the next power of two from n.
 * @param n columns of S.
 * @returns plain data.
 * @throws OptionError.
 * @complexity O(1).
 * @source arXiv:1011.1595.
 * @example srht(1024, 100000).family // -> "srht"
 */
export function srht(m: number, n: number): SketchDistribution {
  const common = sizes("srht", m, n);
  assertInteger("srht", { m }, 1, transformLength(n));
  return withScale(common);
}

/**
 * S of m rows of the identity, each drawn with probabilities p and scaled by (m p_i)^(−1/2).
 *
 * The embedding that keeps rows as they are; with p by leverage it is as good as dense ones, with equal p only for incoherent A.
 * @param m rows of S.
 * @param probabilities p: [n], nonnegative; brought to sum 1.
 * @param options see RowSamplingOptions.
 * @returns plain data, with a copy of p.
 * @throws ShapeError; OptionError, also for p of sum 0; NonFiniteError.
 * @complexity O(n).
 * @source textbook.
 * @example rowSampling(2, [0.5, 0.5]).columns // -> 2
 */
export function rowSampling(m: number, probabilities: VectorInput, options: RowSamplingOptions = {}): SketchDistribution {
  const where = "rowSampling";
  assertKnownOptions(where, options, ["replacement"]);
  const { replacement = true } = options;
  assertBoolean(where, { replacement });
  const given = asArray(probabilities, `${where}(probabilities)`);
  if (given.shape.length !== 1) throw new ShapeError(where, "probabilities", "a vector", given.shape);
  const p = normalized(where, denseCopy(given, "float64"));
  const n = p.length;
  const common = sizes(where, m, n);
  if (!replacement) assertDistinctDraws(where, "m", m, p);
  return withScale({ ...common, probabilities: p, replacement });
}

/** N: the least power of two that is at least n. */
export function transformLength(n: number): number {
  let N = 1;
  while (N < n) N *= 2;
  return N;
}

function sizes(where: Family, m: number, n: number): Pick<SketchDistribution, "family" | "rows" | "columns"> {
  assertInteger(where, { m }, 1, 2 ** 30);
  assertInteger(where, { n }, 0, 2 ** 31 - 1);
  return { family: where, rows: m, columns: n };
}

/** Without replacement: no more rows than there are, all as probable. */
export function assertDistinctDraws(where: string, name: string, m: number, p: Float64Array): void {
  assertInteger(where, { [name]: m }, 1, p.length);
  if (p.some((value) => value !== p[0])) {
    throw new OptionError(where, name.replace(/m$|rows$/, "probabilities"), "equal ones without replacement", "others");
  }
}

/** What makes E ‖S x‖² = ‖x‖². */
export function scaleOf(family: Family, m: number, nonzeros = 1): number {
  return 1 / Math.sqrt(family === "countSketch" || family === "sparseSign" ? nonzeros : m);
}

function withScale(distribution: Omit<SketchDistribution, "scale">): SketchDistribution {
  return { ...distribution, scale: scaleOf(distribution.family, distribution.rows, distribution.nonzeros) };
}

function normalized(where: string, p: Float64Array): Float64Array {
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const value = p[i]!;
    if (!Number.isFinite(value)) throw new NonFiniteError(where, "probabilities", value, [i]);
    if (value < 0) throw new OptionError(where, "probabilities", "nonnegative numbers", value);
    total += value;
  }
  if (p.length > 0 && !(total > 0 && total < Infinity)) throw new OptionError(where, "probabilities", "a positive, finite sum", total);
  return p.map((value) => value / total);
}
