import {
  gaussianArray,
  generalMatrix,
  matmulOracle,
  matrixTypes,
  orthogonalityRatio,
  pack,
  plain,
  qrRatio,
  ulpOf,
  verifyQr,
  type Strided,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { qr } from "../src/dense/qr.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  boundOf,
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectRatio,
  gradedRows,
  identityMatrix,
  matricesOf,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, median } from "./numeric-support.js";

const random = (m: number, n: number, dtype: DType = "float64", seed = "qr"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), dtype);

function expectUpper(R: Strided): void {
  const n = R.shape[1]!;
  pack(R).forEach((x, p) => {
    if (p % n < Math.floor(p / n) && x !== 0) expect.fail(`below the diagonal: ${x} at [${Math.floor(p / n)}, ${p % n}]`);
  });
}

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratios, %s, %s", (name, dtype, type) => {
    for (const { A, m, n, ulp } of matricesOf(type, dtype)) {
      const k = Math.min(m, n);
      const { Q, R, method } = qr(A);
      expect(method).toMatch(/householder/i);
      expect([Q!.shape, R.shape]).toEqual([[m, k], [k, n]]); // prettier-ignore
      expect(R.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      expect(Q!.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      expectUpper(R);
      expectRatio(qrRatio(A, Q!, R, ulp), THRESHOLD, `${name}, ${m} × ${n}: A − Q R`);
      expectRatio(orthogonalityRatio(Q!, ulp), THRESHOLD, `${name}, ${m} × ${n}: I − QᵀQ`);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([
    [12, 5],
    [5, 12],
    [40, 40],
    [70, 33],
    [129, 100],
  ])("%i × %i: the full Q is square and orthogonal, R is the same, applyQ and applyQTranspose are its products", (m, n) => {
    for (const dtype of dtypes) {
      const A = random(m, n, dtype);
      const ulp = ulpOf(dtype);
      const { Q, R, applyQ, applyQTranspose } = qr(A, { mode: "full" });
      expect([Q!.shape, R.shape]).toEqual([[m, m], [m, n]]); // prettier-ignore
      expectUpper(R);
      expectRatio(qrRatio(A, Q!, R, ulp), THRESHOLD, "A − Q R");
      expectRatio(orthogonalityRatio(Q!, ulp), THRESHOLD, "I − QᵀQ");
      const X = random(m, 3, dtype, "X");
      // Q and its application each carry m roundings a reflector at most; columns of X have norm near √m
      const allowed = 8 * m * ulp * Math.sqrt(m) * 3;
      expectWithin(inDtype(applyQ(X), "float64"), matmulOracle(Q!, X), allowed);
      expectWithin(inDtype(applyQTranspose(X), "float64"), matmulOracle(transpose(Q!), X), allowed);
    }
  });

  test('mode "r" leaves Q out, and changes no bit of R', () => {
    for (const [m, n] of [
      [9, 4],
      [4, 9],
      [90, 60],
    ] as const) {
      const A = random(m, n);
      const small = qr(A, { mode: "r" });
      expect(small.Q).toBeUndefined();
      expectSameBits(small.R, qr(A).R);
      expectSameBits(small.R, inDtype(slice(qr(A, { mode: "full" }).R, [0, Math.min(m, n)]), "float64"));
    }
  });

  test("R is the Cholesky factor of AᵀA up to signs, and the first sign is against that of a_00", () => {
    const A = matmulOracle(random(20, 6), plain(Float64Array.from({ length: 36 }, (_, p) => (p % 7 === 0 ? 1 : 0.1)), [6, 6])); // prettier-ignore
    const { R } = qr(A);
    const square = matmulOracle(R, R, { transposeA: true });
    const want = matmulOracle(A, A, { transposeA: true });
    expectWithin(square, want, 64 * 20 * 2 ** -52 * 40); // ‖A‖² < 40, backward error of a few m u
    expect(Math.sign(R.data[0]!)).toBe(-Math.sign(A.data[0]!));
  });
});

describe("certificate is honest", () => {
  test("without certify it says nothing", () => {
    expect(qr(random(5, 3)).certificate).toEqual({ kind: "none", reason: "pass certify: true" });
  });

  test.each(dtypes)("%s: never below the true error, and within 10 n of it in the median", (dtype) => {
    const slacks: number[] = [];
    for (const type of matrixTypes) {
      for (const [m, n] of [
        [1, 1],
        [5, 5],
        [16, 3],
        [3, 16],
        [40, 30],
      ] as const) {
        const A = generalMatrix(type, m, n, { dtype, seed: "certify" });
        const { Q, R, certificate } = qr(A, { certify: true });
        expect(certificate).toMatchObject({ kind: "deterministic", norm: "relative backward error, Frobenius" });
        const { holds, slack, bound, measured } = verifyQr(A, { Q: Q!, R, certificate });
        if (!holds && type.name !== "zero") expect.fail(`${type.name}, ${m} × ${n}: bound ${bound}, error ${measured}`);
        if (n >= 5) slacks.push(slack / n);
        expect(boundOf(certificate)).toBeLessThanOrEqual(1000 * n * m * ulpOf(dtype)); // and never vacuous
      }
    }
    expect(median(slacks.filter((x) => x < Infinity))).toBeLessThanOrEqual(10); // worst-case rounding of n² products against errors that cancel
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const [m, n] of [
        [17, 9],
        [9, 17],
      ] as const) {
        expectLayoutsKeepBits(random(m, n, dtype), (A) => {
          const { Q, R, applyQ } = qr(A, { mode: "full" });
          return [Q!, R, applyQ(identityMatrix(m))];
        });
      }
      expectBackendsKeepBits(() => {
        const { Q, R } = qr(random(90, 61, dtype));
        return [Q!, R];
      });
    }
  });

  test("2^k A has the Q of A and 2^k times its R, bit for bit", () => {
    const A = random(21, 13);
    const { Q, R } = qr(A);
    for (const exponent of [-400, -7, 20, 400]) {
      const moved = qr(timesNumber(A, 2 ** exponent));
      expectSameBits(moved.Q!, Q!);
      expectSameBits(moved.R, timesNumber(R, 2 ** exponent));
    }
  });

  test.each([1e-160, 1e-9, 1e-2, 1e2, 1e9, 1e160])("at the scale %s, where squares vanish or overflow", (size) => {
    const A = timesNumber(random(25, 14), size);
    const { Q, R } = qr(A);
    expectRatio(qrRatio(A, Q!, R, ulpOf("float64")), THRESHOLD, "A − Q R");
    expectRatio(orthogonalityRatio(Q!, ulpOf("float64")), THRESHOLD, "I − QᵀQ");
  });

  test("rows graded from 1e300 to 1e-300", () => {
    const A = gradedRows(random(13, 6));
    const { Q, R } = qr(A);
    expectRatio(qrRatio(A, Q!, R, ulpOf("float64")), THRESHOLD, "A − Q R");
    expectRatio(orthogonalityRatio(Q!, ulpOf("float64")), THRESHOLD, "I − QᵀQ");
  });
});

describe("errors", () => {
  const A = random(5, 3);

  test("shapes", () => {
    expectError(() => qr(view(new Float64Array(4), [4])), ShapeError, { where: "qr", argument: "A" });
    expectError(() => qr([[1, 2], [3]]), ShapeError, { argument: "A" });
    expectError(() => qr(A, { mode: "full" }).applyQ([[1]]), ShapeError, { argument: "X" });
    expectError(() => qr(A, { mode: "full" }).applyQTranspose([[1]]), ShapeError, { argument: "X" });
  });

  test.each([
    ["mode", "thin"],
    ["mode", null],
    ["pivot", 1],
    ["certify", "yes"],
    ["rankTolerance", NaN],
    ["rankTolerance", -1e-3],
    ["tolerance", 1e-8],
    ["threads", 2],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => qr(A, { [name]: value }), OptionError, { argument: name });
  });

  test("NaN and infinities are named by their index, before any work", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const values = pack(A);
      values[10] = bad;
      expectError(() => qr(view(values, [5, 3])), NonFiniteError, { where: "qr", argument: "A", value: bad, index: [3, 1] });
      expectError(() => qr(transpose(view(values, [5, 3]))), NonFiniteError, { index: [1, 3] });
    }
    expect(() => qr([[1, NaN]])).toThrow("qr(A): expected finite entries, got NaN at [0, 1]");
    const { applyQ } = qr(A, { mode: "full" });
    expectError(() => applyQ(view(Float64Array.of(1, 2, NaN, 4, 5), [5, 1])), NonFiniteError, { argument: "X" });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test("no rows, no columns: empty factors, rank 0", () => {
    for (const [m, n] of [
      [0, 0],
      [0, 3],
      [3, 0],
    ] as const) {
      for (const pivot of [false, true]) {
        const { Q, R, rank } = qr(view(new Float64Array(0), [m, n]), { pivot });
        expect([Q!.shape, R.shape, rank]).toEqual([[m, 0], [0, n], 0]); // prettier-ignore
      }
    }
    expectSameBits(qr(view(new Float64Array(0), [3, 0]), { mode: "full" }).Q!, identityMatrix(3));
  });

  test("a zero matrix: R = 0, Q = the leading identity", () => {
    for (const [m, n] of [
      [4, 2],
      [2, 4],
      [3, 3],
    ] as const) {
      const { Q, R, rank } = qr(view(new Float64Array(m * n), [m, n]));
      const k = Math.min(m, n);
      expectWithin(R, view(new Float64Array(k * n), [k, n]), 0);
      expectWithin(Q!, inDtype(slice(identityMatrix(m), null, [0, k]), "float64"), 0);
      expect(rank).toBe(0);
    }
  });

  test("1 × 1, a row, a column", () => {
    for (const [m, n] of [
      [1, 1],
      [1, 6],
      [6, 1],
    ] as const) {
      const A = random(m, n);
      const { Q, R } = qr(A);
      expectRatio(qrRatio(A, Q!, R, ulpOf("float64")), THRESHOLD, `${m} × ${n}`);
      expectRatio(orthogonalityRatio(Q!, ulpOf("float64")), THRESHOLD, `${m} × ${n}`);
    }
  });
});
