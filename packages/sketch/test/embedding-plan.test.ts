import { describe, expect, it } from "vitest";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type Family } from "../src/distributions.js";
import { johnsonLindenstraussDim, planEmbedding, type PlanEmbeddingOptions } from "../src/embedding-plan.js";
import fixture from "../../../tooling/fixtures/sketch-peers/data.json" with { type: "json" };
import { codeOf } from "./failures.js";

describe("oracle", () => {
  it("rows of the theorems, computed apart from the code", () => {
    const golden: [
      d: number,
      epsilon: number,
      gaussian: number,
      rademacher: number,
      countSketch: number,
      srht: number,
      leverage: number,
    ][] = [
      [10, 0.5, 165, 1035, 19556, 7081, 302],
      [50, 0.5, 427, 4368, 453334, 13779, 1858],
      [100, 0.5, 703, 8535, 1795556, 19872, 4017],
      [100, 0.25, 2812, 22022, 5276735, 54296, 10987],
    ];
    for (const [d, epsilon, ...wanted] of golden) {
      const rows = (["gaussian", "rademacher", "countSketch", "srht", "rowSampling"] as const).map((family) => {
        // n = 2^16 names the transform of srht; the others do without
        const options: PlanEmbeddingOptions = {
          epsilon,
          family,
          rule: "theorem",
          failure: 0.01,
          ...(family === "srht" ? { n: 2 ** 16 } : {}),
        };
        return planEmbedding(d, options).rows;
      });
      expect(rows).toEqual(wanted);
    }
  });

  it("johnsonLindenstraussDim: the values of scikit-learn that the documents name", () => {
    const golden: [points: number, epsilon: number, rows: number][] = [
      [2, 0.5, 33],
      [10, 0.5, 110],
      [1000, 0.1, 5920],
      [1e4, 0.1, 7894],
      [1e5, 0.1, 9868],
      [1e6, 0.1, 11841],
      [1e6, 0.5, 663],
    ];
    for (const [points, epsilon, rows] of golden) expect(johnsonLindenstraussDim(points, { epsilon })).toBe(rows);
    expect(johnsonLindenstraussDim(1000)).toBe(5920);
    expect(johnsonLindenstraussDim(1)).toBe(0);
  });
});

describe("laws", () => {
  it("certified: 1.25 times the Gaussian rows, whatever the family", () => {
    for (const family of ["gaussian", "rademacher", "countSketch", "sparseSign", "rowSampling"] as const) {
      expect(planEmbedding(50, { family }).rows).toBe(Math.ceil(1.25 * 427));
    }
    expect(planEmbedding(50)).toMatchObject({ method: "sparseSign", nonzeros: 8, rule: "certified" });
  });

  it("more dimensions, a smaller ε, a smaller δ: never fewer rows", () => {
    for (const family of ["gaussian", "rademacher", "countSketch", "sparseSign", "rowSampling", "srht"] as const) {
      for (const rule of ["theorem", "certified"] as const) {
        const rows = (d: number, epsilon: number, failure: number): number =>
          planEmbedding(d, { epsilon, failure, family, rule, ...(family === "srht" ? { n: 2 ** 28 } : {}) }).rows;
        let last = 0;
        for (const d of [1, 2, 7, 30, 100]) expect(rows(d, 0.5, 0.01)).toBeGreaterThanOrEqual((last = Math.max(last, rows(d, 0.5, 0.01))));
        expect(rows(20, 0.3, 0.01)).toBeGreaterThan(rows(20, 0.5, 0.01));
        expect(rows(20, 0.5, 0.001)).toBeGreaterThan(rows(20, 0.5, 0.01));
      }
    }
  });

  it("the plan is what a distribution takes", () => {
    const make = { gaussian, rademacher, countSketch, sparseSign, srht, rowSampling } as const;
    for (const family of ["gaussian", "rademacher", "countSketch", "sparseSign", "srht"] as const) {
      const plan = planEmbedding(10, { family, n: 100_000 });
      expect(make[family](plan.rows, 100_000)).toMatchObject({
        rows: plan.rows,
        ...(plan.nonzeros === undefined ? {} : { nonzeros: plan.nonzeros }),
      });
    }
  });

  it("none where n is at most max(m, 4 d), and what would have been taken is listed", () => {
    const m = planEmbedding(20).rows;
    expect(planEmbedding(20, { n: m })).toMatchObject({ method: "none", rows: m, predicted: { error: 0 } });
    expect(planEmbedding(20, { n: m }).rejected.map(({ method }) => method)).toContain("sparseSign");
    expect(planEmbedding(20, { n: m + 1 }).method).not.toBe("none");
    expect(planEmbedding(1000, { epsilon: 0.9, failure: 0.5, n: 4000 }).method).toBe("none");
    expect(planEmbedding(20, { n: 0 }).method).toBe("none");
  });

  it("auto takes the least predicted time and lists the others; never srht for a matrix of few nonzeros", () => {
    for (const [n, width] of [
      [1e5, 10],
      [1e6, 300],
      [5000, 20],
    ] as const) /* prettier-ignore */ {
      const plan = planEmbedding(width, { n });
      for (const { method } of plan.rejected) {
        const other = planEmbedding(width, { n, family: method as Family });
        expect(other.predicted.seconds).toBeGreaterThanOrEqual(plan.predicted.seconds);
      }
    }
    expect(planEmbedding(50, { n: 1e6, nnz: 1e6 }).method).toBe("sparseSign");
  });

  it("coherence: uniform samples of incoherent rows, and of the most coherent, where all rows are needed", () => {
    const rows = (coherence: number): number =>
      planEmbedding(10, { family: "rowSampling", rule: "theorem", coherence, failure: 0.01 }).rows;
    expect(rows(10)).toBe(302);
    // the rows grow as coherence does: m / M is all that the risk depends on
    for (const coherence of [20, 100, 1e4]) expect(Math.abs(rows(coherence) - (302 * coherence) / 10)).toBeLessThanOrEqual(coherence / 10);
  });
});

describe("fixtures", () => {
  it("johnsonLindenstraussDim is scikit-learn's johnson_lindenstrauss_min_dim for 13 numbers of points and 10 of ε", () => {
    const epsilons = fixture.epsilons[0]!;
    for (const [points, ...wanted] of fixture.dimensions) {
      expect(epsilons.map((epsilon) => johnsonLindenstraussDim(points!, { epsilon }))).toEqual(wanted);
    }
    expect(fixture.dimensions.length).toBe(13);
  });
});

describe("errors", () => {
  it("names the option", () => {
    const cases: [PlanEmbeddingOptions, string][] = [
      [{ epsilon: 0 }, "epsilon"],
      [{ epsilon: 1 }, "epsilon"],
      [{ epsilon: NaN }, "epsilon"],
      [{ failure: 0 }, "failure"],
      [{ failure: 0.6 }, "failure"],
      [{ family: "fast" as never }, "family"],
      [{ rule: "best" as never }, "rule"],
      [{ n: 1.5 }, "n"],
      [{ width: -1 }, "width"],
      [{ nnz: NaN }, "nnz"],
      [{ coherence: 20 }, "coherence"],
      [{ family: "rowSampling", coherence: 2 }, "coherence"],
      [{ family: "srht" }, "n"],
      [{ seed: 1 } as never, "seed"],
    ];
    for (const [options, name] of cases) expect(codeOf(() => planEmbedding(10, options))).toBe(`ERR_OPTION ${name}`);
    for (const dimension of [0, 1.5, NaN, -3]) expect(codeOf(() => planEmbedding(dimension))).toBe("ERR_OPTION dimension");
    for (const points of [0, 0.5, NaN]) expect(codeOf(() => johnsonLindenstraussDim(points))).toBe("ERR_OPTION points");
    for (const epsilon of [0, 1, NaN]) expect(codeOf(() => johnsonLindenstraussDim(5, { epsilon }))).toBe("ERR_OPTION epsilon");
    expect(codeOf(() => johnsonLindenstraussDim(5, { eps: 0.1 } as never))).toBe("ERR_OPTION eps");
  });
});
