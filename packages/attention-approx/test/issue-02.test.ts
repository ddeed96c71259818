/**
 * What was found by attacking the package: each test failed once.
 */
import { releaseMemory } from "@subquad/linalg-core";
import { openScope } from "@subquad/linalg-core/kernels";
import { describe, expect, test } from "vitest";
import { attentionOracle, pack, plain, type Strided } from "@subquad/test-kit";
import { attentionSync, exactAttentionSync, nystromAttentionSync, planAttention } from "../src/index.js";
import { inputs, largestDifference } from "./support.js";

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
