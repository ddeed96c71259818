import { backend, releaseMemory } from "@subquad/linalg-core";
import { beforeEach, describe, expect, test } from "vitest";
import { attentionSync, exactAttentionSync, nystromAttentionSync, planAttention } from "../src/index.js";
import { full, inputs, sameBits } from "./support.js";

/** Bytes that compute memory grew to, and that other buffers of the process took, in a call. */
function held(work: () => unknown): { compute: number; buffers: number } {
  const before = process.memoryUsage().arrayBuffers;
  const result = work();
  const { arenaBytes } = backend();
  return { compute: arenaBytes, buffers: result === undefined ? 0 : process.memoryUsage().arrayBuffers - before - arenaBytes };
}

beforeEach(() => {
  releaseMemory();
});

describe("theorem-sized: no buffer of n × n", () => {
  test("exact, n = 8192: 268 MB would be one", () => {
    const call = inputs({ n: 8192, d: 16, dtype: "float32" });
    const { compute, buffers } = held(() => exactAttentionSync(call.q, call.k, call.v));
    expect(compute).toBeLessThan(64e6);
    expect(buffers).toBeLessThan(64e6);
  });

  test("auto and nystrom, n = 8192; what was planned suffices", () => {
    const call = inputs({ n: 8192, d: 8, dtype: "float32", deviation: 0.4 });
    const plan = planAttention(call);
    expect(plan.method).toBe("nystrom");
    releaseMemory();
    for (const run of [() => attentionSync(call.q, call.k, call.v), () => nystromAttentionSync(call.q, call.k, call.v, { rank: 256 })]) {
      const { compute, buffers } = held(run);
      expect(compute).toBeLessThan(64e6);
      expect(buffers).toBeLessThan(64e6);
    }
    expect(plan.predicted.bytes).toBeLessThan(64e6);
    releaseMemory();
    expect(attentionSync(call.q, call.k, call.v, { maxBytes: Math.ceil(plan.predicted.bytes), plan }).method).toBe("nystrom");
  });

  test("many calls hold no more than one", () => {
    const call = inputs({ n: 1200, d: 4, dtype: "float32", deviation: 0.4 });
    const { compute } = held(() => attentionSync(call.q, call.k, call.v));
    for (let i = 0; i < 50; i++) attentionSync(call.q, call.k, call.v, { seed: i, onMiss: "return" });
    expect(backend().arenaBytes).toBeLessThanOrEqual(compute * 2); // ranks differ from seed to seed
  });

  test.runIf(full)("exact, n = 32768, d = 64: under 200 MB (a minute: 10^9 pairs)", { timeout: 600_000 }, () => {
    const call = inputs({ n: 32_768, d: 64, dtype: "float32" });
    const { compute, buffers } = held(() => exactAttentionSync(call.q, call.k, call.v));
    expect(compute + Math.max(0, buffers)).toBeLessThan(200e6);
  });
});

describe("laws", () => {
  test("memory that grows in the middle of a call changes no bit", () => {
    for (const n of [1100, 4000, 9000]) {
      const call = inputs({ n, d: 5, e: 3, dtype: "float32", deviation: 0.4, seed: n });
      const grown = attentionSync(call.q, call.k, call.v); // grows at most once more
      const warm = attentionSync(call.q, call.k, call.v);
      releaseMemory(); // begins small again
      const fresh = attentionSync(call.q, call.k, call.v);
      expect([grown.method, sameBits(grown.output, warm.output), sameBits(fresh.output, warm.output)]).toEqual(["nystrom", true, true]);
    }
  });
});
