import { describe, expect, test } from "vitest";
import { attentionOracle, pack, rowErrors, takeRows } from "@subquad/test-kit";
import { gaussianHead, loadDataset, plantFarQueries, plantHeavyKey, resampleHead, type HeadArrays } from "../src/index.js";

const changedRows = (A: HeadArrays["Q"], B: HeadArrays["Q"]): number[] => {
  const [a, b] = [pack(A), pack(B)];
  const d = A.shape[1]!;
  return Array.from({ length: A.shape[0]! }, (_, i) => i).filter((i) => a.subarray(i * d, (i + 1) * d).some((x, c) => x !== b[i * d + c]));
};

describe("gaussianHead", () => {
  test("no score exceeds the bound, and it is not idle", () => {
    for (const scoreBound of [0.5, 4]) {
      const { Q, K, V } = gaussianHead(200, 8, { keys: 300, valueDim: 3, scoreBound, seed: 1 });
      expect([Q.shape, K.shape, V.shape, Q.dtype]).toEqual([[200, 8], [300, 8], [300, 3], "float32"]); // prettier-ignore
      const [q, k] = [pack(Q), pack(K)];
      let top = 0;
      for (let i = 0; i < 200; i++) {
        for (let j = 0; j < 300; j++) {
          let s = 0;
          for (let c = 0; c < 8; c++) s += q[i * 8 + c]! * k[j * 8 + c]!;
          top = Math.max(top, Math.abs(s) / Math.sqrt(8));
        }
      }
      expect(top).toBeLessThanOrEqual(scoreBound * (1 + 1e-6)); // float32 rounding of both factors
      expect(top).toBeGreaterThan(scoreBound / 3);
    }
  });

  test("same seed, same bits; another seed, other numbers", () => {
    const [a, b, c] = ["7", 7, "8"].map((seed) => pack(gaussianHead(5, 3, { seed }).K));
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(() => gaussianHead(0, 3)).toThrow("gaussianHead(n)");
    expect(() => gaussianHead(3, 3, { bound: 4 } as object)).toThrow("bound");
  });
});

describe("plantHeavyKey", () => {
  test("the key holds its share of all attention, on a Gaussian and on a real head", async () => {
    const real = (await loadDataset("ppocr-heads", { n: 512 })).heads[0]!;
    for (const head of [gaussianHead(300, 8, { seed: 2 }), real]) {
      const planted = plantHeavyKey(head, { mass: 0.3, seed: 5 });
      expect(changedRows(head.K, planted.K)).toEqual([planted.key]);
      expect(planted.mass).toBeCloseTo(0.3, 6);
      const indicator = {
        data: Float64Array.from({ length: head.K.shape[0]! }, (_, j) => Number(j === planted.key)),
        shape: [head.K.shape[0]!, 1],
        stride: [1, 1],
        offset: 0,
      };
      const weights = attentionOracle(planted.Q, planted.K, indicator).output.data; // V = 1 at the key: its weight
      expect(weights.reduce((sum, w) => sum + w, 0) / weights.length).toBeCloseTo(0.3, 5); // K is float32
    }
  });

  test("a mass out of reach is refused", () => {
    expect(() => plantHeavyKey(gaussianHead(300, 8, { seed: 2 }), { mass: 0.85 })).toThrow("expected a mass");
    expect(() => plantHeavyKey(gaussianHead(30, 8), { mass: 0 })).toThrow("plantHeavyKey(mass)");
  });
});

describe("plantFarQueries", () => {
  test("only the planted queries move, out to the stated length", () => {
    const head = gaussianHead(100, 4, { seed: 3 });
    const planted = plantFarQueries(head, { count: 5, factor: 4, seed: 1 });
    expect(planted.queries).toHaveLength(5);
    expect(changedRows(head.Q, planted.Q)).toEqual(planted.queries);
    const norms = (A: HeadArrays["Q"]): number[] => Array.from({ length: 100 }, (_, i) => Math.hypot(...pack(takeRows(A, [i]))));
    const longest = Math.max(...norms(head.Q));
    for (const i of planted.queries) expect(norms(planted.Q)[i]).toBeCloseTo(4 * longest, 5);
    expect(() => plantFarQueries(head, { count: 101 })).toThrow("count");
  });
});

describe("resampleHead", () => {
  test("every row lies near a row of the head, query, key and value together", async () => {
    const head = (await loadDataset("ppocr-heads", { n: 64 })).heads[4]!;
    const long = resampleHead(head, 500, { seed: 1 });
    expect([long.Q.shape, long.K.shape, long.V.shape]).toEqual([[500, 15], [500, 15], [500, 15]]); // prettier-ignore
    const nearest = (A: HeadArrays["Q"], from: HeadArrays["Q"], i: number): number => {
      const errors = rowErrors({ ...asRow(A, i, 64), shape: [64, 15] }, from);
      const best = errors.reduce((least, error, j) => (error < errors[least]! ? j : least), 0);
      expect(errors[best]).toBeLessThan(0.02); // 1e-3 deviations of about 1, largest of 15 normals
      return best;
    };
    for (const i of [0, 123, 499]) {
      const token = nearest(long.Q, head.Q, i);
      expect([nearest(long.K, head.K, i), nearest(long.V, head.V, i)]).toEqual([token, token]);
    }
  });

  test("without jitter: rows of the head; seeded", async () => {
    const head = (await loadDataset("ppocr-heads", { n: 16 })).heads[0]!;
    const rows = new Set(Array.from({ length: 16 }, (_, i) => pack(takeRows(head.K, [i])).join()));
    const exact = resampleHead(head, 100, { jitter: 0, seed: 2 });
    for (let i = 0; i < 100; i++) expect(rows.has(pack(takeRows(exact.K, [i])).join())).toBe(true);
    expect(pack(resampleHead(head, 30, { seed: 3 }).V)).toEqual(pack(resampleHead(head, 30, { seed: 3 }).V));
  });
});

/** Row i of A, repeated. */
function asRow(A: HeadArrays["Q"], i: number, times: number) {
  return { data: A.data, shape: [times, A.shape[1]!], stride: [0, A.stride[1]!], offset: A.offset + i * A.stride[0]! };
}
