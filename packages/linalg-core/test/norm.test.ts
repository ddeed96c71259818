import { gaussianArray, layouts, pack, plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { matmul } from "../src/dense/matmul.js";
import { dot, norm, type NormOptions } from "../src/dense/norm.js";
import { qr } from "../src/dense/qr.js";
import { svd } from "../src/dense/svd.js";
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

/** The largest singular value, and how far off it may be. */
function largestSingularValue(A: NdArray): { readonly value: number; readonly bound: number } {
  const { s, certificate } = svd(A);
  if (certificate.kind === "none") throw new Error(certificate.reason);
  return { value: s.data[0]!, bound: certificate.bound };
}

/** Q₁ diag(s) Q₂ᵀ, m × n. */
function withSingularValues(s: readonly number[], m: number, n: number): NdArray {
  const basis = (rows: number, seed: string): NdArray => qr(gaussianArray([rows, s.length], { seed })).Q!;
  const diagonal = view(Float64Array.from({ length: s.length ** 2 }, (_, p) => (p % (s.length + 1) === 0 ? s[p / (s.length + 1)]! : 0)), [s.length, s.length]); // prettier-ignore
  return matmul(matmul(basis(m, "left"), diagonal), basis(n, "right"), { transposeB: true });
}

describe("oracle: the 2-norm of a matrix", () => {
  test.each([
    [1, 1],
    [1, 9],
    [9, 1],
    [2, 2],
    [7, 5],
    [5, 7],
    [40, 40],
    [300, 9],
    [9, 300],
    [120, 100],
    [80, 200],
  ])("Gaussian %d × %d", (m, n) => {
    for (const dtype of dtypes) {
      const A = inDtype(gaussianArray([m, n], { seed: "two" }), dtype);
      const { value, bound } = largestSingularValue(inDtype(A, "float64"));
      const rounding = (n + 260) * UNIT.float64 * norm(A, { kind: "fro" });
      for (const operand of [A, csrFromDense(A)]) {
        const estimate = norm(operand, { kind: 2 });
        expect(estimate).toBeLessThanOrEqual(value + bound + rounding); // a lower bound of the norm, always
        expect(estimate).toBeGreaterThanOrEqual(value - bound - rounding); // and equal to it, here
      }
    }
  });

  test.each([
    ["one far away", [1, ...Array<number>(49).fill(1e-3)]],
    ["all the same", Array<number>(50).fill(1)],
    ["two nearly the same", [1, 1 - 1e-9, ...Array<number>(48).fill(0.3)]],
    ["two closer than any step can tell", [1, 1 - 1e-14, ...Array<number>(48).fill(0.3)]],
    ["graded", Array.from({ length: 50 }, (_, i) => 10 ** -i)],
    ["crowded at the top", Array.from({ length: 50 }, (_, i) => 1 - (i / 50) ** 2 / 100)],
    ["of rank one", [1, ...Array<number>(49).fill(0)]],
  ])("singular values %s", (_, s) => {
    for (const [m, n] of [
      [70, 60],
      [60, 70],
    ] as const)
      // prettier-ignore
      for (const operand of [withSingularValues(s, m, n), csrFromDense(withSingularValues(s, m, n))])
        expect(Math.abs(norm(operand, { kind: 2 }) - 1)).toBeLessThanOrEqual(1e-12); // the making of A is off by some 50 u
  });

  test("sparse, with rows and columns of nothing", () => {
    const S = csr([4, 5], [0, 2, 2, 3, 3], [0, 3, 4], [3, 4, 2]);
    expect(Math.abs(norm(S, { kind: 2 }) - 5)).toBeLessThanOrEqual(8 * UNIT.float64 * 5);
    expect(norm(S.transpose(), { kind: 2 })).toBeCloseTo(5, 14);
  });

  test("every step that is allowed is not enough: still from below, and within what the start promises", () => {
    const s = Array.from({ length: 600 }, (_, i) => (i === 0 ? 1 : 1 - 1e-7 * i)); // neighbours at 1e-7: Lanczos cannot part them in 300 steps
    const diagonal = csr([600, 600], Int32Array.from({ length: 601 }, (_, i) => i), Int32Array.from({ length: 600 }, (_, i) => i), s); // prettier-ignore
    const estimate = norm(diagonal, { kind: 2 });
    expect(estimate).toBeLessThanOrEqual(1 + 860 * UNIT.float64 * Math.sqrt(600));
    expect(1 - estimate).toBeLessThanOrEqual(3.1e-4 * 6e-5); // ε of 300 steps at a probability of 0.001, times the width of the spectrum
  });
});

describe("laws: the 2-norm of a matrix", () => {
  const A = plain(pack(gaussianArray([9, 13], { seed: "layout" })), [9, 13]);

  test.each([1e-320, 1e-300, 1e-150, 1, 1e150, 1e300])("no overflow, nothing vanishes: entries of %d", (scale) => {
    const unit = scale < 2 ** -1022 ? 2 ** -1074 : 8 * UNIT.float64 * 5 * scale; // a smallest number, or a few roundings
    expect(Math.abs(norm([[3 * scale, 0, -4 * scale]], { kind: 2 }) - 5 * scale)).toBeLessThanOrEqual(unit);
    expect(Math.abs(norm([[3 * scale], [4 * scale]], { kind: 2 }) - 5 * scale)).toBeLessThanOrEqual(unit);
    expect(Math.abs(norm([[scale, scale], [scale, scale]], { kind: 2 }) - 2 * scale)).toBeLessThanOrEqual(unit); // prettier-ignore
  });

  test("powers of two pass through exactly, and every layout alike", () => {
    const value = norm(A, { kind: 2 });
    for (const k of [-900, -3, 7, 900]) expect(norm(view(pack(A).map((x) => x * 2 ** k), [9, 13]), { kind: 2 })).toBe(value * 2 ** k); // prettier-ignore
    for (const layout of layouts) expect(norm(strided(A, layout), { kind: 2 })).toBe(value);
  });

  test("between the norms that bound it", () => {
    const value = norm(A, { kind: 2 });
    expect(value).toBeLessThanOrEqual(norm(A, { kind: "fro" }));
    expect(value ** 2).toBeLessThanOrEqual(norm(A, { kind: 1 }) * norm(A, { kind: Infinity }));
    expect(value).toBeGreaterThanOrEqual(norm(A, { kind: "fro" }) / 3); // √rank
  });
});

describe("degenerate: the 2-norm of a matrix", () => {
  test("nothing, and zeros", () => {
    for (const shape of [
      [0, 0],
      [0, 3],
      [3, 0],
      [4, 5],
    ]) {
      // prettier-ignore
      const A = view(new Float64Array(shape[0]! * shape[1]!), shape);
      expect(norm(A, { kind: 2 })).toBe(0);
      expect(norm(csrFromDense(A), { kind: 2 })).toBe(0);
    }
  });

  test("a norm beyond the largest number", () => {
    const A = view(new Float64Array(16).fill(1e308), [4, 4]);
    expectError(() => norm(A, { kind: 2 }), NonFiniteError, { argument: "result overflows float64" });
    expectError(() => norm([[1, NaN]], { kind: 2 }), NonFiniteError, { argument: "x", index: [0, 1] });
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
    expectError(() => norm([[1]], { kind: 3 }), OptionError, { where: "norm", argument: "kind" });
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
