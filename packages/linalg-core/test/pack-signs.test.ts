import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { view } from "../src/array/view.js";
import { packSigns } from "../src/bits/pack-signs.js";
import { NonFiniteError, ShapeError } from "../src/errors.js";
import { dtypes, expectError, inDtype } from "./numeric-support.js";

const lengths = [1, 31, 32, 33, 63, 64, 65, 1000, 1024];

describe("oracle", () => {
  test.each(lengths)("d = %i: bit j of a row is the sign of entry j, and nothing lies behind the last", (d) => {
    for (const dtype of dtypes) {
      const X = inDtype(gaussianArray([5, d], { seed: `signs/${d}` }), dtype);
      const { bits, rows, dimensions, wordsPerRow } = packSigns(X);
      expect([rows, dimensions, wordsPerRow]).toEqual([5, d, 2 * Math.ceil(d / 64)]);
      expect(bits.length).toBe(rows * wordsPerRow);
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 32 * wordsPerRow; j++) {
          const bit = (bits[i * wordsPerRow + Math.floor(j / 32)]! >>> (j % 32)) & 1;
          expect(bit).toBe(j < d && X.data[i * d + j]! >= 0 ? 1 : 0);
        }
      }
    }
  });

  test("zeros of both signs count as +1; the least numbers keep their sign; lists and integers", () => {
    expect([...packSigns([[0, -0, 5e-324, -5e-324, 1, -1]]).bits]).toEqual([0b010111, 0]);
    expect([...packSigns({ data: Int32Array.of(-1, 0, 7), shape: [1, 3], stride: [3, 1], offset: 0 }).bits]).toEqual([0b110, 0]);
  });
});

describe("laws", () => {
  test("strides change nothing", () => {
    const X = inDtype(gaussianArray([7, 70], { seed: "strides" }), "float64");
    const want = packSigns(X);
    for (const layout of layouts) {
      const { data, shape, stride, offset } = strided(X, layout);
      expect(packSigns(view(data as Float64Array, shape, stride, offset))).toEqual(want);
    }
    expect(packSigns(plain(pack(X).map((x) => x * 1e-300), [7, 70]))).toEqual(want); // prettier-ignore
  });
});

describe("errors", () => {
  test("no matrix; NaN and infinities, named by their index", () => {
    expectError(() => packSigns([1, 2] as never), ShapeError, { where: "packSigns", argument: "X" });
    for (const bad of [NaN, Infinity, -Infinity]) {
      expectError(() => packSigns([[1, 1], [1, bad]]), NonFiniteError, { where: "packSigns", argument: "X", index: [1, 1] }); // prettier-ignore
    }
  });
});

describe("degenerate", () => {
  test("no rows, no columns", () => {
    expect(packSigns(view(new Float32Array(0), [0, 40]))).toEqual({ bits: new Uint32Array(0), rows: 0, dimensions: 40, wordsPerRow: 2 });
    expect(packSigns(view(new Float32Array(0), [3, 0]))).toEqual({ bits: new Uint32Array(0), rows: 3, dimensions: 0, wordsPerRow: 0 });
  });
});
