import { gaussianArray } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { entryBound } from "../src/entry-bound.js";
import { extendLowRank } from "../src/extend-low-rank.js";
import { kernelOracle, type KernelName } from "../src/kernel-oracle.js";
import { psdLowRank, psdLowRankSync, type PsdLowRankMethod } from "../src/psd-low-rank.js";
import { matrixOracle, type PsdOracle } from "../src/psd-oracle.js";
import { entriesOf, residualOf, traceNorm, valuesOf, withSpectrum } from "./dense.js";
import { codeOf } from "./failures.js";

const kernels: readonly KernelName[] = ["gaussian", "laplace", "matern32", "matern52", "exp", "polynomial", "linear"];
const methods: readonly PsdLowRankMethod[] = ["accelerated", "rpcholesky", "greedy", "blockRobust"];

/** The largest |K − F Fᵀ|_ij / bound over all entries; the residual itself is computed to `slack`. */
function worstRatio(oracle: PsdOracle, low: ReturnType<typeof psdLowRankSync>): number {
  const N = oracle.size;
  const K = entriesOf(oracle);
  const R = residualOf(K, low.factor);
  const k = low.pivots.length;
  let worst = 0;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      // the test's own sum of k products errs too
      const slack = (k + 2) * 2 ** -53 * Math.sqrt(K[i * N + i]! * K[j * N + j]!);
      worst = Math.max(worst, (Math.abs(R[i * N + j]!) - slack) / (entryBound(low, i, j) + Number.MIN_VALUE));
    }
  }
  return worst;
}

describe("certificate is honest", () => {
  for (const kernel of kernels) {
    it(`${kernel}: no entry exceeds its bound, from 3 columns to round-off, by every method`, () => {
      const oracle = kernelOracle(gaussianArray([70, 3], { deviation: 0.8, seed: kernel }), { kernel });
      for (const method of methods) {
        for (const options of [{ rank: 3 }, { tolerance: 1e-6 }, { tolerance: 0, maxRank: 70 }]) {
          const low = psdLowRankSync(oracle, { method, certify: true, ...options });
          expect(worstRatio(oracle, low)).toBeLessThanOrEqual(1);
        }
      }
    });
  }
  it("steep, stepped and duplicated matrices at scales 1e-150 … 1e150, residuals at 1e-16 of the trace", () => {
    const spectra = [
      Array.from({ length: 50 }, (_, i) => 10 ** (-i / 2)),
      Array.from({ length: 50 }, (_, i) => (i < 12 ? 1 : 1e-15)),
      Array.from({ length: 50 }, (_, i) => (i < 5 ? 1 : 0)),
    ];
    for (const [s, λ] of spectra.entries()) {
      const base = withSpectrum(λ, `entry ${s}`);
      for (const scale of [2 ** -498, 1, 2 ** 498]) {
        const K = base.map((row, i) => row.map((x) => x * scale + (i < 0 ? 1 : 0)));
        for (const method of methods) {
          const low = psdLowRankSync(matrixOracle(K), { method, tolerance: 0, maxRank: 50, certify: true });
          expect(worstRatio(matrixOracle(K), low)).toBeLessThanOrEqual(1);
        }
      }
    }
    const points = Array.from({ length: 60 }, (_, i) => [i % 20, (i % 20) / 7]);
    const oracle = kernelOracle(points);
    expect(worstRatio(oracle, psdLowRankSync(oracle, { tolerance: 0, maxRank: 60, certify: true }))).toBeLessThanOrEqual(1);
  });
  it("rows of very different size: a bound is relative to the entry's own rows", () => {
    const X = valuesOf(gaussianArray([60, 3], { deviation: 0.8, seed: "graded" }) as never);
    const points = Array.from({ length: 60 }, (_, i) => [X[3 * i]!, X[3 * i + 1]!]);
    const base = entriesOf(kernelOracle(points));
    const size = points.map((_, i) => 10 ** (-i / 10));
    const K = points.map((_, i) => points.map((_, j) => base[i * 60 + j]! * size[i]! * size[j]!));
    for (const method of methods) {
      const low = psdLowRankSync(matrixOracle(K), { method, tolerance: 0, maxRank: 60, certify: true });
      expect(worstRatio(matrixOracle(K), low)).toBeLessThanOrEqual(1);
    }
  });
  it("is not vacuous: the trace of the bounds is near the residual trace, and attained on the diagonal", () => {
    const oracle = kernelOracle(gaussianArray([100, 3]));
    const low = psdLowRankSync(oracle, { tolerance: 1e-4, certify: true });
    let trace = 0;
    for (let i = 0; i < 100; i++) trace += entryBound(low, i, i);
    expect(trace).toBeLessThanOrEqual(1.001 * low.residualTrace);
    expect(worstRatio(oracle, low)).toBeGreaterThan(0.99);
  });
  it("float32 matrices: bounds hold for the matrix before rounding", () => {
    const K = withSpectrum(Array.from({ length: 40 }, (_, i) => 2 ** -i), "single"); // prettier-ignore
    const rounded = { data: Float32Array.from(K.flat()), shape: [40, 40], stride: [40, 1], offset: 0 };
    const low = psdLowRankSync(matrixOracle(rounded), { tolerance: 0, maxRank: 40, certify: true });
    expect(worstRatio(matrixOracle(K), low)).toBeLessThanOrEqual(1);
  });
  it("with certify the trace norm is deterministic for a K that is known to be semidefinite, and holds", () => {
    for (const λ of [Array.from({ length: 50 }, (_, i) => 3 ** -i), Array.from({ length: 50 }, (_, i) => 1 / (1 + i))]) {
      const K = withSpectrum(λ, `trace ${λ[1]!}`);
      for (const method of methods) {
        for (const tolerance of [1e-1, 1e-5, 0]) {
          const oracle = matrixOracle(K, { positiveSemidefinite: true });
          const plain = psdLowRankSync(oracle, { method, tolerance, maxRank: 50 });
          const { certificate, factor } = psdLowRankSync(oracle, { method, tolerance, maxRank: 50, certify: true });
          if (certificate.kind !== "deterministic" || plain.certificate.kind !== "conditional") throw new Error(certificate.kind);
          expect(traceNorm(residualOf(Float64Array.from(K.flat()), factor))).toBeLessThanOrEqual(certificate.bound);
          expect(certificate.bound).toBeLessThanOrEqual(plain.certificate.bound * (1 + 1e-12)); // measured weights are below those allowed
          expect(factor.data).toEqual(plain.factor.data);
        }
      }
    }
    const { certificate } = psdLowRankSync(matrixOracle([[2, 1], [1, 2]]), { rank: 1, certify: true }); // prettier-ignore
    expect(certificate).toMatchObject({ kind: "conditional", condition: "K is positive semidefinite" });
  });
});

describe("laws", () => {
  it("resume and the promise give the same bits", async () => {
    const oracle = kernelOracle(gaussianArray([200, 4]), { lengthScale: 1.5 });
    for (const method of methods) {
      const whole = psdLowRankSync(oracle, { method, rank: 90, certify: true });
      let low = psdLowRankSync(oracle, { method, rank: 7 });
      for (const rank of [30, 31, 77]) low = psdLowRankSync(oracle, { rank, resume: low });
      low = await psdLowRank(oracle, { rank: 90, resume: low, certify: true, threads: 2 });
      expect(low.pivots).toEqual(whole.pivots);
      expect(low.factor.data).toEqual(whole.factor.data);
      expect(low.residualDiagonal).toEqual(whole.residualDiagonal);
      expect(low.roundingDiagonal).toEqual(whole.roundingDiagonal);
      expect(low.certificate).toEqual(whole.certificate);
    }
  });
  it("blockRobust: K − F Fᵀ stays positive semidefinite, F Fᵀ ≤ K, columns S are reproduced; the residual falls with the rank", () => {
    const K = withSpectrum(Array.from({ length: 60 }, (_, i) => 1.3 ** -i), "order"); // prettier-ignore
    const oracle = matrixOracle(K);
    for (const blockSize of [1, 7, 64]) {
      let before = Infinity;
      for (const rank of [5, 20, 40]) {
        const low = psdLowRankSync(oracle, { method: "blockRobust", rank, blockSize });
        const R = residualOf(Float64Array.from(K.flat()), low.factor);
        let trace = 0;
        for (let i = 0; i < 60; i++) trace += R[i * 61]!;
        expect(Math.abs(traceNorm(R) - trace)).toBeLessThanOrEqual(1e-12); // no negative eigenvalue beyond rounding of a trace of 4
        expect(low.residualTrace).toBeCloseTo(trace, 12);
        expect(low.residualTrace).toBeLessThan(before);
        before = low.residualTrace;
      }
    }
  });
  it("blockRobust: 30 columns of a spectrum with a step at 10 leave at most 3 times tr(K − K_10) on average", () => {
    const λ = Array.from({ length: 100 }, (_, i) => (i < 10 ? 1 : 0.01));
    const oracle = matrixOracle(withSpectrum(λ, "robust"));
    let sum = 0;
    for (let seed = 0; seed < 20; seed++) sum += psdLowRankSync(oracle, { method: "blockRobust", rank: 30, seed }).residualTrace;
    expect(sum / 20).toBeLessThanOrEqual(3 * 0.9); // tr(K − K_10)
  });
});

describe("extendLowRank", () => {
  it("agrees with the factor on old points", () => {
    const oracle = kernelOracle(gaussianArray([90, 3]));
    const low = psdLowRankSync(oracle, { rank: 40, certify: true });
    const N = 90, k = 40; // prettier-ignore
    const K = entriesOf(oracle), F = valuesOf(low.factor); // prettier-ignore
    const cross = Array.from({ length: N }, (_, i) => Array.from(low.pivots, (s) => K[i * N + s]!));
    const { features, residualDiagonal, roundingDiagonal } = extendLowRank(low, cross, Array.from({ length: N }, (_, i) => K[i * (N + 1)]!)); // prettier-ignore
    expect(features.shape).toEqual([N, k]);
    const Φ = valuesOf(features);
    for (let i = 0; i < N; i++) {
      // both are within g of the exact residual
      const g = roundingDiagonal[i]! + low.roundingDiagonal![i]!;
      expect(Math.abs(residualDiagonal[i]! - low.residualDiagonal[i]!)).toBeLessThanOrEqual(g);
      let apart = 0;
      for (let l = 0; l < k; l++) apart += (Φ[i * k + l]! - F[i * k + l]!) ** 2;
      expect(Math.sqrt(apart)).toBeLessThanOrEqual(1e-9); // u times the condition of L, some 1e3 here
    }
  });
  it("bounds entries between old and new points, to round-off", () => {
    const all = valuesOf(gaussianArray([100, 2], { seed: "new" }) as never);
    const points = Array.from({ length: 100 }, (_, i) => [all[2 * i]!, all[2 * i + 1]!]);
    const whole = entriesOf(kernelOracle(points));
    for (const tolerance of [1e-2, 1e-8, 0]) {
      const low = psdLowRankSync(kernelOracle(points.slice(0, 80)), { tolerance, maxRank: 80, certify: true });
      const k = low.pivots.length;
      const cross = points.slice(80).map((_, q) => Array.from(low.pivots, (s) => whole[(80 + q) * 100 + s]!));
      const more = extendLowRank(low, cross, new Float64Array(20).fill(1));
      const Φ = valuesOf(more.features), F = valuesOf(low.factor); // prettier-ignore
      for (let q = 0; q < 20; q++) {
        for (let i = 0; i < 80; i++) {
          let product = 0;
          for (let l = 0; l < k; l++) product += Φ[q * k + l]! * F[i * k + l]!;
          const [d, g] = [more.residualDiagonal[q]!, more.roundingDiagonal[q]!];
          const [D, G] = [low.residualDiagonal[i]!, low.roundingDiagonal![i]!];
          const bound = Math.sqrt((d + g) * (D + G)) + Math.sqrt(g * G) + (k + 2) * 2 ** -53;
          expect(Math.abs(whole[(80 + q) * 100 + i]! - product)).toBeLessThanOrEqual(bound);
        }
      }
    }
  });
});

describe("errors", () => {
  const oracle = matrixOracle([[2, 1], [1, 2]]); // prettier-ignore
  it("names what is wrong", () => {
    const low = psdLowRankSync(oracle, { rank: 1 });
    expect(codeOf(() => entryBound(low, 0, 0))).toBe("ERR_OPTION low");
    const certified = psdLowRankSync(oracle, { rank: 1, certify: true });
    expect(codeOf(() => entryBound(certified, 0, 2))).toBe("ERR_OPTION j");
    expect(codeOf(() => entryBound(certified, -1, 0))).toBe("ERR_OPTION i");
    expect(codeOf(() => psdLowRankSync(oracle, { certify: 1 as unknown as boolean }))).toBe("ERR_OPTION certify");
    expect(codeOf(() => extendLowRank(low, [[1, 2]], [1]))).toBe("ERR_SHAPE cross");
    expect(codeOf(() => extendLowRank(low, [[1]], [1, 2]))).toBe("ERR_SHAPE diagonal");
    expect(codeOf(() => extendLowRank(low, [[NaN]], [1]))).toBe("ERR_NON_FINITE cross");
    expect(codeOf(() => extendLowRank(low, [[5]], [1]))).toBe("ERR_ASSUMPTION diagonal"); // 25/2 > 1
  });
});

describe("degenerate", () => {
  it("K = 0, no points, no new points", () => {
    const zero = psdLowRankSync(matrixOracle([[0, 0], [0, 0]]), { certify: true }); // prettier-ignore
    expect(entryBound(zero, 0, 1)).toBe(0);
    expect(extendLowRank(zero, { data: new Float64Array(0), shape: [1, 0], stride: [0, 1], offset: 0 }, [3])).toMatchObject({
      residualDiagonal: Float64Array.of(3),
    });
    const low = psdLowRankSync(matrixOracle([[1]]), { certify: true });
    expect(extendLowRank(low, { data: new Float64Array(0), shape: [0, 1], stride: [1, 1], offset: 0 }, new Float64Array(0)).features.shape).toEqual([0, 1]); // prettier-ignore
  });
});
