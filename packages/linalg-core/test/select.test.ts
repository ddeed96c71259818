import { gaussianArray, pack, plain } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slice } from "../src/array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { csr, csrFromDense, csrToDense, type CsrMatrix } from "../src/sparse/csr.js";
import { selectColumns, selectRows } from "../src/sparse/select.js";
import { dtypes, expectError, expectSameBits, inDtype } from "./numeric-support.js";

const sparse = (m: number, n: number, dtype: "float32" | "float64"): CsrMatrix =>
  csrFromDense(inDtype(gaussianArray([m, n], { seed: `S ${m} ${n}` }), dtype), { threshold: 0.8 });

describe.each(dtypes)("oracle: %s", (dtype) => {
  test("rows and columns in any order, repeated or left out, with and without factors", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(8), { maxLength: 12 }), (m, n, list) => {
        const S = sparse(m, n, dtype);
        const dense = csrToDense(S);
        const [i, j] = [list.map((k) => k % m), list.map((k) => k % n)];
        const scales = list.map((_, c) => c - 2.5);
        const rows = csrToDense(selectRows(S, i));
        const columns = csrToDense(selectColumns(S, Int32Array.from(j)));
        const scaled = csrToDense(selectColumns(S, j, scales));
        expect([rows.shape, columns.shape, scaled.shape]).toEqual([[list.length, n], [m, list.length], [m, list.length]]); // prettier-ignore
        i.forEach((row, c) => { expectSameBits(slice(rows, c), slice(dense, row)); }); // prettier-ignore
        j.forEach((column, c) => {
          expectSameBits(slice(columns, null, c), slice(dense, null, column));
          const want = pack(slice(dense, null, column)).map((v) => (v === 0 ? 0 : scales[c]! * v));
          expect(pack(slice(scaled, null, c))).toEqual(dtype === "float32" ? want.map(Math.fround) : want);
        });
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("the result keeps every invariant", () => {
    const S = sparse(9, 12, dtype);
    for (const T of [selectColumns(S, [11, 3, 3, 0]), selectRows(S, [8, 8, 1])]) {
      const again = csr(T.shape, T.rowPointers, T.columns, T.values);
      expectSameBits(csrToDense(again), csrToDense(T));
      expect(T.values).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
    }
  });
});

describe("errors", () => {
  const S = csr([2, 3], [0, 1, 2], [0, 2], [1, 1e300]);

  test("indices and scales", () => {
    expectError(() => selectColumns(S, [0, 3]), ShapeError, { where: "selectColumns", argument: "indices", got: "3 at [1]" });
    expectError(() => selectRows(S, [-1]), ShapeError, { where: "selectRows", argument: "indices", got: "-1 at [0]" });
    expectError(() => selectRows(S, [0.5]), ShapeError, { argument: "indices" });
    expectError(() => selectRows(S, 3 as unknown as number[]), ShapeError, { argument: "indices" });
    expectError(() => selectRows([[1]] as unknown as CsrMatrix, [0]), ShapeError, { argument: "S" });
    expectError(() => selectColumns(S, [0], [1, 2]), ShapeError, { argument: "scales" });
    expectError(() => selectColumns(S, [0], [NaN]), NonFiniteError, { argument: "scales" });
    expectError(() => selectColumns(S, [0, 2], [1, 1e300]), NonFiniteError, { argument: "result overflows", index: [1, 1] });
  });

  test("more entries than can be counted", () => {
    const wide = csr([1, 2 ** 16], [0, 2 ** 16], Int32Array.from({ length: 2 ** 16 }, (_, j) => j), new Float32Array(2 ** 16)); // prettier-ignore
    expectError(() => selectRows(wide, new Int32Array(2 ** 15)), OptionError, { argument: "indices", got: 2 ** 31 });
  });
});

test("degenerate: nothing selected, from nothing", () => {
  const S = sparse(4, 5, "float64");
  expect(selectColumns(S, []).shape).toEqual([4, 0]);
  expect(selectRows(S, []).shape).toEqual([0, 5]);
  expect(selectRows(csr([2, 0], [0, 0, 0], [], []), [1, 1, 0]).shape).toEqual([3, 0]);
  expect(pack(csrToDense(selectColumns(csr([2, 1], [0, 0, 0], [], []), [0, 0], plain(Float64Array.of(1, 2), [2]))))).toEqual(
    new Float64Array(4),
  );
});
