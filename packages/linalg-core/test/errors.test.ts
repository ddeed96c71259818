import { describe, expect, test } from "vitest";
import { describeValue } from "../src/describe.js";
import {
  AssumptionError,
  FormatError,
  NonFiniteError,
  NotConvergedError,
  NumericsError,
  OptionError,
  RankDeficientError,
  ShapeError,
  assert,
  isNumericsError,
  splitSite,
} from "../src/errors.js";

const CASES: readonly [NumericsError, string, string, string][] = [
  [new ShapeError("matmul", "B", "shape [3, m]", [2, 3]), "ShapeError", "ERR_SHAPE", "matmul(B): expected shape [3, m], got [2, 3]"],
  [
    new ShapeError("array", "input", "rows of length 3", "row 2 of length 4"),
    "ShapeError",
    "ERR_SHAPE",
    "array(input): expected rows of length 3, got row 2 of length 4",
  ],
  [new OptionError("zeros", "dtype", "a type", "f8"), "OptionError", "ERR_OPTION", 'zeros(dtype): expected a type, got "f8"'],
  [new NonFiniteError("svd", "A", NaN, [3, 1]), "NonFiniteError", "ERR_NON_FINITE", "svd(A): expected finite entries, got NaN at [3, 1]"],
  [
    new RankDeficientError("cholesky", {
      column: 3,
      pivot: -1e-17,
      remedy: 'pass jitter: "auto"',
      argument: "A",
      expected: "positive pivots",
    }),
    "RankDeficientError",
    "ERR_RANK_DEFICIENT",
    'cholesky(A): expected positive pivots, got pivot -1e-17 in column 3; pass jitter: "auto"',
  ],
  [
    new RankDeficientError("solve", { column: 0, pivot: 0, remedy: "use leastSquares" }),
    "RankDeficientError",
    "ERR_RANK_DEFICIENT",
    "solve: expected full rank, got pivot 0 in column 0; use leastSquares",
  ],
  [
    new AssumptionError("cholesky", { assumption: "symmetry, max |a_ij − a_ji|", allowed: 1e-12, measured: 3, argument: "A" }),
    "AssumptionError",
    "ERR_ASSUMPTION",
    "cholesky(A): expected symmetry, max |a_ij − a_ji| (allowed 1e-12), got 3",
  ],
  [new NotConvergedError("lsqr", { x: 1 }, "stagnated"), "NotConvergedError", "ERR_NOT_CONVERGED", "lsqr: stagnated"],
  [
    new FormatError("readNpy", { format: "npy", offset: 6, expected: "version 1, 2 or 3", got: 9 }),
    "FormatError",
    "ERR_FORMAT",
    "readNpy(npy at byte 6): expected version 1, 2 or 3, got 9",
  ],
  [
    new FormatError("readMatrixMarket", { format: "mtx", line: 2, expected: "a number", got: '"x"' }),
    "FormatError",
    "ERR_FORMAT",
    'readMatrixMarket(mtx at line 2): expected a number, got "x"',
  ],
  [new NumericsError("ERR_LIMIT", "pairs: expected at most 5, got 7"), "NumericsError", "ERR_LIMIT", "pairs: expected at most 5, got 7"],
];

describe("laws", () => {
  test.each(CASES)("%o says where, what was expected and what was got", (error, name, code, message) => {
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
    expect(error.name).toBe(name);
    expect(error).toBeInstanceOf(NumericsError);
    expect(error).toBeInstanceOf(Error);
    expect(isNumericsError(error)).toBe(true);
    expect(String(error)).toBe(`${name}: ${message}`);
  });

  test("the value that was got is a field, not only a word", () => {
    const shape = [2, 3];
    expect(new ShapeError("f", "A", "r", shape)).toMatchObject({ where: "f", argument: "A", expected: "r", got: shape });
    expect(new OptionError("f", "o", "r", NaN).got).toBeNaN();
    expect(new NonFiniteError("f", "A", -Infinity, [0])).toMatchObject({ value: -Infinity, index: [0], got: -Infinity });
    expect(new RankDeficientError("f", { column: 2, pivot: 0.5, remedy: "r" })).toMatchObject({ column: 2, pivot: 0.5, remedy: "r" });
    expect(new AssumptionError("f", { assumption: "a", allowed: 1, measured: 2 })).toMatchObject({
      assumption: "a",
      allowed: 1,
      measured: 2,
    });
    expect(new NotConvergedError("f", shape).result).toBe(shape);
    expect(new FormatError("f", { format: "npy", offset: 1, expected: "e", got: 0 })).toMatchObject({
      format: "npy",
      offset: 1,
      line: undefined,
    });
    expect(new NumericsError("ERR_POOL", "m", { cause: shape }).cause).toBe(shape);
  });

  test("the brand recognises an error of another copy, and nothing else", () => {
    const foreign = Object.assign(new Error("from elsewhere"), { [Symbol.for("@subquad/NumericsError")]: true });
    expect(isNumericsError(foreign)).toBe(true);
    for (const other of [new Error("x"), null, undefined, "ERR_SHAPE", { code: "ERR_SHAPE" }, 1])
      expect(isNumericsError(other)).toBe(false);
  });

  test("splitSite undoes where(argument)", () => {
    expect(splitSite("matmul(A)")).toEqual({ where: "matmul", argument: "A" });
    expect(splitSite("streamingAttention(options.bias)")).toEqual({ where: "streamingAttention", argument: "options.bias" });
    expect(splitSite("zeros")).toEqual({ where: "zeros", argument: "" });
    expect(new ShapeError("zeros", "", "r", 1).message).toBe("zeros: expected r, got 1");
  });

  test("describeValue tells look-alikes apart and stays short", () => {
    const words = [
      0,
      -0,
      NaN,
      "a",
      1n,
      null,
      undefined,
      true,
      [1, -0],
      [[1, 2], "b"],
      new Float32Array(3),
      { a: 1 },
      Object.create(null),
      Math.abs,
    ];
    expect(words.map(describeValue)).toEqual([
      "0",
      "-0",
      "NaN",
      '"a"',
      "1n",
      "null",
      "undefined",
      "true",
      "[1, -0]",
      '[an array of 2, "b"]',
      "Float32Array(3)",
      "an object (Object)",
      "an object (no prototype)",
      "a function",
    ]);
    expect(describeValue(Array.from({ length: 100 }, () => 0))).toBe("[0, 0, 0, 0, 0, 0, 0, 0, … 100 entries]");
    expect(describeValue("x".repeat(1000)).length).toBeLessThan(90);
    expect(describeValue(new DataView(new ArrayBuffer(4)))).toBe("DataView(4)");
    expect(describeValue(Symbol("s"))).toBe("Symbol(s)");
  });
});

describe("errors", () => {
  test("assert blames us, with a plain Error", () => {
    const broken = (): void => {
      assert(false, "tile 3 twice");
    };
    expect(broken).toThrow(new Error("bug in @subquad/linalg-core: tile 3 twice, please report"));
    expect(isNumericsError(catchOf(broken))).toBe(false);
    expect(() => {
      assert(0, "m", "@subquad/sketch");
    }).toThrow("bug in @subquad/sketch: m, please report");
    assert(true, "never");
  });
});

function catchOf(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
