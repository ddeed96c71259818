import { plantFarQueries, plantHeavyKey } from "@subquad/datasets";
import { view } from "@subquad/linalg-core";
import { attentionOracle, gaussianArray, pack, plain } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { attentionSync, nystromAttention, nystromAttentionSync } from "../src/index.js";
import {
  covers,
  expectSound,
  full,
  given,
  headOf,
  inputs,
  judge,
  largestDifference,
  median,
  quantile,
  rootMeanSquare,
  sameBits,
  scaled,
  statistical,
  wide,
  type Inputs,
} from "./support.js";

const upper = ({ q, k, v }: Inputs) => ({ Q: view(q.data as Float32Array, q.shape), K: view(k.data as Float32Array, k.shape), V: view(v.data as Float32Array, v.shape) }); // prettier-ignore
const run = ({ q, k, v }: Inputs, options: Parameters<typeof nystromAttentionSync>[3]) => nystromAttentionSync(q, k, v, options);

describe("oracle", () => {
  test("a landmark for every point is exact attention", () => {
    for (const dtype of ["float64", "float32"] as const) {
      const call = inputs({ n: 150, m: 60, d: 3, e: 2, dtype, deviation: 0.5 });
      // few recomputed rows, or there would be nothing left to test
      const result = run(call, { rank: 210, fraction: 0.5, confidence: 0.5 });
      expect(result.method).toBe("nystrom");
      expect(result.diagnostics.sampledRows).toBeLessThan(5);
      // float64: the shift 1e-10 r of the landmarks' matrix, times 1/g ≤ 100 for the rows far out. float32: the rounding of panels and outputs
      expect(Math.max(...judge(call).errors(result))).toBeLessThan(dtype === "float64" ? 1e-8 : 1e-5);
    }
  });

  test("few distinct points: as many landmarks reproduce exact attention, more do no harm", () => {
    const base = inputs({ n: 12, m: 9, d: 4, e: 3, dtype: "float64", seed: "twins" });
    const often = (A: Inputs["q"], times: number) =>
      plain(Float64Array.from(Array.from({ length: times }, () => [...pack(A)]).flat()), [A.shape[0]! * times, A.shape[1]!]);
    const call = { q: often(base.q, 30), k: often(base.k, 25), v: inputs({ n: 225, d: 3 }).v };
    for (const rank of [21, 40, 300]) {
      const result = run(call, { rank, fraction: 0.5, confidence: 0.5 });
      expect(Math.max(...judge(call).errors(result))).toBeLessThan(1e-6); // the shift 1e-10 r
      expectSound(call, result);
    }
  });

  test("any rank: within its certificate; a low one is wrong, a high one nearly right", () => {
    const call = inputs({ n: 900, m: 1300, d: 6, e: 4, dtype: "float32", deviation: 0.7 });
    const { errors } = judge(call);
    const rms = [24, 64, 192].map((rank) => {
      const result = run(call, { rank });
      expectSound(call, result);
      expect([result.method, result.heads[0]!.rank]).toEqual(["nystrom", rank]);
      expect(result.output.dtype).toBe("float32");
      const truth = errors(result);
      expect(covers(result, truth)).toBe(true); // of this seed
      expect(result.diagnostics.estimate!.rms / rootMeanSquare(truth)).toBeGreaterThan(0.6); // a quarter of the rows was recomputed: √(3/4), and 3 sd
      expect(result.diagnostics.estimate!.rms / rootMeanSquare(truth)).toBeLessThan(2);
      return rootMeanSquare(truth);
    });
    expect(rms[1]! / rms[0]!).toBeLessThan(0.5); // in six dimensions; real heads gain more
    expect(rms[2]! / rms[1]!).toBeLessThan(0.5);
  });

  test("float64 and float32 inputs give the same approximation", () => {
    const call = inputs({ n: 700, d: 5, dtype: "float32", deviation: 0.6 });
    const broad = { q: wide(call.q), k: wide(call.k), v: wide(call.v) };
    const [single, double] = [run(call, { rank: 48 }), run(broad, { rank: 48 })];
    expect(double.output.dtype).toBe("float64");
    // float32 panels with a float64 solve lose about 1e-5; the approximation itself is wrong by 1e-2
    expect(
      quantile(
        Float64Array.from(pack(single.output), (x, p) => Math.abs(x - pack(double.output)[p]!)),
        0.99,
      ),
    ).toBeLessThan(1e-3);
  });

  test("log-sum-exp of the approximate weights, in natural logarithms of the true scores", () => {
    const call = inputs({ n: 800, d: 5, heads: 2, dtype: "float32", deviation: 0.7 });
    const moved = { q: scaled(call.q, 1, (c) => c), k: scaled(call.k, 1, (c) => 2 - c), v: call.v }; // centring has something to put back
    const result = run(moved, { rank: 128, returnLogSumExp: true, scale: 0.3 });
    expect(result.method).toBe("nystrom");
    const expected = pack(attentionOracle(moved.q, moved.k, moved.v, { scale: 0.3 }).logSumExp);
    const got = given(result.logSumExp);
    expect([got.shape, got.dtype]).toEqual([[2, 800], "float64"]);
    const off = Float64Array.from(pack(got), (x, i) => Math.abs(x - expected[i]!));
    expect(quantile(off, 0.98)).toBeLessThan(0.05); // the weights' sum is right to percents where outputs are
    expect(run(moved, { rank: 8 }).logSumExp).toBeUndefined();
  });

  test("each head as if alone, from its own landmarks", () => {
    const call = inputs({ n: 400, d: 4, heads: 3, dtype: "float32", deviation: 0.7 });
    const result = run(call, { rank: 40 });
    for (let h = 0; h < 3; h++) {
      const alone = { q: headOf(call.q, h), k: headOf(call.k, h), v: headOf(call.v, h) };
      expect(quantile(judge(alone).errors({ ...result, output: headOf(result.output, h) as typeof result.output }), 0.98)).toBeLessThan(
        result.bounds.relativeBound,
      );
    }
  });
});

describe("certificate is honest", () => {
  test(`a key with 30 % of all mass, at a random place: found and handled, ${full ? 100 : 10} seeds`, { timeout: 600_000 }, () => {
    let approximated = 0;
    const seeds = full ? 100 : 10;
    for (let seed = 0; seed < seeds; seed++) {
      const base = inputs({ n: 1400, d: 5, e: 3, dtype: "float32", deviation: 0.5, seed: `heavy ${seed}` });
      const { Q, K, V, mass } = plantHeavyKey(upper({ ...base, q: scaled(base.q, 1, () => 1) }), { mass: 0.3, seed }); // queries with a mean, as real ones
      expect(Math.abs(mass - 0.3)).toBeLessThan(0.01);
      const call = { q: Q, k: K, v: V };
      const { errors } = judge(call);
      const result = attentionSync(Q, K, V, { seed });
      expectSound(call, result);
      expect(result.toleranceMet).toBe(true);
      expect(quantile(errors(result), 0.98)).toBeLessThanOrEqual(1e-2);
      if (result.method === "nystrom") approximated++;
      // what centroids alone get wrong by 0.16 to 2.6 of the spread
      const named = run(call, { rank: 128, seed });
      expect(quantile(errors(named), 0.98)).toBeLessThan(5e-2);
      expect(covers(named, errors(named))).toBe(true); // 1 % of the seeds may fail, half of that on a first level; these do not
    }
    expect(approximated).toBeGreaterThan(seeds / 2); // not by giving up
  });

  test(`far queries in random directions: the certificate covers, ${full ? 300 : 20} seeds`, { timeout: 600_000 }, () => {
    let falsehoods = 0;
    const seeds = full ? 300 : 20;
    for (let seed = 0; seed < seeds; seed++) {
      const { Q, K, V } = plantFarQueries(upper(inputs({ n: 1100, d: 5, e: 3, dtype: "float32", deviation: 0.5, seed: `far ${seed}` })), {
        count: 8 + (seed % 40),
        factor: 2 + (seed % 3),
        seed,
      });
      const call = { q: Q, k: K, v: V };
      const { errors } = judge(call);
      for (const result of [attentionSync(Q, K, V, { seed }), run(call, { rank: 96, seed })]) {
        expectSound(call, result);
        if (result.certificate.kind === "statistical" && !covers(result, errors(result))) falsehoods++;
        // rows that got too little weight are exact
        expect(result.heads[0]!.fallbackRows).toBeLessThanOrEqual(0.25 * 1100);
      }
    }
    expect(falsehoods).toBeLessThanOrEqual(1 + Math.ceil(seeds * 0.03)); // δ = 1 %, twice a seed, three standard deviations
  });

  test("rows that the landmarks give too little weight are recomputed and counted", () => {
    const call = inputs({ n: 1100, d: 4, e: 3, dtype: "float32", deviation: 1.5, seed: "lost" });
    const result = run(call, { rank: 24 });
    expect(result.method).toBe("nystrom");
    const { fallbackRows } = result.heads[0]!;
    expect(fallbackRows).toBeGreaterThan(0);
    expect(fallbackRows).toBeLessThanOrEqual(275); // beyond a quarter the head is exact
    const exactRows = judge(call)
      .errors(result)
      .filter((x) => x < 1e-5).length; // float32
    expect(exactRows).toBeGreaterThanOrEqual(fallbackRows);
    expect(exactRows).toBeLessThanOrEqual(fallbackRows + result.diagnostics.sampledRows + 11); // 1 % by luck
    expect(result.heads[0]!.pairs).toBeGreaterThanOrEqual(24 * 2200 + (fallbackRows + result.diagnostics.sampledRows) * 1100 * 0.8); // some rows are both
  });
});

describe("theorem-sized", () => {
  test("twice the rank, at most half the error: medians of five seeds", () => {
    const call = inputs({ n: 1100, d: 4, dtype: "float32", deviation: 0.8, seed: "doubling" });
    const { errors } = judge(call);
    const typical = (rank: number) => median(Array.from({ length: 5 }, (_, seed) => rootMeanSquare(errors(run(call, { rank, seed })))));
    const [a, b, c] = [typical(32), typical(64), typical(128)];
    expect(a / b).toBeGreaterThan(2);
    expect(b / c).toBeGreaterThan(2);
  });

  test("pairs: r (n + m) for the landmarks, m for each recomputed row, both counted", () => {
    const call = inputs({ n: 1500, m: 900, d: 5, e: 2, dtype: "float32", deviation: 0.5 });
    const result = run(call, { rank: 60 });
    const { pairs, fallbackRows } = result.heads[0]!;
    const least = 60 * (1500 + 900) + (result.diagnostics.sampledRows + fallbackRows) * 900;
    expect(pairs).toBeGreaterThanOrEqual(least);
    expect(pairs).toBeLessThanOrEqual(least + 250 * (1500 + 900)); // choosing the landmarks
  });
});

describe("laws", () => {
  // float64 can hold these; squares of the entries, and of their squares' sums, cannot always
  test.each([1e-150, 1e-9, 1e-2, 1e2, 1e9, 1e150])("float64 at scale %d: queries up, keys down, values up", (size) => {
    const call = inputs({ n: 600, d: 5, e: 3, deviation: 0.7, seed: "scales" });
    const plainly = run(call, { rank: 64 });
    const there = { q: scaled(call.q, size), k: scaled(call.k, 1 / size), v: scaled(call.v, size) };
    const result = run(there, { rank: 64 });
    expectSound(there, result);
    if (size <= 1e9)
      expect(result.method).toBe("nystrom"); // values of 1e150 may run exactly
    else if (result.method === "exact") return;
    const back = scaled(result.output, 1 / size);
    // the same landmarks: round-off of the inputs, 1e-16, amplified by a solve whose matrix has condition 1e10 / r
    expect(largestDifference(back, plainly.output)).toBeLessThan(1e-3);
    expect(Math.abs(result.bounds.relativeBound / plainly.bounds.relativeBound - 1)).toBeLessThan(0.05);
    expect(Math.abs(statistical(result).bound / size / statistical(plainly).bound - 1)).toBeLessThan(0.05);
  });

  test.each([1e-30, 1e-9, 1e9, 1e30])("float32 at scale %d", (size) => {
    const call = inputs({ n: 600, d: 5, e: 3, dtype: "float32", deviation: 0.7, seed: "scales" });
    const there = { q: scaled(call.q, size), k: scaled(call.k, 1 / size), v: scaled(call.v, size) };
    for (const result of [run(there, { rank: 64 }), attentionSync(there.q, there.k, there.v)]) {
      expectSound(there, result, 1e-2);
      const truth = judge(there).errors(result);
      expect(covers(result, truth)).toBe(true);
      expect(quantile(truth, 0.98)).toBeLessThan(0.05); // as at scale 1
    }
  });

  test("offsets of keys and queries as large as 1e3 cost nothing in float64", () => {
    const call = inputs({ n: 600, d: 5, e: 3, deviation: 0.7, seed: "offsets" });
    const far = { q: scaled(call.q, 1, () => 1e3), k: scaled(call.k, 1, (c) => 1e3 * (c - 2)), v: scaled(call.v, 1, () => 1e3) };
    const result = run(far, { rank: 64 });
    if (result.method === "nystrom") expect(quantile(judge(far).errors(result), 0.98)).toBeLessThan(0.1);
    expect(covers(result, judge(far).errors(result))).toBe(true);
  });

  test('promise and Sync: same bits; same seed, same bits; another seed, others; seeds 7 and "7" are one', async () => {
    const call = inputs({ n: 700, d: 5, dtype: "float32", deviation: 0.7 });
    const first = run(call, { rank: 48, seed: 7, returnLogSumExp: true });
    for (const again of [
      run(call, { rank: 48, seed: "7", returnLogSumExp: true }),
      await nystromAttention(call.q, call.k, call.v, { rank: 48, seed: 7, returnLogSumExp: true }),
    ]) {
      expect(sameBits(first.output, again.output)).toBe(true);
      expect(sameBits(given(first.logSumExp), given(again.logSumExp))).toBe(true);
      expect(again.bounds.relativeBound).toBe(first.bounds.relativeBound);
      expect(again.heads).toEqual(first.heads);
    }
    expect(sameBits(first.output, run(call, { rank: 48, seed: 8 }).output)).toBe(false);
    expect(sameBits(run(call, { rank: 48 }).output, run(call, { rank: 48, seed: "0" }).output)).toBe(true);
  });

  test("a rank that is planned: the same for a named method", () => {
    const call = inputs({ n: 1100, d: 5, dtype: "float32", deviation: 0.4, seed: "planned" });
    const named = run(call, {});
    const auto = attentionSync(call.q, call.k, call.v);
    expect([named.method, auto.method]).toEqual(["nystrom", "nystrom"]);
    expect(named.heads[0]!.rank).toBeGreaterThan(0);
    expect(covers(named, judge(call).errors(named))).toBe(true);
    // short calls too: nobody asked for exact
    const short = run(
      {
        q: gaussianArray([200, 4], { deviation: 0.4 }),
        k: gaussianArray([200, 4], { deviation: 0.4, seed: 1 }),
        v: gaussianArray([200, 2]),
      },
      {},
    );
    expect(short.heads[0]!.rank).toBeGreaterThan(0);
  });
});
