import fc from "fast-check";
import { describe, test } from "vitest";
import { assertFinite } from "../../src/array/check.js";
import { zeros } from "../../src/array/create.js";
import { slice, transpose, view } from "../../src/array/view.js";
import { NonFiniteError } from "../../src/errors.js";
import { refuse, strided } from "./support.js";

describe("laws", () => {
  test("finite arrays pass, whatever their strides", () => {
    fc.assert(
      fc.property(strided, (A) => {
        assertFinite(A, "f(A)");
      }),
      { seed: 17, numRuns: 100 },
    );
    assertFinite([Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, -0], "f(x)");
  });
});

describe("errors", () => {
  test("NaN and infinities are named with their place, first in row-major order", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const dtype of ["float64", "float32"] as const) {
        const A = zeros([3, 4], { dtype });
        A.data[7] = value;
        A.data[9] = value;
        refuse(
          () => {
            assertFinite(A, "svd(A)");
          },
          NonFiniteError,
          `svd(A): expected finite entries, got ${value} at [1, 3]`,
        );
        refuse(
          () => {
            assertFinite(transpose(A), "svd(A)");
          },
          NonFiniteError,
          `got ${value} at [1, 2]`,
        );
        assertFinite(slice(A, [0, 1]), "svd(A)"); // what a view leaves out is not looked at
      }
    }
    refuse(
      () => {
        assertFinite([1, NaN], "f(x)");
      },
      NonFiniteError,
      "f(x): expected finite entries, got NaN at [1]",
    );
    refuse(
      () => {
        assertFinite(view(Float64Array.of(NaN), []), "f(x)");
      },
      NonFiniteError,
      "got NaN at []",
    );
  });
});

describe("degenerate", () => {
  test("nothing to check", () => {
    for (const shape of [[0], [0, 3], [3, 0]]) assertFinite(zeros(shape), "f(A)");
    assertFinite(new Int32Array(3), "f(x)");
  });
});
