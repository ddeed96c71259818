import { attentionOracle, plain, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { attentionRows } from "../src/attention-rows.js";

describe("oracle", () => {
  test.each([
    { n: 1, d: 1, causal: false },
    { n: 7, d: 3, causal: false },
    { n: 7, d: 3, causal: true },
    { n: 130, d: 15, causal: true },
    { n: 130, d: 15, causal: false },
  ])("rows of n = $n, d = $d, causal $causal equal the definition", ({ n, d, causal }) => {
    const { normal } = testRandom(`rows/${n}/${d}`);
    const make = (): Float32Array<ArrayBuffer> => Float32Array.from({ length: n * d }, () => 2 * normal());
    const [Q, K, V] = [make(), make(), make()];
    const scale = 1 / Math.sqrt(d);
    const { output } = attentionOracle(plain(Q, [n, d]), plain(K, [n, d]), plain(V, [n, d]), { causal });
    const from = Math.floor(n / 3);
    const rows = attentionRows({ n, d, Q, K, V, scale, causal, from, to: n });
    expect(rows).toHaveLength((n - from) * d);
    // both sum n products in float64, in different orders: 8 n ulp of max|v| < 16
    for (const [p, value] of rows.entries()) expect(Math.abs(value - output.data[from * d + p]!)).toBeLessThan(8 * n * 2 ** -52 * 16);
  });
});
