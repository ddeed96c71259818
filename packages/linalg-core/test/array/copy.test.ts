import { describe, expect, test } from "vitest";
import { copy, toNested } from "../../src/array/copy.js";
import { identity, zeros } from "../../src/array/create.js";
import { column, slice, transpose, view } from "../../src/array/view.js";
import { OptionError, ShapeError } from "../../src/errors.js";
import { count, naive, refuse, strided } from "./support.js";
import fc from "fast-check";

describe("oracle", () => {
  test("copy reads what the definition reads, and packs it in either order", () => {
    fc.assert(
      fc.property(strided, (A) => {
        for (const order of ["row", "column"] as const) {
          const B = copy(A, { order });
          expect(B.shape).toEqual(A.shape);
          expect(B.dtype).toBe(A.dtype);
          expect(naive(B)).toEqual(naive(A));
          expect(B.data.length).toBe(A.size);
          expect(B.data.buffer).not.toBe(A.data.buffer);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
    expect(copy(view(count(6), [2, 3]), { order: "column" }).stride).toEqual([1, 2]);
    expect(copy(new Int32Array([1, 2])).dtype).toBe("int32");
    expect(copy([1, 2], { dtype: "float32", order: "column" }).dtype).toBe("float32");
  });

  test("toNested gives rows", () => {
    const A = transpose(view(count(6), [2, 3]));
    expect(toNested(A)).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(toNested(column(A, 1))).toEqual([3, 4, 5]);
    expect(toNested(slice(A, null, [1, -1, -1]))).toEqual([
      [3, 0],
      [4, 1],
      [5, 2],
    ]);
    expect(toNested(identity(2))).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe("errors", () => {
  test("options and axes", () => {
    refuse(() => copy([1], { order: "C" as "row" }), OptionError, "copy(order)");
    refuse(() => copy([1], { dtype: "int32" as "float32" }), OptionError, "copy(dtype)");
    refuse(() => copy([1], { foo: 1 } as object), OptionError, "copy(foo)");
    refuse(() => copy(1 as unknown as number[]), ShapeError, "copy(A)");
    refuse(() => toNested(zeros([1, 1, 1])), ShapeError, "toNested(A): expected a vector or a matrix, got [1, 1, 1]");
  });
});

describe("degenerate", () => {
  test("nothing", () => {
    expect(copy(transpose(zeros([0, 3]))).shape).toEqual([3, 0]);
    expect(toNested(zeros([2, 0]))).toEqual([[], []]);
    expect(toNested(zeros([0, 2]))).toEqual([]);
    expect(toNested(zeros([0]))).toEqual([]);
  });
});
