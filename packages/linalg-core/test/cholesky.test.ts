import {
  choleskyOracle,
  gaussianArray,
  layouts,
  matmulMagnitude,
  matmulOracle,
  pack,
  plain,
  strided,
  type Strided,
} from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { cholesky, type CholeskyOptions, type CholeskyResult } from "../src/dense/cholesky.js";
import { AssumptionError, NonFiniteError, OptionError, RankDeficientError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, isFullProfile, median, UNIT } from "./numeric-support.js";

/** G Gᵀ / n + ridge I, exactly symmetric in the dtype. */
function definite(
  n: number,
  { dtype = "float64", ridge = 0.1, seed = "A" }: { dtype?: DType; ridge?: number; seed?: string } = {},
): NdArray {
  const G = gaussianArray([n, n], { seed: `${seed}/${n}` });
  const values = pack(matmulOracle(G, G, { transposeB: true }));
  for (let p = 0; p < values.length; p++) values[p] = values[p]! / n + (p % (n + 1) === 0 ? ridge : 0);
  return inDtype(plain(symmetrized(values, n), [n, n]), dtype);
}

function symmetrized(values: Float64Array, n: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(values, (x, p) => (x + values[(p % n) * n + Math.floor(p / n)]!) / 2);
}

/** exp(−|x_i − x_j|² / (2 l²)) on n points of [0, 4π]. */
function gram(n: number, lengthScale: number): NdArray {
  const step = (4 * Math.PI) / (n - 1);
  return view(
    Float64Array.from({ length: n * n }, (_, p) => Math.exp(-((((p % n) - Math.floor(p / n)) * step) ** 2) / (2 * lengthScale ** 2))),
    [n, n],
  );
}

/** ‖A + jitter I − L Lᵀ‖_F / ‖A‖_F with compensated products. */
function residual(A: Strided, { L, jitter }: CholeskyResult): number {
  const n = A.shape[0]!;
  const a = pack(A);
  const product = matmulOracle(L, L, { transposeB: true }).data;
  let [difference, size] = [0, 0];
  const largest = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let p = 0; p < a.length; p++) {
    difference += ((a[p]! - product[p]! + (p % (n + 1) === 0 ? jitter : 0)) / largest) ** 2;
    size += (a[p]! / largest) ** 2;
  }
  return Math.sqrt(difference / size);
}

function boundOf({ certificate }: CholeskyResult): number {
  expect(certificate).toMatchObject({ kind: "deterministic", norm: "relative backward error, Frobenius" });
  return "bound" in certificate ? certificate.bound : NaN;
}

function expectLower(L: NdArray): void {
  const n = L.shape[0]!;
  L.data.forEach((x, p) => {
    if (p % n > Math.floor(p / n) && !Object.is(x, 0)) expect.fail(`above the diagonal: ${x}`);
    if (p % (n + 1) === 0 && !(x > 0)) expect.fail(`on the diagonal: ${x}`);
  });
}

describe("oracle", () => {
  test.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 130])(
    "n = %i: |A − L Lᵀ| within the bound of backward stability, and near the textbook factor",
    (n) => {
      const A = definite(n);
      const result = cholesky(A);
      const { L } = result;
      expect(L.shape).toEqual([n, n]);
      expect(L.data).toBeInstanceOf(Float64Array);
      expect(result).toMatchObject({ method: "cholesky", jitter: 0, diagnostics: { attempts: 1 } });
      expect(result.certificate).toEqual({ kind: "none", reason: "pass certify: true" });
      expectLower(L);
      // γ_(n+1) |L||Lᵀ|, as the doc promises; one more for the oracle
      const allowed = pack(matmulMagnitude(L, L, { transposeB: true })).map((size) => gamma(n + 2, UNIT.float64) * size);
      expectWithin(matmulOracle(L, L, { transposeB: true }), A, allowed);
      // two backward stable factors differ by the condition number (below 100 here) times their errors
      expectWithin(L, choleskyOracle(A), 100 * 4 * n * UNIT.float64 * 3);
      expect(arenaBytesInUse()).toBe(0);
    },
  );

  test.each([1, 3, 8, 33])("n = %i, float32: computed in float64, rounded once", (n) => {
    const A = definite(n, { dtype: "float32" });
    const { L } = cholesky(A);
    const wide = cholesky(inDtype(A, "float64")).L;
    expect(L.data).toBeInstanceOf(Float32Array);
    expectSameBits(L, inDtype(wide, "float32"));
  });

  test("every layout gives the same bits", () => {
    for (const dtype of dtypes) {
      const A = definite(13, { dtype });
      const { L } = cholesky(A);
      for (const layout of layouts) expectSameBits(cholesky(strided(A, layout)).L, L);
    }
  });

  test.each([1, 5, 64])("solve, n = %i: A X = B within the backward error of a factorization and two substitutions", (n) => {
    for (const dtype of dtypes) {
      const A = definite(n, { dtype });
      const { L, solve } = cholesky(inDtype(A, "float64"));
      for (const p of [1, 3, 8]) {
        const B = inDtype(gaussianArray([n, p], { seed: "B" }), dtype);
        const X = cholesky(A).solve(B);
        expectSameBits(X, solve(B)); // float64 whatever the dtype of A
        expect(X.data).toBeInstanceOf(Float64Array);
        const size = matmulMagnitude(matmulMagnitude(L, L, { transposeB: true }), X);
        expectWithin(
          matmulOracle(A, X),
          inDtype(B, "float64"),
          pack(size).map((s) => gamma(3 * n + 2, UNIT.float64) * s),
        );
      }
    }
  });

  test("log det", () => {
    const diagonal = view(Float64Array.of(4, 0, 0, 0, 1e-200, 0, 0, 0, 1e300), [3, 3]);
    const want = Math.log(4) - 200 * Math.LN10 + 300 * Math.LN10;
    expect(Math.abs(cholesky(diagonal).logDeterminant - want)).toBeLessThanOrEqual(16 * UNIT.float64 * 700); // parts of 700 at most
    const n = 64;
    const A = definite(n);
    const oracle = choleskyOracle(A).data;
    let logDeterminant = 0;
    for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(oracle[i * n + i]!);
    // each pivot is right to 100 n u as above, logarithms add n of these
    expect(Math.abs(cholesky(A).logDeterminant - logDeterminant)).toBeLessThanOrEqual(2 * n * 100 * 4 * n * UNIT.float64);
  });
});

describe("certificate is honest", () => {
  /** What rounding bounds lose against rounding itself: errors of n products mostly cancel, a bound adds them up. */
  const slack = (n: number): number => 10 * n;

  test.each([5, 20, 65])("float64, n = %i: never below the true error, and within 10 n of it in the median", (n) => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 15; seed++) {
      for (const ridge of [1, 1e-3, 1e-9]) {
        const A = definite(n, { seed: `c/${seed}`, ridge });
        const result = cholesky(A, { certify: true });
        const [bound, error] = [boundOf(result), residual(A, result)];
        expect(bound).toBeGreaterThanOrEqual(error);
        ratios.push(bound / error);
      }
    }
    expect(median(ratios)).toBeLessThanOrEqual(slack(n));
  });

  test.each([5, 20, 65])("float32, n = %i: it speaks of the rounded factor, and within a factor of 2", (n) => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 15; seed++) {
      const A = definite(n, { seed: `c/${seed}`, dtype: "float32" });
      const result = cholesky(A, { certify: true });
      const [bound, error] = [boundOf(result), residual(A, result)];
      expect(bound).toBeGreaterThanOrEqual(error);
      ratios.push(bound / error);
    }
    expect(median(ratios)).toBeLessThanOrEqual(2);
  });

  test.each([2 ** -1000, 1e-300, 1e-160, 1e-9, 1, 1e9, 1e160, 1e300])("at the scale %s, where squares vanish or overflow", (size) => {
    const n = 12;
    const A = view(
      Float64Array.from(pack(definite(n)), (x) => x * size),
      [n, n],
    );
    const result = cholesky(A, { certify: true });
    const [bound, error] = [boundOf(result), residual(A, result)];
    expect(bound).toBeGreaterThanOrEqual(error);
    expect(bound).toBeLessThanOrEqual(1e-12);
  });

  test("among the smallest numbers it grows instead of lying", () => {
    const A = view(
      Float64Array.from(pack(definite(6)), (x) => x * 2 ** -1068),
      [6, 6],
    );
    const result = cholesky(A, { certify: true });
    expect(boundOf(result)).toBeGreaterThan(1e-4); // entries of 60 units at most
  });

  test("with jitter, and with a factor that the jitter spoils", () => {
    const A = definite(20);
    for (const jitter of [1e-8, 1, 1e6]) {
      const result = cholesky(A, { certify: true, jitter });
      expect(boundOf(result)).toBeGreaterThanOrEqual(residual(A, result));
      expect(boundOf(result)).toBeLessThanOrEqual(1e-13 * Math.max(1, jitter)); // relative to A, not to A + jitter I
    }
    expect(
      boundOf(
        cholesky(
          [
            [0, 0],
            [0, 0],
          ],
          { certify: true, jitter: 1 },
        ),
      ),
    ).toBe(Infinity); // no error is small against nothing // prettier-ignore
  });

  test("it counts the asymmetry that was let pass", () => {
    const A = view(Float64Array.of(1, 0.5, 0.25, 1), [2, 2]);
    const result = cholesky(A, { certify: true, symmetryTolerance: 1e16 });
    expect(boundOf(result)).toBeGreaterThanOrEqual(residual(A, result));
    expect(boundOf(result)).toBeGreaterThan(0.1);
  });
});

describe("jitter", () => {
  const sizes = isFullProfile ? [60, 300, 500, 2000] : [60, 300, 500];

  test.each(sizes.flatMap((n) => [1, 5].map((lengthScale) => [n, lengthScale] as const)))(
    "Gaussian kernel on %i points of [0, 4π], length scale %i: singular to rounding, saved by the first step",
    (n, lengthScale) => {
      const A = gram(n, lengthScale);
      expect(() => cholesky(A)).toThrow(RankDeficientError);
      const result = cholesky(A, { jitter: "auto", certify: n <= 500 });
      expect(result.jitter).toBe(n * UNIT.float64); // max a_ii = 1
      expect(result.diagnostics.attempts).toBe(2);
      if (n <= 60) expect(residual(A, result)).toBeLessThanOrEqual(1e-8);
      if (n <= 500) expect(boundOf(result)).toBeLessThanOrEqual(1e-8);
    },
    isFullProfile ? 60_000 : 5000,
  );

  test("100 points, as far as the limit allows", () => {
    const A = gram(100, 1);
    const { jitter } = cholesky(A, { jitter: "auto" });
    expect(jitter).toBeLessThanOrEqual(1e-8);
    expectError(() => cholesky(A, { jitter: "auto", jitterLimit: 0 }), RankDeficientError, {
      remedy: expect.stringContaining("jitterLimit") as string,
    });
    expect(cholesky(A, { jitter: "auto", jitterLimit: jitter }).jitter).toBe(jitter);
    expect(() => cholesky(A, { jitter: "auto", jitterLimit: jitter / 2 })).toThrow(RankDeficientError);
  });

  test("steps by ten: a matrix that is indefinite by 1e-12 takes several", () => {
    const A = view(Float64Array.of(1, 0, 0, -1e-12), [2, 2]);
    const { jitter, diagnostics } = cholesky(A, { jitter: "auto" });
    const first = 2 * UNIT.float64;
    const attempts = 2 + Math.ceil(Math.log10(1e-12 / first));
    expect(diagnostics.attempts).toBe(attempts);
    expect(Math.abs(jitter / (first * 10 ** (attempts - 2)) - 1)).toBeLessThanOrEqual(attempts * 2 ** -52); // one rounding a step
  });

  test("none is taken when none is needed", () => {
    const A = definite(10);
    const auto = cholesky(A, { jitter: "auto" });
    expect(auto.jitter).toBe(0);
    expectSameBits(auto.L, cholesky(A).L);
    expectSameBits(cholesky(A, { jitter: 0 }).L, auto.L);
  });

  test("a number is added as it is", () => {
    const A = definite(10);
    const shifted = pack(A);
    for (let i = 0; i < 10; i++) shifted[i * 11] = shifted[i * 11]! + 0.75;
    const result = cholesky(A, { jitter: 0.75 });
    expect(result.jitter).toBe(0.75);
    expectSameBits(result.L, cholesky(plain(shifted, [10, 10])).L);
    expect(() => cholesky([[0, 0], [0, -1]], { jitter: 0.5 })).toThrow(RankDeficientError); // prettier-ignore
  });
});

describe("laws", () => {
  test("a lower triangle of small integers is found again exactly", () => {
    const entries = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), entries, fc.integer({ min: -400, max: 400 }), (n, list, exponent) => {
        const L = Float64Array.from({ length: n * n }, (_, p) => {
          const [i, j] = [Math.floor(p / n), p % n];
          return (i === j ? 2 ** (Math.abs(list[i]!) % 3) : j < i ? list[i * 8 + j]! : 0) * 2 ** exponent; // pivots 1, 2, 4: divisions are exact
        });
        const A = matmulOracle(plain(L, [n, n]), plain(L, [n, n]), { transposeB: true });
        expectWithin(cholesky(A).L, plain(L, [n, n]), 0);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test("the factor of 4^k A is 2^k times the factor of A, bit for bit", () => {
    for (const exponent of [-200, -3, 5, 200]) {
      const A = definite(11);
      const scaled = view(
        Float64Array.from(A.data, (x) => x * 4 ** exponent),
        [11, 11],
      );
      expectSameBits(
        cholesky(scaled).L,
        view(
          Float64Array.from(cholesky(A).L.data, (x) => x * 2 ** exponent),
          [11, 11],
        ),
      );
    }
  });

  test("the upper triangle is read for symmetry alone", () => {
    const A = definite(9);
    const moved = pack(A);
    for (let i = 0; i < 9; i++) for (let j = i + 1; j < 9; j++) moved[i * 9 + j] = moved[i * 9 + j]! * (1 + 2 ** -50);
    expectSameBits(cholesky(plain(moved, [9, 9])).L, cholesky(A).L);
  });
});

describe("errors", () => {
  test("shapes", () => {
    expectError(() => cholesky([[1, 2]]), ShapeError, { where: "cholesky", argument: "A" });
    expectError(() => cholesky(view(new Float64Array(4), [4])), ShapeError, { argument: "A" });
    expectError(() => cholesky(definite(3)).solve([[1], [2]]), ShapeError, { argument: "B" });
  });

  test.each([
    ["jitter", -1],
    ["jitter", NaN],
    ["jitter", Infinity],
    ["jitter", "some"],
    ["jitter", Number.MAX_VALUE],
    ["jitterLimit", 2],
    ["jitterLimit", NaN],
    ["symmetryTolerance", -1],
    ["symmetryTolerance", NaN],
    ["certify", 1],
    ["pivot", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    const A = [[1e308, 0], [0, 1]]; // prettier-ignore
    expectError(() => cholesky(A, { [name]: value }), OptionError, { argument: name });
  });

  test("indefinite, semidefinite, zero and negative matrices: the pivot is named", () => {
    const indefinite = [[1, 2], [2, 1]]; // prettier-ignore
    expectError(() => cholesky(indefinite), RankDeficientError, {
      column: 1,
      pivot: -3,
      remedy: "pass jitter: 'auto' or pivot: true",
    });
    expectError(() => cholesky(indefinite, { jitter: "auto" }), RankDeficientError, { column: 1 });
    expectError(() => cholesky([[1, 1], [1, 1]]), RankDeficientError, { column: 1, pivot: 0 }); // prettier-ignore
    for (const options of [{}, { jitter: "auto" }] satisfies CholeskyOptions[]) {
      expectError(() => cholesky(view(new Float64Array(25), [5, 5]), options), RankDeficientError, { column: 0, pivot: 0 });
      expectError(() => cholesky([[-1]], options), RankDeficientError, { column: 0, pivot: -1 });
    }
    for (const column of [0, 3, 4, 5, 17, 21]) {
      const values = pack(definite(22));
      values[column * 23] = -100;
      expectError(() => cholesky(plain(values, [22, 22])), RankDeficientError, { column });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("a matrix that is not symmetric: measured and allowed", () => {
    const A = [[1, 2], [2.125, 5]]; // prettier-ignore
    expectError(() => cholesky(A), AssumptionError, { measured: 0.125, allowed: 8 * 2 * UNIT.float64 * 5 });
    expectError(() => cholesky(A, { symmetryTolerance: 0 }), AssumptionError, { allowed: 0 });
    expectWithin(
      cholesky(A, { symmetryTolerance: Infinity }).L,
      plain(Float64Array.of(1, 0, 2.125, Math.sqrt(5 - 2.125 ** 2)), [2, 2]),
      4 * UNIT.float64 * 5,
    );
    // what a product with its transpose leaves in float32 passes there, and not in float64
    const rough = pack(definite(30));
    for (let p = 1; p < 30; p++) rough[p] = rough[p]! * (1 + 2 ** -23);
    cholesky(inDtype(plain(rough, [30, 30]), "float32"));
    expect(() => cholesky(plain(rough, [30, 30]))).toThrow(AssumptionError);
  });

  test("NaN and infinities are named by their index, in either triangle", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const [i, j] of [
        [0, 0],
        [4, 1],
        [1, 4],
      ] as const) {
        const values = pack(definite(5));
        values[i * 5 + j] = bad;
        expectError(() => cholesky(plain(values, [5, 5])), NonFiniteError, { argument: "A", value: bad, index: [i, j] });
        expectError(() => cholesky(transpose(plain(values, [5, 5]))), NonFiniteError, { index: [j, i] });
      }
    }
  });
});

describe("degenerate", () => {
  test("0 × 0", () => {
    const { L, jitter, logDeterminant, solve, certificate } = cholesky(view(new Float64Array(0), [0, 0]), {
      certify: true,
      jitter: "auto",
    });
    expect(L.shape).toEqual([0, 0]);
    expect([jitter, logDeterminant]).toEqual([0, 0]);
    expect(solve(view(new Float64Array(0), [0, 2])).shape).toEqual([0, 2]);
    expect(certificate).toMatchObject({ kind: "deterministic", bound: 0 });
  });

  test("the identity, and 1 × 1", () => {
    const I = view(
      Float64Array.from({ length: 49 }, (_, p) => (p % 8 === 0 ? 1 : 0)),
      [7, 7],
    );
    expectSameBits(cholesky(I).L, I);
    expect(cholesky(I).logDeterminant).toBe(0);
    expect([...cholesky([[9]]).L.data]).toEqual([3]);
  });
});
