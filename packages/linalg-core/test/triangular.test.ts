import { gaussianArray, layouts, matmulMagnitude, matmulOracle, pack, plain, strided, type Layout } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, transpose, view } from "../src/array/view.js";
import { solveTriangular, type SolveTriangularOptions } from "../src/dense/triangular.js";
import { NonFiniteError, OptionError, RankDeficientError, ShapeError } from "../src/errors.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

type Choice = Required<Omit<SolveTriangularOptions, "out">>;

const FLAGS = [false, true];
const choices: readonly Choice[] = FLAGS.flatMap((upper) =>
  FLAGS.flatMap((transposed) =>
    FLAGS.flatMap((unitDiagonal) => (["left", "right"] as const).map((side) => ({ upper, transpose: transposed, unitDiagonal, side }))),
  ),
);

/** n × n with 2 and more on the diagonal and small numbers beside it, on both sides: what does not count must not count. */
function full(n: number, dtype: DType, seed = "T"): NdArray {
  const values = pack(gaussianArray([n, n], { seed, deviation: 0.3 }));
  for (let i = 0; i < n; i++) values[i * n + i] = (i % 2 === 0 ? 2 : -2) + values[i * n + i]!;
  return inDtype(plain(values, [n, n]), dtype);
}

/** op(T) as a matrix of its own, with zeros and ones where they belong. */
function operator(T: NdArray, { upper, transpose: transposed, unitDiagonal }: Choice): NdArray {
  const n = T.shape[0]!;
  const values = pack(T);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j && unitDiagonal) values[i * n + j] = 1;
      else if (upper ? j < i : j > i) values[i * n + j] = 0;
    }
  }
  const M = view(values, [n, n]);
  return transposed ? transpose(M) : M;
}

/** |op(T) X − B| ≤ γ_(n+1) |op(T)||X|: the backward error of substitution and the final division; float32 rounds X once more. */
function expectSolution(X: NdArray, T: NdArray, B: NdArray, choice: Choice): void {
  const M = operator(T, choice);
  const n = M.shape[0]!;
  const [left, right] = choice.side === "left" ? [M, X] : [X, M];
  const unit = X.data instanceof Float32Array ? UNIT.float32 + gamma(n + 1, UNIT.float64) : gamma(n + 1, UNIT.float64);
  expectWithin(
    matmulOracle(left, right),
    inDtype(B, "float64"),
    pack(matmulMagnitude(left, right)).map((size) => unit * size + 1e-300),
  );
}

function inLayout(A: NdArray, layout: Layout): NdArray {
  const { data, shape, stride, offset } = strided(A, layout);
  return view(data as Float64Array, shape, stride, offset);
}

const rightSide = (n: number, p: number, dtype: DType, { side }: Choice): NdArray =>
  inDtype(gaussianArray(side === "left" ? [n, p] : [p, n], { seed: `B/${n}/${p}` }), dtype);

describe("oracle", () => {
  test.each(choices)("upper $upper, transpose $transpose, unitDiagonal $unitDiagonal, side $side", (choice) => {
    for (const dtype of dtypes) {
      for (const n of [1, 2, 3, 5, 8, 17, 64, 65]) {
        for (const p of [1, 2, 7, 8, 9, 19]) {
          const [T, B] = [full(n, dtype), rightSide(n, p, dtype, choice)];
          const X = solveTriangular(T, B, choice);
          expect(X.shape).toEqual(B.shape);
          expect(X.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
          expectSolution(X, T, B, choice);
        }
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("defaults: lower, from the left", () => {
    const [T, B] = [full(6, "float64"), rightSide(6, 3, "float64", choices[0]!)];
    expectSolution(solveTriangular(T, B), T, B, { upper: false, transpose: false, unitDiagonal: false, side: "left" });
  });

  test("one float64 operand makes the answer float64", () => {
    const [T, B] = [full(4, "float32"), rightSide(4, 3, "float64", choices[0]!)];
    expect(solveTriangular(T, B).data).toBeInstanceOf(Float64Array);
    expect(solveTriangular(inDtype(T, "float64"), inDtype(B, "float32")).data).toBeInstanceOf(Float64Array);
  });
});

describe("laws", () => {
  test("strides change no bits, nor does what stands in the other triangle", () => {
    const other = 1e30;
    for (const choice of choices) {
      for (const dtype of dtypes) {
        const [T, B] = [full(9, dtype), rightSide(9, 5, dtype, choice)];
        const X = solveTriangular(T, B, choice);
        for (const layout of layouts) expectSameBits(solveTriangular(inLayout(T, layout), inLayout(B, layout), choice), X);
        const noisy = pack(T).map((x, p) => {
          const [i, j] = [Math.floor(p / 9), p % 9];
          return (choice.upper ? j < i : j > i) || (i === j && choice.unitDiagonal) ? other : x;
        });
        expectSameBits(solveTriangular(inDtype(plain(noisy, [9, 9]), dtype), B, choice), X);
      }
    }
  });

  test("a column of the answer depends on that column alone, bit for bit", () => {
    const T = full(33, "float64");
    const B = inDtype(gaussianArray([33, 21], { seed: "columns" }), "float64");
    const X = solveTriangular(T, B);
    for (const [from, to] of [
      [0, 1],
      [7, 9],
      [3, 20],
      [20, 21],
    ] as const) {
      expectSameBits(solveTriangular(T, slice(B, null, [from, to])), inDtype(slice(X, null, [from, to]), "float64"));
    }
  });

  test("small integers with a unit diagonal are exact; powers of two go through", () => {
    const integers = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 36, maxLength: 36 });
    fc.assert(
      fc.property(integers, integers, fc.constantFrom(...choices), fc.integer({ min: -40, max: 40 }), (t, x, choice, exponent) => {
        const unit = { ...choice, unitDiagonal: true };
        const T = view(Float64Array.from(t), [6, 6]);
        const X = view(
          Float64Array.from(x, (v) => v * 2 ** exponent + 0),
          [6, 6],
        );
        const M = operator(T, unit);
        const B = inDtype(choice.side === "left" ? matmulOracle(M, X) : matmulOracle(X, M), "float64");
        expectWithin(solveTriangular(T, B, unit), X, 0);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test.each([1e-300, 1e-9, 1, 1e9, 1e300])("at the scale %s", (size) => {
    const T = inDtype(
      { ...full(12, "float64"), shape: [12, 12], stride: [12, 1], offset: 0, data: pack(full(12, "float64")).map((t) => t * size) },
      "float64",
    );
    for (const choice of choices.filter(({ unitDiagonal }) => !unitDiagonal)) {
      const B = rightSide(12, 4, "float64", choice);
      expectSolution(solveTriangular(T, B, choice), T, B, choice);
    }
  });
});

describe("errors", () => {
  const T = full(4, "float64");

  test("shapes", () => {
    expectError(() => solveTriangular(slice(T, [0, 3]), T), ShapeError, { where: "solveTriangular", argument: "T" });
    expectError(() => solveTriangular(T, slice(T, [0, 3])), ShapeError, { argument: "B" });
    expectError(() => solveTriangular(T, slice(T, null, [0, 3]), { side: "right" }), ShapeError, { argument: "B" });
    expectError(() => solveTriangular(T, view(new Float64Array(4), [4])), ShapeError, { argument: "B" });
  });

  test.each([
    ["upper", 1],
    ["transpose", "no"],
    ["unitDiagonal", null],
    ["side", "top"],
    ["lower", true],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => solveTriangular(T, T, { [name]: value }), OptionError, { argument: name });
  });

  test.each(choices.filter(({ unitDiagonal }) => !unitDiagonal))(
    "a zero on the diagonal is named: upper $upper, transpose $transpose, side $side",
    (choice) => {
      for (const zero of [0, -0]) {
        const values = pack(T);
        values[2 * 4 + 2] = zero;
        for (const layout of layouts) {
          expectError(() => solveTriangular(inLayout(view(values, [4, 4]), layout), T, choice), RankDeficientError, {
            column: 2,
            pivot: zero,
          });
        }
        solveTriangular(view(values, [4, 4]), T, { ...choice, unitDiagonal: true }); // there it does not count
      }
    },
  );

  test("NaN and infinities are named by their own index, whatever is transposed", () => {
    for (const choice of choices) {
      for (const bad of [NaN, -Infinity]) {
        const t = pack(T);
        t[3 * 4 + 1] = bad;
        expectError(() => solveTriangular(view(t, [4, 4]), T, choice), NonFiniteError, { argument: "T", value: bad, index: [3, 1] });
        const B = rightSide(4, 3, "float64", choice);
        B.data[B.shape[1]! + 2] = bad;
        expectError(() => solveTriangular(T, B, choice), NonFiniteError, { argument: "B", value: bad, index: [1, 2] });
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("an answer that overflows is named, never returned", () => {
    const T = view(Float64Array.of(1, 0, 0, 1e-200), [2, 2]);
    const B = view(Float64Array.of(1, 1, 1, 1e200), [2, 2]);
    expectError(() => solveTriangular(T, B), NonFiniteError, { value: Infinity, index: [1, 1] });
    expect(() => solveTriangular(T, B)).toThrow("result overflows float64");
    expectError(() => solveTriangular(T, B, { side: "right", upper: true }), NonFiniteError, { value: Infinity, index: [1, 1] });
    const [t, b] = [view(Float32Array.of(1e-30), [1, 1]), view(Float32Array.of(1e30), [1, 1])];
    expect(() => solveTriangular(t, b)).toThrow("result overflows float32");
    solveTriangular(inDtype(t, "float64"), b);
  });
});

describe("degenerate", () => {
  test.each(dtypes)("%s: nothing to solve", (dtype) => {
    const empty = (rows: number, columns: number): NdArray => inDtype(plain(new Float64Array(rows * columns), [rows, columns]), dtype);
    expect(solveTriangular(empty(0, 0), empty(0, 3)).shape).toEqual([0, 3]);
    expect(solveTriangular(full(3, dtype), empty(3, 0)).shape).toEqual([3, 0]);
    expect(solveTriangular(full(3, dtype), empty(0, 3), { side: "right" }).shape).toEqual([0, 3]);
  });
});
