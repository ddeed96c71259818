import { gaussianArray, layouts, pack, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { circularConvolve, circularConvolveAsync } from "../src/transform/circular-convolve.js";
import { rfft } from "../src/transform/rfft.js";
import { normOf } from "./fourier-support.js";
import { dtypes, expectError, expectSameBits, inDtype, UNIT } from "./numeric-support.js";

const normals = (shape: readonly number[], seed: string): NdArray => inDtype(gaussianArray([...shape], { seed }), "float64");
const norm = (x: Float64Array): number => normOf(x, new Float64Array(x.length));

/** The law, in units of rounding: three transforms and a product. */
const rounds = (n: number): number => 20 * Math.log2(Math.max(2, n));

function expectConvolution(z: Float64Array, x: Float64Array, y: Float64Array): void {
  const n = x.length;
  const difference = z.map((value, k) => value - x.reduce((sum, xj, j) => sum + xj * y[(k - j + n) % n]!, 0));
  expect(norm(difference)).toBeLessThanOrEqual(rounds(n) * UNIT.float64 * norm(x) * norm(y) * Math.sqrt(n));
}

describe("oracle", () => {
  test.each([1, 2, 3, 5, 8, 16, 31, 64, 100, 256])("n = %i: the definition", (n) => {
    const [x, y] = [normals([n], "x"), normals([n], "y")];
    expectConvolution(pack(circularConvolve(x, y)), pack(x), pack(y));
  });

  test("70 rows, more than one group: the same bits as row by row", () => {
    for (const dtype of dtypes) {
      const [X, Y] = [inDtype(normals([7, 10, 16], "X"), dtype), inDtype(normals([7, 10, 16], "Y"), dtype)];
      const Z = circularConvolve(X, Y);
      expect(Z.shape).toEqual([7, 10, 16]);
      for (const [i, j] of [
        [0, 0],
        [6, 3],
        [6, 9],
      ] as const)
        // prettier-ignore
        expectSameBits(circularConvolve(slice(X, i, j), slice(Y, i, j)), inDtype(slice(Z, i, j), dtype));
      const [A, B] = [view(X.data, [70, 16]), view(Y.data, [70, 16])];
      for (const layout of layouts) expectSameBits(circularConvolve(strided(A, layout), B), view(Z.data, [70, 16]));
    }
  });
});

describe("laws", () => {
  test.each([16, 12, 128])("n = %i: the convolution theorem; shifts; it commutes", (n) => {
    const [x, y] = [normals([n], "x"), normals([n], "y")];
    const [X, Y, Z] = [rfft(x), rfft(y), rfft(circularConvolve(x, y))];
    const allowed = 2 * rounds(n) * UNIT.float64 * norm(pack(x)) * norm(pack(y)) * n;
    for (let k = 0; k < Z.re.data.length; k++) {
      const [a, b, c, d] = [X.re.data[k]!, X.im.data[k]!, Y.re.data[k]!, Y.im.data[k]!];
      expect(Math.abs(Z.re.data[k]! - (a * c - b * d))).toBeLessThanOrEqual(allowed);
      expect(Math.abs(Z.im.data[k]! - (a * d + b * c))).toBeLessThanOrEqual(allowed);
    }
    const shift = new Float64Array(n);
    shift[1] = 1;
    expectConvolution(pack(circularConvolve(x, shift)), pack(x), shift);
    expectSameBits(circularConvolve(x, y), circularConvolve(y, x));
  });

  test("the asynchronous form has the same bits", async () => {
    const [X, Y] = [normals([70, 64], "X"), normals([70, 64], "Y")];
    expectSameBits(await circularConvolveAsync(X, Y, { threads: 1 }), circularConvolve(X, Y));
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  test("shapes, controls, entries", async () => {
    expectError(() => circularConvolve([], []), ShapeError, { where: "circularConvolve", argument: "X" });
    expectError(() => circularConvolve([1, 2], [1]), ShapeError, { argument: "Y" });
    expectError(() => circularConvolve([1, NaN], [1, 2]), NonFiniteError, { argument: "X", index: [1] });
    expectError(() => circularConvolve([1, 2], [Infinity, 2]), NonFiniteError, { argument: "Y", index: [0] });
    expectError(() => circularConvolve([1e200, 0], [1e200, 0]), NonFiniteError, {});
    await expect(circularConvolveAsync([1], [1], { axis: 0 } as never)).rejects.toBeInstanceOf(OptionError);
  });
});

describe("degenerate", () => {
  test("one entry, no rows", () => {
    expect([...circularConvolve([3], [-2]).data]).toEqual([-6]);
    expect(circularConvolve(view(new Float32Array(0), [0, 4]), view(new Float32Array(0), [0, 4])).shape).toEqual([0, 4]);
  });
});
