import { fromNested, pack, testRandom } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { transpose, view } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { csr, csrFromDense, csrFromTriplets, csrToDense, isCsr, type CsrMatrix } from "../src/sparse/csr.js";
import { asCsr } from "../src/sparse/structure.js";
import { expectError, expectSameBits } from "./numeric-support.js";

const shapes = [
  [0, 0],
  [0, 4],
  [5, 0],
  [1, 1],
  [7, 3],
  [3, 9],
] as const;

/** Small integers, so that sums in any order agree. */
function triplets(m: number, n: number, count: number, seed: string) {
  const { below } = testRandom(seed);
  const size = m * n === 0 ? 0 : count;
  return {
    rows: Array.from({ length: size }, () => below(m)),
    columns: Array.from({ length: size }, () => below(n)),
    values: Array.from({ length: size }, () => below(9) - 4),
  };
}

/** Every invariant, by its definition. */
function expectSound({ shape, rowPointers, columns, values }: CsrMatrix): void {
  expect(rowPointers.length).toBe(shape[0] + 1);
  expect(rowPointers[0]).toBe(0);
  expect(columns.length).toBe(rowPointers[shape[0]]);
  expect(values.length).toBe(columns.length);
  for (let i = 0; i < shape[0]; i++) {
    const row = [...columns.subarray(rowPointers[i], rowPointers[i + 1])];
    expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
    expect(row.every((j) => j >= 0 && j < shape[1])).toBe(true);
  }
}

describe("oracle", () => {
  test.each(shapes)("triplets of a %i × %i matrix, duplicates summed", (m, n) => {
    for (const count of [0, 1, 5, 60]) {
      const { rows, columns, values } = triplets(m, n, count, `triplets ${m} ${n} ${count}`);
      const dense = new Float64Array(m * n);
      rows.forEach((i, p) => (dense[i * n + columns[p]!]! += values[p]!));
      for (const list of [values, Float32Array.from(values), Int8Array.from(values)]) {
        const S = csrFromTriplets([m, n], rows, columns, list);
        expectSound(S);
        expect(S.values).toBeInstanceOf(list instanceof Float32Array ? Float32Array : Float64Array);
        expect(new Set(rows.map((i, p) => `${i} ${columns[p]!}`)).size).toBe(S.values.length); // sums of 0 stay stored
        expect(pack(csrToDense(S))).toEqual(dense);
      }
    }
  });

  test("duplicates are summed in the order given, in float64", () => {
    const S = csrFromTriplets([1, 1], [0, 0, 0], [0, 0, 0], Float32Array.of(1, 2 ** -24, 2 ** -24));
    expect(S.values).toEqual(Float32Array.of(1 + 2 ** -23)); // in float32 each would have been lost
  });

  test.each([0, 0.5, 2])("dense with threshold %d", (threshold) => {
    const { normal } = testRandom("dense");
    const A = view(Float64Array.from({ length: 35 }, normal), [5, 7]);
    for (const X of [A, transpose(A), view(Float32Array.from(A.data), [5, 7])]) {
      const S = csrFromDense(X, { threshold });
      expectSound(S);
      expect(S.values).toBeInstanceOf(X.data instanceof Float32Array ? Float32Array : Float64Array);
      expect(pack(csrToDense(S))).toEqual(pack(X).map((x) => (Math.abs(x) > threshold ? x : 0)));
    }
  });
});

describe("laws", () => {
  test("transposing: the dense transpose; twice the matrix itself; the second time the same object", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), fc.nat(50), fc.string(), (m, n, count, seed) => {
        const { rows, columns, values } = triplets(m, n, count, seed);
        const S = csrFromTriplets([m, n], rows, columns, values);
        const T = S.transpose();
        expectSound(T);
        expectSameBits(csrToDense(T), transpose(csrToDense(S)));
        expect(S.transpose()).toBe(T);
        expect(T.transpose()).toBe(S);
        const again = csr(T.shape, T.rowPointers, T.columns, T.values).transpose(); // computed, not remembered
        expect([again.rowPointers, again.columns, again.values]).toEqual([S.rowPointers, S.columns, S.values]);
      }),
      { seed: 1 },
    );
  });

  test("dense and back", () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.string(), (m, n, seed) => {
        const { below } = testRandom(seed);
        const A = view(Float64Array.from({ length: m * n }, () => Math.max(0, below(9) - 5)), [m, n]); // prettier-ignore
        expectSameBits(csrToDense(csrFromDense(A)), A);
      }),
      { seed: 1 },
    );
  });

  test("arrays of the right kinds are shared, others copied", () => {
    const [starts, columns, values] = [Int32Array.of(0, 1), Int32Array.of(0), Float32Array.of(2)];
    const S = csr([1, 1], starts, columns, values);
    expect([S.rowPointers, S.columns, S.values].every((list, p) => list === [starts, columns, values][p])).toBe(true);
    expect(csr([1, 1], [0, 1], [0], [2]).values).toEqual(Float64Array.of(2));
  });

  test("what another copy or thread hands over is a sparse matrix too, checked once more", () => {
    const S = csr([2, 2], [0, 1, 2], [1, 0], [3, 4]);
    const { shape, rowPointers, columns, values } = S;
    const foreign = structuredClone({ shape, rowPointers, columns, values });
    expect(isCsr(S)).toBe(true);
    expect(isCsr(foreign)).toBe(true);
    expect(asCsr(S, "f(A)")).toBe(S);
    expect(pack(csrToDense(asCsr(foreign, "f(A)").transpose()))).toEqual(Float64Array.of(0, 4, 3, 0));
    expectError(() => asCsr({ ...foreign, columns: [1, 2] }, "f(A)"), ShapeError, {
      where: "f",
      argument: "A.columns",
      got: "2 in row 1",
    });
    for (const value of [null, 3, [], fromNested([[1]]), { shape: [1, 1], rowPointers: [0, 0], columns: [] }, { ...foreign, values: 1 }]) {
      expect(isCsr(value)).toBe(false);
    }
  });
});

describe("errors", () => {
  const good = { shape: [2, 3], rowPointers: [0, 2, 3], columns: [0, 2, 1], values: [1, 2, 3] };
  const faults: readonly [string, object, string][] = [
    ["a shape of three", { shape: [2, 3, 1] }, "csr(shape): expected two nonnegative integers, got [2, 3, 1]"],
    ["a shape that is none", { shape: "ab" }, 'csr(shape): expected two nonnegative integers, got "ab"'],
    ["a fraction of a row", { shape: [1.5, 3] }, "csr(shape): expected two nonnegative integers, got [1.5, 3]"],
    ["too many columns", { shape: [2, 2 ** 31] }, "csr(shape): expected lengths below 2^31, got [2, 2147483648]"],
    ["pointers of another length", { rowPointers: [0, 3] }, "csr(rowPointers): expected length 3 for 2 rows, got length 2"],
    ["a first pointer of 1", { rowPointers: [1, 2, 3] }, "csr(rowPointers): expected 0 at its start, got 1"],
    ["pointers that descend", { rowPointers: [0, 4, 3] }, "csr(rowPointers): expected no descent, got 4, 3 at [1], [2]"],
    ["a pointer that is no integer", { rowPointers: [0, 1.5, 3] }, "csr(rowPointers): expected integers below 2^31, got 1.5 at [1]"],
    ["pointers that are none", { rowPointers: 3 }, "csr(rowPointers): expected an array of integers, got 3"],
    ["fewer columns", { columns: [0, 2] }, "csr(columns): expected length 3, the last row pointer, got length 2"],
    ["fewer values", { values: [0, 2] }, "csr(values): expected length 3, the last row pointer, got length 2"],
    ["a column past the end", { columns: [0, 3, 1] }, "csr(columns): expected indices in [0, 3), got 3 in row 0"],
    ["a negative column", { columns: [-1, 2, 1] }, "csr(columns): expected indices in [0, 3), got -1 in row 0"],
    [
      "columns in the wrong order",
      { columns: [2, 0, 1] },
      "csr(columns): expected strictly ascending indices in each row, got 2, 0 in row 0",
    ],
    ["a column twice", { columns: [2, 2, 1] }, "csr(columns): expected strictly ascending indices in each row, got 2, 2 in row 0"],
    ["a value that is no number", { values: [1, "2", 3] }, 'csr(values): expected entries that are numbers, got "2" at [1]'],
    ["values that are none", { values: null }, "csr(values): expected an array of numbers, got null"],
  ];

  test.each(faults)("%s", (_, part, message) => {
    const { shape, rowPointers, columns, values } = { ...good, ...part };
    expectError(() => csr(shape as [number, number], rowPointers, columns, values), ShapeError, { message });
  });

  test("values: NaN is named by row and column, BigInts are refused", () => {
    expectError(() => csr([2, 3], [0, 0, 2], [0, 2], [1, NaN]), NonFiniteError, { argument: "values", index: [1, 2] });
    const big = BigInt64Array.of(1n) as unknown as number[];
    expectError(() => csr([1, 1], [0, 1], [0], big), OptionError, { argument: "values" });
  });

  test("triplets", () => {
    expectError(() => csrFromTriplets([2, 2], [0, 2], [0, 1], [1, 2]), ShapeError, { argument: "rows", got: "2 at [1]" });
    expectError(() => csrFromTriplets([2, 2], [0, 1], [-1, 1], [1, 2]), ShapeError, { argument: "columns", got: "-1 at [0]" });
    expectError(() => csrFromTriplets([2, 2], [0], [0, 1], [1]), ShapeError, { argument: "columns", got: "length 2" });
    expectError(() => csrFromTriplets([2, 2], [0], [0], [1, 2]), ShapeError, { argument: "values", got: "length 2" });
    expectError(() => csrFromTriplets([2, 2], [0], [0], [Infinity]), NonFiniteError, { argument: "values", index: [0] });
    expectError(() => csrFromTriplets([2, 2], [1, 1], [1, 1], [1e308, 1e308]), NonFiniteError, {
      argument: "sum of duplicates",
      index: [1, 1],
    });
  });

  test("dense", () => {
    expectError(() => csrFromDense([[1]], { threshold: -1 }), OptionError, { argument: "threshold" });
    expectError(() => csrFromDense([[1]], { threshold: NaN }), OptionError, { argument: "threshold" });
    expectError(() => csrFromDense([[1]], { tolerance: 1 } as object), OptionError, { argument: "tolerance" });
    expectError(() => csrFromDense([[1, NaN]]), NonFiniteError, { index: [0, 1] });
    expectError(() => csrFromDense([1, 2] as unknown as number[][]), ShapeError, { argument: "A" });
    expectError(() => csrToDense([[1]] as unknown as CsrMatrix), ShapeError, { argument: "S" });
    expectError(() => csrToDense(csrFromTriplets([2 ** 20, 2 ** 20], [], [], [])), ShapeError, { argument: "S" });
  });
});

describe("degenerate", () => {
  test("no rows, no columns, empty rows, no entries", () => {
    for (const [m, n] of shapes) {
      const S = csr([m, n], new Int32Array(m + 1), [], []);
      expectSound(S.transpose());
      expect(csrToDense(S).shape).toEqual([m, n]);
      expect(pack(csrToDense(S.transpose()))).toEqual(new Float64Array(m * n));
    }
  });

  test("stored zeros stay, of either sign", () => {
    const S = csr([1, 2], [0, 2], [0, 1], [0, -0]);
    expect(Object.is(S.transpose().values[1], -0)).toBe(true);
    expect(csrFromDense(csrToDense(S)).values.length).toBe(0);
  });
});
