import { attentionOracle, pack, plain, testRandom, type Strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import {
  attention,
  attentionSync,
  exactAttentionSync,
  nystromAttentionSync,
  planAttention,
  type AttentionOptions,
  type AttentionResult,
} from "../src/index.js";
import { expectSound, given, inputs, largestDifference, largestEntry, sameBits, scaled, type DType, type Inputs } from "./support.js";

type Run = (call: Inputs, options?: AttentionOptions) => AttentionResult;
const methods: Readonly<Record<string, Run>> = {
  auto: ({ q, k, v }, options) => attentionSync(q, k, v, options),
  exact: ({ q, k, v }, options) => exactAttentionSync(q, k, v, options),
  nystrom: ({ q, k, v }, options) => nystromAttentionSync(q, k, v, options),
};
const all = Object.entries(methods);
const empty = (shape: readonly number[], dtype: DType = "float64"): Strided =>
  plain(dtype === "float64" ? new Float64Array(0) : new Float32Array(0), shape);
const filled = (shape: readonly number[], value: (p: number) => number, dtype: DType = "float64"): Strided => {
  const size = shape.reduce((a, b) => a * b, 1);
  return plain(
    dtype === "float64" ? Float64Array.from({ length: size }, (_, p) => value(p)) : Float32Array.from({ length: size }, (_, p) => value(p)),
    shape,
  );
};

describe.each(all)("degenerate: %s", (_, run) => {
  test("no keys: rows of zeros that see nothing", () => {
    for (const [lead, heads] of [
      [[], 1],
      [[3], 3],
    ] as const) {
      const call = { q: filled([...lead, 5, 4], (p) => p / 7), k: empty([...lead, 0, 4]), v: empty([...lead, 0, 2]) };
      const result = run(call, { returnLogSumExp: true });
      expect([result.output.shape, result.certificate.kind, result.toleranceMet]).toEqual([[...lead, 5, 2], "exact", true]);
      expect(pack(result.output)).toEqual(new Float64Array(heads * 10));
      expect(pack(given(result.logSumExp))).toEqual(new Float64Array(heads * 5).fill(-Infinity));
      expect(result.diagnostics.emptyRows).toBe(5 * heads);
      expect((result.certificate as { bound: number }).bound).toBe(0);
      expect(result.bounds.relativeBound).toBe(0);
    }
  });

  test("no queries, no value channels, no heads: an empty answer of the right shape", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const some = inputs({ n: 7, m: 9, d: 3, e: 2, dtype });
      const cases: readonly (readonly [Inputs, readonly number[]])[] = [
        [{ ...some, q: empty([0, 3], dtype) }, [0, 2]],
        [{ ...some, v: empty([9, 0], dtype) }, [7, 0]],
        [{ q: empty([0, 3], dtype), k: empty([0, 3], dtype), v: empty([0, 0], dtype) }, [0, 0]],
        [{ q: empty([2, 0, 3], dtype), k: filled([2, 9, 3], (p) => p, dtype), v: filled([2, 9, 2], (p) => p, dtype) }, [2, 0, 2]],
        [{ q: empty([0, 7, 3], dtype), k: empty([0, 9, 3], dtype), v: empty([0, 9, 2], dtype) }, [0, 7, 2]],
      ];
      for (const [call, shape] of cases) {
        const result = run(call, { returnLogSumExp: true });
        expect([result.output.shape, result.output.dtype, result.certificate.kind, result.toleranceMet]).toEqual([
          shape,
          dtype,
          "exact",
          true,
        ]);
        expect(given(result.logSumExp).shape).toEqual(shape.slice(0, -1));
        expect(result.heads).toHaveLength(shape.length === 3 ? shape[0]! : 1);
      }
    }
  });

  test("no coordinates: the mean of the values, log-sum-exp log m", () => {
    const v = inputs({ n: 50, m: 50, e: 3 }).v;
    const result = run({ q: empty([7, 0]), k: empty([50, 0]), v }, { returnLogSumExp: true });
    const mean = [0, 1, 2].map((c) => pack(v).reduce((sum, x, p) => (p % 3 === c ? sum + x / 50 : sum), 0));
    expect(
      largestDifference(
        result.output,
        filled([7, 3], (p) => mean[p % 3]!),
      ),
    ).toBeLessThan(1e-14); // 50 terms
    expect(
      largestDifference(
        given(result.logSumExp),
        filled([7], () => Math.log(50)),
      ),
    ).toBeLessThan(1e-14);
    expect(result.certificate.kind).toBe("exact");
  });

  test("one key: its value, for every row, exactly", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const call = {
        q: inputs({ n: 9, d: 3, dtype }).q,
        k: filled([1, 3], (p) => p - 1, dtype),
        v: filled([1, 4], (p) => 0.1 * p - 7.3, dtype),
      };
      const result = run(call);
      expect(
        sameBits(
          result.output,
          filled([9, 4], (p) => call.v.data[p % 4]!, dtype),
        ),
      ).toBe(true);
      expect([result.certificate.kind, result.toleranceMet]).toEqual(["exact", true]);
    }
  });

  test("one token, one query", () => {
    const one = inputs({ n: 1, d: 3, e: 2 });
    expect(sameBits(run(one).output, one.v)).toBe(true);
    const call = { ...inputs({ n: 300, d: 3, e: 2 }), q: inputs({ n: 1, d: 3 }).q };
    expect(largestDifference(run(call).output, attentionOracle(call.q, call.k, call.v).output)).toBeLessThan(1e-12);
  });

  describe.each(["float32", "float64"] as const)("%s", (dtype) => {
    const close = dtype === "float64" ? 1e-12 : 1e-5;
    test.each([20, 1100])("all keys equal, n = %d: the mean of the values", (n) => {
      const call = {
        q: inputs({ n, d: 4, dtype }).q,
        k: filled([n, 4], (p) => [0.3, -2, 1e3, 7][p % 4]!, dtype),
        v: inputs({ n, e: 3, dtype }).v,
      };
      const result = run(call, { returnLogSumExp: true });
      const reference = attentionOracle(call.q, call.k, call.v);
      expect(largestDifference(result.output, reference.output)).toBeLessThan(close * largestEntry(call.v));
      expect(largestDifference(given(result.logSumExp), reference.logSumExp)).toBeLessThan(close * 2e3); // scores of up to 2e3
      expect([result.certificate.kind, result.toleranceMet]).toEqual(["exact", true]);
      expectSound(call, result, undefined, _ === "auto");
    });

    test.each([20, 1100])("all queries equal, n = %d: one row for all", (n) => {
      const call = {
        q: filled([n, 4], (p) => [0.3, -0.2, 1, 0.7][p % 4]!, dtype),
        k: inputs({ n, d: 4, dtype }).k,
        v: inputs({ n, e: 3, dtype }).v,
      };
      const result = run(call, { returnLogSumExp: true });
      const reference = attentionOracle(call.q, call.k, call.v);
      expect(largestDifference(result.output, reference.output)).toBeLessThan(close * largestEntry(call.v));
      expect(largestDifference(given(result.logSumExp), reference.logSumExp)).toBeLessThan(close * 10);
      expect([result.certificate.kind, result.toleranceMet]).toEqual(["exact", true]);
      const rows = pack(result.output);
      expect(rows.every((x, p) => x === rows[p % 3])).toBe(true);
    });

    test("all zero: queries, keys, values", () => {
      for (const n of [20, 1100]) {
        const zero = { q: filled([n, 3], () => 0, dtype), k: filled([n, 3], () => 0, dtype), v: filled([n, 2], () => 0, dtype) };
        const result = run(zero, { returnLogSumExp: true });
        expect(largestEntry(result.output)).toBe(0);
        expect(
          largestDifference(
            given(result.logSumExp),
            filled([n], () => Math.log(n)),
          ),
        ).toBeLessThan(1e-6); // float32 sums, at worst
        expect([result.bounds.relativeBound, result.toleranceMet]).toEqual([0, true]);
        expect((result.certificate as { bound: number }).bound).toBe(0);
      }
    });

    test("a constant channel of V comes back bit for bit", () => {
      const constants = [0.1, -1 / 3, 1e20, -7e-12, 1];
      const e = constants.length + 2;
      for (const n of [30, 1100]) {
        const base = inputs({ n, d: 4, e, dtype, deviation: 0.5 });
        const v = filled([n, e], (p) => (p % e < constants.length ? constants[p % e]! : base.v.data[p]!), dtype);
        const result = run({ ...base, v });
        const expected = filled([1, e], (c) => constants[c] ?? 0, dtype).data;
        const output = pack(result.output);
        for (let c = 0; c < constants.length; c++) expect(output.every((x, p) => p % e !== c || x === expected[c])).toBe(true);
        expectSound({ ...base, v }, result);
        expect(pack(result.bounds.channelScale).slice(0, constants.length)).toEqual(new Float64Array(constants.length));
      }
    });

    test("all channels of V constant: no scale is left, the answer and its bound are exact", () => {
      const base = inputs({ n: 1100, d: 4, e: 2, dtype, deviation: 0.5 });
      const v = filled([1100, 2], (p) => 0.7 + (p % 2), dtype);
      const result = run({ ...base, v });
      expect(sameBits(result.output, v)).toBe(true);
      expect([result.toleranceMet, result.bounds.relativeBound]).toEqual([true, 0]);
    });

    test("keys in a few equal groups, queries too", () => {
      const { below } = testRandom("groups");
      const points = Array.from({ length: 5 }, (_, i) => [Math.cos(i), Math.sin(i), i / 4]);
      const draw = (n: number) => {
        const group = Array.from({ length: n }, () => below(5));
        return filled([n, 3], (p) => points[group[Math.floor(p / 3)]!]![p % 3]!, dtype);
      };
      const call = { q: draw(1100), k: draw(1100), v: inputs({ n: 1100, e: 2, dtype }).v };
      const result = run(call);
      // five landmarks are all there is: the approximation is as good as the shift of their matrix lets it, and float32
      expect(largestDifference(result.output, attentionOracle(call.q, call.k, call.v).output)).toBeLessThan(1e-4);
      expectSound(call, result, undefined, _ === "auto");
    });
  });

  test.each([1, 2, 3, 63, 64, 65, 111, 257])("n = %d: no NaN, in range", (n) => {
    for (const dtype of ["float32", "float64"] as const) {
      const call = inputs({ n, d: 3, e: 2, dtype });
      const result = run(call, { returnLogSumExp: true });
      expectSound(call, result, undefined, _ === "auto");
      expect(pack(given(result.logSumExp)).every(Number.isFinite)).toBe(true);
    }
  });

  test("many keys for one query, many queries for one key", () => {
    for (const [n, m] of [
      [1, 5000],
      [5000, 1],
      [3, 1500],
      [1500, 2],
    ] as const) {
      // prettier-ignore
      const call = inputs({ n, m, d: 3, e: 2, deviation: 0.5 });
      const result = run(call);
      expectSound(call, result, undefined, _ === "auto");
      expect(largestDifference(result.output, attentionOracle(call.q, call.k, call.v).output)).toBeLessThan(
        result.certificate.kind === "exact" ? 1e-12 : 0.1,
      );
    }
  });
});

describe("degenerate: masks", () => {
  const call = inputs({ n: 6, m: 9, d: 3, e: 2, heads: 2 });
  const cases: readonly (readonly [string, AttentionOptions, (i: number) => boolean])[] = [
    ["a keyMask of zeros", { keyMask: new Uint8Array(9) }, () => true],
    [
      "rows of a uint8 mask",
      {
        mask: plain(
          Uint8Array.from({ length: 54 }, (_, p) => (Math.floor(p / 9) % 2 === 0 ? 0 : 1)),
          [6, 9],
        ),
      },
      (i) => i % 2 === 0,
    ],
    [
      "rows of a float mask",
      {
        mask: plain(
          Float64Array.from({ length: 54 }, (_, p) => (Math.floor(p / 9) === 5 ? -Infinity : 0)),
          [6, 9],
        ),
      },
      (i) => i === 5,
    ],
    ["causal with a negative offset", { causal: { offset: -2 } }, (i) => i < 2],
    ["causal, and the keys that are left masked", { causal: true, keyMask: [0, 0, 0, 1, 1, 1, 1, 1, 1] }, (i) => i < 3],
  ];
  test.each(cases)("%s: rows of zeros, −Infinity, counted, bound kept", (_, options, sees) => {
    const result = attentionSync(call.q, call.k, call.v, { ...options, returnLogSumExp: true });
    const [rows, sums] = [pack(result.output), pack(given(result.logSumExp))];
    for (let i = 0; i < 12; i++) {
      expect([i, sums[i] === -Infinity, rows[2 * i] === 0 && rows[2 * i + 1] === 0]).toEqual([i, sees(i % 6), sees(i % 6)]);
    }
    expect(result.diagnostics.emptyRows).toBe(2 * [0, 1, 2, 3, 4, 5].filter(sees).length);
    expect(result.certificate.kind).toBe("exact");
  });

  test("constant channels stay so under masks, in the rows that see a key", () => {
    const v = filled([2, 9, 2], () => 0.1);
    for (const [, options, sees] of cases) {
      const rows = pack(attentionSync(call.q, call.k, v, options).output);
      expect(rows.every((x, p) => x === (sees(Math.floor(p / 2) % 6) ? 0 : 0.1))).toBe(true);
    }
  });

  test("a bias as large as 1e4 is as good as a mask; biases of 1e308 do not overflow", () => {
    const bias = Float64Array.from({ length: 9 }, (_, j) => (j === 4 ? 1e4 : 0));
    const result = attentionSync(call.q, call.k, call.v, { keyBias: bias });
    const picked = attentionSync(call.q, call.k, call.v, { keyMask: bias.map((b) => (b > 0 ? 1 : 0)) });
    expect(largestDifference(result.output, picked.output)).toBeLessThan(1e-12);
    for (const huge of [1e300, -1e300]) {
      try {
        expect(
          pack(attentionSync(call.q, call.k, call.v, { keyBias: bias.map((b) => (b > 0 ? huge : 0)) }).output).every(Number.isFinite),
        ).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/ERR_OVERFLOW|ERR_NON_FINITE/) as string }); // typed, not NaN
      }
    }
  });
});

describe("degenerate: very large and very small numbers", () => {
  test("scores that no float64 holds: a typed error or the answer, never NaN", () => {
    for (const [dtype, size] of [
      ["float64", 1e155],
      ["float64", 1e200],
      ["float32", 1e20],
      ["float32", 1e38],
    ] as const) {
      const base = inputs({ n: 20, m: 30, d: 3, e: 2, dtype });
      const call = { q: scaled(base.q, size), k: scaled(base.k, size), v: base.v };
      for (const [name, run] of all) {
        try {
          const result = run(call, { returnLogSumExp: true });
          expect([name, pack(result.output).every(Number.isFinite)]).toEqual([name, true]);
          expectSound(call, result, undefined, name === "auto");
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/ERR_OVERFLOW|ERR_NON_FINITE/) as string });
        }
      }
    }
  });

  test("values near the largest float", () => {
    for (const [dtype, size] of [
      ["float64", 1e307],
      ["float32", 1e38],
    ] as const) {
      const base = inputs({ n: 20, m: 300, d: 3, e: 2, dtype, deviation: 0.3 });
      const v = filled([300, 2], (p) => Math.sign(base.v.data[p]!) * size, dtype);
      for (const [name, run] of all) {
        try {
          const result = run({ ...base, v });
          const unit = attentionOracle(base.q, base.k, scaled(v, 1 / size)).output;
          expect([name, largestDifference(scaled(result.output, 1 / size), unit) < 1e-2]).toEqual([name, true]);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/ERR_OVERFLOW|ERR_NON_FINITE/) as string });
        }
      }
    }
  });

  test("subnormal queries, keys and values", () => {
    const base = inputs({ n: 1100, d: 3, e: 2, deviation: 0.5 });
    const call = { q: scaled(base.q, 1e-310), k: scaled(base.k, 1e-310), v: scaled(base.v, 1e-310) };
    for (const [, run] of all) {
      const result = run(call);
      // scores are 0: the mean of V, in steps of the least subnormal 5e-324
      expect(largestDifference(result.output, attentionOracle(call.q, call.k, call.v).output)).toBeLessThan(1e-312);
    }
  });
});

describe("degenerate: plans", () => {
  test("of empty calls and short calls", () => {
    for (const call of [
      { q: empty([0, 3]), k: empty([0, 3]), v: empty([0, 2]) },
      { q: empty([5, 0]), k: empty([4, 0]), v: empty([4, 0]) },
      inputs({ n: 1, d: 1 }),
    ]) {
      const plan = planAttention(call);
      expect(plan.heads).toHaveLength(1);
      expect(plan.predicted.seconds).toBeGreaterThanOrEqual(0);
      expect(sameBits(attentionSync(call.q, call.k, call.v, { plan }).output, attentionSync(call.q, call.k, call.v).output)).toBe(true);
    }
    expect(planAttention({ queries: 0, keys: 0, keyDim: 0, valueDim: 0, heads: 0 }).heads).toEqual([]);
  });
  test("of constant scores: the mean", async () => {
    const call = { q: inputs({ n: 1100, d: 4 }).q, k: filled([1100, 4], () => 2), v: inputs({ n: 1100, e: 3 }).v };
    const plan = planAttention(call);
    expect([plan.method, plan.heads[0]!.method]).toEqual(["mean", "mean"]);
    const result = await attention(call.q, call.k, call.v, { plan });
    expect([result.method, result.certificate.kind]).toEqual(["mean", "exact"]);
    expect(result.heads[0]!.pairs).toBeLessThan((1100 * 1100) / 10); // one row serves all
  });
});
