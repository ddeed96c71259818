import { describe, expect, test } from "vitest";
import { toNested } from "../../src/array/copy.js";
import { full, identity, zeros } from "../../src/array/create.js";
import { OptionError, ShapeError } from "../../src/errors.js";
import { naive, refuse } from "./support.js";

describe("laws", () => {
  test("zeros, full and identity", () => {
    expect(naive(zeros([2, 2]))).toEqual([0, 0, 0, 0]);
    expect(zeros([2, 3])).toMatchObject({ shape: [2, 3], stride: [3, 1], offset: 0, dtype: "float64" });
    expect(zeros([2], { dtype: "float32" }).dtype).toBe("float32");
    expect(naive(full([3], -1.5))).toEqual([-1.5, -1.5, -1.5]);
    expect(full([1], NaN).data[0]).toBeNaN();
    expect(full([1], 0.1, { dtype: "float32" }).data[0]).toBe(Math.fround(0.1));
    expect(toNested(identity(3))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });
});

describe("errors", () => {
  test("shapes, options and values", () => {
    refuse(() => zeros([2, -1]), ShapeError, "zeros(shape): expected a shape of nonnegative integers, got [2, -1]");
    refuse(() => zeros(3 as unknown as number[]), ShapeError, "zeros(shape)");
    refuse(
      () => zeros([2 ** 20, 2 ** 20]),
      ShapeError,
      "zeros(shape): expected at most 2^32 bytes in one array, got shape [1048576, 1048576]",
    );
    refuse(() => zeros([2 ** 40, 2 ** 40]), ShapeError, "zeros(shape): expected at most 2^32 bytes in one array");
    refuse(() => zeros([1], { dtype: "int8" as "float32" }), OptionError, 'zeros(dtype): expected one of "float64", "float32", got "int8"');
    refuse(() => zeros([1], { type: "float32" } as object), OptionError, "zeros(type): expected only the options dtype");
    refuse(() => full([1], "1" as unknown as number), OptionError, "full(value)");
    refuse(() => identity(-1), OptionError, "identity(n)");
    refuse(() => identity(1.5), OptionError, "identity(n)");
    refuse(() => identity(2 ** 20), ShapeError, "identity(n): expected at most 2^32 bytes");
  });
});

describe("degenerate", () => {
  test("nothing, and a single element", () => {
    expect(zeros([2, 0, 4]).size).toBe(0);
    expect(naive(full([], 7))).toEqual([7]);
    expect(identity(0).shape).toEqual([0, 0]);
  });
});
