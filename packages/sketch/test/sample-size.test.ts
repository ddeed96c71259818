import { isNumericsError } from "@subquad/linalg-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import fixture from "../../../tooling/fixtures/sample-size/data.json" with { type: "json" };
import { rowsNeeded, rowsNeededPooled, upperShare } from "../src/sample-size.js";

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isNumericsError(error)) return `${error.code} ${error.argument ?? ""}`;
    throw error;
  }
  return "no error";
};

/** P[X ≤ k] by Pascal's rule on log-free counts: slow, small N only, shares nothing with the code under test. */
function chances(N: number, K: number, m: number): number[] {
  const choose = (n: number, k: number): number => {
    if (k < 0 || k > n) return 0;
    let c = 1;
    for (let i = 1; i <= k; i++) c = (c * (n - k + i)) / i;
    return c;
  };
  return Array.from({ length: K + 1 }, (_, i) => (choose(K, i) * choose(N - K, m - i)) / choose(N, m));
}

describe("oracle", () => {
  it("the least m by exhaustion, populations up to 14", () => {
    for (let N = 1; N <= 14; N++) {
      for (const fraction of [0.05, 0.3, 0.55, 0.8]) {
        const K = Math.floor(fraction * N) + 1;
        for (let k = 0; k < K; k++) {
          for (const failure of [0.4, 0.1, 0.013]) {
            let m = k + 1;
            const tail = (): number => chances(N, K, m).reduce((sum, p, i) => (i <= k ? sum + p : sum), 0);
            while (m < N && tail() > failure) m++;
            expect(rowsNeeded(N, fraction, failure, k)).toBe(m);
          }
        }
      }
    }
  });
});

describe("theorem-sized", () => {
  // the sizes of the attention certificate: 2 % of rows, 1 % failure spent as 1/2, 1/4, 1/8 over three levels
  const levels = [0.005, 0.0025, 0.00125];
  it("one head", () => {
    expect(levels.map((failure) => rowsNeeded(8192, 0.02, failure, 0))).toEqual([258, 291, 324]);
    expect(levels.map((failure) => rowsNeeded(8192, 0.02, failure, 3))).toEqual([532, 574, 615]);
    expect(levels.map((failure) => rowsNeeded(512, 0.02, failure, 0))).toEqual([194, 213, 231]);
  });
  it("several heads pooled", () => {
    expect(levels.map((failure) => rowsNeededPooled(0.02, failure, 0))).toEqual([263, 297, 331]);
    expect(levels.map((failure) => rowsNeededPooled(0.02, failure, 3))).toEqual([545, 590, 635]);
    expect(rowsNeededPooled(0.0153, 0.01, 0)).toBe(299); // not the ln(1/δ)/φ = 301 of the exponential bound
  });
});

describe("laws", () => {
  const inputs = fc.record({
    N: fc.integer({ min: 60, max: 5000 }),
    fraction: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
    failure: fc.double({ min: 1e-12, max: 0.5, noNaN: true }),
    k: fc.integer({ min: 0, max: 2 }),
  });
  it("more confidence, a smaller share or more allowed misses need more rows", () => {
    fc.assert(
      fc.property(inputs, ({ N, fraction, failure, k }) => {
        const m = rowsNeeded(N, fraction, failure, k);
        expect(m).toBeGreaterThan(k);
        expect(m).toBeLessThanOrEqual(N);
        expect(rowsNeeded(N, fraction, failure / 2, k)).toBeGreaterThanOrEqual(m);
        expect(rowsNeeded(N, fraction, failure, k + 1)).toBeGreaterThanOrEqual(m);
        expect(rowsNeeded(N, Math.max(fraction / 2, 0.05), failure, k)).toBeGreaterThanOrEqual(m);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
  it("a finite population needs no more rows than an endless one", () => {
    fc.assert(
      fc.property(inputs, ({ N, fraction, failure, k }) => {
        // the finite population has at least φN bad rows among N, and drawing without replacement only sharpens the tail
        expect(rowsNeeded(N, fraction, failure, k)).toBeLessThanOrEqual(rowsNeededPooled(fraction, failure, k));
      }),
      { seed: 2, numRuns: 200 },
    );
  });
  it("the pooled size meets Hoeffding's condition k ≤ mφ − 1 for φ ≤ 1/2 and δ ≤ 1/4", () => {
    for (const fraction of [1e-3, 0.0153, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5]) {
      for (const failure of [0.25, 0.1, 0.01, 1e-4]) {
        for (const k of [0, 1, 2, 3, 5, 8, 20, 100, 1000]) {
          expect(rowsNeededPooled(fraction, failure, k) * fraction - 1).toBeGreaterThanOrEqual(k);
        }
      }
    }
  });
  it("the upper share inverts the sample size", () => {
    fc.assert(
      fc.property(inputs, ({ fraction, failure, k }) => {
        const m = rowsNeededPooled(fraction, failure, k);
        expect(upperShare(k, m, 1 - failure)).toBeLessThanOrEqual(fraction * (1 + 1e-9)); // 1 − (1 − δ) loses digits of δ
        if (m > k + 1) expect(upperShare(k, m - 1, 1 - failure)).toBeGreaterThan(fraction * (1 - 1e-9));
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe("fixtures", () => {
  it("exact rational hypergeometric sizes", () => {
    for (const [N, fraction, failure, k, m] of fixture.finite)
      expect([N, fraction, failure, k, rowsNeeded(N!, fraction!, failure!, k!)]).toEqual([N, fraction, failure, k, m]);
  });
  it("exact rational binomial sizes", () => {
    for (const [fraction, failure, k, m] of fixture.pooled)
      expect([fraction, failure, k, rowsNeededPooled(fraction!, failure!, k!)]).toEqual([fraction, failure, k, m]);
  });
  it("SciPy's Clopper–Pearson ends", () => {
    // SciPy inverts the incomplete beta function to about 1e-12
    for (const [hits, sampled, confidence, share] of fixture.shares)
      expect(Math.abs(upperShare(hits!, sampled!, confidence!) / share! - 1)).toBeLessThan(1e-11);
  });
});

describe("errors", () => {
  it("names the option", () => {
    for (const bad of [NaN, Infinity, -1, 1.5, 2 ** 31 + 1, "9" as unknown as number])
      expect(code(() => rowsNeeded(bad, 0.1, 0.1, 0))).toBe("ERR_OPTION population");
    for (const bad of [NaN, 0, 1, -0.1, null as unknown as number]) {
      expect(code(() => rowsNeeded(100, bad, 0.1, 0))).toBe("ERR_OPTION fraction");
      expect(code(() => rowsNeeded(100, 0.1, bad, 0))).toBe("ERR_OPTION failure");
      expect(code(() => rowsNeededPooled(bad, 0.1, 0))).toBe("ERR_OPTION fraction");
      expect(code(() => rowsNeededPooled(0.1, bad, 0))).toBe("ERR_OPTION failure");
      expect(code(() => upperShare(1, 2, bad))).toBe("ERR_OPTION confidence");
    }
    for (const bad of [NaN, -1, 0.5]) {
      expect(code(() => rowsNeeded(100, 0.1, 0.1, bad))).toBe("ERR_OPTION allowed");
      expect(code(() => rowsNeededPooled(0.1, 0.1, bad))).toBe("ERR_OPTION allowed");
      expect(code(() => upperShare(bad, 10, 0.9))).toBe("ERR_OPTION hits");
      expect(code(() => upperShare(0, bad, 0.9))).toBe("ERR_OPTION sampled");
    }
    expect(code(() => upperShare(11, 10, 0.9))).toBe("ERR_OPTION hits");
  });
  it("refuses a sample that would prove nothing", () => {
    expect(code(() => rowsNeeded(100, 0.02, 0.1, 3))).toBe("ERR_OPTION allowed"); // 3 bad rows of 100 are already more than 2 %
    expect(code(() => rowsNeededPooled(1e-12, 0.01, 0))).toBe("ERR_OPTION fraction");
  });
});

describe("degenerate", () => {
  it("an empty population, one row, all rows", () => {
    expect(rowsNeeded(0, 0.02, 0.01, 0)).toBe(0);
    expect(rowsNeeded(1, 0.02, 0.01, 0)).toBe(1);
    expect(rowsNeeded(3, 1 - 2 ** -53, 0.01, 0)).toBe(1);
    expect(rowsNeeded(50, 0.001, 1e-300, 0)).toBe(50);
  });
  it("nothing looked at, or nothing good seen", () => {
    expect(upperShare(0, 0, 0.99)).toBe(1);
    expect(upperShare(5, 5, 0.99)).toBe(1);
  });
  it("tails far below the smallest float64", () => {
    expect(rowsNeededPooled(0.5, 1e-300, 0)).toBe(997); // 2^-997 = 7.5e-301
    expect(upperShare(900_000, 1_000_000, 0.99)).toBeGreaterThan(0.9);
    expect(upperShare(900_000, 1_000_000, 0.99)).toBeLessThan(0.901);
    expect(rowsNeeded(2 ** 31, 0.5, 0.01, 1000)).toBeGreaterThan(2000);
  });
});
