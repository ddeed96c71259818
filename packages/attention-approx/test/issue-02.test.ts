/**
 * What was found by attacking the package: each test failed once.
 */
import { releaseMemory } from "@subquad/linalg-core";
import { openScope } from "@subquad/linalg-core/kernels";
import { describe, expect, test } from "vitest";
import { planAttention } from "../src/index.js";
import { inputs } from "./support.js";

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
