import { backend, configure, csrFromDense, view } from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { interpolativeDecomposition, interpolativeDecompositionSync, type InterpolativeDecomposition } from "../src/interpolative.js";
import { valuesOf, type Dense } from "./dense.js";
import { asArray, boundOf, cases, k, m, n, seeds, tailOf } from "./low-rank.js";
import { codeOf } from "./failures.js";
import { errorOf, frobenius, spectra, withSingularValues, type Known } from "./spectra.js";

function columnsOf({ A, shape: [rows, columns] }: Known, J: Int32Array): Dense {
  return Float64Array.from({ length: rows * J.length }, (_, p) => A[Math.floor(p / J.length) * columns + J[p % J.length]!]!);
}

function trueError(known: Known, { indices, coefficients }: InterpolativeDecomposition): number {
  return frobenius(errorOf(known, columnsOf(known, indices), valuesOf(coefficients)));
}

/** 1 / (i + j + 1). */
function hilbert(rows: number, columns: number): Known {
  return {
    A: Float64Array.from({ length: rows * columns }, (_, p) => 1 / (Math.floor(p / columns) + (p % columns) + 1)),
    shape: [rows, columns],
  };
}

describe("oracle", () => {
  it("the columns chosen are reproduced exactly: T[:, J] = I", () => {
    for (const [name, known] of Object.entries(cases)) {
      const { indices, coefficients } = interpolativeDecompositionSync(asArray(known), { rank: k });
      expect(new Set(indices).size, name).toBe(k);
      for (let c = 0; c < k; c++) for (let l = 0; l < k; l++) expect(coefficients.get(c, indices[l]!)).toBe(c === l ? 1 : 0);
    }
  });
  it("a matrix of Hilbert type to 1e-12, by rank and by tolerance", () => {
    const known = hilbert(300, 300);
    const size = frobenius(known.A);
    for (const options of [{ rank: 20 }, { tolerance: 1e-12 }]) {
      const found = interpolativeDecompositionSync(asArray(known), options);
      expect(trueError(known, found)).toBeLessThanOrEqual(1e-12 * size);
      expect(boundOf(found.certificate)).toBeLessThanOrEqual(2e-12 * size);
      expect(found.indices.length).toBeLessThanOrEqual(24); // σ_21 is below 1e-14
    }
  });
});

describe("certificate is honest", () => {
  it("above the true error always, and within 1 % of it", () => {
    for (const [name, known] of Object.entries(cases)) {
      for (const scale of [1, 1e-150, 1e150]) {
        const A = { ...known, A: known.A.map((x) => x * scale) };
        const found = interpolativeDecompositionSync(asArray(A), { rank: k });
        const error = trueError(A, found);
        const size = frobenius(A.A) * (1 + frobenius(valuesOf(found.coefficients)));
        expect(error, name).toBeLessThanOrEqual(boundOf(found.certificate) + 16 * 2 ** -53 * size); // rounding of the error's own sums
        expect(boundOf(found.certificate), name).toBeLessThanOrEqual(1.01 * error + 1e-14 * size);
      }
    }
  });
});

describe("theorem-sized", () => {
  for (const [name, known] of Object.entries(cases)) {
    it(`within 3 of the best rank-${k} error for 99 of 100 seeds: ${name}`, () => {
      const best = tailOf(known, k);
      let misses = 0;
      for (let seed = 0; seed < seeds; seed++) {
        if (!(trueError(known, interpolativeDecompositionSync(asArray(known), { rank: k, seed })) <= 3 * best + 1e-14)) misses++;
      }
      expect(misses).toBeLessThanOrEqual(seeds / 100);
    });
  }
});

describe("laws", () => {
  it("rows are the columns of the transpose; sparse chooses as dense", () => {
    const known = cases.polynomial!;
    const flipped = view(known.A, [n, m], [1, n]);
    const byColumns = interpolativeDecompositionSync(flipped, { rank: k });
    const byRows = interpolativeDecompositionSync(asArray(known), { rank: k, axis: "rows" });
    expect(byRows.indices).toEqual(byColumns.indices);
    expect(byRows.coefficients.shape).toEqual([m, k]);
    for (let i = 0; i < m; i++) for (let c = 0; c < k; c++) expect(byRows.coefficients.get(i, c)).toBe(byColumns.coefficients.get(c, i));
    const dense = interpolativeDecompositionSync(asArray(known), { rank: k });
    const sparse = interpolativeDecompositionSync(csrFromDense(asArray(known)), { rank: k });
    expect(sparse.indices).toEqual(dense.indices);
    expect(boundOf(sparse.certificate)).toBeCloseTo(boundOf(dense.certificate), 10);
  });
  it("same bits for 1 to 4 threads", async () => {
    const A = asArray(withSingularValues(260, 210, spectra.polynomial!, "threads"));
    const expected = interpolativeDecompositionSync(A, { rank: 30 });
    const before = backend().threads;
    try {
      for (const threads of [1, 2, 3, 4]) {
        configure({ threads });
        const found = await interpolativeDecomposition(A, { rank: 30 });
        expect(found.indices).toEqual(expected.indices);
        expect(valuesOf(found.coefficients)).toEqual(valuesOf(expected.coefficients));
        expect(found.certificate).toEqual(expected.certificate);
      }
    } finally {
      configure({ threads: before });
    }
  });
  it("stops at the tolerance", () => {
    for (const tolerance of [0.5, 1e-2, 1e-5]) {
      const known = cases.exponential!;
      const found = interpolativeDecompositionSync(asArray(known), { tolerance });
      expect(found.stopped).toBe("tolerance");
      expect(trueError(known, found)).toBeLessThanOrEqual(tolerance * frobenius(known.A) * (1 + 1e-9));
    }
    expect(interpolativeDecompositionSync(asArray(cases.flat!), { tolerance: 1e-2, rank: 5 }).stopped).toBe("rank");
  });
});

describe("errors", () => {
  it("are typed and name the argument", () => {
    const A = asArray(cases.step!);
    expect(codeOf(() => interpolativeDecompositionSync(A))).toBe("ERR_OPTION rank");
    expect(codeOf(() => interpolativeDecompositionSync(A, { rank: 41 }))).toBe("ERR_OPTION rank");
    expect(codeOf(() => interpolativeDecompositionSync(A, { rank: 4, axis: "both" as "rows" }))).toBe("ERR_OPTION axis");
    expect(() => interpolativeDecompositionSync([[1, 2], [3, NaN]], { rank: 1, axis: "rows" })).toThrow("[1, 1]"); // prettier-ignore
  });
});

describe("degenerate", () => {
  it("zeros, fewer independent columns than asked for, and no columns", () => {
    const zeros = interpolativeDecompositionSync(view(new Float64Array(30), [5, 6]), { rank: 3 });
    expect([zeros.indices.length, boundOf(zeros.certificate)]).toEqual([3, 0]);
    const known = withSingularValues(50, 30, (j) => (j <= 4 ? 1 : 0), "deficient");
    const found = interpolativeDecompositionSync(asArray(known), { rank: 12 });
    expect(trueError(known, found)).toBeLessThanOrEqual(1e-13);
    expect(Math.max(...valuesOf(found.coefficients).map(Math.abs))).toBeLessThanOrEqual(30);
    expect(interpolativeDecompositionSync(view(new Float64Array(0), [5, 0]), { rank: 0 }).coefficients.shape).toEqual([0, 0]);
  });
});
