import {
  gaussianArray,
  generalMatrix,
  matmulOracle,
  matrixTypes,
  orthogonalityRatio,
  pack,
  singularValuesOracle,
  spectralRatio,
  ulpOf,
  verifySvd,
  type Strided,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import cases from "../../../tooling/fixtures/svd/data.json" with { type: "json" };
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { qr } from "../src/dense/qr.js";
import { svd, type SvdOptions } from "../src/dense/svd.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  boundOf,
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectRatio,
  gradedRows,
  hilbert,
  identityMatrix,
  matricesOf,
  matrixOf,
  SPECTRAL_THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, median, UNIT } from "./numeric-support.js";

const METHODS = ["golub-kahan", "jacobi"] as const;
const random = (m: number, n: number, dtype: DType = "float64", seed = "svd"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), dtype);

/** The three ratios of LAPACK, the order of s, and the rank that s shows. */
function expectSvd(A: Strided, options: SvdOptions, what: string): void {
  const [m, n] = A.shape as [number, number];
  const k = Math.min(m, n);
  const { U, s, V, rank } = svd(A, options);
  const dtype: DType = s.data instanceof Float32Array ? "float32" : "float64";
  const ulp = ulpOf(dtype);
  const wide = options.vectors === "full";
  expect([U!.shape, s.shape, V!.shape]).toEqual([[m, wide ? m : k], [k], [n, wide ? n : k]]);
  const values = pack(s);
  values.forEach((x, i) => {
    if (!(x >= 0 && x <= (values[i - 1] ?? Infinity))) expect.fail(`${what}: s_${i} = ${x} after ${String(values[i - 1])}`);
  });
  expectRatio(spectralRatio(A, U!, s, V!, ulp), SPECTRAL_THRESHOLD, `${what}: A − U S Vᵀ`);
  expectRatio(orthogonalityRatio(U!, ulp), SPECTRAL_THRESHOLD, `${what}: I − UᵀU`);
  expectRatio(orthogonalityRatio(V!, ulp), SPECTRAL_THRESHOLD, `${what}: I − VᵀV`);
  const cut = Math.max(m, n) * UNIT[dtype] * (values[0] ?? 0);
  // a value within a rounding of the cut may fall on either side
  expect(rank).toBeGreaterThanOrEqual(values.filter((x) => x > cut * (1 + 4 * ulp)).length);
  expect(rank).toBeLessThanOrEqual(values.filter((x) => x > cut * (1 - 4 * ulp)).length);
}

/** Upper bidiagonal with the entries of Kahan's matrix on its two diagonals. */
function kahanBidiagonal(n: number, angle: number): NdArray {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  return view(
    Float64Array.from({ length: n * n }, (_, p) => {
      const [i, j] = [Math.floor(p / n), p % n];
      return i === j ? sine ** i : j === i + 1 ? -cosine * sine ** i : 0;
    }),
    [n, n],
  );
}

const battery: readonly (readonly [name: string, A: Strided])[] = [
  ["[[1, 1], [1, 1]]", matrixOf([[1, 1], [1, 1]])],
  ["ones, 4 × 4", view(new Float64Array(16).fill(1), [4, 4])],
  ["ones, 40 × 40", view(new Float64Array(1600).fill(1), [40, 40])],
  ["an outer product, 12 × 9", inDtype(matmulOracle(random(12, 1), random(1, 9)), "float64")],
  ["an outer product, 70 × 80", inDtype(matmulOracle(random(70, 1), random(1, 80)), "float64")],
  ["1e160 times random", timesNumber(random(15, 11), 1e160)],
  ["1e-160 times random", timesNumber(random(15, 11), 1e-160)],
  ["1e160 times random, 90 × 70", timesNumber(random(90, 70), 1e160)],
  ["1e-160 times random, 70 × 90", timesNumber(random(70, 90), 1e-160)],
  ...[[5, 12], [5, 40], [20, 30]].flatMap(([m, n]) =>
    Array.from({ length: 20 }, (_, seed) => [`random, ${m!} × ${n!}, ${seed}`, random(m!, n!, "float64", `battery/${seed}`)] as const),
  ),
  ["Hilbert, 12 × 12", hilbert(12)],
  ["zeros, 6 × 4", view(new Float64Array(24), [6, 4])],
  ["zeros, 70 × 80", view(new Float64Array(5600), [70, 80])],
  ["a row", random(1, 9)],
  ["a column", random(9, 1)],
  ["a zero row", view(new Float64Array(5), [1, 5])],
  ["identity, 30 × 30", identityMatrix(30)],
  ["an orthogonal matrix, 24 × 24", qr(random(24, 24)).Q!],
  ["an orthogonal matrix, 80 × 80", qr(random(80, 80)).Q!],
  ["a permutation", matrixOf([[0, 0, 1], [1, 0, 0], [0, 1, 0]])],
  ["rows from 1e300 to 1e-300", gradedRows(random(12, 7))],
]; // prettier-ignore

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratios, %s, %s", (name, dtype, type) => {
    for (const { A, m, n } of matricesOf(type, dtype)) expectSvd(A, {}, `${name}, ${m} × ${n}`);
    expect(arenaBytesInUse()).toBe(0);
  });

  describe.each([undefined, ...METHODS])("the battery on which other SVDs return NaN or wrong values, method %s", (method) => {
    test.each(battery)("%s", (name, A) => {
      const options = method === undefined ? {} : { method };
      expectSvd(A, options, name);
      expectSvd(A, { ...options, vectors: "full" }, `${name}, full`);
    });
  });

  test.each(METHODS)('method "%s": singular values against Jacobi rotations in two terms, every type', (method) => {
    for (const type of matrixTypes) {
      for (const dtype of dtypes) {
        for (const [m, n] of [
          [1, 1],
          [5, 5],
          [10, 7],
          [4, 12],
        ] as const) {
          const A = generalMatrix(type, m, n, { dtype, seed: "values" });
          const want = singularValuesOracle(A);
          const { s } = svd(A, { method });
          expectWithin(inDtype(s, "float64"), want, 10 * Math.max(m, n) * UNIT[dtype] * (want.data[0] ?? 0));
          expectSvd(A, { method }, `${type.name}, ${m} × ${n}`);
        }
      }
    }
  });

  test.each([
    [30, 30],
    [66, 65],
    [120, 70],
    [70, 130],
  ])("%i × %i: jacobi and golub-kahan agree within 10 n u s_0; values alone agree with both", (m, n) => {
    for (const dtype of dtypes) {
      const A = random(m, n, dtype);
      const [first, second] = METHODS.map((method) => svd(A, { method }).s);
      const allowed = 10 * Math.max(m, n) * UNIT[dtype] * first!.data[0]!;
      expectWithin(first!, second!, allowed);
      const alone = svd(A, { vectors: "none" });
      expect([alone.U, alone.V]).toEqual([undefined, undefined]);
      expectWithin(alone.s, second!, allowed);
      for (const method of METHODS) expectSvd(A, { method }, method);
    }
  });

  test.each(METHODS)("Kahan bidiagonal matrices, method %s", (method) => {
    for (const n of [5, 12, 40, 80]) {
      for (const angle of [0.3, 0.9, 1.2, 1.5]) {
        const A = kahanBidiagonal(n, angle);
        expectSvd(A, { method }, `Kahan, ${n}, ${angle}`);
        if (n > 12) continue;
        const want = singularValuesOracle(A);
        expectWithin(svd(A, { method }).s, want, 10 * n * UNIT.float64 * want.data[0]!);
      }
    }
  });

  test("the example of the documentation", () => {
    const { s, rank, certificate, method } = svd([[1, 1], [1, 1]]); // prettier-ignore
    expectWithin(s, view(Float64Array.of(2, 0), [2]), 1e-15);
    expect([rank, certificate.kind, METHODS.includes(method)]).toEqual([1, "deterministic", true]);
  });
});

describe("certificate is honest", () => {
  test.each(dtypes)("%s: measured by default, never below the true error of a singular value", (dtype) => {
    const slacks: number[] = [];
    for (const type of matrixTypes) {
      for (const [m, n] of [
        [1, 1],
        [6, 6],
        [12, 8],
        [5, 12],
      ] as const) {
        for (const method of METHODS) {
          const A = generalMatrix(type, m, n, { dtype, seed: "certificate" });
          const { s, certificate } = svd(A, { method });
          expect(certificate).toMatchObject({ kind: "deterministic", norm: expect.stringContaining("singular") as string });
          const { holds, bound, measured, slack } = verifySvd(A, { s, certificate });
          if (!holds) expect.fail(`${type.name}, ${m} × ${n}, ${method}: bound ${bound}, error ${measured}`);
          slacks.push(slack / Math.max(m, n));
          expect(bound).toBeLessThanOrEqual(1000 * m * n * ulpOf(dtype) * (s.data[0] ?? 0) * Math.sqrt(Math.min(m, n)));
        }
      }
    }
    // a Frobenius norm of m n residuals for the error of one value
    expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(100);
  });

  test("at 1e160 and 1e-160 too", () => {
    for (const size of [1e160, 1e-160, 1e300, 1e-290]) {
      const A = timesNumber(random(9, 7), size);
      const { s, certificate } = svd(A);
      expect(verifySvd(A, { s, certificate }).holds).toBe(true);
      expect(boundOf(certificate)).toBeLessThanOrEqual(1e-12 * s.data[0]!);
    }
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const method of METHODS) {
        const parts = (A: NdArray): NdArray[] => {
          const { U, s, V } = svd(A, { method });
          return [U!, s, V!];
        };
        for (const [m, n] of [
          [14, 9],
          [9, 14],
        ] as const)
          expectLayoutsKeepBits(random(m, n, dtype), parts);
        expectBackendsKeepBits(() => parts(random(52, 41, dtype)));
      }
    }
  });

  test("2^k A has the same U and V, and 2^k times the values, bit for bit", () => {
    for (const [m, n] of [
      [11, 8],
      [80, 70],
    ] as const) {
      const { U, s, V } = svd(random(m, n));
      for (const exponent of [-600, 5, 600]) {
        const moved = svd(timesNumber(random(m, n), 2 ** exponent));
        expectSameBits(moved.s, timesNumber(s, 2 ** exponent));
        expectSameBits(moved.U!, U!);
        expectSameBits(moved.V!, V!);
      }
    }
  });

  test("the transpose has the same values, to the last bit", () => {
    for (const [m, n] of [
      [13, 6],
      [100, 70],
    ] as const) {
      expectSameBits(svd(transpose(random(m, n))).s, svd(random(m, n)).s);
    }
  });

  test("economy is the leading part of full", () => {
    for (const [m, n] of [
      [12, 5],
      [5, 12],
    ] as const) {
      const [economy, full] = [svd(random(m, n)), svd(random(m, n), { vectors: "full" })];
      expectSameBits(economy.s, full.s);
      pack(economy.U!).forEach((x, p) => {
        expect(x).toBe(full.U!.data[Math.floor(p / 5) * m + (p % 5)]);
      });
    }
  });
});

describe("fixtures", () => {
  test.each(cases)("NumPy: $name", ({ A, s, rank }) => {
    for (const method of METHODS) {
      const got = svd(matrixOf(A), { method });
      expectWithin(got.s, view(Float64Array.from(s), [s.length]), 10 * Math.max(A.length, A[0]!.length) * UNIT.float64 * s[0]!);
      expect(got.rank).toBe(rank);
    }
  });
});

describe("errors", () => {
  const A = random(5, 2);

  test("shapes and finite entries", () => {
    expectError(() => svd(view(new Float64Array(4), [4])), ShapeError, { where: "svd", argument: "A" });
    for (const bad of [NaN, Infinity]) {
      const values = pack(A);
      values[7] = bad;
      expectError(() => svd(view(values, [5, 2])), NonFiniteError, { where: "svd", argument: "A", value: bad, index: [3, 1] });
      expectError(() => svd(transpose(view(values, [5, 2]))), NonFiniteError, { index: [1, 3] });
    }
    expect(() => svd([[1, 2], [3, NaN]])).toThrow("svd(A): expected finite entries, got NaN at [1, 1]"); // prettier-ignore
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([
    ["vectors", true],
    ["vectors", "some"],
    ["method", "qr"],
    ["rankTolerance", -1],
    ["full", true],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => svd(A, { [name]: value }), OptionError, { argument: name });
  });
});

describe("degenerate", () => {
  test("no rows, no columns: empty factors, rank 0", () => {
    for (const [m, n] of [
      [0, 0],
      [0, 3],
      [3, 0],
    ] as const) {
      for (const method of METHODS) {
        const { U, s, V, rank } = svd(view(new Float64Array(0), [m, n]), { method });
        expect([U!.shape, s.shape, V!.shape, rank]).toEqual([[m, 0], [0], [n, 0], 0]);
        const full = svd(view(new Float64Array(0), [m, n]), { method, vectors: "full" });
        expect([full.U!.shape, full.V!.shape]).toEqual([[m, m], [n, n]]); // prettier-ignore
      }
    }
  });

  test("zero: s = 0, rank 0, U and V orthonormal", () => {
    for (const method of METHODS) {
      const { U, s, V, rank } = svd(view(new Float64Array(12), [4, 3]), { method });
      expect([rank, ...s.data]).toEqual([0, 0, 0, 0]);
      expect([orthogonalityRatio(U!, 2 ** -52) < 1, orthogonalityRatio(V!, 2 ** -52) < 1]).toEqual([true, true]);
    }
  });
});
