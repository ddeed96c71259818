import { backend, configure, csrFromDense, svd, view, type LinearOperator, type NdArray } from "@subquad/linalg-core";
import { matvec } from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { randomizedSvd, randomizedSvdSync, type RandomizedSvd } from "../src/randomized-svd.js";
import { valuesOf, type Dense } from "./dense.js";
import { asArray, boundOf, cases, k, m, n, seeds, tailOf } from "./low-rank.js";
import { codeOf, codeOfAsync } from "./failures.js";
import { errorOf, frobenius, spectra, withSingularValues, type Known } from "./spectra.js";

const random = { method: "randomized" } as const;

/** diag(s) Vᵀ. */
function rightOf({ s, V }: RandomizedSvd): Dense {
  const [length, rank] = [V.shape[0]!, V.shape[1]!];
  const [values, entries] = [valuesOf(view(s.data, [rank, 1])), valuesOf(V)];
  return Float64Array.from({ length: rank * length }, (_, p) => values[Math.floor(p / length)]! * entries[(p % length) * rank + Math.floor(p / length)]!); // prettier-ignore
}

function trueError(known: Known, found: RandomizedSvd): number {
  return frobenius(errorOf(known, valuesOf(found.U), rightOf(found)));
}

function bits(found: RandomizedSvd): string {
  const words = [found.U, found.s, found.V].map((x) => Array.from(new BigUint64Array(Float64Array.from(x.data).buffer)).join());
  return [...words, boundOf(found.certificate), boundOf(found.spectral)].join(" ");
}

/** ‖XᵀX − I‖_F. */
function departureOf(X: NdArray): number {
  const [rows, columns] = [X.shape[0]!, X.shape[1]!];
  const x = valuesOf(X);
  let sum = 0;
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b < columns; b++) {
      let dot = a === b ? -1 : 0;
      for (let i = 0; i < rows; i++) dot += x[i * columns + a]! * x[i * columns + b]!;
      sum += dot * dot;
    }
  }
  return Math.sqrt(sum);
}

describe("oracle", () => {
  it("full rank gives back A and its values", () => {
    const known = cases.polynomial!;
    for (const method of ["randomized", "exact"] as const) {
      const found = randomizedSvdSync(asArray(known), { rank: n, method });
      expect(trueError(known, found)).toBeLessThanOrEqual(1e-13); // 40 columns, a few hundred roundings of ‖A‖ = 1.3
      for (let j = 0; j < n; j++) expect(Math.abs(found.s.get(j) - 1 / (j + 1))).toBeLessThanOrEqual(1e-13);
    }
  });
  it("vectors are orthonormal, and signed so that the largest entry of each column of U is positive", () => {
    for (const [name, known] of Object.entries(cases)) {
      for (const method of ["randomized", "exact"] as const) {
        const { U, V } = randomizedSvdSync(asArray(known), { rank: k, method });
        expect(departureOf(U), name).toBeLessThanOrEqual(1e-13); // √k · 60 roundings
        expect(departureOf(V), name).toBeLessThanOrEqual(1e-13);
        const u = valuesOf(U);
        for (let j = 0; j < k; j++) {
          let largest = 0;
          for (let i = 0; i < U.shape[0]!; i++) if (Math.abs(u[i * k + j]!) > Math.abs(largest)) largest = u[i * k + j]!;
          expect(largest).toBeGreaterThan(0);
        }
      }
    }
  });
});

describe("certificate is honest", () => {
  it("the true error is never above the deterministic bound, nor far below it", () => {
    for (const [name, known] of Object.entries(cases)) {
      for (const rank of [1, k, 25]) {
        const found = randomizedSvdSync(asArray(known), { rank, ...random });
        const error = trueError(known, found);
        const bound = boundOf(found.certificate);
        expect(found.certificate.kind).toBe("deterministic");
        const rounding = 40 * 2 ** -53 * frobenius(known.A); // of the true error's own sums
        expect(error, name).toBeLessThanOrEqual(bound + rounding);
        expect(bound, name).toBeLessThanOrEqual(1.01 * error + 1e-13 * frobenius(known.A)); // slack: γ_k of the product
      }
    }
  });
  it("the spectral bound holds, and is within 10 √(2/π) √n of the norm", () => {
    for (const [name, known] of Object.entries(cases)) {
      const found = randomizedSvdSync(asArray(known), { rank: k, ...random, confidence: 1 - 1e-6 });
      const D = errorOf(known, valuesOf(found.U), rightOf(found));
      const norm = svd(view(D, known.shape), { vectors: "none" }).s.get(0);
      const bound = boundOf(found.spectral);
      expect(found.spectral.kind === "statistical" && found.spectral.confidence).toBe(1 - 1e-6);
      expect(norm, name).toBeLessThanOrEqual(bound);
      expect(bound, name).toBeLessThanOrEqual(8 * Math.sqrt(n) * norm * 2 + 1e-12);
      expect(bound).toBeLessThanOrEqual(boundOf(found.certificate));
    }
  });
  it("at 1e±150 and 1e±300, for dense, sparse and transposed A", () => {
    for (const scale of [1e-300, 1e-150, 1e-9, 1e9, 1e150, 1e300]) {
      const base = cases.exponential!;
      const known = { A: base.A.map((x) => x * scale), shape: base.shape };
      const error = trueError(base, randomizedSvdSync(asArray(base), { rank: k, ...random }));
      for (const A of [asArray(known), csrFromDense(asArray(known))]) {
        const found = randomizedSvdSync(A, { rank: k, ...random });
        expect(boundOf(found.certificate) / scale).toBeGreaterThanOrEqual(error * (1 - 1e-9)); // roundings of A's entries against a tail of 1e-2
        expect(boundOf(found.certificate) / scale).toBeLessThanOrEqual(1.01 * error);
        expect(found.s.get(0) / scale).toBeCloseTo(0.7, 6);
      }
    }
  });
});

describe("theorem-sized", () => {
  for (const [name, known] of Object.entries(cases)) {
    it(`within 1.1 of the best rank-${k} error for 99 of 100 seeds: ${name}`, () => {
      const best = tailOf(known, k);
      let misses = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const found = randomizedSvdSync(asArray(known), { rank: k, seed, ...random });
        if (!(trueError(known, found) <= 1.1 * best + 1e-14)) misses++;
      }
      expect(misses).toBeLessThanOrEqual(seeds / 100);
    });
  }
});

describe("laws", () => {
  it("same bits for 1, 2, 3 and 4 threads, sync and async, and for float64 of any stride", async () => {
    const known = withSingularValues(300, 200, spectra.polynomial!, "threads");
    const options = { rank: 20, ...random };
    const expected = bits(randomizedSvdSync(asArray(known), options));
    const before = backend().threads;
    try {
      for (const threads of [1, 2, 3, 4]) {
        configure({ threads });
        expect(bits(await randomizedSvd(asArray(known), options))).toBe(expected);
      }
    } finally {
      configure({ threads: before });
    }
    const columns = Float64Array.from({ length: 300 * 200 }, (_, p) => known.A[(p % 300) * 200 + Math.floor(p / 300)]!);
    expect(bits(randomizedSvdSync(view(columns, [300, 200], [1, 300]), options))).toBe(expected);
  });
  it("sparse and operator agree with dense; float32 is taken as it is", () => {
    const known = cases.polynomial!;
    const dense = asArray(known);
    const operator: LinearOperator = {
      shape: [m, n],
      apply: (x) => matvec(dense, x),
      applyTranspose: (y) => matvec(dense, y, { transpose: true }),
    };
    const expected = randomizedSvdSync(dense, { rank: k, ...random });
    for (const A of [csrFromDense(dense), operator]) {
      const found = randomizedSvdSync(A, { rank: k, ...random });
      for (let j = 0; j < k; j++) expect(Math.abs(found.s.get(j) - expected.s.get(j))).toBeLessThanOrEqual(1e-13);
      expect(trueError(known, found)).toBeCloseTo(trueError(known, expected), 10);
    }
    expect(randomizedSvdSync(operator, { rank: k }).certificate.kind).toBe("statistical");
    const single = view(Float32Array.from(known.A), [m, n]);
    const double = view(Float64Array.from(single.data), [m, n]);
    expect(bits(randomizedSvdSync(single, { rank: k, ...random }))).toBe(bits(randomizedSvdSync(double, { rank: k, ...random })));
  });
  it("a tolerance is met with the fewest values of those found", () => {
    for (const tolerance of [0.3, 1e-2, 1e-6]) {
      const known = withSingularValues(90, 80, spectra.exponential!, "tolerance");
      const size = frobenius(known.A);
      const found = randomizedSvdSync(asArray(known), { tolerance, ...random, blockSize: 8 });
      expect(found.stopped).toBe("tolerance");
      expect(trueError(known, found)).toBeLessThanOrEqual(tolerance * size * (1 + 1e-9));
      const best = Array.from({ length: 80 }, (_, j) => j).find((j) => tailOf(known, j) <= tolerance * size)!;
      expect(found.s.size).toBeGreaterThanOrEqual(best);
      expect(found.s.size).toBeLessThanOrEqual(best + 1);
    }
    const capped = randomizedSvdSync(asArray(cases.flat!), { tolerance: 1e-3, rank: 5 });
    expect([capped.stopped, capped.s.size]).toEqual(["rank", 5]);
  });
});

describe("errors", () => {
  const A = asArray(cases.polynomial!);
  it("are typed and name the argument", async () => {
    expect(codeOf(() => randomizedSvdSync(A))).toBe("ERR_OPTION rank");
    expect(codeOf(() => randomizedSvdSync(A, { rank: n + 1 }))).toBe("ERR_OPTION rank");
    expect(codeOf(() => randomizedSvdSync(A, { rank: NaN }))).toBe("ERR_OPTION rank");
    expect(codeOf(() => randomizedSvdSync(A, { tolerance: 0 }))).toBe("ERR_OPTION tolerance");
    expect(codeOf(() => randomizedSvdSync(A, { rank: 2, powerIterations: -1 }))).toBe("ERR_OPTION powerIterations");
    expect(codeOf(() => randomizedSvdSync(A, { rank: 2, method: "exact", oversampling: 3 }))).toBe("ERR_OPTION oversampling");
    expect(codeOf(() => randomizedSvdSync(A, { rank: 2, confidence: 1 }))).toBe("ERR_OPTION confidence");
    expect(codeOf(() => randomizedSvdSync(A, { rank: 2, seed: NaN }))).toBe("ERR_OPTION seed");
    const operator = { shape: [3, 3] as const, apply: (x: NdArray) => x };
    expect(codeOf(() => randomizedSvdSync(operator, { rank: 2 }))).toBe("ERR_OPTION A.applyTranspose");
    expect(codeOf(() => randomizedSvdSync({ ...operator, applyTranspose: operator.apply }, { tolerance: 0.1 }))).toBe(
      "ERR_OPTION tolerance",
    );
    const bad = view(cases.polynomial!.A.slice(), [m, n]);
    bad.data[2 * n + 3] = NaN;
    expect(() => randomizedSvdSync(bad, { rank: 2 })).toThrow("[2, 3]");
    expect(await codeOfAsync(randomizedSvd(bad, { rank: 2 }))).toBe("ERR_NON_FINITE A");
    expect(codeOf(() => randomizedSvdSync([[1.7e308, 1.7e308]], { rank: 1 }))).toBe("ERR_NON_FINITE result overflows float64");
    const reason = new Error("stop");
    await expect(randomizedSvd(A, { rank: 2, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("degenerate", () => {
  it("a matrix of zeros has s = 0, orthonormal vectors and bound 0", () => {
    for (const method of ["randomized", "exact"] as const) {
      for (const A of [view(new Float64Array(12 * 9), [12, 9]), csrFromDense(view(new Float64Array(12 * 9), [12, 9]))]) {
        const found = randomizedSvdSync(A, { rank: 4, method, ...(method === "exact" ? {} : { blockSize: 2 }) });
        expect(Array.from(found.s.data)).toEqual([0, 0, 0, 0]);
        expect(departureOf(found.U)).toBeLessThanOrEqual(1e-14);
        expect(departureOf(found.V)).toBeLessThanOrEqual(1e-14);
        expect(boundOf(found.certificate)).toBe(0);
      }
    }
  });
  it("rank-deficient A: the basis goes on in any direction, in small panels too", () => {
    for (const blockSize of [1, 3, 32]) {
      const known = withSingularValues(50, 30, (j) => (j <= 4 ? 1 : 0), "deficient");
      const found = randomizedSvdSync(asArray(known), { rank: 12, ...random, blockSize });
      expect(departureOf(found.U)).toBeLessThanOrEqual(1e-13);
      expect(departureOf(found.V)).toBeLessThanOrEqual(1e-13);
      expect(boundOf(found.certificate)).toBeLessThanOrEqual(1e-13);
      expect(found.s.get(4)).toBeLessThanOrEqual(1e-14);
    }
  });
  it("empty shapes, rank 0, one row, one column", () => {
    for (const shape of [
      [0, 3],
      [3, 0],
      [1, 5],
      [5, 1],
    ] as const) {
      // prettier-ignore
      const A = view(new Float64Array(shape[0] * shape[1]).fill(2), shape);
      const found = randomizedSvdSync(A, { rank: Math.min(...shape), ...random });
      expect([found.U.shape, found.s.shape, found.V.shape]).toEqual([[shape[0], Math.min(...shape)], [Math.min(...shape)], [shape[1], Math.min(...shape)]]); // prettier-ignore
    }
    const nothing = randomizedSvdSync(asArray(cases.polynomial!), { rank: 0, ...random });
    expect(nothing.U.shape).toEqual([m, 0]);
    expect(boundOf(nothing.certificate)).toBeGreaterThanOrEqual(frobenius(cases.polynomial!.A) * (1 - 1e-15));
  });
});
