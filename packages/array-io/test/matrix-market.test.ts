import { describe, expect, test } from "vitest";
import { FormatError, type CsrMatrix, type NdArray } from "@subquad/linalg-core";
import { readMatrixMarket } from "../src/index.js";
import { codeOf } from "./bytes.js";
import { denseOf, encoded, isSparse, read, sample } from "./market-text.js";
import fixtures from "../../../tooling/fixtures/matrix-market/data.json" with { type: "json" };

const BANNER = "%%MatrixMarket matrix";

describe("oracle", () => {
  test("a coordinate file: rows in order, columns ascending, entries in one place summed", async () => {
    const A = (await read(
      `${BANNER} coordinate real general\n% comment\n\n3 4 5\n3 1 -1.5\n1 4 2\n1 2 .5\n3 1 1e0\n1 4 -2\n`,
    )) as CsrMatrix;
    expect([A.shape, [...A.rowPointers], [...A.columns], [...A.values]]).toEqual([
      [3, 4],
      [0, 2, 2, 3],
      [1, 3, 0],
      [0.5, 0, -0.5],
    ]);
  });

  test("an array file: column after column, as strides", async () => {
    const A = (await read(`${BANNER} array real general\n2 3\n1\n2\n3\n4\n5\n6\n`)) as NdArray;
    expect([A.shape, A.stride, [...denseOf(A)]]).toEqual([
      [2, 3],
      [1, 2],
      [1, 3, 5, 2, 4, 6],
    ]);
  });

  test("halves are filled in", async () => {
    expect([...denseOf(await read(`${BANNER} array real symmetric\n3 3\n1\n2\n3\n4\n5\n6\n`))]).toEqual([1, 2, 3, 2, 4, 5, 3, 5, 6]);
    expect([...denseOf(await read(`${BANNER} array integer skew-symmetric\n3 3\n1\n2\n3\n`))]).toEqual([0, -1, -2, 1, 0, -3, 2, 3, 0]);
    expect([...denseOf(await read(`${BANNER} coordinate integer symmetric\n2 2 2\n1 1 7\n2 1 5\n`))]).toEqual([7, 5, 5, 0]);
    expect([...denseOf(await read(`${BANNER} coordinate real skew-symmetric\n2 2 1\n2 1 5\n`))]).toEqual([0, -5, 5, 0]);
    expect([...denseOf(await read(`${BANNER} coordinate pattern symmetric\n2 2 2\n1 1\n2 1\n`))]).toEqual([1, 1, 1, 0]);
  });

  test("numbers in every notation", async () => {
    const words = ["1", "+1", "-1.", ".5", "1e3", "1E-3", "1.5d2", "-2D+1", "0x".slice(0, 1), "nan", "-Inf", "+infinity", "1e-400"];
    const A = await read(`${BANNER} array real general\n${words.length} 1\n${words.join("\n")}\n`);
    expect([...denseOf(A)]).toEqual([1, 1, -1, 0.5, 1000, 0.001, 150, -20, 0, NaN, -Infinity, Infinity, 0]);
    const integers = await read(`${BANNER} array unsigned-integer general\n2 1\n+7\n9007199254740992\n`);
    expect([...denseOf(integers)]).toEqual([7, 2 ** 53]);
  });

  test("case, blanks, comments and ends of lines do not matter", async () => {
    const text =
      "%%matrixmarket MATRIX Coordinate REAL General \r\n%\r\n  % indented\r\n\t\r\n2\t2  2\r\n\r\n 1 1 1 \r\n% between\r\n2 2 2";
    expect([...denseOf(await read(text))]).toEqual([1, 0, 0, 2]);
  });

  test.each([
    [147, 147, 1298, "real", "symmetric", "as lund_a"],
    [30, 30, 180, "real", "general", "as pores_1"],
    [9, 9, 50, "pattern", "general", "as jgl009"],
    [40, 40, 300, "integer", "skew-symmetric", "skew"],
    [3, 2000, 900, "real", "general", "wide"],
  ] as const)("%i × %i with %i entries, %s %s", async (rows, columns, entries, field, symmetry, seed) => {
    const { text, values, stored } = sample(rows, columns, entries, field, symmetry, seed);
    const A = (await read(text)) as CsrMatrix;
    expect([A.shape, A.values.length]).toEqual([[rows, columns], stored]);
    expect(denseOf(A)).toEqual(values);
  });
});

describe("laws", () => {
  test("lines that lie across pieces: the same matrix from any source", async () => {
    const { text, values } = sample(300, 300, 60_000, "real", "general", "long"); // 1.8 MB: two pieces of 1 MiB
    const bytes = encoded(text);
    expect(bytes.length).toBeGreaterThan(2 ** 20);
    const reading = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + Math.min(length, 10_007)));
    for (const source of [bytes, new Blob([bytes]), { size: bytes.length, read: reading }]) {
      expect(denseOf(await readMatrixMarket(source))).toEqual(values);
    }
  });
});

describe("fixtures", () => {
  test.each(fixtures.cases)("SciPy wrote: $name", async ({ text, shape, stored, values }) => {
    const A = await read(text);
    expect([isSparse(A) ? A.values.length : null, [...A.shape]]).toEqual([stored, shape]);
    expect([...denseOf(A)]).toEqual(
      values.map(Number).map((v, p) => (values[p] === "inf" ? Infinity : values[p] === "-inf" ? -Infinity : v)),
    );
  });
});

describe("errors", () => {
  const coordinate = `${BANNER} coordinate real general\n`;
  const dense = `${BANNER} array real general\n`;

  test.each<readonly [string, string, string, number]>([
    ["an empty file", "", "begins with %%MatrixMarket, got an empty file", 1],
    [
      "another banner",
      "%MatrixMarket matrix array real general\n",
      'begins with %%MatrixMarket, got "%MatrixMarket matrix array real general"',
      1,
    ],
    ["a banner on the second line", "\n" + coordinate, 'begins with %%MatrixMarket, got ""', 1],
    ["no matrix", "%%MatrixMarket vector array real general\n", 'a matrix, got "vector"', 1],
    ["no object", "%%MatrixMarket\n", "a matrix, got the end of the line", 1],
    ["another layout", `${BANNER} elemental real general\n`, 'one of coordinate, array, got "elemental"', 1],
    ["complex values", `${BANNER} coordinate complex general\n`, 'unsigned-integer, got "complex"', 1],
    ["hermitian", `${BANNER} coordinate real hermitian\n`, 'one of general, symmetric, skew-symmetric, got "hermitian"', 1],
    ["no symmetry", `${BANNER} coordinate real\n`, "got the end of the line", 1],
    ["a word too many", `${BANNER} coordinate real general now\n`, "five words in the first line, got 6", 1],
    ["an array of a pattern", `${BANNER} array pattern general\n`, "values in an array, got pattern", 1],
    ["a skew-symmetric pattern", `${BANNER} coordinate pattern skew-symmetric\n`, "values in a skew-symmetric matrix, got pattern", 1],
    ["no sizes", coordinate + "% only comments\n", "a line of sizes, got the end of the file", 2],
    ["two sizes", coordinate + "2 2\n", "3 counts: rows, columns and entries, got 2 words", 2],
    ["three sizes of an array", dense + "2 2 4\n", "2 counts: rows, columns, got 3 words", 2],
    ["a size that is negative", coordinate + "-2 2 1\n", 'a count: an integer in [0, 2^53), got "-2"', 2],
    ["a size that is fractional", coordinate + "2.0 2 1\n", 'a count: an integer in [0, 2^53), got "2.0"', 2],
    ["too many rows", coordinate + "2147483648 2 1\n1 1 1\n", "fewer than 2^31 rows and columns, got 2147483648", 2],
    [
      "symmetric, not square",
      `${BANNER} coordinate real symmetric\n2 3 1\n1 1 1\n`,
      "as many rows as columns, as the matrix is symmetric, got 2 × 3",
      2,
    ],
    ["more entries than the file has room for", coordinate + "2 2 900\n1 1 1\n", "at most 10 entries in 60 bytes, got 900", 2],
    ["more elements than the file has room for", dense + "9 9\n1\n", "at most 24 entries in 47 bytes, got 81", 2],
    ["an entry missing", coordinate + "% padding, padding\n2 2 3\n1 1 1\n2 2 2\n", "3 entries, got the end of the file after 2", 5],
    ["an element missing", dense + "2 2\n1\n2\n3\n", "4 entries, got the end of the file after 3", 5],
    ["an entry too many", coordinate + "2 2 1\n1 1 1\n2 2 2\n", "no more than 1 entries, got one more", 4],
    ["an element too many", dense + "1 1\n1\n\n2\n", "no more than 1 entries, got one more", 5],
    ["row 0", coordinate + "2 2 1\n0 1 1\n", 'a row in [1, 2], got "0"', 3],
    ["a row too large", coordinate + "2 2 1\n3 1 1\n", 'a row in [1, 2], got "3"', 3],
    ["a column too large", coordinate + "2 2 1\n1 3 1\n", 'a column in [1, 2], got "3"', 3],
    ["a row that is no integer", coordinate + "2 2 1\n1.0 1 1\n", 'a row in [1, 2], got "1.0"', 3],
    ["a value missing", coordinate + "2 2 1\n1 1   \n", "a row, a column and a value, got 2 words", 3],
    ["a value of a pattern", `${BANNER} coordinate pattern general\n2 2 1\n1 1 1\n`, "a row and a column, got 3 words", 3],
    ["two values", dense + "2 1\n1 2\n", "one value, got 2 words", 3],
    ["no number", coordinate + "2 2 1\n1 1 one\n", 'a number, got "one"', 3],
    ["a number in hexadecimal", coordinate + "2 2 1\n1 1 0x1\n", 'a number, got "0x1"', 3],
    ["a number with a comma", coordinate + "2 2 1\n1 1 1,5\n", 'a number, got "1,5"', 3],
    ["an exponent alone", coordinate + "2 2 1\n1 1 e5\n", 'a number, got "e5"', 3],
    ["a number beyond float64", dense + "1 1\n1e309\n", "a number that float64 holds, got 1e309", 3],
    ["an infinite entry", coordinate + "2 2 1\n1 1 inf\n", "a finite value, as sparse matrices hold, got inf", 3],
    ["an integer that is none", `${BANNER} array integer general\n1 1\n1.5\n`, 'an integer within ±2^53, got "1.5"', 3],
    ["an integer too large", `${BANNER} array integer general\n1 1\n9007199254740994\n`, "an integer within ±2^53", 3],
    [
      "an entry above the diagonal",
      `${BANNER} coordinate real symmetric\n2 2 1\n1 2 1\n`,
      "entries below the diagonal, as the matrix is symmetric, got (1, 2)",
      3,
    ],
    [
      "a skew diagonal",
      `${BANNER} coordinate real skew-symmetric\n2 2 1\n2 2 0\n`,
      "no entries on the diagonal of a skew-symmetric matrix, got (2, 2)",
      3,
    ],
    ["an endless line", coordinate + "% " + "x".repeat(2 ** 21 + 9), "lines of at most 1 MiB", 2],
  ])("%s", async (_, text, message, line) => {
    const error = await read(text).then(() => undefined, (reason: unknown) => reason); // prettier-ignore
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^readMatrixMarket\(matrix-market at line \d+\): expected /);
    expect((error as FormatError).message).toContain(message);
    expect(error).toMatchObject({ code: "ERR_FORMAT", format: "matrix-market", line });
  });

  test("options, limits and sources", async () => {
    const any = (value: unknown): never => value as never;
    const good = encoded(coordinate + "2 2 1\n1 1 1\n");
    expect(await codeOf(() => readMatrixMarket(good, any({ dtype: "float32" })))).toBe("ERR_OPTION");
    expect(await codeOf(() => readMatrixMarket(good, { signal: any({}) }))).toBe("ERR_OPTION");
    expect(await codeOf(() => readMatrixMarket(good, { maxBytes: 35 }))).toBe("ERR_OPTION"); // 12 for the entry, 24 for rows and columns
    expect(await codeOf(() => readMatrixMarket(good, { maxBytes: 36 }))).toBe("no error");
    expect(await codeOf(() => read(coordinate + "2147483647 2147483647 1\n1 1 1\n"))).toBe("ERR_OPTION");
    for (const source of [undefined, null, 3, {}]) expect(await codeOf(() => readMatrixMarket(any(source)))).toBe("ERR_OPTION");
    expect(await codeOf(() => read(coordinate + "2 2 2\n1 1 1e308\n1 1 1e308\n"))).toBe("ERR_NON_FINITE");
  });

  test("abort: before, and between pieces", async () => {
    const reason = new Error("changed my mind");
    const bytes = encoded(sample(300, 300, 60_000, "real", "general", "long").text);
    await expect(readMatrixMarket(bytes, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    let reads = 0;
    const reading = (offset: number, length: number) => {
      if (++reads === 2) controller.abort(reason);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    };
    await expect(readMatrixMarket({ size: bytes.length, read: reading }, { signal: controller.signal })).rejects.toBe(reason);
    expect(reads).toBe(2);
  });

  test("a source that shrinks", async () => {
    const bytes = encoded(coordinate + "2 2 1\n1 1 1\n");
    const reading = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, Math.min(40, offset + length)));
    await expect(readMatrixMarket({ size: bytes.length, read: reading })).rejects.toMatchObject({ code: "ERR_FORMAT", offset: 40 });
  });
});

describe("degenerate", () => {
  test("no entries, no rows, one element", async () => {
    const none = (await read(`${BANNER} coordinate real general\n3 2 0\n`)) as CsrMatrix;
    expect([none.shape, [...none.rowPointers], none.values.length]).toEqual([[3, 2], [0, 0, 0, 0], 0]);
    expect((await read(`${BANNER} coordinate real symmetric\n0 0 0\n`)).shape).toEqual([0, 0]);
    for (const symmetry of ["general", "symmetric", "skew-symmetric"]) {
      expect((await read(`${BANNER} array real ${symmetry}\n0 0\n`)).shape).toEqual([0, 0]);
    }
    expect((await read(`${BANNER} array real general\n0 5\n`)).shape).toEqual([0, 5]);
    expect((await read(`${BANNER} array real general\n5 0\n`)).shape).toEqual([5, 0]);
    expect([...denseOf(await read(`${BANNER} array real skew-symmetric\n1 1\n`))]).toEqual([0]);
  });
});
