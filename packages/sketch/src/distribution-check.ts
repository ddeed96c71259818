/**
 * Distributions are plain data, which anyone may write: whether these are what a function of distributions.ts returns.
 *
 * Source: Subquad's own convention.
 */
import { assertBoolean, assertInteger, assertOneOf, OptionError } from "@subquad/linalg-core";
import { assertDistinctDraws, FAMILIES, scaleOf, transformLength, type SketchDistribution } from "./distributions.js";

/** Throws unless it is what gaussian, rademacher, countSketch, sparseSign, srht or rowSampling returns. */
export function assertDistribution(where: string, distribution: unknown): asserts distribution is SketchDistribution {
  const { family, rows, columns, scale, nonzeros, blocked, probabilities, replacement } = (distribution ??
    {}) as Partial<SketchDistribution>;
  assertOneOf(where, { "distribution.family": family }, FAMILIES);
  assertInteger(where, { "distribution.rows": rows }, 1, 2 ** 30);
  assertInteger(where, { "distribution.columns": columns }, 0, 2 ** 31 - 1);
  const isSparse = family === "countSketch" || family === "sparseSign";
  if (isSparse) assertInteger(where, { "distribution.nonzeros": nonzeros }, 1, family === "countSketch" ? 1 : Math.min(rows!, 32));
  if (family === "sparseSign") {
    assertBoolean(where, { "distribution.blocked": blocked });
    if (blocked! && rows! % nonzeros! !== 0) {
      throw new OptionError(where, "distribution.nonzeros", `a divisor of m = ${rows!} when blocked`, nonzeros);
    }
  }
  if (family === "srht") assertInteger(where, { "distribution.rows": rows }, 1, transformLength(columns!));
  if (family === "rowSampling") {
    assertBoolean(where, { "distribution.replacement": replacement });
    if (!(probabilities instanceof Float64Array && probabilities.length === columns)) {
      throw new OptionError(
        where,
        "distribution.probabilities",
        `a Float64Array of length ${columns}, as rowSampling gives it`,
        probabilities,
      );
    }
    assertProbabilities(where, probabilities);
    if (!replacement!) assertDistinctDraws(where, "distribution.rows", rows!, probabilities);
  }
  const wanted = scaleOf(family!, rows!, nonzeros);
  if (scale !== wanted) throw new OptionError(where, "distribution.scale", `the number ${wanted}`, scale);
}

/** As `normalized` leaves them: a sum of 1 but for a rounding each. */
function assertProbabilities(where: string, p: Float64Array): void {
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    if (!(p[i]! >= 0 && p[i]! <= 1)) throw new OptionError(where, `distribution.probabilities[${i}]`, "a number in [0, 1]", p[i]);
    total += p[i]!;
  }
  const isWhole = p.length === 0 || Math.abs(total - 1) <= (p.length + 8) * 2 ** -52;
  if (!isWhole) throw new OptionError(where, "distribution.probabilities", "a sum of 1", total);
}
