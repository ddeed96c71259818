/**
 * What only the author of the blocked factorizations knows: panels of 64, the crossover at 192 rows, tiles of 256 rows or columns, rows
 * scaled at the ends of float64, refinement. Laws that hold for any method are tested beside each function.
 */
import { gaussianArray, layouts, matmulMagnitude, matmulOracle, pack, plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { cholesky } from "../src/dense/cholesky.js";
import { conditionEstimate } from "../src/dense/condition.js";
import { gram } from "../src/dense/gram.js";
import { lu } from "../src/dense/lu.js";
import { matmul } from "../src/dense/matmul.js";
import { solve } from "../src/dense/solve.js";
import { solveTriangular } from "../src/dense/triangular.js";
import { OptionError, RankDeficientError } from "../src/errors.js";
import { configure } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

const U = UNIT.float64;
const random = (m: number, n: number, seed = "blocked"): NdArray =>
  inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), "float64");

/** GᵀG + n I: condition about 5. */
function definite(n: number): NdArray {
  const A = gram(random(n, n));
  for (let i = 0; i < n; i++) A.data[i * (n + 1)]! += n;
  return A;
}

/** A[rows] with the rows in another order. */
function rowsOf(A: NdArray, order: ArrayLike<number>): NdArray {
  const n = A.shape[1]!;
  const values = pack(A);
  return view(
    Float64Array.from({ length: order.length * n }, (_, p) => values[order[Math.floor(p / n)]! * n + (p % n)]!),
    [order.length, n],
  );
}

/** |got − want| ≤ γ_(n+3) |L||R|: n sums, one division or root, two for the oracle. */
function expectFactors(L: NdArray, R: NdArray, want: NdArray): void {
  const n = L.shape[1]!;
  const allowed = pack(matmulMagnitude(L, R)).map((size) => gamma(n + 3, U) * size);
  expectWithin(matmulOracle(L, R), want, allowed);
}

const boundaries = [1, 2, 3, 4, 5, 62, 63, 64, 65, 66, 67, 127, 128, 129];

describe("oracle", () => {
  test.each(boundaries)("lu, n = %i", (n) => {
    const A = random(n, n);
    const { L, U: upper, permutation, growth, solve: solveLu } = lu(A);
    expectFactors(L, upper, rowsOf(A, permutation));
    expect(L.data.every((x) => Math.abs(x) <= 1)).toBe(true);
    expect(growth).toBe(Math.max(...upper.data.map(Math.abs)) / Math.max(...A.data.map(Math.abs)));
    for (const transposed of [false, true]) {
      const B = random(n, 3, "B");
      const X = solveLu(B, { transpose: transposed });
      const op = transposed ? transpose(A) : A;
      // |B − op(A) X| ≤ 3 γ_n |L||U||X|, rows of |L||U| at most n times |A|: 10 for what refinement leaves
      const scale = pack(matmulMagnitude(op, X)).reduce((most, x) => Math.max(most, x), 0);
      expectWithin(matmulOracle(op, X), B, 10 * gamma(n + 3, U) * scale);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([...boundaries, 190, 191, 192, 193, 255, 256, 257, 320])("cholesky, n = %i, with and without pivots", (n) => {
    const A = definite(n);
    const { L, solve: solveCholesky } = cholesky(A);
    expectFactors(L, transpose(L), A);
    const X = solveCholesky(random(n, 2, "B"));
    const pivoted = cholesky(A, { pivot: true });
    expect(pivoted.rank).toBe(n);
    const order = pivoted.permutation!;
    expectFactors(pivoted.L, transpose(pivoted.L), rowsOf(transpose(rowsOf(A, order)), order));
    for (let i = 1; i < n; i++) expect(pivoted.L.get(i, i)).toBeLessThanOrEqual(pivoted.L.get(i - 1, i - 1) * (1 + 4 * n * U));
    // two backward stable solves differ by the condition, below 10 here, times their errors
    const size = Math.max(...X.data.map(Math.abs));
    expectWithin(pivoted.solve(random(n, 2, "B")), X, 10 * 2 * gamma(3 * n + 2, U) * size * 2);
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([63, 64, 65, 100, 129])("pivoted Cholesky finds the rank across panels, n = 150, rank %i", (rank) => {
    const F = random(150, rank);
    const A = gram(F, { side: "rows" });
    const { L, rank: found, permutation, certificate } = cholesky(A, { pivot: true });
    expect(found).toBe(rank);
    expect(L.shape).toEqual([150, rank]);
    const error = matmulOracle(L, transpose(L)).data;
    const want = rowsOf(transpose(rowsOf(A, permutation!)), permutation!);
    let square = 0;
    error.forEach((x, p) => (square += (x - want.data[p]!) ** 2));
    expect(certificate).toMatchObject({ kind: "conditional", condition: "A ≥ 0" });
    expect(certificate.kind !== "none" && certificate.bound >= Math.sqrt(square)).toBe(true);
  });

  test("triangles: a column has the same bits alone, in the middle of many, and in any layout", () => {
    for (const n of [63, 64, 65, 130]) {
      const T = random(n, n);
      for (let i = 0; i < n; i++) T.data[i * (n + 1)] = 3 * n; // dominant: X stays small
      for (const upper of [false, true]) {
        for (const transposed of [false, true]) {
          const options = { upper, transpose: transposed };
          const B = random(n, 300); // more than a tile of columns
          const X = solveTriangular(T, B, options);
          const part = Float64Array.from({ length: n * 2 }, (_, p) => B.get(Math.floor(p / 2), 255 + (p % 2)));
          const alone = solveTriangular(T, view(part, [n, 2]), options);
          for (let i = 0; i < n; i++) for (let c = 0; c < 2; c++) expect(alone.get(i, c)).toBe(X.get(i, 255 + c));
          for (const layout of layouts) {
            const out = strided(plain(new Float64Array(n * 300), [n, 300]), layout);
            const target = view(out.data as Float64Array, out.shape, out.stride, out.offset);
            expect(solveTriangular(T, B, { ...options, out: target })).toBe(target);
            expectSameBits(plain(pack(target), [n, 300]), plain(pack(X), [n, 300]));
          }
        }
      }
    }
  });
});

describe("laws", () => {
  test.each([65, 193])("the js backend gives the bits of the plain binary, n = %i", (n) => {
    const run = (): NdArray[] => {
      const [A, S, B] = [random(n, n), definite(n), random(n, 3, "B")];
      const [f, c, p] = [lu(A), cholesky(S), cholesky(gram(random(n, 70), { side: "rows" }), { pivot: true })];
      const { X } = solve(S, B, { assume: "symmetric-positive" });
      return [S, f.L, f.U, f.solve(B), c.L, c.solve(B), p.L, X, solve(A, B).X];
    };
    try {
      configure({ deterministic: true });
      const want = run();
      configure({ backend: "js" });
      run().forEach((got, at) => {
        expectSameBits(got, want[at]!);
      });
    } finally {
      configure({ backend: "auto", deterministic: false });
    }
  });

  test.each([-1060, -1000, -700, 700, 1010])("2^%i A: scaled, with the pivots and multipliers of A", (exponent) => {
    const A = random(70, 70);
    const half = 2 ** (exponent / 2);
    const scaled = view(
      Float64Array.from(A.data, (x) => Math.round(x * 1024) * half * half), // digits that survive among the smallest numbers
      [70, 70],
    );
    const plainly = view(
      Float64Array.from(A.data, (x) => Math.round(x * 1024)),
      [70, 70],
    );
    const [got, want] = [lu(scaled), lu(plainly)];
    expect(got.diagnostics.isScaled).toBe(true);
    expect([...got.permutation]).toEqual([...want.permutation]);
    expectSameBits(got.L, want.L);
    expect(got.growth).toBe(want.growth);
    expect(got.reciprocalCondition).toBe(want.reciprocalCondition);
    const B = random(70, 2, "B");
    const unit = view(
      Float64Array.from(B.data, (x) => x * half),
      [70, 2],
    );
    const { X, certificate } = solve(scaled, unit); // X is B / half / A
    expect(certificate.kind === "deterministic" && certificate.bound <= gamma(200, U)).toBe(true);
    expect(X.data.every(Number.isFinite)).toBe(true);
  });

  test("rows of any size: the answer has their digits", () => {
    const n = 40;
    const A = random(n, n);
    const X = random(n, 1, "X");
    const B = matmul(A, X);
    const power = (i: number): number => 2 ** (((i * 331) % 1900) - 950);
    const scaled = view(
      Float64Array.from(A.data, (x, p) => x * power(Math.floor(p / n))),
      [n, n],
    );
    const right = view(
      Float64Array.from(B.data, (x, i) => x * power(i)),
      [n, 1],
    );
    const { estimate } = conditionEstimate(A);
    expectWithin(solve(scaled, right).X, X, 20 * n * U * estimate * Math.max(...X.data.map(Math.abs)));
  });
});

describe("errors", () => {
  test("memory is given back by whatever fails", () => {
    const singular = view(new Float64Array(100 * 100).fill(1), [100, 100]);
    expectError(() => solve(singular, random(100, 1)), RankDeficientError, {
      where: "solve",
      remedy: expect.stringContaining("leastSquares") as string,
    });
    expectError(() => lu(singular).solve(random(100, 1)), RankDeficientError, { where: "lu.solve", column: 1, pivot: 0 });
    expectError(() => cholesky(singular), RankDeficientError, { column: 1 });
    const upper = random(200, 200);
    upper.data[150 * 201] = 0;
    expectError(() => solve(upper, random(200, 1), { assume: "upper" }), RankDeficientError, { column: 150, pivot: 0 });
    expectError(() => cholesky(definite(3), { pivot: true, jitter: 1 }), OptionError, { argument: "jitter" });
    const late = definite(300); // a pivot that fails in a later panel is named by its own row
    late.data[270 * 301] = -1e9;
    expectError(() => cholesky(late), RankDeficientError, { column: 270, remedy: "pass jitter: 'auto' or pivot: true" });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("solveTriangular writes nothing where it refuses", () => {
    const out = view(new Float64Array(4).fill(7), [2, 2]);
    expectError(() => solveTriangular([[0, 0], [1, 1]], [[1, 2], [3, 4]], { out }), RankDeficientError, { column: 0 }); // prettier-ignore
    const B = view(new Float64Array(4), [2, 2]);
    expectError(() => solveTriangular([[1, 0], [1, 1]], B, { out: B }), OptionError, { argument: "out" }); // prettier-ignore
    expect([...out.data]).toEqual([7, 7, 7, 7]);
  });
});
