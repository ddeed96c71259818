/**
 * Which rows the certificate recomputes, seen from outside: in float64 they are the rows that are right to round-off.
 */
import { describe, expect, test } from "vitest";
import { attentionSync, nystromAttentionSync, planAttention, type AttentionOptions } from "../src/index.js";
import { headOf, inputs, judge, scaled, type Inputs } from "./support.js";

const N = 700;
const base = inputs({ n: N, m: 300, d: 6, e: 2, deviation: 0.5, seed: "sample" });
const { errors } = judge(base);

/** Indices of the rows that are exact, where the approximation is wrong by far more than round-off. */
function sampled(call: Inputs, options: AttentionOptions, judged = errors): number[] {
  const result = attentionSync(call.q, call.k, call.v, { method: "nystrom", rank: 24, ...options });
  expect(result.heads.map(({ method, fallbackRows }) => [method, fallbackRows])).toEqual(result.heads.map(() => ["nystrom", 0]));
  const rows = [...judged(result).entries()].filter(([, error]) => error < 1e-12).map(([i]) => i);
  // a query that is a landmark of its own is exact as well
  expect(rows.length).toBeGreaterThanOrEqual(result.diagnostics.sampledRows);
  expect(rows.length).toBeLessThanOrEqual(result.diagnostics.sampledRows + 3);
  return rows;
}

describe("certificate is honest: the sample", () => {
  test("depends on the seed, and on nothing that the approximation depends on", () => {
    const rows = sampled(base, { seed: 1 });
    expect(sampled(base, { seed: 1, rank: 40 })).toEqual(rows);
    expect(sampled(base, { seed: 1, tolerance: 0.3 })).toEqual(rows);
    const other = { ...base, k: scaled(base.k, 0.9, (c) => c) };
    expect(sampled(other, { seed: 1 }, judge(other).errors)).toEqual(rows);
    const values = { ...base, v: scaled(base.v, -7, (c) => 3 * c) };
    expect(sampled(values, { seed: 1 }, judge(values).errors)).toEqual(rows);
    expect(sampled(base, { seed: 2 })).not.toEqual(rows);
  });

  test("a larger sample begins with the smaller one", () => {
    const small = sampled(base, { seed: 1, fraction: 0.1 });
    const large = new Set(sampled(base, { seed: 1, fraction: 0.02 }));
    expect(small.length).toBeLessThan(large.size);
    expect(small.every((row) => large.has(row))).toBe(true);
  });

  test("is another one for each head", () => {
    const stack = inputs({ n: N, m: 300, d: 6, e: 2, heads: 2, deviation: 0.5, seed: "sample" });
    const result = nystromAttentionSync(stack.q, stack.k, stack.v, { rank: 24 });
    const [one, two] = [0, 1].map((h) => {
      const alone = { q: headOf(stack.q, h), k: headOf(stack.k, h), v: headOf(stack.v, h) };
      const found = judge(alone).errors({ ...result, output: headOf(result.output, h) as typeof result.output });
      return [...found.entries()].filter(([, error]) => error < 1e-12).map(([i]) => i);
    });
    expect([one!.length, two!.length]).toEqual([132, 132]);
    expect(one).not.toEqual(two);
  });

  test("is uniform over the rows: 80 seeds", () => {
    const counts = new Float64Array(N);
    let drawn = 0;
    for (let seed = 0; seed < 80; seed++) {
      const rows = sampled(base, { seed: `uniform ${seed}`, fraction: 0.05 });
      for (const row of rows) counts[row]!++;
      drawn += rows.length;
    }
    const expected = drawn / N;
    const share = expected / 80;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2, 0) / (expected * (1 - share));
    // χ² of about N degrees of freedom: N ± √(2 N), five standard deviations either way
    expect(Math.abs(statistic - N) / Math.sqrt(2 * N)).toBeLessThan(5);
  });

  test("goes on from level to level: the rows of the first are among those of the third", () => {
    const call = inputs({ n: 1900, m: 1900, d: 6, e: 2, deviation: 0.5, seed: "levels" });
    const judged = judge(call).errors;
    const plan = planAttention({ queries: 1900, keys: 1900, keyDim: 6, valueDim: 2 }, { method: "nystrom", rank: 36 });
    const run = (tolerance: number) => attentionSync(call.q, call.k, call.v, { plan, tolerance, onMiss: "return" });
    const [one, two] = [run(1), run(1e-6)];
    expect([one.diagnostics.levels, two.diagnostics.levels, two.method]).toEqual([1, 3, "nystrom"]);
    const exact = [one, two].map((result) => [...judged(result).entries()].filter(([, error]) => error < 1e-12).map(([i]) => i));
    const last = new Set(exact[1]);
    expect(exact[0]!.length).toBeGreaterThan(200);
    expect(exact[0]!.every((row) => last.has(row))).toBe(true);
    expect(last.size).toBeLessThan(exact[0]!.length + 80); // 324 of 8192 instead of 258: a few more rows, and not all of them anew
  });
});
