import { resampleHead } from "@subquad/datasets";
import { view } from "@subquad/linalg-core";
import { attentionOracle, channelScale, meanAttention, pack, plain, rowErrors } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { attention, attentionSync, exactAttentionSync, nystromAttentionSync, planAttention, type AttentionPlan } from "../src/index.js";
import { expectSound, inputs, judge, median, quantile, sameBits, scaled, type Inputs } from "./support.js";

const easy = inputs({ n: 1300, d: 5, e: 3, dtype: "float32", deviation: 0.45, seed: "plan" });
const hard = { ...easy, q: scaled(easy.q, 40) };
const timeless = ({ predicted, ...rest }: AttentionPlan) => ({ ...rest, predicted: { ...predicted, seconds: 0 } });
const stacked = (heads: readonly Inputs[]): Inputs => {
  const join = (letter: keyof Inputs) => plain(Float32Array.from(heads.flatMap(({ [letter]: A }) => [...pack(A)])), [heads.length, ...heads[0]![letter].shape]); // prettier-ignore
  return { q: join("q"), k: join("k"), v: join("v") };
};

describe("oracle", () => {
  test("what a plan says of a head", () => {
    const plan = planAttention(easy);
    expect(plan.shape).toEqual({ queries: 1300, keys: 1300, keyDim: 5, valueDim: 3, heads: 1 });
    expect(plan.method).toBe("nystrom");
    const [head] = plan.heads;
    expect(head!.method).toBe("nystrom");
    expect(Number.isInteger(head!.rank) && head!.rank! > 0).toBe(true);
    expect(head!.predictedError).toBeLessThanOrEqual(1e-2);
    expect(head!.pairs).toBeLessThan(0.75 * 1300 * 1300); // or exact would have been planned
    expect(head!.rejected.map(({ method }) => method)).toContain("exact");
    expect(plan.rejected.map(({ method }) => method)).toContain("exact");
    expect(plan.predicted.error).toBeGreaterThan(0);
    expect(plan.predicted.seconds).toBeGreaterThan(0);
    expect(plan.predicted.bytes).toBeGreaterThan(3 * 1300 * 4 * 4);
    expect(plan.predicted.bytes).toBeLessThan(2 ** 28);
  });

  test("exact heads: n m pairs, with the reason for it", () => {
    for (const [call, options] of [
      [hard, {}],
      [inputs({ n: 300, d: 4 }), {}],
      [easy, { causal: true }],
      [easy, { tolerance: 1e-12 }],
      [easy, { method: "exact" }],
    ] as const) {
      const plan = planAttention(call, options);
      const [n, m] = [call.q.shape[0]!, call.k.shape[0]!];
      expect([plan.method, plan.heads[0]!.method]).toEqual(["exact", "exact"]);
      expect(plan.heads[0]!.rank).toBeUndefined();
      if (call !== hard) expect(plan.heads[0]!.pairs).toBe(n * m); // the hard head's probe was spent already
      expect(plan.heads[0]!.pairs).toBeGreaterThanOrEqual(n * m);
      expect(plan.heads[0]!.pairs).toBeLessThanOrEqual(1.15 * n * m);
      if (!("method" in options))
        expect(plan.heads[0]!.rejected.find(({ method }) => method === "nystrom")!.reason.length).toBeGreaterThan(10);
    }
  });

  test("heads are planned one by one", () => {
    const plan = planAttention(stacked([easy, hard, easy]));
    expect(plan.heads.map(({ method }) => method)).toEqual(["nystrom", "exact", "nystrom"]);
    expect(plan.method).toBe("mixed");
  });

  test("from a shape alone", () => {
    const shape = { queries: 4000, keys: 5000, keyDim: 16, valueDim: 8, heads: 3 };
    const plan = planAttention(shape);
    expect([plan.method, plan.heads.length, plan.shape]).toEqual(["exact", 3, shape]);
    expect(plan.heads.map(({ pairs }) => pairs)).toEqual(Array(3).fill(2e7));
    const named = planAttention({ ...shape, heads: 1 }, { method: "nystrom", rank: 100 });
    expect([named.method, named.heads[0]!.rank]).toEqual(["nystrom", 100]);
    expect(named.heads[0]!.pairs).toBeGreaterThan(100 * 9000);
    expect(named.predicted.seconds).toBeLessThan(planAttention({ ...shape, heads: 1 }).predicted.seconds);
    expect(planAttention({ queries: 10, keys: 10, keyDim: 2, valueDim: 2 }).shape.heads).toBe(1);
  });
});

describe("certificate is honest", () => {
  test("predicted error against the true error of 98 % of the rows: within a factor of 3, in the median of 12 heads", () => {
    const ratios: number[] = [];
    for (let i = 0; i < 12; i++) {
      const call = inputs({ n: 1200, d: 3 + (i % 4), e: 2, dtype: "float32", deviation: 0.3 + 0.05 * (i % 3), seed: `predict ${i}` });
      const plan = planAttention(call, { seed: i });
      if (plan.method !== "nystrom") continue;
      const result = attentionSync(call.q, call.k, call.v, { plan, seed: i, onMiss: "return" });
      ratios.push(plan.heads[0]!.predictedError! / quantile(judge(call).errors(result), 0.98));
    }
    expect(ratios.length).toBeGreaterThan(6);
    expect(median(ratios)).toBeGreaterThan(1 / 3);
    expect(median(ratios)).toBeLessThan(3); // a probe of 64 queries, its largest error against a quantile
  });

  test("predicted pairs against counted ones", () => {
    const exactPlan = planAttention(easy, { method: "exact" });
    expect(exactAttentionSync(easy.q, easy.k, easy.v).heads[0]!.pairs).toBe(exactPlan.heads[0]!.pairs);
    for (let seed = 0; seed < 5; seed++) {
      const plan = planAttention(easy, { seed });
      const result = attentionSync(easy.q, easy.k, easy.v, { seed });
      expect(result.method).toBe("nystrom");
      const { pairs } = result.heads[0]!;
      // the plan prices a pair of the landmarks, of the sample and of the choice of landmarks in units of an exact pair: not the same as counting them
      if (result.diagnostics.levels === 1) {
        expect(pairs / plan.heads[0]!.pairs).toBeGreaterThan(0.4); // two fifths of a short run go into choosing landmarks, which no count sees
        expect(pairs / plan.heads[0]!.pairs).toBeLessThan(1.2);
      }
    }
  });

  test("auto is better than the mean of V wherever it approximates, on a grid of scales, widths and lengths", { timeout: 120_000 }, () => {
    let approximated = 0;
    for (const deviation of [0.05, 0.2, 0.4, 0.8]) {
      for (const d of [2, 8, 32]) {
        for (const n of [1100, 1800]) {
          const call = inputs({ n, d, e: 4, dtype: "float32", deviation, seed: `grid ${n}` });
          const rows = Array.from({ length: 200 }, (_, i) => Math.floor((i * n) / 200));
          const result = attentionSync(call.q, call.k, call.v);
          expectSound(call, result, 1e-2, true);
          expect(result.toleranceMet).toBe(true);
          const reference = attentionOracle(call.q, call.k, call.v, { rows }).output;
          const s = channelScale(call.v);
          const pick = (A: Parameters<typeof pack>[0]) =>
            plain(Float64Array.from(rows.flatMap((i) => [...pack(A).subarray(i * 4, i * 4 + 4)])), [200, 4]);
          const errors = rowErrors(pick(result.output), reference, s);
          const trivial = rowErrors(pick(meanAttention(call.q, call.k, call.v)), reference, s);
          expect(quantile(errors, 0.96)).toBeLessThanOrEqual(1e-2); // 98 % of all rows, and 200 of them with luck
          if (result.method !== "nystrom") continue;
          approximated++;
          expect(quantile(errors, 0.9)).toBeLessThan(quantile(trivial, 0.9));
        }
      }
    }
    expect(approximated).toBeGreaterThan(6);
  });
});

describe("theorem-sized", () => {
  test("below 2^20 pairs exact at once, whatever the data", () => {
    const call = inputs({ n: 1023, d: 2, e: 1, dtype: "float32", deviation: 0.1 });
    expect(planAttention(call).heads[0]!.method).toBe("exact");
    expect(attentionSync(call.q, call.k, call.v).heads[0]!.pairs).toBe(1023 * 1023); // nothing was spent on planning
    expect(planAttention(inputs({ n: 1400, d: 2, e: 1, dtype: "float32", deviation: 0.1 })).method).toBe("nystrom");
  });

  test("the rank does not grow with n on data of one kind", () => {
    const { q, k, v } = inputs({ n: 1500, d: 4, e: 2, dtype: "float32", deviation: 0.5, seed: "grow" });
    const base = {
      Q: view(q.data as Float32Array, q.shape),
      K: view(k.data as Float32Array, k.shape),
      V: view(v.data as Float32Array, v.shape),
    };
    const ranks = [2000, 4000, 8000].map((n) => {
      const { Q, K, V } = resampleHead(base, n, { jitter: 0.05 });
      const plan = planAttention({ q: Q, k: K, v: V });
      expect(plan.method).toBe("nystrom");
      return plan.heads[0]!.rank!;
    });
    expect(ranks[2]! / ranks[0]!).toBeLessThan(1.7); // a step of the planner's grid either way
  });
});

describe("theorem-sized: bytes", () => {
  test("a call that has no bytes for landmarks is exact and says so; one that has none for exact is refused", () => {
    const { bytes } = planAttention(easy).predicted;
    const least = planAttention(easy, { method: "exact" }).predicted.bytes;
    expect(least).toBeLessThan(bytes);
    const result = attentionSync(easy.q, easy.k, easy.v, { maxBytes: bytes - 1 });
    expect(result.method).toBe("exact");
    expect(result.heads[0]!.refused.find(({ method }) => method === "nystrom")!.reason).toMatch(/bytes/i);
    expect(attentionSync(easy.q, easy.k, easy.v, { maxBytes: bytes }).method).toBe("nystrom");
    expect(() => attentionSync(easy.q, easy.k, easy.v, { maxBytes: least - 1 })).toThrow(/maxBytes/);
    expect(() => nystromAttentionSync(easy.q, easy.k, easy.v, { maxBytes: bytes - 1 })).toThrow(/maxBytes.*exact/);
  });
});

describe("laws", () => {
  test("the same plan for the same seed, but for the seconds", () => {
    expect(timeless(planAttention(easy))).toEqual(timeless(planAttention(easy)));
    expect(timeless(planAttention(easy, { seed: "0" }))).toEqual(timeless(planAttention(easy)));
  });

  test("to plan, then to run with the plan, is to run", async () => {
    for (const call of [easy, hard, stacked([easy, hard]), inputs({ n: 60, d: 3 })]) {
      for (const options of [{}, { tolerance: 0.03, seed: 4 }]) {
        const plan = planAttention(call, options);
        const auto = attentionSync(call.q, call.k, call.v, options);
        for (const planned of [
          attentionSync(call.q, call.k, call.v, { ...options, plan }),
          await attention(call.q, call.k, call.v, { ...options, plan }),
        ]) {
          expect(sameBits(auto.output, planned.output)).toBe(true);
          expect(planned.certificate).toEqual(auto.certificate);
          expect([planned.method, planned.heads.map(({ method, rank }) => [method, rank])]).toEqual([
            auto.method,
            auto.heads.map(({ method, rank }) => [method, rank]),
          ]);
        }
        expect(auto.heads.map(({ method }) => method)).toEqual(plan.heads.map(({ method }) => method));
        expect(auto.method).toBe(plan.method);
      }
    }
  });

  test("a plan may be stored as text", () => {
    const plan = JSON.parse(JSON.stringify(planAttention(easy))) as AttentionPlan;
    expect(sameBits(attentionSync(easy.q, easy.k, easy.v, { plan }).output, attentionSync(easy.q, easy.k, easy.v).output)).toBe(true);
  });

  test("a plan from a shape runs: exact, or nystrom of its rank", () => {
    const shape = { queries: 1300, keys: 1300, keyDim: 5, valueDim: 3 };
    expect(attentionSync(easy.q, easy.k, easy.v, { plan: planAttention(shape) }).method).toBe("exact");
    const plan = planAttention(shape, { method: "nystrom", rank: 72 });
    const result = attentionSync(easy.q, easy.k, easy.v, { plan, tolerance: 0.5 });
    expect([result.method, result.heads[0]!.rank]).toEqual(["nystrom", 72]);
  });
});
