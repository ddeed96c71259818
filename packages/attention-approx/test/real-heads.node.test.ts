/**
 * The heads of a text recogniser and of a causal character model. Layer 1 head 3 of the recogniser has scores of up to 50: no method is
 * known to approximate it, and `auto` must find that out.
 */
import { loadDataset, plantFarQueries, plantHeavyKey, type AttentionHead, type AttentionHeads } from "@subquad/datasets";
import { attentionOracle, channelScale, meanAttention, pack, rowErrors, takeRows, type Strided } from "@subquad/test-kit";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { attention, attentionSync, exactAttentionSync, nystromAttentionSync, planAttention } from "../src/index.js";
import { covers, expectSound, full, median, mostViolations, quantile, rootMeanSquare, statistical, wide, type Inputs } from "./support.js";

vi.setConfig({ testTimeout: 900_000 }); // a loaded machine takes its time

const unbounded = "1.3";
const some = ["0.0", "0.5", "1.0", unbounded]; // an easy one, the highest scores of layer 0, the hardest bounded one, the unbounded one
const lower = ({ Q, K, V }: Pick<AttentionHead, "Q" | "K" | "V">): Inputs => ({ q: Q, k: K, v: V });

/** Row errors in spreads against our own float64 exact attention, itself checked against float64 by definition on some of the rows. */
function judgeHead({ q, k, v }: Inputs): (result: { output: Strided }) => Float64Array {
  const reference = exactAttentionSync(wide(q), wide(k), wide(v)).output;
  const n = q.shape[0]!;
  const rows = Array.from({ length: 24 }, (_, i) => Math.floor((i * n) / 24));
  const s = channelScale(v);
  const oracle = rowErrors(takeRows(reference, rows), attentionOracle(q, k, v, { rows }).output, s);
  expect(Math.max(...oracle)).toBeLessThan(1e-11); // scores of up to 50 carry 1e-14 each
  return ({ output }) => rowErrors(output, reference, s);
}

let at2048: AttentionHeads;
let at8192: AttentionHeads;
beforeAll(async () => {
  at2048 = await loadDataset("ppocr-heads", { n: 2048 });
  at8192 = await loadDataset("ppocr-heads");
});
const chosen = (data: AttentionHeads) => data.heads.filter(({ id }) => full || some.includes(id));

describe("certificate is honest", () => {
  test.each([2048, 8192])(`auto, n = %d: ${full ? "all heads" : "four heads"} (float64 references take seconds a head)`, (n) => {
    const slack: number[] = [];
    for (const head of chosen(n === 2048 ? at2048 : at8192)) {
      const call = lower(head);
      const result = attentionSync(head.Q, head.K, head.V, { tolerance: 1e-2, seed: "real" });
      expectSound(call, result, 1e-2, true);
      expect([head.id, result.toleranceMet]).toEqual([head.id, true]);
      const errors = judgeHead(call)(result);
      if (head.id === unbounded) {
        expect([head.id, result.method, result.certificate.kind]).toEqual([head.id, "exact", "exact"]);
        expect(result.heads[0]!.refused.some(({ method, reason }) => method === "nystrom" && reason.length > 10)).toBe(true);
        expect(Math.max(...errors)).toBeLessThanOrEqual(result.bounds.relativeBound);
        expect(Math.max(...errors)).toBeLessThan(1e-4);
        continue;
      }
      if (n === 2048 && result.method === "exact") {
        expect(result.heads[0]!.refused.length).toBeGreaterThan(0); // the hardest heads do not pay at this length
        continue;
      }
      expect([head.id, result.method]).toEqual([head.id, "nystrom"]);
      expect([head.id, statistical(result).fraction, statistical(result).confidence]).toEqual([head.id, 0.02, 0.99]);
      // all but 2 % of the rows within the bound, and the bound within the tolerance
      expect([head.id, covers(result, errors)]).toEqual([head.id, true]);
      expect([head.id, quantile(errors, 0.98) <= 1e-2]).toEqual([head.id, true]);
      slack.push(result.bounds.relativeBound / quantile(errors, 0.98));
      expect(errors.reduce((sum, x) => sum + x, 0) / n).toBeLessThanOrEqual(result.bounds.meanBound);
      // cheaper than exact, and than the mean of V better by far
      expect(result.heads[0]!.pairs).toBeLessThan((n === 8192 ? 0.2 : 0.7) * n * n);
      const trivial = rowErrors(
        meanAttention(head.Q, head.K, head.V),
        exactAttentionSync(head.Q, head.K, head.V).output,
        channelScale(head.V),
      );
      expect(rootMeanSquare(errors)).toBeLessThan(rootMeanSquare(trivial) / 10);
      if (n === 8192) expect([258, 258 + 291, 258 + 291 + 324]).toContain(result.diagnostics.sampledRows); // levels 1, 2, 3
    }
    // not idle: the largest of m sampled errors against the error that 2 % exceed, 2.2 in the median for heavy tails
    expect(median(slack)).toBeLessThan(4);
    expect(slack.length).toBeGreaterThanOrEqual(n === 8192 ? (full ? 15 : 3) : full ? 10 : 2);
  });

  test("the eight heads of layer 0 in one call: one statement on all rows", () => {
    const [layer] = at2048.layers;
    const result = attentionSync(layer!.Q, layer!.K, layer!.V);
    expectSound(lower(layer!), result, 1e-2, true);
    expect([result.method, result.toleranceMet, result.heads.length]).toEqual(["nystrom", true, 8]);
    const errors = Float64Array.from(
      at2048.heads.slice(0, 8).flatMap((head, h) => {
        const part = (A: Strided): Strided => ({
          data: A.data,
          shape: A.shape.slice(1),
          stride: A.stride.slice(1),
          offset: A.offset + h * A.stride[0]!,
        });
        return [...judgeHead(lower(head))({ output: part(result.output) })];
      }),
    );
    expect(covers(result, errors)).toBe(true);
    expect(result.bounds.relativeBound).toBeLessThan(4 * quantile(errors, 0.98));
    expect([69, 69 + 74, 69 + 74 + 80].map((rows) => 8 * rows)).toContain(result.diagnostics.sampledRows); // 545, 590, 635 shared by eight, rounded up; levels 1, 2, 3
  });

  test("layer 1 in one call: head 3 exact, the others not", async () => {
    const [, layer] = at2048.layers;
    const result = await attention(layer!.Q, layer!.K, layer!.V);
    expectSound(lower(layer!), result, 1e-2, true);
    expect(result.heads.map(({ method }) => method).indexOf("exact")).toBe(3);
    expect(result.heads.filter(({ method }) => method === "nystrom").length).toBeGreaterThan(4); // at 2048 a hard head may not pay
    expect([result.method, result.certificate.kind, result.toleranceMet]).toEqual(["mixed", "statistical", true]);
  });

  test(`coverage on a real head: ${full ? 500 : 60} seeds at 98 %, three levels of rank`, () => {
    const head = at2048.heads[5]!;
    const errors = judgeHead(lower(head));
    const plan = planAttention({ queries: 2048, keys: 2048, keyDim: 15, valueDim: 15 }, { method: "nystrom", rank: 48 });
    const seeds = full ? 500 : 60;
    const levels: number[] = [];
    let falsehoods = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const result = attentionSync(head.Q, head.K, head.V, { plan, tolerance: 3e-2, confidence: 0.95, seed });
      expect(result.toleranceMet).toBe(true);
      levels.push(result.diagnostics.levels);
      if (result.certificate.kind === "statistical" && !covers(result, errors(result))) falsehoods++;
    }
    expect(falsehoods).toBeLessThanOrEqual(mostViolations(seeds, 0.05));
    expect(Math.max(...levels)).toBeGreaterThan(1);
  });

  test("a rank that is too small is judged so, on every bounded head", () => {
    for (const head of at2048.heads.filter(({ id }) => id !== unbounded && (full || some.includes(id)))) {
      const result = nystromAttentionSync(head.Q, head.K, head.V, { rank: 24, tolerance: 1e-2 });
      const errors = judgeHead(lower(head))(result);
      expect([head.id, result.method, quantile(errors, 0.9) > 1e-2]).toEqual([head.id, "nystrom", true]);
      expect([head.id, result.toleranceMet]).toEqual([head.id, false]);
      expect(covers(result, errors)).toBe(true);
    }
  });

  test("a heavy key planted in a real head, and far queries", () => {
    for (let seed = 0; seed < (full ? 20 : 3); seed++) {
      const head = at2048.heads[seed % 2]!;
      const heavy = plantHeavyKey(head, { mass: 0.3, seed });
      const result = attentionSync(heavy.Q, heavy.K, heavy.V, { seed });
      expectSound(lower(heavy), result, 1e-2, true);
      expect(result.toleranceMet).toBe(true);
      expect(quantile(judgeHead(lower(heavy))(result), 0.98)).toBeLessThanOrEqual(1e-2);
      const named = nystromAttentionSync(heavy.Q, heavy.K, heavy.V, { rank: 128, seed });
      expect(quantile(judgeHead(lower(heavy))(named), 0.98)).toBeLessThan(0.05); // 1.4e-2 at worst when it was measured; .13 to 2.6 without fixed keys

      const far = plantFarQueries(head, { seed });
      const other = attentionSync(far.Q, far.K, far.V, { seed });
      expectSound(lower(far), other, 1e-2, true);
      expect(other.toleranceMet).toBe(true);
      expect(quantile(judgeHead(lower(far))(other), 0.98)).toBeLessThanOrEqual(1e-2);
    }
  });
});

describe("theorem-sized", () => {
  test("rank doubled: the median error of five seeds falls at least to half", () => {
    const head = at2048.heads[0]!;
    const errors = judgeHead(lower(head));
    const typical = (rank: number) =>
      median(Array.from({ length: 5 }, (_, seed) => rootMeanSquare(errors(nystromAttentionSync(head.Q, head.K, head.V, { rank, seed })))));
    const [a, b, c] = [typical(48), typical(96), typical(192)];
    expect(a / b).toBeGreaterThan(2); // 3.4 when it was measured
    expect(b / c).toBeGreaterThan(2);
  });

  test("98 % row error at rank 128 and 256 on heads of n = 8192: no worse than randomly pivoted landmarks", () => {
    // float64 figures of pivoted landmarks; centroids have less than half of them
    const known: Readonly<Record<string, readonly [number, number]>> = {
      "0.0": [8.9e-3, 2.8e-3],
      "0.5": [1.3e-2, 5.3e-3],
      "1.0": [3.4e-2, 1.4e-2],
    };
    const heads = full ? Object.keys(known) : ["0.0"];
    for (const id of heads) {
      const head = at8192.heads.find((candidate) => candidate.id === id)!;
      const errors = judgeHead(lower(head));
      for (const [i, rank] of [128, 256].entries()) {
        const error = quantile(errors(nystromAttentionSync(head.Q, head.K, head.V, { rank })), 0.98);
        expect([id, rank, error < known[id]![i]!]).toEqual([id, rank, true]);
      }
    }
  });
});

describe("the heads of a causal model", () => {
  test("come back exact, with masks and without", async () => {
    const data = await loadDataset("gpt-heads", { n: 1024 });
    const heads = full ? data.heads : data.heads.filter((_, i) => i % 3 === 0);
    for (const head of heads) {
      for (const options of [{ causal: true }, { causal: false }]) {
        const result = attentionSync(head.Q, head.K, head.V, options);
        expect([head.id, result.method, result.certificate.kind]).toEqual([head.id, "exact", "exact"]);
        expect(result.heads[0]!.refused.some(({ method }) => method === "nystrom")).toBe(true);
        expect(result.heads[0]!.pairs).toBeLessThanOrEqual((options.causal ? 1 : 1.15) * 1024 * 1024); // the probe that found out
        const rows = [0, 1, 100, 511, 1023];
        const errors = rowErrors(takeRows(result.output, rows), attentionOracle(head.Q, head.K, head.V, { ...options, rows }).output);
        expect(Math.max(...errors)).toBeLessThanOrEqual((result.certificate as { bound: number }).bound);
        expect(Math.max(...errors)).toBeLessThan(1e-4);
      }
    }
    const all = await attention(data.Q, data.K, data.V, { causal: true });
    const last = data.heads[7]!;
    const alone = attentionSync(last.Q, last.K, last.V, { causal: true });
    expect(pack(all.output).slice(7 * 1024 * 32)).toEqual(pack(alone.output));
  });
});
