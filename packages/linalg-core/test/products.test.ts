import { gaussianArray, matmulMagnitude, matmulOracle, pack, plain, testRandom, withoutWebAssembly } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { matmul, matmulAsync } from "../src/dense/matmul.js";
import { matvec } from "../src/dense/matvec.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { backend, closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { csr, csrFromDense, csrFromTriplets, csrToDense, type CsrMatrix } from "../src/sparse/csr.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

/** Around the pad of 32 bytes and the strip of 128. */
const WIDTHS = [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 32, 33, 70];

const dense = (m: number, n: number, dtype: DType, seed = "B"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed} ${m} ${n}` }), dtype);
const sparse = (m: number, n: number, dtype: DType): CsrMatrix => csrFromDense(dense(m, n, dtype, "S"), { threshold: 1 });

/** m × n with about `perRow` entries a row, low columns more often, as word counts have them. */
function skewed(m: number, n: number, perRow: number, dtype: DType): CsrMatrix {
  const random = testRandom("skewed");
  const [rows, columns]: [number[], number[]] = [[], []];
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < perRow; p++) {
      rows.push(i);
      columns.push(Math.floor(n * random.uniform() * random.uniform()));
    }
  }
  const values = Float64Array.from(rows, () => random.uniform());
  return csrFromTriplets([m, n], rows, columns, dtype === "float32" ? Float32Array.from(values) : values);
}

/** |C − exact| ≤ γ_(c + 2) |S||B|, c entries a row at most: a product and a sum each; one more for the oracle. */
function expectProduct(C: NdArray, S: CsrMatrix, B: NdArray, dtype: DType): void {
  let most = 0;
  for (let i = 0; i < S.shape[0]; i++) most = Math.max(most, S.rowPointers[i + 1]! - S.rowPointers[i]!);
  const A = csrToDense(S);
  expect(C.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
  expectWithin(C, matmulOracle(A, B), pack(matmulMagnitude(A, B)).map((size) => gamma(most + 2, UNIT[dtype]) * size)); // prettier-ignore
}

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each(WIDTHS)("r = %i, both operands transposed or not", (r) => {
    for (const [m, k] of [
      [1, 1],
      [9, 13],
      [40, 7],
    ] as const) {
      // prettier-ignore
      const S = sparse(m, k, dtype);
      const [B, D] = [dense(k, r, dtype), dense(m, r, dtype)];
      const C = matmul(S, B);
      expectProduct(C, S, B, dtype);
      expectSameBits(matmul(S, transpose(B), { transposeB: true }), C);
      expectSameBits(matmul(S, inDtype(transpose(B), dtype), { transposeB: true }), C);
      expectProduct(matmul(S, D, { transposeA: true }), S.transpose(), D, dtype);
    }
  });

  test("233 × 23,705 of word counts' shape, times 16 columns, against the dense product", () => {
    const S = skewed(233, 23705, 1700, dtype);
    const B = dense(23705, 16, dtype);
    const C = matmul(S, B);
    const D = matmul(csrToDense(S), B);
    // both err by γ of their longest sums: at most 1700 terms here, 256 and 93 panels there
    const size = pack(matmul(csrToDense(csr(S.shape, S.rowPointers, S.columns, S.values.map(Math.abs))), inDtype(plain(pack(B).map(Math.abs), [23705, 16]), dtype))); // prettier-ignore
    expectWithin(C, D, size.map((s) => (gamma(1702, UNIT[dtype]) + gamma(353, UNIT[dtype])) * 1.01 * s)); // prettier-ignore
    expectProduct(matmul(S, dense(233, 3, dtype), { transposeA: true }), S.transpose(), dense(233, 3, dtype), dtype);
  });
});

test("float32 and float64 together are computed in float64", () => {
  const S = sparse(9, 13, "float32");
  expectProduct(matmul(S, dense(13, 5, "float64")), S, dense(13, 5, "float64"), "float64");
  const T = sparse(9, 13, "float64");
  expectProduct(matmul(T, dense(13, 5, "float32")), T, dense(13, 5, "float32"), "float64");
});

describe.each(dtypes)("laws: %s", (dtype) => {
  test("an entry's bits depend on its row and its column alone", () => {
    const S = skewed(60, 300, 40, dtype);
    const B = dense(300, 37, dtype);
    const C = matmul(S, B);
    for (const [from, to] of [[0, 1], [3, 20], [16, 37]] as const) expectSameBits(matmul(S, slice(B, null, [from, to])), slice(C, null, [from, to])); // prettier-ignore
    const rows = csr([1, 300], [0, S.rowPointers[8]! - S.rowPointers[7]!], S.columns.slice(S.rowPointers[7], S.rowPointers[8]), S.values.slice(S.rowPointers[7], S.rowPointers[8])); // prettier-ignore
    expectSameBits(matmul(rows, B), slice(C, [7, 8]));
    if (dtype === "float64") for (const j of [0, 36]) expectSameBits(matvec(S, slice(B, null, j)), slice(C, null, j));
  });

  test("alpha, beta, out", () => {
    const [S, B] = [sparse(9, 13, dtype), dense(13, 6, dtype)];
    const C = pack(matmul(S, B));
    const round = (v: number): number => (dtype === "float32" ? Math.fround(v) : v);
    const out = dense(9, 6, dtype, "out");
    const before = pack(out);
    expect(matmul(S, B, { alpha: -0.3, beta: 0.7, out })).toBe(out);
    expect(pack(out)).toEqual(C.map((v, i) => round(round(-0.3 * v) + 0.7 * before[i]!)));
    expectSameBits(matmul(S, B, { out: transpose(dense(6, 9, dtype, "turned")) }), matmul(S, B));
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
    const S = skewed(900, 2000, 300, dtype);
    const B = dense(2000, 70, dtype);
    const C = matmul(S, B);
    for (const threads of [1, 2, 3, 4]) expectSameBits(await matmulAsync(S, B, { threads }), C);
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(dtypes)("same bits on every backend, fused multiply-add or not: %s", (dtype) => {
    const S = skewed(20, 50, 9, dtype); // of uniform numbers: no function of the engine is in them
    const random = testRandom("B");
    const B = inDtype(view(Float64Array.from({ length: 50 * 19 }, () => random.uniform() - 0.5), [50, 19]), dtype); // prettier-ignore
    const C = matmul(S, B);
    for (const name of ["auto", "js"] as const) {
      configure({ backend: name, deterministic: true });
      expect(backend().name).toBe(name === "js" || withoutWebAssembly ? "js" : "wasm-simd");
      expectSameBits(matmul(S, B), C);
    }
  });

  test("an abort before the product", async () => {
    const reason = new Error("enough");
    await expect(matmulAsync(sparse(3, 3, "float64"), [[1], [1], [1]], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  const S = csr([2, 3], [0, 1, 2], [0, 2], [1, 2]);

  test("shapes and values", () => {
    expectError(() => matmul(S, [[1]]), ShapeError, { where: "matmul", argument: "B", expected: "3 rows to match the columns of A", got: [1, 1] }); // prettier-ignore
    expectError(() => matmul(S, [[1]], { transposeA: true }), ShapeError, { argument: "B", expected: "2 rows to match the rows of A" });
    expectError(() => matmul(S, [[1]], { transposeB: true }), ShapeError, {
      argument: "B",
      expected: "3 columns to match the columns of A",
    });
    expectError(() => matmul([[1, 2]], S as unknown as number[][]), ShapeError, { argument: "B" });
    expectError(() => matmul(S, [[1], [NaN], [1]]), NonFiniteError, { argument: "B", index: [1, 0] });
    expectError(() => matmul(S, [[1, 2, NaN]], { transposeB: true }), NonFiniteError, { argument: "B", index: [0, 2] });
    expectError(() => matmul(csr([2, 2], [0, 1, 2], [0, 1], [1, 1e200]), [[1], [1e200]]), NonFiniteError, {
      argument: "result overflows float64",
      index: [1, 0],
    });
    const changed = csr([2, 3], [0, 1, 2], [0, 2], [1, 2]);
    changed.values[1] = Infinity;
    expectError(() => matmul(changed, [[1], [1], [1]]), NonFiniteError, { argument: "A", index: [1, 2] });
    expectError(() => matmul({ ...S, rowPointers: Int32Array.of(0, 2, 1) }, [[1], [1], [1]]), ShapeError, { argument: "A.rowPointers" });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("options", () => {
    expectError(() => matmul(S, [[1], [1], [1]], { alpha: Infinity }), OptionError, { argument: "alpha" });
    expectError(() => matmul(S, [[1], [1], [1]], { beta: 1 }), OptionError, { argument: "beta" });
    const values = new Float64Array(2).fill(1);
    const shared = csr([2, 3], [0, 1, 2], [0, 2], values);
    expectError(() => matmul(shared, [[1], [1], [1]], { out: view(values, [2, 1]) }), OptionError, { argument: "out" });
  });
});

describe("degenerate", () => {
  test.each(dtypes)("no rows, no columns, no entries, empty rows: %s", (dtype) => {
    const none = dtype === "float32" ? new Float32Array(0) : new Float64Array(0);
    for (const [m, k, r] of [
      [0, 3, 2],
      [3, 0, 2],
      [3, 2, 0],
      [0, 0, 0],
      [4, 5, 6],
    ] as const) {
      // prettier-ignore
      const S = csr([m, k], new Int32Array(m + 1), [], none);
      expectSameBits(matmul(S, dense(k, r, dtype)), inDtype(plain(new Float64Array(m * r), [m, r]), dtype));
    }
    const S = csr([4, 2], [0, 0, 1, 1, 1], [1], dtype === "float32" ? Float32Array.of(2) : [2]);
    expect(pack(matmul(S, inDtype(plain(Float64Array.of(1, 3), [2, 1]), dtype)))).toEqual(Float64Array.of(0, 6, 0, 0));
  });
});
