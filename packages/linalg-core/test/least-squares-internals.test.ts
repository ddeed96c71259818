/** What only the author of the solvers knows: where substitution is blocked, how scales are undone, what the bound is made of. */
import { gaussianArray, matmulOracle, pack, plain } from "@subquad/test-kit";
import { afterAll, describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { part, rowBlock, transposed } from "../src/dense/blocks.js";
import { conditionBound } from "../src/dense/condition-bound.js";
import { euclideanNorm, normAbove } from "../src/dense/sums.js";
import { invertUpper } from "../src/dense/invert-upper.js";
import { leastSquares, leastSquaresAsync, pseudoInverse, type LeastSquaresResult } from "../src/dense/least-squares.js";
import { substitute } from "../src/dense/substitution.js";
import { NonFiniteError } from "../src/errors.js";
import { closePool, configure } from "../src/runtime/environment.js";
import { runtime } from "../src/runtime/runtime.js";
import { arenaBytesInUse, openScope } from "../src/runtime/scope.js";
import { runSync } from "../src/runtime/steps.js";
import { expectError, expectSameBits, expectWithin, inDtype, UNIT } from "./numeric-support.js";

const random = (m: number, n: number, seed = "ls"): NdArray => inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), "float64");
const times = (A: NdArray, exponent: number): NdArray =>
  view(Float64Array.from(A.data, (x) => x * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2))), A.shape); // prettier-ignore
const boundOf = ({ certificate }: Pick<LeastSquaresResult, "certificate">): number => ("bound" in certificate ? certificate.bound : NaN);

afterAll(closePool);

/** Upper triangular with a dominant diagonal. */
function triangle(n: number): NdArray {
  return view(Float64Array.from(random(n, n, "T").data, (x, p) => (p % n < Math.floor(p / n) ? 0 : p % (n + 1) === 0 ? 2 + Math.abs(x) : x / n)), [n, n]); // prettier-ignore
}

describe("oracle", () => {
  test.each([1, 2, 63, 64, 65, 129])("substitution in blocks, n = %i: upper, lower, inverse", (n) => {
    const T = triangle(n);
    const scope = openScope();
    try {
      const t = rowBlock(scope.alloc(8 * n * n), n, n);
      runtime().memory.f64.set(pack(T), t.address / 8);
      for (const [p, lower] of [
        [2, false],
        [6, true],
        [10, false],
      ] as const) {
        const B = random(n, p, "B");
        const X = rowBlock(scope.alloc(8 * n * p), n, p);
        runtime().memory.f64.set(pack(B), X.address / 8);
        runSync(substitute(scope, lower ? transposed(t) : t, X, { isLower: lower, isUnit: false }));
        const x = plain(runtime().memory.f64.slice(X.address / 8, X.address / 8 + n * p), [n, p]);
        // |T||X| is below 4 in every row: γ_(n+4) of it
        expectWithin(matmulOracle(T, x, { transposeA: lower }), B, 8 * (n + 4) * UNIT.float64 * 4);
      }
      const inverse = runSync(invertUpper(scope, t));
      expect(inverse).toEqual(part(rowBlock(inverse.address, n, n + (n % 2)), 0, n, 0, n));
      const { f64 } = runtime().memory;
      const values = Float64Array.from({ length: n * n }, (_, p) => f64[(inverse.address + Math.floor(p / n) * inverse.rowBytes) / 8 + (p % n)]!); // prettier-ignore
      values.forEach((x, p) => { if (p % n < Math.floor(p / n)) expect(x).toBe(0); }); // prettier-ignore
      expectWithin(matmulOracle(T, plain(values, [n, n])), plain(Float64Array.from(values, (_, p) => (p % (n + 1) === 0 ? 1 : 0)), [n, n]), 8 * (n + 4) * UNIT.float64); // prettier-ignore
      expect(conditionBound(T)).toBeGreaterThanOrEqual(n); // ‖T‖_F ‖T⁻¹‖_F ≥ n
    } finally {
      scope.release();
    }
  });

  test("norms from above, at any scale", () => {
    for (const scale of [1e-320, 1e-200, 1, 1e200, 1e307]) {
      const x = Float64Array.of(7, 3 * scale, -4 * scale, 7);
      expect(Math.abs(euclideanNorm(x, 1, 2) / (5 * scale) - 1)).toBeLessThanOrEqual(scale < 1e-300 ? 1e-3 : 4 * UNIT.float64); // subnormals have few digits
      expect(normAbove(x, 1, 2)).toBeGreaterThanOrEqual(euclideanNorm(x, 1, 2));
    }
    expect([[0, 0], [], [1, NaN], [NaN], [1, -Infinity]].map((x) => euclideanNorm(Float64Array.from(x)))).toEqual([
      0,
      0,
      NaN,
      NaN,
      Infinity,
    ]);
  });

  test.each([
    [150, 140],
    [140, 150],
    [133, 133],
  ])("%i × %i of rank 129: both sides of the blocks, an odd number of columns", (m, n) => {
    const A = inDtype(matmulOracle(random(m, 129, "L"), random(129, n, "R")), "float64");
    const B = random(m, 3, "B");
    const { X, rank, certificate } = leastSquares(A, B);
    expect([rank, certificate.kind]).toEqual([129, "conditional"]);
    const residual = plain(Float64Array.from(matmulOracle(A, X).data, (x, p) => B.data[p]! - x), [m, 3]); // prettier-ignore
    // condition number below 1e4: Aᵀ r = 0 and X in the range of Aᵀ, to that
    expectWithin(matmulOracle(A, residual, { transposeA: true }), plain(new Float64Array(3 * n), [n, 3]), 1e-8);
    const again = leastSquares(transpose(A), X);
    expect(again.residualNorm).toBeLessThanOrEqual(1e-9);
  });
});

describe("certificate is honest", () => {
  test("never above the residual, whatever the condition; of a system that is solved, the residual", () => {
    const n = 8;
    const hilbert = view(Float64Array.from({ length: 20 * n }, (_, p) => 1 / (1 + (p % n) + Math.floor(p / n) ** 0.5)), [20, n]); // prettier-ignore
    for (const A of [
      hilbert,
      random(20, n),
      view(
        Float64Array.from(random(20, n).data, (x, p) => x * 10 ** (-20 * (p % n))),
        [20, n],
      ),
    ]) {
      const B = random(20, 1, "B");
      const result = leastSquares(A, B, { rankTolerance: 0 });
      const slack = 1e-13 * (1 + result.residualNorm) * 100; // γ s, with |A||x| below 100 times the rest
      expect(boundOf(result)).toBeLessThanOrEqual(result.residualNorm + slack);
    }
    const wide = leastSquares(random(8, 20), random(8, 1, "B"));
    expect(wide.certificate.kind).toBe("deterministic");
    expect(boundOf(wide)).toBeGreaterThanOrEqual(wide.residualNorm);
    expect(boundOf(wide)).toBeLessThanOrEqual(1e-13);
  });

  test("columns of very different length cost the bound nothing", () => {
    const A = random(30, 6);
    const B = random(30, 1, "B");
    const scaled = view(Float64Array.from(A.data, (x, p) => x * 2 ** (-30 * (p % 6))), [30, 6]); // prettier-ignore
    const [plainBound, bound] = [A, scaled].map((M) => boundOf(leastSquares(M, B, { rankTolerance: 0 })));
    expect(bound!).toBeLessThanOrEqual(10 * plainBound!);
  });
});

describe("laws", () => {
  test("powers of two beside A and B move X and the bound, and change no bit of X", () => {
    const [A, B] = [random(15, 6), random(15, 2, "B")];
    const want = leastSquares(A, B);
    for (const [a, b] of [
      [-990, -1000],
      [900, 1000],
      [-700, 20],
      [3, -400],
    ] as const) {
      const got = leastSquares(times(A, a), times(B, b));
      expectSameBits(got.X, times(want.X, b - a));
      expect(Math.abs(got.residualNorm / (want.residualNorm * 2 ** b) - 1)).toBeLessThanOrEqual(1e-14);
      // whether squares of small numbers survive may differ: the bound, not the answer
      expect(Math.abs(boundOf(got) / (boundOf(want) * 2 ** b) - 1)).toBeLessThanOrEqual(1e-6);
    }
  });

  test("pseudoInverse of Aᵀ is the transpose, its certificate speaks of rows where A is tall", () => {
    const A = random(9, 4);
    const [tall, wide] = [pseudoInverse(A), pseudoInverse(transpose(A))];
    expectSameBits(tall.X, transpose(wide.X));
    expect(tall.certificate).toMatchObject({ kind: "deterministic", norm: "‖(x − x*) A‖₂, largest over rows" });
    expect(wide.certificate).toMatchObject({ kind: "deterministic", norm: "‖A (x − x*)‖₂, largest over columns" });
    const product = matmulOracle(tall.X, A);
    for (let i = 0; i < 4; i++) {
      const row = Array.from({ length: 4 }, (_, j) => product.data[i * 4 + j]! - (i === j ? 1 : 0));
      expect(Math.sqrt(row.reduce((s, x) => s + x * x, 0))).toBeLessThanOrEqual(boundOf(tall));
    }
    expect(boundOf(tall)).toBeLessThanOrEqual(1e-13);
  });

  test("sync, async, one to four threads, both backends: the same bits", async () => {
    const B = random(200, 3, "B");
    const deficient = inDtype(matmulOracle(random(200, 100, "L"), random(100, 150, "R")), "float64");
    for (const A of [random(200, 150), deficient]) {
      const want = leastSquares(A, B);
      for (const threads of [1, 2, 3, 4]) {
        const got = await leastSquaresAsync(A, B, { threads });
        expectSameBits(got.X, want.X);
        expect([got.certificate, got.residualNorm]).toEqual([want.certificate, want.residualNorm]);
      }
    }
    const compute = (): LeastSquaresResult[] => [leastSquares(random(70, 40), random(70, 3)), leastSquares(random(40, 70), random(40, 3))];
    try {
      configure({ deterministic: true });
      const want = compute();
      configure({ backend: "js" });
      compute().forEach(({ X, certificate }, at) => {
        expectSameBits(X, want[at]!.X);
        expect(certificate).toEqual(want[at]!.certificate);
      });
    } finally {
      configure({ backend: "auto", deterministic: false });
    }
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  test("X that overflows is named, and nothing stays behind", () => {
    const A = view(Float64Array.of(1e-200, 0, 0, 1), [2, 2]);
    const B = view(Float64Array.of(1, 1e200, 0, 1), [2, 2]);
    expectError(() => leastSquares(A, B, { rankTolerance: 0 }), NonFiniteError, {
      where: "leastSquares",
      argument: "result overflows float64",
      index: [0, 1],
    });
    expectError(() => pseudoInverse([[1e-310]]), NonFiniteError, { where: "pseudoInverse", argument: "result overflows float64" });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("pseudoInverse names entries of a tall matrix by its own indices", () => {
    const A = view(Float64Array.of(1, 2, 3, 4, NaN, 6), [3, 2]);
    expectError(() => pseudoInverse(A), NonFiniteError, { argument: "A", index: [2, 0] });
  });
});
