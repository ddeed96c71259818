import {
  choleskyRatio,
  difference,
  eigenvaluesOracle,
  frobenius,
  gaussianArray,
  matmulOracle,
  pack,
  permuted,
  plain,
  symmetricMatrix,
  ulpOf,
  type Strided,
} from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { cholesky, type CholeskyResult } from "../src/dense/cholesky.js";
import { AssumptionError, NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  expectBackendsKeepBits,
  expectLayoutsKeepBits,
  expectPermutation,
  expectRatio,
  identityMatrix,
  integersFrom,
  matrixOf,
  orders,
  THRESHOLD,
  timesNumber,
  typesAndDtypes,
} from "./factorization-support.js";
import { dtypes, expectError, inDtype, median } from "./numeric-support.js";

const pivot = true;

/** G Gᵀ of integers: symmetric, semidefinite and of rank r exactly. */
function semidefinite(n: number, r: number, seed: string, dtype: DType = "float64"): NdArray {
  const G = integersFrom(gaussianArray([n, r], { seed: `${seed}/${n}/${r}` }));
  for (let i = 0; i < r; i++) G.data[i * (r + 1)] = 20; // dominant: the rank is r
  return inDtype(matmulOracle(G, G, { transposeB: true }), dtype);
}

/** A[permutation, permutation] − L Lᵀ. */
function residual(A: Strided, { L, permutation }: CholeskyResult): Strided {
  return difference(permuted(A, permutation, permutation), L, transpose(L));
}

/** What the bound speaks of, in its own unit: absolute unless it says "relative"; spectral unless it says Frobenius. */
function measured(A: Strided, result: CholeskyResult): number {
  const { certificate } = result;
  const norm = "norm" in certificate ? certificate.norm : "";
  const rest = residual(A, result);
  const values = pack(eigenvaluesOracle(rest));
  const spectral = values.length === 0 ? 0 : Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!));
  const size = /frobenius/i.test(norm) ? frobenius(rest) : spectral;
  return /relative/i.test(norm) && size > 0 ? size / frobenius(A) : size;
}

const bound = ({ certificate }: CholeskyResult): number => ("bound" in certificate ? certificate.bound : NaN);

describe("oracle", () => {
  test.each(typesAndDtypes)("LAPACK's ratio, %s, %s: A[p_i, p_j] = (L Lᵀ)[i, j]", (name, dtype, type) => {
    const ulp = ulpOf(dtype);
    for (const n of orders) {
      const A = symmetricMatrix(type, n, { dtype, definite: true });
      const { L, permutation, rank, jitter } = cholesky(A, { pivot });
      expectPermutation(permutation, n);
      expect([L.shape[0], jitter]).toEqual([n, 0]);
      expect(L.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
      // it stops at n u max a_ii on the diagonal: up to n entries of that size in a column, u = ulp/2
      expectRatio(choleskyRatio(A, L, ulp, { permutation }), THRESHOLD + n / 2, `${name}, ${n}`);
      expect(rank).toBeLessThanOrEqual(n);
      if (type.condition(ulp) <= 0.1 / Math.sqrt(ulp)) expect(rank).toBe(n);
      if (type.name === "zero") expect(rank).toBe(0);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("the rank of exact Gram matrices, for every r, and a diagonal that descends", () => {
    for (const dtype of dtypes) {
      for (const n of [1, 5, 12, 40]) {
        for (let r = 0; r <= n; r += n > 12 ? 7 : 1) {
          const { rank, L } = cholesky(semidefinite(n, r, "rank", dtype), { pivot });
          expect([n, r, rank]).toEqual([n, r, r]);
          const width = L.shape[1]!;
          for (let j = 1; j < rank; j++) expect(L.data[j * (width + 1)]!).toBeLessThanOrEqual(L.data[(j - 1) * (width + 1)]! * (1 + 10 * ulpOf(dtype)));
          pack(L).forEach((x, p) => {
            const [i, j] = [Math.floor(p / width), p % width];
            if ((j > i || j >= rank) && x !== 0) expect.fail(`L[${i}, ${j}] = ${x}`);
          });
        }
      }
    }
  }); // prettier-ignore

  test("the largest diagonal entry comes first, the lowest index among equals", () => {
    expect(Array.from(cholesky(matrixOf([[1, 0, 0], [0, 9, 0], [0, 0, 4]]), { pivot }).permutation!)).toEqual([1, 2, 0]); // prettier-ignore
    expect(Array.from(cholesky(identityMatrix(4), { pivot }).permutation!)).toEqual([0, 1, 2, 3]);
    expect(cholesky(identityMatrix(4)).permutation).toBeUndefined();
  });
});

describe("certificate is honest", () => {
  test("200 semidefinite matrices: the spectral error is below both certificates", () => {
    const slacks: number[] = [];
    for (let seed = 0; seed < 200; seed++) {
      const [n, dtype] = [2 + (seed % 7), dtypes[seed % 2]!];
      const r = 1 + (seed % n);
      const G = gaussianArray([n, r], { seed: `psd/${seed}` });
      const exact = seed % 3 === 0;
      const A = exact ? semidefinite(n, r, `psd/${seed}`, dtype) : inDtype(matmulOracle(G, G, { transposeB: true }), dtype);
      const plainResult = cholesky(A, { pivot });
      const certified = cholesky(A, { pivot, certify: true });
      expect(certified.certificate.kind).toBe("deterministic");
      if (!(measured(A, certified) <= bound(certified))) expect.fail(`seed ${seed}: ${measured(A, certified)} above ${bound(certified)}`);
      if (measured(A, certified) > 0) slacks.push(bound(certified) / measured(A, certified));
      // without certify: nothing, or the trace, on the condition that A is semidefinite (which rounding may have spoilt)
      const { certificate } = plainResult;
      if (certificate.kind === "none") continue;
      expect(certificate).toMatchObject({ kind: "conditional", condition: expect.stringMatching(/A/) as string });
      if (exact && !(measured(A, plainResult) <= bound(plainResult))) expect.fail(`seed ${seed}: trace`);
    }
    expect(median(slacks)).toBeLessThanOrEqual(200); // worst-case rounding of n² products against errors that cancel
  });

  test("a cut below the rank is told: the residual is in the bound", () => {
    const A = matrixOf([[1, 0, 0], [0, 1e-30, 0], [0, 0, 1e-30]]); // prettier-ignore
    const result = cholesky(A, { pivot, certify: true });
    expect(result.rank).toBe(1);
    expect(bound(result)).toBeGreaterThanOrEqual(measured(A, result));
    expect(bound(result)).toBeLessThanOrEqual(100 * 3 * ulpOf("float64"));
  });

  test("an indefinite matrix of zero diagonal: only the deterministic one is offered, and it holds", () => {
    for (const A of [matrixOf([[0, 1], [1, 0]]), matrixOf([[0, 2, 0], [2, 0, 1], [0, 1, 0]])]) {
      const result = cholesky(A, { pivot, certify: true });
      expect(result.rank).toBe(0);
      expect(result.certificate.kind).toBe("deterministic");
      expect(bound(result)).toBeGreaterThanOrEqual(measured(A, result));
      expect(cholesky(A, { pivot }).certificate.kind).not.toBe("conditional");
    }
  }); // prettier-ignore
});

describe("laws", () => {
  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      const factors = (A: NdArray): NdArray[] => {
        const { L, permutation } = cholesky(A, { pivot });
        return [L, view(Float64Array.from(permutation!), [permutation!.length])];
      };
      expectLayoutsKeepBits(semidefinite(14, 9, "layout", dtype), factors);
      expectBackendsKeepBits(() => factors(semidefinite(70, 66, "backend", dtype)));
    }
  });

  test("solve, at full rank: A X = B whatever the permutation", () => {
    const A = semidefinite(20, 20, "solve");
    const B = inDtype(gaussianArray([20, 3], { seed: "B" }), "float64");
    const { solve, rank, logDeterminant } = cholesky(A, { pivot });
    expect(rank).toBe(20);
    const rest = difference(B, A, solve(B));
    // n u κ ‖B‖ with κ below 1e4 for a dominant diagonal
    expect(frobenius(rest)).toBeLessThanOrEqual(20 * 1e4 * ulpOf("float64") * frobenius(B));
    expect(Math.abs(logDeterminant - cholesky(A).logDeterminant)).toBeLessThanOrEqual(1e4 * 20 * 20 * ulpOf("float64"));
  });

  test.each([1e-300, 1e-160, 1e160, 1e300])("at the scale %s: the same pivots", (size) => {
    const power = 2 ** Math.round(Math.log2(size));
    const A = semidefinite(12, 7, "scale");
    const moved = cholesky(timesNumber(A, power), { pivot });
    const { permutation, rank } = cholesky(A, { pivot });
    expect([Array.from(moved.permutation!), moved.rank]).toEqual([Array.from(permutation!), rank]);
    expectRatio(choleskyRatio(timesNumber(A, power), moved.L, ulpOf("float64"), moved), THRESHOLD, "scaled");
  });
});

describe("errors", () => {
  test("as without pivot: shape, symmetry, finite entries, options", () => {
    expectError(() => cholesky([[1, 2]], { pivot }), ShapeError, { where: "cholesky", argument: "A" });
    expectError(() => cholesky([[1, 2], [3, 9]], { pivot }), AssumptionError, { measured: 1 }); // prettier-ignore
    expectError(() => cholesky([[1, NaN], [NaN, 9]], { pivot }), NonFiniteError, { argument: "A", index: expect.anything() as unknown }); // prettier-ignore
    expectError(() => cholesky([[1]], { pivot: 1 as unknown as boolean }), OptionError, { argument: "pivot" });
    expectError(() => cholesky([[1]], { pivot, rank: 1 } as object), OptionError, { argument: "rank" });
  });
});

describe("degenerate", () => {
  test("0 × 0, zero, 1 × 1", () => {
    expect(cholesky(view(new Float64Array(0), [0, 0]), { pivot })).toMatchObject({ rank: 0, jitter: 0 });
    const zero = cholesky(view(new Float64Array(9), [3, 3]), { pivot });
    expect(zero.rank).toBe(0);
    expect(Array.from(pack(zero.L)).every((x) => x === 0)).toBe(true);
    expect(cholesky([[9]], { pivot }).L.data[0]).toBe(3);
    expect(cholesky(plain(Float64Array.of(0), [1, 1]), { pivot }).rank).toBe(0);
  });
});
