import {
  attentionOracle,
  gaussianArray,
  layouts,
  matmulOracle,
  pack,
  plain,
  rowErrors,
  strided,
  testRandom,
  type AttentionOracleResult,
  type Layout,
  type Strided,
} from "@subquad/test-kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { asArray } from "../src/array/convert.js";
import { slice, view } from "../src/array/view.js";
import {
  streamingAttention,
  streamingAttentionSync,
  type StreamingAttentionOptions,
  type StreamingAttentionResult,
} from "../src/attention/streaming.js";
import { NonFiniteError, NumericsError, OptionError, ShapeError } from "../src/errors.js";
import { backend, closePool, configure, ready, releaseMemory } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import {
  dtypes,
  expectError,
  expectSameBits,
  expectWithin,
  inDtype,
  isFullProfile,
  largestDifference,
  median,
  UNIT,
} from "./numeric-support.js";

interface Case {
  readonly Q: NdArray;
  readonly K: NdArray;
  readonly V: NdArray;
  readonly options?: StreamingAttentionOptions;
}

const matrix = (rows: number, columns: number, dtype: DType, seed: string, deviation = 1, mean = 0): NdArray =>
  inDtype(gaussianArray([rows, columns], { seed: `${seed}/${rows}/${columns}`, deviation, mean }), dtype);

function inputs(n: number, m: number, d: number, e: number, dtype: DType, { size = 1, seed = "s" } = {}): Case {
  return { Q: matrix(n, d, dtype, `${seed}Q`, size), K: matrix(m, d, dtype, `${seed}K`), V: matrix(m, e, dtype, `${seed}V`, 1, 0.5) };
}

function inLayout(A: NdArray, layout: Layout): NdArray {
  const { data, shape, stride, offset } = strided(A, layout);
  return view(data as Float64Array, shape, stride, offset);
}

const run = ({ Q, K, V, options }: Case): StreamingAttentionResult => streamingAttentionSync(Q, K, V, options);

const boundOf = ({ certificate }: StreamingAttentionResult): number => {
  expect(certificate.kind).toBe("exact");
  return "bound" in certificate ? certificate.bound : NaN;
};

const worstError = (result: StreamingAttentionResult, want: Strided): number =>
  rowErrors(result.output, want).reduce((a, b) => Math.max(a, b), 0);

/** The kit's answer; its masks are strided arrays, ours may be lists. */
function oracle({ Q, K, V, options = {} }: Case): AttentionOracleResult {
  const given: Record<string, unknown> = { ...options };
  for (const name of ["keyMask", "keyBias"] as const) if (options[name]) given[name] = asArray(options[name], name);
  return attentionOracle(Q, K, V, given);
}

/** Largest scale |q||k| + |bias|: what scores are rounded in. */
function scoreSize({ Q, K, options = {} }: Case): number {
  const [d, scale] = [Q.shape[1]!, options.scale ?? 1 / Math.sqrt(Math.max(1, Q.shape[1]!))];
  const norm = (A: Strided): number => {
    const data = pack(A);
    let largest = 0;
    for (let i = 0; i < A.shape[0]!; i++)
      largest = Math.max(largest, Math.sqrt(data.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum + x * x, 0)));
    return largest;
  };
  const finite = (A: unknown): number =>
    A === undefined
      ? 0
      : pack(asArray(A as NdArray, "A")).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
  return Math.abs(scale) * norm(Q) * norm(K) + finite(options.keyBias) + finite(options.mask);
}

/** The log-sum-exp moves no more than the scores do, (d + 8) u of their size; and by the error of 2^x and of the sum, 3e-7 and 200 u. */
function lseAllowance(attention: Case, arithmetic: DType): number {
  const u = UNIT[arithmetic];
  return (attention.Q.shape[1]! + 10) * u * (scoreSize(attention) + 1) + 210 * u;
}

/** Output within its certificate of the oracle, in the dtype of the inputs; log-sum-exp within rounding of scores and sums. */
function expectAttention(attention: Case, want = oracle(attention)): StreamingAttentionResult {
  const result = run(attention);
  const { Q, K, V } = attention;
  const isF32 = [Q, K, V].every(({ data }) => data instanceof Float32Array);
  expect(result.output.data).toBeInstanceOf(isF32 ? Float32Array : Float64Array);
  expect(result.logSumExp.data).toBeInstanceOf(Float64Array);
  expect(result.logSumExp.shape).toEqual([Q.shape[0]]);
  expect(result.method).toBe("exact");
  expect(result.output.shape).toEqual([Q.shape[0], V.shape[1]]);
  expect(worstError(result, want.output)).toBeLessThanOrEqual(boundOf(result));
  const allowed = lseAllowance(attention, result.diagnostics.arithmetic);
  result.logSumExp.data.forEach((lse, i) => {
    const exact = want.logSumExp.data[i]!;
    if (exact === -Infinity ? lse !== -Infinity : !(Math.abs(lse - exact) <= allowed))
      expect.fail(`log-sum-exp ${i}: ${lse}, not ${exact}, allowed ${allowed}`);
  });
  return result;
}

/** 1 with this probability, else 0; the first is always 1. */
function bits(length: number, share: number, seed: string): Uint8Array {
  const { uniform } = testRandom(seed);
  return Uint8Array.from({ length }, (_, j) => (j === 0 || uniform() < share ? 1 : 0));
}

const bytes = (
  data: Uint8Array,
  shape: readonly number[],
): { data: Uint8Array; shape: readonly number[]; stride: number[]; offset: number } => ({
  data,
  shape,
  stride: shape.length === 2 ? [shape[1]!, 1] : [1],
  offset: 0,
});

/** Every way to say who sees whom, for n queries and m keys. */
function visibilities(n: number, m: number): Record<string, StreamingAttentionOptions> {
  const keyMask = bytes(bits(m, 0.7, `key ${m}`), [m]);
  const keyBias = matrix(1, m, "float64", "bias", 2);
  const added = pack(matrix(n, m, "float64", "mask", 2)).map((x, p) => (p % 5 === 0 && p % m !== 0 ? -Infinity : x));
  const bias = view(keyBias.data, [m]);
  return {
    none: {},
    scaled: { scale: 0.3 },
    "negative scale": { scale: -0.7 },
    causal: { causal: true },
    "causal, later": { causal: { offset: m - n } },
    "causal, earlier": { causal: { offset: -2 } },
    "causal, all": { causal: { offset: m } },
    keyMask: { keyMask },
    keyBias: { keyBias: bias },
    "mask of bytes": { mask: bytes(bits(n * m, 0.6, `mask ${n} ${m}`), [n, m]) },
    "mask of numbers": { mask: view(added, [n, m]) },
    "all at once": { scale: 0.4, causal: { offset: Math.max(1, m - n) }, keyMask, keyBias: bias, mask: view(added, [n, m]) },
    "bytes and causal": { causal: { offset: 3 }, keyMask, mask: bytes(bits(n * m, 0.6, `mask ${n} ${m}`), [n, m]) },
  };
}

describe("oracle", () => {
  test.each([1, 3, 15, 32, 64, 80].flatMap((d) => dtypes.map((dtype) => [d, dtype] as const)))(
    "d = %i, %s: every visibility, fewer and more queries than keys",
    (d, dtype) => {
      for (const [n, m, e] of [
        [5, 9, d],
        [37, 205, d + 3],
        [50, 12, 1],
      ] as const) {
        for (const options of Object.values(visibilities(n, m))) expectAttention({ ...inputs(n, m, d, e, dtype), options });
      }
      expect(arenaBytesInUse()).toBe(0);
    },
  );

  test.each(dtypes)("%s: around the sliver, the group and the block of keys", (dtype) => {
    for (const n of [1, 4, 7, 8, 9, 65]) {
      for (const m of [1, 2, 11, 12, 13, 191, 192, 193, 385]) {
        expectAttention(inputs(n, m, 5, 6, dtype));
        expectAttention({ ...inputs(n, m, 5, 7, dtype), options: { causal: { offset: m - n } } });
      }
    }
  });

  test.each(dtypes)("%s: any layout of anything gives the same bits", (dtype) => {
    const attention = inputs(11, 21, 6, 5, dtype);
    for (const options of Object.values(visibilities(11, 21))) {
      const want = run({ ...attention, options });
      for (const layout of layouts) {
        const moved: StreamingAttentionOptions = { ...options };
        for (const name of ["keyMask", "keyBias", "mask"] as const)
          if (options[name]) Object.assign(moved, { [name]: strided(options[name] as Strided, layout) });
        const got = run({
          Q: inLayout(attention.Q, layout),
          K: inLayout(attention.K, layout),
          V: inLayout(attention.V, layout),
          options: moved,
        });
        expectSameBits(got.output, want.output);
        expectSameBits(got.logSumExp, want.logSumExp);
      }
    }
    const equal = view(attention.K.data, [30, 6], [0, 1]); // one key, 30 times
    expectAttention({ ...attention, K: equal, V: matrix(30, 5, dtype, "V") });
  });

  test("one float64 operand makes everything float64; lists will do", () => {
    const { Q, K, V } = inputs(6, 8, 3, 2, "float32");
    const wide = (A: NdArray): NdArray => inDtype(A, "float64");
    const want = streamingAttentionSync(wide(Q), wide(K), wide(V));
    for (const operands of [
      [wide(Q), K, V],
      [Q, wide(K), V],
      [Q, K, wide(V)],
    ] as const) {
      const got = streamingAttentionSync(...operands);
      expectSameBits(got.output, want.output);
      expect(got.diagnostics.arithmetic).toBe("float64");
    }
    expect(pack(streamingAttentionSync([[0]], [[1], [2]], [[1], [3]]).output)).toEqual(Float64Array.of(2));
    expect(pack(streamingAttentionSync([[0]], [[1], [2]], [[1], [3]], { keyMask: [0, 1], keyBias: [5, 6] }).output)).toEqual(
      Float64Array.of(3),
    );
  });

  test("a Uint8Array keeps where it is 1; the same numbers in floats are added", () => {
    const attention = inputs(5, 7, 3, 2, "float64");
    const flags = bits(35, 0.5, "flags");
    const kept = expectAttention({ ...attention, options: { mask: bytes(flags, [5, 7]) } });
    const added = expectAttention({ ...attention, options: { mask: view(Float64Array.from(flags), [5, 7]) } });
    expect(largestDifference(kept.output, added.output)).toBeGreaterThan(0.01);
    const hiding = view(Float64Array.from(flags, (f) => (f === 1 ? 0 : -Infinity)), [5, 7]); // prettier-ignore
    expectSameBits(run({ ...attention, options: { mask: hiding } }).output, kept.output);
  });
});

/** Scores and sums by compensated products: right to about 2 u of their size. */
function reference({ Q, K, V, options = {} }: Case): { readonly output: Strided; readonly logSumExp: Float64Array } {
  const [n, d] = Q.shape as [number, number];
  const [m, e] = V.shape as [number, number];
  const { scale = 1 / Math.sqrt(d), keyBias } = options;
  const bias = keyBias === undefined ? undefined : pack(keyBias as Strided);
  const S = matmulOracle(Q, K, { transposeB: true }).data;
  const logSumExp = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let top = -Infinity;
    for (let j = 0; j < m; j++) top = Math.max(top, (S[i * m + j] = S[i * m + j]! * scale + (bias?.[j] ?? 0)));
    let sum = 0;
    for (let j = 0; j < m; j++) sum += S[i * m + j] = Math.exp(S[i * m + j]! - top);
    for (let j = 0; j < m; j++) S[i * m + j] = S[i * m + j]! / sum;
    logSumExp[i] = top + Math.log(sum);
  }
  const output = matmulOracle(plain(S, [n, m]), V);
  return { output: plain(output.data, [n, e]), logSumExp };
}

describe("certificate is honest", () => {
  /** A bound adds 200 roundings of a block up, of which most cancel, and every score errs at once in it. */
  const SLACK = 600;

  test.each(dtypes)("%s: never below the true error, and within the slack of it in the median", (dtype) => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      for (const d of [1, 15, 64]) {
        for (const size of [0.01, 1, 10, 100]) {
          const attention = inputs(20, seed % 2 === 0 ? 150 : 500, d, 4, dtype, { size, seed: `h${seed}` });
          const result = run(attention);
          const error = worstError(result, reference(attention).output);
          expect(error).toBeLessThanOrEqual(boundOf(result));
          ratios.push(boundOf(result) / error);
        }
      }
    }
    expect(median(ratios)).toBeLessThanOrEqual(SLACK);
  });

  test.each(dtypes)("%s: values at every scale, down to subnormal numbers", (dtype) => {
    const least = dtype === "float32" ? 2 ** -149 : 2 ** -1074;
    for (const size of dtype === "float32"
      ? [least, 9 * least, 1e-40, 1e-30, 1e-9, 1e9, 1e30]
      : [least, 9 * least, 1e-310, 1e-150, 1e-9, 1e9, 1e150, 1e300]) {
      const attention = inputs(9, 250, 8, 5, dtype);
      const V = inDtype({ ...layoutOf(attention.V), data: pack(attention.V).map((v) => v * size) }, dtype);
      const result = run({ ...attention, V });
      const { output } = reference({ ...attention, V });
      expect(worstError(result, output)).toBeLessThanOrEqual(boundOf(result) + least / 2); // the reference is of that grid itself
      expect(boundOf(result)).toBeLessThanOrEqual((dtype === "float32" ? 1e-4 : 1e-12) * 10 * size + 300 * least);
    }
  });

  test.each(dtypes)("%s: a large key bias, onto which all products are rounded the same way", (dtype) => {
    // each product is a little over half a unit in the last place of the bias, so every addition rounds up
    const d = 64;
    const bias = 1024 * Math.LN2;
    const product = (1024 * UNIT[dtype] * 1.02) / 1; // in units of log2, where the bias is 1024
    const side = Math.sqrt(product * Math.LN2);
    const K = inDtype(plain(Float64Array.from({ length: 2 * d }, (_, p) => (p < d ? side : 0)), [2, d]), dtype); // prettier-ignore
    const Q = inDtype(plain(new Float64Array(d).fill(side), [1, d]), dtype);
    const V = inDtype(plain(Float64Array.of(1, 0), [2, 1]), dtype);
    const attention = { Q, K, V, options: { scale: 1, keyBias: view(Float64Array.of(bias, bias), [2]) } };
    const result = run(attention);
    const error = worstError(result, reference(attention).output);
    expect(error).toBeGreaterThan(d * UNIT[dtype]); // it does happen
    expect(error).toBeLessThanOrEqual(boundOf(result));
  });

  test("float32 values beyond float32 sums: computed in float64, and the rounding of the answer is counted", () => {
    const attention = inputs(7, 40, 5, 3, "float32");
    const V = inDtype({ ...layoutOf(attention.V), data: pack(attention.V).map((v) => v * 1e37) }, "float32");
    const result = run({ ...attention, V });
    const error = worstError(result, reference({ ...attention, V }).output);
    expect(result.diagnostics.arithmetic).toBe("float64");
    expect(result.output.data).toBeInstanceOf(Float32Array);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThanOrEqual(boundOf(result));
    expect(boundOf(result)).toBeLessThanOrEqual(10 * error);
  });

  test("scores of 10,000: what is near the maximum decides, and the bound says how near", () => {
    for (const dtype of dtypes) {
      const attention = inputs(16, 300, 32, 4, dtype, { size: 2000 });
      expect(scoreSize(attention)).toBeGreaterThan(1e4);
      const result = run(attention);
      const want = reference(attention);
      expect(worstError(result, want.output)).toBeLessThanOrEqual(boundOf(result));
      expectWithin(result.logSumExp, plain(want.logSumExp, [16]), lseAllowance(attention, dtype));
      if (dtype === "float64") expect(boundOf(result)).toBeLessThan(1e-8);
    }
  });
});

describe("theorem-sized", () => {
  test("no n × m buffer: extra memory grows with n + m alone (all scores of 8192 tokens, 32768 in the full profile)", () => {
    const n = isFullProfile ? 32768 : 8192;
    const [Q, K, V] = ["Q", "K", "V"].map((seed) => matrix(n, 64, "float32", seed)) as [NdArray, NdArray, NdArray];
    releaseMemory();
    const before = backend().arenaBytes;
    const result = streamingAttentionSync(Q, K, V);
    const grown = backend().arenaBytes - before;
    expect(grown).toBeLessThan((200e6 * n) / 32768);
    const rows = [0, 1, n >> 1, n - 1];
    const want = attentionOracle(Q, K, V, { rows });
    rows.forEach((i, r) => {
      expect(largestDifference(slice(result.output, [i, i + 1]), slice(want.output, [r, r + 1]))).toBeLessThanOrEqual(
        Math.min(1e-5, boundOf(result)),
      );
    });
    releaseMemory();
  }, 600_000);

  test.each([2048, 16384])("float32, m = %i: blocks are summed in float64, so errors do not grow with m", (m) => {
    const attention = { ...inputs(8, m, 16, 4, "float32"), V: matrix(m, 4, "float32", "mean 1", 1, 1) };
    const result = run(attention);
    expect(worstError(result, attentionOracle(attention.Q, attention.K, attention.V).output)).toBeLessThanOrEqual(1e-6); // 3e-7 measured
  });
});

describe("laws", () => {
  test.each(dtypes)("%s: one key gives its value, bit for bit", (dtype) => {
    for (const size of [0, 1, 1000]) {
      const attention = inputs(9, 1, 7, 11, dtype, { size });
      const { output } = run(attention);
      for (let i = 0; i < 9; i++) expectSameBits(inDtype(slice(output, [i, i + 1]), dtype), attention.V);
      const masked = {
        ...inputs(9, 30, 7, 11, dtype, { size }),
        options: { keyMask: Uint8Array.from({ length: 30 }, (_, j) => (j === 17 ? 1 : 0)) },
      };
      const alone = run(masked).output;
      for (let i = 0; i < 9; i++) expectSameBits(inDtype(slice(alone, [i, i + 1]), dtype), inDtype(slice(masked.V, [17, 18]), dtype));
    }
  });

  test.each(dtypes)("%s: constant channels come out bit for bit, at any scale", (dtype) => {
    for (const size of [1e-30, 0.1, 1 / 3, 1e30]) {
      for (const options of Object.values(visibilities(13, 210))) {
        const attention = inputs(13, 210, 6, 3, dtype);
        const value = inDtype(plain(Float64Array.of(size), [1]), dtype).data[0]!;
        const V = inDtype(plain(pack(attention.V).map((v, p) => (p % 3 === 1 ? value : v)), [210, 3]), dtype); // prettier-ignore
        const { output, logSumExp } = run({ ...attention, V, options });
        for (let i = 0; i < 13; i++) if (logSumExp.data[i]! > -Infinity) expect(output.data[i * 3 + 1]).toBe(value);
      }
    }
  });

  test.each(dtypes)("%s: outputs lie in the range of the visible values", (dtype) => {
    const attention = inputs(40, 100, 6, 3, dtype, { size: 5 });
    const { output } = run(attention);
    const values = pack(attention.V);
    pack(output).forEach((x, p) => {
      const channel = values.filter((_, q) => q % 3 === p % 3);
      expect(x).toBeGreaterThanOrEqual(channel.reduce((a, b) => Math.min(a, b)));
      expect(x).toBeLessThanOrEqual(channel.reduce((a, b) => Math.max(a, b)));
    });
  });

  test.each(dtypes)("%s: the same shift of all scores changes nothing but the log-sum-exp", (dtype) => {
    const attention = inputs(15, 220, 8, 4, dtype);
    const plainly = run(attention);
    for (const shift of [-500, -1, 20, 500]) {
      const options = { keyBias: new Float64Array(220).fill(shift) };
      const shifted = run({ ...attention, options });
      expect(largestDifference(shifted.output, plainly.output)).toBeLessThanOrEqual(boundOf(shifted) + boundOf(plainly));
      const lse = plain(
        Float64Array.from(plainly.logSumExp.data, (x) => x + shift),
        [15],
      );
      expectWithin(shifted.logSumExp, lse, 2 * lseAllowance({ ...attention, options: { keyBias: view(options.keyBias, [220]) } }, dtype));
    }
    // a vector added to all keys shifts the scores of each query by a number of its own
    const moved = pack(attention.K).map((k, p) => k + Math.sin(p % 8));
    const K = inDtype(plain(moved, [220, 8]), dtype);
    const other = run({ ...attention, K });
    const rounding = scoreSize({ ...attention, K }) * UNIT[dtype]; // of the sum k + t itself
    expect(largestDifference(other.output, plainly.output)).toBeLessThanOrEqual(boundOf(other) + boundOf(plainly) + 10 * rounding);
  });

  test.each(dtypes)("%s: `out` of any strides has the bits of a new array, also where float32 is computed in float64", async (dtype) => {
    for (const deviation of [1, 1e20]) {
      const [Q, K, V] = [
        inDtype(gaussianArray([9, 5], { seed: "out/Q", deviation }), dtype),
        inDtype(gaussianArray([7, 5], { seed: "out/K", deviation }), dtype),
        inDtype(gaussianArray([7, 4], { seed: "out/V" }), dtype),
      ];
      const want = streamingAttentionSync(Q, K, V);
      expect(want.diagnostics.arithmetic).toBe(deviation === 1 ? dtype : "float64");
      const data = dtype === "float32" ? new Float32Array(200).fill(7) : new Float64Array(200).fill(7);
      const out = view(data, [9, 4], [-1, 20], 90);
      const got = await streamingAttention(Q, K, V, { out });
      expect(got.output).toBe(out);
      expectSameBits(out, want.output);
      expect(got.certificate).toEqual(want.certificate);
      expect(Array.from(data).filter((x) => x === 7).length).toBe(200 - 36);
    }
  });

  test.each(dtypes)("%s: a query's bits do not depend on the other queries", (dtype) => {
    const attention = inputs(67, 400, 12, 5, dtype, { size: 6 });
    for (const options of [{}, { scale: -1 }, { keyMask: bits(400, 0.5, "half") }]) {
      const all = run({ ...attention, options });
      for (const [from, to] of [
        [0, 1],
        [5, 6],
        [3, 20],
        [66, 67],
        [9, 67],
      ] as const) {
        const part = run({ ...attention, Q: slice(attention.Q, [from, to]), options });
        expectSameBits(part.output, inDtype(slice(all.output, [from, to]), dtype));
        expectSameBits(part.logSumExp, inDtype(slice(all.logSumExp, [from, to]), "float64"));
      }
    }
  });

  test("a hidden key is no key: the bits are those of a call without it", () => {
    for (const dtype of dtypes) {
      const attention = inputs(9, 180, 6, 3, dtype);
      const wild = inDtype(plain(pack(attention.V).map((v, p) => (p >= 170 * 3 ? 1e30 : v)), [180, 3]), dtype); // prettier-ignore
      const far = inDtype(plain(pack(attention.K).map((k, p) => (p >= 170 * 6 ? 1e6 : k)), [180, 6]), dtype); // prettier-ignore
      const want = run({ ...attention, K: slice(attention.K, [0, 170]), V: slice(attention.V, [0, 170]) });
      const keyMask = Uint8Array.from({ length: 180 }, (_, j) => (j < 170 ? 1 : 0));
      expectSameBits(run({ Q: attention.Q, K: far, V: wild, options: { keyMask } }).output, want.output);
      const mask = bytes(Uint8Array.from({ length: 9 * 180 }, (_, p) => (p % 180 < 170 ? 1 : 0)), [9, 180]); // prettier-ignore
      expectSameBits(run({ ...attention, options: { mask } }).logSumExp, want.logSumExp);
    }
  });

  test("permuting keys, and splitting queries between causal offsets, within the certificates", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...dtypes),
        (n, m, d, dtype) => {
          const attention = inputs(n, m, d, 2, dtype);
          const backwards = { ...attention, K: slice(attention.K, [m - 1, -1, -1]), V: slice(attention.V, [m - 1, -1, -1]) };
          const [a, b] = [run(attention), run(backwards)];
          expect(largestDifference(a.output, b.output)).toBeLessThanOrEqual(boundOf(a) + boundOf(b));
          const causal = run({ ...attention, options: { causal: true } });
          const rest = run({ ...attention, Q: slice(attention.Q, [n >> 1, n]), options: { causal: { offset: n >> 1 } } });
          expect(largestDifference(rest.output, slice(causal.output, [n >> 1, n]))).toBeLessThanOrEqual(boundOf(causal) + boundOf(rest));
        },
      ),
      { seed: 8, numRuns: 60 },
    );
  });

  test.each([1e-150, 1e-75, 1e75, 1e150])("float64 queries at %s and keys at its inverse give the same attention", (size) => {
    const attention = inputs(9, 30, 8, 4, "float64");
    const times = (A: NdArray, factor: number): NdArray => view(Float64Array.from(A.data, (x) => x * factor), A.shape); // prettier-ignore
    const moved = { Q: times(attention.Q, size), K: times(attention.K, 1 / size), V: times(attention.V, size) };
    const result = run(moved);
    const want = reference(attention).output;
    expectWithin(times(result.output, 1 / size), want, 1e-14); // a few roundings of size, 1/size and their products
    expect(worstError(result, reference(moved).output)).toBeLessThanOrEqual(boundOf(result));
    expect(boundOf(result)).toBeLessThanOrEqual(1e-12 * size);
    // scores as large or as small as these: the largest takes all, or all weigh the same
    const lopsided = run({ ...moved, K: attention.K, V: attention.V });
    expect(worstError(lopsided, reference({ ...moved, K: attention.K, V: attention.V }).output)).toBeLessThanOrEqual(size > 1 ? 0 : 1e-15);
  });

  test("float32 scores beyond float32: computed in float64", () => {
    const attention = inputs(9, 50, 8, 4, "float32");
    const big = (A: NdArray): NdArray => view(Float32Array.from(A.data, (x) => x * 1e25), A.shape); // prettier-ignore
    const result = run({ ...attention, Q: big(attention.Q), K: big(attention.K) });
    expect(result.diagnostics.arithmetic).toBe("float64");
    expect(result.output.data).toBeInstanceOf(Float32Array);
    expect(worstError(result, reference({ ...attention, Q: big(attention.Q), K: big(attention.K) }).output)).toBe(0); // the largest takes all
    const usual = run({ ...attention, Q: big(attention.Q), options: { scale: 1e-25 } }); // scaled first: nothing overflows
    expect(usual.diagnostics.arithmetic).toBe("float32");
    expect(worstError(usual, attentionOracle(big(attention.Q), attention.K, attention.V, { scale: 1e-25 }).output)).toBeLessThanOrEqual(
      boundOf(usual),
    );
    const biased = run({ ...attention, options: { keyBias: new Float64Array(50).fill(1e38) } });
    expect(biased.diagnostics.arithmetic).toBe("float64");
  });

  describe("threads", () => {
    beforeAll(async () => {
      configure({ threads: 4 });
      await ready();
    });
    afterAll(async () => {
      configure({ threads: "auto" });
      await closePool();
    });

    test.each(dtypes)("%s: one to four threads and the calling thread give the same bits", async (dtype) => {
      const attention = inputs(700, 410, 16, 9, dtype);
      for (const options of Object.values(visibilities(700, 410))) {
        const want = run({ ...attention, options });
        for (const threads of [1, 2, 3, 4]) {
          const got = await streamingAttention(attention.Q, attention.K, attention.V, { ...options, threads });
          expectSameBits(got.output, want.output);
          expectSameBits(got.logSumExp, want.logSumExp);
          expect(got.certificate).toEqual(want.certificate);
          expect(got.diagnostics).toEqual(want.diagnostics);
        }
      }
    });

    test("abort: before, in the middle; memory is free, the next call right", async () => {
      const { Q, K, V } = inputs(3000, 3000, 64, 64, "float32"); // 2.3 Gflop: more than the first slice of 12 ms
      const reason = new Error("enough");
      await expect(streamingAttention(Q, K, V, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      for (const threads of [1, 2]) {
        const controller = new AbortController();
        const running = streamingAttention(Q, K, V, { threads, signal: controller.signal });
        controller.abort(reason);
        await expect(running).rejects.toBe(reason);
        expect(arenaBytesInUse()).toBe(0);
      }
      const reports: number[] = [];
      const part = slice(Q, [0, 900]);
      const result = await streamingAttention(part, K, V, { onProgress: (done, total) => reports.push(done / total) });
      expectSameBits(result.output, streamingAttentionSync(part, K, V).output);
      expect(reports).toEqual([...reports].sort((a, b) => a - b));
      expect(reports.at(-1)).toBe(1);
    });
  });
});

describe("errors", () => {
  const { Q, K, V } = inputs(5, 7, 3, 2, "float64");

  test("shapes", async () => {
    expectError(() => streamingAttentionSync([1] as never, K, V), ShapeError, { where: "streamingAttentionSync", argument: "Q" });
    expectError(() => streamingAttentionSync(Q, V, V), ShapeError, { argument: "K" });
    expectError(() => streamingAttentionSync(Q, K, Q), ShapeError, { argument: "V" });
    expectError(
      () => streamingAttentionSync(view(new Float64Array(2049), [1, 2049]), view(new Float64Array(2049), [1, 2049]), [[1]]),
      ShapeError,
      { argument: "Q" },
    );
    expectError(() => streamingAttentionSync(Q, K, V, { keyMask: [1, 1] }), ShapeError, { argument: "keyMask" });
    expectError(() => streamingAttentionSync(Q, K, V, { keyBias: [1, 1] }), ShapeError, { argument: "keyBias" });
    expectError(() => streamingAttentionSync(Q, K, V, { mask: [[1, 1]] }), ShapeError, { argument: "mask" });
    await expect(streamingAttention(Q, K, Q)).rejects.toMatchObject({ code: "ERR_SHAPE", where: "streamingAttention" });
  });

  test.each([
    [{ scale: 0 }, "scale"],
    [{ scale: NaN }, "scale"],
    [{ scale: "1" }, "scale"],
    [{ causal: 1 }, "causal"],
    [{ causal: null }, "causal"],
    [{ causal: { offset: 0.5 } }, "causal"],
    [{ causal: { offset: Infinity } }, "causal"],
    [{ causal: {} }, "causal"],
    [{ keyMask: [1, 1, 1, 2, 1, 1, 1] }, "keyMask"],
    [{ mask: { data: new Uint8Array(35).fill(3), shape: [5, 7], stride: [7, 1], offset: 0 } }, "mask"],
    [{ threads: 2 }, "threads"],
    [{ causalOffset: 1 }, "causalOffset"],
  ])("%j is an OptionError", (options, argument) => {
    expectError(() => streamingAttentionSync(Q, K, V, options as StreamingAttentionOptions), OptionError, { argument });
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(dtypes)("%s: NaN and infinities are named by their index", (dtype) => {
    const bad = (A: NdArray, at: number, value: number): NdArray => {
      const B = inDtype(A, dtype);
      B.data[at] = value;
      return B;
    };
    for (const value of [NaN, Infinity, -Infinity]) {
      expectError(() => streamingAttentionSync(bad(Q, 4, value), K, V), NonFiniteError, { argument: "Q", value, index: [1, 1] });
      expectError(() => streamingAttentionSync(Q, bad(K, 20, value), V), NonFiniteError, { argument: "K", index: [6, 2] });
      expectError(() => streamingAttentionSync(Q, K, bad(V, 3, value)), NonFiniteError, { argument: "V", index: [1, 1] });
      expectError(() => streamingAttentionSync(Q, K, V, { keyBias: [0, 0, value, 0, 0, 0, 0] }), NonFiniteError, {
        argument: "keyBias",
        index: [2],
      });
      if (value === -Infinity) continue;
      const mask = view(new Float64Array(35), [5, 7]);
      mask.data[12] = value;
      expectError(() => streamingAttentionSync(Q, K, V, { mask }), NonFiniteError, { argument: "mask", index: [1, 5] });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("scores or values that leave float64 too", () => {
    const huge = view(new Float64Array(21).fill(1e200), [7, 3]);
    expectError(() => streamingAttentionSync(huge, huge, V), NumericsError, { code: "ERR_OVERFLOW" });
    expectError(() => streamingAttentionSync(Q, K, view(new Float64Array(7).fill(1e308), [7, 1])), NumericsError, { code: "ERR_OVERFLOW" });
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test.each(dtypes)("%s: no queries, no keys, no coordinates, no channels", (dtype) => {
    const empty = (rows: number, columns: number): NdArray => inDtype(plain(new Float64Array(rows * columns), [rows, columns]), dtype);
    expect(run({ Q: empty(0, 3), K: empty(4, 3), V: empty(4, 2) }).output.shape).toEqual([0, 2]);
    const noKeys = run({ Q: empty(3, 2), K: empty(0, 2), V: empty(0, 5) });
    expect([...noKeys.output.data]).toEqual(new Array(15).fill(0));
    expect([...noKeys.logSumExp.data]).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(noKeys.certificate).toEqual({ kind: "exact", bound: 0 });
    expect(noKeys.diagnostics.emptyRows).toBe(3);
    const V = inDtype(plain(Float64Array.of(1, 2, 3, 6), [2, 2]), dtype);
    expect([...run({ Q: empty(1, 0), K: empty(2, 0), V }).output.data]).toEqual([2, 4]);
    expect(run({ Q: empty(3, 2), K: empty(4, 2), V: empty(4, 0) }).output.shape).toEqual([3, 0]);
    expect(run({ Q: empty(3, 2), K: empty(4, 2), V: empty(4, 0) }).logSumExp.get(0)).toBeCloseTo(Math.log(4), 6);
  });

  test.each(dtypes)("%s: rows that see nothing are 0, their log-sum-exp is −Infinity, and they are counted", (dtype) => {
    const attention = inputs(20, 210, 5, 3, dtype);
    const blind = (options: StreamingAttentionOptions, rows: readonly number[]): void => {
      const result = expectAttention({ ...attention, options });
      expect(result.diagnostics.emptyRows).toBe(rows.length);
      for (const i of rows) {
        expect([...result.output.data.subarray(i * 3, i * 3 + 3)]).toEqual([0, 0, 0]);
        expect(result.logSumExp.data[i]).toBe(-Infinity);
      }
    };
    const all = Array.from({ length: 20 }, (_, i) => i);
    blind({ keyMask: new Uint8Array(210) }, all);
    blind({ mask: bytes(new Uint8Array(20 * 210), [20, 210]) }, all);
    blind({ mask: view(new Float64Array(20 * 210).fill(-Infinity), [20, 210]) }, all);
    blind({ causal: { offset: -3 } }, [0, 1, 2]);
    blind({ causal: { offset: -100 } }, all);
    const rows = bits(20 * 210, 1, "all");
    for (const i of [0, 7, 19]) rows.fill(0, i * 210, (i + 1) * 210);
    blind({ mask: bytes(rows, [20, 210]) }, [0, 7, 19]);
    // what one option leaves another takes
    blind({ causal: true, keyMask: Uint8Array.from({ length: 210 }, (_, j) => (j < 4 ? 0 : 1)) }, [0, 1, 2, 3]);
    blind({ causal: true, mask: bytes(Uint8Array.from({ length: 20 * 210 }, (_, p) => (p % 210 < 3 ? 0 : 1)), [20, 210]) }, [0, 1, 2]); // prettier-ignore
  });

  test.each(dtypes)("%s: equal keys give the mean of the values", (dtype) => {
    const V = inDtype(
      plain(
        Float64Array.from({ length: 256 }, (_, j) => j),
        [256, 1],
      ),
      dtype,
    );
    const K = inDtype(plain(new Float64Array(512).fill(3), [256, 2]), dtype);
    const result = run({ Q: inDtype(gaussianArray([4, 2], { seed: "equal" }), dtype), K, V });
    result.output.data.forEach((x) => { expect(Math.abs(x - 127.5)).toBeLessThanOrEqual(boundOf(result)); }); // prettier-ignore
  });

  test("one token", () => {
    const result = streamingAttentionSync([[2]], [[3]], [[5, 7]]);
    expect([...result.output.data]).toEqual([5, 7]);
    expect(Math.abs(result.logSumExp.data[0]! - 6)).toBeLessThanOrEqual(20 * UNIT.float64 * 6);
    expect(boundOf(result)).toBe(0);
  });
});

function layoutOf({ shape, stride, offset }: NdArray): { shape: number[]; stride: number[]; offset: number } {
  return { shape, stride, offset };
}
