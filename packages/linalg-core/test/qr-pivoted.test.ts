import {
  gaussianArray,
  generalMatrix,
  matmulOracle,
  matrixTypes,
  orthogonalityRatio,
  pack,
  qrRatio,
  ulpOf,
  verifyQr,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { qr } from "../src/dense/qr.js";
import { OptionError } from "../src/errors.js";
import {
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectPermutation,
  expectRatio,
  integersFrom,
  matricesOf,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, inDtype, UNIT } from "./numeric-support.js";

const pivot = true;

/** |r_jj| may grow from one column to the next by rounding alone. */
function expectDescending(R: NdArray, unit: number): void {
  const [k, n] = R.shape as [number, number];
  for (let j = 1; j < Math.min(k, n); j++) {
    const [before, after] = [Math.abs(R.data[(j - 1) * (n + 1)]!), Math.abs(R.data[j * (n + 1)]!)];
    if (!(after <= before * (1 + 10 * unit))) expect.fail(`|r_${j}| = ${after} after ${before}`);
  }
}

/** An exact product of integer matrices of rank r. */
function ofRank(m: number, n: number, r: number, seed: string): NdArray {
  const [L, R] = [integersFrom(gaussianArray([m, r], { seed: `L/${seed}` })), integersFrom(gaussianArray([r, n], { seed: `R/${seed}` }))];
  for (let i = 0; i < r; i++) [L.data[i * (r + 1)], R.data[i * (n + 1)]] = [20, 20]; // dominant: the rank is r
  return inDtype(matmulOracle(L, R), "float64");
}

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratios, %s, %s: A P = Q R, the diagonal descends", (name, dtype, type) => {
    for (const { A, m, n, ulp } of matricesOf(type, dtype)) {
      const { Q, R, permutation, rank } = qr(A, { pivot });
      expectPermutation(permutation, n);
      expectRatio(qrRatio(A, Q!, R, ulp, permutation), THRESHOLD, `${name}, ${m} × ${n}: A P − Q R`);
      expectRatio(orthogonalityRatio(Q!, ulp), THRESHOLD, `${name}, ${m} × ${n}: I − QᵀQ`);
      expectDescending(R, UNIT[dtype]);
      expect(rank).toBeLessThanOrEqual(Math.min(m, n));
      if (type.condition(ulp) <= 1 / Math.sqrt(ulp)) expect(rank).toBe(Math.min(m, n));
    }
  });

  test("the rank of exact products, for every r", () => {
    for (const [m, n] of [
      [9, 9],
      [20, 8],
      [8, 20],
      [50, 37],
    ] as const) {
      for (let r = 0; r <= Math.min(m, n); r++) {
        const { rank, R } = qr(ofRank(m, n, r, `${m}/${n}/${r}`), { pivot });
        expect([m, n, r, rank]).toEqual([m, n, r, r]);
        expectDescending(R, UNIT.float64);
      }
    }
  });

  test("the default cut is max(m, n) u; a number given counts against |r_00|", () => {
    const D = view(Float64Array.of(1, 0, 0, 0, 1e-5, 0, 0, 0, 1e-10), [3, 3]);
    expect(qr(D, { pivot }).rank).toBe(3);
    expect(qr(D, { pivot, rankTolerance: 1e-7 }).rank).toBe(2);
    expect(qr(D, { pivot, rankTolerance: 1e-3 }).rank).toBe(1);
    expect(qr(timesNumber(D, 1e-200), { pivot, rankTolerance: 1e-7 }).rank).toBe(2);
  });

  test("columns already in order stay; equal columns keep their order", () => {
    const D = view(Float64Array.of(5, 0, 0, 0, 4, 0, 0, 0, 3), [3, 3]);
    expect(Array.from(qr(D, { pivot }).permutation!)).toEqual([0, 1, 2]);
    const reversed = view(Float64Array.of(3, 0, 0, 0, 4, 0, 0, 0, 5), [3, 3]);
    expect(Array.from(qr(reversed, { pivot }).permutation!)).toEqual([2, 1, 0]);
    const same = qr(view(new Float64Array(12).fill(1), [4, 3]), { pivot });
    expect([same.permutation![0], same.rank]).toEqual([0, 1]);
  });

  test("Kahan's matrix: norms that are downdated carelessly lose all digits here", () => {
    const n = 60;
    const [sine, cosine] = [Math.sqrt(1 - 0.285 ** 2), 0.285];
    const K = view(
      Float64Array.from({ length: n * n }, (_, p) => {
        const [i, j] = [Math.floor(p / n), p % n];
        return j < i ? 0 : sine ** i * (i === j ? 1 : -cosine) * (1 - 1e-14 * j);
      }),
      [n, n],
    );
    const { Q, R, permutation } = qr(K, { pivot });
    expectRatio(qrRatio(K, Q!, R, ulpOf("float64"), permutation), THRESHOLD, "Kahan");
    expectDescending(R, UNIT.float64);
  });
});

describe("certificate is honest", () => {
  test.each(dtypes)("%s: the permutation is part of it", (dtype) => {
    for (const type of matrixTypes) {
      const A = generalMatrix(type, 16, 10, { dtype, seed: "certify" });
      const { Q, R, permutation, certificate } = qr(A, { pivot, certify: true });
      expect(certificate.kind).toBe("deterministic");
      if (type.name !== "zero") expect(verifyQr(A, { Q: Q!, R, permutation, certificate }).holds).toBe(true);
    }
  });
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      const A = gaussianArray([15, 11], { seed: "layout", dtype });
      const factors = (M: NdArray): NdArray[] => {
        const { Q, R, permutation } = qr(M, { pivot });
        return [Q!, R, view(Float64Array.from(permutation!), [permutation!.length])];
      };
      expectLayoutsKeepBits(A, factors);
      expectBackendsKeepBits(() => factors(inDtype(gaussianArray([80, 67], { seed: "backend" }), dtype)));
    }
  });

  test("2^k A has the same pivots and the same Q", () => {
    const A = inDtype(gaussianArray([18, 12], { seed: "scale" }), "float64");
    const { Q, permutation } = qr(A, { pivot });
    for (const exponent of [-400, 13, 400]) {
      const moved = qr(timesNumber(A, 2 ** exponent), { pivot });
      expect(Array.from(moved.permutation!)).toEqual(Array.from(permutation!));
      expectSameBits(moved.Q!, Q!);
    }
  });

  test("without pivot there is no permutation", () => {
    expect(qr([[1, 2], [3, 4]]).permutation).toBeUndefined(); // prettier-ignore
  });

  test("modes agree", () => {
    const A = inDtype(gaussianArray([12, 7], { seed: "modes" }), "float64");
    const { R, permutation } = qr(A, { pivot });
    const small = qr(A, { pivot, mode: "r" });
    expectSameBits(small.R, R);
    expect(Array.from(small.permutation!)).toEqual(Array.from(permutation!));
    const { Q, R: tall } = qr(A, { pivot, mode: "full" });
    expectRatio(qrRatio(A, Q!, tall, ulpOf("float64"), permutation), THRESHOLD, "full");
    expect(pack(tall).slice(0, 49)).toEqual(pack(R));
  });
});

describe("errors", () => {
  test.each([NaN, -1, Infinity, "small"])("rankTolerance: %s is an OptionError", (rankTolerance) => {
    expectError(() => qr([[1]], { pivot, rankTolerance: rankTolerance as number }), OptionError, { argument: "rankTolerance" });
  });
});
