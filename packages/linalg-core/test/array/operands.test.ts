import { describe, expect, test } from "vitest";
import { zeros } from "../../src/array/create.js";
import { asMatrix, asSquareMatrix, vectorEntries } from "../../src/array/operands.js";
import { slice, view } from "../../src/array/view.js";
import { ShapeError } from "../../src/errors.js";
import { count, refuse } from "./support.js";

describe("oracle", () => {
  test("matrices are read in place", () => {
    const A = zeros([2, 3]);
    expect(asMatrix(A, "f(A)")).toBe(A);
    const S = zeros([3, 3]);
    expect(asSquareMatrix(S, "f(S)")).toBe(S);
    expect(asMatrix([[1, 2]], "f(A)").shape).toEqual([1, 2]);
  });

  test("a vector of any strides is copied into float64", () => {
    const x = view(Float32Array.from(count(6)), [3], [-2], 5);
    const entries = vectorEntries(x, 3, "f(x)");
    expect(entries).toEqual(Float64Array.of(5, 3, 1));
    entries[0] = 7;
    expect(x.data[5]).toBe(5);
    expect(vectorEntries([], 0, "f(x)")).toEqual(new Float64Array(0));
  });
});

describe("errors", () => {
  test("other numbers of axes, other lengths", () => {
    const cube = zeros([2, 2, 2]);
    refuse(() => asMatrix([1, 2] as never, "f(A)"), ShapeError, "f(A): expected a matrix, shape [m, n], got [2]");
    refuse(() => asMatrix(cube, "f(A)"), ShapeError, "f(A): expected a matrix, shape [m, n], got [2, 2, 2]");
    refuse(() => asSquareMatrix(zeros([2, 3]), "f(A)"), ShapeError, "f(A): expected a square matrix, got [2, 3]");
    refuse(() => asSquareMatrix(cube, "f(A)"), ShapeError, "f(A): expected a square matrix, got [2, 2, 2]");
    refuse(() => vectorEntries([1, 2], 3, "f(w)"), ShapeError, "f(w): expected shape [3], got [2]");
    refuse(() => vectorEntries(slice(cube, 0), 2, "f(w)"), ShapeError, "f(w): expected shape [2], got [2, 2]");
    refuse(() => vectorEntries(null as never, 2, "f(w)"), ShapeError, "f(w): expected a matrix-like value, got null");
  });
});
