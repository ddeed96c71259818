import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { dot, norm, type NormOptions } from "../src/dense/norm.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { csr, csrFromDense } from "../src/sparse/csr.js";
import { dtypes, expectError, gamma, inDtype, UNIT } from "./numeric-support.js";

const sum = (list: ArrayLike<number>): number => Array.from(list).reduce((total, x) => total + x, 0);

type Kind = NonNullable<NormOptions["kind"]>;

/** By definition, plainly. */
function plainNorm(A: NdArray, kind: Kind): number {
  const [m, n] = A.shape.length === 1 ? [1, A.shape[0]!] : (A.shape as [number, number]);
  const sizes = pack(A).map(Math.abs);
  const rows = Array.from({ length: m }, (_, i) => sum(sizes.subarray(i * n, (i + 1) * n)));
  const columns = Array.from({ length: n }, (_, j) => sum(sizes.filter((_, p) => p % n === j)));
  if (kind === "fro" || kind === 2) return Math.sqrt(sum(sizes.map((x) => x * x)));
  if (kind === "max" || (A.shape.length === 1 && kind === Infinity)) return Math.max(0, ...sizes);
  if (A.shape.length === 1) return sum(sizes);
  return Math.max(0, ...(kind === 1 ? columns : rows));
}

const kinds = (A: NdArray): Kind[] => (A.shape.length === 1 ? [1, 2, Infinity] : ["fro", 1, Infinity, "max"]);

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each([[[0]], [[1]], [[300]], [[0, 3]], [[3, 0]], [[7, 5]], [[300, 9]], [[4, 600]]])("shape %j", (shape) => {
    const A = inDtype(gaussianArray(shape, { seed: "norm" }), dtype);
    for (const kind of kinds(A)) {
      const want = plainNorm(A, kind);
      // N terms summed one after the other in the oracle, in blocks in ours
      const allowed = gamma(2 * A.size + 300, UNIT.float64) * want;
      expect(Math.abs(norm(A, { kind }) - want)).toBeLessThanOrEqual(allowed);
      if (shape.length === 2) expect(Math.abs(norm(csrFromDense(A), { kind }) - want)).toBeLessThanOrEqual(allowed);
    }
  });

  test("dot", () => {
    for (const n of [0, 1, 5, 255, 256, 257, 1000]) {
      const [x, y] = [inDtype(gaussianArray([n], { seed: `x${n}` }), dtype), inDtype(gaussianArray([n], { seed: `y${n}` }), dtype)];
      const terms = pack(x).map((a, i) => a * pack(y)[i]!);
      expect(Math.abs(dot(x, y) - sum(terms))).toBeLessThanOrEqual(gamma(n + 70, UNIT.float64) * sum(terms.map(Math.abs)));
    }
  });
});

describe("laws", () => {
  test.each([1e-320, 1e-300, 1e-150, 1, 1e150, 1e300])("no overflow, nothing vanishes: entries of %d", (scale) => {
    const x = [3 * scale, 0, -4 * scale];
    const unit = scale < 2 ** -1022 ? 2 ** -1074 : 4 * UNIT.float64 * 5 * scale; // a smallest number, or a few roundings
    expect(Math.abs(norm(x) - 5 * scale)).toBeLessThanOrEqual(unit);
    expect(Math.abs(norm([x], { kind: "fro" }) - 5 * scale)).toBeLessThanOrEqual(unit);
    expect(norm([x], { kind: "max" })).toBe(4 * scale);
    expect(norm(x, { kind: Infinity })).toBe(4 * scale);
    expect(Math.abs(norm(x, { kind: 1 }) - 7 * scale)).toBeLessThanOrEqual(2 * unit);
  });

  test("powers of two pass through exactly", () => {
    const x = pack(gaussianArray([50], { seed: "powers" }));
    for (const k of [-900, -3, 7, 900]) expect(norm(x.map((v) => v * 2 ** k))).toBe(norm(x) * 2 ** k);
  });

  test("every layout alike", () => {
    const A = plain(pack(gaussianArray([9, 13], { seed: "layout" })), [9, 13]);
    for (const layout of layouts)
      for (const kind of ["fro", 1, Infinity, "max"] as const) {
        expect(norm(strided(A, layout), { kind })).toBe(norm(A, { kind }));
      }
  });

  test("products that overflow and cancel", () => {
    expect(dot([1e300, 1e300, 2], [1e300, -1e300, 3])).toBe(0); // 6 is lost beside 1e600, the answer of exact arithmetic within the bound
    expect(dot([1e300, -1e300], [1e300, 1e300])).toBe(0);
    expect(dot([2 ** 600, 1], [2 ** 400, 1])).toBe(2 ** 1000);
  });
});

describe("errors", () => {
  test("kinds", () => {
    expectError(() => norm([[1]], { kind: 2 }), OptionError, { where: "norm", argument: "kind" });
    expectError(() => norm([[1]]), OptionError, { argument: "kind", got: undefined });
    expectError(() => norm([1], { kind: "fro" }), OptionError, { argument: "kind" });
    expectError(() => norm([1], { kind: 3 }), OptionError, { argument: "kind" });
    expectError(() => norm([1], { axis: 0 } as object), OptionError, { argument: "axis" });
  });

  test("shapes and values", () => {
    expectError(() => norm(view(new Float64Array(8), [2, 2, 2])), ShapeError, { argument: "x" });
    expectError(() => norm([1, NaN]), NonFiniteError, { argument: "x", index: [1] });
    expectError(() => norm([1e308, 1e308], { kind: 1 }), NonFiniteError, { argument: "result overflows float64" });
    expectError(() => norm(new Float64Array(4).fill(1e308)), NonFiniteError, { argument: "result overflows float64" });
    const S = csr([2, 2], [0, 1, 2], [1, 0], [3, 4]);
    S.values[1] = NaN;
    expectError(() => norm(S, { kind: 1 }), NonFiniteError, { argument: "x", index: [1, 0] });
    expectError(() => dot([1, 2], [1]), ShapeError, { where: "dot", argument: "y", got: [1] });
    expectError(() => dot(view(Float64Array.of(1), [1, 1]), [1]), ShapeError, { argument: "x", got: [1, 1] });
    expectError(() => dot([NaN], [1]), NonFiniteError, { argument: "x" });
    expectError(() => dot([1e200], [1e200]), NonFiniteError, { argument: "result overflows float64" });
  });
});
