import { layouts, strided } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { matrixOracle, type MatrixOracleOptions } from "../src/psd-oracle.js";
import { entriesOf, withSpectrum } from "./dense.js";
import { codeOf } from "./failures.js";

describe("oracle", () => {
  it("gives the entries it was given, any layout, any block", () => {
    const K = withSpectrum([5, 4, 3, 2, 1], "m");
    const flat = Float64Array.from(K.flat());
    for (const layout of layouts) {
      const oracle = matrixOracle(strided({ data: flat, shape: [5, 5], stride: [5, 1], offset: 0 }, layout));
      expect(entriesOf(oracle)).toEqual(flat);
      const out = new Float64Array(6);
      oracle.block(1, 3, Int32Array.of(4, 0, 4), out);
      expect(Array.from(out)).toEqual([K[1]![4], K[1]![0], K[1]![4], K[2]![4], K[2]![0], K[2]![4]]);
      const diagonal = new Float64Array(5);
      oracle.diagonal(diagonal);
      expect(Array.from(diagonal)).toEqual(K.map((row, i) => row[i]));
    }
  });
  it("float32 entries are known to their rounding", () => {
    const K = { data: Float32Array.of(1, 0.5, 0.5, 1), shape: [2, 2], stride: [2, 1], offset: 0 };
    expect(matrixOracle(K).relativeError).toBe(2 ** -24);
    expect(matrixOracle(K, { relativeError: 0 }).relativeError).toBe(0);
    expect(matrixOracle([[1]]).relativeError).toBe(0);
  });
});

describe("laws", () => {
  it("keeps a copy", () => {
    const K = [[2, 1], [1, 2]]; // prettier-ignore
    const oracle = matrixOracle(K);
    K[0]![0] = 99;
    expect(Array.from(entriesOf(oracle))).toEqual([2, 1, 1, 2]);
  });
  it("says what it was told", () => {
    expect(matrixOracle([[1]], { positiveSemidefinite: true }).positiveSemidefinite).toBe(true);
    expect(matrixOracle([[1]]).positiveSemidefinite).toBe(false);
  });
});

describe("errors", () => {
  it("names what is wrong", () => {
    expect(codeOf(() => matrixOracle([[1, 2]]))).toBe("ERR_SHAPE K");
    expect(codeOf(() => matrixOracle([[1, NaN], [NaN, 1]]))).toBe("ERR_NON_FINITE K"); // prettier-ignore
    expect(codeOf(() => matrixOracle([[1, 2], [2.001, 5]]))).toBe("ERR_ASSUMPTION K"); // prettier-ignore
    for (const bad of [NaN, -1, 1]) expect(codeOf(() => matrixOracle([[1]], { relativeError: bad }))).toBe("ERR_OPTION relativeError");
    expect(codeOf(() => matrixOracle([[1]], { positiveSemidefinite: 1 as unknown as boolean }))).toBe("ERR_OPTION positiveSemidefinite");
    expect(codeOf(() => matrixOracle([[1]], { psd: true } as MatrixOracleOptions))).toBe("ERR_OPTION psd");
  });
});

describe("degenerate", () => {
  it("an empty matrix, and rounding of a product", () => {
    expect(matrixOracle({ data: new Float64Array(0), shape: [0, 0], stride: [0, 1], offset: 0 }).size).toBe(0);
    expect(matrixOracle([[1, 1 / 3], [1 / 3 + 2 ** -54, 1]]).size).toBe(2); // prettier-ignore
  });
});
