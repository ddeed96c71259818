import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../tooling/fixtures/fourier/data.json" with { type: "json" };
import type { NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { fft, fftAsync } from "../src/transform/fft.js";
import type { Spectrum } from "../src/transform/spectrum.js";
import { fixtureInput, fourierOracle, normOf, relativeError, rounds } from "./fourier-support.js";
import { dtypes, expectError, expectSameBits, inDtype, UNIT } from "./numeric-support.js";

const normals = (shape: readonly number[], seed: string): NdArray => inDtype(gaussianArray([...shape], { seed }), "float64");

function expectSameSpectrum(got: Spectrum, want: Spectrum): void {
  expectSameBits(got.re, want.re);
  expectSameBits(got.im, want.im);
}

describe("oracle", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 32, 60, 64, 97, 100, 128, 255, 256, 512, 1000, 1024])(
    "n = %i: the definition, summed with compensation",
    (n) => {
      const [re, im] = [normals([n], `re ${n}`), normals([n], `im ${n}`)];
      const want = fourierOracle(pack(re), pack(im));
      const got = fft(re, im);
      expect(relativeError(got, want)).toBeLessThanOrEqual(rounds(n) * UNIT.float64);
      // the inverse of the transform, each within the law
      const back = fft(got.re, got.im, { inverse: true });
      expect(relativeError(back, { re: pack(re), im: pack(im) })).toBeLessThanOrEqual(2 * rounds(n) * UNIT.float64);
    },
  );

  test.each([2 ** 13, 2 ** 14, 2 ** 15, 2 ** 17])("n = %i: sums of exponentials are spikes", (n) => {
    const k = Math.floor(n / 3);
    const spike = new Float64Array(n);
    spike[k] = 1;
    spike[1] = -2;
    const x = fft(spike, null, { inverse: true });
    const X = fft(x.re, x.im);
    expect(relativeError(X, { re: spike, im: new Float64Array(n) })).toBeLessThanOrEqual(2 * rounds(n) * UNIT.float64);
  });
});

describe("laws", () => {
  test.each([1, 7, 64, 100, 1024, 3072, 2 ** 15])("n = %i: Parseval", (n) => {
    const [re, im] = [normals([n], "parseval re"), normals([n], "parseval im")];
    const energy = normOf(pack(re), pack(im));
    const X = fft(re, im);
    // the norm of an error within the law moves the norm by no more; the sums of squares add n u/2 at most, and much less in fact
    expect(Math.abs(normOf(pack(X.re), pack(X.im)) / Math.sqrt(n) / energy - 1)).toBeLessThanOrEqual(
      (rounds(n) + Math.sqrt(n)) * UNIT.float64,
    );
  });

  test("float32: computed in float64, rounded once", () => {
    const x = inDtype(normals([5, 64], "single"), "float32");
    const wide = fft(inDtype(x, "float64"), null);
    const got = fft(x, null);
    expectSameBits(got.re, inDtype(wide.re, "float32"));
    expectSameBits(got.im, inDtype(wide.im, "float32"));
    expect(fft(x, inDtype(x, "float64")).re.data).toBeInstanceOf(Float64Array);
  });

  test.each([8, 12])("rows of %i: every axis and layout, the same bits", (n) => {
    for (const dtype of dtypes) {
      const [re, im] = [inDtype(normals([5, n], "layout re"), dtype), inDtype(normals([5, n], "layout im"), dtype)];
      const want = fft(re, im);
      for (let i = 0; i < 5; i++) {
        const one = fft(slice(re, i), slice(im, i));
        expectSameBits(one.re, inDtype(slice(want.re, i), dtype));
        expectSameBits(one.im, inDtype(slice(want.im, i), dtype));
      }
      const turned = fft(transpose(re), transpose(im), { axis: 0 });
      expectSameBits(inDtype(transpose(turned.re), dtype), want.re);
      expectSameBits(inDtype(transpose(turned.im), dtype), want.im);
      for (const layout of layouts) {
        const [a, b] = [strided(re, layout), strided(im, layout)];
        expectSameSpectrum(fft(a, b, { axis: -1 }), want);
      }
    }
  });

  test.each([16, 20])("n = %i: the inverse is the transform with parts swapped, over n", (n) => {
    const [re, im] = [normals([n], "swap re"), normals([n], "swap im")];
    const [inverse, swapped] = [fft(re, im, { inverse: true }), fft(im, re)];
    expect(pack(inverse.re)).toEqual(pack(swapped.im).map((value) => value * (1 / n)));
    expect(pack(inverse.im)).toEqual(pack(swapped.re).map((value) => value * (1 / n)));
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
      [300, 1024],
      [2, 2 ** 17],
      [3, 20000],
    ])("%i rows of %i: the same bits", async (rows, n) => {
      const [re, im] = [normals([rows, n], "threads re"), normals([rows, n], "threads im")];
      const want = fft(re, im);
      for (const threads of [1, 2, 3, 4]) expectSameSpectrum(await fftAsync(re, im, { threads }), want);
      expect(arenaBytesInUse()).toBe(0);
    });
  });
});

describe("fixtures", () => {
  test.each(fixture.fft)("NumPy, n = $n", ({ n, complex }) => {
    const { re, im } = fixtureInput(n);
    const X = fft(re, im);
    const size = normOf(re, im) * Math.sqrt(n);
    for (const [k, a, b] of complex as [number, number, number][]) {
      // the law for us, and as much for NumPy
      const allowed = 2 * rounds(n) * UNIT.float64 * size;
      expect(Math.abs(X.re.data[k]! - a)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(X.im.data[k]! - b)).toBeLessThanOrEqual(allowed);
    }
  });
});

describe("errors", () => {
  test("shapes, axes, options", async () => {
    expectError(() => fft([], null), ShapeError, { where: "fft", argument: "re" });
    expectError(() => fft([1, 2], [1]), ShapeError, { argument: "im" });
    expectError(() => fft([1, 2], [[1, 2]]), ShapeError, { argument: "im" });
    expectError(() => fft([1, 2], null, { axis: 1 }), OptionError, { argument: "axis" });
    expectError(() => fft([1, 2], null, { inverse: 1 as never }), OptionError, { argument: "inverse" });
    expectError(() => fft([1, 2], null, { threads: 1 } as never), OptionError, { argument: "threads" });
    expectError(() => fft(view(new Float64Array(1), [2 ** 24 + 1], [0]), null), ShapeError, { argument: "re" });
    await expect(fftAsync([], null)).rejects.toMatchObject({ code: "ERR_SHAPE", where: "fftAsync" });
    await expect(fftAsync([1], null, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  test.each([7, 8, 12])("n = %i: NaN, infinities, overflow", (n) => {
    const x = new Float64Array(n);
    x[n - 1] = Infinity;
    expectError(() => fft(x, null), NonFiniteError, { argument: "re", index: [n - 1], value: Infinity });
    expectError(() => fft(new Float64Array(n), x), NonFiniteError, { argument: "im", index: [n - 1] });
    expectError(() => fft(new Float64Array(n).fill(1e308), null), NonFiniteError, { argument: "result overflows float64" });
    expectError(() => fft(new Float32Array(n).fill(3e38), null), NonFiniteError, { argument: "result overflows float32" });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("one entry, no rows, zeros; exact where the factors are", () => {
    expect([...fft([5], [-2]).re.data, ...fft([5], [-2]).im.data]).toEqual([5, -2]);
    expect(fft(view(new Float32Array(0), [0, 9]), null).im.shape).toEqual([0, 9]);
    for (const n of [1, 2, 3, 8, 9, 100]) expect(pack(fft(new Float64Array(n), null).re).every((value) => value === 0)).toBe(true);
    for (const n of [1, 2, 4, 8, 64])
      expect([...fft(new Float64Array(n).fill(3), null).re.data]).toEqual([3 * n, ...new Float64Array(n - 1)]);
  });

  test.each([8, 12, 97, 2 ** 14])("n = %i at scales 1e150 and 1e-150", (n) => {
    const [re, im] = [normals([n], "scale re"), normals([n], "scale im")];
    const X = fft(re, im);
    for (const scale of [2 ** 498, 2 ** -498]) {
      const times = (list: NdArray): NdArray => plain(pack(list).map((value) => scale * value), [n]) as NdArray; // prettier-ignore
      expectSameSpectrum(fft(times(re), times(im)), { re: times(X.re), im: times(X.im) });
    }
  });
});
