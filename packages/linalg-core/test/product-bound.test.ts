import { matmulMagnitude, matmulOracle, pack, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { matmul } from "../src/dense/matmul.js";
import { productBound } from "../src/dense/product-bound.js";
import { NonFiniteError, ShapeError } from "../src/errors.js";
import { csrFromDense, csrToDense } from "../src/sparse/csr.js";
import { dtypes, expectError, gamma, inDtype, largestDifference, median, UNIT } from "./numeric-support.js";

/** Numbers of one sign, or of both, or graded over many orders of magnitude: bounds are nearest where nothing cancels. */
function matrix(m: number, n: number, dtype: DType, kind: number, seed: string): NdArray {
  const { uniform, normal } = testRandom(seed);
  const entry = [uniform, normal, () => normal() * 2 ** Math.floor(20 * uniform() - 10)][kind % 3]!;
  return inDtype(view(Float64Array.from({ length: m * n }, entry), [m, n]), dtype);
}

describe.each(dtypes)("certificate is honest: %s", (dtype) => {
  test("the true error never exceeds it, of dense and of sparse products", () => {
    const slack: number[] = [];
    for (let index = 0; index < 90; index++) {
      const random = testRandom(`bound ${index}`);
      const [m, k, n] = [1 + random.below(9), [1, 2, 7, 40, 256, 257, 700][index % 7]!, 1 + random.below(9)];
      const [A, B] = [matrix(m, k, dtype, index, `A ${index}`), matrix(k, n, dtype, index, `B ${index}`)];
      const bound = productBound(A, B);
      expect(largestDifference(matmul(A, B), matmulOracle(A, B))).toBeLessThanOrEqual(bound);
      // Cauchy-Schwarz costs up to √k for graded entries; for uniform ones next to nothing against the bound entry by entry
      const steps = Math.min(k, 256) + (k > 256 ? Math.ceil(k / 256) : 0) + 2;
      slack.push(bound / (gamma(steps, UNIT[dtype]) * Math.max(...pack(matmulMagnitude(A, B)))));
      const S = csrFromDense(A, { threshold: 0.5 });
      expect(largestDifference(matmul(S, B), matmulOracle(csrToDense(S), B))).toBeLessThanOrEqual(productBound(S, B));
    }
    expect(Math.min(...slack)).toBeGreaterThanOrEqual(1);
    expect(median(slack)).toBeLessThan(2);
  });
});

test("laws: holds at the ends of the range, where products underflow or the bound overflows", () => {
  const tiny = view(Float64Array.of(1e-200, 3e-200), [1, 2]);
  const bound = productBound(tiny, view(Float64Array.of(1e-200, 1e-200), [2, 1]));
  expect(bound).toBeGreaterThan(0); // both products vanish
  expect(bound).toBeLessThanOrEqual(2 ** -1072);
  expect(productBound([[1e300]], [[1e300]])).toBe(Infinity);
  expect(productBound([[3e150]], [[3e150]])).toBeGreaterThan(3 * 2 ** -53 * 9e300);
});

test("errors", () => {
  expectError(() => productBound([[1, 2]], [[1]]), ShapeError, { where: "productBound", argument: "B", got: [1, 1] });
  expectError(() => productBound([[NaN]], [[1]]), NonFiniteError, { argument: "A" });
  expectError(() => productBound([[1]], [[NaN]]), NonFiniteError, { argument: "B" });
});

test("degenerate: nothing to round", () => {
  expect(productBound(view(new Float64Array(0), [0, 3]), view(new Float64Array(3), [3, 1]))).toBe(0);
  expect(productBound(view(new Float64Array(0), [3, 0]), view(new Float64Array(0), [0, 2]))).toBe(0);
  expect(productBound([[0, 0]], [[1], [2]])).toBe(0);
});
