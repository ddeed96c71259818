import { matmul } from "@subquad/linalg-core";
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import fixture from "../../../tooling/fixtures/sketch-peers/data.json" with { type: "json" };
import { measureFeaturesSync } from "../src/measure-features.js";
import { tensorSketch, tensorSketchVariance } from "../src/tensor-sketch.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";
import { inner, innerProducts, isFullProfile, meanOf, rowsFor, sparse } from "./features.js";

const unit = (x: number[]): number[] => x.map((value) => value / Math.sqrt(inner(x, x)));

describe("oracle", () => {
  it("is the count sketch of the tensor power: one nonzero for a row with one entry, ±x^p", () => {
    for (const degree of [1, 2, 3, 5, 16]) {
      for (const m of [1, 8, 12, 64]) {
        const z = valuesOf(tensorSketch(7, m, { degree, seed: degree }).applySync([[0, 0, 1.5, 0, 0, 0, 0]]));
        const large = z.filter((x) => Math.abs(x) > 1e-10 * 1.5 ** degree);
        expect(large.length).toBe(1);
        expect(Math.abs(large[0]!) / 1.5 ** degree).toBeCloseTo(1, 12);
      }
    }
  });
  it("agrees with the tensor product sketched term by term, at a length that is no power of two and one that is", () => {
    for (const m of [12, 16]) {
      const map = tensorSketch(4, m, { degree: 2, seed: "terms" });
      const x = [1, -2, 0.5, 3];
      const z = valuesOf(map.applySync([x]));
      // by polarisation: 2 B(e_i, e_j) = z(e_i + e_j) − z(e_i) − z(e_j)
      const one = (i: number): Float64Array => valuesOf(map.applySync([x.map((_, j) => (i === j ? 1 : 0))]));
      const sum = new Float64Array(m);
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const both = valuesOf(map.applySync([x.map((_, l) => (l === i ? 1 : 0) + (l === j ? 1 : 0))]));
          const a = one(i), b = one(j); // prettier-ignore
          for (let q = 0; q < m; q++) sum[q]! += (x[i]! * x[j]! * (both[q]! - a[q]! - b[q]!)) / 2;
        }
      }
      for (let q = 0; q < m; q++) expect(Math.abs(z[q]! - sum[q]!)).toBeLessThanOrEqual(1e-13 * 20);
    }
  });
});

describe("theorem-sized", () => {
  it("unbiased within 4 standard deviations, and variance at most (3^p − 1)/m, over 1000 seeds", () => {
    const [x, y] = rowsFor(2, 6, "unbiased").map(unit) as [number[], number[]];
    for (const [degree, m] of [
      [2, 16],
      [3, 24],
      [4, 32],
    ] as const) {
      const sample = Array.from({ length: 1000 }, (_, seed) => innerProducts(tensorSketch(6, m, { degree, seed }).applySync([x, y]))[1]!);
      const { mean, deviation, variance } = meanOf(sample);
      expect(Math.abs(mean - inner(x, y) ** degree)).toBeLessThanOrEqual(4 * deviation); // fails for 1 in 16,000 choices of seeds
      expect(variance).toBeLessThanOrEqual(tensorSketchVariance(degree) / m);
    }
  });
  it("with γ and an offset", () => {
    const [x, y] = rowsFor(2, 6, "offset").map(unit) as [number[], number[]];
    const options = { degree: 3, gamma: 0.5, offset: 0.75 };
    const sample = Array.from(
      { length: 1000 },
      (_, seed) => innerProducts(tensorSketch(6, 32, { ...options, seed }).applySync([x, y]))[1]!,
    );
    const { mean, deviation } = meanOf(sample);
    expect(Math.abs(mean - (0.5 * inner(x, y) + 0.75) ** 3)).toBeLessThanOrEqual(4 * deviation);
  });
  it("the error falls like m^(−1/2)", () => {
    const X = rowsFor(12, 8, "slope").map(unit);
    const errorAt = (m: number): number => {
      let squares = 0;
      for (let seed = 0; seed < 400; seed++) {
        const G = innerProducts(tensorSketch(8, m, { degree: 2, seed }).applySync(X));
        for (let i = 0; i < 12; i++) for (let j = 0; j < i; j++) squares += (G[i * 12 + j]! - inner(X[i]!, X[j]!) ** 2) ** 2;
      }
      return Math.sqrt(squares / (400 * 66));
    };
    const slope = Math.log(errorAt(1024) / errorAt(16)) / Math.log(64);
    // pairs of one seed err together: 400 seeds leave 5 % of either mean square, 0.013 of the slope; 4 of that
    expect(Math.abs(slope + 0.5)).toBeLessThanOrEqual(0.05);
  });
});

describe("fixtures", () => {
  interface Errors {
    readonly squares: number[];
    readonly mean: number;
    readonly largest: number;
    readonly above: number;
  }

  /** The recipe of scikit-learn's PolynomialCountSketch cases: n uniform rows of 50 with sum 1, against n others; 5000 features. */
  const errors = (n: number, seeds: number, options: { gamma: number; degree: number; offset: number }): Errors => {
    const random = testRandom("simplex");
    const rows = (): number[][] =>
      Array.from({ length: n }, () => {
        const row = Array.from({ length: 50 }, () => random.uniform());
        const sum = row.reduce((total, x) => total + x, 0);
        return row.map((x) => x / sum);
      });
    const X = rows(), Y = rows(); // prettier-ignore
    const wanted = X.flatMap((x) => Y.map((y) => (options.gamma * inner(x, y) + options.offset) ** options.degree));
    const squares: number[] = [];
    let mean = 0, largest = 0, above = 0; // prettier-ignore
    for (let seed = 0; seed < seeds; seed++) {
      const map = tensorSketch(50, 5000, { ...options, seed });
      const products = valuesOf(matmul(map.applySync(X), map.applySync(Y), { transposeB: true }));
      let sum = 0, square = 0, most = 0; // prettier-ignore
      for (const [p, product] of products.entries()) {
        const error = Math.abs(product - wanted[p]!);
        sum += error;
        square += error * error;
        most = Math.max(most, error);
      }
      squares.push(square / products.length);
      mean = Math.max(mean, sum / products.length);
      largest = Math.max(largest, most);
      if (most > 0.1) above++;
    }
    return { squares, mean, largest, above };
  };
  const cases = fixture.polynomials.map(({ gamma, degree, offset, ...peer }) => ({ options: { gamma, degree, offset }, peer }));
  const isHeaviest = ({ gamma, degree, offset }: { gamma: number; degree: number; offset: number }): boolean => gamma === 2.5 && degree === 3 && offset === 2.5; // prettier-ignore

  it("scikit-learn's 27 cases, 40 rows, seed 0: mean ≤ 0.05, largest ≤ 0.1", () => {
    for (const { options } of cases) {
      const { mean, largest } = errors(40, 1, options);
      expect(mean).toBeLessThanOrEqual(0.05);
      expect(largest).toBeLessThanOrEqual(0.1);
    }
  });
  it.runIf(isFullProfile)(
    "scikit-learn's 27 cases, all 300 rows, 8 seeds, over 5 s: mean ≤ 0.05, largest ≤ 0.1, and the errors of scikit-learn",
    () => {
      for (const { options, peer } of cases) {
        const seeds = isHeaviest(options) ? 20 : 8;
        const { squares, mean, largest, above } = errors(300, seeds, options);
        expect(mean).toBeLessThanOrEqual(0.05);
        // In the heaviest case the large entry of the constant, 2.5^3 of its own, meets another for some seeds: 4 of 20 of scikit-learn's exceed 0.1.
        // Two counts of 20 with one probability differ by 15 with probability below 1e-6.
        if (isHeaviest(options)) expect(above).toBeLessThanOrEqual(peer.above + 14);
        else expect(largest).toBeLessThanOrEqual(0.1);
        // means over seeds of squares with heavy tails: six standard errors of both, taken from ours (Student's law, 8 samples: 3e-4 for one side)
        const ours = meanOf(squares);
        expect(ours.mean).toBeLessThanOrEqual(peer.rootMeanSquare ** 2 + 6 * ours.deviation * Math.sqrt(1 + seeds / peer.seeds));
      }
    },
  );
});

describe("certificate is honest", () => {
  it("at most the stated fraction of all pairs exceeds the bound, in at least 98 of 100 draws of pairs; and the bound is not vacuous", () => {
    const X = rowsFor(60, 10, "honest").map(unit);
    const map = tensorSketch(10, 256, { degree: 2, seed: "honest" });
    const G = innerProducts(map.applySync(X));
    let misses = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { certificate } = measureFeaturesSync(map, X, { seed, confidence: 0.99 });
      if (certificate.kind !== "statistical") throw new Error(certificate.kind);
      expect(certificate.fraction).toBeCloseTo(1 - 0.01 ** (1 / 300), 8);
      let above = 0, largest = 0; // prettier-ignore
      for (let i = 0; i < 60; i++) {
        for (let j = 0; j < 60; j++) {
          const error = Math.abs(G[i * 60 + j]! - inner(X[i]!, X[j]!) ** 2);
          largest = Math.max(largest, error);
          if (error > certificate.bound) above++;
        }
      }
      if (above > certificate.fraction * 3600) misses++;
      expect(certificate.bound).toBeLessThanOrEqual(largest * (1 + 1e-9)); // slack 1: it is an error that was seen
    }
    expect(misses).toBeLessThanOrEqual(6); // mean 1: more than 6 of 100 happen with probability 1e-4
  });
});

describe("laws", () => {
  it("CSR has the bits of dense, parts those of the whole, the promise those of the sync form; the seed decides", async () => {
    const X = rowsFor(7, 20, "sketch laws", 0.6);
    for (const m of [32, 48]) {
      const options = { degree: 3, offset: 0.5, seed: 3 };
      const map = tensorSketch(20, m, options);
      const Z = map.applySync(X);
      expect(map.applySync(sparse(X, 20)).data).toEqual(Z.data);
      expect((await map.apply(X, { threads: 2 })).data).toEqual(Z.data);
      for (const [i, row] of X.entries()) expect(map.applySync([row]).data).toEqual(Z.data.slice(i * m, (i + 1) * m));
      expect(tensorSketch(20, m, { ...options, seed: "3" }).applySync(X).data).toEqual(Z.data);
      expect(tensorSketch(20, m, { ...options, seed: 4 }).applySync(X).data).not.toEqual(Z.data);
    }
  });
  it("scales by powers of two without a change of bits, to 1e±100", () => {
    const X = rowsFor(3, 8, "scales");
    const map = tensorSketch(8, 16, { degree: 3 });
    const Z = valuesOf(map.applySync(X));
    for (const e of [-330, -40, 40, 330]) {
      const scaled = valuesOf(map.applySync(X.map((row) => row.map((x) => x * 2 ** e))));
      for (let q = 0; q < Z.length; q++) expect(scaled[q]! / 2 ** e / 2 ** e / 2 ** e).toBe(Z[q]);
    }
  });
});

describe("errors", () => {
  it("names what is wrong", async () => {
    expect(codeOf(() => tensorSketch(3, 0))).toBe("ERR_OPTION m");
    expect(codeOf(() => tensorSketch(3, 8, { degree: 0 }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => tensorSketch(3, 8, { gamma: 0 }))).toBe("ERR_OPTION gamma");
    expect(codeOf(() => tensorSketch(3, 8, { offset: -1 }))).toBe("ERR_OPTION offset");
    expect(codeOf(() => tensorSketch(3, 8, { seed: NaN }))).toBe("ERR_OPTION seed");
    expect(codeOf(() => tensorSketch(3, 8).applySync([[1, 2]]))).toBe("ERR_SHAPE X");
    expect(codeOf(() => tensorSketch(1, 8).applySync([[1e200]]))).toBe("ERR_NON_FINITE features overflow float64");
    expect(await codeOfAsync(tensorSketch(1, 8).apply([[1]], { tolerance: 1 } as object))).toBe("ERR_OPTION tolerance");
    const map = tensorSketch(2, 8);
    expect(codeOf(() => measureFeaturesSync(map, [[1, 2]], { pairs: 0 }))).toBe("ERR_OPTION pairs");
    expect(codeOf(() => measureFeaturesSync(map, [[1, 2]], { confidence: 1 }))).toBe("ERR_OPTION confidence");
    expect(codeOf(() => measureFeaturesSync(map, [[1, 2, 3]]))).toBe("ERR_SHAPE X");
    expect(codeOf(() => measureFeaturesSync(map, [[1, 2]], { Y: [[1]] }))).toBe("ERR_SHAPE Y");
    // one row of 100, and one pair of 10,000 is drawn
    const last = [...Array.from({ length: 99 }, () => [1, 2]), [1, NaN]];
    for (const options of [{ pairs: 1 }, { pairs: 1, Y: [[1, 2]] }]) {
      expect(() => measureFeaturesSync(map, last, options)).toThrow("measureFeaturesSync(X): expected finite entries, got NaN at [99, 1]");
    }
    expect(() => measureFeaturesSync(map, [[1, 2]], { pairs: 1, Y: last })).toThrow("measureFeaturesSync(Y)");
  });
});

describe("degenerate", () => {
  it("no rows, zero rows, m = 1", () => {
    const empty = { data: new Float64Array(0), shape: [0, 3], stride: [3, 1], offset: 0 };
    expect(tensorSketch(3, 8).applySync(empty).shape).toEqual([0, 8]);
    expect(measureFeaturesSync(tensorSketch(3, 8), empty).certificate).toEqual({ kind: "exact", bound: 0 });
    expect(valuesOf(tensorSketch(3, 8).applySync([[0, 0, 0]])).every((x) => x === 0)).toBe(true);
    expect(tensorSketch(3, 1, { degree: 4 }).applySync([[1, 2, 3]]).shape).toEqual([1, 1]);
  });
});
