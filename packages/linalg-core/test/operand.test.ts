import { gaussianArray, pack } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { transpose, view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { matvec } from "../src/dense/matvec.js";
import { NonFiniteError } from "../src/errors.js";
import { readOperand, withScope } from "../src/iterative/operand.js";
import { conjugateGradientSync } from "../src/iterative/conjugate-gradient.js";
import { expActionSync } from "../src/iterative/exp-action.js";
import { lanczosSync } from "../src/iterative/lanczos.js";
import { lsqrSync } from "../src/iterative/lsqr.js";
import { asOperator } from "../src/operator.js";
import { configure } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { runAsync, runSync, type Steps } from "../src/runtime/steps.js";
import { csrFromDense } from "../src/sparse/csr.js";
import { expectError, inDtype } from "./numeric-support.js";

const site = "lsqr(A)";
const [m, n] = [70, 90];
const A = inDtype(gaussianArray([m, n], { seed: "operand" }), "float64");
const [x, y] = [pack(gaussianArray([n], { seed: "x" })), pack(gaussianArray([m], { seed: "y" }))];

/** A x by both forms, and Aᵀ y. */
function* products(input: Parameters<typeof asOperator>[0]): Steps<readonly Float64Array[]> {
  return yield* withScope(function* (scope) {
    const { operator } = yield* readOperand(scope, input, site);
    const [a, b, c] = [new Float64Array(m).fill(NaN), new Float64Array(m), new Float64Array(n).fill(NaN)];
    operator.multiply(x, a);
    operator.multiplyTranspose(y, c);
    yield* operator.multiplySteps(x, b);
    return [a, b, c];
  });
}

/** Rows that say how often one of their entries was read. */
function counted(rows: readonly (readonly number[])[]): { readonly rows: number[][]; readonly reads: () => number } {
  let reads = 0;
  const first = new Proxy(rows[0] as number[], {
    get: (target, key) => {
      if (key === "1") reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { rows: [first, ...(rows.slice(1) as number[][])], reads: () => reads };
}

describe("laws", () => {
  test.each([
    ["rows side by side", A],
    ["columns side by side", transpose(view(pack(transpose(A)), [n, m]))],
    ["float32", inDtype(A, "float32")],
  ])("a kept matrix has the bits of the plain loop, both ways: %s", async (_, input) => {
    const plainLoop = asOperator(input, site);
    const [a, c] = [new Float64Array(m), new Float64Array(n)];
    plainLoop.multiply(x, a);
    plainLoop.multiplyTranspose(y, c);
    expect(runSync(products(input))).toEqual([a, a, c]);
    expect(await runAsync(products(input), {})).toEqual([a, a, c]);
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([
    ["dense, small", 20, 30],
    ["dense, one block", 70, 90],
    ["dense, many blocks, the last one short", 1500, 301],
    ["sparse", 70, 90],
    ["operator", 70, 90],
  ])("Aᵀ (A x) has the bits of the two products, x may be y: %s", (kind, rows, columns) => {
    const dense = inDtype(gaussianArray([rows, columns], { seed: "normal" }), "float64");
    const sparse = csrFromDense(dense);
    const operator = {
      shape: [rows, columns] as const,
      apply: (v: NdArray) => matvec(dense, v),
      applyTranspose: (v: NdArray) => matvec(dense, v, { transpose: true }),
    };
    const input = kind === "sparse" ? sparse : kind === "operator" ? operator : dense;
    const v = pack(gaussianArray([columns], { seed: "v" })) as Float64Array;
    const got = runSync(
      withScope(function* (scope) {
        const { multiplyNormal } = yield* readOperand(scope, input, site);
        const out = Float64Array.from(v);
        multiplyNormal(out, out);
        multiplyNormal(v, out);
        return out;
      }),
    );
    const matrix = kind === "sparse" ? sparse : dense;
    expect(got).toEqual(matvec(matrix, matvec(matrix, view(v, [columns])), { transpose: true }).data);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("without room in compute memory the plain loop serves", () => {
    const large = view(new Float64Array(2 ** 22).fill(1), [2, 2 ** 21]);
    const ones = new Float64Array(2 ** 21).fill(1);
    configure({ maxBytes: 2 ** 24 });
    try {
      const sums = runSync(
        withScope(function* (scope) {
          const { operator } = yield* readOperand(scope, large, site);
          const out = new Float64Array(2);
          yield* operator.multiplySteps(ones, out);
          return out;
        }),
      );
      expect(sums).toEqual(Float64Array.of(2 ** 21, 2 ** 21));
    } finally {
      configure({ maxBytes: 2 ** 32 });
    }
  });

  test("nested rows are converted once a call", () => {
    const S = [[4, 1, 0], [1, 3, 1], [0, 1, 5]]; // prettier-ignore
    const b = [1, 2, 3];
    for (const run of [
      (rows: number[][]) => conjugateGradientSync(rows, b),
      (rows: number[][]) => lsqrSync(rows, b),
      (rows: number[][]) => lanczosSync(rows, { count: 2 }),
      (rows: number[][]) => expActionSync(rows, b),
    ]) {
      const { rows, reads } = counted(S);
      run(rows);
      expect(reads()).toBe(1);
    }
  });
});

describe("errors", () => {
  test("NaN in a large matrix is named by its index; nothing stays allocated", () => {
    const bad = pack(A);
    bad[5 * n + 3] = NaN;
    for (const input of [view(bad, [m, n]), transpose(view(bad, [m, n]))]) {
      const index = input.shape[0] === m ? [5, 3] : [3, 5];
      expectError(() => runSync(withScope((scope) => readOperand(scope, input, site))), NonFiniteError, { argument: "A", index });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("a product that overflows", () => {
    const huge = view(new Float64Array(m * n).fill(1e300), [m, n]);
    expectError(() => lsqrSync(huge, new Float64Array(m).fill(1e300)), NonFiniteError, { argument: "A: product overflows float64" });
  });
});

describe("degenerate", () => {
  test("sparse matrices and operators are passed on as they are", () => {
    const S = csrFromDense(A);
    runSync(
      withScope(function* (scope) {
        expect((yield* readOperand(scope, S, site)).given).toBe(S);
      }),
    );
  });
});
