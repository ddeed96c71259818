/**
 * The systems whose solutions SciPy gave: tooling/fixtures/solve/generate.py says what they are.
 */
import { matmulOracle } from "@subquad/test-kit";
import cases from "../../../tooling/fixtures/solve/data.json" with { type: "json" };
import type { NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import { inDtype } from "./numeric-support.js";

export const solveCases = cases;

/** A and the two right sides of a case. */
export function fixtureSystem({ assume, n }: { readonly assume: string; readonly n: number }): {
  readonly A: NdArray;
  readonly B: NdArray;
} {
  const M = numbers(n);
  const A = shifted(assume === "general" ? M : inDtype(matmulOracle(M, M, { transposeB: true }), "float64"));
  const B = view(Float64Array.from({ length: 2 * n }, (_, p) => (p % 2 === 0 ? (Math.floor(p / 2) % 7) - 3 : 1)), [n, 2]); // prettier-ignore
  return { A, B };
}

function numbers(n: number): NdArray {
  return view(
    Float64Array.from({ length: n * n }, (_, p) => {
      const [i, j] = [Math.floor(p / n), p % n];
      return ((7919 * i + 104729 * j + 31 * i * j) % 1013) / 1024 - 0.5;
    }),
    [n, n],
  );
}

function shifted(A: NdArray): NdArray {
  const n = A.shape[0]!;
  return view(Float64Array.from(A.data, (x, p) => (p % (n + 1) === 0 ? x + 1 : x)), [n, n]); // prettier-ignore
}
