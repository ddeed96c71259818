import {
  gaussianArray,
  layouts,
  matmulMagnitude,
  matmulOracle,
  pack,
  plain,
  strided,
  testRandom,
  type Layout,
  withoutWebAssembly,
} from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { reshape, slice, transpose, view } from "../src/array/view.js";
import { matvec, matvecAsync } from "../src/dense/matvec.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { backend, closePool, configure, ready } from "../src/runtime/environment.js";
import type { LinearOperator } from "../src/operator.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { csrFromDense } from "../src/sparse/csr.js";
import { multiplyCsr } from "../src/sparse/plain-products.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

/** Around the vectors, the rows of a pass, and the size from which kernels compute. */
const SIZES = [0, 1, 3, 7, 8, 15, 16, 17, 63, 64, 65, 130];

const matrix = (m: number, n: number, dtype: DType): NdArray => inDtype(gaussianArray([m, n], { seed: `A ${m} ${n}` }), dtype);
const vector = (n: number, dtype: DType): NdArray => inDtype(gaussianArray([n], { seed: `x ${n}` }), dtype);

function stored(A: NdArray, layout: Layout): NdArray {
  const { data, shape, stride, offset } = strided(A, layout) as { data: Float64Array; shape: number[]; stride: number[]; offset: number };
  return view(data, shape, stride, offset);
}

/** Roundings an entry passes, as documented; one more for the oracle. */
function roundings(n: number, m: number, transposed: boolean, dtype: DType): number {
  return transposed ? m + 1 : (dtype === "float32" ? Math.ceil(n / 16) + 20 : Math.ceil(n / 8) + 11) + 1;
}

function expectProduct(y: NdArray, A: NdArray, x: NdArray, transposed: boolean, dtype: DType): void {
  const [m, n] = A.shape as [number, number];
  const column = plain(pack(x), [x.shape[0]!, 1]);
  const op = transposed ? transpose(A) : A;
  const unit = gamma(roundings(n, m, transposed, dtype), UNIT[dtype]);
  expect(y.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
  expectWithin(reshape(y, [y.size, 1]), matmulOracle(op, column), pack(matmulMagnitude(op, column)).map((size) => unit * size)); // prettier-ignore
}

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each(SIZES)("m = %i with every n, both ways", (m) => {
    for (const n of SIZES) {
      const A = matrix(m, n, dtype);
      expectProduct(matvec(A, vector(n, dtype)), A, vector(n, dtype), false, dtype);
      expectProduct(matvec(A, vector(m, dtype), { transpose: true }), A, vector(m, dtype), true, dtype);
    }
  });

  test("several chunks through compute memory", () => {
    const [m, n] = [1500, 1501]; // 18 MB in float64
    const A = matrix(m, n, dtype);
    expectProduct(matvec(A, vector(n, dtype)), A, vector(n, dtype), false, dtype);
    expectProduct(matvec(A, vector(m, dtype), { transpose: true }), A, vector(m, dtype), true, dtype);
  });

  test("sparse: in float64, rounded once", () => {
    const [A, x] = [matrix(40, 30, dtype), vector(30, dtype)];
    const S = csrFromDense(A, { threshold: 1 });
    const dense = inDtype(plain(pack(A).map((a) => (Math.abs(a) > 1 ? a : 0)), [40, 30]), dtype); // prettier-ignore
    const y = matvec(S, x);
    const column = plain(pack(x), [30, 1]);
    const allowed = pack(matmulMagnitude(dense, column)).map(
      (size) => (gamma(32, UNIT.float64) + (dtype === "float32" ? UNIT.float32 : 0)) * size,
    );
    expect(y.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
    expectWithin(reshape(y, [40, 1]), matmulOracle(dense, column), allowed);
    const back = matvec(S, y, { transpose: true });
    expectSameBits(back, matvec(S.transpose(), y));
  });
});

describe.each(dtypes)("laws: %s", (dtype) => {
  test("same bits in every layout", () => {
    for (const [m, n] of [
      [13, 29],
      [70, 80],
      [300, 90],
      [80, 300],
    ] as const) {
      // prettier-ignore
      const A = matrix(m, n, dtype);
      for (const layout of layouts) {
        const B = stored(A, layout);
        expectSameBits(matvec(B, vector(n, dtype)), matvec(A, vector(n, dtype)));
        expectSameBits(matvec(B, vector(m, dtype), { transpose: true }), matvec(A, vector(m, dtype), { transpose: true }));
      }
      const columns = transpose(inDtype(transpose(A), dtype)); // columns side by side
      expectSameBits(matvec(columns, vector(n, dtype)), matvec(A, vector(n, dtype)));
      expectSameBits(matvec(columns, vector(m, dtype), { transpose: true }), matvec(A, vector(m, dtype), { transpose: true }));
    }
  });

  test("a row's bits depend on that row alone, kernel or plain loop", () => {
    const [A, x, z] = [matrix(90, 77, dtype), vector(77, dtype), vector(90, dtype)];
    const [y, w] = [matvec(A, x), matvec(A, z, { transpose: true })];
    for (const [from, to] of [[0, 3], [40, 90]] as const) expectSameBits(matvec(slice(A, [from, to]), x), slice(y, [from, to])); // prettier-ignore
    expectSameBits(matvec(slice(A, null, [5, 9]), z, { transpose: true }), slice(w, [5, 9]));
  });

  test("alpha, beta, out", () => {
    const [A, x] = [matrix(9, 5, dtype), vector(5, dtype)];
    const y = pack(matvec(A, x));
    const round = (v: number): number => (dtype === "float32" ? Math.fround(v) : v);
    const out = inDtype(gaussianArray([9], { seed: "out" }), dtype);
    const before = pack(out);
    expect(matvec(A, x, { alpha: 0.3, beta: 0.7, out })).toBe(out);
    expect(pack(out)).toEqual(y.map((v, i) => round(round(0.3 * v) + 0.7 * before[i]!)));
    out.data.fill(NaN);
    expectSameBits(matvec(A, x, { out }), matvec(A, x)); // beta 0: not read
    const wide = inDtype(gaussianArray([18], { seed: "wide" }), dtype);
    expectSameBits(matvec(A, x, { out: slice(wide, [0, 18, 2]) }), matvec(A, x));
  });
});

test("cost law: a sparse product reads each entry once, and multiplies and adds once: 2 nnz", () => {
  const S = csrFromDense(inDtype(gaussianArray([30, 50], { seed: "cost" }), "float64"), { threshold: 1.2 });
  const counted = <T extends object>(list: T): [T, () => number] => {
    let count = 0;
    const get = (target: T, key: string | symbol): unknown => {
      if (typeof key === "string" && /^\d+$/.test(key)) count++;
      return Reflect.get(target, key, target);
    };
    return [new Proxy(list, { get }), () => count];
  };
  const [values, products] = counted(S.values);
  const [x, factors] = counted(new Float64Array(50).fill(1));
  multiplyCsr({ ...S, values }, x, new Float64Array(30));
  expect(products() + factors()).toBe(2 * S.values.length);
});

describe("operators", () => {
  const A = matrix(6, 4, "float64");
  const operator: LinearOperator = {
    shape: [6, 4],
    apply: (x) => matvec(A, x),
    applyTranspose: (y) => matvec(A, y, { transpose: true }),
  };

  test("oracle: the bits of the operator's own products; float64", async () => {
    expectSameBits(matvec(operator, vector(4, "float32")), matvec(A, inDtype(vector(4, "float32"), "float64")));
    expectSameBits(matvec(operator, vector(6, "float64"), { transpose: true }), matvec(A, vector(6, "float64"), { transpose: true }));
    let seen: object = {};
    const applyAsync: LinearOperator["applyAsync"] = async (x, control) => {
      await Promise.resolve();
      seen = control;
      return matvec(A, x);
    };
    const { signal } = new AbortController();
    expectSameBits(await matvecAsync({ ...operator, applyAsync }, vector(4, "float64"), { signal, threads: 1 }), matvec(A, vector(4, "float64"))); // prettier-ignore
    expect(seen).toEqual({ signal, threads: 1 });
    expectSameBits(await matvecAsync(operator, vector(4, "float64")), matvec(A, vector(4, "float64")));
  });

  test("laws: it may keep, change and return what it gets", () => {
    const x = vector(4, "float64");
    const before = pack(x);
    const y = matvec({ shape: [4, 4], apply: (z) => ((z.data[0] = 7), z) }, x);
    expect(pack(x)).toEqual(before);
    expect(y.data[0]).toBe(7);
  });

  test("errors", async () => {
    const x = vector(4, "float64");
    const bad = (result: unknown): LinearOperator => ({ shape: [6, 4], apply: () => result as NdArray });
    expectError(() => matvec(bad(x), x), ShapeError, { where: "matvec", argument: "A: operator.apply", expected: "shape [6]", got: [4] });
    expectError(() => matvec(bad(view(new Float64Array(6), [6, 1])), x), ShapeError, { argument: "A: operator.apply" });
    expectError(() => matvec(bad(undefined), x), ShapeError, { argument: "A: operator.apply" });
    expectError(() => matvec(bad([0, 0, NaN, 0, 0, 0]), x), NonFiniteError, { argument: "A: operator.apply", index: [2] });
    expectError(() => matvec({ ...operator, shape: [6] as unknown as [6, 4] }, x), ShapeError, { argument: "A.shape" });
    expectError(() => matvec(bad(x), vector(6, "float64"), { transpose: true }), OptionError, { argument: "A.applyTranspose" });
    const failing = { ...operator, applyAsync: () => Promise.reject(new Error("mine")) };
    await expect(matvecAsync(failing, x)).rejects.toThrow("mine");
    const short = { ...operator, applyAsync: () => Promise.resolve(x) };
    await expect(matvecAsync(short, x)).rejects.toThrow("operator.applyAsync");
  });

  test("an abort does not wait for it", async () => {
    const controller = new AbortController();
    const never = { ...operator, applyAsync: () => new Promise<NdArray>(() => { queueMicrotask(() => { controller.abort(new Error("enough")); }); }) }; // prettier-ignore
    await expect(matvecAsync(never, vector(4, "float64"), { signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("threads and backends", () => {
  beforeAll(async () => {
    await ready();
  });
  afterAll(async () => {
    configure({ backend: "auto", deterministic: false });
    await closePool();
  });

  test.each(dtypes)("same bits for any number of threads: %s", async (dtype) => {
    const [A, x, z] = [matrix(2000, 1500, dtype), vector(1500, dtype), vector(2000, dtype)];
    const [y, w] = [matvec(A, x), matvec(A, z, { transpose: true })];
    for (const threads of [1, 2, 3, 4]) {
      expectSameBits(await matvecAsync(A, x, { threads }), y);
      expectSameBits(await matvecAsync(A, z, { threads, transpose: true }), w);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(dtypes)("same bits on every backend, fused multiply-add or not: %s", (dtype) => {
    const random = testRandom("uniform");
    const uniform = (shape: number[]): NdArray =>
      inDtype(
        plain(
          Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform() - 0.5),
          shape,
        ),
        dtype,
      );
    const [A, x, z] = [uniform([90, 110]), uniform([110]), uniform([90])];
    const S = csrFromDense(A, { threshold: 0.3 });
    const compute = (): NdArray[] => [matvec(A, x), matvec(A, z, { transpose: true }), matvec(S, x), matvec(S, z, { transpose: true })];
    const first = compute();
    for (const [name, deterministic] of [
      ["auto", true],
      ["js", true],
    ] as const) {
      // prettier-ignore
      configure({ backend: name, deterministic });
      expect(backend().name).toBe(name === "js" || withoutWebAssembly ? "js" : "wasm-simd");
      compute().forEach((y, p) => { expectSameBits(y, first[p]!); }); // prettier-ignore
    }
  });
});

describe("errors", () => {
  test("shapes and values", () => {
    expectError(() => matvec([[1, 2]], [1]), ShapeError, { where: "matvec", argument: "x", expected: "shape [2]", got: [1] });
    expectError(() => matvec([[1, 2]], [1, 2], { transpose: true }), ShapeError, { argument: "x", expected: "shape [1]" });
    expectError(() => matvec([[1, 2]], view(Float64Array.of(1, 2), [1, 2])), ShapeError, { argument: "x" });
    expectError(() => matvec([1, 2] as unknown as number[][], [1]), ShapeError, { argument: "A" });
    expectError(() => matvec([[1, NaN]], [1, 2]), NonFiniteError, { argument: "A", index: [0, 1] });
    expectError(() => matvec([[1, 2]], [1, Infinity]), NonFiniteError, { argument: "x", index: [1] });
    expectError(() => matvec([[0], [1e200]], [1e200]), NonFiniteError, { argument: "result overflows float64", index: [1] });
    const S = csrFromDense([[1, 2]]);
    S.values[1] = NaN;
    expectError(() => matvec(S, [1, 2]), NonFiniteError, { argument: "A", index: [0, 1] });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("NaN in a large matrix is named by its index, rows or columns side by side", () => {
    for (const [m, n] of [
      [1200, 900],
      [70, 70],
    ] as const) {
      // prettier-ignore
      const A = matrix(m, n, "float64");
      const [i, j] = [m - 7, n - 11];
      A.data[i * n + j] = NaN;
      expectError(() => matvec(A, vector(n, "float64")), NonFiniteError, { argument: "A", index: [i, j] });
      expectError(() => matvec(transpose(A), vector(m, "float64")), NonFiniteError, { argument: "A", index: [j, i] });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("options", () => {
    expectError(() => matvec([[1]], [1], { alpha: NaN }), OptionError, { argument: "alpha" });
    expectError(() => matvec([[1]], [1], { beta: 1 }), OptionError, { argument: "beta" });
    expectError(() => matvec([[1]], [1], { transpose: 1 } as object), OptionError, { argument: "transpose" });
    expectError(() => matvec([[1]], [1], { threads: 2 } as object), OptionError, { argument: "threads" });
    const x = vector(3, "float64");
    expectError(() => matvec(matrix(3, 3, "float64"), x, { out: x }), OptionError, { argument: "out" });
    expectError(() => matvec([[1]], [1], { out: view(new Float32Array(1), [1]) }), OptionError, { argument: "out" });
    expectError(() => matvec([[1]], [1], { out: x }), ShapeError, { argument: "out" });
  });
});
