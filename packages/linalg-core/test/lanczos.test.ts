import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { eigSymmetric } from "../src/dense/eig-symmetric.js";
import { matvec } from "../src/dense/matvec.js";
import { AssumptionError, NonFiniteError, NotConvergedError, OptionError, ShapeError } from "../src/errors.js";
import { lanczos, lanczosSync } from "../src/iterative/lanczos.js";
import { spectrumInterval, spectrumIntervalSync } from "../src/iterative/spectrum-interval.js";
import { csrFromTriplets } from "../src/sparse/csr.js";
import { expectError, expectSameBits } from "./numeric-support.js";

const U = 2 ** -53;

function symmetric(n: number, name: string): NdArray {
  const random = testRandom(name);
  const a = Float64Array.from({ length: n * n }, () => random.normal());
  return view(Float64Array.from(a, (x, p) => x + a[(p % n) * n + Math.floor(p / n)]!), [n, n]); // prettier-ignore
}

function laplacian(n: number) {
  const entries = Array.from({ length: n }, (_, i) => [[i, i, 2], ...(i > 0 ? [[i, i - 1, -1], [i - 1, i, -1]] : [])]).flat(); // prettier-ignore
  return csrFromTriplets([n, n], entries.map(([i]) => i!), entries.map(([, j]) => j!), entries.map(([, , x]) => x!)); // prettier-ignore
}

const laplacianValue = (n: number, k: number): number => 2 - 2 * Math.cos((Math.PI * k) / (n + 1));

describe("oracle", () => {
  it("agrees with the dense decomposition at either end, with and without restarts", () => {
    for (const [n, count, maxDimension] of [
      [1, 1, 1],
      [5, 2, 5],
      [60, 6, 60],
      [120, 5, 20],
      [120, 1, 8],
    ] as const)
      // prettier-ignore
      for (const which of ["largest", "smallest"] as const) {
        const A = symmetric(n, `A ${n}`);
        const { values } = eigSymmetric(A);
        const found = lanczosSync(A, { count, which, maxDimension });
        const order = Array.from(values.data).sort((a, b) => (which === "largest" ? b - a : a - b));
        const bound = (found.certificate as { bound: number }).bound;
        const size = Math.max(Math.abs(order[0]!), Math.abs(order[n - 1]!));
        for (let i = 0; i < count; i++) {
          expect(Math.abs(found.values.data[i]! - order[i]!)).toBeLessThanOrEqual(bound + 50 * n * U * size); // and that of the dense values
          const y = view(Float64Array.from({ length: n }, (_, r) => found.vectors.data[r * count + i]!), [n]); // prettier-ignore
          const image = matvec(A, y).data;
          const residual = Math.sqrt(Array.from(image).reduce((s, x, r) => s + (x - found.values.data[i]! * y.data[r]!) ** 2, 0));
          expect(residual).toBeLessThanOrEqual(bound);
        }
        expect(bound).toBeLessThanOrEqual(2e-10 * size + 1e-12 * n * size);
      }
  });

  it("the ends of a sparse spectrum; repeated values are found after an invariant subspace", () => {
    const n = 400;
    const { values, diagnostics } = lanczosSync(laplacian(n), { count: 3, maxDimension: 40, tolerance: 1e-9 });
    for (let k = 0; k < 3; k++) expect(Math.abs(values.data[k]! - laplacianValue(n, n - k))).toBeLessThanOrEqual(1e-8);
    expect(diagnostics.restarts).toBeGreaterThan(0);
    const twice = lanczosSync(view(Float64Array.of(3, 0, 0, 0, 3, 0, 0, 0, 1), [3, 3]), { count: 2 });
    expect([...twice.values.data].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([3, 3]);
  });
});

describe("laws", () => {
  it("same seed, same bits; sync and async", async () => {
    const A = symmetric(50, "laws");
    const a = lanczosSync(A, { count: 3, seed: 5 });
    expectSameBits(lanczosSync(A, { count: 3, seed: "5" }).vectors, a.vectors);
    expectSameBits((await lanczos(A, { count: 3, seed: 5 })).vectors, a.vectors);
    const operator = { shape: [50, 50] as const, apply: (x: NdArray) => matvec(A, x) };
    expect(lanczosSync(operator, { count: 3 }).certificate.kind).toBe("conditional");
  });

  it("scales 1e150 and 1e-150", () => {
    const A = symmetric(20, "scales");
    const { values } = lanczosSync(A, { count: 2 });
    for (const scale of [2 ** 500, 2 ** -500]) {
      const scaled = lanczosSync(view(Float64Array.from(A.data, (x) => x * scale), [20, 20]), { count: 2 }); // prettier-ignore
      for (let i = 0; i < 2; i++) expect(Math.abs(scaled.values.data[i]! / scale / values.data[i]! - 1)).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe("certificate is honest: spectrumInterval", () => {
  it("holds the spectrum over many seeds and spectra, and is not wide", async () => {
    const n = 80;
    let misses = 0;
    for (const power of [1, 4]) {
      const diagonal = Array.from({ length: n }, (_, i) => (i / (n - 1)) ** power * 2 - 1);
      const A = csrFromTriplets([n, n], diagonal.map((_, i) => i), diagonal.map((_, i) => i), diagonal); // prettier-ignore
      for (let seed = 0; seed < 100; seed++) {
        const { low, high, innerLow, innerHigh } = spectrumIntervalSync(A, { seed, steps: 30, confidence: 0.9 });
        if (!(low <= -1 && high >= 1)) misses++;
        expect(innerLow).toBeGreaterThanOrEqual(-1 - 1e-13);
        expect(innerHigh).toBeLessThanOrEqual(1 + 1e-13);
        expect(high - low).toBeLessThanOrEqual(2.3);
      }
    }
    expect(misses).toBeLessThanOrEqual(20); // 10 % of 200 would be allowed to fail; the bound is far from tight
    const { high } = await spectrumInterval(laplacian(300));
    expect(high).toBeGreaterThanOrEqual(laplacianValue(300, 300));
    expect(high).toBeLessThanOrEqual(4.1);
  });

  it("an invariant subspace gives the ends to round-off", () => {
    const { low, high } = spectrumIntervalSync([[2, 1], [1, 2]]); // prettier-ignore
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(3);
    expect(high - low).toBeLessThanOrEqual(2 + 1e-12);
  });

  it("too few steps are refused", () => {
    expectError(() => spectrumIntervalSync(laplacian(100), { steps: 3 }), OptionError, { argument: "steps" });
  });
});

describe("errors", () => {
  it("bad arguments", () => {
    const A = [[2, 1], [1, 2]]; // prettier-ignore
    expectError(() => lanczosSync([[1, 2]]), ShapeError, { argument: "A" });
    expectError(() => lanczosSync([[1, 2], [0, 1]]), AssumptionError, { argument: "A", measured: 2 }); // prettier-ignore
    expectError(() => lanczosSync(csrFromTriplets([2, 2], [0], [1], [1])), AssumptionError, { measured: 1 });
    expectError(() => lanczosSync([[1, NaN], [NaN, 1]]), NonFiniteError, { argument: "A" }); // prettier-ignore
    for (const count of [0, 3, 1.5]) expectError(() => lanczosSync(A, { count }), OptionError, { argument: "count" });
    expectError(() => lanczosSync(A, { start: [0, 0] }), OptionError, { argument: "start" });
    expectError(() => lanczosSync(A, { start: [1] }), ShapeError, { argument: "start" });
    expectError(() => lanczosSync(A, { which: "both" } as object), OptionError, { argument: "which" });
    expectError(() => lanczosSync(A, { tolerance: 0 }), OptionError, { argument: "tolerance" });
    expectError(() => lanczosSync(A, { signal: undefined, threads: 1 } as object), OptionError, { argument: "threads" });
  });

  it("a spent budget carries its pairs; an aborted signal", async () => {
    const A = laplacian(300);
    expect(() => lanczosSync(A, { count: 4, which: "smallest", maxIterations: 20 })).toThrow(NotConvergedError);
    const { stopped, values } = lanczosSync(A, { count: 4, which: "smallest", maxIterations: 20, onMiss: "return" });
    expect([stopped, values.shape]).toEqual(["iterations", [4]]);
    await expect(lanczos(A, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("degenerate", () => {
  it("no rows, one row, the zero matrix, the identity", () => {
    expect(lanczosSync(view(new Float64Array(0), [0, 0])).values.shape).toEqual([0]);
    expect([...lanczosSync([[7]]).values.data]).toEqual([7]);
    expect([...lanczosSync([[0, 0], [0, 0]], { count: 2 }).values.data]).toEqual([0, 0]); // prettier-ignore
    const { values } = lanczosSync([[1, 0, 0], [0, 1, 0], [0, 0, 1]], { count: 3 }); // prettier-ignore
    for (const x of values.data) expect(Math.abs(x - 1)).toBeLessThanOrEqual(1e-14);
  });
});
