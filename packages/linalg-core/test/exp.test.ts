import { gaussianArray, layouts, pack, plain, strided, ulpDistance } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { exp, type ExpOptions } from "../src/elementwise/exp.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { expError } from "./exact-exp.js";
import { dtypes, expectError, expectSameBits, inDtype, UNIT } from "./numeric-support.js";

const of = (values: readonly number[] | Float64Array, dtype: "float32" | "float64" = "float64"): number[] =>
  Array.from(exp(inDtype(plain(Float64Array.from(values), [values.length]), dtype)).data);

/** So many neighbours in the number grid, upwards from a start. */
function consecutive(start: number, count: number, dtype: "float32" | "float64"): NdArray {
  if (dtype === "float32") {
    const data = new Float32Array(count).fill(start);
    const words = new Int32Array(data.buffer);
    for (let p = 0; p < count; p++) words[p] = words[p]! + (start < 0 ? -p : p);
    return view(data, [count]);
  }
  const data = new Float64Array(count).fill(start);
  const words = new BigInt64Array(data.buffer);
  for (let p = 0; p < count; p++) words[p] = words[p]! + BigInt(start < 0 ? -p : p);
  return view(data, [count]);
}

describe("oracle", () => {
  test("float32: relative error at most 1e-7 on 2^20 points of [-87, 88]", () => {
    const count = 2 ** 20;
    const x = Float32Array.from({ length: count }, (_, p) => -87 + (175 * p) / (count - 1));
    const y = exp(view(x, [count])).data;
    let worst = 0;
    for (let p = 0; p < count; p++) {
      const want = Math.exp(x[p]!); // right to 1e-16
      worst = Math.max(worst, Math.abs(y[p]! - want) / want);
    }
    expect(worst).toBeLessThanOrEqual(1e-7);
    expect(worst).toBeGreaterThan(UNIT.float32 / 2); // the measure works
  });

  test("float64: at most 1.5 units of rounding on 12,000 points of [-708, 709], against 200 bits", () => {
    const x = Float64Array.from({ length: 12000 }, (_, p) => -708 + (1417 * p) / 11999);
    const y = exp(view(x, [x.length])).data;
    let worst = 0;
    x.forEach((at, p) => (worst = Math.max(worst, expError(at, y[p]!))));
    expect(worst).toBeLessThanOrEqual(1.5);
  });

  test("float64 near 0, where e^x − 1 is what matters", () => {
    const draw = pack(gaussianArray([2000], { seed: "near 0" }));
    const x = draw.map((g, p) => g * 2 ** -(p % 60));
    const y = exp(view(x, [x.length])).data;
    let worst = 0;
    x.forEach((at, p) => (worst = Math.max(worst, expError(at, y[p]!))));
    expect(worst).toBeLessThanOrEqual(1.5);
  });

  test("float64 where results are subnormal: one rounding more, to the coarser grid", () => {
    const x = Float64Array.from({ length: 3000 }, (_, p) => -708 - (37.5 * p) / 2999);
    const y = exp(view(x, [x.length])).data;
    let worst = 0;
    x.forEach((at, p) => (worst = Math.max(worst, expError(at, y[p]!))));
    expect(worst).toBeLessThanOrEqual(2.5);
  });

  test("any shape, nested lists, integers", () => {
    expect(exp([0, 0]).shape).toEqual([2]);
    expect([...exp([[0], [-0]]).data]).toEqual([1, 1]);
    const cube = exp(view(new Float64Array(24), [2, 3, 4]));
    expect(cube.shape).toEqual([2, 3, 4]);
    const one = exp({ data: Int32Array.of(1), shape: [], stride: [], offset: 0 });
    expect(one.shape).toEqual([]);
    expect(ulpDistance(one.data[0]!, Math.E)).toBeLessThanOrEqual(1);
  });
});

describe("laws", () => {
  /** How often, and by how many numbers at most, neighbours come out in the wrong order. */
  function disorder(start: number, count: number, dtype: "float32" | "float64"): { readonly falls: number; readonly deepest: number } {
    const y = exp(consecutive(start, count, dtype)).data;
    let [falls, deepest] = [0, 0];
    for (let p = 1; p < y.length; p++) {
      if (y[p]! >= y[p - 1]!) continue;
      falls++;
      deepest = Math.max(deepest, ulpDistance(y[p]!, y[p - 1]!, dtype));
    }
    return { falls, deepest };
  }

  test.each([2 ** -24, 2 ** -7, 0.2, -(2 ** -24), -(2 ** -7), -0.2])("float32: monotone on a million neighbours of %s", (start) => {
    expect(disorder(start, 1e6, "float32").falls).toBe(0);
  });

  test.each([2 ** -50, 2 ** -30, 0.2, -(2 ** -50), -(2 ** -30), -0.2])("float64: monotone on 2^18 neighbours of %s", (start) => {
    expect(disorder(start, 2 ** 18, "float64").falls).toBe(0);
  });

  test.each([0.34, 10, 80, -0.2, -0.34, -10, -80])("neighbours of %s: out of order by one number at most", (start) => {
    for (const dtype of dtypes) expect(disorder(start, 2 ** 18, dtype).deepest).toBeLessThanOrEqual(1);
  });

  test("e^0 = 1, and e^x e^−x = 1 to rounding", () => {
    for (const dtype of dtypes) {
      expect(of([0, -0], dtype)).toEqual([1, 1]);
      const x = pack(inDtype(gaussianArray([1000], { seed: "inverse", deviation: 20 }), dtype));
      const [y, z] = [of(x, dtype), of(x.map((v) => -v), dtype)]; // prettier-ignore
      for (let p = 0; p < x.length; p++)
        expect(Math.abs(y[p]! * z[p]! - 1)).toBeLessThanOrEqual(dtype === "float32" ? 2.1e-7 : 4 * UNIT.float64);
    }
  });

  test("the bits of an entry depend on it alone: not on its place, strides or `out`", () => {
    for (const dtype of dtypes) {
      const x = inDtype(gaussianArray([7, 9], { seed: "place", deviation: 10 }), dtype);
      const y = exp(x);
      for (const layout of layouts) {
        const { data, shape, stride, offset } = strided(x, layout);
        const X = view(data as Float64Array, shape, stride, offset);
        expectSameBits(exp(X), y);
        const into = strided(x, layout);
        const out = view(into.data as Float64Array, shape, stride, offset);
        expect(exp(x, { out })).toBe(out);
        expectSameBits(inDtype(out, dtype), y);
        expect(exp(X, { out: X })).toBe(X); // in place
        expectSameBits(inDtype(X, dtype), y);
      }
      for (let p = 0; p < 9; p++) expectSameBits(exp(slice(x, 3, [p, p + 1])), inDtype(slice(y, 3, [p, p + 1]), dtype));
      expectSameBits(exp(strided(plain(x.data.subarray(0, 9), [1, 9]), "row")), inDtype(slice(y, [0, 1]), dtype));
    }
    const equal = view(Float64Array.of(2, 3), [5, 2], [0, 1]);
    expect(new Set(pack(slice(exp(equal), null, 1))).size).toBe(1);
  });

  test("any float64: within 1.5 units of rounding, or the right limit", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 9 }), (list) => {
        const y = of(list);
        list.forEach((x, p) => {
          if (x > 709.782712893384) expect(y[p]).toBe(Infinity);
          else if (x < -746) expect(y[p]).toBe(0);
          else expect(expError(x, y[p]!)).toBeLessThanOrEqual(x < -708 ? 2.5 : 1.5);
        });
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("errors", () => {
  test.each(dtypes)("%s: NaN and infinities are named by their index", (dtype) => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const x = inDtype(plain(new Float64Array(24), [2, 3, 4]), dtype);
      x.data[17] = bad;
      expectError(() => exp(x), NonFiniteError, { where: "exp", argument: "x", value: bad, index: [1, 1, 1] });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("`out` of another shape, dtype or kind, or with two indices on one element", () => {
    const x = view(new Float64Array(6), [2, 3]);
    expectError(() => exp(x, { out: view(new Float64Array(6), [3, 2]) }), ShapeError, { argument: "out" });
    expectError(() => exp(x, { out: view(new Float64Array(6), [6]) }), ShapeError, { argument: "out" });
    expectError(() => exp(x, { out: view(new Float32Array(6), [2, 3]) }), OptionError, { argument: "out" });
    expectError(() => exp(x, { out: view(new Int32Array(6), [2, 3]) }), OptionError, { argument: "out" });
    for (const stride of [
      [0, 1],
      [1, 1],
      [2, 1],
    ]) {
      const out = view(new Float64Array(9).fill(7), [2, 3], stride);
      expectError(() => exp(x, { out }), OptionError, { argument: "out" });
      expect(new Set(out.data)).toEqual(new Set([7]));
    }
    expectError(() => exp(x, { scale: 2 } as ExpOptions), OptionError, { argument: "scale" });
  });

  test("no array at all", () => {
    expectError(() => exp("1" as never), ShapeError, { argument: "x" });
    expectError(() => exp([[1, 2], [3]]), ShapeError, { argument: "x" });
  });
});

describe("degenerate", () => {
  test("float32 at the ends: the last finite results, then Infinity and exactly 0", () => {
    const last = Math.fround(88.72283);
    const first = Math.fround(-87.33654);
    const [top, above, bottom, below] = of([last, last + 2 ** -17, first, first - 2 ** -17], "float32");
    expect(Math.abs(top! / Math.exp(last) - 1)).toBeLessThanOrEqual(1e-7);
    expect(above).toBe(Infinity);
    expect(Math.abs(bottom! / Math.exp(first) - 1)).toBeLessThanOrEqual(1e-7);
    expect(below).toBe(0);
    expect(of([3.4e38, -3.4e38], "float32")).toEqual([Infinity, 0]);
  });

  test("float64 at the ends", () => {
    const last = 709.782712893384;
    expect(expError(last, of([last])[0]!)).toBeLessThanOrEqual(1.5);
    expect(of([last + 2 ** -43, 1e308, -745.2, -746, -1e308])).toEqual([Infinity, Infinity, 0, 0, 0]);
    expect(of([-745])[0]).toBe(5e-324);
  });

  test("nothing", () => {
    expect(exp([]).shape).toEqual([0]);
    const empty = view(new Float32Array(0), [3, 0]);
    expect(exp(empty, { out: view(new Float32Array(0), [3, 0]) }).shape).toEqual([3, 0]);
  });
});
