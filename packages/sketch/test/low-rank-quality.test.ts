/** The four factorizations against the best rank-20 error of matrices of 400 × 300; at 60 × 40 the tests of each say the same in every run. */
import { describe, expect, it } from "vitest";
import { curSync } from "../src/cur.js";
import { interpolativeDecompositionSync } from "../src/interpolative.js";
import { qbDecompositionSync } from "../src/qb.js";
import { randomizedSvdSync } from "../src/randomized-svd.js";
import { valuesOf } from "./dense.js";
import { asArray, boundOf, tailOf } from "./low-rank.js";
import { kahan, spectra, withSingularValues, type Known } from "./spectra.js";
import { isFull } from "./tails.js";

const RANK = 20;
const SEEDS = isFull ? 100 : 2;

const inputs: readonly (readonly [string, () => Known])[] = [
  ...Object.entries(spectra).map(([name, s]) => [name, () => withSingularValues(400, 300, s, `quality/${name}`)] as const),
  ["kahan", () => kahan(300, 1.2)],
];

describe("theorem-sized", () => {
  for (const [name, make] of inputs) {
    it(`rank ${RANK}, ${name}: SVD and QB within 1.1 of the best for 99 of 100 seeds, interpolative and CUR within 3`, () => {
      const known = make();
      const A = asArray(known);
      const best = tailOf(known, RANK);
      const rounding = 1e-13 * Math.sqrt(valuesOf(A).reduce((sum, x) => sum + x * x, 0));
      const misses = { svd: 0, qb: 0, interpolative: 0, cur: 0 };
      // errors by their bounds, which are within 1 % of them and never below (certificate is honest)
      for (let seed = 0; seed < SEEDS; seed++) {
        const options = { rank: RANK, seed };
        if (!(boundOf(randomizedSvdSync(A, { ...options, method: "randomized" }).certificate) <= 1.1 * best + rounding)) misses.svd++;
        if (!(boundOf(qbDecompositionSync(A, options).certificate) <= 1.1 * best + rounding)) misses.qb++;
        if (!(boundOf(interpolativeDecompositionSync(A, options).certificate) <= 3 * best + rounding)) misses.interpolative++;
        if (!(boundOf(curSync(A, options).certificate) <= 3 * best + rounding)) misses.cur++;
      }
      for (const [method, count] of Object.entries(misses)) expect(count, method).toBeLessThanOrEqual(1);
    });
  }
});
