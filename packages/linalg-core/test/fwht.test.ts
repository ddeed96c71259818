import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { fwht, fwhtAsync } from "../src/transform/fwht.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

/** The parity of the ones in i & j says the sign of entry (i, j) of the Hadamard matrix. */
function parity(bits: number): number {
  let odd = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) odd ^= 1;
  return odd;
}

function denseOracle(x: Float64Array): Float64Array {
  return x.map((_, i) => x.reduce((sum, value, j) => sum + (parity(i & j) ? -value : value), 0));
}

/** The level-by-level definition, rounded to the dtype at each step. */
function levelOracle(values: Float32Array | Float64Array): Float32Array | Float64Array {
  const x = values.slice();
  for (let h = 1; h < x.length; h *= 2) {
    for (let i = 0; i < x.length; i++) {
      if (i & h) continue;
      const [a, b] = [x[i]!, x[i + h]!];
      x[i] = a + b;
      x[i + h] = a - b;
    }
  }
  return x;
}

const normals = (n: number, seed: string): NdArray => inDtype(gaussianArray([n], { seed }), "float64");

describe("oracle", () => {
  test("the dense Hadamard matrix, n ≤ 512", () => {
    for (let n = 1; n <= 512; n *= 2) {
      for (const dtype of dtypes) {
        const x = inDtype(normals(n, `dense ${n}`), dtype);
        const size = pack(x).reduce((sum, value) => sum + Math.abs(value), 0);
        const allowed = gamma(Math.max(1, Math.log2(n)), UNIT[dtype]) * size + gamma(n, UNIT.float64) * size; // the oracle sums one by one
        expectWithin(fwht(x), plain(denseOracle(pack(x)), [n]), allowed);
      }
    }
  });

  test.each([1, 2, 4, 8, 16, 32, 64, 128, 1024, 2048, 4096, 8192, 16384, 65536, 2 ** 18, 2 ** 20])(
    "n = %i: the bits of the levels one after the other",
    (n) => {
      const draw = pack(gaussianArray([Math.min(n, 4096)], { seed: "levels" }));
      for (const dtype of dtypes) {
        const values = Float64Array.from({ length: n }, (_, i) => draw[i % draw.length]! + (i >> 12));
        const x = dtype === "float32" ? Float32Array.from(values) : values;
        expectSameBits(fwht(view(x, [n])), view(levelOracle(x), [n]));
      }
    },
  );
});

describe("laws", () => {
  test.each(dtypes)("%s: a packed vector without options has the bits of the general path", (dtype) => {
    for (const n of [1, 2, 8, 1024, 2 ** 15]) {
      const x = inDtype(gaussianArray([n], { seed: "packed" }), dtype);
      expectSameBits(fwht(x), fwht(x, {}));
    }
  });

  test("twice is n times the input, exactly, for small integers; normalized, it is its own inverse", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.constantFrom(...dtypes), fc.integer(), (m, dtype, seed) => {
        const n = 2 ** m;
        const x = inDtype(
          plain(
            Float64Array.from({ length: n }, (_, i) => ((i * 31 + (seed % 1000)) % 19) - 9),
            [n],
          ),
          dtype,
        );
        // sums of 2^12 integers below 18, twice: 2^29 in float64; of float32, 2^24 are exact: 18 n
        if (dtype === "float64" || m <= 9)
          expectWithin(
            fwht(fwht(x)),
            plain(
              pack(x).map((value) => n * value),
              [n],
            ),
            0,
          );
        const back = fwht(fwht(x, { normalize: true }), { normalize: true });
        const norm = Math.sqrt(pack(x).reduce((sum, value) => sum + value * value, 0));
        // m levels and a factor each way, normwise
        expectWithin(back, x, 2 * (m + 2) * UNIT[dtype] * norm);
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  test("every axis, every layout, `out` and in place: the same bits", () => {
    for (const dtype of dtypes) {
      const x = inDtype(gaussianArray([16, 32], { seed: "axes" }), dtype);
      const along = fwht(x);
      for (let i = 0; i < 16; i++) expectSameBits(inDtype(slice(along, i), dtype), fwht(slice(x, i)));
      const down = fwht(x, { axis: 0 });
      expectSameBits(inDtype(transpose(down), dtype), fwht(transpose(x)));
      expectSameBits(fwht(x, { axis: -2 }), down);
      for (const layout of layouts) {
        const { data, shape, stride, offset } = strided(x, layout);
        const X = view(data as Float64Array, [...shape], [...stride], offset);
        for (const axis of [0, 1]) {
          const want = axis === 0 ? down : along;
          expectSameBits(fwht(X, { axis }), want);
          const target = strided(x, layout);
          const out = view(target.data as Float64Array, [...shape], [...target.stride], target.offset);
          expect(fwht(x, { axis, out })).toBe(out);
          expectSameBits(inDtype(out, dtype), want);
        }
        expect(fwht(X, { out: X })).toBe(X);
        expectSameBits(inDtype(X, dtype), along);
      }
      const cube = inDtype(gaussianArray([3, 8, 5], { seed: "cube" }), dtype);
      const middle = fwht(cube, { axis: 1 });
      for (let i = 0; i < 3; i++) expectSameBits(inDtype(slice(middle, i, null, 2), dtype), fwht(inDtype(slice(cube, i, null, 2), dtype)));
    }
  });

  test("integers and nested lists", () => {
    expect([...fwht([1, 0, 0, 2]).data]).toEqual([3, -1, -1, 3]);
    expect(fwht(Int32Array.of(1, 1)).data).toEqual(Float64Array.of(2, 0));
    expect([...fwht([[1, 2], [3, 4]], { axis: 0 }).data]).toEqual([4, 6, -2, -2]); // prettier-ignore
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

    test.each(dtypes)("%s: one to four threads give the bits of the calling thread", async (dtype) => {
      const x = inDtype(gaussianArray([300, 4096], { seed: "threads" }), dtype);
      const long = view(x.data.slice(0, 2 ** 20), [2 ** 20]);
      const [rows, one] = [fwht(x), fwht(long, { normalize: true })];
      for (const threads of [1, 2, 3, 4]) {
        expectSameBits(await fwhtAsync(x, { threads }), rows);
        expectSameBits(await fwhtAsync(long, { threads, normalize: true }), one);
      }
      const few = slice(x, [7, 9]);
      expectSameBits(fwht(few), inDtype(slice(rows, [7, 9]), dtype));
      const out = view(x.data.slice(), x.shape.slice());
      expect(await fwhtAsync(out, { out, axis: 1 })).toBe(out);
      expectSameBits(out, rows);
      expect(arenaBytesInUse()).toBe(0);
    });

    test("an abort leaves nothing behind", async () => {
      const reason = new Error("enough");
      await expect(fwhtAsync([1, 2], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(arenaBytesInUse()).toBe(0);
    });
  });
});

describe("errors", () => {
  test("lengths, axes, shapes", () => {
    for (const n of [0, 3, 6, 1000]) expectError(() => fwht(new Float64Array(n)), ShapeError, { where: "fwht", argument: "X" });
    expect(() => fwht([1, 2, 3])).toThrow("fwht(X): expected a power of two as the length of axis 0, got [3]");
    expectError(() => fwht([[1, 2], [3]]), ShapeError, { argument: "X" });
    expectError(() => fwht({ data: [1], shape: [], stride: [], offset: 0 }), ShapeError, { argument: "X" });
    for (const axis of [1, -2, 0.5, NaN, "0"]) expectError(() => fwht([1, 2], { axis: axis as number }), OptionError, { argument: "axis" });
  });

  test.each([
    ["normalize", 1],
    ["threads", 2],
    ["scale", 2],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => fwht([1, 2], { [name]: value }), OptionError, { argument: name });
  });

  test("`out`", async () => {
    expectError(() => fwht([1, 2], { out: view(new Float64Array(4), [4]) }), ShapeError, { argument: "out" });
    expectError(() => fwht([1, 2], { out: view(new Float32Array(2), [2]) }), OptionError, { argument: "out" });
    expectError(() => fwht([[1, 2], [3, 4]], { out: view(new Float64Array(4), [2, 2], [0, 1]) }), OptionError, { argument: "out" }); // prettier-ignore
    await expect(fwhtAsync([1, 2, 3])).rejects.toMatchObject({ code: "ERR_SHAPE", where: "fwhtAsync" });
  });

  test.each(dtypes)("%s: NaN, infinities and sums that overflow are named by their index, and `out` stays as it is", (dtype) => {
    for (const [rows, n] of [
      [3, 8],
      [3, 4],
      [2, 2 ** 18],
    ] as const) {
      // prettier-ignore
      for (const bad of [NaN, Infinity, -Infinity]) {
        const x = inDtype(plain(new Float64Array(rows * n), [rows, n]), dtype);
        x.data[n + 3] = bad;
        const out = inDtype(plain(new Float64Array(rows * n).fill(7), [rows, n]), dtype);
        expectError(() => fwht(x, { out }), NonFiniteError, { where: "fwht", argument: "X", value: bad, index: [1, 3] });
        expect(new Set(out.data)).toEqual(new Set([7]));
        const turned = view(x.data, [n, rows], [1, n]);
        expectError(() => fwht(turned, { axis: 0 }), NonFiniteError, { index: [3, 1] });
      }
    }
    const big = dtype === "float32" ? 3e38 : 1.5e308;
    expectError(() => fwht(inDtype(plain(Float64Array.of(1, 1, big, big), [2, 2]), dtype)), NonFiniteError, {
      argument: `result overflows ${dtype}`,
      index: [1, 0],
    });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("one entry, no rows, huge and tiny scales, the largest numbers", () => {
    expect([...fwht([5]).data]).toEqual([5]);
    expect(fwht(view(new Float32Array(0), [0, 8])).shape).toEqual([0, 8]);
    const x = normals(64, "scales");
    for (const scale of [2 ** 500, 2 ** -500]) {
      const scaled = plain(
        pack(x).map((value) => scale * value),
        [64],
      );
      expectWithin(
        fwht(scaled),
        plain(
          pack(fwht(x)).map((value) => scale * value),
          [64],
        ),
        0,
      );
    }
    expect([...fwht([Number.MAX_VALUE, 0]).data]).toEqual([Number.MAX_VALUE, Number.MAX_VALUE]); // the bound from exponents does not show it, the check does
    expect(Object.is(fwht([-0]).data[0], -0)).toBe(true);
  });
});
