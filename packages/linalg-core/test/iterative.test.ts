/**
 * The iterative solvers on systems that other software has solved, and on one that is beyond them.
 */
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { column } from "../src/array/view.js";
import { NotConvergedError } from "../src/errors.js";
import { conjugateGradientSync, type ConjugateGradientResult } from "../src/iterative/conjugate-gradient.js";
import { lsqrSync } from "../src/iterative/lsqr.js";
import { csr } from "../src/sparse/csr.js";
import { boundOf, matrixOf } from "./factorization-support.js";
import { fixtureSystem, solveCases } from "./solve-fixtures.js";

const size = (x: Iterable<number>): number => Math.sqrt([...x].reduce((s, e) => s + e * e, 0));
const entries = (x: NdArray): number[] => Array.from({ length: x.shape[0]! }, (_, i) => x.get(i));

describe("fixtures", () => {
  const tolerance = 1e-13;

  /** ‖x − want‖ / ‖want‖: a residual of ε ‖b‖ leaves κ ε, and SciPy's own answer n u κ. */
  const allowed = (n: number, condition: number): number => condition * (tolerance + n * 2 ** -53);

  test.each(solveCases.filter(({ assume }) => assume === "symmetric-positive"))("SciPy, n = $n: conjugateGradient", (given) => {
    const { A, B } = fixtureSystem(given);
    for (const j of [0, 1]) {
      const want = entries(column(matrixOf(given.X), j));
      const { x } = conjugateGradientSync(A, column(B, j), { tolerance });
      expect(size(entries(x).map((value, i) => value - want[i]!)) / size(want)).toBeLessThanOrEqual(allowed(given.n, given.condition));
    }
  });

  test.each(solveCases.filter(({ assume }) => assume === "general"))("SciPy, n = $n: lsqr", (given) => {
    const { A, B } = fixtureSystem(given);
    for (const j of [0, 1]) {
      const want = entries(column(matrixOf(given.X), j));
      const { x } = lsqrSync(A, column(B, j), { tolerance, maxIterations: 100 * given.n });
      expect(size(entries(x).map((value, i) => value - want[i]!)) / size(want)).toBeLessThanOrEqual(allowed(given.n, given.condition));
    }
  });
});

describe("certificate is honest", () => {
  test("a thousand unknowns, κ = 1e12, no preconditioner: it is told, with the best answer and its residual", () => {
    const n = 1000;
    const λ = Float64Array.from({ length: n }, (_, i) => 10 ** ((-12 * i) / (n - 1)));
    const A = csr([n, n], Int32Array.from({ length: n + 1 }, (_, i) => i), Int32Array.from({ length: n }, (_, i) => i), λ); // prettier-ignore
    const b = Float64Array.from({ length: n }, (_, i) => 1 + (i % 3));
    let missed: unknown;
    try {
      conjugateGradientSync(A, b, { tolerance: 1e-12 });
    } catch (error) {
      missed = error;
    }
    expect(missed).toBeInstanceOf(NotConvergedError);
    const { result } = missed as NotConvergedError<ConjugateGradientResult>;
    const residual = size(b.map((value, i) => value - λ[i]! * result.x.get(i)));
    expect(boundOf(result.certificate)).toBeGreaterThanOrEqual(residual * (1 - 1e-12)); // the sum above is rounded too
    expect(residual).toBeLessThanOrEqual(size(b)); // residuals rise before they fall: the start may be the best so far
  });
});
