import { attentionOracle, gaussianArray, pack, plain, strided, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { exactAttentionSync, mergeAttention, nystromAttentionSync } from "../src/index.js";
import { given, inputs, largestDifference, largestEntry, sameBits, scaled, type Inputs } from "./support.js";

/** Attention over some of the keys. */
function part({ q, k, v }: Inputs, keys: readonly number[]) {
  const pick = (A: Inputs["k"]) => {
    const d = A.shape[1]!;
    const values = keys.flatMap((j) => [...pack(A).subarray(j * d, (j + 1) * d)]);
    return plain(A.data instanceof Float32Array ? Float32Array.from(values) : Float64Array.from(values), [keys.length, d]);
  };
  const { output, logSumExp } = exactAttentionSync(q, pick(k), pick(v), { returnLogSumExp: true });
  return { output, logSumExp: given(logSumExp) };
}

const all = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("oracle", () => {
  test("random splits of the keys are the whole", () => {
    const { below } = testRandom("splits");
    for (let run = 0; run < 12; run++) {
      const m = 2 + below(400);
      const call = inputs({
        n: 1 + below(40),
        m,
        d: 1 + below(8),
        e: 1 + below(8),
        deviation: [0.3, 1, 3][run % 3]!,
        seed: `split ${run}`,
      });
      const count = 1 + below(5);
      const sets: number[][] = Array.from({ length: count }, () => []);
      for (const j of all(m)) sets[below(count)]!.push(j);
      const merged = mergeAttention(sets.filter((_, p) => run % 2 === 0 || p >= 0).map((keys) => part(call, keys))); // sets without keys too
      const reference = attentionOracle(call.q, call.k, call.v);
      // 1e-13 for merging and as much for either side: n u and a few
      expect(largestDifference(merged.output, reference.output) / largestEntry(call.v)).toBeLessThan(1e-12);
      expect(largestDifference(merged.logSumExp, reference.logSumExp)).toBeLessThan(1e-12);
    }
  });

  test("scores of 1e4, where one part holds all of the mass", () => {
    const base = inputs({ n: 20, m: 60, d: 4, e: 3 });
    const call = { ...base, q: scaled(base.q, 3000) };
    const merged = mergeAttention([part(call, all(30)), part(call, all(60).slice(30))]);
    const whole = part(call, all(60));
    expect(largestDifference(merged.output, whole.output)).toBeLessThan(1e-9); // scores of 1e4 carry 1e-12 of round-off
    expect(pack(merged.logSumExp).every(Number.isFinite)).toBe(true);
  });

  test("exact keys beside approximated ones", () => {
    const call = inputs({ n: 300, m: 400, d: 3, e: 2, deviation: 0.5 });
    const near = nystromAttentionSync(call.q, plain(pack(call.k).slice(0, 900), [300, 3]), plain(pack(call.v).slice(0, 600), [300, 2]), {
      rank: 200,
      returnLogSumExp: true,
    });
    const merged = mergeAttention([{ output: near.output, logSumExp: given(near.logSumExp) }, part(call, all(400).slice(300))]);
    expect(largestDifference(merged.output, attentionOracle(call.q, call.k, call.v).output)).toBeLessThan(1e-3); // rank 200 of 600 points in three dimensions
  });
});

describe("laws", () => {
  const call = inputs({ n: 15, m: 90, d: 4, e: 3, dtype: "float32" });
  const [a, b, c] = [part(call, all(30)), part(call, all(60).slice(30)), part(call, all(90).slice(60))];

  test("order and grouping do not matter beyond round-off", () => {
    const once = mergeAttention([a, b, c]);
    for (const other of [
      mergeAttention([c, a, b]),
      mergeAttention([mergeAttention([a, b]), c]),
      mergeAttention([a, mergeAttention([b, c])]),
    ]) {
      expect(largestDifference(once.output, other.output)).toBeLessThan(1e-6); // float32 in between
      expect(largestDifference(once.logSumExp, other.logSumExp)).toBeLessThan(1e-13);
    }
  });

  test("one part is itself, a part that nobody sees adds nothing, a row that nobody sees is zero", () => {
    expect(sameBits(mergeAttention([a]).output, a.output)).toBe(true);
    const unseen = { output: gaussianArray([15, 3]), logSumExp: plain(new Float64Array(15).fill(-Infinity), [15]) };
    expect(largestDifference(mergeAttention([a, unseen]).output, a.output)).toBe(0);
    expect(sameBits(mergeAttention([unseen, a]).logSumExp, a.logSumExp)).toBe(true);
    const nobody = mergeAttention([unseen, unseen]);
    expect([largestEntry(nobody.output), pack(nobody.logSumExp).every((x) => x === -Infinity)]).toEqual([0, true]);
  });

  test("dtypes and strides", () => {
    expect(mergeAttention([a, b]).output.dtype).toBe("float32");
    expect(mergeAttention([a, { ...b, output: plain(pack(b.output), [15, 3]) }]).output.dtype).toBe("float64");
    expect(mergeAttention([a, b]).logSumExp.dtype).toBe("float64");
    const laid = { output: strided(b.output, "stepped"), logSumExp: strided(b.logSumExp, "negative") };
    expect(sameBits(mergeAttention([a, laid]).output, mergeAttention([a, b]).output)).toBe(true);
  });

  test("equal parts of one mass: the mean", () => {
    const flat = (value: number) => ({ output: plain(new Float64Array(2).fill(value), [1, 2]), logSumExp: plain(Float64Array.of(3), [1]) });
    expect(Array.from(mergeAttention([flat(1), flat(2), flat(6)]).output.data)).toEqual([3, 3]);
  });
});
