import { backend, configure, csrFromDense, type NdArray } from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { qbDecomposition, qbDecompositionSync, type QbDecomposition } from "../src/qb.js";
import { valuesOf } from "./dense.js";
import { asArray, boundOf, cases, k, m, n, seeds, tailOf } from "./low-rank.js";
import { codeOf, codeOfAsync } from "./failures.js";
import { errorOf, frobenius, spectra, square, withSingularValues, type Known } from "./spectra.js";

function trueError(known: Known, { Q, B }: QbDecomposition): number {
  return frobenius(errorOf(known, valuesOf(Q), valuesOf(B)));
}

describe("oracle", () => {
  it("Q has orthonormal columns, B is Qᵀ A, and n columns give A back", () => {
    for (const [name, known] of Object.entries(cases)) {
      const { Q, B } = qbDecompositionSync(asArray(known), { rank: k, blockSize: 5 });
      const [rows, l] = [Q.shape[0]!, Q.shape[1]!];
      expect(l).toBe(k + 10);
      const [q, b] = [valuesOf(Q), valuesOf(B)];
      const size = frobenius(known.A);
      for (let a = 0; a < l; a++) {
        for (let c = 0; c < l; c++) {
          let dot = 0;
          for (let i = 0; i < rows; i++) dot += q[i * l + a]! * q[i * l + c]!;
          expect(Math.abs(dot - (a === c ? 1 : 0)), name).toBeLessThanOrEqual(1e-14); // 60 products of unit vectors, two passes
        }
        for (let j = 0; j < known.shape[1]; j++) {
          let dot = 0;
          for (let i = 0; i < rows; i++) dot += q[i * l + a]! * known.A[i * known.shape[1] + j]!;
          expect(Math.abs(dot - b[a * known.shape[1] + j]!)).toBeLessThanOrEqual(1e-14 * size);
        }
      }
      const all = qbDecompositionSync(asArray(known), { rank: 40 });
      expect(trueError(known, all), name).toBeLessThanOrEqual(1e-13 * size); // √n roundings of Q and B
    }
  });
});

describe("certificate is honest", () => {
  it("above the true error always, and within 1 % of it", () => {
    for (const [name, known] of Object.entries(cases)) {
      for (const scale of [1, 1e-150, 1e150]) {
        for (const A of [known, { ...known, A: known.A.map((x) => x * scale) }]) {
          const found = qbDecompositionSync(asArray(A), { rank: k, oversampling: 0 });
          const error = trueError(A, found);
          const size = frobenius(A.A);
          expect(error, name).toBeLessThanOrEqual(boundOf(found.certificate) + 60 * 2 ** -53 * size); // rounding of the error's own sums
          expect(boundOf(found.certificate), name).toBeLessThanOrEqual(1.01 * error + 1e-13 * size);
          expect(boundOf(found.spectral)).toBeLessThanOrEqual(boundOf(found.certificate));
        }
      }
    }
  });
  it("of a sparse matrix, by the identity, and by the residual where that has lost its digits", () => {
    const { A } = withSingularValues(200, 150, (j) => 0.5 ** j, "sparse");
    const known: Known = { A: A.map((x, p) => (p % 7 === 0 ? x : 0)), shape: [200, 150] };
    for (const rank of [5, 20, 100, 150]) {
      const found = qbDecompositionSync(csrFromDense(asArray(known)), { rank });
      const error = trueError(known, found);
      const size = frobenius(known.A);
      expect(error).toBeLessThanOrEqual(boundOf(found.certificate) + 150 * 2 ** -53 * size);
      expect(boundOf(found.certificate)).toBeLessThanOrEqual(1.01 * error + 4e-13 * size); // slack: γ_k ‖Q‖_F
    }
  });
});

describe("theorem-sized", () => {
  it(`within 1.1 of the best rank-${k} error for 99 of 100 seeds, of all spectra`, () => {
    for (const [name, known] of Object.entries(cases)) {
      const best = tailOf(known, k);
      let misses = 0;
      for (let seed = 0; seed < seeds; seed++) {
        if (!(trueError(known, qbDecompositionSync(asArray(known), { rank: k, seed })) <= 1.1 * best + 1e-14)) misses++;
      }
      expect(misses, name).toBeLessThanOrEqual(seeds / 100);
    }
  });
  it("the mean of ‖A − Q B‖_F² is at most (1 + k/(p − 1)) Σ_(j > k) σ_j² without power iterations", () => {
    const s = spectra.polynomial!;
    const known = withSingularValues(m, n, s, "theorem");
    const tail = Array.from({ length: n - k }, (_, j) => s(k + j + 1) ** 2).reduce((sum, x) => sum + x, 0);
    let mean = 0;
    for (let seed = 0; seed < 60; seed++) mean += square(errorOf(known, ...factors(asArray(known), seed))) / 60;
    expect(mean).toBeLessThanOrEqual((1 + k / 9) * tail); // its mean itself is 0.6 of that: no need of a margin
    expect(mean).toBeGreaterThan(0);
  });
});

function factors(A: NdArray, seed: number): [ReturnType<typeof valuesOf>, ReturnType<typeof valuesOf>] {
  const { Q, B } = qbDecompositionSync(A, { rank: k, powerIterations: 0, seed });
  return [valuesOf(Q), valuesOf(B)];
}

describe("laws", () => {
  it("growing keeps bits: the first panels do not depend on how many follow", () => {
    const known = cases.polynomial!;
    const few = qbDecompositionSync(asArray(known), { rank: 10, oversampling: 0, blockSize: 5 });
    const more = qbDecompositionSync(asArray(known), { rank: 25, oversampling: 0, blockSize: 5 });
    expect(valuesOf(few.B)).toEqual(valuesOf(more.B).slice(0, 10 * n));
    const [q, all] = [valuesOf(few.Q), valuesOf(more.Q)];
    for (let i = 0; i < m; i++) expect(q.slice(i * 10, i * 10 + 10)).toEqual(all.slice(i * 25, i * 25 + 10));
  });
  it("same bits for 1 to 4 threads; the seed is text", async () => {
    const A = asArray(withSingularValues(260, 210, spectra.polynomial!, "threads"));
    const expected = qbDecompositionSync(A, { rank: 40, seed: 7 });
    const before = backend().threads;
    try {
      for (const threads of [1, 2, 3, 4]) {
        configure({ threads });
        const found = await qbDecomposition(A, { rank: 40, seed: "7" });
        expect(valuesOf(found.Q)).toEqual(valuesOf(expected.Q));
        expect(valuesOf(found.B)).toEqual(valuesOf(expected.B));
        expect(found.certificate).toEqual(expected.certificate);
      }
    } finally {
      configure({ threads: before });
    }
  });
  it("stops at the tolerance, however small", () => {
    const known = cases.exponential!;
    for (const tolerance of [0.5, 1e-2, 1e-5]) {
      const found = qbDecompositionSync(asArray(known), { tolerance, blockSize: 2 });
      expect(found.stopped).toBe("tolerance");
      expect(trueError(known, found)).toBeLessThanOrEqual(tolerance * frobenius(known.A) * (1 + 1e-9));
      expect(found.Q.shape[1]).toBeLessThan(n);
    }
    const steep = withSingularValues(m, n, (j) => 10 ** (-j / 2), "steep"); // below √u the squares have cancelled
    const found = qbDecompositionSync(asArray(steep), { tolerance: 1e-11, blockSize: 2 });
    expect([found.stopped, trueError(steep, found) <= 1.01e-11 * frobenius(steep.A)]).toEqual(["tolerance", true]);
    expect(found.Q.shape[1]).toBeLessThanOrEqual(26);
  });
});

describe("errors", () => {
  it("are typed and name the argument", async () => {
    const A = asArray(cases.step!);
    expect(codeOf(() => qbDecompositionSync(A))).toBe("ERR_OPTION rank");
    expect(codeOf(() => qbDecompositionSync(A, { rank: 41 }))).toBe("ERR_OPTION rank");
    expect(codeOf(() => qbDecompositionSync(A, { rank: 2, blockSize: 0 }))).toBe("ERR_OPTION blockSize");
    expect(codeOf(() => qbDecompositionSync(A, { rank: 2, oversampling: 1.5 }))).toBe("ERR_OPTION oversampling");
    expect(codeOf(() => qbDecompositionSync([[1, NaN]], { rank: 1 }))).toBe("ERR_NON_FINITE A");
    expect(() => qbDecompositionSync([[1, 2], [3, Infinity]], { rank: 1 })).toThrow("[1, 1]"); // prettier-ignore
    expect(await codeOfAsync(qbDecomposition([1, 2] as unknown as number[][], { rank: 1 }))).toBe("ERR_SHAPE A");
  });
});

describe("degenerate", () => {
  it("zeros meet any tolerance without a column", () => {
    const found = qbDecompositionSync([[0, 0], [0, 0]], { tolerance: 0.1 }); // prettier-ignore
    expect([found.Q.shape, found.B.shape, found.stopped, boundOf(found.certificate)]).toEqual([[2, 0], [0, 2], "tolerance", 0]);
  });
});
