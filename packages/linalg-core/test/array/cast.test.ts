import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { denseCopy, dtypeOf, promote } from "../../src/array/cast.js";
import { full, zeros } from "../../src/array/create.js";
import { transpose, view } from "../../src/array/view.js";
import { naive, strided } from "./support.js";

describe("oracle", () => {
  test("denseCopy reads what the definition reads", () => {
    fc.assert(
      fc.property(strided, (A) => {
        const want = naive(A);
        expect([...denseCopy(A, "float64")]).toEqual(want);
        expect([...denseCopy(A, "float32")]).toEqual(want);
        expect(denseCopy(A, "float64").buffer).not.toBe(A.data.buffer);
      }),
      { seed: 16, numRuns: 400 },
    );
    expect(denseCopy(full([2], 0.1), "float32")[0]).toBe(Math.fround(0.1));
  });
});

describe("laws", () => {
  test("promotion: float32 only among float32", () => {
    const single = zeros([1], { dtype: "float32" });
    const double = zeros([1]);
    expect(promote(single, single)).toBe("float32");
    expect(promote(single, double)).toBe("float64");
    expect(promote(view(new Int32Array(1), [1]))).toBe("float64");
    expect(promote()).toBe("float64");
    expect(dtypeOf(single)).toBe("float32");
  });
});

describe("degenerate", () => {
  test("nothing, and a single element", () => {
    for (const A of [zeros([0]), zeros([0, 3]), zeros([3, 0]), zeros([2, 0, 4])]) {
      expect(denseCopy(A, "float32").length).toBe(0);
      expect(denseCopy(transpose(A), "float64").length).toBe(0);
    }
    expect(denseCopy(full([], 7), "float64")).toEqual(Float64Array.of(7));
  });
});
