import { exactCondition, gaussianArray, generalMatrix, matrixTypes, pack, plain, singularValuesOracle, ulpOf } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { conditionBound } from "../src/dense/condition-bound.js";
import { conditionEstimate } from "../src/dense/condition.js";
import { lu } from "../src/dense/lu.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { expectLayoutsKeepBits, hilbert, identityMatrix, matrixOf, timesNumber } from "./factorization-support.js";
import { dtypes, expectError, inDtype, isFullProfile, median } from "./numeric-support.js";

const ULP = ulpOf("float64");
const regular = matrixTypes.filter(({ condition }) => condition(ULP) < Infinity);

/** Upper triangular, of random entries; its diagonal falls to `last`. */
function triangle(n: number, last: number, seed: string): NdArray {
  const values = pack(gaussianArray([n, n], { seed: `triangle/${seed}` }));
  return view(
    values.map((x, p) => {
      const [i, j] = [Math.floor(p / n), p % n];
      return j < i ? 0 : j > i ? x * last ** (i / Math.max(1, n - 1)) : last ** (i / Math.max(1, n - 1)) * (x < 0 ? -1 : 1);
    }),
    [n, n],
  );
}

function spectralCondition(R: NdArray): number {
  const s = singularValuesOracle(R).data;
  return s[0]! / s.at(-1)!;
}

describe("oracle", () => {
  test("conditionEstimate: never above κ₁, and at least a tenth of it but for 1 % of the type list", () => {
    let [count, low] = [0, 0];
    const ratios: number[] = [];
    for (const type of regular) {
      for (const n of isFullProfile ? [1, 2, 3, 5, 10, 16, 30, 40] : [1, 2, 3, 5, 10, 16]) {
        for (const seed of ["0", "1", "2"]) {
          const A = generalMatrix(type, n, n, { seed });
          const truth = exactCondition(A);
          const { estimate } = conditionEstimate(A, { norm: 1 });
          // A v is summed in two terms, so that the quotient itself is right to a few units wherever A is not singular to rounding
          if (!(estimate <= truth * (1 + 1e-8))) expect.fail(`${type.name}, ${n}: ${estimate} above ${truth}`);
          count++;
          ratios.push(truth / estimate);
          if (truth < 1e14 && estimate < truth / 10) low++;
        }
      }
    }
    expect(low).toBeLessThanOrEqual(0.01 * count);
    expect(median(ratios)).toBeLessThanOrEqual(3);
  });

  test("of a factor: the number that its matrix gives", () => {
    for (const n of [1, 4, 12]) {
      const A = inDtype(gaussianArray([n, n], { seed: `factor/${n}` }), "float64");
      const [direct, factored] = [conditionEstimate(A).estimate, conditionEstimate(lu(A)).estimate];
      expect(Math.abs(factored / direct - 1)).toBeLessThanOrEqual(1e-8);
    }
  });

  test("diagonals and the Hilbert matrix", () => {
    expect(conditionEstimate(identityMatrix(7)).estimate).toBe(1);
    const D = matrixOf([[4, 0, 0], [0, -0.5, 0], [0, 0, 1]]); // prettier-ignore
    expect(conditionEstimate(D).estimate).toBe(8);
    const truth = exactCondition(hilbert(6)); // 2.9e7
    const { estimate } = conditionEstimate(hilbert(6));
    expect(estimate).toBeGreaterThanOrEqual(truth / 3);
    expect(estimate).toBeLessThanOrEqual(truth * (1 + 100 * ULP * truth));
  });

  test("conditionBound: never below κ₂, and within n of it in the median", () => {
    const slacks: number[] = [];
    for (const n of [1, 2, 3, 5, 8, 12]) {
      for (const last of [1, 1e-3, 1e-6, 1e-10, 1e-13]) {
        for (let seed = 0; seed < 8; seed++) {
          const R = triangle(n, last, `${n}/${last}/${seed}`);
          const [bound, truth] = [conditionBound(R), spectralCondition(R)];
          if (!(bound >= truth)) expect.fail(`n = ${n}, ${last}, ${seed}: ${bound} below ${truth}`);
          if (bound < Infinity) slacks.push(bound / truth / n);
        }
      }
    }
    expect(median(slacks)).toBeLessThanOrEqual(1.01); // ‖R‖_F ‖R⁻¹‖_F ≤ n κ₂
  });

  test("conditionBound at the ends: Infinity where nothing is proved", () => {
    expect(conditionBound(identityMatrix(4))).toBeGreaterThanOrEqual(4); // √n √n
    expect(conditionBound(identityMatrix(4))).toBeLessThanOrEqual(4 * (1 + 100 * ULP));
    expect(conditionBound(matrixOf([[1, 1], [0, 0]]))).toBe(Infinity); // prettier-ignore
    expect(conditionBound(matrixOf([[1, 1], [0, 1e-310]]))).toBe(Infinity); // prettier-ignore
    for (let seed = 0; seed < 10; seed++) {
      const R = triangle(10, 1e-18, String(seed));
      expect(conditionBound(R)).toBeGreaterThanOrEqual(spectralCondition(R));
    }
  });
});

describe("certificate is honest", () => {
  test("an estimate from below bounds nothing from above, and says so", () => {
    const { certificate } = conditionEstimate(identityMatrix(3), { norm: 1 });
    expect(certificate).toMatchObject({ kind: "none", reason: expect.stringMatching(/lower|estimate/) as string });
  });
});

describe("laws", () => {
  test("strides change no bits", () => {
    for (const dtype of dtypes) {
      expectLayoutsKeepBits(gaussianArray([9, 9], { seed: "layout", dtype }), (A) => [
        plain(Float64Array.of(conditionEstimate(A).estimate), [1]),
      ]);
      expectLayoutsKeepBits(inDtype(triangle(9, 1e-3, "layout"), dtype), (R) => [plain(Float64Array.of(conditionBound(R)), [1])]);
    }
  });

  test.each([-900, -400, 400, 900])("2^%i A has the condition of A", (exponent) => {
    const A = inDtype(gaussianArray([8, 8], { seed: "scale" }), "float64");
    const want = conditionEstimate(A).estimate;
    expect(Math.abs(conditionEstimate(timesNumber(A, 2 ** exponent)).estimate / want - 1)).toBeLessThanOrEqual(1e-10);
    const R = triangle(8, 1e-3, "scale");
    const moved = conditionBound(timesNumber(R, 2 ** exponent));
    if (Math.abs(exponent) < 500) expect(Math.abs(moved / conditionBound(R) - 1)).toBeLessThanOrEqual(1e-10);
    expect(moved).toBeGreaterThanOrEqual(spectralCondition(R));
  });

  test("what stands below the diagonal of R does not count", () => {
    const R = triangle(6, 1e-2, "below");
    const noisy = view(Float64Array.from(R.data, (x, p) => (p % 6 < Math.floor(p / 6) ? 7 : x)), [6, 6]); // prettier-ignore
    expect(conditionBound(noisy)).toBe(conditionBound(R));
  });
});

describe("errors", () => {
  test("shapes, options, finite entries", () => {
    expectError(() => conditionEstimate([[1, 2]]), ShapeError, { where: "conditionEstimate" });
    expectError(() => conditionBound([[1, 2]]), ShapeError, { where: "conditionBound", argument: "R" });
    expectError(() => conditionEstimate([[1]], { norm: 2 } as object), OptionError, { argument: "norm" });
    expectError(() => conditionEstimate([[1]], { seed: 2 } as object), OptionError, { argument: "seed" });
    expectError(() => conditionEstimate([[NaN]]), NonFiniteError, { where: "conditionEstimate", index: [0, 0] });
    expectError(() => conditionBound([[1, Infinity], [0, 1]]), NonFiniteError, { argument: "R", index: [0, 1] }); // prettier-ignore
  });
});

describe("degenerate", () => {
  test("singular: Infinity, not an error", () => {
    expect(conditionEstimate([[1, 2], [2, 4]]).estimate).toBe(Infinity); // prettier-ignore
    expect(conditionEstimate([[0]]).estimate).toBe(Infinity);
  });

  test("1 × 1 and 0 × 0", () => {
    expect(conditionEstimate([[-7]]).estimate).toBe(1);
    expect(conditionBound([[-7]])).toBeLessThanOrEqual(1 + 32 * ULP); // two norms rounded up by 18 u each, and the departure
    expect(conditionBound(view(new Float64Array(0), [0, 0]))).toBeLessThanOrEqual(1);
  });
});
