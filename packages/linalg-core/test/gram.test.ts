import { gaussianArray, layouts, matmulMagnitude, matmulOracle, pack, plain } from "@subquad/test-kit";
import { csrFromTriplets, csrToDense } from "../src/sparse/csr.js";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { gram } from "../src/dense/gram.js";
import { matmul } from "../src/dense/matmul.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { expectBackendsKeepBits, expectLayoutsKeepBits, inLayout } from "./factorization-support.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

const sides = ["columns", "rows"] as const;
const random = (m: number, n: number, dtype: DType): NdArray => inDtype(gaussianArray([m, n], { seed: `gram/${m}/${n}` }), dtype);
const asProduct = (side: (typeof sides)[number]): { transposeA: boolean } | { transposeB: boolean } =>
  side === "columns" ? { transposeA: true } : { transposeB: true };

/** Shapes around the tiles of the product: 6 × 8 and 6 × 4, blocks of 96 and 192 rows, 256 terms. */
const shapes = [
  [1, 1],
  [2, 7],
  [9, 5],
  [17, 8],
  [63, 65],
  [300, 20],
  [257, 97],
  [40, 200],
] as const;

function expectSymmetric(G: NdArray): void {
  expectSameBits(plain(pack(G), G.shape), plain(pack(transpose(G)), G.shape));
}

describe("oracle", () => {
  test.each(sides)("side %s: within the rounding of a product", (side) => {
    for (const dtype of dtypes) {
      for (const [m, n] of shapes) {
        const A = random(m, n, dtype);
        const [k, l] = side === "columns" ? [n, m] : [m, n];
        const G = gram(A, { side });
        expect(G.shape).toEqual([k, k]);
        expect(G.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
        const unit = gamma(l + 2, UNIT[dtype]);
        const allowed = pack(matmulMagnitude(A, A, asProduct(side))).map((size) => unit * size);
        expectWithin(plain(pack(G), [k, k]), matmulOracle(A, A, asProduct(side)), allowed);
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("laws", () => {
  test.each(sides)("side %s: symmetric to the last bit, and the bits of matmul", (side) => {
    for (const dtype of dtypes) {
      for (const [m, n] of shapes) {
        const A = random(m, n, dtype);
        const G = gram(A, { side });
        expectSymmetric(G);
        expectSameBits(G, matmul(A, A, asProduct(side)));
        expectSameBits(gram(A, { side, alpha: -0.3 }), matmul(A, A, { ...asProduct(side), alpha: -0.3 }));
      }
    }
  });

  test("columns by default; the rows of A are the columns of its transpose", () => {
    const A = random(23, 11, "float64");
    expectSameBits(gram(A), gram(A, { side: "columns" }));
    expectSameBits(gram(A, { side: "rows" }), gram(transpose(A)));
  });

  test("strides change no bits, nor does the backend", () => {
    for (const dtype of dtypes) {
      for (const side of sides) {
        expectLayoutsKeepBits(random(19, 13, dtype), (A) => [gram(A, { side })]);
        expectBackendsKeepBits(() => [gram(random(70, 37, dtype), { side })]);
      }
    }
  });

  test("one triangle alone has the bits of the whole", () => {
    for (const dtype of dtypes) {
      for (const [m, n] of shapes) {
        const A = random(m, n, dtype);
        const whole = pack(gram(A));
        for (const triangle of ["lower", "upper"] as const) {
          pack(gram(A, { triangle })).forEach((x, p) => {
            const [i, j] = [Math.floor(p / n), p % n];
            if ((triangle === "lower" ? j <= i : j >= i) && !Object.is(x, whole[p])) expect.fail(`${triangle} [${i}, ${j}]: ${x}`);
          });
        }
      }
    }
  });

  test("out: alpha and beta, in every layout; beta 0 does not read; beta 1 twice doubles exactly", () => {
    for (const dtype of dtypes) {
      const A = random(21, 14, dtype);
      const C = gram(random(6, 14, dtype)); // symmetric
      for (const layout of layouts) {
        const out = inLayout(C, layout);
        expect(gram(A, { alpha: 0.5, beta: -2, out })).toBe(out);
        const product = { data: C.data.slice() as Float64Array, shape: [14, 14] };
        expectSameBits(
          plain(pack(out), [14, 14]),
          plain(pack(matmul(A, A, { transposeA: true, alpha: 0.5, beta: -2, out: view(product.data, product.shape) })), [14, 14]),
        );
      }
      const unread = inDtype(plain(new Float64Array(196).fill(NaN), [14, 14]), dtype);
      expectSameBits(gram(A, { out: unread }), gram(A));
      const twice = gram(A);
      gram(A, { beta: 1, out: twice });
      expectSameBits(
        twice,
        inDtype(
          plain(
            pack(gram(A)).map((x) => 2 * x),
            [14, 14],
          ),
          dtype,
        ),
      );
    }
  });
});

describe("errors", () => {
  const A = random(4, 3, "float64");

  test("shapes and finite entries", () => {
    expectError(() => gram(view(new Float64Array(4), [4])), ShapeError, { where: "gram", argument: "A" });
    const bad = random(4, 3, "float64");
    bad.data[7] = NaN;
    expectError(() => gram(bad), NonFiniteError, { argument: "A", index: [2, 1] });
    expectError(() => gram(transpose(bad)), NonFiniteError, { index: [1, 2] });
    expectError(() => gram(A, { out: view(new Float64Array(16), [4, 4]), beta: 1 }), ShapeError, { argument: "out" });
    expect(() => gram([[1e200, 1]])).toThrow(NonFiniteError); // the square overflows
  });

  test.each([
    ["side", "left"],
    ["triangle", "half"],
    ["alpha", NaN],
    ["beta", Infinity],
    ["transposeA", true],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => gram(A, { [name]: value }), OptionError, { argument: name });
  });

  test("out of another dtype, or on the memory of A: nothing is written", () => {
    expect(() => gram(A, { out: view(new Float32Array(9), [3, 3]) })).toThrow(/out/);
    const store = Float64Array.from({ length: 12 }, (_, p) => p);
    expect(() => gram(view(store, [4, 3]), { out: view(store, [3, 3]) })).toThrow(OptionError);
    expect([...store]).toEqual(Array.from({ length: 12 }, (_, p) => p));
  });
});

describe("degenerate", () => {
  test.each(dtypes)("%s: nothing to sum, nothing to return", (dtype) => {
    const empty = (m: number, n: number): NdArray => inDtype(plain(new Float64Array(0), [m, n]), dtype);
    expectSameBits(gram(empty(0, 3)), inDtype(plain(new Float64Array(9), [3, 3]), dtype));
    expectSameBits(gram(empty(3, 0), { side: "rows" }), inDtype(plain(new Float64Array(9), [3, 3]), dtype));
    expect(gram(empty(3, 0)).shape).toEqual([0, 0]);
    expect(gram(empty(0, 3), { side: "rows" }).shape).toEqual([0, 0]);
  });
});

describe("oracle: sparse", () => {
  test("equals the dense product of either side, with alpha, beta and a triangle", () => {
    const S = csrFromTriplets([3, 4], [0, 0, 1, 2, 2], [0, 3, 1, 0, 3], [2, -1, 3, 4, 5]);
    const A = csrToDense(S);
    for (const side of ["columns", "rows"] as const) {
      expect([...gram(S, { side }).data]).toEqual([...gram(A, { side }).data]); // small integers: exact
      expect([...gram(S, { side, alpha: 2, triangle: "lower" }).data]).toEqual([...gram(A, { side, alpha: 2, triangle: "lower" }).data]);
    }
  });
});
