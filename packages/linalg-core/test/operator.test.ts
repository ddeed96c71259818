import { gaussianArray, pack, plain } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { matvec } from "../src/dense/matvec.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { asOperator, isLinearOperator, type LinearOperator } from "../src/operator.js";
import { runAsync, runSync } from "../src/runtime/steps.js";
import { csrFromDense, type CsrMatrix } from "../src/sparse/csr.js";
import { dtypes, expectError, inDtype } from "./numeric-support.js";

const site = "lsqr(preconditioner)";
const A = inDtype(gaussianArray([21, 34], { seed: "operator" }), "float64");
const operator: LinearOperator = { shape: [21, 34], apply: (x) => matvec(A, x), applyTranspose: (y) => matvec(A, y, { transpose: true }) };
const vector = (n: number): Float64Array => pack(gaussianArray([n], { seed: `x ${n}` }));

const operands: readonly [string, MatrixInput | CsrMatrix | LinearOperator][] = [
  ["dense", A],
  ["dense, columns side by side", transpose(view(pack(transpose(A)), [34, 21]))],
  ["an operator", operator],
];

describe("oracle", () => {
  test.each(operands)("%s: the bits of matvec, both ways, also over what was there", async (_, input) => {
    const checked = asOperator(input, site);
    expect(checked.shape).toEqual([21, 34]);
    expect(checked.hasTranspose).toBe(true);
    const [y, x, z, w] = [21, 34, 21, 21].map((n) => new Float64Array(n).fill(NaN)) as [Float64Array, Float64Array, Float64Array, Float64Array]; // prettier-ignore
    checked.multiply(vector(34), y);
    checked.multiplyTranspose(vector(21), x);
    runSync(checked.multiplySteps(vector(34), z));
    await runAsync(checked.multiplySteps(vector(34), w));
    expect(y).toEqual(pack(matvec(A, vector(34))));
    expect(x).toEqual(pack(matvec(A, vector(21), { transpose: true })));
    expect([z, w]).toEqual([y, y]);
  });

  test.each(dtypes)("sparse, %s values, always in float64", (dtype) => {
    const S = csrFromDense(inDtype(A, dtype), { threshold: 1 });
    const checked = asOperator(S, site);
    const [y, x] = [new Float64Array(21), new Float64Array(34)];
    checked.multiply(vector(34), y);
    checked.multiplyTranspose(vector(21), x);
    expect(y).toEqual(pack(matvec(S, plain(vector(34), [34]))));
    expect(x).toEqual(pack(matvec(S, plain(vector(21), [21]), { transpose: true })));
  });
});

describe("laws", () => {
  test("the vector is the caller's own: an operator may return what it gets, and change it", () => {
    const [x, y] = [Float64Array.of(1, 2), new Float64Array(2)];
    asOperator({ shape: [2, 2], apply: (z) => z }, site).multiply(x, y);
    expect(y).toEqual(x);
    asOperator({ shape: [2, 2], apply: (z) => ((z.data[0] = 9), z) }, site).multiply(x, y);
    expect([x[0], y[0]]).toEqual([1, 9]);
  });

  test("a dense matrix that changes later does not change the operator", () => {
    const M = view(Float64Array.of(2), [1, 1]);
    const checked = asOperator(M, site);
    M.data[0] = 5;
    const y = new Float64Array(1);
    checked.multiply(Float64Array.of(1), y);
    expect(y[0]).toBe(2);
  });

  test("what an operator is", () => {
    expect(isLinearOperator(operator)).toBe(true);
    for (const value of [null, A, csrFromDense(A), { apply: () => A }, { shape: [1, 1], apply: 3 }])
      expect(isLinearOperator(value)).toBe(false);
  });
});

describe("errors", () => {
  const giving = (result: unknown): LinearOperator => ({
    shape: [2, 2],
    apply: () => result as NdArray,
    applyTranspose: () => result as NdArray,
  });
  const [x, y] = [new Float64Array(2).fill(1), new Float64Array(2)];

  test("what an operator gives is checked each time, and its answer told apart from the operand", () => {
    const wrong = asOperator(giving(plain(x, [2, 1])), site);
    expectError(() => { wrong.multiply(x, y); }, ShapeError, { where: "lsqr", argument: "preconditioner: operator.apply", expected: "shape [2]", got: [2, 1] }); // prettier-ignore
    expectError(() => { wrong.multiplyTranspose(x, y); }, ShapeError, { argument: "preconditioner: operator.applyTranspose" }); // prettier-ignore
    expectError(() => { asOperator(giving(3), site).multiply(x, y); }, ShapeError, { argument: "preconditioner: operator.apply" }); // prettier-ignore
    expectError(() => { asOperator(giving([1, NaN]), site).multiply(x, y); }, NonFiniteError, { argument: "preconditioner: operator.apply", index: [1] }); // prettier-ignore
  });

  test("matrices", () => {
    expectError(() => asOperator([[NaN]], site), NonFiniteError, { where: "lsqr", argument: "preconditioner", index: [0, 0] });
    expectError(() => asOperator([1, 2] as unknown as number[][], site), ShapeError, { argument: "preconditioner" });
    const changed = csrFromDense([[1]]);
    changed.values[0] = Infinity;
    expectError(() => asOperator(changed, site), NonFiniteError, { argument: "preconditioner", index: [0, 0] });
    expectError(() => { asOperator([[1e300]], site).multiply(Float64Array.of(1e300), new Float64Array(1)); }, NonFiniteError, { argument: "preconditioner: product overflows float64" }); // prettier-ignore
  });

  test("operators", () => {
    for (const shape of [[2], [2, -1], [2, 1.5], "22"]) {
      expectError(() => asOperator({ shape: shape as unknown as [number, number], apply: () => A }, site), ShapeError, { argument: "preconditioner.shape" }); // prettier-ignore
    }
    const oneWay = asOperator({ shape: [2, 2], apply: (z) => z }, site);
    expect(oneWay.hasTranspose).toBe(false);
    expectError(() => { oneWay.multiplyTranspose(x, y); }, OptionError, { argument: "preconditioner.applyTranspose" }); // prettier-ignore
  });
});
