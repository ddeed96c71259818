import { withoutCodeGeneration } from "@subquad/test-kit";
import fc from "fast-check";
import ndarray from "ndarray";
import { describe, expect, test } from "vitest";
import { asArray } from "../../src/array/convert.js";
import { PlainNdArray, asNdArray } from "../../src/array/plain-ndarray.js";
import type { NdArray, NdData } from "../../src/array/types.js";
import { slice } from "../../src/array/view.js";
import { count, naive } from "./support.js";

describe.skipIf(withoutCodeGeneration)("laws", () => {
  const compiled = (data: NdData, shape: number[], stride?: number[], offset?: number): NdArray =>
    ndarray<NdData>(data, shape, stride, offset);
  const plain = (data: NdData, shape: number[], stride?: number[], offset?: number): NdArray => {
    const { stride: s, offset: o } = ndarray(data, shape, stride, offset);
    return asNdArray(new PlainNdArray(data, [...shape], [...s], o));
  };

  // Written once, run for both: what scijs ndarray documents.
  describe.each([
    ["ndarray", compiled],
    ["PlainNdArray", plain],
  ] as const)("%s", (_, make) => {
    test("fields", () => {
      const A = make(count(24), [2, 3, 4]);
      expect(A).toMatchObject({ shape: [2, 3, 4], stride: [12, 4, 1], offset: 0, dimension: 3, dtype: "float64", size: 24 });
      expect(A.order).toEqual([2, 1, 0]);
      expect(A.transpose(2, 0, 1).order).toEqual([0, 2, 1]);
      expect(make(new Float32Array(4), [2, 2]).dtype).toBe("float32");
      expect(make(new Int32Array(4), [2, 2]).dtype).toBe("int32");
      expect(make(count(4), [2, 2]).order).toEqual([1, 0]);
      expect(make(count(4), [4]).order).toEqual([0]);
      expect(make(count(16), [2, 2, 2, 2]).order).toEqual([3, 2, 1, 0]);
      expect(make(count(1), []).dimension).toBe(0);
      expect(make(count(1), []).size).toBe(1);
      expect(make(count(0), [0, 3]).size).toBe(0);
    });

    test("get, set and index", () => {
      const data = count(24);
      const A = make(data, [2, 3, 4]);
      expect(A.get(1, 2, 3)).toBe(23);
      expect(A.index(1, 1, 1)).toBe(17);
      expect(A.set(1, 1, 1, -5)).toBe(-5);
      expect(data[17]).toBe(-5);
      expect(make(data, [], [], 3).get()).toBe(3);
      expect(make(data, [24], [-1], 23).get(0)).toBe(23);
      expect(make(new Int32Array(2), [2]).set(0, 1.5)).toBe(1.5);
    });

    test("hi and lo", () => {
      const A = make(count(20), [4, 5]);
      expect(naive(A.lo(1, 2).hi(2, 2))).toEqual([7, 8, 12, 13]);
      expect(A.hi(2).shape).toEqual([2, 5]);
      expect(A.lo(3).shape).toEqual([1, 5]);
      expect(A.hi(-1, 2).shape).toEqual([4, 2]);
      expect(A.lo(-1, 2).shape).toEqual([4, 3]);
      expect(A.hi(2.9, 2).shape).toEqual([2, 2]);
    });

    test("step", () => {
      const A = make(count(10), [10]);
      expect(naive(A.step(3))).toEqual([0, 3, 6, 9]);
      expect(naive(A.step(-1))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect(naive(A.step(-4))).toEqual([9, 5, 1]);
      const B = make(count(6), [2, 3]);
      expect(naive(B.step(-1, -2))).toEqual([5, 3, 2, 0]);
      expect(naive(B.step(1))).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test("transpose and pick", () => {
      const A = make(count(24), [2, 3, 4]);
      expect(A.transpose(1, 0, 2).shape).toEqual([3, 2, 4]);
      expect(A.transpose(1, 0).shape).toEqual([3, 2, 4]); // a missing axis stays
      expect(naive(make(count(6), [2, 3]).transpose(1, 0))).toEqual([0, 3, 1, 4, 2, 5]);
      expect(naive(A.pick(1, null, 2))).toEqual([14, 18, 22]);
      expect(A.pick(1).shape).toEqual([3, 4]);
      expect(A.pick(-1, 0).shape).toEqual([2, 4]);
      expect(A.pick(1, 2, 3).get()).toBe(23);
      expect(A.pick(1, 2, 3).dimension).toBe(0);
    });

    test("views share the data, and can be viewed again", () => {
      const A = make(count(24), [4, 6]);
      for (const B of [A.hi(2, 2), A.lo(1, 1), A.step(2, 2), A.transpose(1, 0), A.pick(0)]) expect(B.data).toBe(A.data);
      expect(naive(A.step(2, -2).transpose(1, 0).lo(1).hi(1, 2))).toEqual([3, 15]);
      expect(asArray(A, "f(A)")).toBe(A);
      expect(naive(slice(A, 1, [0, 2]))).toEqual([6, 7]);
    });
  });

  test("the two classes give the same view for any chain of operations", () => {
    const numbers = fc.array(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constant(undefined)), { maxLength: 3 });
    const operation = fc.record({ name: fc.constantFrom("hi" as const, "lo" as const, "step" as const, "pick" as const), numbers });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), (operations) => {
        let A = compiled(count(210), [5, 6, 7]);
        let B = plain(count(210), [5, 6, 7]);
        for (const { name, numbers } of operations) {
          if (name === "step" && numbers.includes(0)) continue;
          const bounded = numbers.map((i, k) => (i === undefined || i >= (A.shape[k] ?? 0) ? undefined : i)) as number[];
          if (name === "pick" && bounded.filter((i) => i >= 0).length >= A.dimension) continue;
          A = A[name](...bounded);
          B = B[name](...bounded);
        }
        expect([B.shape, B.stride, B.offset, B.size, B.dimension]).toEqual([A.shape, A.stride, A.offset, A.size, A.dimension]);
      }),
      { seed: 15, numRuns: 500 },
    );
  });
});
