import { plain } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import cases from "../../../tooling/fixtures/attention/data.json" with { type: "json" };
import { attentionSync, exactAttentionSync, type AttentionOptions } from "../src/index.js";
import { given } from "./support.js";

interface Case {
  readonly name: string;
  readonly q: number[][];
  readonly k: number[][];
  readonly v: number[][];
  readonly scale: number;
  readonly key_mask?: number[];
  readonly key_bias?: number[];
  readonly keep?: number[][];
  readonly add?: number[][];
  readonly offset?: number;
  readonly output: number[][];
  readonly logSumExp: (number | null)[];
}

describe("fixtures", () => {
  test.each(cases as unknown as Case[])(
    "60-digit attention: $name",
    ({ q, k, v, scale, key_mask, key_bias, keep, add, offset, output, logSumExp }) => {
      const options: AttentionOptions = {
        scale,
        returnLogSumExp: true,
        ...(key_mask ? { keyMask: key_mask } : {}),
        ...(key_bias ? { keyBias: key_bias } : {}),
        ...(keep ? { mask: plain(Uint8Array.from(keep.flat()), [q.length, k.length]) } : {}),
        ...(add ? { mask: add } : {}),
        ...(offset === undefined ? {} : { causal: { offset } }),
      };
      const largest = Math.max(...v.flat().map(Math.abs));
      // scores carry (d + 3) u of their size each; weights and sums a few u
      const scores = Math.max(1, ...logSumExp.map((x) => Math.abs(x ?? 0)));
      for (const run of [attentionSync, exactAttentionSync]) {
        const result = run(q, k, v, options);
        for (const [i, row] of output.entries()) {
          const sum = given(result.logSumExp).get(i);
          if (logSumExp[i] === null) expect(sum).toBe(-Infinity);
          else expect(Math.abs(sum - logSumExp[i]!)).toBeLessThan(scores * 2e-15);
          for (const [c, x] of row.entries()) expect(Math.abs(result.output.get(i, c) - x)).toBeLessThanOrEqual(scores * 8e-15 * largest);
        }
      }
    },
  );
});
