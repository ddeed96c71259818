import { gaussianArray, generalMatrix, matrixTypes, pack, plain, solveRatio, symmetricMatrix, ulpOf, verifySolve } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { cholesky } from "../src/dense/cholesky.js";
import { solve } from "../src/dense/solve.js";
import { AssumptionError, NonFiniteError, OptionError, RankDeficientError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  boundOf,
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectRatio,
  hilbert,
  matrixOf,
  orders,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectWithin, inDtype, median } from "./numeric-support.js";
import { fixtureSystem, solveCases } from "./solve-fixtures.js";

const random = (m: number, n: number, dtype: DType = "float64", seed = "solve"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), dtype);
const ASSUMPTIONS = ["general", "symmetric-positive", "upper", "lower"] as const;
type Assume = (typeof ASSUMPTIONS)[number];

/** A matrix that fits the assumption; where it is triangular, what does not count is not zero. */
function fitting(assume: Assume, n: number, dtype: DType = "float64"): NdArray {
  if (assume === "symmetric-positive") {
    return inDtype(
      symmetricMatrix(
        matrixTypes.find(({ name }) => name === "κ = 2")!,
        n,
        { dtype, definite: true },
      ),
      dtype,
    );
  }
  const values = pack(random(n, n));
  if (assume !== "general") for (let i = 0; i < n; i++) values[i * (n + 1)] = (i % 2 ? -1 : 1) * n;
  return inDtype(plain(values, [n, n]), dtype);
}

/** A with the entries that do not count set to zero. */
function counting(A: NdArray, assume: Assume): NdArray {
  if (assume !== "upper" && assume !== "lower") return A;
  const n = A.shape[0]!;
  return inDtype(plain(pack(A).map((x, p) => (assume === "upper" ? p % n >= Math.floor(p / n) : p % n <= Math.floor(p / n)) ? x : 0), [n, n]), "float64"); // prettier-ignore
}

describe("oracle", () => {
  test.each(typesAndDtypes.filter(([, dtype, type]) => type.condition(ulpOf(dtype)) <= 0.1 / Math.sqrt(ulpOf(dtype))))(
    "LAPACK's solve ratio, %s, %s: general and positive",
    (name, dtype, type) => {
      const ulp = ulpOf(dtype);
      for (const n of orders) {
        const B = random(n, 2, dtype);
        const A = generalMatrix(type, n, n, { dtype });
        const { X } = solve(A, B);
        expect(X.shape).toEqual([n, 2]);
        expect(X.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
        expectRatio(solveRatio(A, X, B, ulp), THRESHOLD, `${name}, ${n}: general`);
        const S = symmetricMatrix(type, n, { dtype, definite: true });
        expectRatio(solveRatio(S, solve(S, B, { assume: "symmetric-positive" }).X, B, ulp), THRESHOLD, `${name}, ${n}: positive`);
      }
      expect(arenaBytesInUse()).toBe(0);
    },
  );

  test.each(ASSUMPTIONS)("assume %s", (assume) => {
    for (const dtype of dtypes) {
      for (const n of [1, 2, 9, 65]) {
        const [A, B] = [fitting(assume, n, dtype), random(n, 3, dtype)];
        const { X, method } = solve(A, B, { assume });
        expect(typeof method).toBe("string");
        expectRatio(solveRatio(counting(A, assume), X, B, ulpOf(dtype)), THRESHOLD, `${assume}, ${n}`);
      }
    }
  });

  test("one float64 operand makes the answer float64", () => {
    expect(solve(fitting("general", 3, "float32"), random(3, 1)).X.data).toBeInstanceOf(Float64Array);
    expect(solve(fitting("general", 3), random(3, 1, "float32")).X.data).toBeInstanceOf(Float64Array);
  });
});

describe("certificate is honest", () => {
  test.each(ASSUMPTIONS)("assume %s: a backward error, measured, never below that of a two-term residual", (assume) => {
    for (const dtype of dtypes) {
      const slacks: number[] = [];
      for (let seed = 0; seed < 20; seed++) {
        for (const n of [1, 5, 20]) {
          const A = fitting(assume, n, dtype);
          const B = random(n, 2, dtype, `certificate/${seed}`);
          const { X, certificate } = solve(A, B, { assume });
          expect(certificate).toMatchObject({ kind: "deterministic", norm: expect.stringContaining("backward error") as string });
          const { holds, slack, bound, measured } = verifySolve(counting(A, assume), B, { X, certificate });
          if (!holds) expect.fail(`n = ${n}, seed ${seed}: bound ${bound}, error ${measured}`);
          slacks.push(slack);
          expect(boundOf(certificate)).toBeLessThanOrEqual(100 * n * ulpOf(dtype)); // backward stable, and measured
        }
      }
      // γ_n of forming the residual in working precision stands beside an error of the same size or less
      expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(100);
    }
  });

  test("on ill-conditioned and scaled matrices", () => {
    for (const type of matrixTypes.filter(({ condition }) => condition(2 ** -52) < 1e14)) {
      for (const n of [5, 16]) {
        const [A, B] = [generalMatrix(type, n, n, { seed: "honest" }), random(n, 2)];
        const { X, certificate } = solve(A, B);
        const { holds, bound, measured } = verifySolve(A, B, { X, certificate });
        if (!holds) expect.fail(`${type.name}, ${n}: bound ${bound}, error ${measured}`);
      }
    }
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const assume of ASSUMPTIONS) {
        const B = random(11, 2, dtype);
        expectLayoutsKeepBits(fitting(assume, 11, dtype), (A) => [solve(A, B, { assume }).X]);
        expectLayoutsKeepBits(B, (M) => [solve(fitting(assume, 11, dtype), M, { assume }).X]);
      }
      expectBackendsKeepBits(() => [solve(random(75, 75, dtype), random(75, 3, dtype)).X]);
    }
  });

  test.each([1e-300, 1e-160, 1e-9, 1e9, 1e160, 1e300])("at the scale %s", (size) => {
    for (const assume of ASSUMPTIONS) {
      const A = timesNumber(fitting(assume, 10), size);
      const B = timesNumber(random(10, 2), size);
      const { X } = solve(A, B, { assume });
      expectRatio(solveRatio(counting(A, assume), X, B, ulpOf("float64")), THRESHOLD, assume);
    }
  });

  test("what does not count in a triangle does not matter, if it is finite", () => {
    const [A, B] = [fitting("upper", 8), random(8, 1)];
    expectWithin(solve(A, B, { assume: "upper" }).X, solve(counting(A, "upper"), B, { assume: "upper" }).X, 0);
  });
});

describe("fixtures", () => {
  test.each(solveCases)("SciPy, $assume, n = $n", ({ assume, n, X, condition, logDeterminant }) => {
    const { A, B } = fixtureSystem({ assume, n });
    const want = matrixOf(X);
    const largest = pack(want).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // both are backward stable: each within a few n u κ of the truth
    const allowed = 8 * n * 2 ** -53 * condition * largest;
    expectWithin(solve(A, B, { assume: assume as Assume }).X, want, allowed);
    if (logDeterminant !== undefined) {
      expect(Math.abs(cholesky(A).logDeterminant - logDeterminant)).toBeLessThanOrEqual(8 * n * 2 ** -53 * (condition + logDeterminant));
    }
  });
});

describe("errors", () => {
  const [A, B] = [fitting("general", 4), random(4, 2)];

  test("shapes", () => {
    expectError(() => solve([[1, 2]], B), ShapeError, { where: "solve", argument: "A" });
    expectError(() => solve(A, random(3, 1)), ShapeError, { where: "solve", argument: "B" });
    expectError(() => solve(A, view(new Float64Array(4), [4])), ShapeError, { argument: "B" });
  });

  test.each([
    ["assume", "banded"],
    ["assume", null],
    ["refine", true],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => solve(A, B, { [name]: value }), OptionError, { argument: name });
  });

  test("singular, exactly and numerically: RankDeficientError from solve", () => {
    expectError(() => solve([[1, 2], [2, 4]], [[1], [1]]), RankDeficientError, { where: "solve", column: 1 }); // prettier-ignore
    expect(() => solve([[1, 2], [2, 4]], [[1], [1]])).toThrow(/leastSquares/); // prettier-ignore
    expectError(() => solve(view(new Float64Array(16), [4, 4]), B), RankDeficientError, { column: 0 });
    expect(() => solve(hilbert(15), random(15, 1))).toThrow(RankDeficientError);
    expect(() => solve([[1, 1], [1, 1]], [[1], [1]], { assume: "symmetric-positive" })).toThrow(RankDeficientError); // prettier-ignore
    expect(() => solve([[1, 2], [2, 1]], [[1], [1]], { assume: "symmetric-positive" })).toThrow(RankDeficientError); // prettier-ignore
    for (const assume of ["upper", "lower"] as const) {
      expectError(() => solve([[1, 0], [0, 0]], [[1], [1]], { assume }), RankDeficientError, { column: 1, pivot: 0 }); // prettier-ignore
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("a matrix that is not symmetric is not taken for one", () => {
    expectError(() => solve([[2, 1], [0, 2]], [[1], [1]], { assume: "symmetric-positive" }), AssumptionError, { measured: 1 }); // prettier-ignore
  });

  test("NaN and infinities are named by their index", () => {
    for (const assume of ASSUMPTIONS) {
      const values = pack(fitting(assume, 4));
      values[5] = NaN;
      expectError(() => solve(view(values, [4, 4]), B, { assume }), NonFiniteError, { where: "solve", argument: "A", index: [1, 1] });
      const right = pack(B);
      right[5] = Infinity;
      expectError(() => solve(fitting(assume, 4), view(right, [4, 2]), { assume }), NonFiniteError, { argument: "B", value: Infinity, index: [2, 1] });
    }
  }); // prettier-ignore
});

describe("degenerate", () => {
  test("nothing to solve", () => {
    for (const assume of ASSUMPTIONS) {
      expect(solve(view(new Float64Array(0), [0, 0]), view(new Float64Array(0), [0, 3]), { assume }).X.shape).toEqual([0, 3]);
      expect(solve(fitting(assume, 3), view(new Float64Array(0), [3, 0]), { assume }).X.shape).toEqual([3, 0]);
    }
  });

  test("a zero right side: X = 0, and no backward error", () => {
    const { X, certificate } = solve(fitting("general", 5), view(new Float64Array(10), [5, 2]));
    expect(pack(X).every((x) => x === 0)).toBe(true);
    expect(boundOf(certificate)).toBeLessThanOrEqual(100 * ulpOf("float64"));
  });
});
