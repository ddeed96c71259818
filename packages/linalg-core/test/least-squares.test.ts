import {
  difference,
  distanceThrough,
  exactLeastSquares,
  frobenius,
  gaussianArray,
  generalMatrix,
  matmulOracle,
  matrixTypes,
  pack,
  plain,
  testRandom,
  ulpOf,
  verifyLeastSquares,
  type Strided,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import cases from "../../../tooling/fixtures/least-squares/data.json" with { type: "json" };
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { leastSquares, pseudoInverse } from "../src/dense/least-squares.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  boundOf,
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectRatio,
  identityMatrix,
  integersFrom,
  matricesOf,
  matrixOf,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectWithin, inDtype, isFullProfile, median } from "./numeric-support.js";

const METHODS = ["qr", "svd"] as const;
const random = (m: number, n: number, dtype: DType = "float64", seed = "ls"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), dtype);

/** pseudoInverse returns the matrix, or a result that holds it as X. */
function inverseOf(result: NdArray | { readonly X: NdArray }): NdArray {
  return "X" in result ? result.X : result;
}

/** ‖Aᵀ r‖ / (‖A‖ ‖A‖ ‖x‖ + ‖A‖ ‖b‖) in units of max(m, n) ulp: the slope at a minimum is rounding. */
function slopeRatio(A: Strided, X: Strided, B: Strided, ulp: number): number {
  const [m, n] = A.shape as [number, number];
  const size = frobenius(A);
  if (size === 0) return 0;
  const a = timesNumber(inDtype(A, "float64"), 1 / size);
  const scale = Math.max(frobenius(X) * size, frobenius(B));
  if (scale === 0) return 0;
  const x = plain(pack(X).map((value) => (value / scale) * size), X.shape); // prettier-ignore
  const product = matmulOracle(a, x).data;
  const r = plain(pack(B).map((b, p) => b / scale - product[p]!), B.shape); // prettier-ignore
  return frobenius(matmulOracle(a, r, { transposeA: true })) / (Math.max(m, n) * ulp);
}

describe("oracle", () => {
  test.each(typesAndDtypes)("the gradient vanishes to rounding, %s, %s", (name, dtype, type) => {
    for (const { A, m, n, ulp } of matricesOf(type, dtype)) {
      const B = random(m, 2, dtype);
      // near the ends of the range X may lie beyond it: B takes the scale of A
      const scaled = type.scale ? timesNumber(B, type.scale(dtype)) : B;
      const { X, rank } = leastSquares(A, scaled);
      expect(X.shape).toEqual([n, 2]);
      expect(X.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      expect(rank).toBeLessThanOrEqual(Math.min(m, n));
      // a truncated part of A below the cut of max(m, n) u leaves a slope of that size
      expectRatio(slopeRatio(A, X, scaled, ulp), THRESHOLD, `${name}, ${m} × ${n}`);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(METHODS)('method "%s" against exact rationals: tall, square and wide', (method) => {
    for (const dtype of dtypes) {
      for (const [m, n] of [
        [1, 1],
        [9, 9],
        [20, 6],
        [4, 11],
      ] as const) {
        const [A, B] = [random(m, n, dtype), random(m, 2, dtype)];
        const exact = exactLeastSquares(A, B);
        const { X, rank } = leastSquares(A, B, { method });
        expect(rank).toBe(Math.min(m, n));
        // κ below 1e3 here: κ + κ² ‖r‖ / … times a few n u
        expectWithin(inDtype(X, "float64"), exact.hi, 1e4 * Math.max(m, n) * ulpOf(dtype) * frobenius(exact.hi));
      }
    }
  });

  test("residualNorm is ‖b − A x‖", () => {
    const [A, B] = [random(14, 4), random(14, 1)];
    const { X, residualNorm } = leastSquares(A, B);
    const product = matmulOracle(A, X).data;
    const want = frobenius(plain(pack(B).map((b, p) => b - product[p]!), [14])); // prettier-ignore
    expect(Math.abs(residualNorm - want)).toBeLessThanOrEqual(1e-14 * want * 14);
    // a consistent system leaves rounding
    const solution = integersFrom(random(4, 1));
    const consistent = leastSquares(A, inDtype(matmulOracle(A, solution), "float64"));
    expect(consistent.residualNorm).toBeLessThanOrEqual(1e-13);
    expectWithin(consistent.X, solution, 1e-12);
  });

  test("deficient: the smallest of the minimisers, by both methods", () => {
    for (const [m, n, r] of [
      [12, 6, 3],
      [6, 12, 3],
      [9, 9, 8],
      [5, 5, 0],
    ] as const) {
      const left = integersFrom(random(m, r));
      const right = integersFrom(random(r, n));
      for (let i = 0; i < r; i++) [left.data[i * (r + 1)], right.data[i * (n + 1)]] = [9, 9];
      const A = inDtype(matmulOracle(left, right), "float64");
      const B = random(m, 2);
      const [first, second] = METHODS.map((method) => leastSquares(A, B, { method }));
      expect([first!.rank, second!.rank]).toEqual([r, r]);
      expectWithin(first!.X, second!.X, 1e-11 * (1 + frobenius(first!.X))); // κ below 1e3 within the rank
      expect(frobenius(matmulOracle(A, matmulOracle(A, first!.X), { transposeA: true }))).toBeGreaterThanOrEqual(0);
      // x lies in the rows of A: x = Aᵀ y solves exactly
      const inside = leastSquares(transpose(A), first!.X);
      expect(inside.residualNorm).toBeLessThanOrEqual(1e-11 * (1 + frobenius(first!.X)));
    }
  });

  test("rankTolerance cuts by |r_jj| or s_i against the largest", () => {
    const D = matrixOf([[1, 0, 0], [0, 1e-5, 0], [0, 0, 1e-10]]); // prettier-ignore
    for (const method of METHODS) {
      for (const [rankTolerance, rank] of [
        [0, 3],
        [1e-7, 2],
        [1e-3, 1],
      ] as const) {
        const result = leastSquares(D, [[1], [1], [1]], { method, rankTolerance });
        expect(result.rank).toBe(rank);
        const want = [1, 1e5, 1e10].map((x, i) => (i < rank ? x : 0));
        result.X.data.forEach((x, i) => {
          expect(Math.abs(x - want[i]!)).toBeLessThanOrEqual(1e-14 * want[i]!);
        });
      }
    }
  });

  test("pseudoInverse: the four equations of Penrose, and A⁻¹ where it exists", () => {
    for (const [m, n] of [
      [7, 4],
      [4, 7],
      [6, 6],
    ] as const) {
      for (const dtype of dtypes) {
        const A = random(m, n, dtype);
        const P = inverseOf(pseudoInverse(A));
        expect(P.shape).toEqual([n, m]);
        const [AP, PA] = [matmulOracle(A, P), matmulOracle(P, A)];
        const allowed = 1e3 * 8 * ulpOf(dtype) * (1 + frobenius(P)) * frobenius(A); // κ below 1e3
        expectWithin(matmulOracle(AP, A), inDtype(A, "float64"), allowed);
        expectWithin(matmulOracle(PA, P), inDtype(P, "float64"), allowed * frobenius(P));
        expectWithin(inDtype(transpose(view(AP.data, AP.shape)), "float64"), AP, allowed);
        expectWithin(inDtype(transpose(view(PA.data, PA.shape)), "float64"), PA, allowed);
      }
    }
    const singular = inverseOf(pseudoInverse([[1, 1], [1, 1]])); // prettier-ignore
    expectWithin(singular, matrixOf([[0.25, 0.25], [0.25, 0.25]]), 1e-15); // prettier-ignore
    expect(pack(inverseOf(pseudoInverse([[0, 0], [0, 0], [0, 0]])))).toEqual(new Float64Array(6)); // prettier-ignore
    expect(inverseOf(pseudoInverse([[1, 0], [0, 1e-9]], { rankTolerance: 1e-6 })).data[3]).toBe(0); // prettier-ignore
  });
});

describe("certificate is honest", () => {
  const runs = isFullProfile ? 500 : 120;

  test.each(METHODS)("method %s: never below ‖A (x − x*)‖, condition numbers to 1e12, exact rationals", (method) => {
    const slacks: number[] = [];
    for (let seed = 0; seed < runs; seed++) {
      const { uniform, below } = testRandom(`certificate/${seed}`);
      const n = 1 + below(6);
      const m = n + below(25);
      const condition = 10 ** (12 * uniform());
      const type = { ...matrixTypes.find(({ name }) => name === "κ = 2")!, name: `κ = ${condition}` };
      const A = generalMatrix({ ...type, spectrum: (k) => Float64Array.from({ length: k }, (_, i) => condition ** (-i / Math.max(1, k - 1))) }, m, n, { seed: String(seed) });
      const b = pack(random(m, 1, "float64", `b/${seed}`));
      // x of moderate size and a residual orthogonal to A, where a tilted range shows; or x as large as the condition number
      const image = matmulOracle(A, random(n, 1, "float64", `x/${seed}`));
      const orthogonal = difference(plain(b, [m, 1]), A, exactLeastSquares(A, plain(b, [m, 1])).hi);
      const size = seed % 3 === 0 ? 1e-8 : 5;
      const B = seed % 4 === 3 ? view(b, [m, 1]) : view(image.data.map((x, i) => x + size * orthogonal.data[i]!), [m, 1]);
      const exact = exactLeastSquares(A, B);
      const { X, certificate, rank } = leastSquares(A, B, { method });
      expect(rank).toBe(n);
      expect(certificate).toMatchObject({ kind: "deterministic", norm: expect.stringContaining("A") as string });
      const { holds, bound, measured, slack } = verifyLeastSquares(A, exact, { X, certificate });
      if (!holds) expect.fail(`seed ${seed}, ${m} × ${n}, κ ${condition.toExponential(1)}: bound ${bound}, error ${measured}`);
      slacks.push(slack / condition);
    }
    // the γ term lets every rounding error tilt the range by u κ, which it rarely does: the bound is that much above the error
    expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(1000);
  }); // prettier-ignore

  test("many columns: the largest of them is covered", () => {
    for (let seed = 0; seed < 10; seed++) {
      const [A, B] = [random(18, 5, "float64", `many/${seed}`), random(18, 4, "float64", `many b/${seed}`)];
      const { X, certificate } = leastSquares(A, B);
      expect(distanceThrough(A, X, exactLeastSquares(A, B))).toBeLessThanOrEqual(boundOf(certificate));
    }
  });

  test("float32: it speaks of the rounded answer", () => {
    for (let seed = 0; seed < 10; seed++) {
      const [A, B] = [random(18, 5, "float32", `f32/${seed}`), random(18, 1, "float32", `f32 b/${seed}`)];
      const { X, certificate } = leastSquares(A, B);
      const { holds, slack } = verifyLeastSquares(A, exactLeastSquares(A, B), { X, certificate });
      expect(holds).toBe(true);
      expect(slack).toBeLessThanOrEqual(1e5);
    }
  });

  test("wide: A x = b, so the distance is the residual", () => {
    const [A, B] = [random(5, 12), random(5, 1)];
    const { X, certificate } = leastSquares(A, B);
    if (certificate.kind !== "none") expect(verifyLeastSquares(A, exactLeastSquares(A, B), { X, certificate }).holds).toBe(true);
  });

  test("below full rank it is conditional, and says on what", () => {
    const A = [[1, 1], [1, 1], [1, 1]]; // prettier-ignore
    for (const method of METHODS) {
      const { certificate, rank } = leastSquares(A, [[1], [2], [3]], { method });
      expect(rank).toBe(1);
      expect(certificate.kind).toBe("conditional");
    }
  });

  test("where nothing can be proved the bound is infinite or large, never small and false", () => {
    const type = matrixTypes.find(({ name }) => name === "κ = 0.1/ulp")!;
    for (let seed = 0; seed < 20; seed++) {
      const A = generalMatrix(type, 20, 5, { seed: String(seed) });
      const B = random(20, 1, "float64", `hard/${seed}`);
      const { X, certificate, rank } = leastSquares(A, B, { rankTolerance: 0 });
      if (rank < 5 || certificate.kind === "none") continue;
      const { holds, bound, measured } = verifyLeastSquares(A, exactLeastSquares(A, B), { X, certificate });
      if (!holds) expect.fail(`seed ${seed}: bound ${bound}, error ${measured}`);
    }
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const method of METHODS) {
        for (const [m, n] of [
          [13, 6],
          [6, 13],
        ] as const) {
          const B = random(m, 2, dtype);
          expectLayoutsKeepBits(random(m, n, dtype), (A) => [leastSquares(A, B, { method }).X]);
          expectLayoutsKeepBits(B, (M) => [leastSquares(random(m, n, dtype), M, { method }).X]);
        }
        expectBackendsKeepBits(() => [leastSquares(random(60, 40, dtype), random(60, 2, dtype), { method }).X]);
      }
    }
  });

  test("auto is qr", () => {
    const [A, B] = [random(12, 5), random(12, 2)];
    expect(leastSquares(A, B).method).toBe("qr");
    expectWithin(leastSquares(A, B).X, leastSquares(A, B, { method: "qr" }).X, 0);
    expect(leastSquares(A, B, { method: "svd" }).method).toBe("svd");
  });

  test.each([1e-160, 1e-9, 1e9, 1e160])("at the scale %s: x does not move", (size) => {
    const [A, B] = [random(12, 5), random(12, 1)];
    const power = 2 ** Math.round(Math.log2(size));
    for (const method of METHODS) {
      const want = leastSquares(A, B, { method }).X;
      const got = leastSquares(timesNumber(A, power), timesNumber(B, power), { method });
      expectWithin(got.X, want, 1e-12 * frobenius(want));
      expect(boundOf(got.certificate)).toBeLessThanOrEqual(1e-11 * power);
    }
  });

  test("one float64 operand makes the answer float64", () => {
    expect(leastSquares(random(5, 2, "float32"), random(5, 1)).X.data).toBeInstanceOf(Float64Array);
    expect(leastSquares(random(5, 2), random(5, 1, "float32")).X.data).toBeInstanceOf(Float64Array);
  });
});

describe("fixtures", () => {
  test.each(cases)("NumPy: $name", ({ A, B, X, rank, residual, condition, rankTolerance }) => {
    const [a, b, want] = [matrixOf(A), matrixOf(B), matrixOf(X)];
    const size = frobenius(want);
    // the perturbation bound κ + κ² ‖r‖ / (‖A‖ ‖x‖), times a few n u for each side
    const sensitivity = condition + (condition ** 2 * Math.max(...residual)) / (frobenius(a) / Math.sqrt(rank) / 2) / size;
    for (const method of METHODS) {
      const got = leastSquares(a, b, { method, rankTolerance });
      expect(got.rank).toBe(rank);
      expectWithin(got.X, want, 50 * Math.max(...a.shape) * 2 ** -53 * sensitivity * size);
      if (residual.length === 1) {
        expect(Math.abs(got.residualNorm - residual[0]!)).toBeLessThanOrEqual(1e-12 * (frobenius(b) + residual[0]!));
      }
    }
  });
});

describe("errors", () => {
  const [A, B] = [random(5, 3), random(5, 2)];

  test("shapes", () => {
    expectError(() => leastSquares(view(new Float64Array(4), [4]), B), ShapeError, { where: "leastSquares", argument: "A" });
    expectError(() => leastSquares(A, random(4, 1)), ShapeError, { where: "leastSquares", argument: "B" });
    expectError(() => leastSquares(A, view(new Float64Array(5), [5])), ShapeError, { argument: "B" });
    expectError(() => pseudoInverse(view(new Float64Array(4), [4])), ShapeError, { where: "pseudoInverse", argument: "A" });
  });

  test.each([
    ["method", "normal-equations"],
    ["rankTolerance", NaN],
    ["rankTolerance", -1],
    ["tolerance", 1e-10],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => leastSquares(A, B, { [name]: value }), OptionError, { argument: name });
  });

  test.each([
    ["rankTolerance", -1],
    ["tolerance", 1e-10],
  ])("pseudoInverse, %s: %s is an OptionError", (name, value) => {
    expectError(() => pseudoInverse(A, { [name]: value }), OptionError, { argument: name });
  });

  test("NaN and infinities are named by their index", () => {
    const bad = pack(A);
    bad[7] = NaN;
    expectError(() => leastSquares(view(bad, [5, 3]), B), NonFiniteError, { where: "leastSquares", argument: "A", index: [2, 1] });
    expectError(() => pseudoInverse(view(bad, [5, 3])), NonFiniteError, { where: "pseudoInverse", argument: "A", index: [2, 1] });
    const right = pack(B);
    right[9] = -Infinity;
    expectError(() => leastSquares(A, view(right, [5, 2])), NonFiniteError, { argument: "B", value: -Infinity, index: [4, 1] });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("no rows, no columns, no right side", () => {
    for (const method of METHODS) {
      const none = leastSquares(view(new Float64Array(0), [0, 3]), view(new Float64Array(0), [0, 2]), { method });
      expect([none.X.shape, none.rank, [...none.X.data]]).toEqual([[3, 2], 0, [0, 0, 0, 0, 0, 0]]);
      expect(leastSquares(view(new Float64Array(0), [3, 0]), random(3, 2), { method }).X.shape).toEqual([0, 2]);
      expect(leastSquares(random(4, 2), view(new Float64Array(0), [4, 0]), { method }).X.shape).toEqual([2, 0]);
    }
  });

  test("a zero matrix: X = 0, rank 0, the residual is b", () => {
    for (const method of METHODS) {
      const { X, rank, residualNorm } = leastSquares(view(new Float64Array(8), [4, 2]), [[3], [0], [4], [0]], { method });
      expect([rank, ...X.data]).toEqual([0, 0, 0]);
      expect(Math.abs(residualNorm - 5)).toBeLessThanOrEqual(1e-14);
    }
  });

  test("the identity, a zero right side", () => {
    const B = random(4, 2);
    for (const method of METHODS) {
      expectWithin(leastSquares(identityMatrix(4), B, { method }).X, B, 8 * ulpOf("float64"));
      expect(pack(leastSquares(random(4, 2), view(new Float64Array(4), [4, 1]), { method }).X).every((x) => x === 0)).toBe(true);
    }
  });
});
