import { describe, expect, it } from "vitest";
import { monomialFeatures } from "../src/monomials.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";
import { inner, innerProducts, rowsFor, sparse } from "./features.js";

describe("oracle", () => {
  it("by hand: (x + y)² and the order of the features", () => {
    expect(valuesOf(monomialFeatures(2).applySync([[3, 1]]))).toEqual(Float64Array.of(9, Math.SQRT2 * 3, 1));
    expect(monomialFeatures(3, { degree: 3 }).outputDim).toBe(10);
    expect(valuesOf(monomialFeatures(4, { degree: 1 }).applySync([[1, 2, 3, 4]]))).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(valuesOf(monomialFeatures(4, { degree: 0 }).applySync([[1, 2, 3, 4]]))).toEqual(Float64Array.of(1));
  });
  it("inner products are powers to 1e-14 of ‖x‖^p ‖y‖^p, at five scales", () => {
    for (const scale of [1e-9, 1e-2, 1, 1e2, 1e9]) {
      for (const [d, p] of [
        [1, 16],
        [2, 9],
        [5, 4],
        [30, 2],
        [7, 3],
      ] as const) {
        const X = rowsFor(6, d, `monomials ${d} ${p}`).map((row) => row.map((x) => scale * x));
        const G = innerProducts(monomialFeatures(d, { degree: p }).applySync(X));
        for (const [i, x] of X.entries()) {
          for (const [j, y] of X.entries()) {
            const size = (inner(x, x) * inner(y, y)) ** (p / 2);
            // each feature: p + 2 roundings; sums of up to 465 of them mostly random: 1e-14 is 90 u
            expect(Math.abs(G[i * 6 + j]! - inner(x, y) ** p)).toBeLessThanOrEqual(1e-14 * size);
          }
        }
      }
    }
  });
});

describe("laws", () => {
  it("CSR has the bits of dense, parts those of the whole, the promise those of the sync form", async () => {
    const X = rowsFor(9, 6, "monomial laws", 0.5);
    const map = monomialFeatures(6, { degree: 3 });
    const Z = map.applySync(X);
    expect(map.applySync(sparse(X, 6)).data).toEqual(Z.data);
    expect((await map.apply(X)).data).toEqual(Z.data);
    for (const [i, row] of X.entries()) expect(map.applySync([row]).data).toEqual(Z.data.slice(i * 56, i * 56 + 56));
  });
  it("float32 rows give float32 features", () => {
    const X = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], stride: [2, 1], offset: 0 };
    expect(monomialFeatures(2).applySync(X).data).toEqual(
      Float32Array.of(1, Math.fround(2 * Math.SQRT2), 4, 9, Math.fround(12 * Math.SQRT2), 16),
    );
  });
});

describe("errors", () => {
  it("names what is wrong", async () => {
    expect(codeOf(() => monomialFeatures(0))).toBe("ERR_OPTION d");
    expect(codeOf(() => monomialFeatures(2, { degree: 17 }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => monomialFeatures(1000, { degree: 4 }))).toBe("ERR_OPTION degree"); // 4e10 features
    expect(codeOf(() => monomialFeatures(2, { gamma: 1 } as object))).toBe("ERR_OPTION gamma");
    expect(codeOf(() => monomialFeatures(2).applySync([[1, 2, 3]]))).toBe("ERR_SHAPE X");
    expect(codeOf(() => monomialFeatures(2).applySync([[1, NaN]]))).toBe("ERR_NON_FINITE X");
    expect(codeOf(() => monomialFeatures(2).applySync([[1e200, 1]]))).toBe("ERR_NON_FINITE features overflow float64");
    expect(await codeOfAsync(monomialFeatures(2).apply([[1]]))).toBe("ERR_SHAPE X");
  });
});

describe("degenerate", () => {
  it("no rows, zero rows, 1e±150", () => {
    expect(monomialFeatures(3).applySync({ data: new Float64Array(0), shape: [0, 3], stride: [3, 1], offset: 0 }).shape).toEqual([0, 6]);
    expect(valuesOf(monomialFeatures(2).applySync([[0, 0]]))).toEqual(new Float64Array(3));
    expect(valuesOf(monomialFeatures(1).applySync([[1e150]]))[0]! / 1e300).toBeCloseTo(1, 12);
    expect(valuesOf(monomialFeatures(1).applySync([[1e-150]]))[0]! / 1e-300).toBeCloseTo(1, 12);
  });
});
