import { describe, expect, it } from "vitest";
import { testRandom } from "@subquad/test-kit";
import { assertDistribution } from "../src/distribution-check.js";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht } from "../src/distributions.js";
import { sampleSketch } from "../src/operator.js";
import { valuesOf } from "./dense.js";
import { codeOf } from "./failures.js";
import { distributions } from "./samples.js";
import { bernstein, chiSquareDeviation, isFull } from "./tails.js";

/** Quantiles 1 − 1e-6 of the chi-square distribution (SciPy 1.17, chi2.isf). */
const CHI_SQUARE: Readonly<Record<number, number>> = { 7: 40.521831234, 15: 56.4934425, 27: 77.188177312, 55: 119.90241864 };

/** That a right implementation fails one comparison of means. */
const FAILURE = 1e-9;
const SAMPLES = isFull ? 40_000 : 2000;
const PAIRS = isFull ? 100_000 : 10_000;

describe("laws", () => {
  it("plain data: the scale of an isometry in one field", () => {
    expect(gaussian(400, 10_000)).toEqual({ family: "gaussian", rows: 400, columns: 10_000, scale: 0.05 });
    expect(rademacher(4, 9)).toEqual({ family: "rademacher", rows: 4, columns: 9, scale: 0.5 });
    expect(srht(16, 9)).toEqual({ family: "srht", rows: 16, columns: 9, scale: 0.25 });
    expect(countSketch(5, 9)).toEqual({ family: "countSketch", rows: 5, columns: 9, scale: 1, nonzeros: 1 });
    expect(sparseSign(64, 9)).toEqual({ family: "sparseSign", rows: 64, columns: 9, scale: 1 / Math.sqrt(8), nonzeros: 8, blocked: false });
    expect(sparseSign(3, 9).nonzeros).toBe(3);
    expect(sparseSign(8, 9, { nonzeros: 4, blocked: true })).toMatchObject({ scale: 0.5, blocked: true });
    expect(rowSampling(4, [1, 3])).toMatchObject({
      rows: 4,
      columns: 2,
      scale: 0.5,
      probabilities: Float64Array.of(0.25, 0.75),
      replacement: true,
    });
    const p = Float64Array.of(1, 1);
    expect(rowSampling(1, p).probabilities).not.toBe(p);
    for (const [, distribution] of distributions(12, 40)) expect(() => { assertDistribution("test", distribution); }).not.toThrow(); // prettier-ignore
    for (const [, distribution] of distributions(12, 40)) expect(structuredClone(distribution)).toEqual(distribution);
  });
});

describe("theorem-sized", () => {
  it("isometry: E ‖S x‖² = ‖x‖² in every family", () => {
    const random = testRandom("isometry");
    const x = Float64Array.from({ length: 20 }, () => random.normal());
    const size = x.reduce((sum, value) => sum + value * value, 0);
    const magnitude = x.reduce((sum, value) => sum + Math.abs(value), 0);
    for (const [name, distribution] of distributions(8, 20)) {
      let mean = 0;
      for (let seed = 0; seed < SAMPLES; seed++) {
        const S = valuesOf(sampleSketch(distribution, { seed }).toDense());
        let square = 0;
        for (let r = 0; r < 8; r++) {
          let sum = 0;
          for (let i = 0; i < 20; i++) sum += S[r * 20 + i]! * x[i]!;
          square += sum * sum;
        }
        mean += square / size / SAMPLES;
      }
      const p = distribution.probabilities;
      // Gaussian: chi-square of 8 degrees a sample. Signs: ‖S x‖² ≤ ‖x‖₁² as each |⟨S_i, S_j⟩| ≤ 1, of variance at most 2/m. Rows: each of the
      // 8 draws is x_i² / p_i at most, and its variance Σ x_i⁴ / p_i at most; drawn without replacement they deviate less (Hoeffding 1963)
      const allowed =
        distribution.family === "gaussian"
          ? chiSquareDeviation(8 * SAMPLES, FAILURE)
          : p === undefined
            ? bernstein(SAMPLES, 2 / 8, magnitude ** 2 / size, FAILURE)
            : bernstein(
                8 * SAMPLES,
                x.reduce((sum, value, i) => sum + value ** 4 / p[i]!, 0) / size ** 2,
                x.reduce((most, value, i) => Math.max(most, value ** 2 / p[i]!), 0) / size,
                FAILURE,
              );
      expect(Math.abs(mean - 1), name).toBeLessThanOrEqual(allowed);
      expect(allowed).toBeLessThanOrEqual(0.3); // a scale wrong by a factor of √m, √z or 2 is seen
    }
  });

  it("E ⟨S_i, S_j⟩² = 1/m for i ≠ j, whatever z; for srht (N − m) / (m (N − 1)), for rows 0", () => {
    const m = 8;
    for (const [distribution, wanted] of [
      [gaussian(m, 2), 1 / m],
      [rademacher(m, 2), 1 / m],
      [countSketch(m, 2), 1 / m],
      [sparseSign(m, 2, { nonzeros: 3 }), 1 / m],
      [sparseSign(m, 2, { nonzeros: 4, blocked: true }), 1 / m],
      [srht(m, 32), 24 / (8 * 31)], // variance of a mean of m of N signs of sum 0, drawn without replacement
      [rowSampling(m, [1, 2]), 0], // a row of S has one entry
    ] as const) {
      let mean = 0;
      for (let seed = 0; seed < PAIRS; seed++) {
        const S = valuesOf(sampleSketch(distribution, { seed }).block([0, m], [0, 2]));
        let inner = 0, square = 0; // prettier-ignore
        for (let r = 0; r < m; r++) {
          inner += S[2 * r]! * S[2 * r + 1]!;
          square += S[2 * r]! ** 2;
        }
        // Gaussian: m ⟨S_i, S_j⟩² / ‖S_i‖² is the square of a normal, independent of ‖S_i‖², whose expectation is 1. Others: the square is at most 1,
        // and its variance at most its expectation
        mean += (distribution.family === "gaussian" ? (inner * inner) / square : inner * inner) / PAIRS;
      }
      const allowed = distribution.family === "gaussian" ? chiSquareDeviation(PAIRS, FAILURE) / m : bernstein(PAIRS, wanted, 1, FAILURE);
      if (wanted === 0) expect(mean).toBe(0);
      else expect(Math.abs(mean - wanted)).toBeLessThanOrEqual(allowed);
    }
  });

  it("Fisher and Yates: rows of a column z/m each, pairs z (z − 1) / (m (m − 1)), all sets alike, signs fair; chi-square at 1e-6", () => {
    const [m, z, columns] = [8, 3, 40_000];
    const S = valuesOf(sampleSketch(sparseSign(m, columns, { nonzeros: z }), { seed: "marginals" }).toDense());
    const pairs = new Map<number, number>();
    const sets = new Map<string, number>();
    const counts = new Float64Array(m);
    const minus = new Float64Array(m);
    for (let i = 0; i < columns; i++) {
      const rows = Array.from({ length: m }, (_, r) => r).filter((r) => S[r * columns + i] !== 0);
      sets.set(rows.join(), (sets.get(rows.join()) ?? 0) + 1);
      for (const r of rows) {
        counts[r]!++;
        if (S[r * columns + i]! < 0) minus[r]!++;
        for (const s of rows) if (r < s) pairs.set(r * m + s, (pairs.get(r * m + s) ?? 0) + 1);
      }
    }
    const expected = (columns * z * (z - 1)) / (m * (m - 1));
    // the C(8, 3) = 56 sets are equally likely, one a column
    expect(sets.size).toBe(56);
    const share = columns / 56;
    expect([...sets.values()].reduce((sum, count) => sum + (count - share) ** 2 / share, 0)).toBeLessThanOrEqual(CHI_SQUARE[55]!);
    expect(pairs.size).toBe(28);
    // a column gives three of the 28 pairs, v: vvᵀ ≤ 3 diag(v), so the statistic is at most 3 times a chi-square of 27 degrees
    expect([...pairs.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThanOrEqual(
      3 * CHI_SQUARE[27]!,
    );
    // z of m without replacement: (m − 1) / (m − z) Σ (count − n z/m)² / (n z/m) is chi-square with m − 1 degrees
    const each = (columns * z) / m;
    const statistic = (((m - 1) / (m - z)) * counts.reduce((sum, count) => sum + (count - each) ** 2, 0)) / each;
    expect(statistic).toBeLessThanOrEqual(CHI_SQUARE[7]!);
    // signs: a fair coin, 5 standard deviations a row: 8 · 6e-7
    for (const [r, count] of minus.entries()) expect(Math.abs(count - counts[r]! / 2)).toBeLessThanOrEqual(2.5 * Math.sqrt(counts[r]!));
  });

  it("row sampling: rows by their probabilities; chi-square at 1e-6", () => {
    const p = Float64Array.from({ length: 8 }, (_, i) => i + 1);
    const draws = 20_000;
    const S = valuesOf(sampleSketch(rowSampling(draws, p), { seed: "chi" }).toDense());
    const counts = new Float64Array(8);
    for (const [q, x] of S.entries()) if (x !== 0) counts[q % 8]!++;
    const statistic = counts.reduce((sum, count, i) => sum + (count - (draws * (i + 1)) / 36) ** 2 / ((draws * (i + 1)) / 36), 0);
    expect(statistic).toBeLessThanOrEqual(CHI_SQUARE[7]!);
  });

  it("srht: kept rows are uniform; chi-square at 1e-6", () => {
    // S_ri = ± (−1)^popcount(p & i): p is read from the signs against those of row 0 of columns 0, 1, 2, 4, 8
    const counts = new Float64Array(16);
    for (let seed = 0; seed < 2000; seed++) {
      const both = sampleSketch(srht(16, 16), { seed: `signs/${seed}` });
      const D = valuesOf(both.block([0, 1], [0, 16])); // all rows are kept: the first is p = 0, that is D
      const one = valuesOf(sampleSketch(srht(1, 16), { seed: `signs/${seed}` }).toDense());
      let row = 0;
      for (let b = 0; b < 4; b++) if (one[1 << b]! * one[0]! * D[1 << b]! * D[0]! < 0) row += 1 << b;
      counts[row]!++;
    }
    expect(counts.reduce((sum, count) => sum + (count - 125) ** 2 / 125, 0)).toBeLessThanOrEqual(CHI_SQUARE[15]!);
  });
});

describe("errors", () => {
  it("names the argument", () => {
    const cases: [() => unknown, string][] = [
      [() => gaussian(0, 3), "ERR_OPTION m"],
      [() => gaussian(1.5, 3), "ERR_OPTION m"],
      [() => rademacher(NaN, 3), "ERR_OPTION m"],
      [() => countSketch(3, -1), "ERR_OPTION n"],
      [() => countSketch(3, 2 ** 31), "ERR_OPTION n"],
      [() => sparseSign(4, 3, { nonzeros: 5 }), "ERR_OPTION nonzeros"],
      [() => sparseSign(64, 3, { nonzeros: 33 }), "ERR_OPTION nonzeros"],
      [() => sparseSign(10, 3, { nonzeros: 4, blocked: true }), "ERR_OPTION nonzeros"],
      [() => sparseSign(8, 3, { blocked: 1 as never }), "ERR_OPTION blocked"],
      [() => sparseSign(8, 3, { z: 1 } as never), "ERR_OPTION z"],
      [() => srht(17, 16), "ERR_OPTION m"],
      [() => rowSampling(2, [1, -1]), "ERR_OPTION probabilities"],
      [() => rowSampling(2, [0, 0]), "ERR_OPTION probabilities"],
      [() => rowSampling(2, [NaN, 0]), "ERR_NON_FINITE probabilities"],
      [() => rowSampling(2, [[1, 2]] as never), "ERR_SHAPE probabilities"],
      [() => rowSampling(2, [1, 2, 3], { replacement: false }), "ERR_OPTION probabilities"],
      [() => rowSampling(4, [1, 1, 1], { replacement: false }), "ERR_OPTION m"],
      [() => rowSampling(4, [1, 1, 1], { poisson: true } as never), "ERR_OPTION poisson"],
      [() => sampleSketch({ ...gaussian(2, 3), scale: NaN }), "ERR_OPTION distribution.scale"],
      [() => sampleSketch({ ...sparseSign(2, 3), nonzeros: 3 }), "ERR_OPTION distribution.nonzeros"],
      [() => sampleSketch({ ...rowSampling(2, [1, 1]), columns: 3 }), "ERR_OPTION distribution.probabilities"],
      [() => sampleSketch({ ...srht(2, 3), rows: 5 }), "ERR_OPTION distribution.rows"],
    ];
    for (const [run, wanted] of cases) expect(codeOf(run)).toBe(wanted);
  });
});

describe("degenerate", () => {
  it("no columns, one column, huge probabilities", () => {
    expect(rowSampling(3, []).columns).toBe(0);
    expect(codeOf(() => rowSampling(2, [1e308, 1e308]))).toBe("ERR_OPTION probabilities"); // of infinite sum
    for (const family of [gaussian, rademacher, countSketch, sparseSign])
      expect(family(1, 1)).toMatchObject({ rows: 1, columns: 1, scale: 1 });
  });
});
