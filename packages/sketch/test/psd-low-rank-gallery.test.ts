import { eigSymmetric, view } from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { kernelOracle } from "../src/kernel-oracle.js";
import { psdLowRankSync, type PsdLowRankMethod } from "../src/psd-low-rank.js";
import type { PsdOracle } from "../src/psd-oracle.js";
import { entriesOf } from "./dense.js";
import { isFullProfile } from "./features.js";
import { galleries } from "./gallery.js";

const seeds = isFullProfile ? 100 : 10;

function oracleOf(name: string, n: number): PsdOracle {
  const { points, lengthScale } = galleries[name]!(n);
  return kernelOracle(points, { lengthScale });
}

/** tr(K − K_r) for r = 0 … N. */
function tailsOf(oracle: PsdOracle): Float64Array {
  const N = oracle.size;
  const { values } = eigSymmetric(view(entriesOf(oracle), [N, N]), { vectors: false });
  const ascending = Array.from({ length: N }, (_, i) => Math.max(0, values.get(i))).sort((a, b) => a - b);
  const tails = new Float64Array(N + 1);
  for (const [i, λ] of ascending.entries()) tails[N - 1 - i] = tails[N - i]! + λ;
  return tails;
}

/** Mean of the residual trace over the seeds. */
function residual(oracle: PsdOracle, method: PsdLowRankMethod, rank: number): number {
  let sum = 0;
  for (let seed = 0; seed < seeds; seed++) sum += psdLowRankSync(oracle, { method, rank, seed }).residualTrace;
  return sum / seeds;
}

describe("theorem-sized", () => {
  for (const name of Object.keys(galleries)) {
    it(`${name}: mean residual trace at most (1 + ε) tr(K − K_r) at k = r/ε + r ln(1/(εη))`, () => {
      const oracle = oracleOf(name, isFullProfile ? 1000 : 300);
      const tails = tailsOf(oracle);
      const cases = [[3, 1], [5, 0.5], [10, 0.25], [20, 1]] as const; // prettier-ignore
      for (const [r, ε] of cases) {
        const k = Math.ceil(r / ε + r * Math.max(0, Math.log(tails[0]! / (ε * tails[r]!))));
        // The theorem bounds the expectation for the first two, with room: for 1000 points 0.05 to 0.56 of the bound was measured, over 12 seeds.
        // Nothing is proved of blockRobust, whose 0.05 to 0.81 is what it was found to keep.
        for (const method of ["accelerated", "rpcholesky", "blockRobust"] as const) {
          expect(residual(oracle, method, k), `${method}, r = ${r}, ε = ${ε}, k = ${k}`).toBeLessThanOrEqual((1 + ε) * tails[r]!);
        }
      }
    });
  }

  it("900 points in a cluster and 100 far ones, 90 columns: within 1.5 of the best, where greedy pivots leave 5 times as much", () => {
    const oracle = oracleOf("outliers", 1000);
    const best = tailsOf(oracle)[90]!;
    // measured 1.06, 1.08 and 1.52 (no theorem speaks of the third); greedy 5.4: it takes the far points first
    expect(residual(oracle, "accelerated", 90)).toBeLessThanOrEqual(1.5 * best);
    expect(residual(oracle, "rpcholesky", 90)).toBeLessThanOrEqual(1.5 * best);
    expect(residual(oracle, "blockRobust", 90)).toBeLessThanOrEqual(2 * best);
    expect(psdLowRankSync(oracle, { method: "greedy", rank: 90 }).residualTrace).toBeGreaterThan(5 * best);
  });
});
