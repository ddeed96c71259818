/**
 * Which rules a family of random embeddings follows.
 *
 * Source: see the file of each.
 */
import { denseFamily } from "./dense-family.js";
import { rowSamplingFamily } from "./row-sampling.js";
import type { FamilyRules, Sample } from "./sample.js";
import { sparseFamily } from "./sparse-family.js";
import { srhtFamily } from "./srht-family.js";

/** The rules of a family. */
export function familyOf({ distribution: { family } }: Sample): FamilyRules {
  if (family === "gaussian" || family === "rademacher") return denseFamily;
  if (family === "srht") return srhtFamily;
  return family === "rowSampling" ? rowSamplingFamily : sparseFamily;
}
