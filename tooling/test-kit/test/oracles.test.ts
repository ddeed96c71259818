import { describe, expect, test } from "vitest";
import {
  attentionOracle,
  choleskyOracle,
  choleskySolveOracle,
  fromNested,
  gaussianArray,
  gaussianKernelOracle,
  matmulMagnitude,
  matmulOracle,
  maxUlpDistance,
  nystromKernelOracle,
  nystromSmootherOracle,
  plain,
  softmaxOracle,
  takeRows,
} from "../src/index.js";

const u = 2 ** -53;

describe("matmulOracle", () => {
  test("is exact on integers, in all four transpositions", () => {
    const A = fromNested([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    const B = fromNested([[7, 8], [9, 10], [11, 12]]); // prettier-ignore
    const At = fromNested([[1, 4], [2, 5], [3, 6]]); // prettier-ignore
    const Bt = fromNested([[7, 9, 11], [8, 10, 12]]); // prettier-ignore
    for (const C of [
      matmulOracle(A, B),
      matmulOracle(At, B, { transposeA: true }),
      matmulOracle(A, Bt, { transposeB: true }),
      matmulOracle(At, Bt, { transposeA: true, transposeB: true }),
    ]) {
      expect(C.shape).toEqual([2, 2]);
      expect([...C.data]).toEqual([58, 64, 139, 154]);
    }
    expect([...matmulMagnitude(A, fromNested([[-7], [9], [-11]])).data]).toEqual([58, 139]);
  });

  test("keeps what a plain sum loses", () => {
    const big = 1e16;
    expect(matmulOracle(fromNested([[big, 1, -big]]), fromNested([[1], [1], [1]])).data[0]).toBe(1);
    const x = 1 + 2 ** -30; // x² = 1 + 2^-29 + 2^-60: the last term is lost by x * x
    expect(matmulOracle(fromNested([[x, -1, -(2 ** -29)]]), fromNested([[x], [1], [1]])).data[0]).toBe(2 ** -60);
    expect(matmulOracle(fromNested([[1e300]]), fromNested([[1e5]])).data[0]).toBe(1e300 * 1e5); // no splitting above 2^996
  });

  test("has no entries for empty matrices, zeros for an empty sum", () => {
    expect(matmulOracle(plain(new Float64Array(0), [0, 3]), plain(new Float64Array(6), [3, 2])).shape).toEqual([0, 2]);
    expect([...matmulOracle(plain(new Float64Array(0), [1, 0]), plain(new Float64Array(0), [0, 2])).data]).toEqual([0, 0]);
    expect(() => matmulOracle(fromNested([[1, 2]]), fromNested([[1, 2]]))).toThrow("expected inner dimension 2, got 1");
  });
});

describe("softmaxOracle", () => {
  test("weights sum to one and survive huge scores", () => {
    const { weights, logSumExp } = softmaxOracle(fromNested([[1e4, 1e4 + Math.log(3)], [-Infinity, -Infinity]])); // prettier-ignore
    expect(weights.data[0]).toBeCloseTo(0.25, 11); // ln 3 keeps 12 digits beside 1e4
    expect(logSumExp.data[0]).toBeCloseTo(1e4 + Math.log(4), 8);
    expect([weights.data[2], weights.data[3], logSumExp.data[1]]).toEqual([0, 0, -Infinity]);
  });
});

describe("choleskyOracle", () => {
  test("factors and solves", () => {
    const X = gaussianArray([12, 20], { seed: "cholesky" });
    const A = matmulOracle(X, X, { transposeB: true });
    const L = choleskyOracle(A);
    const back = matmulOracle(L, L, { transposeB: true });
    // n u |L||Lᵀ| ≤ n u max a_ii, factor 4 for roots and divisions
    const allowed = 4 * 12 * u * Math.max(...A.data);
    for (let p = 0; p < 144; p++) expect(Math.abs(back.data[p]! - A.data[p]!)).toBeLessThanOrEqual(allowed);
    const B = gaussianArray([12, 3], { seed: "right side" });
    const AX = matmulOracle(A, choleskySolveOracle(L, B));
    for (let p = 0; p < 36; p++) expect(AX.data[p]!).toBeCloseTo(B.data[p]!, 10);
  });

  test("names the pivot of an indefinite matrix", () => {
    expect(() => choleskyOracle(fromNested([[1, 2], [2, 1]]))).toThrow("column 1, got -3"); // prettier-ignore
  });
});

describe("attentionOracle", () => {
  const [n, m, d, dv] = [5, 7, 3, 2];
  const Q = gaussianArray([n, d], { seed: "q" });
  const K = gaussianArray([m, d], { seed: "k" });
  const V = gaussianArray([m, dv], { seed: "v" });

  test("is softmax(scale Q Kᵀ) V", () => {
    const S = matmulOracle(Q, K, { transposeB: true });
    const { weights, logSumExp } = softmaxOracle(S, { scale: 1 / Math.sqrt(d) });
    const expected = matmulOracle(weights, V);
    const got = attentionOracle(Q, K, V);
    for (let p = 0; p < n * dv; p++) expect(got.output.data[p]).toBeCloseTo(expected.data[p]!, 14);
    for (let i = 0; i < n; i++) expect(got.logSumExp.data[i]).toBeCloseTo(logSumExp.data[i]!, 14);
  });

  test("has the closed form of two keys: a sigmoid", () => {
    const { output } = attentionOracle(fromNested([[1]]), fromNested([[2], [0.5]]), fromNested([[1], [0]]), { scale: 1 });
    expect(output.data[0]).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 15);
  });

  test("causal, masks and biases agree with deleting or repeating keys", () => {
    const firstThree = (A: typeof K) => takeRows(A, [0, 1, 2]);
    const causal = attentionOracle(Q, K, V, { causal: true, rows: [2] });
    const short = attentionOracle(Q, firstThree(K), firstThree(V), { rows: [2] });
    expect([...causal.output.data]).toEqual([...short.output.data]);
    const offset = attentionOracle(Q, K, V, { causal: { offset: -2 }, rows: [4, 1] });
    expect([...offset.output.data.subarray(0, dv)]).toEqual([
      ...attentionOracle(Q, firstThree(K), firstThree(V), { rows: [4] }).output.data,
    ]);
    expect([...offset.output.data.subarray(dv), offset.logSumExp.data[1]]).toEqual([0, 0, -Infinity]); // row 1 sees no key

    const keyMask = plain(Uint8Array.of(1, 1, 1, 0, 0, 0, 0), [m]);
    expect([...attentionOracle(Q, K, V, { keyMask }).output.data]).toEqual([
      ...attentionOracle(Q, firstThree(K), firstThree(V)).output.data,
    ]);
    const mask = plain(Uint8Array.from({ length: n * m }, (_, p) => (p % m < 3 ? 1 : 0)), [n, m]); // prettier-ignore
    expect([...attentionOracle(Q, K, V, { mask }).output.data]).toEqual([...attentionOracle(Q, K, V, { keyMask }).output.data]);

    const keyBias = plain(Float64Array.of(Math.LN2, 0, 0, 0, 0, 0, 0), [m]); // weight 2 = the key twice
    const twice = attentionOracle(Q, takeRows(K, [0, 0, 1, 2, 3, 4, 5, 6]), takeRows(V, [0, 0, 1, 2, 3, 4, 5, 6]));
    const added = plain(Float64Array.from({ length: n * m }, (_, p) => (p % m === 0 ? Math.LN2 : 0)), [n, m]); // prettier-ignore
    for (const got of [attentionOracle(Q, K, V, { keyBias }), attentionOracle(Q, K, V, { mask: added })]) {
      for (let p = 0; p < n * dv; p++) expect(got.output.data[p]).toBeCloseTo(twice.output.data[p]!, 14);
      for (let i = 0; i < n; i++) expect(got.logSumExp.data[i]).toBeCloseTo(twice.logSumExp.data[i]!, 14);
    }
  });

  test("hidden keys may hold NaN", () => {
    const nan = plain(K.data.map((value, p) => (p >= 3 * d ? NaN : value)), [m, d]); // prettier-ignore
    const nanV = plain(V.data.map((value, p) => (p >= 3 * dv ? NaN : value)), [m, dv]); // prettier-ignore
    const got = attentionOracle(Q, nan, nanV, { keyMask: plain(Uint8Array.of(1, 1, 1, 0, 0, 0, 0), [m]) });
    expect(got.output.data.every(Number.isFinite)).toBe(true);
  });

  test("stacks heads, groups queries, selects rows", () => {
    const q = gaussianArray([2, 4, n, d], { seed: "q4" });
    const k = gaussianArray([2, 2, m, d], { seed: "k4" });
    const v = gaussianArray([2, 2, m, dv], { seed: "v4" });
    const all = attentionOracle(q, k, v);
    expect(all.output.shape).toEqual([2, 4, n, dv]);
    expect(all.logSumExp.shape).toEqual([2, 4, n]);
    const part = (A: typeof q, h: number, length: number, width: number) =>
      plain(A.data.slice(h * length * width, (h + 1) * length * width), [length, width]);
    for (const [h, t] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 3],
      [7, 3],
    ] as const) {
      // prettier-ignore
      const one = attentionOracle(part(q, h, n, d), part(k, t, m, d), part(v, t, m, dv));
      expect([...all.output.data.subarray(h * n * dv, (h + 1) * n * dv)]).toEqual([...one.output.data]);
    }
    const some = attentionOracle(q, k, v, { rows: [4, 0] });
    expect(maxUlpDistance(some.output, takeRows(all.output, [4, 0]))).toBe(0);
    expect(() => attentionOracle(q, k, v, { rows: [5] })).toThrow("expected a row in 0..4, got 5");
    expect(() => attentionOracle(Q, V, V)).toThrow("do not fit");
  });

  test("no keys: zeros", () => {
    const none = attentionOracle(Q, plain(new Float64Array(0), [0, d]), plain(new Float64Array(0), [0, dv]));
    expect([...none.output.data, ...none.logSumExp.data]).toEqual([
      ...new Array<number>(n * dv).fill(0),
      ...new Array<number>(n).fill(-Infinity),
    ]);
  });
});

describe("nystrom oracles", () => {
  const X = gaussianArray([9, 2], { seed: "x" });
  const Y = gaussianArray([11, 2], { seed: "y" });

  test("all points as landmarks reproduce the kernel", () => {
    const exact = gaussianKernelOracle(X, Y);
    const got = nystromKernelOracle(X, Y, Y, { shift: 1e-14 });
    for (let p = 0; p < 99; p++) expect(got.data[p]).toBeCloseTo(exact.data[p]!, 6);
  });

  test("the smoother of centred attention is attention", () => {
    const Q = gaussianArray([9, 2], { seed: "x" });
    const V = gaussianArray([11, 3], { seed: "values" });
    // exp(q·k) = exp(|q|²/2) g(q, k) exp(|k|²/2): the first factor cancels in a row
    const weights = plain(
      Float64Array.from({ length: 11 }, (_, j) => Math.exp((Y.data[2 * j]! ** 2 + Y.data[2 * j + 1]! ** 2) / 2)),
      [11],
    );
    const { output, mass } = nystromSmootherOracle(Q, Y, V, Y, { shift: 1e-14, weights });
    const exact = attentionOracle(Q, Y, V, { scale: 1 });
    for (let p = 0; p < 27; p++) expect(output.data[p]).toBeCloseTo(exact.output.data[p]!, 5);
    expect(mass.data.every((w) => w > 0)).toBe(true);
  });
});
