/**
 * What was found by attacking the package.
 */
import { OptionError } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { matrixOracle, psdLowRankSync, upperShare } from "../src/index.js";

describe("issue-02", () => {
  test("hits whose tail would be added up for hours are refused", () => {
    expect(() => upperShare(2 ** 30, 2 ** 31, 0.99)).toThrow(OptionError);
    expect(upperShare(2 ** 20, 2 ** 31, 0.99)).toBeCloseTo(2 ** -11, 5);
  });

  test("a result that is not whole is not resumed", () => {
    const oracle = matrixOracle([[4, 1, 0], [1, 3, 1], [0, 1, 5]]); // prettier-ignore
    const result = psdLowRankSync(oracle, { rank: 1 });
    const { factor, state } = result;
    for (const part of [
      { factor: null },
      { factor: { ...factor, shape: [3, 2] } },
      { factor: [] },
      { state: null },
      { state: { ...state, traces: null } },
      { state: { ...state, traces: new Float64Array(1) } },
    ]) {
      expect(() => psdLowRankSync(oracle, { rank: 2, resume: { ...result, ...part } as never })).toThrow(OptionError);
    }
    expect(psdLowRankSync(oracle, { rank: 2, resume: result }).pivots).toEqual(psdLowRankSync(oracle, { rank: 2 }).pivots);
  });
});
