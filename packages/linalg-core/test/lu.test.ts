import {
  exactCondition,
  gaussianArray,
  generalMatrix,
  luRatio,
  matrixTypes,
  pack,
  solveRatio,
  ulpOf,
  verifyLu,
  type Strided,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { lu } from "../src/dense/lu.js";
import { NonFiniteError, OptionError, RankDeficientError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  boundOf,
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectPermutation,
  expectRatio,
  gradedRows,
  hilbert,
  identityMatrix,
  matrixOf,
  orders,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
  unlessRefused,
} from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, inDtype, median } from "./numeric-support.js";

const random = (n: number, dtype: DType = "float64", seed = "lu"): NdArray =>
  inDtype(gaussianArray([n, n], { seed: `${seed}/${n}` }), dtype);
const rightSide = (n: number, p: number, dtype: DType = "float64"): NdArray => inDtype(gaussianArray([n, p], { seed: `B/${n}` }), dtype);

/** L unit lower triangular with entries of at most 1, U upper triangular. */
function expectTriangles(L: Strided, U: Strided): void {
  const n = L.shape[0]!;
  const [l, u] = [pack(L), pack(U)];
  for (let p = 0; p < n * n; p++) {
    const [i, j] = [Math.floor(p / n), p % n];
    if (i === j ? l[p] !== 1 : j > i ? l[p] !== 0 : !(Math.abs(l[p]!) <= 1)) expect.fail(`L[${i}, ${j}] = ${String(l[p])}`);
    if (j < i && u[p] !== 0) expect.fail(`U[${i}, ${j}] = ${String(u[p])}`);
  }
}

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratios, %s, %s: A[permutation, :] = L U", (name, dtype, type) => {
    const ulp = ulpOf(dtype);
    for (const n of orders) {
      const A = generalMatrix(type, n, n, { dtype });
      const { L, U, permutation, solve } = lu(A);
      expect([L.shape, U.shape]).toEqual([[n, n], [n, n]]); // prettier-ignore
      expect(L.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      expectPermutation(permutation, n);
      expectTriangles(L, U);
      expectRatio(luRatio(A, L, U, permutation, ulp), THRESHOLD, `${name}, ${n}: P A − L U`);
      // where the matrix is singular to working precision the solve may refuse, but not where it is not
      const B = rightSide(n, 3, dtype);
      const X = type.condition(ulp) * n > 0.01 / ulp ? unlessRefused("ERR_RANK_DEFICIENT", () => solve(B)) : solve(B);
      if (X) expectRatio(solveRatio(A, X, B, ulp), THRESHOLD, `${name}, ${n}: B − A X`);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([1, 7, 64, 65, 130])("n = %i: solve, and solve with the transpose", (n) => {
    for (const dtype of dtypes) {
      const ulp = ulpOf(dtype);
      const A = random(n, dtype);
      const { solve, L, U, permutation } = lu(A);
      expectRatio(luRatio(A, L, U, permutation, ulp), THRESHOLD, "P A − L U");
      for (const p of [1, 2, 9]) {
        const B = rightSide(n, p, dtype);
        expectRatio(solveRatio(A, solve(B), B, ulp), THRESHOLD, "B − A X");
        expectRatio(solveRatio(transpose(A), solve(B, { transpose: true }), B, ulp), THRESHOLD, "B − Aᵀ X");
        expectRatio(solveRatio(A, solve(B, { refine: false }), B, ulp), THRESHOLD, "B − A X, not refined");
      }
    }
  });

  test("by hand: ties go to the lowest index", () => {
    const { L, U, permutation, growth } = lu(matrixOf([[2, 1, 1], [-2, 3, 0], [4, 2, 2 + 1e-9], ])); // prettier-ignore
    expect(Array.from(permutation)).toEqual([2, 1, 0]);
    expect(Array.from(lu(matrixOf([[1, 2], [-1, 1]])).permutation)).toEqual([0, 1]); // prettier-ignore
    expect([L.data[3], L.data[6], U.data[0]]).toEqual([-0.5, 0.5, 4]);
    expect(growth).toBe(1);
  });

  test("growth: 2^(n−1) on Wilkinson's matrix", () => {
    const n = 12;
    const W = view(
      Float64Array.from({ length: n * n }, (_, p) => {
        const [i, j] = [Math.floor(p / n), p % n];
        return j === n - 1 || i === j ? 1 : j < i ? -1 : 0;
      }),
      [n, n],
    );
    const { growth, permutation } = lu(W);
    expect(growth).toBe(2 ** (n - 1));
    expect(Array.from(permutation)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test("reciprocalCondition: an upper bound of 1/κ₁, within 10 of it", () => {
    for (const type of matrixTypes.filter(({ condition }) => condition(2 ** -52) <= 1e9)) {
      for (const n of [1, 2, 5, 10, 16]) {
        const A = generalMatrix(type, n, n);
        const truth = 1 / exactCondition(A);
        const { reciprocalCondition } = lu(A);
        expect(reciprocalCondition).toBeGreaterThanOrEqual(truth * (1 - 1e-6)); // κ u n of the factor itself
        expect(reciprocalCondition).toBeLessThanOrEqual(10 * truth);
        expect(reciprocalCondition).toBeLessThanOrEqual(1 + 1e-12);
      }
    }
  });
});

describe("certificate is honest", () => {
  test("without certify it says nothing", () => {
    expect(lu(random(4)).certificate).toEqual({ kind: "none", reason: "pass certify: true" });
  });

  test.each(dtypes)("%s: never below the true error, and within 30 n of it in the median", (dtype) => {
    const slacks: number[] = [];
    for (const type of matrixTypes) {
      for (const n of [1, 5, 16, 30]) {
        const A = generalMatrix(type, n, n, { dtype, seed: "certify" });
        if (type.name === "zero") continue;
        const { L, U, permutation, certificate } = lu(A, { certify: true });
        expect(certificate).toMatchObject({ kind: "deterministic", norm: "relative backward error, Frobenius" });
        const { holds, slack, bound, measured } = verifyLu(A, { L, U, permutation, certificate });
        if (!holds) expect.fail(`${type.name}, ${n}: bound ${bound}, error ${measured}`);
        if (n >= 5) slacks.push(slack / n);
        expect(boundOf(certificate)).toBeLessThanOrEqual(1000 * n * n * ulpOf(dtype));
      }
    }
    // worst-case rounding of n² products against errors that cancel, and |L||U| above |A|
    expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(30);
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      const B = rightSide(13, 2, dtype);
      expectLayoutsKeepBits(random(13, dtype), (A) => {
        const { L, U, solve } = lu(A);
        return [L, U, solve(B)];
      });
      expectBackendsKeepBits(() => {
        const { L, U, solve } = lu(random(90, dtype));
        return [L, U, solve(rightSide(90, 3, dtype))];
      });
    }
  });

  test("refinement never makes the backward error worse", () => {
    for (const type of matrixTypes.filter(({ condition }) => condition(2 ** -52) <= 1e9)) {
      const A = generalMatrix(type, 30, 30, { seed: "refine" });
      const B = rightSide(30, 1);
      const { solve } = lu(A);
      const ulp = ulpOf("float64");
      // 10 % and a rounding: it is kept by the backward error in the largest norm, the ratio is of column sums
      expect(solveRatio(A, solve(B), B, ulp)).toBeLessThanOrEqual(1.1 * solveRatio(A, solve(B, { refine: false }), B, ulp) + 1);
    }
  });

  test.each([1e-300, 1e-160, 1e-9, 1e9, 1e160, 1e300])("at the scale %s", (size) => {
    const A = timesNumber(random(17), size);
    const { L, U, permutation, solve } = lu(A);
    expectRatio(luRatio(A, L, U, permutation, ulpOf("float64")), THRESHOLD, "P A − L U");
    const B = timesNumber(rightSide(17, 2), size);
    expectRatio(solveRatio(A, solve(B), B, ulpOf("float64")), THRESHOLD, "B − A X");
  });

  test("rows graded from 1e300 to 1e-300", () => {
    const A = gradedRows(random(9));
    const { L, U, permutation } = lu(A);
    expect(pack(L).every(Number.isFinite) && pack(U).every(Number.isFinite)).toBe(true);
    expectRatio(luRatio(A, L, U, permutation, ulpOf("float64")), THRESHOLD, "P A − L U");
  });
});

describe("errors", () => {
  const A = random(4);

  test("shapes", () => {
    expectError(() => lu([[1, 2]]), ShapeError, { where: "lu", argument: "A" });
    expectError(() => lu(view(new Float64Array(4), [4])), ShapeError, { argument: "A" });
    expectError(() => lu(A).solve([[1]]), ShapeError, { argument: "B" });
  });

  test.each([
    ["certify", 1],
    ["pivot", true],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => lu(A, { [name]: value }), OptionError, { argument: name });
  });

  test.each([
    ["transpose", "yes"],
    ["refine", 1],
    ["upper", true],
  ])("solve, %s: %s is an OptionError", (name, value) => {
    expectError(() => lu(A).solve(rightSide(4, 1), { [name]: value }), OptionError, { argument: name });
  });

  test("singular, exactly or to working precision: the column is named, and leastSquares as the way out", () => {
    const b = (n: number): NdArray => rightSide(n, 1);
    expectError(() => lu([[1, 2], [2, 4]]).solve(b(2)), RankDeficientError, { column: 1, remedy: expect.stringContaining("leastSquares") as string }); // prettier-ignore
    expectError(() => lu(view(new Float64Array(9), [3, 3])).solve(b(3)), RankDeficientError, { column: 0 });
    expect(() => lu(hilbert(15)).solve(b(15))).toThrow(RankDeficientError);
    expect(() => lu(hilbert(15)).solve(b(15))).toThrow(/leastSquares/);
    lu(hilbert(8)).solve(b(8)); // κ = 1.5e10
    for (const column of [0, 3, 9]) {
      const values = pack(random(10));
      for (let i = 0; i < 10; i++) values[i * 10 + column] = 0;
      expectError(() => lu(view(values, [10, 10])).solve(b(10)), RankDeficientError, { column });
    }
  });

  test("NaN and infinities are named by their index", () => {
    const values = pack(A);
    values[9] = -Infinity;
    expectError(() => lu(view(values, [4, 4])), NonFiniteError, { where: "lu", argument: "A", value: -Infinity, index: [2, 1] });
    expectError(() => lu(A).solve(view(Float64Array.of(1, NaN, 3, 4), [4, 1])), NonFiniteError, { argument: "B", index: [1, 0] });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("0 × 0, 1 × 1, the identity", () => {
    const empty = view(new Float64Array(0), [0, 0]);
    const { L, U, solve } = lu(empty);
    expect([L.shape, U.shape, solve(view(new Float64Array(0), [0, 2])).shape]).toEqual([[0, 0], [0, 0], [0, 2]]); // prettier-ignore
    expect([...lu([[-5]]).solve([[10]]).data]).toEqual([-2]);
    const I = lu(identityMatrix(6));
    expectSameBits(I.L, identityMatrix(6));
    expectSameBits(I.U, identityMatrix(6));
    expect([I.growth, I.reciprocalCondition]).toEqual([1, 1]);
    expect(I.solve(view(new Float64Array(0), [6, 0])).shape).toEqual([6, 0]);
  });
});
