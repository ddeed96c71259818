import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { packSigns, type PackedSigns } from "../src/bits/pack-signs.js";
import { signProducts, signProductsAsync } from "../src/bits/sign-products.js";
import { matmul } from "../src/dense/matmul.js";
import { NumericsError, OptionError, ShapeError } from "../src/errors.js";
import { configure } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { expectError, expectSameBits, inDtype } from "./numeric-support.js";

/** A matrix of ±1. */
function signs(rows: number, d: number, seed: string): NdArray {
  return inDtype(plain(pack(gaussianArray([rows, d], { seed })).map((x) => (x >= 0 ? 1 : -1)), [rows, d]), "float32"); // prettier-ignore
}

/** Integers below 2^24: exact in float32. */
function products(X: NdArray, Y: NdArray): number[] {
  return Array.from(matmul(X, Y, { transposeB: true }).data);
}

describe("oracle", () => {
  test.each([1, 31, 32, 33, 63, 64, 65, 1000, 1024])("d = %i: the integer products of the ±1 matrices", (d) => {
    for (const [m, n] of [
      [1, 1],
      [2, 3],
      [5, 4],
      [17, 30],
    ] as const) {
      // prettier-ignore
      const [X, Y] = [signs(m, d, `X/${d}`), signs(n, d, `Y/${d}`)];
      const C = signProducts(packSigns(X), packSigns(Y));
      expect(C.shape).toEqual([m, n]);
      expect(C.data).toBeInstanceOf(Int32Array);
      expect([...C.data]).toEqual(products(X, Y));
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("pairs above a threshold, those that meet it exactly included", () => {
    const [X, Y] = [signs(40, 100, "left"), signs(60, 100, "right")];
    const [C, want] = [signProducts(packSigns(X), packSigns(Y)).data, products(X, Y)];
    for (const threshold of new Set(want)) {
      const [got, exact] = [C, want].map((list) => [...list].flatMap((c, p) => (c >= threshold ? [p] : [])));
      expect(got).toEqual(exact);
    }
  });

  test("more products than are held at a time, and rows longer than a tile has bits for", () => {
    const [X, Y] = [signs(2100, 3, "many"), signs(2101, 3, "others")];
    const C = signProducts(packSigns(X), packSigns(Y));
    const want = products(X, Y);
    expect(C.data.every((c, p) => c === want[p])).toBe(true);
    // 2^26 dimensions, known by their words: 3 rows that differ in whole words
    const words = 2 ** 21;
    const long: PackedSigns = { bits: new Uint32Array(3 * words), rows: 3, dimensions: 32 * words, wordsPerRow: words };
    long.bits.fill(0xffffffff, words, 2 * words);
    long.bits.fill(0xffffffff, 2 * words, 2 * words + 5);
    const D = long.dimensions;
    expect([...signProducts(long, long).data]).toEqual([D, -D, D - 320, -D, D, 320 - D, D - 320, 320 - D, D]);
  });
});

describe("laws", () => {
  const X = signs(61, 300, "law");
  const P = packSigns(X);

  test("symmetric with d on the diagonal; a row of the answer depends on its row alone", () => {
    const C = signProducts(P, P);
    for (let i = 0; i < 61; i++) {
      expect(C.get(i, i)).toBe(300);
      for (let j = 0; j < i; j++) expect(C.get(i, j)).toBe(C.get(j, i));
    }
    const part = signProducts(packSigns(slice(X, [20, 31])), P);
    for (let i = 0; i < 11; i++) for (let j = 0; j < 61; j++) expect(part.get(i, j)).toBe(C.get(20 + i, j));
  });

  test("`out` of any strides", () => {
    const Q = packSigns(signs(9, 300, "few"));
    const want = signProducts(P, Q);
    for (const layout of layouts) {
      const { shape, stride, offset, data } = strided(want, layout);
      const out = view(Int32Array.from({ length: data.length }, () => 7), shape, stride, offset); // prettier-ignore
      expect(signProducts(P, Q, { out })).toBe(out);
      expect(pack(out)).toEqual(pack(want));
    }
  });

  test("the asynchronous form, at any number of threads, and the plain backend have the same bits", async () => {
    const Q = packSigns(signs(700, 300, "columns"));
    const want = signProducts(P, Q);
    for (const threads of [1, 2, 3, 4]) expectSameBits(await signProductsAsync(P, Q, { threads }), want);
    configure({ backend: "js" });
    try {
      expectSameBits(signProducts(P, Q), want);
    } finally {
      configure({ backend: "auto" });
    }
  });

  test("an abort rejects with its reason, leaves nothing behind and `out` as it was", async () => {
    const controller = new AbortController();
    const out = view(new Int32Array(4000 * 4000), [4000, 4000]); // longer than the first report of progress takes to come, on any machine
    const many = packSigns(signs(4000, 1500, "abort"));
    const run = signProductsAsync(many, many, { out, signal: controller.signal, onProgress: () => { controller.abort(new Error("enough")); } }); // prettier-ignore
    await expect(run.then(() => "resolved")).rejects.toThrow("enough");
    expect(out.data.every((c) => c === 0)).toBe(true);
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  const P = packSigns(signs(3, 40, "P"));

  test("dimensions that differ", () => {
    expectError(() => signProducts(P, packSigns(signs(3, 41, "Q"))), ShapeError, { where: "signProducts", argument: "Q" });
  });

  test.each([
    ["null", null],
    ["a number", 3],
    ["a matrix", [[1, -1]]],
    ["other data", { ...P, bits: new Int32Array(6) }],
    ["too few words", { ...P, bits: P.bits.subarray(1) }],
    ["bits behind the last dimension", { ...P, bits: P.bits.map((word, p) => (p === 3 ? word | 256 : word)) }],
    ["words behind the last dimension", { ...P, dimensions: 30 }],
    ["rows that are no number", { ...P, rows: "3" }],
    ["a fraction of dimensions", { ...P, dimensions: 39.5 }],
    ["dimensions beyond int32", { ...P, dimensions: 2 ** 31 }],
    ["rows of other lengths", { ...P, wordsPerRow: 3 }],
  ])("%s in the place of packed signs", (_, value) => {
    expect(() => signProducts(value as never, P)).toThrow(NumericsError);
    expect(() => signProducts(P, value as never)).toThrow(/^signProducts\(Q/);
  });

  test("`out` of another shape or kind, with two indices on one element, or over the bits", () => {
    expectError(() => signProducts(P, P, { out: view(new Int32Array(6), [2, 3]) }), ShapeError, { argument: "out" });
    expectError(() => signProducts(P, P, { out: view(new Float32Array(9), [3, 3]) }), OptionError, { argument: "out" });
    expectError(() => signProducts(P, P, { out: view(new Int32Array(9), [3, 3], [0, 1]) }), OptionError, { argument: "out" });
    const shared = new Uint32Array(20);
    shared.set(P.bits);
    const Q = { ...P, bits: shared.subarray(0, 6) };
    expectError(() => signProducts(P, Q, { out: view(new Int32Array(shared.buffer, 20, 9), [3, 3]) }), OptionError, { argument: "out" });
    signProducts(P, Q, { out: view(new Int32Array(shared.buffer, 24, 9), [3, 3]) });
  });

  test("options", () => {
    expectError(() => signProducts(P, P, { threads: 2 } as never), OptionError, { argument: "threads" });
    expectError(() => signProducts(P, P, { alpha: 2 } as never), OptionError, { argument: "alpha" });
    const huge = { bits: new Uint32Array(0), rows: 2 ** 20, dimensions: 0, wordsPerRow: 0 };
    expectError(() => signProducts(huge, huge), ShapeError, { argument: "result" });
  });
});

describe("degenerate", () => {
  test("no rows; no dimensions: every product is 0", () => {
    const empty = (rows: number, d: number): PackedSigns => packSigns(view(new Float64Array(rows * d), [rows, d]));
    expect(signProducts(empty(0, 5), empty(3, 5)).shape).toEqual([0, 3]);
    expect(signProducts(empty(3, 5), empty(0, 5)).shape).toEqual([3, 0]);
    expect([...signProducts(empty(3, 0), empty(2, 0)).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
