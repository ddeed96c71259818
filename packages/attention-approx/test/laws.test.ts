import fc from "fast-check";
import { attentionOracle, layouts, pack, plain, strided, testRandom, type Strided } from "@subquad/test-kit";
import { describe, expect, it, test } from "vitest";
import {
  attention,
  attentionSync,
  exactAttention,
  exactAttentionSync,
  nystromAttention,
  nystromAttentionSync,
  type AttentionResult,
} from "../src/index.js";
import { given, headOf, inputs, largestDifference, largestEntry, sameBits, scaled, type Inputs } from "./support.js";

const approximable = inputs({ n: 1100, d: 5, e: 3, dtype: "float32", deviation: 0.45, seed: "laws" });
const auto = (call: Inputs, options = {}) => attentionSync(call.q, call.k, call.v, options);
const exact = (call: Inputs, options = {}) => exactAttentionSync(call.q, call.k, call.v, options);
const nystrom = (call: Inputs, options = {}) => nystromAttentionSync(call.q, call.k, call.v, { rank: 48, ...options });

const permutation = (n: number, seed: string): number[] => {
  const { below } = testRandom(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const other = below(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
};
const rows = (A: Strided, order: readonly number[]): Strided => {
  const d = A.shape[1]!;
  const values = order.flatMap((i) => [...pack(A).subarray(i * d, (i + 1) * d)]);
  return plain(A.data instanceof Float32Array ? Float32Array.from(values) : Float64Array.from(values), [order.length, d]);
};

/** Two approximations of one thing differ by no more than both bounds, but in the rows that each may miss. */
function expectWithinBoth(a: AttentionResult, b: AttentionResult): void {
  const [n, e] = a.output.shape as [number, number];
  const s = pack(a.bounds.channelScale);
  const [x, y] = [pack(a.output), pack(b.output)];
  const bound = a.bounds.relativeBound + b.bounds.relativeBound;
  let above = 0;
  for (let i = 0; i < n; i++) if (s.some((unit, c) => Math.abs(x[i * e + c]! - y[i * e + c]!) > bound * unit)) above++;
  expect(above).toBeLessThanOrEqual(2 * 0.02 * n);
}

describe("laws", () => {
  it("the order of keys does not matter: exact to round-off, approximations within their certificates", () => {
    const order = permutation(1100, "keys");
    const shuffled = { q: approximable.q, k: rows(approximable.k, order), v: rows(approximable.v, order) };
    // float32: sums of 192 terms in another order, 192 u in the worst case and √192 u as a rule
    expect(largestDifference(exact(approximable).output, exact(shuffled).output)).toBeLessThan(1e-6 * largestEntry(approximable.v));
    expectWithinBoth(auto(approximable), auto(shuffled));
    expectWithinBoth(nystrom(approximable), nystrom(shuffled));
    expect(auto(shuffled).method).toBe("nystrom");
  });

  it("the order of queries is that of the rows", () => {
    const order = permutation(1100, "queries");
    const shuffled = { ...approximable, q: rows(approximable.q, order) };
    const back = (result: AttentionResult) => ({ ...result, output: rows(result.output, order.map((_, i) => order.indexOf(i))) as typeof result.output }); // prettier-ignore
    expect(largestDifference(exact(approximable).output, back(exact(shuffled)).output)).toBeLessThan(1e-6 * largestEntry(approximable.v)); // the blocks of rows share a running maximum
    expectWithinBoth(auto(approximable), back(auto(shuffled)));
    expectWithinBoth(nystrom(approximable), back(nystrom(shuffled)));
  });

  it("a vector added to all keys changes nothing", () => {
    const wideCall = inputs({ n: 1100, d: 5, e: 3, deviation: 0.45, seed: "laws" });
    for (const size of [1, 1e3]) {
      const moved = { ...wideCall, k: scaled(wideCall.k, 1, (c) => size * (c - 1.5)) };
      // float64: scores of up to 1e3 · 5, rounded to 1e-16 of that, twice
      expect(largestDifference(exact(wideCall).output, exact(moved).output)).toBeLessThan(
        1e-12 * Math.max(1, size) * largestEntry(wideCall.v),
      );
      expectWithinBoth(auto(wideCall), auto(moved));
      expect(auto(moved).method).toBe("nystrom");
    }
    // the same landmarks up to round-off: the approximation itself hardly moves
    const moved = { ...wideCall, k: scaled(wideCall.k, 1, (c) => c - 1.5) };
    expect(largestDifference(nystrom(wideCall).output, nystrom(moved).output)).toBeLessThan(1e-3);
  });

  it("V times a power of two: the output times it, to the bit; bounds in spreads stay", () => {
    for (const factor of [2 ** -40, 2, 2 ** 40]) {
      const call = { ...approximable, v: scaled(approximable.v, factor) };
      for (const run of [exact, nystrom]) {
        const [one, other] = [run(approximable), run(call)];
        // powers of two are exact; the denormal range is far away
        expect(sameBits(scaled(one.output, factor), other.output)).toBe(true);
        expect(Math.abs(other.bounds.relativeBound / one.bounds.relativeBound - 1)).toBeLessThan(1e-9);
      }
    }
  });

  it("V times −3 plus a constant: the output likewise", () => {
    const call = { ...approximable, v: scaled(approximable.v, -3, (c) => 10 * c) };
    const expected = (result: AttentionResult) => scaled(result.output, -3, (c) => 10 * c);
    expect(largestDifference(expected(exact(approximable)), exact(call).output)).toBeLessThan(1e-4); // float32: 192 u · 20
    expect(largestDifference(expected(nystrom(approximable)), nystrom(call).output)).toBeLessThan(1e-2); // the same landmarks
    expectWithinBoth({ ...nystrom(call), output: expected(nystrom(approximable)) as AttentionResult["output"] }, nystrom(call));
  });

  it("more channels of V: the others stay", () => {
    const more = inputs({ n: 1100, e: 9, dtype: "float32", seed: "more" }).v;
    const joined = plain(
      Float32Array.from({ length: 1100 * 12 }, (_, p) =>
        p % 12 < 3 ? approximable.v.data[Math.floor(p / 12) * 3 + (p % 12)]! : more.data[Math.floor(p / 12) * 9 + (p % 12) - 3]!,
      ),
      [1100, 12],
    );
    const first = (A: Strided) =>
      plain(
        Float32Array.from({ length: 3300 }, (_, p) => pack(A)[Math.floor(p / 3) * 12 + (p % 3)]!),
        [1100, 3],
      );
    expect(largestDifference(exact(approximable).output, first(exact({ ...approximable, v: joined }).output))).toBeLessThan(1e-6 * 5);
    expect(largestDifference(nystrom(approximable).output, first(nystrom({ ...approximable, v: joined }).output))).toBeLessThan(0.05); // recomputed rows are the same; so are the landmarks
  });

  it("scale is a factor of q", () => {
    const call = { ...approximable, q: scaled(approximable.q, 0.25) };
    for (const run of [exact, nystrom])
      expect(largestDifference(run(approximable, { scale: 0.25 }).output, run(call, { scale: 1 }).output)).toBeLessThan(1e-5); // powers of two
    expect(sameBits(exact(approximable).output, exact(approximable, { scale: 1 / Math.sqrt(5) }).output)).toBe(true); // the default
  });

  it("any stride: the same bits", () => {
    for (const [run, call] of [
      [exact, inputs({ n: 30, m: 41, d: 6, e: 5, heads: 2, dtype: "float32" })],
      [exact, inputs({ n: 30, m: 41, d: 6, e: 5 })],
      [nystrom, inputs({ n: 300, m: 200, d: 3, e: 2, dtype: "float32" })],
      [auto, approximable],
    ] as const) {
      const dense = run(call);
      for (const layout of layouts) {
        const laid = {
          q: strided(call.q, layout),
          k: strided(call.k, layouts[(layouts.indexOf(layout) + 1) % layouts.length]!),
          v: strided(call.v, layout),
        };
        expect(sameBits(dense.output, run(laid).output)).toBe(true);
      }
    }
    const flat = inputs({ n: 20, m: 30, d: 4, e: 3 });
    const equal = plain(
      Float64Array.from({ length: 120 }, (_, p) => p % 4),
      [30, 4],
    ); // rows of equal entries: stride 0
    expect(sameBits(exact({ ...flat, k: equal }).output, exact({ ...flat, k: strided(equal, "broadcast") }).output)).toBe(true);
    const masked = {
      mask: plain(
        Uint8Array.from({ length: 600 }, (_, p) => (p % 7 === 0 ? 0 : 1)),
        [20, 30],
      ),
    };
    for (const layout of layouts)
      expect(sameBits(exact(flat, masked).output, exact(flat, { mask: strided(masked.mask, layout) }).output)).toBe(true);
  });

  it("inputs are left as they were, results share nothing with them", () => {
    const call = inputs({ n: 1100, d: 4, e: 2, dtype: "float32", deviation: 0.4 });
    const before = [call.q, call.k, call.v].map((A) => Float32Array.from(A.data));
    const results = [auto(call), exact(call), nystrom(call)];
    for (const [i, A] of [call.q, call.k, call.v].entries()) expect(before[i]).toEqual(A.data);
    for (const { output, bounds } of results) {
      output.data.fill(7);
      bounds.channelScale.data.fill(7);
    }
    for (const [i, A] of [call.q, call.k, call.v].entries()) expect(before[i]).toEqual(A.data);
    expect(sameBits(exact(call).output, exact(call).output)).toBe(true);
    expect(largestEntry(exact(call).output)).toBeLessThan(7);
  });

  it("promise and Sync: the same bits; again: the same bits", async () => {
    const stack = inputs({ n: 1100, d: 4, e: 2, heads: 2, dtype: "float32", deviation: 0.4 });
    const pairs = [
      [attentionSync(stack.q, stack.k, stack.v, { seed: "s" }), await attention(stack.q, stack.k, stack.v, { seed: "s" })],
      [attentionSync(stack.q, stack.k, stack.v, { seed: "s" }), await attention(stack.q, stack.k, stack.v, { seed: "s", threads: 1 })],
      [nystrom(stack), await nystromAttention(stack.q, stack.k, stack.v, { rank: 48 })],
      [exact(stack, { causal: true }), await exactAttention(stack.q, stack.k, stack.v, { causal: true })],
    ] as const;
    for (const [sync, promised] of pairs) {
      expect(sameBits(sync.output, promised.output)).toBe(true);
      expect([promised.method, promised.certificate, promised.heads]).toEqual([sync.method, sync.certificate, sync.heads]);
    }
  });

  it("seeds: same seed, same bits; another seed, another approximation of the same thing", () => {
    expect(auto(approximable).method).toBe("nystrom");
    expect(sameBits(auto(approximable, { seed: 1 }).output, auto(approximable, { seed: "1" }).output)).toBe(true);
    expect(sameBits(auto(approximable).output, auto(approximable, { seed: "0" }).output)).toBe(true);
    const [one, two] = [auto(approximable, { seed: 1 }), auto(approximable, { seed: 2 })];
    expect(sameBits(one.output, two.output)).toBe(false);
    expectWithinBoth(one, two);
    expect(one.diagnostics.seed).toBe("1");
    expect(
      sameBits(
        exact(approximable).output,
        auto({ ...approximable, q: headOf(plain(approximable.q.data as Float32Array<ArrayBuffer>, [1, 1100, 5]), 0) }, { method: "exact" })
          .output,
      ),
    ).toBe(true);
  });

  it("a looser tolerance costs no more, a stricter one is met", () => {
    const pairsAt = [0.1, 0.03, 0.01, 0.003].map((tolerance) => {
      const result = auto(approximable, { tolerance });
      expect([result.toleranceMet, result.bounds.relativeBound <= tolerance]).toEqual([true, true]);
      return result.heads[0]!.pairs;
    });
    for (let i = 1; i < pairsAt.length; i++) expect(pairsAt[i]!).toBeGreaterThanOrEqual(pairsAt[i - 1]! * 0.9); // the planner's steps of rank
    const strict = auto(approximable, { tolerance: 1e-12 }); // below round-off
    expect(strict.method).toBe("exact");
  });

  it("any short call: auto is exact, methods agree within their certificates, bits repeat", () => {
    const calls = fc.record({
      n: fc.integer({ min: 1, max: 120 }),
      m: fc.integer({ min: 1, max: 120 }),
      d: fc.integer({ min: 1, max: 9 }),
      e: fc.integer({ min: 1, max: 5 }),
      deviation: fc.constantFrom(0.1, 0.5, 1, 2),
      dtype: fc.constantFrom("float32" as const, "float64" as const),
      rank: fc.integer({ min: 1, max: 60 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(calls, ({ n, m, d, e, deviation, dtype, rank, seed }) => {
        const call = inputs({ n, m, d, e, deviation, dtype, seed });
        const options = { rank: Math.min(rank, n + m), seed };
        const [one, two] = [nystrom(call, options), nystrom(call, options)];
        expect(sameBits(one.output, two.output)).toBe(true);
        expect(["exact", "mean"]).toContain(auto(call).method);
        // so short that nearly all rows are recomputed: never worse than the bound in more than the share
        const reference = attentionOracle(call.q, call.k, call.v).output;
        const off = pack(one.output).map((x, p) => Math.abs(x - pack(reference)[p]!));
        const bound = (one.certificate as { bound: number }).bound * (1 + 1e-9) + 1e-13;
        const above = new Set(Array.from(off, (x, p) => (x > bound ? Math.floor(p / e) : -1)).filter((i) => i >= 0));
        expect(above.size).toBeLessThanOrEqual(Math.max(0.02 * n, 2)); // 1 % of 40 runs may miss the share, by a row
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

test("laws: log-sum-exp under a shift of all keys", () => {
  // scores move by scale q·c, and so does their log-sum-exp: for approximations too, which centre the keys
  const call = inputs({ n: 1100, d: 4, e: 2, deviation: 0.4 });
  const shift = [0.5, -1, 2, 0.25];
  const moved = { ...call, k: scaled(call.k, 1, (c) => shift[c]!) };
  const expected = Float64Array.from({ length: 1100 }, (_, i) => shift.reduce((sum, s, c) => sum + (s * pack(call.q)[4 * i + c]!) / 2, 0));
  for (const run of [exact, nystrom, auto]) {
    const [one, other] = [run(call, { returnLogSumExp: true }), run(moved, { returnLogSumExp: true })].map(({ logSumExp }) =>
      pack(given(logSumExp)),
    );
    const off = Array.from(one!, (x, i) => Math.abs(other![i]! - x - expected[i]!)).sort((a, b) => a - b);
    expect(off[1078]).toBeLessThan(run === exact ? 1e-12 : 0.05);
  }
});
