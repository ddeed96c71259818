/**
 * What was found by attacking the package.
 */
import { backend, OptionError, releaseMemory } from "@subquad/linalg-core";
import { openScope } from "@subquad/linalg-core/kernels";
import { describe, expect, test } from "vitest";
import { attentionOracle, pack, plain, type Strided } from "@subquad/test-kit";
import { attentionSync, exactAttentionSync, nystromAttentionSync, planAttention } from "../src/index.js";
import { inputs, largestDifference, sameBits } from "./support.js";

describe("issue-02: memory", () => {
  test("a plan does not depend on where compute memory has to grow", () => {
    const call = inputs({ n: 1100, d: 128, dtype: "float32", deviation: 0.3 });
    const plan = () => planAttention(call, { tolerance: 0.3 }).heads;
    releaseMemory();
    const expected = plan();
    expect(expected[0]!.method).toBe("nystrom");
    for (let quarters = 1; quarters <= 32; quarters++) {
      releaseMemory();
      const taken = openScope();
      taken.alloc(quarters * 2 ** 18); // so that memory grows at another allocation of the plan
      try {
        expect([quarters, plan()]).toEqual([quarters, expected]);
      } finally {
        taken.release();
      }
    }
  });
});

describe("issue-02: what float32 does not hold", () => {
  test.each([
    ["a scale that is 0 there", 4, 1e25, 1e25, 1e-50],
    ["a scale that is subnormal there", 4, 1e21, 1e21, 1e-42],
    ["a scale that is Infinity there, and zeros", 4, 0, 1, 1e100],
    ["queries that overflow with the scale", 1, 3e38, 1e-38, 1],
    ["long keys and subnormal queries", 4, 1e-39, 1e37, 1],
  ])("%s: exact, and its bound holds", (_, d, querySize, keySize, scale) => {
    const base = inputs({ n: 1100, d, e: 2, dtype: "float32", deviation: 0.25 });
    const small = (x: number): number => Math.max(-1, Math.min(1, x));
    const entries = (A: Strided, size: number): Strided =>
      plain(
        Float32Array.from(pack(A), (x) => size * small(x)),
        A.shape,
      );
    const call = { q: entries(base.q, querySize), k: entries(base.k, keySize), v: base.v };
    for (const run of [attentionSync, nystromAttentionSync, exactAttentionSync]) {
      const result = run(call.q, call.k, call.v, { scale });
      expect(result.certificate.kind).toBe("exact");
      const difference = largestDifference(result.output, attentionOracle(call.q, call.k, call.v, { scale }).output);
      expect(difference).toBeLessThanOrEqual((result.certificate as { bound: number }).bound);
    }
  });
});

describe("issue-02: the spread of V", () => {
  test.each([
    ["whose squares overflow", 1e160, 0],
    ["whose sum overflows", 3e303, 3e304],
    ["whose squares vanish", 1e-170, 0],
    ["of subnormal numbers", 1e-320, 0],
    ["that is small beside its mean, in float64", 1e-6, 1e9],
  ])("%s: its own unit", (_, size, mean) => {
    const call = inputs({ n: 30, m: 20_000, d: 2, e: 2 });
    const deviations = (A: Strided, factor: number): Float64Array => {
      const [values, e] = [pack(A).map((x) => x * factor), A.shape[1]!];
      return Float64Array.from({ length: e }, (_, c) => {
        const column = values.filter((__, p) => p % e === c);
        const middle = column.reduce((sum, x) => sum + (x - column[0]!), 0) / column.length + column[0]!;
        return Math.sqrt(column.reduce((sum, x) => sum + (x - middle) ** 2, 0) / column.length) / factor;
      });
    };
    const v = plain(
      Float64Array.from(pack(call.v), (x) => size * x + mean),
      call.v.shape,
    );
    const result = attentionSync(call.q, call.k, v);
    const expected = deviations(
      plain(
        Float64Array.from(pack(v), (x) => x - mean),
        v.shape,
      ),
      size === 1e-320 ? 2 ** 1000 : 1 / size,
    );
    pack(result.bounds.channelScale).forEach((unit, c) => {
      expect(Math.abs(unit / expected[c]! - 1)).toBeLessThan(1e-2); // a subnormal number has few bits
    });
    expect(result.bounds.relativeBound).toBeGreaterThan(0);
    expect(Number.isFinite(result.bounds.relativeBound)).toBe(true);
  });
});

describe("issue-02: shares that no sample shows", () => {
  test("all rows are recomputed, for one head and for several; pooled heads failed on behalf of another function", () => {
    for (const heads of [1, 2, 5]) {
      const call = inputs({ n: 60, m: 50, d: 3, e: 2, heads });
      for (const [fraction, confidence] of [
        [1e-12, 0.99],
        [5e-324, 0.999],
        [1e-7, 1 - 2 ** -53],
      ] as const) {
        const result = nystromAttentionSync(call.q, call.k, call.v, { rank: 30, fraction, confidence });
        expect([result.certificate.kind, result.diagnostics.sampledRows]).toEqual(["statistical", 60 * heads]);
        expect(attentionSync(call.q, call.k, call.v, { fraction, confidence }).method).toBe("exact");
      }
    }
  });
});

describe("issue-02: a plan that was stored and read again", () => {
  const call = inputs({ n: 1300, d: 5, e: 3, dtype: "float32", deviation: 0.4 });
  const plan = planAttention(call);
  const [head] = plan.heads;
  test("heads that are none are refused; a rank of NaN overwrote the kernels' constants, and every later call was wrong", () => {
    expect(plan.method).toBe("nystrom");
    const expected = attentionSync(call.q, call.k, call.v, { plan });
    for (const other of [
      ...[NaN, -1, 0, 2.5, 1e9, Infinity, "36", null, undefined, {}].map((rank) => ({ ...head, rank })),
      ...[null, undefined, 5, {}, { ...head, method: "other" }, { method: "exact", pairs: 1 }],
    ]) {
      const given = { ...plan, heads: [other] } as never;
      expect(() => attentionSync(call.q, call.k, call.v, { plan: given })).toThrow(OptionError);
    }
    const again = attentionSync(call.q, call.k, call.v, { plan: JSON.parse(JSON.stringify(plan)) as typeof plan });
    expect(sameBits(again.output, expected.output)).toBe(true);
  });
});

describe("issue-02: bytes of a large rank by name", () => {
  test("what the call takes is counted, and refused above maxBytes", () => {
    const { q } = inputs({ n: 2500, d: 5, dtype: "float32", deviation: 0.4 });
    const options = { method: "nystrom", rank: 1500 } as const;
    const { bytes } = planAttention({ q, k: q, v: q }, options).predicted;
    expect(() => nystromAttentionSync(q, q, q, { rank: 1500, maxBytes: bytes - 1 })).toThrow(OptionError);
    releaseMemory();
    const before = backend().arenaBytes;
    expect(nystromAttentionSync(q, q, q, { rank: 1500, maxBytes: bytes }).method).toBe("nystrom");
    expect(backend().arenaBytes - before).toBeLessThan(bytes + 2 ** 25); // memory grows with 32 MiB to spare
    expect(bytes).toBeLessThan(2 ** 27);
  });
});
