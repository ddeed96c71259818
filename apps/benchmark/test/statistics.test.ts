import { rngFor } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { fitExponent, median, quantile, ratioOfTimes, signTestInterval } from "../src/statistics.js";

describe("oracle", () => {
  test("median and quartiles by linear interpolation", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(quantile([1, 2], 0.75)).toBe(1.75);
    expect(median([])).toBeNaN();
  });

  test("sign-test intervals of the tables: 2nd and 8th of 9 at 96.1 %, 1st and 6th of 6 at 96.9 %", () => {
    const nine = signTestInterval([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect([nine.low, nine.high]).toEqual([2, 8]);
    expect(nine.confidence).toBeCloseTo(1 - 2 * (10 / 512), 12);
    const six = signTestInterval([1, 2, 3, 4, 5, 6]);
    expect([six.low, six.high]).toEqual([1, 6]);
    expect(six.confidence).toBeCloseTo(1 - 2 / 64, 12);
    const twenty = signTestInterval(Array.from({ length: 20 }, (_, i) => i + 1));
    expect([twenty.low, twenty.high]).toEqual([6, 15]); // the tabulated ranks for 20
  });

  test("few samples give their whole range and an honest confidence", () => {
    expect(signTestInterval([2, 1, 3])).toEqual({ low: 1, high: 3, confidence: 0.75 });
    expect(signTestInterval([5])).toEqual({ low: 5, high: 5, confidence: 0 });
  });

  test("the 95 % interval of 15 normal samples covers the median in at least 95 % of 2000 draws, less three deviations", () => {
    const rng = rngFor("0", "test/coverage");
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { low, high } = signTestInterval(Array.from({ length: 15 }, () => rng.normal()));
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / 2000));
  });

  test("ratios are formed round by round", () => {
    const ratio = ratioOfTimes([2, 4, 8], [1, 2, 4]);
    expect(ratio.value).toBe(2);
    expect(ratio.interval).toEqual({ low: 2, high: 2, confidence: 0.75 });
    expect(ratioOfTimes([6], [1, 2, 3])).toEqual({ value: 3 });
  });
});

describe("laws", () => {
  test.each(Array.from({ length: 10 }, (_, seed) => seed))("a noisy power law gives back its exponent (seed %i)", (seed) => {
    const rng = rngFor(seed, "test/exponent");
    const points = [1024, 2048, 4096, 8192, 16384].map((n) => ({ n, seconds: 1e-9 * n ** 1.7 * Math.exp(0.03 * rng.normal()) }));
    const { exponent, standardError, from, to } = fitExponent(points);
    // four deviations: ten seeds together miss with probability 6e-4, and the noise is known to be 0.03 / √Σ(x - x̄)² = 0.0137
    expect(Math.abs(exponent - 1.7)).toBeLessThan(4 * 0.0137);
    expect(standardError).toBeLessThan(0.06);
    expect([from, to]).toEqual([1024, 16384]);
  });
});
