import { describe, expect, it } from "vitest";
import { expFeatures } from "../src/exp-features.js";
import { tailOf } from "../src/exp-plan.js";
import { measureFeatures, measureFeaturesSync } from "../src/measure-features.js";
import { valuesOf } from "./dense.js";
import { codeOf } from "./failures.js";
import { inner, innerProducts, meanOf, rowsFor, sparse } from "./features.js";

/** Rows of norm √radius. */
function ballRows(n: number, d: number, radius: number, seed: string): number[][] {
  return rowsFor(n, d, seed).map((x) => x.map((value) => value * Math.sqrt(radius / inner(x, x))));
}

describe("oracle", () => {
  it("the tail bounds what the series leaves out, at both ends of the interval", () => {
    for (const radius of [0, 0.1, 1, 3, 10]) {
      for (let L = 0; L < 40; L++) {
        for (const t of [-radius, radius / 2, radius]) {
          let term = 1, sum = 0; // prettier-ignore
          for (let l = 0; l <= L; l++, term *= t / l) sum += term;
          // 42 roundings of terms of at most e^r
          if (radius < L + 2)
            expect(Math.abs(Math.exp(t) - sum)).toBeLessThanOrEqual(tailOf(radius, L) * (1 + 1e-12) + 42 * 2 ** -52 * Math.exp(radius));
        }
      }
    }
  });
  it("all monomials: exact up to the tail, both kernels", () => {
    for (const kernel of ["exp", "gaussian"] as const) {
      const X = ballRows(8, 3, 0.5, "exact");
      const { plan, applySync, outputDim } = expFeatures(3, 1000, 0.5, { tolerance: 1e-6, kernel });
      expect(plan.standardDeviation).toBe(0);
      expect(plan.blocks.every(({ method }) => method === "monomials")).toBe(true);
      expect(outputDim).toBe(plan.blocks.reduce((sum, { features }) => sum + features, 0));
      const G = innerProducts(applySync(X));
      for (const [i, x] of X.entries()) {
        for (const [j, y] of X.entries()) {
          const want = kernel === "exp" ? Math.exp(inner(x, y)) : Math.exp(inner(x, y) - 0.5);
          expect(Math.abs(G[i * 8 + j]! - want)).toBeLessThanOrEqual(plan.tail + 1e-14);
        }
      }
    }
  });
});

describe("theorem-sized", () => {
  for (const block of ["auto", "tensorSketch", "tensorTree"] as const) {
    it(`${block}: mean within 4 standard deviations of the series, mean square error at most as predicted, 300 seeds`, () => {
      const [x, y] = ballRows(2, 20, 1, "series") as [number[], number[]];
      const options = { tolerance: 2, degree: 4, block };
      const { plan } = expFeatures(20, 200, 1, options);
      expect(plan.blocks.map(({ method }) => method).slice(0, 2)).toEqual(["monomials", "monomials"]);
      expect(plan.blocks.reduce((sum, { features }) => sum + features, 0)).toBeLessThanOrEqual(200);
      const sample = Array.from(
        { length: 300 },
        (_, seed) => innerProducts(expFeatures(20, 200, 1, { ...options, seed }).applySync([x, y]))[1]!,
      );
      const { mean, deviation, variance } = meanOf(sample);
      expect(Math.abs(mean - Math.exp(inner(x, y)))).toBeLessThanOrEqual(4 * deviation + plan.tail);
      expect(variance).toBeLessThanOrEqual(plan.standardDeviation ** 2);
    });
  }
});

describe("certificate is honest", () => {
  it("the root mean square error on data is at most as predicted, the bound covers all but the fraction", async () => {
    const X = ballRows(100, 12, 1, "measured");
    for (const kernel of ["exp", "gaussian"] as const) {
      const map = expFeatures(12, 700, 1, { tolerance: 0.5, kernel, seed: 1 });
      const measured = await measureFeatures(map, X, { seed: "pairs" });
      expect(measureFeaturesSync(map, X, { seed: "pairs" })).toEqual(measured);
      // one seed, worst-case variance: measured about a third of it
      expect(measured.rootMeanSquare).toBeLessThanOrEqual(map.plan.predicted.error!);
      if (measured.certificate.kind !== "statistical") throw new Error(measured.certificate.kind);
      const G = innerProducts(map.applySync(X));
      let above = 0;
      for (const [i, x] of X.entries()) {
        for (const [j, y] of X.entries()) {
          const t = inner(x, y);
          const error = Math.abs(G[i * 100 + j]! - Math.exp(kernel === "exp" ? t : t - 1));
          if (error > measured.certificate.bound) above++;
        }
      }
      expect(above / 1e4).toBeLessThanOrEqual(measured.certificate.fraction);
    }
  });
  it("sees a map that is wrong", () => {
    const X = ballRows(20, 3, 0.5, "wrong");
    const map = expFeatures(3, 100, 0.5);
    const { certificate } = measureFeaturesSync({ ...map, kernel: { name: "polynomial", degree: 2, gamma: 1, offset: 0 } }, X);
    expect(certificate).toMatchObject({ kind: "statistical" });
    if (certificate.kind === "statistical") expect(certificate.bound).toBeGreaterThan(0.5);
  });
});

describe("laws", () => {
  it("CSR has the bits of dense; float32 rows give float32 features; the seed decides", () => {
    const X = rowsFor(5, 30, "exp laws", 0.7).map((x) => x.map((value) => value / 10));
    const map = expFeatures(30, 300, 1, { tolerance: 2, seed: 5 });
    expect(map.applySync(sparse(X, 30)).data).toEqual(map.applySync(X).data);
    expect(expFeatures(30, 300, 1, { tolerance: 2, seed: 6 }).applySync(X).data).not.toEqual(map.applySync(X).data);
    const single = { data: Float32Array.from(X.flat()), shape: [5, 30], stride: [30, 1], offset: 0 };
    expect(map.applySync(single).data).toBeInstanceOf(Float32Array);
  });
  it("more features never predict a larger deviation, and the plan never spends more than m", () => {
    let before = Infinity;
    for (let m = 40; m <= 4000; m = Math.ceil(m * 1.3)) {
      const { plan, outputDim } = expFeatures(10, m, 1, { tolerance: 1000, degree: 5 });
      expect(outputDim).toBeLessThanOrEqual(m);
      expect(plan.standardDeviation).toBeLessThanOrEqual(before * 1.05); // features are whole: a share may round down
      before = plan.standardDeviation;
    }
    expect(before).toBe(0); // C(15, 5) = 3003 monomials
  });
});

describe("errors", () => {
  it("refuses what m features cannot keep, naming the monomials", () => {
    expect(codeOf(() => expFeatures(20, 300, 3))).toBe("ERR_OPTION m");
    expect(() => expFeatures(20, 300, 1, { degree: 5 })).toThrow(/C\(d \+ L, L\) = 53130 features/);
    expect(codeOf(() => expFeatures(20, 10, 1))).toBe("ERR_OPTION m"); // degrees 0 and 1 alone are 21
    expect(codeOf(() => expFeatures(20, 300, 1, { degree: 2 }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => expFeatures(20, 300, 200))).toBe("ERR_OPTION degree"); // no 64 terms are enough
    expect(codeOf(() => expFeatures(20, 300, -1))).toBe("ERR_OPTION radius");
    expect(codeOf(() => expFeatures(20, 300, NaN))).toBe("ERR_OPTION radius");
    expect(codeOf(() => expFeatures(20, 300, 1, { kernel: "cosh" as "exp" }))).toBe("ERR_OPTION kernel");
    expect(codeOf(() => expFeatures(20, 300, 1, { nonNegative: true } as object))).toBe("ERR_OPTION nonNegative");
    expect(codeOf(() => expFeatures(3, 300, 0.5).applySync([[1, 2]]))).toBe("ERR_SHAPE X");
  });
});

describe("degenerate", () => {
  it("radius 0: one constant feature", () => {
    const map = expFeatures(3, 5, 0);
    expect(map.outputDim).toBe(1);
    expect(valuesOf(map.applySync([[0, 0, 0]]))).toEqual(Float64Array.of(1));
  });
  it("no rows", () => {
    const empty = { data: new Float64Array(0), shape: [0, 3], stride: [3, 1], offset: 0 };
    expect(expFeatures(3, 100, 0.5).applySync(empty).shape[0]).toBe(0);
  });
});
