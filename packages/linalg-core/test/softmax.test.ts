import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { afterAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { logSumExpRows, softmaxRows, type SoftmaxRowsOptions } from "../src/elementwise/softmax.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { configure } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { dtypes, expectError, expectSameBits, inDtype, UNIT } from "./numeric-support.js";

const scores = (m: number, n: number, dtype: DType, deviation = 3): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `scores/${m}/${n}`, deviation }), dtype);

/** The rows in float64, by Math.exp: right to some 1e-15, which `slack` below covers. */
function oracle(
  S: NdArray,
  scale = 1,
  keep: (i: number, j: number) => boolean = () => true,
): { p: number[][]; a: number[][]; lse: number[] } {
  const [m = 0, n = 0] = S.shape;
  const rows = Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => S.data[i * n + j]!));
  const a = rows.map((row, i) => {
    const kept = row.filter((_, j) => keep(i, j));
    const extreme = scale < 0 ? Math.min(...kept) : Math.max(...kept);
    return row.map((s, j) => (keep(i, j) ? (s / 2 - extreme / 2) * (2 * scale) : -Infinity));
  });
  const sums = a.map((row) => row.reduce((sum, x) => sum + Math.exp(x), 0));
  const lse = a.map((row, i) => scale * (rows[i]![row.findIndex((x) => x === 0)] ?? 0) + Math.log(sums[i]!));
  return { p: a.map((row, i) => row.map((x) => (sums[i] === 0 ? 0 : Math.exp(x) / sums[i]!))), a, lse };
}

/** The documented bounds; the oracle's own error, within 3 (a + 2) u of float64 and n u for its sum, comes on top. */
function expectSoftmax(S: NdArray, options: SoftmaxRowsOptions & { keep?: (i: number, j: number) => boolean } = {}): void {
  const { keep, ...rest } = options;
  const [m = 0, n = 0] = S.shape;
  const isSingle = S.data instanceof Float32Array;
  const u = isSingle ? UNIT.float32 : UNIT.float64;
  const { p, a, lse } = oracle(S, rest.scale, keep);
  const P = softmaxRows(S, rest);
  const L = logSumExpRows(S, rest);
  expect(P.shape).toEqual([m, n]);
  expect(L.shape).toEqual([m]);
  expect([P.data, L.data].every((data) => data instanceof (isSingle ? Float32Array : Float64Array))).toBe(true);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const depth = Math.abs(a[i]![j]!);
      const slack = (3 * (depth + 2) + n) * UNIT.float64;
      const allowed = (2 * depth + 2 * Math.log(n) + (isSingle ? 0 : n) + 6) * u + slack;
      const got = P.data[i * n + j]!;
      if (depth === Infinity) expect(got).toBe(0);
      else if (!(Math.abs(got - p[i]![j]!) <= allowed * p[i]![j]! + (isSingle ? 1.2e-38 : 5e-324)))
        expect.fail(`[${i}, ${j}]: ${got}, not ${p[i]![j]!}`);
    }
    if (lse[i] === -Infinity) expect(L.data[i]).toBe(-Infinity);
    else {
      const allowed =
        (2 * Math.abs(lse[i]!) + 5 * Math.log(n) + (isSingle ? 0 : n) + 4) * u + (n + 8 + 2 * Math.abs(lse[i]!)) * UNIT.float64;
      expect(Math.abs(L.data[i]! - lse[i]!)).toBeLessThanOrEqual(allowed);
    }
  }
}

afterAll(() => {
  configure({ backend: "auto" });
});

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each([1, 2, 3, 4, 7, 8, 9, 31, 64, 257])("%i columns, scales of both signs", (n) => {
    for (const scale of [1, 0.125, -1, -2.5, 0, 20]) expectSoftmax(scores(5, n, dtype), { scale });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("scores of ±1e4, equal scores, one column", () => {
    expectSoftmax(inDtype([[1e4, -1e4, 9999], [-1e4, -1e4, -1e4]].flat().reduce((X, s, p) => { X.data[p] = s; return X; }, view(new Float64Array(6), [2, 3])), dtype)); // prettier-ignore
    expect([...softmaxRows(inDtype(view(new Float64Array(8).fill(7.3), [2, 4]), dtype)).data]).toEqual(new Array(8).fill(0.25));
    expect([...softmaxRows(scores(3, 1, dtype)).data]).toEqual([1, 1, 1]);
  });

  test("bytes, booleans and column masks; a row that keeps nothing", () => {
    const [m, n] = [6, 21];
    const bytes = Uint8Array.from({ length: m * n }, (_, p) => (Math.floor(p / n) === 3 || p % 3 === 1 ? 0 : 1));
    const S = scores(m, n, dtype);
    const mask = { data: bytes, shape: [m, n], stride: [n, 1], offset: 0 };
    const columns = Array.from({ length: n }, (_, j) => (j % 5 === 0 ? 0 : 1));
    for (const scale of [1, -2, 0]) {
      expectSoftmax(S, { scale, mask, keep: (i, j) => bytes[i * n + j] === 1 });
      expectSoftmax(S, { scale, keyMask: columns, keep: (_, j) => columns[j] === 1 });
      expectSoftmax(S, { scale, mask, keyMask: columns, keep: (i, j) => bytes[i * n + j] === 1 && columns[j] === 1 });
    }
    const booleans = Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => bytes[i * n + j] === 1));
    expectSameBits(softmaxRows(S, { mask: booleans as never }), softmaxRows(S, { mask }));
    expect([...softmaxRows(S, { mask }).data.subarray(3 * n, 4 * n)]).toEqual(new Array(n).fill(0));
    expect(logSumExpRows(S, { mask }).data[3]).toBe(-Infinity);
    // what is hidden has no say, however large
    const loud = inDtype(S, dtype);
    loud.data[1] = 1e30;
    expectSameBits(softmaxRows(loud, { mask }), softmaxRows(S, { mask }));
  });

  test.each([1e-30, 1e-9, 1, 1e9, 1e30])("at the scale %s, and where differences overflow", (size) => {
    const S = inDtype(plain(pack(scores(4, 9, "float64")).map((s) => s * size), [4, 9]), dtype); // prettier-ignore
    for (const scale of [1, 1 / size, -1 / size]) expectSoftmax(S, { scale });
    const ends = dtype === "float32" ? 3.4e38 : 1.7e308;
    const far = inDtype(plain(Float64Array.of(ends, -ends, 0, ends / 2), [1, 4]), dtype);
    for (const scale of [1 / ends, -1 / ends, 0]) expectSoftmax(far, { scale });
    expect([...softmaxRows(far).data]).toEqual([1, 0, 0, 0]);
    expect([...softmaxRows(far, { scale: -1e300 }).data]).toEqual([0, 1, 0, 0]);
  });
});

describe("laws", () => {
  test.each(dtypes)("%s: shifting a row by what its format holds changes no bits; softmax and log-sum-exp agree", (dtype) => {
    const S = inDtype(plain(pack(scores(8, 13, "float64")).map((s) => Math.round(s * 16) / 16), [8, 13]), dtype); // prettier-ignore
    const shifted = inDtype(plain(pack(S).map((s) => s + 512), [8, 13]), dtype); // prettier-ignore
    expectSameBits(softmaxRows(shifted), softmaxRows(S));
    const [P, L] = [softmaxRows(S).data, logSumExpRows(S).data];
    const u = UNIT[dtype];
    P.forEach((p, q) => {
      const a = Math.abs(S.data[q]! - L[Math.floor(q / 13)]!);
      expect(Math.abs(p / Math.exp(S.data[q]! - L[Math.floor(q / 13)]!) - 1)).toBeLessThanOrEqual((3 * a + 60) * u); // both bounds, n = 13
    });
  });

  test("strides, `out`, the other rows and the backend change no bits", () => {
    for (const dtype of dtypes) {
      for (const n of [6, 16]) {
        const S = scores(7, n, dtype);
        const want = softmaxRows(S, { scale: 0.7 });
        for (const layout of layouts) {
          const { data, shape, stride, offset } = strided(S, layout);
          const X = view(data as Float64Array, shape, stride, offset);
          expectSameBits(softmaxRows(X, { scale: 0.7 }), want);
          expect(softmaxRows(X, { scale: 0.7, out: X })).toBe(X); // in place
          expectSameBits(inDtype(X, dtype), want);
        }
        expectSameBits(softmaxRows(slice(S, [3, 4]), { scale: 0.7 }), inDtype(slice(want, [3, 4]), dtype));
        const mask = {
          data: Uint8Array.from({ length: 7 * n }, (_, p) => (p % 4 === 0 ? 0 : 1)),
          shape: [7, n],
          stride: [n, 1],
          offset: 0,
        };
        const compute = (): NdArray[] => [softmaxRows(S, { mask }), logSumExpRows(S, { scale: -3 }), softmaxRows(S, { scale: -3 })];
        configure({ backend: "auto", deterministic: true });
        const wasm = compute();
        configure({ backend: "js" });
        compute().forEach((A, p) => { expectSameBits(A, wasm[p]!); }); // prettier-ignore
        configure({ backend: "auto", deterministic: false });
      }
    }
  });
});

describe("errors", () => {
  const S = scores(3, 4, "float64");

  test("a matrix without columns, or none at all", () => {
    for (const f of [softmaxRows, logSumExpRows]) {
      expectError(() => f(view(new Float64Array(0), [3, 0])), ShapeError, { where: f.name, argument: "S" });
      expectError(() => f([1, 2] as never), ShapeError, { where: f.name, argument: "S" });
    }
  });

  test.each([
    ["scale", NaN],
    ["scale", Infinity],
    ["scale", 1e301],
    ["scale", "1"],
    ["mask", [[1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]], // numbers are no mask here: nothing is added
    ["mask", { data: new Uint8Array(12).fill(2), shape: [3, 4], stride: [4, 1], offset: 0 }],
    ["keyMask", [1, 0, 0.5, 1]],
    ["axis", 1],
  ])("%s: %j is an OptionError", (name, value) => {
    for (const f of [softmaxRows, logSumExpRows]) expectError(() => f(S, { [name]: value }), OptionError, { where: f.name, argument: name });
  }); // prettier-ignore

  test("masks and `out` of another shape or kind", () => {
    expectError(() => softmaxRows(S, { mask: { data: new Uint8Array(12), shape: [4, 3], stride: [3, 1], offset: 0 } }), ShapeError, {
      argument: "mask",
    });
    expectError(() => softmaxRows(S, { keyMask: [1, 1, 1] }), ShapeError, { argument: "keyMask" });
    expectError(() => softmaxRows(S, { out: view(new Float64Array(12), [4, 3]) }), ShapeError, { argument: "out" });
    expectError(() => softmaxRows(S, { out: view(new Float32Array(12), [3, 4]) }), OptionError, { argument: "out" });
    expectError(() => softmaxRows(S, { out: view(new Float64Array(12), [3, 4], [0, 1]) }), OptionError, { argument: "out" });
    expectError(() => logSumExpRows(S, { out: S } as never), OptionError, { argument: "out" });
  });

  test("NaN and infinities, named by their index; a result that overflows", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const X = inDtype(S, "float32");
      X.data[6] = bad;
      expectError(() => softmaxRows(X), NonFiniteError, { where: "softmaxRows", argument: "S", index: [1, 2] });
      expectError(() => logSumExpRows(X), NonFiniteError, { where: "logSumExpRows", argument: "S", index: [1, 2] });
    }
    expectError(() => logSumExpRows([[1], [1e10]], { scale: 1e300 }), NonFiniteError, { value: Infinity, index: [1] });
    expect(() => logSumExpRows(view(Float32Array.of(1e30), [1, 1]), { scale: 1e10 })).toThrow("result overflows float32");
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("no rows", () => {
    expect(softmaxRows(view(new Float32Array(0), [0, 3])).shape).toEqual([0, 3]);
    expect(logSumExpRows(view(new Float32Array(0), [0, 3])).shape).toEqual([0]);
  });

  test("integers are read as float64", () => {
    expect(logSumExpRows({ data: Int32Array.of(1000), shape: [1, 1], stride: [1, 1], offset: 0 }).data).toEqual(Float64Array.of(1000));
  });
});
