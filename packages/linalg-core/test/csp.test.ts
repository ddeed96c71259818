// What a page with a strict Content-Security-Policy sees: `new Function` throws before any array was made.
import { afterAll, describe, expect, test } from "vitest";

const Original = globalThis.Function;
globalThis.Function = new Proxy(Original, {
  construct() {
    throw new EvalError("Code generation from strings disallowed for this context");
  },
});
const { view } = await import("../src/array/view.js");
const { makeArray, usesPlainArrays } = await import("../src/array/make-array.js");
const { PlainNdArray } = await import("../src/array/plain-ndarray.js");
const { array, asArray } = await import("../src/array/convert.js");
const { copy, toNested } = await import("../src/array/copy.js");
const { identity } = await import("../src/array/create.js");
const { slice, transpose, reshape } = await import("../src/array/view.js");
const ops = await import("../src/ops.js"); // importing is safe; calling is not

afterAll(() => {
  globalThis.Function = Original;
});

describe("laws", () => {
  test("arrays are of the plain class, and it says so", () => {
    expect(usesPlainArrays()).toBe(true);
    expect(view(new Float64Array(4), [2, 2])).toBeInstanceOf(PlainNdArray);
    expect(makeArray(new Float32Array(1), [], [], 0)).toBeInstanceOf(PlainNdArray);
    expect(identity(2)).toBeInstanceOf(PlainNdArray);
  });

  test("the array functions work without a line of generated code", () => {
    const A = array([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(A.transpose(1, 0).get(2, 1)).toBe(6);
    expect(toNested(transpose(A))).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(toNested(slice(A, 1, [2, -1, -1]))).toEqual([6, 5, 4]);
    expect(toNested(reshape(copy(transpose(A)), [6]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(asArray(A, "f(A)")).toBe(A);
    expect(A).toMatchObject({ shape: [2, 3], stride: [3, 1], offset: 0, size: 6, dimension: 2, dtype: "float64", order: [1, 0] });
  });

  test("the probe is made once: the class does not change under way", () => {
    globalThis.Function = Original;
    expect(usesPlainArrays()).toBe(true);
    expect(identity(1)).toBeInstanceOf(PlainNdArray);
  });
});

describe("errors", () => {
  test("ndarray-ops is refused at the call, by code", () => {
    const call = (): unknown => ops.sum([1, 2]);
    expect(call).toThrow("sum: expected a page or process that may compile code from strings, got one that forbids it");
    try {
      call();
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_CSP", where: "sum" });
    }
  });
});
