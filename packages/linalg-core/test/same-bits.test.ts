/**
 * The plain TypeScript backend, whose arithmetic every engine does alike, has the bits of the deterministic WebAssembly backend: so has every engine.
 */
import { pack, testRandom } from "@subquad/test-kit";
import { afterAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { expGemmSync } from "../src/attention/exp-gemm.js";
import { mergeAttention } from "../src/attention/merge.js";
import { streamingAttentionSync, type StreamingAttentionOptions } from "../src/attention/streaming.js";
import { cholesky } from "../src/dense/cholesky.js";
import { matmul } from "../src/dense/matmul.js";
import { solveTriangular } from "../src/dense/triangular.js";
import { exp } from "../src/elementwise/exp.js";
import { backend, configure } from "../src/runtime/environment.js";
import { dtypes, expectSameBits, inDtype } from "./numeric-support.js";

/** Uniform numbers: no function of the engine is in them. */
function matrix(rows: number, columns: number, dtype: DType, seed: string, size = 4): NdArray {
  const { uniform } = testRandom(seed);
  return inDtype(view(Float64Array.from({ length: rows * columns }, () => size * (uniform() - 0.5)), [rows, columns]), dtype); // prettier-ignore
}

function onBoth(compute: () => readonly NdArray[]): void {
  configure({ backend: "auto", deterministic: true });
  expect(backend()).toMatchObject({ name: "wasm-simd", deterministic: true });
  const wasm = compute();
  configure({ backend: "js" });
  expect(backend()).toMatchObject({ name: "js", deterministic: true });
  compute().forEach((A, p) => { expectSameBits(A, wasm[p]!); }); // prettier-ignore
}

afterAll(() => {
  configure({ backend: "auto", deterministic: false });
});

describe.each(dtypes)("laws: %s", (dtype) => {
  const [Q, K, V] = [matrix(37, 9, dtype, "Q"), matrix(205, 9, dtype, "K"), matrix(205, 5, dtype, "V")];

  test("matmul", () => {
    const [A, B] = [matrix(23, 300, dtype, "A"), matrix(300, 19, dtype, "B")];
    onBoth(() => [matmul(A, B), matmul(transpose(B), A, { transposeB: true, alpha: 0.3 })]);
  });

  test("cholesky and solveTriangular", () => {
    const G = inDtype(matrix(33, 33, dtype, "G"), "float64");
    const A = matmul(G, G, { transposeB: true });
    for (let i = 0; i < 33; i++) A.data[i * 34] = A.data[i * 34]! + 1;
    const B = matrix(33, 11, dtype, "B");
    onBoth(() => {
      const { L, solve } = cholesky(A);
      return [
        L,
        solve(B),
        solveTriangular(L, B, { transpose: true }),
        solveTriangular(L, transpose(B), { side: "right", unitDiagonal: true }),
      ];
    });
  });

  test("exp", () => {
    const x = matrix(50, 7, dtype, "x", 200);
    onBoth(() => [exp(x)]);
  });

  test("streamingAttention and mergeAttention", () => {
    const keyMask = Uint8Array.from({ length: 205 }, (_, j) => (j % 7 === 0 ? 0 : 1));
    const mask = {
      data: Uint8Array.from({ length: 37 * 205 }, (_, p) => (p % 3 === 0 ? 0 : 1)),
      shape: [37, 205],
      stride: [205, 1],
      offset: 0,
    };
    const cases: StreamingAttentionOptions[] = [
      {},
      { scale: 3 },
      { causal: { offset: 100 }, keyMask },
      { mask, keyBias: matrix(1, 205, dtype, "bias").data },
    ];
    onBoth(() => {
      const parts = cases.map((options) => streamingAttentionSync(Q, K, V, options));
      const merged = mergeAttention(parts);
      return [...parts, merged].flatMap(({ output, logSumExp }) => [output, logSumExp]);
    });
  });

  test("expGemm", () => {
    const half = (A: NdArray): Float64Array => {
      const values = pack(A);
      return Float64Array.from({ length: A.shape[0]! }, (_, i) => values.subarray(i * 9, i * 9 + 9).reduce((sum, x) => sum + x * x, 0) / 2);
    };
    const shifts = { rowShift: half(Q), columnShift: half(K) };
    onBoth(() => [
      expGemmSync(Q, K, shifts),
      expGemmSync(Q, K, { ...shifts, clamp: true }),
      expGemmSync(Q, K, { ...shifts, times: V }),
      expGemmSync(Q, K, { ...shifts, times: Q, transposed: true, weights: half(Q) }),
    ]);
  });
});
