import {
  gaussianArray,
  layouts,
  matmulMagnitude,
  matmulOracle,
  pack,
  plain,
  strided,
  takeRows,
  testRandom,
  type Layout,
  type Strided,
} from "@subquad/test-kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { matmul, matmulAsync, type MatmulOptions } from "../src/dense/matmul.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

/** Around the register tile (6 × 8, 6 × 4), the panel of 256 and the tile of 192 rows. */
const SIZES = [0, 1, 2, 3, 5, 7, 8, 9, 17, 63, 64, 65, 257, 300];
const FLAGS = [false, true];

/** What the order law allows: min(k, 256) products in a panel, panels added up, and two roundings for α and the store; one more for the oracle. */
const steps = (k: number): number => Math.min(k, 256) + (k > 256 ? Math.ceil(k / 256) : 0) + 3;

/** The operand as the option wants it stored, in a layout. */
function stored(A: NdArray, transposed: boolean, layout: Layout): NdArray {
  const { data, shape, stride, offset } = strided(transposed ? transpose(A) : A, layout) as {
    data: Float64Array;
    shape: number[];
    stride: number[];
    offset: number;
  };
  return view(data, shape, stride, offset);
}

function expectProduct(C: NdArray, A: NdArray, B: NdArray, rows = A.shape[0]!): void {
  const dtype: DType = A.data instanceof Float32Array && B.data instanceof Float32Array ? "float32" : "float64";
  const [m, k] = A.shape as [number, number];
  expect(C.shape).toEqual([m, B.shape[1]]);
  expect(C.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
  const chosen = Array.from({ length: Math.min(m, rows) }, (_, r) =>
    Math.floor((r * Math.max(0, m - 1)) / Math.max(1, Math.min(m, rows) - 1)),
  );
  const part = takeRows(A, chosen);
  const allowed = pack(matmulMagnitude(part, B)).map((size) => gamma(steps(k), UNIT[dtype]) * size);
  expectWithin(takeRows(C, chosen), matmulOracle(part, B), allowed);
}

/** A pool of normal numbers: every operand is a piece of it. */
const POOL = pack(gaussianArray([2 * 300 * 300], { seed: "matmul" }));
const POOLS = { float64: POOL, float32: Float32Array.from(POOL) } as const;
const piece = (rows: number, columns: number, dtype: DType, start = 0): NdArray =>
  view(POOLS[dtype].slice(start, start + rows * columns), [rows, columns]);

describe("oracle", () => {
  test.each(SIZES)("m = %i with every n and k, of transposes, dtypes and layouts one each", (m) => {
    const draw = testRandom(`matmul/${m}`);
    for (const n of SIZES) {
      for (const k of SIZES) {
        const dtype = (): DType => dtypes[draw.below(2)]!;
        const [transposeA, transposeB] = [draw.below(2) === 1, draw.below(2) === 1];
        const A = piece(m, k, dtype());
        const B = piece(k, n, dtype(), 300 * 300);
        const layout = (X: NdArray): Layout => layouts[draw.below(X.size > 20000 ? 2 : layouts.length)]!; // the others copy slowly
        const C = matmul(stored(A, transposeA, layout(A)), stored(B, transposeB, layout(B)), { transposeA, transposeB });
        expectProduct(C, A, B, Math.max(2, Math.floor(60000 / Math.max(1, n * k)))); // rows of large products: the first, the last, some between
      }
    }
  });

  test.each([
    [7, 9, 65],
    [17, 5, 300],
    [13, 17, 3],
  ])("%i × %i × %i: every transpose, dtype and pair of layouts", (m, n, k) => {
    for (const left of dtypes) {
      for (const right of dtypes) {
        const A = piece(m, k, left);
        const B = piece(k, n, right, 5000);
        const C = matmul(A, B);
        expectProduct(C, A, B);
        for (const transposeA of FLAGS) {
          for (const transposeB of FLAGS) {
            for (const a of layouts) {
              for (const b of layouts)
                expectSameBits(matmul(stored(A, transposeA, a), stored(B, transposeB, b), { transposeA, transposeB }), C);
            }
          }
        }
      }
    }
  });

  test.each(dtypes)("%s with axes of stride 0", (dtype) => {
    const row = piece(1, 37, dtype);
    const A = view(row.data, [11, 37], [0, 1]); // equal rows
    const B = view(row.data, [37, 9], [1, 0]); // equal columns
    const one = view(row.data, [37, 5], [0, 0]); // one number
    for (const [X, Y] of [
      [A, B],
      [A, one],
      [transpose(one), B],
      [transpose(B), transpose(A)],
    ] as const) {
      const C = matmul(X, Y);
      expectProduct(C, inDtype(X, dtype), inDtype(Y, dtype));
      expectSameBits(C, matmul(inDtype(X, dtype), inDtype(Y, dtype)));
    }
  });

  test("nested lists, and integers of any kind, are computed in float64", () => {
    expect([...matmul([[1, 2]], [[3], [4]]).data]).toEqual([11]);
    const bytes = { data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2], stride: [2, 1], offset: 0 };
    const C = matmul(bytes, bytes);
    expect([...C.data]).toEqual([7, 10, 15, 22]);
    expect(C.data).toBeInstanceOf(Float64Array);
  });
});

describe("laws", () => {
  test.each(dtypes)("%s: packed matrices without options have the bits of the general path", (dtype) => {
    for (const n of [1, 3, 8, 31, 32, 33]) {
      const A = inDtype(gaussianArray([n, n + 2], { seed: "left" }), dtype);
      const B = inDtype(gaussianArray([n + 2, n], { seed: "right" }), dtype);
      expectSameBits(matmul(A, B), matmul(A, B, {}));
      expectSameBits(matmul(A, A, { transposeB: true }), matmul(A, transpose(A)));
    }
  });

  test("a packed matrix whose layout its owner changed is read as it says, or refused", () => {
    const A = view(Float64Array.of(1, 2, 3, 4), [2, 2]);
    A.stride.splice(0, 2, 1, 2);
    expectSameBits(matmul(A, A), matmul(A, A, {}));
    expect(matmul(A, A).get(0, 1)).toBe(15);
    A.shape[0] = 3;
    expect(() => matmul(A, A)).toThrow(ShapeError);
  });

  const integers = (rows: number, columns: number): fc.Arbitrary<Strided> =>
    fc
      .array(fc.integer({ min: -99, max: 99 }), { minLength: rows * columns, maxLength: rows * columns })
      .map((list) => plain(Float64Array.from(list), [rows, columns]));
  const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }));
  const operands = sizes.chain(([m, n, k]) => fc.tuple(integers(m, k), integers(k, n)));

  test("products of small integers are exact", () => {
    fc.assert(
      fc.property(operands, fc.constantFrom(...dtypes), ([A, B], dtype) => {
        expectWithin(matmul(inDtype(A, dtype), inDtype(B, dtype)), matmulOracle(A, B), 0);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("(A B)ᵀ = Bᵀ Aᵀ bit for bit: the same products in the same order", () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(...dtypes), ([m, n, k], dtype) => {
        const [A, B] = [piece(m, k * 20, dtype), piece(k * 20, n, dtype, 9000)];
        expectSameBits(transpose(matmul(A, B)), matmul(transpose(B), transpose(A)));
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test.each([-300, -30, -7, 7, 30, 300])("a factor 2^%i goes through unrounded", (exponent) => {
    for (const dtype of dtypes) {
      if (dtype === "float32" && Math.abs(exponent) > 100) continue;
      const [A, B] = [piece(9, 70, dtype), piece(70, 11, dtype, 9000)];
      const factor = 2 ** exponent;
      const scaled = (X: NdArray): NdArray => inDtype({ ...layoutOf(X), data: pack(X).map((x) => factor * x) }, dtype);
      expectSameBits(matmul(scaled(A), B), scaled(matmul(A, B)));
    }
  });

  describe("order law: the bits of an entry depend on its row, its column and k", () => {
    const [m, n, k] = [203, 117, 521];
    test.each(dtypes)("%s: rows, columns, rows backwards, one entry", (dtype) => {
      const [A, B] = [piece(m, k, dtype), piece(k, n, dtype, 7)];
      const C = matmul(A, B);
      for (const [from, to] of [
        [0, 1],
        [5, 11],
        [190, 203],
        [1, 200],
      ] as const)
        expectSameBits(matmul(slice(A, [from, to]), B), inDtype(slice(C, [from, to]), dtype));
      for (const [from, to] of [
        [0, 1],
        [3, 7],
        [100, 117],
        [8, 16],
      ] as const)
        expectSameBits(matmul(A, slice(B, null, [from, to])), inDtype(slice(C, null, [from, to]), dtype));
      expectSameBits(matmul(slice(A, [m - 1, -1, -1]), slice(B, null, [0, n, 3])), inDtype(slice(C, [m - 1, -1, -1], [0, n, 3]), dtype));
      expectSameBits(matmul(slice(A, [77, 78]), slice(B, null, [55, 56])), inDtype(slice(C, [77, 78], [55, 56]), dtype));
    });

    test.each(dtypes)("%s: small products, which are not packed, and the same entries of a large one", (dtype) => {
      const depth = 200;
      const [A, B] = [piece(40, depth, dtype), piece(depth, 41, dtype, 7)];
      const C = matmul(A, B);
      for (let i = 0; i < 40; i++) expectSameBits(matmul(slice(A, [i, i + 1]), B), inDtype(slice(C, [i, i + 1]), dtype));
      for (const width of [1, 2, 3, 5, 8, 12]) {
        const columns = slice(B, null, [11, 11 + width]);
        const expected = inDtype(slice(C, [20, 32], [11, 11 + width]), dtype);
        expectSameBits(matmul(slice(A, [20, 32]), columns), expected);
        expectSameBits(matmul(transpose(slice(A, [20, 32])), columns, { transposeA: true }), expected);
        expectSameBits(matmul(slice(A, [20, 32]), transpose(columns), { transposeB: true }), expected);
      }
    });

    test.each(dtypes)("%s: `out`, whatever its strides", (dtype) => {
      const [A, B] = [piece(m, k, dtype), piece(k, n, dtype, 7)];
      const C = matmul(A, B);
      for (const layout of layouts) {
        const out = stored(inDtype(plain(new Float64Array(m * n).fill(3), [m, n]), dtype), false, layout);
        const gaps = out.data.filter((x) => x === -987654321).length;
        expect(matmul(A, B, { out })).toBe(out);
        expectSameBits(inDtype(out, dtype), C);
        expect(out.data.filter((x) => x === -987654321).length).toBe(gaps); // nothing beside its elements
      }
    });

    test.each(dtypes)("%s: tall, wide and deep", (dtype) => {
      const long = 30000;
      const x = piece(1, 257, dtype);
      const tall = view(x.data, [long, 3], [0, 1]);
      expectSameBits(
        inDtype(slice(matmul(tall, slice(transpose(x), [0, 3])), [long - 1, long]), dtype),
        matmul(slice(x, null, [0, 3]), slice(transpose(x), [0, 3])),
      );
      const wide = matmul(slice(transpose(x), [0, 3]), view(x.data, [1, long], [0, 0]));
      expect(new Set(pack(slice(wide, [2, 3]))).size).toBe(1);
    });
  });

  describe("α and β", () => {
    const [m, n, k] = [19, 23, 40];
    test.each(dtypes)("%s: β = 1 twice doubles exactly; powers of two are exact", (dtype) => {
      const [A, B] = [piece(m, k, dtype), piece(k, n, dtype, 7)];
      const C = matmul(A, B);
      const doubled = inDtype(
        plain(
          pack(C).map((c) => 2 * c),
          [m, n],
        ),
        dtype,
      );
      const out = matmul(A, B, { out: inDtype(C, dtype) });
      matmul(A, B, { out, beta: 1 });
      expectSameBits(out, doubled);
      expectSameBits(matmul(A, B, { alpha: 2 }), doubled);
      expectSameBits(matmul(A, B, { out: inDtype(C, dtype), alpha: 4, beta: -2 }), doubled);
    });

    test.each(dtypes)("%s: α A B + β C₀ within three roundings of its parts", (dtype) => {
      const [A, B, C0] = [piece(m, k, dtype), piece(k, n, dtype, 7), piece(m, n, dtype, 9999)];
      const product = pack(matmul(A, B));
      const before = pack(C0);
      for (const [alpha, beta] of [
        [0.3, 0.7],
        [-1.1, 3],
        [1e-5, -1],
        [0, 0.1],
        [0, 0],
      ] as const) {
        for (const layout of layouts) {
          const out = stored(C0, false, layout);
          matmul(A, B, { alpha, beta, out });
          const want = plain(
            product.map((c, p) => alpha * c + beta * before[p]!),
            [m, n],
          );
          expectWithin(
            out,
            want,
            product.map((c, p) => 3 * UNIT[dtype] * (Math.abs(alpha * c) + Math.abs(beta * before[p]!))),
          );
        }
      }
    });

    test.each(dtypes)("%s: β = 0 does not read `out`", (dtype) => {
      const [A, B] = [piece(m, k, dtype), piece(k, n, dtype, 7)];
      const out = inDtype(plain(new Float64Array(m * n).fill(NaN), [m, n]), dtype);
      expectSameBits(matmul(A, B, { out }), matmul(A, B));
    });
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

    test.each(dtypes)("%s: one to four threads and the calling thread give the same bits", async (dtype) => {
      const [A, B] = [view(POOLS[dtype], [700, 250]), view(POOLS[dtype], [250, 310], [1, 250], 70000)];
      for (const options of [{}, { transposeA: false, alpha: -0.3 }] satisfies MatmulOptions[]) {
        const C = matmul(A, B, options);
        for (const threads of [1, 2, 3, 4]) expectSameBits(await matmulAsync(A, B, { ...options, threads }), C);
      }
      const out = inDtype(plain(new Float64Array(700 * 310), [700, 310]), dtype);
      expect(await matmulAsync(A, B, { out, threads: 2 })).toBe(out);
      expectSameBits(out, matmul(A, B));
      expect(arenaBytesInUse()).toBe(0);
    });

    test("an abort leaves `out` as it was, and the next call is right", async () => {
      const A = piece(300, 300, "float64");
      const wide = view(A.data, [300, 12000], [0, 1]); // 1.1 Gflop: more than the first slice of 12 ms
      const out = inDtype(plain(new Float64Array(300 * 12000).fill(5), [300, 12000]), "float64");
      const reason = new Error("enough");
      await expect(matmulAsync(A, wide, { out, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const running = matmulAsync(A, wide, { out, signal: controller.signal, threads: 1 });
      controller.abort(reason); // it has begun, and waits for a turn
      await expect(running).rejects.toBe(reason);
      expect(new Set(out.data)).toEqual(new Set([5]));
      expect(arenaBytesInUse()).toBe(0);
      expectSameBits(await matmulAsync(A, A), matmul(A, A));
    });
  });
});

describe("errors", () => {
  const A = piece(4, 3, "float64");
  const B = piece(3, 5, "float64", 50);

  test("shapes", async () => {
    expectError(() => matmul(A, A), ShapeError, { where: "matmul", argument: "B" });
    expectError(() => matmul(A, B, { transposeA: true }), ShapeError, { argument: "B" });
    expectError(() => matmul([1, 2] as never, B), ShapeError, { argument: "A" });
    expectError(() => matmul(A, view(new Float64Array(3), [3])), ShapeError, { argument: "B" });
    expectError(() => matmul([[1, 2], [3]], B), ShapeError, { argument: "A" });
    expectError(() => matmul(A, B, { out: piece(5, 4, "float64") }), ShapeError, { argument: "out" });
    expectError(() => matmul(A, B, { out: view(new Float64Array(20), [20]) }), ShapeError, { argument: "out" });
    await expect(matmulAsync(A, A)).rejects.toMatchObject({ code: "ERR_SHAPE", where: "matmulAsync" });
  });

  test.each([
    ["alpha", NaN],
    ["alpha", Infinity],
    ["beta", NaN],
    ["alpha", "2"],
    ["transposeA", 1],
    ["transposeB", null],
    ["threads", 2],
    ["signal", AbortSignal.abort()],
    ["gamma", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => matmul(A, B, { out: piece(4, 5, "float64"), [name]: value }), OptionError, { argument: name });
  });

  test("β without `out` has nothing to scale", () => {
    expectError(() => matmul(A, B, { beta: 1 }), OptionError, { argument: "beta" });
  });

  test("`out` of another dtype, or of integers", () => {
    expectError(() => matmul(A, B, { out: piece(4, 5, "float32") }), OptionError, { argument: "out" });
    const f32 = (X: NdArray): NdArray => inDtype(X, "float32");
    expectError(() => matmul(f32(A), f32(B), { out: piece(4, 5, "float64") }), OptionError, { argument: "out" });
    expectError(() => matmul(A, B, { out: view(new Int32Array(20), [4, 5]) }), OptionError, { argument: "out" });
  });

  test.each([[[0, 1]], [[1, 0]], [[1, 1]], [[2, 1]], [[-4, 1]], [[1, 3]]])(
    "`out` of strides %j has two indices on one element",
    (stride) => {
      const out = view(new Float64Array(64).fill(7), [4, 5], stride);
      expectError(() => matmul(A, B, { out }), OptionError, { argument: "out" });
      expect(new Set(out.data)).toEqual(new Set([7])); // nothing is written
    },
  );

  test("strides of an axis of length 1 do not matter", () => {
    const out = view(new Float64Array(5), [1, 5], [0, 1]);
    expectSameBits(inDtype(matmul(slice(A, [0, 1]), B, { out }), "float64"), matmul(slice(A, [0, 1]), B));
  });

  test("`out` that overlaps an operand", () => {
    const data = new Float64Array(100).fill(1);
    const left = view(data, [4, 4], [4, 1], 0);
    const right = view(data, [4, 4], [4, 1], 40);
    for (const offset of [0, 15, 30, 55]) {
      expectError(() => matmul(left, right, { out: view(data, [4, 4], [4, 1], offset) }), OptionError, { argument: "out" });
    }
    const bytes = data.buffer; // another view of the same memory
    expectError(() => matmul(left, right, { out: view(new Float64Array(bytes, 8, 16), [4, 4]) }), OptionError, { argument: "out" });
    expect(new Set(data)).toEqual(new Set([1]));
    expect([...matmul(left, right, { out: view(data, [4, 4], [4, 1], 16) }).data.subarray(16, 32)]).toEqual(new Array(16).fill(4));
  });

  test.each(dtypes)("%s: NaN and infinities are named by their index", (dtype) => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const layout of layouts) {
        const X = inDtype(A, dtype);
        X.data[2 * 3 + 1] = bad;
        expectError(() => matmul(stored(X, false, layout), inDtype(B, dtype)), NonFiniteError, {
          argument: "A",
          value: bad,
          index: [2, 1],
        });
        const Y = inDtype(B, dtype);
        Y.data[5 + 4] = bad;
        expectError(() => matmul(inDtype(A, dtype), stored(Y, false, layout)), NonFiniteError, {
          argument: "B",
          value: bad,
          index: [1, 4],
        });
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("NaN in the C₀ that β scales is named too, and `out` keeps its values", () => {
    const out = piece(4, 5, "float64");
    out.data[7] = NaN;
    const before = [...out.data];
    expectError(() => matmul(A, B, { out, beta: 0.5 }), NonFiniteError, { argument: "out", index: [1, 2] });
    expect([...out.data]).toEqual(before);
  });

  test("a result that overflows is named; `out` keeps its values", () => {
    const big = (size: number, kind: DType): NdArray => inDtype(plain(Float64Array.of(1, 1, 1, size), [2, 2]), kind);
    for (const [dtype, size] of [
      ["float64", 1e200],
      ["float32", 1e25],
    ] as const) {
      const X = big(size, dtype);
      expectError(() => matmul(X, X), NonFiniteError, { value: Infinity, index: [1, 1] });
      expect(() => matmul(X, X)).toThrow(`result overflows ${dtype}`);
      const out = inDtype(plain(new Float64Array(4), [2, 2]), dtype);
      expect(() => matmul(X, X, { out })).toThrow(NonFiniteError);
      expect([...out.data]).toEqual([0, 0, 0, 0]);
    }
    // by α, by β, and ∞ - ∞ on the way
    expectError(() => matmul([[1e200]], [[1]], { alpha: 1e200 }), NonFiniteError, { index: [0, 0] });
    const out = view(Float64Array.of(0, 1e300), [1, 2]);
    expectError(() => matmul([[1]], [[1, 1]], { beta: 1e300, out }), NonFiniteError, { index: [0, 1] });
    expect([...out.data]).toEqual([0, 1e300]);
    expectError(() => matmul([[1e200, 1e200]], [[1e200], [-1e200]]), NonFiniteError, { index: [0, 0] });
  });
});

describe("degenerate", () => {
  test.each(dtypes)("%s: no rows, no columns, nothing to sum", (dtype) => {
    const empty = (rows: number, columns: number): NdArray => piece(rows, columns, dtype);
    expect(matmul(empty(0, 3), empty(3, 4)).shape).toEqual([0, 4]);
    expect(matmul(empty(3, 4), empty(4, 0)).shape).toEqual([3, 0]);
    expect(matmul(empty(0, 0), empty(0, 0)).shape).toEqual([0, 0]);
    const sum = matmul(empty(2, 0), empty(0, 3));
    expect(sum.shape).toEqual([2, 3]);
    expect([...sum.data]).toEqual([0, 0, 0, 0, 0, 0]);
    const out = inDtype(plain(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]), dtype);
    matmul(empty(2, 0), empty(0, 3), { out, beta: 2 });
    expect([...out.data]).toEqual([2, 4, 6, 8, 10, 12]);
    matmul(empty(2, 0), empty(0, 3), { out });
    expect([...out.data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("one by one by one", () => {
    expect(matmul([[3]], [[-2]]).get(0, 0)).toBe(-6);
  });
});

function layoutOf({ shape, stride, offset }: NdArray): { shape: number[]; stride: number[]; offset: number } {
  return { shape, stride, offset };
}
