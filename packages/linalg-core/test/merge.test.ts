import { attentionOracle, gaussianArray, layouts, pack, plain, strided, testRandom, type Strided } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { mergeAttention, type AttentionPart } from "../src/attention/merge.js";
import { streamingAttentionSync, type StreamingAttentionOptions, type StreamingAttentionResult } from "../src/attention/streaming.js";
import { NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, largestDifference, UNIT } from "./numeric-support.js";

const matrix = (rows: number, columns: number, dtype: DType, seed: string, deviation = 1): NdArray =>
  inDtype(gaussianArray([rows, columns], { seed: `${seed}/${rows}/${columns}`, deviation }), dtype);

const boundOf = ({ certificate }: StreamingAttentionResult): number => ("bound" in certificate ? certificate.bound : NaN);

interface Operands {
  readonly Q: NdArray;
  readonly K: NdArray;
  readonly V: NdArray;
}

const operands = (n: number, m: number, dtype: DType, size = 1): Operands => ({
  Q: matrix(n, 6, dtype, "Q", size),
  K: matrix(m, 6, dtype, "K"),
  V: matrix(m, 4, dtype, "V"),
});

/** Attention over the keys [from, to), with what the options say of them. */
function part(
  { Q, K, V }: Operands,
  from: number,
  to: number,
  { keyBias, ...options }: StreamingAttentionOptions = {},
): StreamingAttentionResult {
  const biased = keyBias === undefined ? options : { ...options, keyBias: (keyBias as Float64Array).subarray(from, to) };
  const causal = options.causal === true ? { causal: { offset: -from } } : {};
  return streamingAttentionSync(Q, slice(K, [from, to]), slice(V, [from, to]), { ...biased, ...causal });
}

/**
 * Each part and the whole are within their certificates of the truth; weights between parts err by as much as log-sum-exps do, which is covered
 * by twice the largest bound for values of this size; and the merge itself adds a few roundings, and one to the dtype.
 */
function expectMerged(parts: readonly StreamingAttentionResult[], whole: StreamingAttentionResult, dtype: DType): void {
  const merged = mergeAttention(parts);
  const bound = [whole, ...parts].reduce((most, one) => Math.max(most, boundOf(one)), 0);
  expect(merged.output.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
  expect(merged.logSumExp.data).toBeInstanceOf(Float64Array);
  expect(largestDifference(merged.output, whole.output)).toBeLessThanOrEqual(4 * bound + 10 * UNIT[dtype]);
  merged.logSumExp.data.forEach((lse, i) => {
    const exact = whole.logSumExp.data[i]!;
    if (exact === -Infinity ? lse !== exact : !(Math.abs(lse - exact) <= 500 * UNIT[dtype] * Math.max(1, Math.abs(exact))))
      expect.fail(`log-sum-exp ${i}: ${lse}, not ${exact}`);
  });
}

describe("oracle", () => {
  test("two parts by hand", () => {
    const parts: AttentionPart[] = [
      { output: [[1, 0]], logSumExp: [Math.log(1)] },
      { output: [[5, 4]], logSumExp: [Math.log(3)] },
    ];
    const { output, logSumExp } = mergeAttention(parts);
    expectWithin(output, plain(Float64Array.of(4, 3), [1, 2]), 8 * UNIT.float64 * 4); // (1 + 3 · 5) / 4, (0 + 3 · 4) / 4
    expectWithin(logSumExp, plain(Float64Array.of(Math.log(4)), [1]), 4 * UNIT.float64);
  });

  test.each(dtypes)("%s: parts of all sizes give the attention of the oracle", (dtype) => {
    const all = operands(15, 230, dtype);
    const cuts = [0, 1, 3, 100, 100, 229, 230];
    const parts = cuts.slice(1).map((to, p) => part(all, cuts[p]!, to));
    const merged = mergeAttention(parts);
    const want = attentionOracle(all.Q, all.K, all.V);
    expect(largestDifference(merged.output, want.output)).toBeLessThanOrEqual(dtype === "float32" ? 2e-6 : 1e-14); // values of 4, 16 u each of weights
    expect(largestDifference(merged.logSumExp, want.logSumExp)).toBeLessThanOrEqual(dtype === "float32" ? 2e-6 : 1e-14);
  });
});

describe("laws", () => {
  const cutsOf = (m: number, seed: number): number[] => {
    const { below } = testRandom(seed);
    const inner = Array.from({ length: below(6) }, () => below(m + 1)).sort((a, b) => a - b);
    return [0, ...inner, m];
  };

  test("any split of the keys gives the whole", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1e6),
        fc.constantFrom(...dtypes),
        fc.constantFrom(0.1, 1, 30),
        fc.constantFrom("plain", "causal", "biased"),
        (n, m, seed, dtype, size, kind) => {
          const all = operands(n, m, dtype, size);
          const options: StreamingAttentionOptions =
            kind === "causal" ? { causal: true } : kind === "biased" ? { keyBias: pack(matrix(1, m, "float64", "bias", 40)) } : {};
          const cuts = cutsOf(m, seed);
          expectMerged(cuts.slice(1).map((to, p) => part(all, cuts[p]!, to, options)), part(all, 0, m, options), dtype); // prettier-ignore
        },
      ),
      { seed: 9, numRuns: 150 },
    );
  });

  test("merging merged parts is merging them all; their order does not matter", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -800, max: 800 }), { minLength: 2, maxLength: 6 }), fc.nat(1e6), (sums, seed) => {
        const parts = sums.map((lse, p) => ({
          output: matrix(3, 2, "float64", `${seed}/${p}`),
          logSumExp: [lse, lse / 100, p % 2 === 0 ? -Infinity : 0],
        }));
        const all = mergeAttention(parts);
        const half = sums.length >> 1;
        const nested = mergeAttention([mergeAttention(parts.slice(0, half)), mergeAttention(parts.slice(half))]);
        const backwards = mergeAttention([...parts].reverse());
        for (const other of [nested, backwards]) {
          expectWithin(other.output, all.output, 60 * UNIT.float64 * 5); // exponents of 8 and less decide: 8 u each, six parts
          other.logSumExp.data.forEach((lse, i) => {
            const want = all.logSumExp.data[i]!;
            expect(lse === want || Math.abs(lse - want) <= 20 * UNIT.float64 * Math.max(1, Math.abs(want))).toBe(true);
          });
        }
      }),
      { seed: 10, numRuns: 200 },
    );
  });

  test.each(dtypes)("%s: one part, and one part beside parts without weight, come back bit for bit", (dtype) => {
    const one = part(operands(7, 40, dtype), 0, 40);
    const nothing = part(operands(7, 40, dtype), 0, 0);
    const negligible = { output: matrix(7, 4, dtype, "far"), logSumExp: one.logSumExp.data.map((x) => x - 800) };
    for (const parts of [[one], [nothing, one], [one, nothing, nothing], [one, negligible]]) {
      const merged = mergeAttention(parts);
      expectSameBits(merged.output, one.output);
      expectSameBits(merged.logSumExp, one.logSumExp);
    }
  });

  test("any layout gives the same bits, and the parts are only read", () => {
    const parts = [part(operands(7, 40, "float64"), 0, 25), part(operands(7, 40, "float64"), 25, 40)];
    const want = mergeAttention(parts);
    for (const layout of layouts) {
      const moved = parts.map(({ output, logSumExp }) => ({ output: strided(output, layout), logSumExp: strided(logSumExp, layout) }));
      const before = moved.map(({ output }) => [...output.data]);
      const merged = mergeAttention(moved);
      expectSameBits(merged.output, want.output);
      expectSameBits(merged.logSumExp, want.logSumExp);
      expect(moved.map(({ output }) => [...output.data])).toEqual(before);
    }
  });

  test("a float64 part makes the answer float64", () => {
    const [narrow, wide] = [part(operands(5, 9, "float32"), 0, 9), part(operands(5, 9, "float64"), 0, 9)];
    expect(mergeAttention([narrow, narrow]).output.data).toBeInstanceOf(Float32Array);
    expect(mergeAttention([narrow, wide]).output.data).toBeInstanceOf(Float64Array);
  });
});

describe("errors", () => {
  const good: AttentionPart = { output: [[1, 2], [3, 4]], logSumExp: [0, 1] }; // prettier-ignore
  const at = (value: number): Strided => plain(Float64Array.of(1, 2, value, 4), [2, 2]);

  test("no parts", () => {
    expectError(() => mergeAttention([]), OptionError, { where: "mergeAttention", argument: "parts" });
  });

  test("shapes", () => {
    expectError(() => mergeAttention([good, { ...good, output: [[1, 2]] }]), ShapeError, { argument: "parts[1].output" });
    expectError(() => mergeAttention([good, { ...good, output: [[1], [2]] }]), ShapeError, { argument: "parts[1].output" }); // prettier-ignore
    expectError(() => mergeAttention([{ ...good, output: view(new Float64Array(2), [2]) }]), ShapeError, { argument: "parts[0].output" });
    expectError(() => mergeAttention([good, { ...good, logSumExp: [1] }]), ShapeError, { argument: "parts[1].logSumExp" });
    expectError(() => mergeAttention([{ ...good, logSumExp: view(new Float64Array(2), [2, 1]) }]), ShapeError, {
      argument: "parts[0].logSumExp",
    });
  });

  test("NaN and infinities are named by part and index", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      expectError(() => mergeAttention([good, { ...good, output: at(value) }]), NonFiniteError, {
        argument: "parts[1].output",
        value,
        index: [1, 0],
      });
      if (value === -Infinity) continue; // a row that saw no key
      expectError(() => mergeAttention([good, { ...good, logSumExp: [0, value] }]), NonFiniteError, {
        argument: "parts[1].logSumExp",
        value,
        index: [1],
      });
    }
  });
});

describe("degenerate", () => {
  test("rows that no part sees", () => {
    const blind = { output: [[7, 7], [1, 2]], logSumExp: [-Infinity, 3] }; // prettier-ignore
    const merged = mergeAttention([blind, blind]);
    expect([...merged.output.data]).toEqual([0, 0, 1, 2]);
    expect(merged.logSumExp.data[0]).toBe(-Infinity);
  });

  test("no rows, no channels", () => {
    expect(mergeAttention([{ output: view(new Float64Array(0), [0, 3]), logSumExp: [] }]).output.shape).toEqual([0, 3]);
    expect(mergeAttention([{ output: view(new Float64Array(0), [2, 0]), logSumExp: [1, 1] }]).logSumExp.data).toHaveLength(2);
  });

  test("log-sum-exps of ±1e300 do not overflow", () => {
    const merged = mergeAttention([
      { output: [[1]], logSumExp: [1e300] },
      { output: [[2]], logSumExp: [-1e300] },
    ]);
    expect([...merged.output.data, ...merged.logSumExp.data]).toEqual([1, 1e300]);
  });
});
