import { backend, configure, solveTriangular, transpose, view } from "@subquad/linalg-core";
import { gaussianArray, layouts, strided, testRandom } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelOracle, type KernelName } from "../src/kernel-oracle.js";
import { psdLowRank, psdLowRankSync, type PsdLowRank, type PsdLowRankMethod, type PsdLowRankOptions } from "../src/psd-low-rank.js";
import { matrixOracle, type PsdOracle } from "../src/psd-oracle.js";
import { counted, eigenvalues, entriesOf, residualOf, traceNorm, valuesOf, withSpectrum } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";

const methods: readonly PsdLowRankMethod[] = ["accelerated", "rpcholesky", "greedy", "blockRobust"];
/** Whose law or rule is that of one pivot at a time; entry-bound.test.ts certifies all four. */
const classical: readonly PsdLowRankMethod[] = ["accelerated", "rpcholesky", "greedy"];
const random: readonly PsdLowRankMethod[] = ["accelerated", "rpcholesky"];

/** Points near a few centres, and some far away. */
function clusters(
  N: number,
  seed: string,
  far = 0,
): { data: Float64Array<ArrayBuffer>; shape: number[]; stride: number[]; offset: number } {
  const { normal } = testRandom(seed);
  const data = Float64Array.from({ length: 2 * N }, (_, e) => (e < 2 * (N - far) ? 0.2 * normal() : 20 * normal()));
  return { data, shape: [N, 2], stride: [2, 1], offset: 0 };
}

function boundOf({ certificate }: PsdLowRank): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}

/** A digest of everything that a caller can see, diagnostics and state apart: equal digests, equal bits. */
function bits(low: PsdLowRank): string {
  let hash = 0x811c9dc5;
  for (const values of [
    valuesOf(low.factor),
    valuesOf(low.core),
    low.residualDiagonal,
    Float64Array.of(low.trace, low.residualTrace, boundOf(low)),
  ]) {
    for (const word of new Uint32Array(values.slice().buffer)) hash = Math.imul(hash ^ word, 0x01000193); // FNV-1a
  }
  return [hash, low.pivots.join(), low.stopped, low.method, low.flatSpectrum, low.certificate.kind].join(" ");
}

describe("oracle", () => {
  for (const method of methods) {
    it(`${method}: columns S are reproduced, F[S, :] is lower triangular, d is the diagonal of the residual`, () => {
      const oracle = kernelOracle(gaussianArray([150, 3]), { lengthScale: 1.5 });
      const K = entriesOf(oracle);
      const low = psdLowRankSync(oracle, { method, rank: 60 });
      const S = low.pivots;
      expect(S.length).toBe(60);
      expect(new Set(S).size).toBe(60);
      const R = residualOf(K, low.factor);
      const F = valuesOf(low.factor), L = valuesOf(low.core); // prettier-ignore
      for (let l = 0; l < 60; l++) {
        // 62 roundings of terms of size at most 1
        for (let i = 0; i < 150; i++) expect(Math.abs(R[i * 150 + S[l]!]!)).toBeLessThanOrEqual(62 * 2 ** -53);
        expect(L.slice(l * 60, l * 60 + 60)).toEqual(F.slice(S[l]! * 60, S[l]! * 60 + 60));
        for (let j = l + 1; j < 60; j++) expect(L[l * 60 + j]).toBe(0);
        expect(low.residualDiagonal[S[l]!]).toBe(0);
      }
      for (let i = 0; i < 150; i++) expect(Math.abs(low.residualDiagonal[i]! - R[i * 150 + i]!)).toBeLessThanOrEqual(62 * 2 ** -53);
      expect(low.trace).toBe(150);
      // 150 terms of the sum above
      expect(Math.abs(low.residualTrace - low.residualDiagonal.reduce((s, d) => s + d, 0))).toBeLessThanOrEqual(150 * 2 ** -53);
    });
    it(`${method}: k = N reproduces K`, () => {
      const K = withSpectrum(Array.from({ length: 70 }, (_, i) => 1 / (1 + i)), "full"); // prettier-ignore
      const low = psdLowRankSync(matrixOracle(K), { method, rank: 70 });
      const R = residualOf(Float64Array.from(K.flat()), low.factor);
      expect(R.reduce((most, r) => Math.max(most, Math.abs(r)), 0)).toBeLessThanOrEqual(1e-14); // 72 u max K_ii
    });
  }
  it("greedy takes the largest residual, the lowest index among equals", () => {
    const low = psdLowRankSync(matrixOracle([[1, 0, 0], [0, 3, 0], [0, 0, 3]]), { method: "greedy", rank: 2 }); // prettier-ignore
    expect(Array.from(low.pivots)).toEqual([1, 2]);
  });
  it("the pivots of seed 0, for as long as the streams do not change", () => {
    const oracle = kernelOracle(Array.from({ length: 40 }, (_, i) => [i / 4]));
    expect(Array.from(psdLowRankSync(oracle, { rank: 8 }).pivots)).toEqual(KNOWN.accelerated);
    expect(Array.from(psdLowRankSync(oracle, { rank: 8, method: "rpcholesky" }).pivots)).toEqual(KNOWN.rpcholesky);
  });
});

/** Pinned from the first release; a change of either is a major version. */
const KNOWN = { accelerated: [5, 17, 36, 33, 7, 20, 11, 27], rpcholesky: [5, 15, 25, 38, 32, 2, 33, 21] };

describe("certificate is honest", () => {
  /** ‖F L⁻¹‖_F² / N, the quantity of the condition. */
  function weight(low: PsdLowRank): number {
    const W = solveTriangular(low.core, transpose(low.factor), { transpose: true }).data as Float64Array;
    return W.reduce((sum, w) => sum + w * w, 0) / low.residualDiagonal.length;
  }
  const spectra = {
    polynomial: Array.from({ length: 60 }, (_, i) => 1 / (1 + i) ** 2),
    exponential: Array.from({ length: 60 }, (_, i) => 2 ** -i),
    step: Array.from({ length: 60 }, (_, i) => (i < 12 ? 1 : 1e-6)),
    steep: Array.from({ length: 60 }, (_, i) => 10 ** (-i / 2)),
  };
  it("true trace norm of K − FFᵀ at most the bound: 4 spectra, 3 methods, 5 tolerances, 4 seeds; and the bound not vacuous", () => {
    const slack: number[] = [];
    for (const [name, λ] of Object.entries(spectra)) {
      for (let seed = 0; seed < 4; seed++) {
        const K = withSpectrum(λ, `${name} ${seed}`);
        const oracle = matrixOracle(K, { positiveSemidefinite: true });
        const dense = Float64Array.from(K.flat());
        for (const method of classical) {
          for (const tolerance of [0.3, 1e-2, 1e-4, 1e-8, 0]) {
            const low = psdLowRankSync(oracle, { method, tolerance, maxRank: 60, ...(method === "greedy" ? {} : { seed }) });
            const truth = traceNorm(residualOf(dense, low.factor));
            expect(truth).toBeLessThanOrEqual(boundOf(low));
            expect(weight(low)).toBeLessThanOrEqual(100); // the condition
            if (tolerance >= 1e-4) slack.push(boundOf(low) / truth);
          }
        }
      }
    }
    slack.sort((a, b) => a - b);
    expect(slack[slack.length >> 1]).toBeLessThan(1.001); // where rounding is far off, the bound is the trace itself
  }, 30_000);
  it("real kernels, to round-off, with the oracle's own error", () => {
    for (const kernel of ["gaussian", "laplace", "matern32", "matern52", "exp", "polynomial"] as KernelName[]) {
      const X = gaussianArray([60, 3], { deviation: 0.8, seed: kernel });
      const oracle = kernelOracle(X, { kernel });
      const K = entriesOf(oracle);
      for (const tolerance of [1e-3, 1e-9, 0]) {
        const low = psdLowRankSync(oracle, { tolerance, maxRank: 60 });
        expect(traceNorm(residualOf(K, low.factor))).toBeLessThanOrEqual(boundOf(low));
        expect(weight(low)).toBeLessThanOrEqual(100);
      }
    }
  });
  it("a matrix rounded to float32 is certified against the matrix before rounding", () => {
    const K = withSpectrum(spectra.exponential, "rounded");
    const rounded = { data: Float32Array.from(K.flat()), shape: [60, 60], stride: [60, 1], offset: 0 };
    const low = psdLowRankSync(matrixOracle(rounded), { tolerance: 0, maxRank: 60 });
    expect(low.stopped).toBe("numericalRank");
    expect(low.pivots.length).toBeLessThan(40); // 2^-24 of the trace is all that is known
    expect(traceNorm(residualOf(Float64Array.from(K.flat()), low.factor))).toBeLessThanOrEqual(boundOf(low));
  });
  it("the condition names positive semidefiniteness unless the oracle knows", () => {
    const K = [[2, 1], [1, 2]]; // prettier-ignore
    const condition = (o: PsdOracle): string => {
      const { certificate } = psdLowRankSync(o, { rank: 1 });
      return certificate.kind === "conditional" ? certificate.condition : certificate.kind;
    };
    expect(condition(matrixOracle(K))).toMatch(/semidefinite/);
    expect(condition(matrixOracle(K, { positiveSemidefinite: true }))).not.toMatch(/semidefinite/);
    const untouched = psdLowRankSync(matrixOracle([[0]], { positiveSemidefinite: true }));
    expect(untouched.certificate).toMatchObject({ kind: "deterministic", bound: 0 });
  });
});

describe("theorem-sized", () => {
  it("mean residual trace at most (1 + ε) tr(K − K_r) at k = r/ε + r ln(1/(εη)), both random methods", () => {
    const λ = Array.from({ length: 120 }, (_, i) => (i < 6 ? 1 : 0.02 / (1 + i - 6)));
    const r = 6, ε = 1; // prettier-ignore
    const tail = λ.slice(r).reduce((s, x) => s + x, 0), trace = λ.reduce((s, x) => s + x, 0); // prettier-ignore
    const k = Math.ceil(r / ε + r * Math.log(trace / (ε * tail)));
    expect(k).toBeLessThan(40);
    const oracle = matrixOracle(withSpectrum(λ, "theorem"));
    for (const method of random) {
      let sum = 0;
      for (let seed = 0; seed < 40; seed++) sum += psdLowRankSync(oracle, { method, rank: k, seed }).residualTrace;
      expect(sum / 40).toBeLessThanOrEqual((1 + ε) * tail); // the theorem bounds the mean; 40 seeds spread by a few per cent
    }
  });
  it("outliers: random pivots stay near the best rank, greedy ones do not", () => {
    const N = 200, far = 20, k = 18; // prettier-ignore
    const oracle = kernelOracle(clusters(N, "outliers", far), { lengthScale: 1 });
    const best = eigenvalues(entriesOf(oracle)).slice(k).reduce((s, λ) => s + Math.max(0, λ), 0); // prettier-ignore
    const mean = (method: PsdLowRankMethod): number => {
      let sum = 0;
      for (let seed = 0; seed < 20; seed++)
        sum += psdLowRankSync(oracle, { method, rank: k, ...(method === "greedy" ? {} : { seed }) }).residualTrace;
      return sum / 20;
    };
    expect(mean("accelerated")).toBeLessThanOrEqual(3 * best);
    expect(mean("rpcholesky")).toBeLessThanOrEqual(3 * best);
    // the trivial baseline: as many pivots, all alike
    const uniform = Array.from({ length: 20 }, (_, seed) => uniformResidual(entriesOf(oracle), N, k, seed)).reduce((s, x) => s + x / 20, 0);
    expect(mean("accelerated")).toBeLessThan(uniform);
  });
  it("ordered pivots have the law of randomly pivoted Cholesky: chi-square at 1e-3 for accelerated and plain, 12,000 runs each", () => {
    const K = withSpectrum([4, 2, 1, 0.5, 0.25], "law");
    const N = 5;
    const oracle = matrixOracle(K);
    const law = exactLaw(K, 3);
    // blocks of 16 decide all three pivots at once, blocks of 2 carry the residual from one to the next
    for (const options of [{ method: "rpcholesky" }, { blockSize: 16 }, { blockSize: 2 }] as const) {
      const seen = new Map<string, number>();
      const runs = 12_000;
      for (let seed = 0; seed < runs; seed++) {
        const key = psdLowRankSync(oracle, { ...options, rank: 3, seed }).pivots.join();
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      expect(law.size).toBe(N * (N - 1) * (N - 2));
      let statistic = 0, cells = 0, rareSeen = 0, rare = 0; // prettier-ignore
      for (const [key, p] of law) {
        if (runs * p < 5) {
          rare += p;
          rareSeen += seen.get(key) ?? 0;
          continue;
        }
        statistic += ((seen.get(key) ?? 0) - runs * p) ** 2 / (runs * p);
        cells++;
      }
      if (rare > 0) {
        statistic += (rareSeen - runs * rare) ** 2 / (runs * rare);
        cells++;
      }
      expect(statistic).toBeLessThan(chiSquareAt1e3(cells - 1));
    }
  }, 30_000);
});

/** Probability of every ordered choice of `count` pivots, by elimination. */
function exactLaw(K: readonly (readonly number[])[], count: number): Map<string, number> {
  const law = new Map<string, number>();
  const descend = (A: readonly (readonly number[])[], chosen: readonly number[], p: number): void => {
    if (chosen.length === count) {
      law.set(chosen.join(), p);
      return;
    }
    const trace = A.reduce((sum, row, i) => (chosen.includes(i) ? sum : sum + row[i]!), 0);
    for (let z = 0; z < A.length; z++) {
      if (chosen.includes(z)) continue;
      const next = A.map((row) => row.map((a, j) => a - (row[z]! * A[z]![j]!) / A[z]![z]!));
      descend(next, [...chosen, z], (p * A[z]![z]!) / trace);
    }
  };
  descend(K, [], 1);
  return law;
}

/** The 0.999 quantile of chi-square (Wilson–Hilferty). */
function chiSquareAt1e3(freedom: number): number {
  const c = 2 / (9 * freedom);
  return freedom * (1 - c + 3.0902 * Math.sqrt(c)) ** 3;
}

/** Residual trace of k pivots drawn uniformly. */
function uniformResidual(K: Float64Array<ArrayBuffer>, N: number, k: number, seed: number): number {
  const { below } = testRandom(`uniform ${seed}`);
  const A = K.slice();
  for (let done = 0; done < k;) {
    const z = below(N);
    if (!(A[z * N + z]! > 1e-12)) {
      done++; // nothing left there
      continue;
    }
    const row = A.slice(z * N, z * N + N), h = A[z * N + z]!; // prettier-ignore
    for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) A[i * N + j]! -= (row[i]! * row[j]!) / h;
    done++;
  }
  let trace = 0;
  for (let i = 0; i < N; i++) trace += Math.max(0, A[i * N + i]!);
  return trace;
}

describe("laws", () => {
  const oracle = kernelOracle(gaussianArray([500, 3], { seed: "laws" }), { lengthScale: 1.3 });

  it("resume gives the bits of one run, wherever it was cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...methods),
        fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(undefined, 5, 200),
        (method, cuts, blockSize) => {
          const fixed = { method, ...(method === "accelerated" && blockSize !== undefined ? { blockSize } : {}) };
          const whole = psdLowRankSync(oracle, { ...fixed, rank: 200 });
          let low: PsdLowRank | undefined;
          for (const rank of [...cuts.sort((a, b) => a - b), 200]) {
            low = psdLowRankSync(oracle, low === undefined ? { ...fixed, rank } : { resume: low, rank });
            expect(low.pivots.length).toBe(rank);
          }
          expect(bits(low!)).toEqual(bits(whole));
        },
      ),
      { seed: 5, numRuns: 25 },
    );
  }, 30_000);
  it("resume by tolerance, too; the earlier result stays as it was", () => {
    for (const method of methods) {
      const whole = psdLowRankSync(oracle, { method, tolerance: 1e-5, maxRank: 400 });
      const first = psdLowRankSync(oracle, { method, tolerance: 1e-1, maxRank: 400 });
      const kept = bits(first);
      const second = psdLowRankSync(oracle, { resume: first, tolerance: 1e-3, maxRank: 400 });
      const third = psdLowRankSync(oracle, { resume: second, tolerance: 1e-5, maxRank: 400 });
      expect(bits(third)).toEqual(bits(whole));
      expect(bits(first)).toEqual(kept);
      expect(bits(psdLowRankSync(oracle, { resume: first, tolerance: 1e-3, maxRank: 400 }))).toEqual(bits(second));
    }
  }, 30_000);
  it("resume keeps the weights and goes on after structuredClone of the state", () => {
    const samplingWeights = Float64Array.from({ length: 500 }, (_, i) => 1 + (i % 7));
    for (const method of random) {
      const whole = psdLowRankSync(oracle, { method, rank: 90, samplingWeights, seed: "w" });
      const part = psdLowRankSync(oracle, { method, rank: 33, samplingWeights, seed: "w" });
      const cloned = { ...part, state: structuredClone(part.state) };
      expect(bits(psdLowRankSync(oracle, { resume: cloned, rank: 90 }))).toEqual(bits(whole));
      expect(bits(psdLowRankSync(oracle, { resume: cloned, rank: 90, samplingWeights, seed: "w", method }))).toEqual(bits(whole));
    }
  });
  it('same seed same bits: sync, async, 1 to 4 threads, 7 and "7"; another seed, other pivots', async () => {
    for (const method of random) {
      const options = { method, rank: 120, seed: 7 };
      const wanted = bits(psdLowRankSync(oracle, options));
      for (const threads of [1, 2, 3, 4]) expect(bits(await psdLowRank(oracle, { ...options, threads }))).toEqual(wanted);
      expect(bits(psdLowRankSync(oracle, { ...options, seed: "7" }))).toEqual(wanted);
      expect(psdLowRankSync(oracle, { ...options, seed: 8 }).pivots).not.toEqual(psdLowRankSync(oracle, options).pivots);
    }
  }, 30_000);
  it("the JavaScript backend has the bits of WebAssembly without fused multiply-add", () => {
    const run = (): string => bits(psdLowRankSync(kernelOracle(gaussianArray([300, 12])), { rank: 80 }));
    const { deterministic } = backend();
    try {
      configure({ deterministic: true });
      const wanted = run();
      configure({ backend: "js" });
      expect(run()).toEqual(wanted);
    } finally {
      configure({ backend: "auto", deterministic });
    }
  });
  it("the layout of the points does not matter", () => {
    const X = gaussianArray([80, 10]);
    const wanted = bits(psdLowRankSync(kernelOracle(X), { rank: 30 }));
    for (const layout of layouts) expect(bits(psdLowRankSync(kernelOracle(strided(X, layout)), { rank: 30 }))).toEqual(wanted);
  });
  it("K times 4^j gives the same pivots and F times 2^j, to the bit, at every scale", () => {
    const K = withSpectrum(Array.from({ length: 40 }, (_, i) => 0.8 ** i), "scale"); // prettier-ignore
    for (const method of methods) {
      const one = psdLowRankSync(matrixOracle(K), { method, tolerance: 1e-3 });
      for (const j of [-240, -30, 3, 240]) {
        const scaled = psdLowRankSync(matrixOracle(K.map((row) => row.map((a) => a * 4 ** j))), { method, tolerance: 1e-3 });
        expect(scaled.pivots).toEqual(one.pivots);
        expect(valuesOf(scaled.factor)).toEqual(valuesOf(one.factor).map((f) => f * 2 ** j));
        expect(scaled.residualTrace).toBe(one.residualTrace * 4 ** j);
      }
    }
  });
  it("weights of 1 are no weights; an index of weight 0 is never a pivot", () => {
    for (const method of random) {
      const ones = new Float64Array(500).fill(1);
      expect(bits(psdLowRankSync(oracle, { method, rank: 40, samplingWeights: ones }))).toEqual(
        bits(psdLowRankSync(oracle, { method, rank: 40 })),
      );
      const half = ones.map((_, i) => i % 2);
      const low = psdLowRankSync(oracle, { method, rank: 60, samplingWeights: half });
      expect(low.pivots.every((i) => i % 2 === 1)).toBe(true);
    }
  });
  it("stops at the first column that meets the tolerance, whatever the block", () => {
    for (const method of methods) {
      const low = psdLowRankSync(oracle, { method, tolerance: 1e-3, maxRank: 400 });
      expect(low.stopped).toBe("tolerance");
      expect(low.residualTrace).toBeLessThanOrEqual(1e-3 * low.trace);
      expect(low.state.traces[low.pivots.length - 1]).toBeGreaterThan(1e-3 * low.trace);
      expect(low.state.traces.length).toBe(low.pivots.length + 1);
    }
  });
  it("entries asked for: (k + 1) N, and b² for each block of proposals", () => {
    for (const method of methods) {
      for (const rank of [1, 17, 100, 250]) {
        const meter = counted(oracle);
        const low = psdLowRankSync(meter.oracle, { method, rank });
        expect(low.diagnostics.entries).toBe(meter.entries());
        const blocks = method === "accelerated" || method === "blockRobust" ? low.diagnostics.draws * 256 ** 2 : 0;
        expect(meter.entries()).toBeLessThanOrEqual((rank + 1) * 500 + blocks);
      }
    }
    for (const method of ["accelerated", "blockRobust"] as const) {
      const fixed = counted(oracle);
      const low = psdLowRankSync(fixed.oracle, { method, rank: 100, blockSize: 20 });
      expect(fixed.entries()).toBe(101 * 500 + low.diagnostics.draws * 400); // Σ b² with b = 20 in each of the blocks
    }
  });
  it("progress grows to its end, and a pause does not change bits", async () => {
    const seen: number[] = [];
    const low = await psdLowRank(oracle, { rank: 100, onProgress: (done, total) => seen.push(done / total) });
    expect(bits(low)).toEqual(bits(psdLowRankSync(oracle, { rank: 100 })));
    expect(seen.every((share, i) => i === 0 || share >= seen[i - 1]!)).toBe(true);
    expect(seen.at(-1)).toBe(1);
  });
  it("the factor is an ordinary array that survives releaseMemory and does not share the pool's memory", () => {
    const { factor } = psdLowRankSync(oracle, { rank: 5 });
    expect(factor.shape).toEqual([500, 5]);
    expect(factor.dtype).toBe("float64");
    expect(factor.data.buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe("errors", () => {
  it("an oracle that returns its entries, or a promise of them, and one of other points beside a run of the same diagonal", () => {
    const returned = { size: 3, diagonal: () => Float64Array.of(1, 1, 1), block: () => undefined };
    expect(() => psdLowRankSync(returned, { rank: 1 })).toThrow(/oracle\.diagonal.*returns nothing/);
    const later = { size: 3, diagonal: (out: Float64Array) => out.fill(1), block: () => Promise.resolve() };
    for (const method of ["accelerated", "rpcholesky", "greedy", "blockRobust"] as const) {
      expect(() => psdLowRankSync(later as never, { rank: 1, method })).toThrow(/oracle\.block.*returns nothing/);
    }
    const [X, Y] = ["X", "Y"].map((seed) => gaussianArray([60, 3], { seed }));
    const low = psdLowRankSync(kernelOracle(X!), { rank: 5 });
    expect(() => psdLowRankSync(kernelOracle(Y!), { rank: 8, resume: low })).toThrow(/resume.*a result for this oracle/);
  });

  const oracle = matrixOracle([[2, 1, 0], [1, 2, 1], [0, 1, 2]]); // prettier-ignore
  const run = (options: unknown): string => codeOf(() => psdLowRankSync(oracle, options as PsdLowRankOptions));

  it("options", () => {
    for (const bad of [0, 4, 1.5, NaN, -1, "2"]) {
      expect(run({ rank: bad })).toBe("ERR_OPTION rank");
      expect(run({ maxRank: bad })).toBe("ERR_OPTION maxRank");
    }
    for (const bad of [NaN, -1e-9, 1, Infinity, "1"]) expect(run({ tolerance: bad })).toBe("ERR_OPTION tolerance");
    for (const bad of [0, 257, 2.5, NaN]) expect(run({ blockSize: bad })).toBe("ERR_OPTION blockSize");
    expect(run({ rank: 2, maxRank: 3 })).toBe("ERR_OPTION maxRank");
    expect(run({ method: "uniform" })).toBe("ERR_OPTION method");
    expect(run({ seed: NaN })).toBe("ERR_OPTION seed");
    expect(run({ ranks: 2 })).toBe("ERR_OPTION ranks");
    expect(run({ threads: 2 })).toBe("ERR_OPTION threads"); // of the asynchronous form only
    expect(run(null)).toBe("ERR_OPTION options");
  });
  it("controls of a run: a message that names the function", async () => {
    for (const control of [{ threads: 17 }, { signal: {} }, { onProgress: 1 }]) {
      const [argument] = Object.keys(control);
      const options = control as unknown as PsdLowRankOptions;
      await expect(psdLowRank(oracle, options)).rejects.toMatchObject({ code: "ERR_OPTION", where: "psdLowRank", argument });
    }
  });
  it("options that the method does not use", () => {
    expect(run({ method: "rpcholesky", blockSize: 4 })).toBe("ERR_OPTION blockSize");
    expect(run({ method: "greedy", seed: 1 })).toBe("ERR_OPTION seed");
    expect(run({ method: "greedy", samplingWeights: [1, 1, 1] })).toBe("ERR_OPTION samplingWeights");
  });
  it("weights", () => {
    expect(run({ samplingWeights: [1, 1] })).toBe("ERR_SHAPE samplingWeights");
    expect(run({ samplingWeights: [1, NaN, 1] })).toBe("ERR_NON_FINITE samplingWeights");
    expect(run({ samplingWeights: [1, -1, 1] })).toBe("ERR_OPTION samplingWeights");
    expect(run({ samplingWeights: [0, 0, 0] })).toBe("ERR_OPTION samplingWeights");
  });
  it("resume with another matrix, other options, or fewer columns", () => {
    const low = psdLowRankSync(oracle, { rank: 2, seed: 3, method: "rpcholesky" });
    expect(run({ resume: low, rank: 1 })).toBe("ERR_OPTION rank");
    expect(run({ resume: low, seed: 4 })).toBe("ERR_OPTION seed");
    expect(run({ resume: low, method: "greedy" })).toBe("ERR_OPTION method");
    expect(run({ resume: low, samplingWeights: [1, 2, 3] })).toBe("ERR_OPTION samplingWeights");
    expect(codeOf(() => psdLowRankSync(matrixOracle([[1]]), { resume: low }))).toBe("ERR_OPTION resume");
    expect(codeOf(() => psdLowRankSync(matrixOracle([[3, 0, 0], [0, 2, 0], [0, 0, 2]]), { resume: low }))).toBe("ERR_OPTION resume"); // prettier-ignore
    expect(run({ resume: {} })).toBe("ERR_OPTION resume");
  });
  it("not an oracle", () => {
    for (const bad of [undefined, null, {}, [[1]], { size: 2 }])
      expect(codeOf(() => psdLowRankSync(bad as PsdOracle))).toBe("ERR_SHAPE oracle");
    expect(codeOf(() => psdLowRankSync({ ...oracle, size: 2.5 }))).toBe("ERR_OPTION oracle.size");
    expect(codeOf(() => psdLowRankSync({ ...oracle, relativeError: -1 }))).toBe("ERR_OPTION oracle.relativeError");
  });
  it("NaN on the diagonal or in a block: row and pivot are named", () => {
    const broken: PsdOracle = {
      ...oracle,
      diagonal: (out) => {
        out.fill(1);
        out[2] = NaN;
      },
    };
    expect(() => psdLowRankSync(broken)).toThrow(/NaN at \[2\]/);
    for (const method of methods) {
      const sick: PsdOracle = {
        ...oracle,
        block: (firstRow, endRow, columns, out) => {
          oracle.block(firstRow, endRow, columns, out);
          columns.forEach((j, c) => {
            if (j !== 1 && firstRow <= 1 && endRow > 1) out[(1 - firstRow) * columns.length + c] = NaN;
            if (j === 1) for (let i = firstRow; i < endRow; i++) if (i !== 1) out[(i - firstRow) * columns.length + c] = NaN;
          });
        },
      };
      expect(codeOf(() => psdLowRankSync(sick, { method, rank: 3 }))).toBe("ERR_NON_FINITE oracle.block");
    }
  });
  it("not positive semidefinite: negative diagonal, or indefinite underneath", () => {
    const slightly = [[1, 0], [0, -1e-15]]; // prettier-ignore
    expect(codeOf(() => psdLowRankSync(matrixOracle(slightly)))).toBe("ERR_ASSUMPTION oracle"); // a given entry is not round-off
    expect(psdLowRankSync(matrixOracle(slightly, { relativeError: 1e-6 })).residualDiagonal[1]).toBe(0); // unless the oracle says so
    for (const method of methods) {
      expect(codeOf(() => psdLowRankSync(matrixOracle([[1, 2], [2, 1]]), { method, rank: 2 }))).toBe("ERR_ASSUMPTION oracle"); // prettier-ignore
      const K = withSpectrum([3, 2, 1, 0.5, -0.8, -0.9], "indefinite").map((row, i) => row.map((a, j) => (i === j ? Math.max(a, 0.1) : a)));
      expect(codeOf(() => psdLowRankSync(matrixOracle(K), { method, rank: 6 }))).toBe("ERR_ASSUMPTION oracle");
    }
  });
  it("aborted before, or during: the signal's reason, and the next call is right", async () => {
    const large = kernelOracle(gaussianArray([4000, 8]), { lengthScale: 2 });
    const reason = new Error("enough");
    await expect(psdLowRank(large, { rank: 10, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const method of methods) {
      const controller = new AbortController();
      const onProgress = (): void => {
        controller.abort(reason);
      };
      await expect(psdLowRank(large, { method, rank: 800, signal: controller.signal, onProgress })).rejects.toBe(reason);
    }
    expect(bits(await psdLowRank(large, { rank: 20 }))).toEqual(bits(psdLowRankSync(large, { rank: 20 })));
  });
  it("errors reach the promise", async () => {
    expect(await codeOfAsync(psdLowRank(oracle, { rank: 9 }))).toBe("ERR_OPTION rank");
    const thrown = new Error("from the oracle");
    const failing: PsdOracle = {
      ...oracle,
      block: () => {
        throw thrown;
      },
    };
    await expect(psdLowRank(failing)).rejects.toBe(thrown);
  });
});

describe("degenerate", () => {
  const each = (K: number[][], options: PsdLowRankOptions = {}): PsdLowRank[] =>
    methods.map((method) => psdLowRankSync(matrixOracle(K), { method, ...options }));

  it("K = 0, N = 0, N = 1", () => {
    for (const low of each([
      [0, 0],
      [0, 0],
    ])) {
      // prettier-ignore
      expect(low).toMatchObject({ stopped: "numericalRank", residualTrace: 0, trace: 0, flatSpectrum: false });
      expect(low.factor.shape).toEqual([2, 0]);
      expect(low.core.shape).toEqual([0, 0]);
      expect(boundOf(low)).toBe(0);
    }
    const empty = psdLowRankSync(matrixOracle(view(new Float64Array(0), [0, 0])));
    expect(empty).toMatchObject({ stopped: "numericalRank", certificate: { kind: "deterministic", bound: 0 } });
    expect(empty.factor.shape).toEqual([0, 0]);
    for (const low of each([[9]])) expect(valuesOf(low.factor)).toEqual(Float64Array.of(3));
  });
  it("rank 1, and all points equal: one pivot, nothing left", () => {
    const v = [1, -2, 3, 0.5, 0];
    for (const low of each(v.map((x) => v.map((y) => x * y)))) {
      expect(low.pivots.length).toBe(1);
      expect(low.stopped).toBe("numericalRank");
      expect(low.residualTrace).toBeLessThanOrEqual(1e-15);
    }
    const equal = kernelOracle(Array.from({ length: 50 }, () => [1, 2, 3]));
    for (const method of methods) {
      const low = psdLowRankSync(equal, { method });
      expect(low.pivots.length).toBe(1);
      expect(low).toMatchObject({ stopped: "numericalRank", residualTrace: 0 });
    }
  });
  it("duplicated points count once", () => {
    const X = gaussianArray([20, 2], { seed: "twice", deviation: 3 });
    const twice = { data: Float64Array.from([...X.data, ...X.data]), shape: [40, 2], stride: [2, 1], offset: 0 };
    for (const method of methods) {
      const low = psdLowRankSync(kernelOracle(twice, { kernel: "laplace" }), { method, tolerance: 0, maxRank: 40 });
      expect(low.pivots.length).toBe(20);
      expect(new Set(Array.from(low.pivots, (i) => i % 20)).size).toBe(20);
      expect(low.stopped).toBe("numericalRank");
    }
  });
  it("zero rows among others", () => {
    const K = [[0, 0, 0], [0, 2, 1], [0, 1, 2]]; // prettier-ignore
    for (const low of each(K, { rank: 3 })) {
      expect(low.pivots.length).toBe(2);
      expect(low.stopped).toBe("numericalRank");
    }
  });
  it("a flat spectrum is given up on: early by default, as far as asked otherwise", () => {
    const identity: PsdOracle = {
      size: 2000,
      positiveSemidefinite: true,
      diagonal: (out) => {
        out.fill(1);
      },
      block: (firstRow, endRow, columns, out) => {
        out.fill(0);
        columns.forEach((j, c) => {
          if (j >= firstRow && j < endRow) out[(j - firstRow) * columns.length + c] = 1;
        });
      },
    };
    for (const method of methods) {
      const low = psdLowRankSync(identity, { method });
      expect(low).toMatchObject({ stopped: "rank", flatSpectrum: true });
      expect(low.pivots.length).toBe(64); // 64 columns explained 64 of 2000: the rest would take 1936 more, and 500 are worth it
      const asked = psdLowRankSync(identity, { method, maxRank: 100 });
      expect(asked).toMatchObject({ stopped: "rank", flatSpectrum: true });
      expect(asked.pivots.length).toBe(100);
      expect(psdLowRankSync(identity, { method, rank: 30 }).flatSpectrum).toBe(false);
    }
  });
  it("a cliff is not taken for a flat spectrum: 100 clusters of 20 points", () => {
    const X = Array.from({ length: 2000 }, (_, i) => [10 * (i % 100)]);
    for (const method of methods) {
      const low = psdLowRankSync(kernelOracle(X), { method });
      expect(low.pivots.length).toBe(100);
      expect(low).toMatchObject({ stopped: "numericalRank", flatSpectrum: false });
    }
  });
  it("N at and around the strip length", () => {
    for (const N of [4095, 4096, 4097, 8193]) {
      const oracle = kernelOracle(
        Array.from({ length: N }, (_, i) => [i / N, (i * 7919) % 1]),
        { lengthScale: 0.1 },
      );
      const low = psdLowRankSync(oracle, { rank: 12 });
      const F = valuesOf(low.factor);
      const column = new Float64Array(N);
      for (let c = 0; c < 12; c++) {
        const s = low.pivots[c]!;
        oracle.block(0, N, Int32Array.of(s), column);
        for (let i = 0; i < N; i++) {
          let sum = 0;
          for (let l = 0; l <= c; l++) sum += F[i * 12 + l]! * F[s * 12 + l]!;
          expect(Math.abs(sum - column[i]!)).toBeLessThanOrEqual(1e-14);
        }
      }
    }
  });
});
