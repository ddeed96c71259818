import { withoutCodeGeneration } from "@subquad/test-kit";
import ndarray from "ndarray";
import { describe, expect, test } from "vitest";
import { array, asArray } from "../../src/array/convert.js";
import { toNested } from "../../src/array/copy.js";
import { view } from "../../src/array/view.js";
import { OptionError, ShapeError } from "../../src/errors.js";
import { count, naive, refuse } from "./support.js";

const f = (input: unknown): unknown => asArray(input as number[], "f(A)");

describe("laws", () => {
  test.skipIf(withoutCodeGeneration)("asArray copies nothing that NdArray can hold", () => {
    const data = count(6);
    expect(asArray(data, "f(x)").data).toBe(data);
    expect(asArray({ data, shape: [2, 3], stride: [3, 1], offset: 0 }, "f(A)").data).toBe(data);
    expect(asArray({ data, shape: [3, 2], strides: [1, 3] }, "f(A)")).toMatchObject({ data, stride: [1, 3], offset: 0 });
    const A = ndarray(new Float32Array(4), [2, 2]);
    expect(asArray(A, "f(A)")).toBe(A);
    const I = new Int32Array(2);
    expect(asArray(I, "f(x)").data).toBe(I);
  });

  test.skipIf(withoutCodeGeneration)("every kind of input gives the same matrix", () => {
    const want = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const flat = [1, 2, 3, 4, 5, 6];
    const store = { length: 6, get: (p: number) => flat[p]!, set: () => undefined };
    const entries = { rows: 2, columns: 3, get: (i: number, j: number) => want[i]![j]! };
    const inputs = [
      want,
      want.map((list) => Float64Array.from(list)),
      ndarray(flat, [2, 3]),
      ndarray(Uint8Array.from(flat), [2, 3]),
      ndarray(store, [2, 3]),
      { data: flat, shape: [2, 3], stride: [3, 1], offset: 0 },
      { data: Int16Array.from([0, ...flat]), shape: [2, 3], strides: [3, 1], offset: 1 },
      entries,
      { toArray: () => want },
      { shape: [2, 3], data: flat, strides: [24, 8], toArray: () => want }, // strides counted in bytes
    ] as Parameters<typeof asArray>[0][];
    for (const input of inputs) {
      const A = asArray(input, "f(A)");
      expect(toNested(A)).toEqual(want);
      expect(A.dtype).toBe("float64");
      expect(toNested(array(input, { dtype: "float32" }))).toEqual(want);
    }
    expect(
      asArray(
        want.map((list) => Float32Array.from(list)),
        "f(A)",
      ).dtype,
    ).toBe("float32");
    expect(asArray([new Float32Array(1), new Float64Array(1)], "f(A)").dtype).toBe("float64");
    expect(naive(asArray([true, false] as unknown as number[], "f(x)"))).toEqual([1, 0]);
    expect(naive(asArray({ toArray: () => [1, 2] }, "f(x)"))).toEqual([1, 2]);
    expect(naive(array([1, 2, 3, 4], { shape: [2, 2] }).transpose(1, 0))).toEqual([1, 3, 2, 4]);
    expect(naive(asArray({ length: 2, 0: 7, 1: 8 }, "f(x)"))).toEqual([7, 8]);
  });

  test("array owns its elements", () => {
    const data = count(4);
    const A = array(view(data, [2, 2]));
    data[0] = 9;
    expect(naive(A)).toEqual([0, 1, 2, 3]);
    expect(array(new Int32Array([1, 2])).dtype).toBe("float64");
  });
});

describe("errors", () => {
  test("what is no array", () => {
    refuse(() => f(null), ShapeError, "f(A): expected a matrix-like value, got null");
    refuse(() => f(undefined), ShapeError, "f(A): expected a matrix-like value, got undefined");
    refuse(() => f(3), ShapeError, "f(A): expected a matrix-like value, got 3");
    refuse(() => f("12"), ShapeError, 'f(A): expected a matrix-like value, got "12"');
    refuse(() => f({}), ShapeError, "f(A): expected a matrix-like value, got an object (Object)");
    refuse(() => f(new Map()), ShapeError, "an object (Map)");
    refuse(() => f(() => 1), ShapeError, "a function");
    refuse(() => f(new DataView(new ArrayBuffer(8))), ShapeError, "DataView");
    refuse(() => f({ data: [1], shape: [1] }), ShapeError, "a matrix-like value");
    refuse(() => f({ rows: 1, columns: 1 }), ShapeError, "a matrix-like value");
    refuse(() => f({ toArray: () => 7 }), ShapeError, "a matrix-like value");
  });

  test("ragged rows and entries that are no numbers", () => {
    refuse(() => f([[1, 2], [3, 4], [5]]), ShapeError, "f(A): expected rows of length 2, as row 0, got row 2 of length 1");
    refuse(() => f([[1, 2], 3]), ShapeError, "f(A): expected rows that are arrays, got row 1: 3");
    refuse(() => f([1, [2]]), ShapeError, "f(A): expected entries that are numbers, got [2] at [1]");
    refuse(() => f([1, "2"]), ShapeError, 'f(A): expected entries that are numbers, got "2" at [1]');
    refuse(() => f([1, null]), ShapeError, "got null at [1]");
    refuse(
      () =>
        f([
          [1, 2],
          [3, undefined],
        ]),
      ShapeError,
      "got undefined at [1, 1]",
    );
    refuse(() => f(new Array(2)), ShapeError, "got undefined at [0]");
    refuse(() => f({ rows: 1, columns: 2, get: (_: number, j: number) => (j === 1 ? "x" : 0) }), ShapeError, 'got "x" at [0, 1]');
    refuse(() => f({ data: [1, 2, 3, "x"], shape: [2, 2], stride: [2, 1], offset: 0 }), ShapeError, 'got "x" at [1, 1]');
    refuse(() => f([[[1]]]), ShapeError, "got [1] at [0, 0]");
  });

  test("64-bit integers are the caller's to convert", () => {
    refuse(() => f(new BigInt64Array(2)), OptionError, "f(A): expected numbers");
    refuse(() => f(new BigUint64Array(0)), OptionError, "BigUint64Array(0)");
    refuse(() => f([new BigInt64Array(1)]), OptionError, "f(A)");
    refuse(() => f({ data: new BigInt64Array(1), shape: [1], stride: [1], offset: 0 }), OptionError, "f(A)");
    refuse(() => f([1n]), ShapeError, "got 1n at [0]");
  });

  test("layouts that leave the data", () => {
    const data = count(6);
    const layout = (shape: unknown, stride: unknown, offset: unknown = 0): unknown => f({ data, shape, stride, offset });
    refuse(() => layout([2, 4], [4, 1]), ShapeError, "f(A): expected elements within data of length 6, got positions 0 to 7");
    refuse(() => layout([2, 3], [3, 1], 1), ShapeError, "positions 1 to 6");
    refuse(() => layout([2], [-1]), ShapeError, "positions -1 to 0");
    refuse(() => layout([2], [1], -1), ShapeError, "positions -1 to 0");
    refuse(() => layout([2, 3], [3]), ShapeError, "f(A): expected one integer stride for each of 2 axes, got [3]");
    refuse(() => layout([2], [0.5]), ShapeError, "got [0.5]");
    refuse(() => layout([2], "1"), ShapeError, "one integer stride");
    refuse(() => layout([-1], [1]), ShapeError, "f(A): expected a shape of nonnegative integers, got [-1]");
    refuse(() => layout([1.5], [1]), ShapeError, "got [1.5]");
    refuse(() => layout([NaN], [1]), ShapeError, "got [NaN]");
    refuse(() => layout(2, [1]), ShapeError, "got 2");
    refuse(() => layout([1], [1], NaN), ShapeError, "f(A): expected an integer offset, got NaN");
    refuse(() => layout([1], [1], "0"), ShapeError, 'an integer offset, got "0"');
  });

  test("shapes and options of array", () => {
    refuse(() => array([1, 2, 3], { shape: [2, 2] }), ShapeError, "array(shape): expected a shape of 3 elements, got [2, 2]");
    refuse(() => array([1], { dtype: "x" as "float32" }), OptionError, "array(dtype)");
    refuse(() => array([1], { order: "row" } as object), OptionError, "array(order)");
  });
});

describe("degenerate", () => {
  test("nothing at all still has a shape", () => {
    expect(asArray([], "f(x)").shape).toEqual([0]);
    expect(asArray([[]], "f(A)").shape).toEqual([1, 0]);
    expect(asArray([[], []], "f(A)").shape).toEqual([2, 0]);
    expect(asArray({ rows: 0, columns: 3, get: () => 0 }, "f(A)").shape).toEqual([0, 3]);
    expect(asArray({ data: count(0), shape: [0, 3], stride: [3, 1], offset: 9 }, "f(A)").size).toBe(0);
  });
});
