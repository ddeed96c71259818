import { describe, expect, test } from "vitest";
import {
  backwardErrorOracle,
  choleskyOracle,
  choleskyRatio,
  difference,
  distanceThrough,
  eigenvaluesOracle,
  exactCondition,
  exactInverse,
  exactLeastSquares,
  exactSolve,
  frobenius,
  fromNested,
  gaussianArray,
  generalMatrix,
  largestColumnSum,
  luRatio,
  matmulOracle,
  matrixSizes,
  matrixTypes,
  orthogonalityRatio,
  pack,
  permuted,
  plain,
  qrRatio,
  singularValuesOracle,
  solveRatio,
  spectralRatio,
  symmetricMatrix,
  ulpOf,
  verifyCholesky,
  verifyEigSymmetric,
  verifyLeastSquares,
  verifyLu,
  verifyQr,
  verifySolve,
  verifySvd,
  type Strided,
} from "../src/index.js";

const ULP = 2 ** -52;
const certificate = (bound: number): { kind: string; bound: number } => ({ kind: "deterministic", bound });
const typeOf = (name: string): (typeof matrixTypes)[number] => matrixTypes.find((type) => type.name === name)!;
const times = (A: Strided, factor: number): Strided => plain(pack(A).map((x) => x * factor), A.shape); // prettier-ignore
const identity = (n: number): Strided => plain(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0)), [n, n]); // prettier-ignore

function hilbert(n: number): Strided {
  return plain(Float64Array.from({ length: n * n }, (_, p) => 1 / (Math.floor(p / n) + (p % n) + 1)), [n, n]); // prettier-ignore
}

/** Q and R by Gram-Schmidt, twice: a QR factorization to judge. */
function gramSchmidt(A: Strided): { Q: Strided; R: Strided } {
  const [m, n] = A.shape as [number, number];
  const q = pack(A);
  const r = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < j; l++) {
        let sum = 0;
        for (let i = 0; i < m; i++) sum += q[i * n + l]! * q[i * n + j]!;
        for (let i = 0; i < m; i++) q[i * n + j]! -= sum * q[i * n + l]!;
        r[l * n + j]! += sum;
      }
    }
    let size = 0;
    for (let i = 0; i < m; i++) size += q[i * n + j]! ** 2;
    r[j * n + j] = Math.sqrt(size);
    for (let i = 0; i < m; i++) q[i * n + j]! /= r[j * n + j]!;
  }
  return { Q: plain(q, [m, n]), R: plain(r, [n, n]) };
}

describe("matrixTypes", () => {
  test("every type at every size, in both dtypes: finite, seeded, of the spectrum it names", () => {
    for (const type of matrixTypes) {
      for (const dtype of ["float32", "float64"] as const) {
        for (const n of matrixSizes) {
          for (const m of [n, n + 3]) {
            const A = generalMatrix(type, m, n, { dtype });
            expect(A.shape).toEqual([m, n]);
            expect(A.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
            expect(A.data.every(Number.isFinite)).toBe(true);
            expect([...generalMatrix(type, m, n, { dtype }).data]).toEqual([...A.data]);
          }
        }
      }
    }
  });

  test("condition numbers, from singular values in two terms", () => {
    for (const [name, κ] of [["κ = 2", 2], ["κ = 0.1/√ulp", 0.1 / Math.sqrt(ULP)], ["near overflow", 2], ["near underflow", 2], ["clustered", 0.1 / Math.sqrt(ULP)]] as const) {
      const s = singularValuesOracle(generalMatrix(typeOf(name), 10, 8)).data;
      expect(Math.abs(s[0]! / s[7]! / κ - 1)).toBeLessThanOrEqual(1000 * ULP * κ); // rounding of the reflections moves s_7 by a few ulp of s_0
    }
    expect(pack(generalMatrix(typeOf("near overflow"), 5, 5)).some((x) => Math.abs(x) > 1e291)).toBe(true);
    expect(pack(generalMatrix(typeOf("near underflow"), 5, 5)).every((x) => Math.abs(x) < 1e-292)).toBe(true);
  }); // prettier-ignore

  test("symmetric ones are symmetric, definite ones have positive eigenvalues, zero columns are zero", () => {
    for (const type of matrixTypes) {
      for (const dtype of ["float32", "float64"] as const) {
        const A = symmetricMatrix(type, 9, { dtype, definite: true });
        expect([...pack({ ...A, stride: [1, 9] })]).toEqual([...pack(A)]);
        if (type.condition(ulpOf(dtype)) <= 1 / Math.sqrt(ulpOf(dtype))) expect(eigenvaluesOracle(A).data[0]).toBeGreaterThan(0);
      }
    }
    expect(eigenvaluesOracle(symmetricMatrix(typeOf("identity"), 20)).data[0]).toBe(-1); // signs at random
    const A = generalMatrix(typeOf("middle column zero"), 4, 5);
    expect(A.data.filter((x, p) => p % 5 === 2 && x !== 0)).toHaveLength(0);
    expect(singularValuesOracle(A).data[3]).toBeGreaterThan(0.1);
    expect(singularValuesOracle(generalMatrix(typeOf("last column zero"), 5, 5)).data[4]).toBe(0);
  });
});

describe("ratios", () => {
  const A = gaussianArray([12, 7], { seed: "A" });
  const { Q, R } = gramSchmidt(A);

  test("of sound factors a few units, of spoilt ones far more, at every scale", () => {
    for (const size of [2 ** -960, 1e-160, 1, 1e160, 1e300]) {
      expect(qrRatio(times(A, size), Q, times(R, size), ULP)).toBeLessThan(4);
      const spoilt = pack(R);
      spoilt[3] = spoilt[3]! * (1 + 2 ** -30);
      expect(qrRatio(times(A, size), Q, times(plain(spoilt, [7, 7]), size), ULP)).toBeGreaterThan(1e3);
    }
    expect(orthogonalityRatio(Q, ULP)).toBeLessThan(2);
    expect(orthogonalityRatio(times(Q, 1 + 1e-10), ULP)).toBeGreaterThan(1e4);
    expect(orthogonalityRatio(plain(new Float64Array(0), [0, 0]), ULP)).toBe(0);
    const broken = pack(Q);
    broken[5] = NaN;
    expect([qrRatio(A, plain(broken, [12, 7]), R, ULP), orthogonalityRatio(plain(broken, [12, 7]), ULP)]).toEqual([Infinity, Infinity]);
  });

  test("permutations: column j of A P is column permutation[j] of A, row i of L U is row permutation[i]", () => {
    const order = [3, 1, 0, 6, 2, 5, 4];
    const moved = permuted(A, undefined, order);
    expect([moved.data[0], moved.data[3]]).toEqual([A.data[3], A.data[6]]);
    const factors = gramSchmidt(moved);
    expect(qrRatio(A, factors.Q, factors.R, ULP, order)).toBeLessThan(4);
    expect(qrRatio(A, factors.Q, factors.R, ULP)).toBeGreaterThan(1e10);
    const [L, U] = [fromNested([[1, 0], [0.5, 1]]), fromNested([[4, 2], [0, 3]])]; // prettier-ignore
    expect(luRatio(fromNested([[2, 4], [4, 2]]), L, U, [1, 0], ULP)).toBe(0); // prettier-ignore
    expect(luRatio(fromNested([[2, 4], [4, 2]]), L, U, [0, 1], ULP)).toBeGreaterThan(1e10); // prettier-ignore
  });

  test("Cholesky, with permutation and jitter", () => {
    const S = symmetricMatrix(typeOf("κ = 2"), 9, { definite: true });
    const L = choleskyOracle(S);
    for (const size of [2 ** -480, 1, 2 ** 400]) expect(choleskyRatio(times(S, size * size), times(L, size), ULP)).toBeLessThan(3);
    expect(choleskyRatio(times(S, 2), times(L, Math.SQRT2), ULP)).toBeLessThan(3);
    const order = [8, 0, 7, 1, 6, 2, 5, 3, 4];
    expect(choleskyRatio(S, choleskyOracle(permuted(S, order, order)), ULP, { permutation: order })).toBeLessThan(3);
    const shifted = plain(S.data.map((x, p) => (p % 10 === 0 ? x + 0.5 : x)), [9, 9]); // prettier-ignore
    expect(choleskyRatio(S, choleskyOracle(shifted), ULP, { jitter: 0.5 })).toBeLessThan(3);
    expect(choleskyRatio(S, choleskyOracle(shifted), ULP)).toBeGreaterThan(1e10);
  });

  test("spectral and solve", () => {
    const [U, V] = [gramSchmidt(gaussianArray([9, 5], { seed: "U" })).Q, gramSchmidt(gaussianArray([5, 5], { seed: "V" })).Q];
    const s = fromNested([4, 3, 2, 1, 1e-8]);
    const columns = plain(pack(U).map((x, p) => x * s.data[p % 5]!), [9, 5]); // prettier-ignore
    for (const size of [1e-290, 1, 1e290]) {
      const M = times(matmulOracle(columns, V, { transposeB: true }), size);
      expect(spectralRatio(M, U, times(s, size), V, ULP)).toBeLessThan(3);
      expect(spectralRatio(M, U, times(s, size * (1 + 1e-10)), V, ULP)).toBeGreaterThan(1e4);
    }
    const [H, B] = [hilbert(6), gaussianArray([6, 3], { seed: "B" })];
    const X = exactSolve(H, B).hi;
    for (const size of [1e-290, 1, 1e290]) expect(solveRatio(times(H, size), X, times(B, size), ULP)).toBeLessThan(2);
    const moved = plain(
      X.data.map((x, p) => (p < 3 ? x * (1 + 1e-8) : x)),
      [6, 3],
    );
    expect(solveRatio(H, moved, B, ULP)).toBeGreaterThan(100);
    expect([frobenius(times(identity(4), 1e200)), largestColumnSum(times(identity(4), -3))]).toEqual([2e200, 3]);
    expect(frobenius(times(identity(4), 1e-300))).toBe(2e-300);
  });
});

describe("exact oracles", () => {
  test("the inverse of the Hilbert matrix is made of integers, were its entries not rounded", () => {
    // against the integers: the condition number 1.5e7 (n = 6) times the rounding of 1/3, 1/5 …
    const inverse = exactInverse(hilbert(6)).data;
    expect([36, -630, 3360].every((want, j) => Math.abs(inverse[j]! / want - 1) < 1.5e7 * ULP)).toBe(true);
    const H = fromNested([[6, 3, 2], [3, 2, 1.5], [2, 1.5, 1.2]]); // prettier-ignore
    expect(exactCondition(fromNested([[1, 2], [3, 4]]))).toBe(6 * 3.5); // prettier-ignore
    // A (hi + lo) = B to more than float64, on a matrix of condition 1e3
    const B = gaussianArray([3, 2], { seed: "B" });
    const { hi, lo } = exactSolve(H, B);
    const rest = difference(difference(B, H, hi), H, lo);
    expect(rest.data.every((x) => Math.abs(x) < 2 ** -98)).toBe(true);
  });

  test("rationals at the ends of the range, subnormals and graded rows", () => {
    const A = fromNested([[1e300, 0, 1], [0, 5e-324, 0], [1, 0, 1e-300 * 3]]); // prettier-ignore
    const X = exactSolve(A, fromNested([[1e300], [1e-323], [1]]));
    expect([...X.hi.data]).toEqual([1, 2, 0]);
    expect(() => exactSolve(fromNested([[1, 2], [2, 4]]), fromNested([[1], [1]]))).toThrow("zero pivot in column 1"); // prettier-ignore
    expect(exactSolve(plain(new Float64Array(0), [0, 0]), plain(new Float64Array(0), [0, 2])).hi.shape).toEqual([0, 2]);
  });

  test("least squares: the residual is orthogonal to the columns, the smallest solution lies in the rows", () => {
    const [A, B] = [generalMatrix(typeOf("κ = 0.1/√ulp"), 20, 5), gaussianArray([20, 2], { seed: "B" })];
    const { hi, lo } = exactLeastSquares(A, B);
    const r = difference(difference(B, A, hi), A, lo);
    const slope = matmulOracle(A, r, { transposeA: true });
    expect(slope.data.every((x) => Math.abs(x) < 40 * ULP)).toBe(true); // r itself is rounded: 20 entries of size 1
    const wide = gaussianArray([3, 7], { seed: "wide" });
    const right = gaussianArray([3, 1], { seed: "right" });
    const least = exactLeastSquares(wide, right).hi;
    expect(solveRatio(wide, least, right, ULP)).toBeLessThan(2);
    const { Q } = gramSchmidt({ ...wide, shape: [7, 3], stride: [1, 7] });
    const inside = matmulOracle(Q, matmulOracle(Q, least, { transposeA: true }));
    expect(difference(least, identity(7), inside).data.every((x) => Math.abs(x) < 20 * ULP)).toBe(true);
  });

  test("distances survive a condition number of 1e13, where x* rounded does not", () => {
    const A = generalMatrix(typeOf("κ = 0.1/ulp"), 30, 5, { seed: "distance" });
    const exact = exactLeastSquares(A, gaussianArray([30, 1], { seed: "b" }));
    const moved = plain(exact.hi.data.map((x, i) => x + (i === 2 ? 1 : 0)), [5, 1]); // prettier-ignore
    const column = frobenius(plain(Float64Array.from({ length: 30 }, (_, i) => A.data[i * 5 + 2]!), [30])); // prettier-ignore
    const step = frobenius(exact.hi) * ULP; // x + 1 rounds
    expect(Math.abs(distanceThrough(A, moved, exact) - column)).toBeLessThanOrEqual(8 * step);
    expect(distanceThrough(A, exact.hi, exact)).toBeLessThanOrEqual(step);
    expect(distanceThrough(A, exact.hi, exact)).toBeGreaterThan(0);
  });

  test("singular values: closed forms, the exact normal equations, every scale", () => {
    const root = Math.sqrt(5);
    expect(singularValuesOracle(fromNested([[1, 1], [0, 1]])).data).toEqual(Float64Array.of((1 + root) / 2, (root - 1) / 2)); // prettier-ignore
    for (const size of [1e-300, 1, 1e300]) {
      const s = singularValuesOracle(times(identity(7), size)).data;
      expect(s).toEqual(new Float64Array(7).fill(size));
    }
    expect(singularValuesOracle(plain(new Float64Array(40).fill(1), [8, 5])).data.map((x) => Math.round(x * 1e15) / 1e15)).toEqual(
      Float64Array.of(Math.round(Math.sqrt(40) * 1e15) / 1e15, 0, 0, 0, 0),
    );
    // σ of A and of Aᵀ, and σ² = λ(AᵀA) where AᵀA of small integers is exact
    const M = plain(gaussianArray([9, 6], { seed: "M" }).data.map((x) => Math.round(8 * x)), [9, 6]); // prettier-ignore
    const s = singularValuesOracle(M).data;
    expect(singularValuesOracle({ ...M, shape: [6, 9], stride: [1, 6] }).data).toEqual(s);
    const λ = eigenvaluesOracle(matmulOracle(M, M, { transposeA: true })).data.reverse();
    s.forEach((x, i) => {
      expect(Math.abs(x * x - λ[i]!)).toBeLessThanOrEqual(3 * ULP * λ[i]! + ULP * ULP * λ[0]!);
    });
    // the smallest singular value of the Hilbert matrix n = 12 is 2.6e-17 (exact entries): the product of all is the determinant
    const h = singularValuesOracle(hilbert(12)).data;
    expect(h.reduce((product, x) => product * x, 1) / 2.64e-78).toSatisfy((x: number) => x > 0.5 && x < 2); // rounding the entries moves s_12 by 1/4
  });

  test("eigenvalues: closed form of the second difference, signs, scale", () => {
    const n = 12;
    const T = plain(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 2 : Math.abs((p % n) - Math.floor(p / n)) === 1 ? -1 : 0)), [n, n]); // prettier-ignore
    eigenvaluesOracle(T).data.forEach((λ, k) => {
      expect(Math.abs(λ - (2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))))).toBeLessThanOrEqual(4 * ULP * 4);
    });
    expect([...eigenvaluesOracle(fromNested([[0, 1e290], [1e290, 0]])).data]).toEqual([-1e290, 1e290]); // prettier-ignore
  });
});

describe("verifiers", () => {
  const A = gaussianArray([6, 6], { seed: "verify" });

  test("hold above the measured error, fail below it, and never for kind none", () => {
    const { Q, R } = gramSchmidt(A);
    const S = symmetricMatrix(typeOf("κ = 2"), 6, { definite: true });
    const B = gaussianArray([6, 2], { seed: "B" });
    const X = times(exactSolve(A, B).hi, 1 + 1e-9);
    const tall = gaussianArray([15, 4], { seed: "tall" });
    const exact = exactLeastSquares(tall, gaussianArray([15, 2], { seed: "B2" }));
    const near = times(exact.hi, 1 + 1e-9);
    const s = singularValuesOracle(A);
    const measures = [
      (bound: number) => verifyQr(A, { Q, R, certificate: certificate(bound) }),
      (bound: number) => verifyLu(A, { L: Q, U: R, permutation: [0, 1, 2, 3, 4, 5], certificate: certificate(bound) }),
      (bound: number) => verifyCholesky(S, { L: choleskyOracle(S), jitter: 0, certificate: certificate(bound) }),
      (bound: number) => verifySvd(A, { s: times(s, 1 + 1e-12), certificate: certificate(bound) }),
      (bound: number) => verifyEigSymmetric(S, { values: times(eigenvaluesOracle(S), 1 + 1e-12), certificate: certificate(bound) }),
      (bound: number) => verifySolve(A, B, { X, certificate: certificate(bound) }),
      (bound: number) => verifyLeastSquares(tall, exact, { X: near, certificate: certificate(bound) }),
    ];
    for (const measure of measures) {
      const { measured } = measure(1);
      expect(measured).toBeGreaterThan(0);
      expect(measured).toBeLessThan(1e-8);
      expect(measure(measured)).toMatchObject({ holds: true, slack: 1, bound: measured });
      expect(measure(measured * 0.999).holds).toBe(false);
      expect(measure(NaN).holds).toBe(false);
    }
    expect(verifyQr(A, { Q, R, certificate: { kind: "none" } }).holds).toBe(false);
    expect(verifySvd(A, { s: times(s, 1), certificate: certificate(0) })).toMatchObject({ holds: true, slack: Infinity });
  });

  test("backward error against its definition, at every scale", () => {
    const X = fromNested([[1], [2]]);
    const M = fromNested([[1, 2], [3, 4]]); // prettier-ignore
    for (const [size, right] of [[1, 1], [1e290, 1e-5], [1e-290, 1e5]] as const) {
      const B = times(fromNested([[5], [12]]), size * right);
      const got = backwardErrorOracle(times(M, size), times(X, right), B);
      expect(Math.abs(got / (1 / (7 * 2 + 12)) - 1)).toBeLessThanOrEqual(16 * ULP);
    }
  }); // prettier-ignore
});
