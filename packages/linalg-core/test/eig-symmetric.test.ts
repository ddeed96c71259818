import {
  eigenvaluesOracle,
  gaussianArray,
  matrixTypes,
  orthogonalityRatio,
  pack,
  plain,
  spectralRatio,
  symmetricMatrix,
  ulpOf,
  verifyEigSymmetric,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import cases from "../../../tooling/fixtures/eig-symmetric/data.json" with { type: "json" };
import type { DType, NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { eigSymmetric } from "../src/dense/eig-symmetric.js";
import { AssumptionError, NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectRatio,
  identityMatrix,
  matrixOf,
  orders,
  SPECTRAL_THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, median } from "./numeric-support.js";

const METHODS = ["qr", "jacobi"] as const;

function random(n: number, dtype: DType = "float64", seed = "eig"): NdArray {
  const values = pack(gaussianArray([n, n], { seed: `${seed}/${n}` }));
  const mirrored = Float64Array.from(values, (_, p) => values[Math.max(Math.floor(p / n), p % n) * n + Math.min(Math.floor(p / n), p % n)]!); // prettier-ignore
  return inDtype(plain(mirrored, [n, n]), dtype);
}

function largest(A: NdArray): number {
  return pack(A).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function expectAscending(values: NdArray): void {
  values.data.forEach((x, i) => {
    if (i > 0 && !(x >= values.data[i - 1]!)) expect.fail(`value ${i}: ${x} after ${values.data[i - 1]!}`);
  });
}

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratios, %s, %s", (name, dtype, type) => {
    const ulp = ulpOf(dtype);
    for (const n of orders) {
      const A = symmetricMatrix(type, n, { dtype });
      const { values, vectors } = eigSymmetric(A);
      expect([values.shape, vectors!.shape]).toEqual([[n], [n, n]]); // prettier-ignore
      expect(values.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      expectAscending(values);
      expectRatio(spectralRatio(A, vectors!, values, vectors!, ulp), SPECTRAL_THRESHOLD, `${name}, ${n}: A − V Λ Vᵀ`);
      expectRatio(orthogonalityRatio(vectors!, ulp), SPECTRAL_THRESHOLD, `${name}, ${n}: I − VᵀV`);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(METHODS)('method "%s": eigenvalues against Jacobi rotations in two terms', (method) => {
    for (const type of matrixTypes) {
      for (const dtype of dtypes) {
        for (const n of [1, 2, 5, 10]) {
          const A = symmetricMatrix(type, n, { dtype, seed: "values" });
          const { values, vectors } = eigSymmetric(A, { method });
          const want = eigenvaluesOracle(A);
          const size = Math.max(Math.abs(want.data[0]!), Math.abs(want.data.at(-1)!));
          expectWithin(inDtype(values, "float64"), want, 10 * n * ulpOf(dtype) * size); // backward stable: a few n u ‖A‖
          expectRatio(spectralRatio(A, vectors!, values, vectors!, ulpOf(dtype)), SPECTRAL_THRESHOLD, `${type.name}, ${n}`);
        }
      }
    }
  });

  test.each([33, 64, 100])("n = %i: both methods", (n) => {
    const A = random(n);
    const [qr, jacobi] = METHODS.map((method) => eigSymmetric(A, { method }));
    expectWithin(qr!.values, jacobi!.values, 10 * n * 2 ** -53 * Math.abs(largest(qr!.values)));
    for (const { values, vectors } of [qr!, jacobi!]) {
      expectRatio(spectralRatio(A, vectors!, values, vectors!, ulpOf("float64")), SPECTRAL_THRESHOLD, "A − V Λ Vᵀ");
      expectRatio(orthogonalityRatio(vectors!, ulpOf("float64")), SPECTRAL_THRESHOLD, "I − VᵀV");
    }
  });

  test("the largest entry of each vector is positive", () => {
    for (const method of METHODS) {
      const n = 20;
      const { vectors } = eigSymmetric(random(n), { method });
      const V = pack(vectors!);
      for (let j = 0; j < n; j++) {
        let top = 0;
        for (let i = 0; i < n; i++) if (Math.abs(V[i * n + j]!) > Math.abs(top)) top = V[i * n + j]!;
        expect(top).toBeGreaterThan(0);
      }
    }
  });

  test("without vectors: the values, to rounding", () => {
    for (const n of [6, 50]) {
      const A = random(n);
      const { values, vectors } = eigSymmetric(A, { vectors: false });
      expect(vectors).toBeUndefined();
      expectWithin(values, eigSymmetric(A).values, 10 * n * 2 ** -53 * largest(values));
    }
  });

  test("range: the eigenvalues between two numbers, with their vectors", () => {
    const D = matrixOf([[5, 0, 0, 0], [0, -3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]); // prettier-ignore
    const { values, vectors } = eigSymmetric(D, { range: [-1.5, 2.5] });
    expectWithin(values, view(Float64Array.of(0, 2), [2]), 1e-15);
    expectWithin(vectors!, matrixOf([[0, 0], [0, 0], [0, 1], [1, 0]]), 1e-15); // prettier-ignore
    expect(eigSymmetric(D, { range: [2.5, 4.5] }).values.shape).toEqual([0]);
  });
});

describe("certificate is honest", () => {
  test.each(dtypes)("%s: measured by default, never below the true error of an eigenvalue", (dtype) => {
    const slacks: number[] = [];
    for (const type of matrixTypes) {
      for (const n of [1, 3, 8, 12]) {
        const A = symmetricMatrix(type, n, { dtype, seed: "certificate" });
        const { values, certificate } = eigSymmetric(A);
        expect(certificate).toMatchObject({ kind: "deterministic", norm: expect.stringContaining("eigenvalue") as string });
        const { holds, bound, measured, slack } = verifyEigSymmetric(A, { values, certificate });
        if (!holds) expect.fail(`${type.name}, ${n}: bound ${bound}, error ${measured}`);
        if (type.name !== "zero") slacks.push(slack / n);
        expect(bound).toBeLessThanOrEqual(1000 * n * n * ulpOf(dtype) * (n * largest(A as NdArray)));
      }
    }
    // a Frobenius norm of n² residuals for the error of one value
    expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(100);
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const method of METHODS) {
        expectLayoutsKeepBits(random(13, dtype), (A) => {
          const { values, vectors } = eigSymmetric(A, { method });
          return [values, vectors!];
        });
      }
      for (const n of [20, 50]) {
        expectBackendsKeepBits(() => {
          const { values, vectors } = eigSymmetric(random(n, dtype));
          return [values, vectors!];
        });
      }
    }
  });

  test("2^k A has the vectors of A and 2^k times its values, bit for bit", () => {
    for (const n of [9, 40]) {
      const { values, vectors } = eigSymmetric(random(n));
      for (const exponent of [-500, -6, 500]) {
        const moved = eigSymmetric(timesNumber(random(n), 2 ** exponent));
        expectSameBits(moved.values, timesNumber(values, 2 ** exponent));
        expectSameBits(moved.vectors!, vectors!);
      }
    }
  });

  test.each([1e-300, 1e-160, 1e160, 1e300])("at the scale %s", (size) => {
    for (const n of [10, 40]) {
      const A = timesNumber(random(n), size);
      const { values, vectors } = eigSymmetric(A);
      expectRatio(spectralRatio(A, vectors!, values, vectors!, ulpOf("float64")), SPECTRAL_THRESHOLD, "A − V Λ Vᵀ");
    }
  });

  test("A + μ I moves the values by μ; −A turns them round", () => {
    const n = 25;
    const A = random(n);
    const { values } = eigSymmetric(A);
    const moved = view(Float64Array.from(A.data, (x, p) => (p % (n + 1) === 0 ? x + 3 : x)), [n, n]); // prettier-ignore
    const allowed = 20 * n * 2 ** -53 * (largest(values) + 3);
    expectWithin(eigSymmetric(moved).values, view(Float64Array.from(values.data, (x) => x + 3), [n]), allowed); // prettier-ignore
    expectWithin(eigSymmetric(timesNumber(A, -1)).values, view(Float64Array.from(values.data, (x) => -x).reverse(), [n]), allowed);
  });
});

describe("fixtures", () => {
  test.each(cases)("NumPy: $name", ({ A, values }) => {
    for (const method of METHODS) {
      const got = eigSymmetric(matrixOf(A), { method }).values;
      expectWithin(got, view(Float64Array.from(values), [values.length]), 10 * A.length * 2 ** -53 * largest(got));
    }
  });
});

describe("errors", () => {
  test("shapes, symmetry, finite entries", () => {
    expectError(() => eigSymmetric([[1, 2]]), ShapeError, { where: "eigSymmetric", argument: "A" });
    expectError(() => eigSymmetric([[1, 2], [3, 1]]), AssumptionError, { where: "eigSymmetric", measured: 1 }); // prettier-ignore
    const values = pack(random(4));
    values[7] = NaN;
    expectError(() => eigSymmetric(view(values, [4, 4])), NonFiniteError, { argument: "A", index: [1, 3] });
  });

  test.each([
    ["vectors", "economy"],
    ["method", "divide-and-conquer"],
    ["range", [2, 1]],
    ["range", [NaN, 1]],
    ["count", 3],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => eigSymmetric(identityMatrix(3), { [name]: value }), OptionError, { argument: name });
  });
});

describe("degenerate", () => {
  test("0 × 0, 1 × 1, zero, identity, all ones", () => {
    for (const method of METHODS) {
      const empty = eigSymmetric(view(new Float64Array(0), [0, 0]), { method });
      expect([empty.values.shape, empty.vectors!.shape]).toEqual([[0], [0, 0]]); // prettier-ignore
      expect([...eigSymmetric([[-4]], { method }).values.data]).toEqual([-4]);
      expect([...eigSymmetric([[-4]], { method }).vectors!.data]).toEqual([1]);
      for (const n of [3, 40]) {
        const zero = eigSymmetric(view(new Float64Array(n * n), [n, n]), { method });
        expect(pack(zero.values).every((x) => x === 0)).toBe(true);
        expectRatio(orthogonalityRatio(zero.vectors!, ulpOf("float64")), SPECTRAL_THRESHOLD, "zero");
        expect(pack(eigSymmetric(identityMatrix(n), { method }).values).every((x) => x === 1)).toBe(true);
        const ones = eigSymmetric(view(new Float64Array(n * n).fill(1), [n, n]), { method });
        expect(Math.abs(ones.values.data[n - 1]! - n)).toBeLessThanOrEqual(10 * n * n * 2 ** -53);
        expectRatio(orthogonalityRatio(ones.vectors!, ulpOf("float64")), SPECTRAL_THRESHOLD, "ones");
      }
    }
  });
});
