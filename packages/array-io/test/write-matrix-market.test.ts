import { describe, expect, test } from "vitest";
import { array, csr, csrFromTriplets, type CsrMatrix } from "@subquad/linalg-core";
import { gaussianArray, layouts, strided, testRandom } from "@subquad/test-kit";
import { readMatrixMarket, writeMatrixMarket } from "../src/index.js";
import { codeOf } from "./bytes.js";
import { denseOf, encoded, read, sample } from "./market-text.js";

const symmetries = ["general", "symmetric", "skew-symmetric"] as const;

describe("oracle", () => {
  test("the text of small matrices", () => {
    const S = csr([2, 3], [0, 2, 3], [0, 2, 1], [1, -0, 2.5]);
    expect(writeMatrixMarket(S)).toBe("%%MatrixMarket matrix coordinate real general\n2 3 3\n1 1 1\n1 3 -0\n2 2 2.5\n");
    expect(writeMatrixMarket([[1, 2], [3, 0.1]])).toBe("%%MatrixMarket matrix array real general\n2 2\n1\n3\n2\n0.1\n"); // prettier-ignore
    expect(writeMatrixMarket([[1, 2], [2, NaN]].slice(0, 1))).toBe("%%MatrixMarket matrix array real general\n1 2\n1\n2\n"); // prettier-ignore
    expect(writeMatrixMarket([[NaN, Infinity, -Infinity]])).toBe("%%MatrixMarket matrix array real general\n1 3\nnan\ninf\n-inf\n");
    expect(writeMatrixMarket([[1, 2], [2, 5]], { symmetry: "symmetric" })).toBe("%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n5\n"); // prettier-ignore
    expect(writeMatrixMarket([[0, -2], [2, 0]], { symmetry: "skew-symmetric" })).toBe("%%MatrixMarket matrix array real skew-symmetric\n2 2\n2\n"); // prettier-ignore
    const T = csr([2, 2], [0, 1, 3], [1, 0, 1], [4, 4, 1]);
    expect(writeMatrixMarket(T, { symmetry: "symmetric" })).toBe("%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 4\n2 2 1\n");
  });

  test("precision rounds, and never lengthens", () => {
    const text = (precision: number): string =>
      writeMatrixMarket([[Math.PI, 0.5, 1e-300]], { precision })
        .split("\n")
        .slice(2)
        .join(" ");
    expect(text(3)).toBe("3.14 0.5 1e-300 ");
    expect(text(1)).toBe("3 0.5 1e-300 ");
    expect(text(17)).toBe("3.141592653589793 0.5 1e-300 ");
  });
});

describe("laws", () => {
  test.each(symmetries)("write, then read: the same bits (%s)", async (symmetry) => {
    for (const seed of ["a", "b", "c"]) {
      const A = await read(sample(25, 25, 80, "real", symmetry, seed).text);
      const again = await read(writeMatrixMarket(A, { symmetry }));
      expect(again.shape).toEqual(A.shape);
      expect(denseOf(again)).toEqual(denseOf(A));
      const dense = array(Array.from({ length: 25 }, (_, i) => denseOf(A).slice(25 * i, 25 * (i + 1))));
      expect(denseOf(await read(writeMatrixMarket(dense, { symmetry })))).toEqual(denseOf(A));
      // one half is about half of the text
      expect(writeMatrixMarket(A, { symmetry }).length < 0.7 * writeMatrixMarket(A).length).toBe(symmetry !== "general");
    }
  });

  test("every float64 comes back: subnormals, extremes, -0, many at random", async () => {
    const { below } = testRandom("bits");
    const words = Uint32Array.from({ length: 4000 }, () => below(2 ** 32));
    const numbers = [...new Float64Array(words.buffer)].filter(Number.isFinite);
    const column = [...numbers, 5e-324, Number.MAX_VALUE, -0, 0, 0.1, 1 / 3].map((x) => [x]);
    const back = await readMatrixMarket(encoded(writeMatrixMarket(column)));
    expect([...denseOf(back)]).toEqual(column.flat());
  });

  test("every memory layout writes the same text; float32 values are written exactly", async () => {
    const A = gaussianArray([4, 3], { dtype: "float32" });
    const text = writeMatrixMarket(A);
    for (const layout of layouts) expect(writeMatrixMarket(strided(A, layout))).toBe(text);
    expect(denseOf(await read(text))).toEqual(Float64Array.from(A.data));
  });
});

describe("errors", () => {
  test("a symmetry that the matrix does not have", () => {
    const S = csr([2, 2], [0, 1, 2], [1, 0], [4, 5]);
    expect(() => writeMatrixMarket(S, { symmetry: "symmetric" })).toThrow('writeMatrixMarket(symmetry): expected "general" for the entries at (0, 1) and (1, 0), got "symmetric"'); // prettier-ignore
    const cases: readonly (readonly [CsrMatrix | number[][], "symmetric" | "skew-symmetric"])[] = [
      [S, "skew-symmetric"],
      [csr([2, 2], [0, 1, 1], [1], [4]), "symmetric"],
      [csr([2, 3], [0, 1, 1], [0], [4]), "symmetric"],
      [csrFromTriplets([2, 2], [0], [0], [4]), "skew-symmetric"],
      [[[1, 2], [3, 4]], "symmetric"], // prettier-ignore
      [[[1, 2], [-2, 0]], "skew-symmetric"], // prettier-ignore
      [[[1, 2]], "symmetric"],
      [[[NaN]], "symmetric"],
    ];
    for (const [A, symmetry] of cases) {
      expect(() => writeMatrixMarket(A, { symmetry })).toThrow(expect.objectContaining({ code: "ERR_OPTION", argument: "symmetry" }));
    }
  });

  test("options and matrices that are none", async () => {
    const any = (value: unknown): never => value as never;
    for (const precision of [0, 18, 1.5, NaN, any("9")])
      expect(await codeOf(() => writeMatrixMarket([[1]], { precision }))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeMatrixMarket([[1]], { symmetry: any("hermitian") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeMatrixMarket([[1]], any({ field: "integer" })))).toBe("ERR_OPTION");
    for (const A of [[1, 2], "text", null, 3]) expect(await codeOf(() => writeMatrixMarket(any(A)))).toBe("ERR_SHAPE");
    const damaged = { ...csr([2, 2], [0, 1, 2], [1, 0], [4, 5]), columns: Int32Array.of(1, 2) };
    expect(await codeOf(() => writeMatrixMarket(damaged))).toBe("ERR_SHAPE");
  });
});

describe("degenerate", () => {
  test("no entries, no rows; zeros stored on a skew diagonal", async () => {
    expect(writeMatrixMarket(csr([0, 0], [0], [], []))).toBe("%%MatrixMarket matrix coordinate real general\n0 0 0\n");
    expect((await read(writeMatrixMarket({ data: [], shape: [0, 3], stride: [3, 1], offset: 0 }))).shape).toEqual([0, 3]);
    const zeros = csr([2, 2], [0, 1, 2], [0, 1], [0, 0]);
    expect(writeMatrixMarket(zeros, { symmetry: "skew-symmetric" })).toBe("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 0\n");
  });
});
