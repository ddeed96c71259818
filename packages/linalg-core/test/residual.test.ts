import { gaussianArray, layouts, pack, plain, strided, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { reshape, view } from "../src/array/view.js";
import { backwardError, residual } from "../src/dense/residual.js";
import { NonFiniteError, ShapeError } from "../src/errors.js";
import { csr, csrFromDense } from "../src/sparse/csr.js";
import { absolute, doubleUnit, exactInteger, exactResidual, ratio } from "./exact-sums.js";
import { expectError, expectSameBits, inDtype, median, UNIT } from "./numeric-support.js";

const u = UNIT.float64;

interface Case {
  readonly A: NdArray;
  readonly X: NdArray;
  readonly B: NdArray;
}

/** B near A X, off by `error` relatively: what a solver leaves. */
function solved(m: number, n: number, p: number, error: number, seed: string, scale = 1): Case {
  const { normal } = testRandom(seed);
  const A = Float64Array.from({ length: m * n }, () => normal() * scale);
  const X = Float64Array.from({ length: n * p }, normal);
  const B = Float64Array.from({ length: m * p }, (_, q) => {
    let sum = 0;
    for (let l = 0; l < n; l++) sum += A[Math.floor(q / p) * n + l]! * X[l * p + (q % p)]!;
    return sum * (1 + error * normal());
  });
  return { A: view(A, [m, n]), X: view(X, [n, p]), B: view(B, [m, p]) };
}

const rowOf = (A: NdArray, i: number): Float64Array => pack(A).subarray(i * A.shape[1]!, (i + 1) * A.shape[1]!);
const columnOf = (A: NdArray, j: number): Float64Array =>
  Float64Array.from({ length: A.shape[0]! }, (_, i) => A.data[i * A.shape[1]! + j]!);

/** |R − exact| ≤ u |exact| + γ² (|A||X| + |B|), in exact arithmetic. Returns the largest error in units of u |exact|. */
function expectResidual(R: NdArray, { A, X, B }: Case): void {
  const [m, n] = A.shape as [number, number];
  const p = X.shape[1]!;
  const square = BigInt(Math.ceil((n + 1) * (n + 1) * 1.01)); // γ² in units of u² = 2^-106
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < p; j++) {
      const [a, x, b] = [rowOf(A, i), columnOf(X, j), B.data[i * p + j]!];
      const exact = exactResidual(b, a, x);
      const size = exactResidual(
        Math.abs(b),
        a.map(Math.abs),
        x.map((v) => -Math.abs(v)),
      );
      const allowed = (absolute(exact) >> 53n) + ((size * square) >> 106n) + BigInt(n + 2) * doubleUnit(2 ** -1074); // and underflow
      expect(absolute(doubleUnit(R.data[i * p + j]!) - exact) <= allowed).toBe(true);
    }
  }
}

describe("oracle: exact integers", () => {
  test.each([0, 1e-16, 1e-12, 1])("right sides off by %d", (error) => {
    for (const [m, n, p] of [
      [1, 1, 1],
      [5, 7, 2],
      [9, 40, 1],
      [3, 300, 2],
    ] as const) {
      // prettier-ignore
      const problem = solved(m, n, p, error, `residual ${m} ${n} ${error}`);
      expectResidual(residual(problem.A, problem.X, problem.B), problem);
      expectResidual(residual(csrFromDense(problem.A), problem.X, problem.B), problem);
    }
  });

  test.each([1e-300, 1e-150, 1e150, 1e300])("entries of A times %d", (scale) => {
    const problem = solved(4, 9, 2, 1e-14, `scale ${scale}`, scale);
    expectResidual(residual(problem.A, problem.X, problem.B), problem);
  });

  test("columns of scales 1e300 and 1e-300 beside each other; b far above and far below A x", () => {
    const A = view(Float64Array.of(1, 3, 2, 1 / 3), [2, 2]);
    const X = view(Float64Array.of(1e300, 1e-300, 1, 1, 1e299, 1e-301, 1, 1), [2, 4]);
    const B = view(Float64Array.of(1.3e300, 1.3e-300, 1e200, 1e-200, 2e300, 2e-300, 1e200, 1e-200), [2, 4]);
    expectResidual(residual(A, X, B), { A, X, B });
  });

  test("what cancels wholly in float64", () => {
    expect(residual([[1, 1]], [1e-20, 1], [1]).data[0]).toBe(-1e-20);
    const [x, y] = [1 + 2 ** -30, 1 - 2 ** -30];
    expect(residual([[x]], [y], [1]).data[0]).toBe(2 ** -60);
  });
});

/** max over columns of ‖b − A x‖ / (‖A‖ ‖x‖ + ‖b‖), exactly but for the last quotient. */
function exactBackwardError({ A, X, B }: Case): number {
  const [m] = A.shape as [number, number];
  const p = X.shape[1]!;
  const largest = (list: Float64Array): bigint =>
    list.reduce((most, v) => (exactInteger(Math.abs(v)) > most ? exactInteger(Math.abs(v)) : most), 0n);
  let norm = 0n;
  for (let i = 0; i < m; i++) {
    const sum = rowOf(A, i).reduce((total, v) => total + exactInteger(Math.abs(v)), 0n);
    if (sum > norm) norm = sum;
  }
  let most = 0;
  for (let j = 0; j < p; j++) {
    let error = 0n;
    for (let i = 0; i < m; i++) {
      const r = absolute(exactResidual(B.data[i * p + j]!, rowOf(A, i), columnOf(X, j)));
      if (r > error) error = r;
    }
    const size = norm * largest(columnOf(X, j)) + (largest(columnOf(B, j)) << 1074n);
    if (size > 0n) most = Math.max(most, ratio(error, size));
  }
  return most;
}

describe("certificate is honest: backwardError", () => {
  test("at least the exact value, and hardly more, at every size and scale", () => {
    const slack: number[] = [];
    for (let index = 0; index < 120; index++) {
      const random = testRandom(`backward ${index}`);
      const [m, n, p] = [1 + random.below(8), 1 + random.below(30), 1 + random.below(3)];
      const problem = solved(m, n, p, [0, 1e-16, 1e-10, 1][index % 4]!, `problem ${index}`, [1, 1e-200, 1e200, 1e-290][index % 3]);
      const [bound, exact] = [backwardError(problem.A, problem.X, problem.B), exactBackwardError(problem)];
      expect(bound).toBeGreaterThanOrEqual(exact);
      expect(bound).toBeLessThanOrEqual(exact * (1 + 2 * (281 + n / 256) * u) + (n + 2) ** 2 * u ** 2 * 1.01); // as documented
      if (exact > 1e-20) slack.push(bound / exact);
    }
    expect(median(slack)).toBeLessThan(1 + 1e-12);
  });

  test("columns of very different scales do not hide each other", () => {
    const A = view(Float64Array.of(2), [1, 1]);
    const X = view(Float64Array.of(1e300, 1e-300), [1, 2]);
    expect(backwardError(A, X, view(Float64Array.of(2e300, 3e-300), [1, 2]))).toBeCloseTo(0.2, 14);
  });

  test("zeros solved by zeros: 0; an answer of zeros to something: 1", () => {
    expect(backwardError([[1, 2]], [0, 0], [0])).toBe(0);
    expect(backwardError([[1, 2]], [0, 0], [3])).toBeCloseTo(1, 14);
  });
});

describe("laws", () => {
  test("layouts and dtypes of the same values, vectors and columns: the same bits", () => {
    const A = inDtype(gaussianArray([7, 11], { seed: "A" }), "float32");
    const [X, B] = [inDtype(gaussianArray([11, 3], { seed: "X" }), "float32"), inDtype(gaussianArray([7, 3], { seed: "B" }), "float32")];
    const R = residual(A, X, B);
    expect(R.data).toBeInstanceOf(Float64Array);
    for (const layout of layouts) {
      const [a, x, b] = [A, X, B].map((M) => strided(plain(pack(M), [...M.shape]), layout)) as [NdArray, NdArray, NdArray];
      expectSameBits(residual(a, x, b), R);
    }
    for (let j = 0; j < 3; j++) {
      const r = residual(A, columnOf(X, j), columnOf(B, j));
      expect(r.shape).toEqual([7]);
      expect(pack(r)).toEqual(columnOf(R, j));
    }
  });

  test("powers of two pass through", () => {
    const { A, X, B } = solved(5, 8, 2, 1e-13, "powers");
    const times = (M: NdArray, k: number): NdArray => view(pack(M).map((v) => v * 2 ** k), M.shape); // prettier-ignore
    const R = pack(residual(A, X, B));
    for (const [k, l] of [
      [400, 300],
      [-300, -400],
      [600, -500],
    ] as const) {
      // prettier-ignore
      expect(pack(residual(times(A, k), times(X, l), times(B, k + l)))).toEqual(R.map((v) => v * 2 ** (k + l)));
      expect(backwardError(times(A, k), times(X, l), times(B, k + l))).toBe(backwardError(A, X, B));
    }
  });
});

describe("errors", () => {
  test("shapes and values", () => {
    expectError(() => residual([[1, 2]], [1], [1]), ShapeError, { where: "residual", argument: "X", expected: "[2] or [2, p]", got: [1] });
    expectError(() => residual([[1, 2]], [1, 2], [[1]]), ShapeError, { argument: "B", expected: "shape [1]" });
    expectError(() => residual([[1, 2]], [[1], [2]], [[1, 2]]), ShapeError, { argument: "B", expected: "shape [1, 1]" });
    expectError(() => backwardError([[1, 2]], reshape([1, 2], [2, 1, 1]), [1]), ShapeError, { where: "backwardError", argument: "X" });
    expectError(() => residual([[NaN]], [1], [1]), NonFiniteError, { argument: "A", index: [0, 0] });
    expectError(() => residual([[1]], [NaN], [1]), NonFiniteError, { argument: "X", index: [0] });
    expectError(() => backwardError([[1]], [1], [Infinity]), NonFiniteError, { argument: "B", index: [0] });
    expectError(() => residual([[0], [1e200]], [1e200], [1, 1]), NonFiniteError, { argument: "result overflows float64", index: [1] });
  });
});

describe("degenerate", () => {
  test("no rows, no columns, no right sides", () => {
    const none = csr([2, 0], [0, 0, 0], [], []);
    expect(pack(residual(none, [], [3, 4]))).toEqual(Float64Array.of(3, 4));
    expect(residual(view(new Float64Array(0), [0, 3]), [1, 2, 3], []).shape).toEqual([0]);
    expect(residual([[1]], view(new Float64Array(0), [1, 0]), view(new Float64Array(0), [1, 0])).shape).toEqual([1, 0]);
    expect(backwardError([[1]], view(new Float64Array(0), [1, 0]), view(new Float64Array(0), [1, 0]))).toBe(0);
    expect(backwardError(none, [], [0, 0])).toBe(0);
  });
});
