import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../tooling/fixtures/fourier/data.json" with { type: "json" };
import type { NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { fft } from "../src/transform/fft.js";
import { irfft, irfftAsync } from "../src/transform/irfft.js";
import { rfft, rfftAsync } from "../src/transform/rfft.js";
import { fixtureInput, fourierOracle, normOf, relativeError, rounds } from "./fourier-support.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, UNIT } from "./numeric-support.js";

const normals = (shape: readonly number[], seed: string): NdArray => inDtype(gaussianArray([...shape], { seed }), "float64");
const halfOf = (n: number): number => Math.floor(n / 2) + 1;

describe("oracle", () => {
  test.each([1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 32, 64, 97, 100, 128, 512, 1000, 1024])("n = %i: the definition", (n) => {
    const x = normals([n], `real ${n}`);
    const want = fourierOracle(pack(x), new Float64Array(n));
    const half = { re: want.re.subarray(0, halfOf(n)), im: want.im.subarray(0, halfOf(n)) };
    expect(relativeError(rfft(x), half)).toBeLessThanOrEqual(rounds(n) * UNIT.float64);
  });

  test.each([2 ** 13, 2 ** 14, 2 ** 15, 2 ** 18, 3 * 2 ** 12])("n = %i: the half of the complex transform", (n) => {
    const x = normals([n], "long real");
    const { re, im } = fft(x, null);
    const half = { re: pack(slice(re, [0, halfOf(n)])), im: pack(slice(im, [0, halfOf(n)])) };
    expect(relativeError(rfft(x), half)).toBeLessThanOrEqual(2 * rounds(n) * UNIT.float64);
  });
});

describe("laws", () => {
  test.each([4, 8, 16, 1024, 2 ** 14, 2 ** 15])("n = %i: a packed vector without options has the bits of the general path", (n) => {
    const x = normals([n], "packed");
    expectSameBits(rfft(x).re, rfft(x, {}).re);
    expectSameBits(rfft(x).im, rfft(x, {}).im);
  });

  test.each([1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 100, 1024, 1025, 3072, 2 ** 14, 2 ** 15, 2 ** 18])("n = %i: irfft undoes rfft", (n) => {
    for (const dtype of dtypes) {
      const x = inDtype(normals([n], "undo"), dtype);
      const back = irfft(rfft(x), n);
      expect(back.data.constructor).toBe(x.data.constructor);
      const [values, zeros] = [pack(x), new Float64Array(n)];
      const norm = normOf(values, zeros);
      const error = normOf(pack(back).map((value, i) => value - values[i]!), zeros); // prettier-ignore
      // the law both ways; in float32 two roundings of results as well
      expect(error).toBeLessThanOrEqual((2 * rounds(n) * UNIT.float64 + (dtype === "float32" ? 3 * UNIT.float32 : 0)) * norm);
    }
  });

  test.each([16, 9])("rows of %i: every axis and layout, the same bits, there and back", (n) => {
    for (const dtype of dtypes) {
      const x = inDtype(normals([5, n], "layout"), dtype);
      const want = rfft(x);
      for (let i = 0; i < 5; i++) expectSameBits(rfft(slice(x, i)).im, inDtype(slice(want.im, i), dtype));
      const turned = rfft(transpose(x), { axis: 0 });
      expect(turned.re.shape).toEqual([halfOf(n), 5]);
      expectSameBits(inDtype(transpose(turned.re), dtype), want.re);
      const back = irfft(want, n);
      expectSameBits(inDtype(transpose(irfft(turned, n, { axis: 0 })), dtype), back);
      for (const layout of layouts) {
        expectSameBits(rfft(strided(x, layout)).re, want.re);
        expectSameBits(irfft({ re: strided(want.re, layout), im: strided(want.im, layout) }, n), back);
      }
    }
  });

  test.each([8, 16, 64, 9])("n = %i: imaginary parts that a real row cannot have do not count", (n) => {
    const { re, im } = rfft(normals([n], "imaginary"));
    const other = inDtype(im, "float64");
    other.data[0] = 3;
    if (n % 2 === 0) other.data[n / 2] = -4;
    expectSameBits(irfft({ re, im: other }, n), irfft({ re, im }, n));
  });

  describe("threads", () => {
    beforeAll(async () => {
      configure({ threads: 4 });
      await ready();
    });
    afterAll(async () => {
      configure({ threads: "auto" });
      await closePool();
    });

    test.each([
      [300, 2048],
      [2, 2 ** 18],
    ])("%i rows of %i: the same bits; a part of the rows too", async (rows, n) => {
      const x = normals([rows, n], "threads");
      const want = rfft(x);
      const back = irfft(want, n);
      for (const threads of [1, 2, 3, 4]) {
        const got = await rfftAsync(x, { threads });
        expectSameBits(got.re, want.re);
        expectSameBits(got.im, want.im);
        expectSameBits(await irfftAsync(want, n, { threads }), back);
      }
      expectSameBits(rfft(slice(x, 1)).re, inDtype(slice(want.re, 1), "float64"));
      expect(arenaBytesInUse()).toBe(0);
    });
  });
});

describe("fixtures", () => {
  test.each(fixture.fft)("NumPy, n = $n", ({ n, real }) => {
    const { re } = fixtureInput(n);
    const X = rfft(re);
    // the law for us, and as much for NumPy
    const allowed = 2 * rounds(n) * UNIT.float64 * Math.sqrt(n) * normOf(re, new Float64Array(n));
    for (const [k, a, b] of real as [number, number, number][]) {
      expect(Math.abs(X.re.data[k]! - a)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(X.im.data[k]! - b)).toBeLessThanOrEqual(allowed);
    }
  });
});

describe("errors", () => {
  test("shapes, axes, options, n", async () => {
    expectError(() => rfft([]), ShapeError, { where: "rfft", argument: "x" });
    expectError(() => rfft([1], { axis: 2 }), OptionError, { argument: "axis" });
    expectError(() => rfft([1], { inverse: true } as never), OptionError, { argument: "inverse" });
    const X = rfft([1, 2, 3]);
    for (const n of [0, -1, 2.5, NaN]) expectError(() => irfft(X, n), OptionError, { where: "irfft", argument: "n" });
    for (const n of [1, 4, 5]) expectError(() => irfft(X, n), ShapeError, { argument: "re" });
    expectError(() => irfft({ re: [1, 2], im: [1] }, 3), ShapeError, { argument: "im" });
    expectError(() => irfft(X, 3, { axis: 1 }), OptionError, { argument: "axis" });
    expectError(() => irfft(X, 3, { scale: 1 } as never), OptionError, { argument: "scale" });
    await expect(rfftAsync([])).rejects.toMatchObject({ code: "ERR_SHAPE", where: "rfftAsync" });
    await expect(irfftAsync(X, 0)).rejects.toMatchObject({ code: "ERR_OPTION", where: "irfftAsync" });
  });

  test.each([7, 16, 12, 2 ** 15])("n = %i: NaN, infinities, overflow", (n) => {
    for (const bad of [NaN, Infinity]) {
      const x = new Float64Array(2 * n);
      x[n + 5] = bad;
      expectError(() => rfft(view(x, [2, n])), NonFiniteError, { argument: "x", value: bad, index: [1, 5] });
      expectError(() => rfft(view(x, [n, 2], [1, n]), { axis: 0 }), NonFiniteError, { index: [5, 1] });
    }
    expectError(() => rfft(new Float64Array(n).fill(1e308)), NonFiniteError, { argument: "result overflows float64" });
    expectError(() => rfft(new Float32Array(n).fill(3e38)), NonFiniteError, { argument: "result overflows float32" });
    const im = new Float64Array(halfOf(n));
    im[2] = NaN;
    expectError(() => irfft({ re: new Float64Array(halfOf(n)), im }, n), NonFiniteError, { argument: "im", index: [2] });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("one entry, no rows, constants", () => {
    expect([...rfft([5]).re.data, ...rfft([5]).im.data]).toEqual([5, 0]);
    expect([...irfft({ re: [5], im: [9] }, 1).data]).toEqual([5]);
    expect(rfft(view(new Float32Array(0), [0, 16])).re.shape).toEqual([0, 9]);
    expect(irfft(rfft(view(new Float32Array(0), [0, 16])), 16).shape).toEqual([0, 16]);
    for (const n of [2, 4, 8, 64]) expect([...rfft(new Float64Array(n).fill(3)).re.data]).toEqual([3 * n, ...new Float64Array(n / 2)]);
  });

  test.each([16, 12])("n = %i at scales 1e150 and 1e-150", (n) => {
    const x = normals([n], "scale");
    for (const scale of [2 ** 498, 2 ** -498]) {
      const scaled = plain(pack(x).map((value) => scale * value), [n]) as NdArray; // prettier-ignore
      expectWithin(rfft(scaled).re, plain(pack(rfft(x).re).map((value) => scale * value), [halfOf(n)]), 0); // prettier-ignore
    }
  });
});
