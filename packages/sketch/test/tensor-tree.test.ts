import { describe, expect, it } from "vitest";
import { tensorTree, tensorTreeVariance, type TensorTreeLeaf, type TensorTreeOptions } from "../src/tensor-tree.js";
import { valuesOf } from "./dense.js";
import { codeOf } from "./failures.js";
import { inner, innerProducts, meanOf, rowsFor, sparse } from "./features.js";

const unit = (x: number[]): number[] => x.map((value) => value / Math.sqrt(inner(x, x)));
const leaves: readonly TensorTreeLeaf[] = ["sparseSign", "countSketch", "srht", "gaussian", "rademacher"];

describe("oracle", () => {
  it("degree 1 is a leaf: linear, and for one column ±x", () => {
    const map = tensorTree(5, 8, { degree: 1, leaf: "countSketch" });
    const z = valuesOf(map.applySync([[0, 3, 0, 0, 0]]));
    expect(Array.from(z, Math.abs).filter((x) => x > 0)).toEqual([3]);
  });
});

describe("theorem-sized", () => {
  const cases: readonly [TensorTreeOptions, number][] = [
    ...leaves.map((leaf): [TensorTreeOptions, number] => [{ degree: 2, leaf }, 8]),
    [{ degree: 3 }, 24],
    [{ degree: 4, node: "tensorSketch" }, 32],
    [{ degree: 5, offset: 0.5, gamma: 0.5 }, 64],
  ];
  for (const [options, m] of cases) {
    it(`unbiased within 4 standard deviations, variance at most the bound, 1000 seeds: ${JSON.stringify(options)}`, () => {
      const [x, y] = rowsFor(2, 8, "tree").map(unit) as [number[], number[]];
      const { degree = 4, gamma = 1, offset = 0 } = options;
      const sample = Array.from({ length: 1000 }, (_, seed) => innerProducts(tensorTree(8, m, { ...options, seed }).applySync([x, y]))[1]!);
      const { mean, deviation, variance } = meanOf(sample);
      expect(Math.abs(mean - (gamma * inner(x, y) + offset) ** degree)).toBeLessThanOrEqual(4 * deviation);
      const size = (gamma + offset) ** degree; // ‖x'‖^p ‖y'‖^p
      expect(variance).toBeLessThanOrEqual((tensorTreeVariance(degree, m) / m) * size * size);
    });
  }
  it("norms of degree 8: variance at most the bound, far below (3^8 − 1)/m", () => {
    const x = unit(rowsFor(1, 8, "degree 8")[0]!);
    const sample = Array.from({ length: 300 }, (_, seed) => innerProducts(tensorTree(8, 256, { degree: 8, seed }).applySync([x]))[0]!);
    const { mean, deviation, variance } = meanOf(sample);
    expect(Math.abs(mean - 1)).toBeLessThanOrEqual(4 * deviation);
    expect(variance).toBeLessThanOrEqual(tensorTreeVariance(8, 256) / 256);
    expect(tensorTreeVariance(8, 256)).toBeLessThan(3 ** 8 / 50);
  });
  it("the error falls like m^(−1/2)", () => {
    const [x, y] = rowsFor(2, 8, "tree slope").map(unit) as [number[], number[]];
    const errorAt = (m: number): number => {
      const sample = Array.from({ length: 400 }, (_, seed) => innerProducts(tensorTree(8, m, { degree: 3, seed }).applySync([x, y]))[1]!);
      return Math.sqrt(meanOf(sample.map((value) => (value - inner(x, y) ** 3) ** 2)).mean);
    };
    // 400 squares of heavy-tailed errors: their means vary by 15 %, the slope by 0.03; 4 of that
    expect(Math.abs(Math.log(errorAt(1024) / errorAt(32)) / Math.log(32) + 0.5)).toBeLessThanOrEqual(0.12);
  });
});

describe("laws", () => {
  it("CSR has the values of dense, parts those of the whole, the promise those of the sync form", async () => {
    const X = rowsFor(7, 20, "tree laws", 0.6);
    for (const leaf of leaves) {
      for (const node of ["tensorSrht", "tensorSketch"] as const) {
        const map = tensorTree(20, 20, { degree: 3, offset: 0.5, leaf, node, seed: 3 });
        const Z = map.applySync(X);
        expect(map.applySync(sparse(X, 20)).data).toEqual(Z.data);
        expect((await map.apply(X, { threads: 2 })).data).toEqual(Z.data);
        for (const [i, row] of X.entries()) {
          const z = valuesOf(map.applySync([row]));
          // a product of a leaf may be shared out otherwise for fewer rows: 20 terms of it
          for (let q = 0; q < 20; q++) expect(Math.abs(z[q]! - valuesOf(Z)[i * 20 + q]!)).toBeLessThanOrEqual(1e-13 * 20 ** 1.5);
        }
      }
    }
  });
});

describe("errors", () => {
  it("names what is wrong", () => {
    expect(codeOf(() => tensorTree(3, 8, { degree: 65 }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => tensorTree(3, 8, { leaf: "rowSampling" as TensorTreeLeaf }))).toBe("ERR_OPTION leaf");
    expect(codeOf(() => tensorTree(3, 8, { leaf: "srht" }))).toBe("ERR_OPTION m"); // 8 of 4 rows
    expect(codeOf(() => tensorTree(3, 8, { node: "srht" as "tensorSrht" }))).toBe("ERR_OPTION node");
    expect(codeOf(() => tensorTree(3, 8, { shared: true } as object))).toBe("ERR_OPTION shared");
    expect(codeOf(() => tensorTree(3, 8).applySync([[1, 2]]))).toBe("ERR_SHAPE X");
  });
});

describe("degenerate", () => {
  it("no rows, zero rows, m = 1, 1e±70", () => {
    const empty = { data: new Float64Array(0), shape: [0, 3], stride: [3, 1], offset: 0 };
    expect(tensorTree(3, 8).applySync(empty).shape).toEqual([0, 8]);
    expect(valuesOf(tensorTree(3, 8).applySync([[0, 0, 0]])).every((x) => x === 0)).toBe(true);
    expect(tensorTree(3, 1, { degree: 4 }).applySync([[1, 2, 3]]).shape).toEqual([1, 1]);
    const map = tensorTree(3, 16, { degree: 4 });
    const Z = valuesOf(map.applySync([[1, 2, 3]]));
    for (const e of [-230, 230]) {
      const scaled = valuesOf(map.applySync([[2 ** e, 2 ** (e + 1), 3 * 2 ** e]]));
      for (let q = 0; q < 16; q++) expect(scaled[q]! / 2 ** (2 * e) / 2 ** (2 * e)).toBe(Z[q]);
    }
  });
});
