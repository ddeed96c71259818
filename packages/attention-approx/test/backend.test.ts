import { backend, closePool, configure } from "@subquad/linalg-core";
import { afterEach, describe, expect, test } from "vitest";
import { attention, attentionSync, exactAttentionSync, nystromAttentionSync, planAttention } from "../src/index.js";
import { covers, expectSound, inputs, judge, sameBits } from "./support.js";

const usual = backend();

afterEach(async () => {
  await closePool();
  configure({ backend: "auto", deterministic: usual.name !== "wasm-relaxed" && usual.deterministic });
});

describe("laws: where WebAssembly is refused", () => {
  const short = inputs({ n: 70, m: 200, d: 6, e: 5, heads: 2, dtype: "float32" });
  const wide = inputs({ n: 60, m: 90, d: 3, e: 2 });
  const long = inputs({ n: 1100, d: 4, e: 2, dtype: "float32", deviation: 0.4 });
  const run = () => [
    exactAttentionSync(short.q, short.k, short.v, { causal: true }),
    exactAttentionSync(wide.q, wide.k, wide.v, { keyBias: new Float64Array(90).fill(0.5) }),
    nystromAttentionSync(wide.q, wide.k, wide.v, { rank: 24 }),
    attentionSync(long.q, long.k, long.v),
  ];

  test("plain JavaScript gives the bits of deterministic WebAssembly", () => {
    configure({ deterministic: true });
    const wasm = run();
    const plan = planAttention(long);
    configure({ backend: "js", deterministic: true });
    expect(backend().name).toBe("js");
    const js = run();
    expect(js.map(({ method }) => method)).toEqual(["exact", "exact", "nystrom", "nystrom"]);
    for (const [i, result] of js.entries()) {
      expect([i, sameBits(result.output, wasm[i]!.output)]).toEqual([i, true]);
      expect(result.certificate).toEqual(wasm[i]!.certificate);
    }
    expect(planAttention(long).heads).toEqual(plan.heads);
  });

  test("its answers keep their certificates, synchronous or not", async () => {
    configure({ backend: "js" });
    const result = attentionSync(long.q, long.k, long.v);
    expectSound(long, result, 1e-2, true);
    expect(covers(result, judge(long).errors(result))).toBe(true);
    expect(sameBits(result.output, (await attention(long.q, long.k, long.v, { threads: 2 })).output)).toBe(true);
  });
});
