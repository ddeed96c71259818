import { describe, expect, it, test } from "vitest";
import fc from "fast-check";
import { attentionOracle, pack, plain, testRandom, type AttentionOracleOptions } from "@subquad/test-kit";
import { attention, attentionSync, exactAttention, exactAttentionSync, type NamedAttentionOptions } from "../src/index.js";
import {
  expectSound,
  given,
  inputs,
  largestDifference,
  largestEntry,
  median,
  sameBits,
  scaled,
  type DType,
  type Inputs,
} from "./support.js";

/** Largest error of an entry in units of max|v|, of a log-sum-exp in units of its own size (at least 1). */
const agreed = { float64: 1e-12, float32: 1e-5 } as const; // what the package promises; scores here are below about 30

const random = testRandom("attention.test");
const bytes = (shape: readonly number[]) => plain(Uint8Array.from({ length: product(shape) }, () => (random.uniform() < 0.7 ? 1 : 0)), shape); // prettier-ignore
const floats = (shape: readonly number[], hidden = 0) =>
  plain(Float64Array.from({ length: product(shape) }, () => (random.uniform() < hidden ? -Infinity : random.normal())), shape); // prettier-ignore
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Output and log-sum-exp of an exact call against the oracle; returns the result. */
function compare(given_: Inputs, options: NamedAttentionOptions & AttentionOracleOptions = {}, dtype: DType = "float64") {
  const { q, k, v } = given_;
  const result = exactAttentionSync(q, k, v, { ...options, returnLogSumExp: true });
  const reference = attentionOracle(q, k, v, options);
  expectSound(given_, result);
  expect(result.method).toBe("exact");
  expect(result.output.dtype).toBe(dtype);
  expect(largestDifference(result.output, reference.output) / largestEntry(v)).toBeLessThan(agreed[dtype]);
  const logSumExp = given(result.logSumExp);
  expect(logSumExp.dtype).toBe("float64");
  const sums = pack(logSumExp);
  const expected = pack(reference.logSumExp);
  expect(
    sums
      .map((x, i) => (x === expected[i] ? 0 : Math.abs(x - expected[i]!) / Math.max(1, Math.abs(expected[i]!))))
      .reduce((a, b) => Math.max(a, b), 0),
  ).toBeLessThan(agreed[dtype]);
  expect(result.diagnostics.emptyRows).toBe(expected.filter((x) => x === -Infinity).length);
  expect(largestDifference(result.output, reference.output)).toBeLessThanOrEqual(
    (result.certificate as { bound: number }).bound + 1e-14 * largestEntry(v),
  ); // the oracle's own round-off
  return result;
}

describe("oracle", () => {
  describe.each(["float64", "float32"] as const)("%s", (dtype) => {
    // [n, m, d, e, heads]: below, at and above the tile sizes 8, 48, 192, 256; one row, one key, one column
    test.each([
      [1, 1, 1, 1, undefined],
      [2, 3, 5, 4, undefined],
      [63, 63, 15, 15, undefined],
      [111, 257, 16, 16, undefined],
      [257, 111, 17, 3, undefined],
      [48, 192, 64, 64, undefined],
      [49, 193, 7, 33, undefined],
      [7, 1025, 8, 1, undefined],
      [1, 513, 3, 80, undefined],
      [300, 300, 1, 9, undefined],
      [12, 256, 130, 130, undefined],
      [40, 50, 6, 5, 1],
      [65, 33, 15, 15, 3],
      [2, 400, 32, 8, 8],
    ])("n = %d, m = %d, d = %d, e = %d, heads %s", (n, m, d, e, heads) => {
      compare(inputs({ n, m, d, e, ...(heads === undefined ? {} : { heads }), dtype, seed: `${n}.${m}` }), {}, dtype);
    });

    const small = inputs({ n: 70, m: 210, d: 6, e: 5, dtype, seed: "options" });
    const stack = inputs({ n: 34, m: 65, d: 6, e: 5, heads: 3, dtype, seed: "options" });
    const cases: readonly (readonly [string, (n: number, m: number) => NamedAttentionOptions & AttentionOracleOptions])[] = [
      ["scale", () => ({ scale: 1.7 })],
      ["a negative scale", () => ({ scale: -0.3 })],
      ["causal", () => ({ causal: true })],
      ["causal: false", () => ({ causal: false })],
      ["causal, offset 0", () => ({ causal: { offset: 0 } })],
      ["causal, aligned at the end", (n, m) => ({ causal: { offset: m - n } })],
      ["causal, a negative offset: rows that see nothing", () => ({ causal: { offset: -5 } })],
      ["causal, an offset beyond all keys", (_, m) => ({ causal: { offset: m } })],
      ["causal, an offset below all rows", (n) => ({ causal: { offset: -n } })],
      ["keyMask", (_, m) => ({ keyMask: bytes([m]) })],
      ["keyBias", (_, m) => ({ keyBias: floats([m]) })],
      ["a mask that keeps", (n, m) => ({ mask: bytes([n, m]) })],
      ["a mask that is added", (n, m) => ({ mask: floats([n, m], 0.2) })],
      ["a float32 mask that is added", (n, m) => ({ mask: plain(Float32Array.from(pack(floats([n, m]))), [n, m]) })],
      ["keyMask and keyBias", (_, m) => ({ keyMask: bytes([m]), keyBias: floats([m]) })],
      [
        "causal, keyMask, keyBias, mask",
        (n, m) => ({ causal: { offset: 3 }, keyMask: bytes([m]), keyBias: floats([m]), mask: bytes([n, m]), scale: 0.9 }),
      ],
      [
        "causal, keyMask, keyBias, added mask",
        (n, m) => ({ causal: true, keyMask: bytes([m]), keyBias: floats([m]), mask: floats([n, m], 0.1) }),
      ],
    ];
    test.each(cases)("%s", (_, options) => {
      compare(small, options(70, 210), dtype);
      compare(stack, options(34, 65), dtype);
      compare(inputs({ n: 90, m: 20, d: 3, e: 2, dtype }), options(90, 20), dtype); // more queries than keys
    });
  });

  test("mixed dtypes are float64; integers and nested rows are read as float64", () => {
    const [narrow, broad] = [inputs({ n: 9, m: 12, d: 3, dtype: "float32" }), inputs({ n: 9, m: 12, d: 3 })];
    compare({ q: narrow.q, k: broad.k, v: narrow.v }, {}, "float64");
    compare({ q: broad.q, k: narrow.k, v: narrow.v }, {}, "float64");
    const [q, k, v] = [[[1, 0], [0, 2]], [[1, 2], [0, 1], [3, 0]], [[1], [2], [4]]]; // prettier-ignore
    const asIntegers = (rows: number[][]) => plain(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length]);
    const nested = exactAttentionSync(q, k, v);
    expect(nested.output.dtype).toBe("float64");
    const integers = { q: asIntegers(q), k: asIntegers(k), v: asIntegers(v) };
    expect(sameBits(nested.output, compare(integers).output)).toBe(true);
  });

  test("a head of many is that head alone, bit for bit", () => {
    const { q, k, v } = inputs({ n: 40, m: 70, d: 5, e: 4, heads: 3, dtype: "float32" });
    const all = exactAttentionSync(q, k, v, { returnLogSumExp: true });
    for (let head = 0; head < 3; head++) {
      const slice = (A: typeof q) => plain((A.data as Float32Array<ArrayBuffer>).subarray(head * product(A.shape.slice(1)), (head + 1) * product(A.shape.slice(1))), A.shape.slice(1)); // prettier-ignore
      const one = exactAttentionSync(slice(q), slice(k), slice(v), { returnLogSumExp: true });
      expect(sameBits(slice(all.output as unknown as typeof q), one.output)).toBe(true);
      expect(pack(given(all.logSumExp)).subarray(head * 40, (head + 1) * 40)).toEqual(pack(given(one.logSumExp)));
    }
  });

  test("auto below 2^20 pairs, and on masked calls of any length, is exact and says why", async () => {
    const short = inputs({ n: 200, d: 4, dtype: "float32" });
    const exact = exactAttentionSync(short.q, short.k, short.v);
    for (const result of [
      attentionSync(short.q, short.k, short.v),
      await attention(short.q, short.k, short.v),
      await exactAttention(short.q, short.k, short.v),
    ]) {
      expect([result.method, result.certificate.kind, result.toleranceMet]).toEqual(["exact", "exact", true]);
      expect(sameBits(result.output, exact.output)).toBe(true);
    }
    expect(attentionSync(short.q, short.k, short.v).heads[0]!.refused.map(({ method }) => method)).toContain("nystrom");
    const long = inputs({ n: 1400, d: 4, dtype: "float32", deviation: 0.5 });
    expect(attentionSync(long.q, long.k, long.v).method).toBe("nystrom"); // so that the next lines say something
    for (const options of [{ causal: true }, { keyMask: bytes([1400]) }, { keyBias: floats([1400]) }, { mask: bytes([1400, 1400]) }]) {
      const result = attentionSync(long.q, long.k, long.v, options);
      expect([result.method, result.certificate.kind]).toEqual(["exact", "exact"]);
      expect(result.heads[0]!.refused.map(({ method }) => method)).toContain("nystrom");
      const rows = [0, 1, 7, 700, 1399];
      const reference = attentionOracle(long.q, long.k, long.v, { ...options, rows });
      const got = plain(Float64Array.from(rows.flatMap((i) => [...pack(result.output).subarray(i * 4, i * 4 + 4)])), [rows.length, 4]);
      expect(largestDifference(got, reference.output) / largestEntry(long.v)).toBeLessThan(agreed.float32);
    }
  });
});

describe("certificate is honest", () => {
  test("scores of 1e4: no NaN, and the round-off bound holds", () => {
    for (const [dtype, most] of [
      ["float64", 1e-9],
      ["float32", Infinity],
    ] as const) {
      // prettier-ignore
      const { q, k, v } = inputs({ n: 60, m: 300, d: 8, e: 3, dtype, seed: "1e4" });
      const top = largestEntry(exactScores(q, k));
      const far = { q: scaled(q, 1e4 / top), k, v };
      const result = exactAttentionSync(far.q, far.k, far.v, { returnLogSumExp: true });
      const reference = attentionOracle(far.q, far.k, far.v);
      const bound = (result.certificate as { bound: number }).bound;
      const oracle = 2e4 * 8 * 2 ** -53 * 16; // the oracle's scores are float64 too: 1e4 · (d + 2) u, twice, for each of two weights
      expect(largestDifference(result.output, reference.output)).toBeLessThanOrEqual(bound + oracle * largestEntry(v));
      expect(bound).toBeLessThan(most); // (2 γ_(d+3) · |q||k|, about 2 · 11 · 1.1e-16 · 4e4) · max|v| = 4e-10
      expect(pack(given(result.logSumExp)).every(Number.isFinite)).toBe(true);
      expectSound(far, result, 1e-2);
    }
  });

  test("auto refuses to approximate scores of 1e4, and says so", () => {
    const { q, k, v } = inputs({ n: 1100, d: 4, e: 3, dtype: "float32", seed: "far" });
    const far = scaled(q, 1e4 / largestEntry(exactScores(q, k)));
    const result = attentionSync(far, k, v);
    expect([result.method, result.certificate.kind]).toEqual(["exact", "exact"]);
    expect(result.heads[0]!.refused.find(({ method }) => method === "nystrom")!.reason).not.toBe("");
    const rows = Array.from({ length: 40 }, (_, i) => 27 * i);
    const reference = pack(attentionOracle(far, k, v, { rows }).output);
    const output = pack(result.output);
    const bound = (result.certificate as { bound: number }).bound;
    for (const [r, i] of rows.entries())
      for (let c = 0; c < 3; c++) expect(Math.abs(output[3 * i + c]! - reference[3 * r + c]!)).toBeLessThanOrEqual(bound);
  });

  test("float32 round-off: below the bound on 60 shapes and scales; the bound is not idle", () => {
    const slack: number[] = [];
    for (let run = 0; run < 60; run++) {
      const [n, m, d, e] = [1 + random.below(60), 1 + random.below(700), 1 + random.below(40), 1 + random.below(20)];
      const deviation = [0.1, 0.5, 1, 2][run % 4]!;
      const size = [1e-9, 1e-2, 1, 1e2, 1e9][run % 5]!;
      const raw = inputs({ n, m, d, e, dtype: "float32", deviation, seed: `bound ${run}` });
      const given_ = { ...raw, v: scaled(raw.v, size) };
      const result = exactAttentionSync(given_.q, given_.k, given_.v);
      const error = largestDifference(result.output, attentionOracle(given_.q, given_.k, given_.v).output);
      const bound = (result.certificate as { bound: number }).bound;
      expect(error).toBeLessThanOrEqual(bound);
      if (error > 0) slack.push(bound / error);
    }
    expect(median(slack)).toBeLessThan(3000); // γ_192 is a worst case of 192 equal signs against its root: ×14; |q||k| against a mean score: ×10; norms: ×3
  });
});

describe("laws", () => {
  const anyCall = fc.record({
    n: fc.integer({ min: 1, max: 70 }),
    m: fc.integer({ min: 1, max: 300 }),
    d: fc.integer({ min: 1, max: 20 }),
    e: fc.integer({ min: 1, max: 20 }),
    heads: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    dtype: fc.constantFrom<DType>("float32", "float64"),
    offset: fc.option(fc.integer({ min: -20, max: 320 }), { nil: undefined }),
    keyMask: fc.boolean(),
    keyBias: fc.boolean(),
    mask: fc.constantFrom("none", "keeps", "adds"),
    scale: fc.constantFrom(-1, 0.1, 0.5),
  });
  it("every call of random shape and options is the oracle's", () => {
    fc.assert(
      fc.property(anyCall, ({ n, m, d, e, heads, dtype, offset, keyMask, keyBias, mask, scale }) => {
        const call = inputs({ n, m, d, e, ...(heads === undefined ? {} : { heads }), dtype, seed: `${n} ${m} ${d} ${e}` });
        compare(
          call,
          {
            scale,
            ...(offset === undefined ? {} : { causal: { offset } }),
            ...(keyMask ? { keyMask: bytes([m]) } : {}),
            ...(keyBias ? { keyBias: floats([m]) } : {}),
            ...(mask === "none" ? {} : { mask: mask === "keeps" ? bytes([n, m]) : floats([n, m], 0.3) }),
          },
          dtype,
        );
      }),
      { seed: 20, numRuns: 150 },
    );
  });

  it("causal: what a row cannot see does not matter, to the bit", () => {
    const { q, k, v } = inputs({ n: 300, m: 300, d: 4, dtype: "float32" });
    const whole = exactAttentionSync(q, k, v, { causal: true });
    const later = (A: typeof k) => plain(Float32Array.from(pack(A), (x, p) => (p >= 120 * 4 ? 3 - 2 * x : x)), A.shape); // prettier-ignore
    const other = exactAttentionSync(q, later(k), later(v), { causal: true });
    // the clip box is wider or narrower with other values, the rows are inside both
    expect(largestDifference(plain(pack(whole.output).slice(0, 480), [120, 4]), plain(pack(other.output).slice(0, 480), [120, 4]))).toBe(0);
  });

  it("a hidden key may hold anything finite, to the bit", () => {
    const { q, k, v } = inputs({ n: 50, m: 400, d: 4, dtype: "float64" });
    const keyMask = Uint8Array.from({ length: 400 }, (_, j) => (j % 3 === 1 ? 0 : 1));
    const spoilt = (A: typeof k, by: number) => plain(Float64Array.from(pack(A), (x, p) => (Math.floor(p / 4) % 3 === 1 ? by : x)), A.shape); // prettier-ignore
    const clean = exactAttentionSync(q, k, v, { keyMask });
    expect(sameBits(clean.output, exactAttentionSync(q, k, spoilt(v, 1e6), { keyMask }).output)).toBe(true);
    expect(largestDifference(clean.output, exactAttentionSync(q, spoilt(k, 30), v, { keyMask }).output)).toBeLessThan(1e-12); // shifts may differ
  });
});

function exactScores(q: Inputs["q"], k: Inputs["k"]) {
  const [n, d] = q.shape as [number, number];
  const m = k.shape[0]!;
  const [a, b] = [pack(q), pack(k)];
  const S = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) for (let c = 0; c < d; c++) S[i * m + j]! += (a[i * d + c]! * b[j * d + c]!) / Math.sqrt(d);
  }
  return plain(S, [n, m]);
}
