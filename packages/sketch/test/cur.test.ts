import { backend, configure, csrFromDense, view } from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { cur, curSync, type CurDecomposition } from "../src/cur.js";
import { valuesOf, type Dense } from "./dense.js";
import { asArray, boundOf, cases, k, m, n, seeds, tailOf } from "./low-rank.js";
import { codeOf } from "./failures.js";
import { errorOf, frobenius, spectra, withSingularValues, type Known } from "./spectra.js";

/** C core and R. */
function factorsOf({ A, shape: [rows, columns] }: Known, found: CurDecomposition): [Dense, Dense] {
  const [J, I] = [found.columns, found.rows];
  const core = valuesOf(found.core);
  const left = new Float64Array(rows * I.length);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < J.length; c++) {
      for (let r = 0; r < I.length; r++) left[i * I.length + r]! += A[i * columns + J[c]!]! * core[c * I.length + r]!;
    }
  }
  return [left, Float64Array.from({ length: I.length * columns }, (_, p) => A[I[Math.floor(p / columns)]! * columns + (p % columns)]!)];
}

function trueError(known: Known, found: CurDecomposition): number {
  return frobenius(errorOf(known, ...factorsOf(known, found)));
}

/** What rounding can do to C core R: the true error's own, and a tenth of what the bound allows for it. */
function roundingOf(known: Known, found: CurDecomposition): number {
  const [left, right] = factorsOf(known, found);
  const C = frobenius(Float64Array.from({ length: m }, () => 1)) * Math.max(...known.A.map(Math.abs)) * Math.sqrt(k);
  return 2 ** -53 * 16 * (frobenius(known.A) + frobenius(left) * frobenius(right) + C * frobenius(valuesOf(found.core)) * frobenius(right));
}

describe("oracle", () => {
  it("n columns and n rows give A back", () => {
    const known = cases.polynomial!;
    expect(trueError(known, curSync(asArray(known), { rank: n }))).toBeLessThanOrEqual(1e-11); // cond(A) = 40 twice over
  });
});

describe("certificate is honest", () => {
  it("above the true error always, and within 1 % of it but for rounding", () => {
    for (const pick of ["pivoted", "leverage"] as const) {
      for (const [name, known] of Object.entries(cases)) {
        const found = curSync(asArray(known), { rank: k, pick });
        const error = trueError(known, found);
        const rounding = roundingOf(known, found);
        expect(error, name).toBeLessThanOrEqual(boundOf(found.certificate) + rounding);
        expect(boundOf(found.certificate), name).toBeLessThanOrEqual(1.01 * error + 100 * rounding);
        expect(boundOf(found.spectral)).toBeLessThanOrEqual(boundOf(found.certificate));
      }
    }
  });
  it("scales with A: 1e±150", () => {
    for (const scale of [2 ** -500, 2 ** 500]) {
      const known = cases.exponential!;
      const found = curSync(view(known.A.map((x) => x * scale), known.shape), { rank: k }); // prettier-ignore
      const base = curSync(asArray(known), { rank: k });
      expect([found.columns, found.rows]).toEqual([base.columns, base.rows]);
      expect(boundOf(found.certificate) / scale / boundOf(base.certificate)).toBeCloseTo(1, 9);
      expect((found.core.get(0, 0) * scale) / base.core.get(0, 0)).toBeCloseTo(1, 9);
    }
  });
});

describe("theorem-sized", () => {
  for (const [name, known] of Object.entries(cases)) {
    it(`within 3 of the best rank-${k} error for 99 of 100 seeds: ${name}`, () => {
      const best = tailOf(known, k);
      let misses = 0;
      for (let seed = 0; seed < seeds; seed++) {
        if (!(trueError(known, curSync(asArray(known), { rank: k, seed })) <= 3 * best + 1e-13)) misses++;
      }
      expect(misses).toBeLessThanOrEqual(seeds / 100);
    });
  }
});

describe("laws", () => {
  it("sparse chooses as dense", () => {
    const known = cases.polynomial!;
    const dense = curSync(asArray(known), { rank: k });
    const sparse = curSync(csrFromDense(asArray(known)), { rank: k });
    expect([sparse.columns, sparse.rows]).toEqual([dense.columns, dense.rows]);
    expect(boundOf(sparse.certificate)).toBeCloseTo(boundOf(dense.certificate), 10);
  });
  it("same bits for 1 to 4 threads", async () => {
    const A = asArray(withSingularValues(260, 210, spectra.polynomial!, "threads"));
    const before = backend().threads;
    try {
      for (const pick of ["pivoted", "leverage"] as const) {
        const expected = curSync(A, { rank: 20, pick });
        for (const threads of [1, 2, 3, 4]) {
          configure({ threads });
          const found = await cur(A, { rank: 20, pick });
          expect([found.columns, found.rows]).toEqual([expected.columns, expected.rows]);
          expect(valuesOf(found.core)).toEqual(valuesOf(expected.core));
          expect(found.certificate).toEqual(expected.certificate);
        }
      }
    } finally {
      configure({ threads: before });
    }
  });
});

describe("errors", () => {
  it("are typed and name the argument", () => {
    const A = asArray(cases.step!);
    expect(codeOf(() => curSync(A))).toBe("ERR_OPTION rank");
    expect(codeOf(() => curSync(A, { rank: 41 }))).toBe("ERR_OPTION rank");
    expect(codeOf(() => curSync(A, { rank: 4, pick: "best" as "pivoted" }))).toBe("ERR_OPTION pick");
    expect(codeOf(() => curSync(A, { tolerance: 0.1, rank: 4, pick: "leverage" }))).toBe("ERR_OPTION tolerance");
    expect(() => curSync([[1, 2], [NaN, 3]], { rank: 1 })).toThrow("[1, 0]"); // prettier-ignore
  });
});

describe("degenerate", () => {
  it("zeros, and fewer independent columns than asked for", () => {
    const zeros = curSync(view(new Float64Array(30), [5, 6]), { rank: 3 });
    expect([zeros.core.shape, Array.from(zeros.core.data), boundOf(zeros.certificate)]).toEqual([[3, 3], new Array(9).fill(0), 0]);
    const known = withSingularValues(50, 30, (j) => (j <= 4 ? 1 : 0), "deficient");
    const found = curSync(asArray(known), { rank: 12 });
    expect(trueError(known, found)).toBeLessThanOrEqual(1e-12); // well-conditioned columns among them: cond(C)² u
    expect(boundOf(found.certificate)).toBeLessThanOrEqual(1e-10);
    expect(curSync(asArray(known), { rank: 0, pick: "leverage" }).core.shape).toEqual([0, 0]);
  });
});
