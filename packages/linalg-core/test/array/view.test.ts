import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asArray } from "../../src/array/convert.js";
import { identity } from "../../src/array/create.js";
import type { NdData } from "../../src/array/types.js";
import { column, reshape, row, slice, transpose, view, type Range } from "../../src/array/view.js";
import { OptionError, ShapeError } from "../../src/errors.js";
import { count, naive, refuse, strided } from "./support.js";

describe("oracle", () => {
  test("transpose reverses the indices", () => {
    fc.assert(
      fc.property(strided, (A) => {
        const T = transpose(A);
        expect(T.data).toBe(A.data);
        expect(T.shape).toEqual([...A.shape].reverse());
        expect(naive(transpose(T))).toEqual(naive(A));
        if (A.dimension !== 2) return;
        const want = naive(A);
        const [m, n] = A.shape as [number, number];
        expect(naive(T)).toEqual(Array.from({ length: m * n }, (_, q) => want[(q % m) * n + Math.floor(q / m)]));
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  test("slice takes the listed indices, forwards and backwards", () => {
    const range = (n: number): fc.Arbitrary<Range> =>
      fc.oneof(
        fc.constant(null),
        ...(n > 0 ? [fc.nat(n - 1)] : []),
        fc.tuple(fc.nat(n), fc.nat(n), fc.integer({ min: 1, max: 3 })).map(([a, b, step]): Range => [Math.min(a, b), Math.max(a, b), step]),
        fc
          .tuple(fc.nat(n), fc.nat(n), fc.integer({ min: 1, max: 3 }))
          .map(([a, b, step]): Range => [Math.max(a, b) - 1, Math.min(a, b) - 1, -step]),
      );
    const case_ = strided.chain((A) => fc.tuple(fc.constant(A), fc.tuple(...A.shape.map(range))));
    fc.assert(
      fc.property(case_, ([A, ranges]) => {
        const lists = ranges.map((r, k) => {
          if (r === null) return Array.from({ length: A.shape[k]! }, (_, i) => i);
          if (typeof r === "number") return [r];
          const [from, to, step = 1] = r;
          const list: number[] = [];
          for (let i = from; step > 0 ? i < to : i > to; i += step) list.push(i);
          return list;
        });
        const S = slice(A, ...ranges);
        expect(S.shape).toEqual(lists.filter((_, k) => typeof ranges[k] !== "number").map((list) => list.length));
        const want: number[] = [];
        const walk = (k: number, p: number): void => {
          if (k === lists.length) want.push(A.data[p]!);
          else for (const i of lists[k]!) walk(k + 1, p + i * A.stride[k]!);
        };
        walk(0, A.offset);
        expect(naive(S)).toEqual(want);
        expect(asArray(S, "f(S)")).toBe(S); // the layout stays within the data, empty or not
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  test("reshape keeps the row-major order, and the data where it is packed", () => {
    fc.assert(
      fc.property(strided, (A) => {
        const flat = reshape(A, [A.size]);
        expect(naive(flat)).toEqual(naive(A));
        expect(flat.dtype).toBe(A.dtype);
      }),
      { seed: 14, numRuns: 200 },
    );
    const A = view(count(12), [3, 4]);
    expect(reshape(A, [2, 6]).data).toBe(A.data);
    expect(reshape(transpose(A), [12]).data).not.toBe(A.data);
    expect(reshape(slice(A, [1, 3]), [2, 4]).data).toBe(A.data); // rows 1 and 2 lie packed, at an offset
    expect(naive(reshape(slice(A, [1, 3]), [8]))).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("row and column", () => {
    const A = transpose(view(count(6), [2, 3]));
    expect(naive(row(A, 2))).toEqual([2, 5]);
    expect(naive(column(A, 1))).toEqual([3, 4, 5]);
    expect(row(A, 0).data).toBe(A.data);
  });
});

describe("laws", () => {
  test("default strides and offsets of view", () => {
    const data = count(6);
    expect(view(data, [2, 3])).toMatchObject({ stride: [3, 1], offset: 0 });
    expect(naive(view(data, [6], [-1]))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(naive(view(data, [2, 3], [-3, -1]))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(naive(view(data, [3, 2], [0, 1], 4))).toEqual([4, 5, 4, 5, 4, 5]);
    expect(naive(view(data, []))).toEqual([0]);
  });
});

describe("errors", () => {
  test("views out of range", () => {
    const A = identity(3);
    refuse(() => slice(A, 3), ShapeError, "slice(ranges[0]): expected an index in [0, 3), got 3");
    refuse(() => slice(A, -1), ShapeError, "slice(ranges[0])");
    refuse(() => slice(A, NaN), ShapeError, "slice(ranges[0])");
    refuse(() => slice(A, null, [0, 4]), ShapeError, "slice(ranges[1]): expected [from, to, step] with indices in [0, 3)");
    refuse(() => slice(A, [2, 1]), ShapeError, "slice(ranges[0])");
    refuse(() => slice(A, [0, 3, 0]), ShapeError, "a step that is an integer and not 0");
    refuse(() => slice(A, [0, 3, 0.5]), ShapeError, "a step");
    refuse(() => slice(A, [3, 0, -1]), ShapeError, "slice(ranges[0])");
    refuse(() => slice(A, [0, 2.5]), ShapeError, "slice(ranges[0])");
    refuse(() => slice(A, "all" as unknown as null), ShapeError, "null, an index or [from, to, step]");
    refuse(() => slice(A, null, null, null), ShapeError, "slice(ranges): expected at most one range for each of 2 axes, got 3 ranges");
    refuse(() => reshape(A, [4, 2]), ShapeError, "reshape(shape): expected a shape of 9 elements, got [4, 2]");
    refuse(() => row(A, 3), ShapeError, "row(i): expected an index in [0, 3), got 3");
    refuse(() => column(A, -1), ShapeError, "column(j)");
    refuse(() => row([1, 2] as unknown as number[][], 0), ShapeError, "row(A): expected a matrix, shape [m, n], got [2]");
    refuse(() => transpose(5 as unknown as number[]), ShapeError, "transpose(A)");
  });

  test("layouts that leave the data", () => {
    const data = count(6);
    refuse(() => view(data, [7]), ShapeError, "view(data): expected elements within data of length 6, got positions 0 to 6");
    refuse(() => view(data, [-1]), ShapeError, "view(shape)");
    refuse(() => view(data, [2, 2], [1]), ShapeError, "view(data)");
    refuse(() => view([1, 2] as unknown as NdData, [2]), OptionError, "view(data): expected a Float64Array, Float32Array or Int32Array");
    refuse(() => view(new Uint8Array(2) as unknown as NdData, [2]), OptionError, "got Uint8Array(2)");
  });
});
