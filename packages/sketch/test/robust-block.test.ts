import { describe, expect, it } from "vitest";
import { psdLowRankSync } from "../src/psd-low-rank.js";
import { matrixOracle } from "../src/psd-oracle.js";
import { withSpectrum } from "./dense.js";
import { isFullProfile } from "./features.js";

/** Quantiles 0.999 of chi-square, by Wilson and Hilferty. */
function chiSquareAt1e3(freedom: number): number {
  const c = 2 / (9 * freedom);
  return freedom * (1 - c + 3.0902 * Math.sqrt(c)) ** 3;
}

/** A without what the pivot z explains. */
function eliminated(A: readonly (readonly number[])[], z: number): number[][] {
  return A.map((row, i) => row.map((a, j) => (i === z || j === z ? 0 : a - (row[z]! * A[z]![j]!) / A[z]![z]!)));
}

/** What a block keeps of the indices drawn, in order: the largest residual first, until tr H / b or less is left. */
function kept(A: readonly (readonly number[])[], drawn: readonly number[]): number[] {
  const traceOf = (B: readonly (readonly number[])[]): number => drawn.reduce((sum, i) => sum + B[i]![i]!, 0);
  const most = traceOf(A) / drawn.length;
  const pivots: number[] = [];
  let rest = A;
  do {
    const z = drawn.reduce((best, i) => (rest[i]![i]! > rest[best]![best]! ? i : best));
    pivots.push(z);
    rest = eliminated(rest, z);
  } while (pivots.length < drawn.length && traceOf(rest) > most);
  return pivots;
}

/** Probability of every ordered choice of `count` pivots: successive draws ~ residual without replacement, b a block, by enumeration. */
function exactLaw(K: readonly (readonly number[])[], b: number, count: number): Map<string, number> {
  const law = new Map<string, number>();
  const block = (A: readonly (readonly number[])[], chosen: readonly number[], p: number): void => {
    const open = A.map((_, i) => i).filter((i) => !chosen.includes(i));
    const draw = (drawn: readonly number[], q: number): void => {
      if (drawn.length === Math.min(b, open.length)) {
        const next = [...chosen, ...kept(A, drawn)];
        const key = next.slice(0, count).join();
        if (next.length >= count) law.set(key, (law.get(key) ?? 0) + q);
        else block(next.slice(chosen.length).reduce(eliminated, A as number[][]), next, q);
        return;
      }
      const left = open.filter((i) => !drawn.includes(i));
      const total = left.reduce((sum, i) => sum + A[i]![i]!, 0);
      for (const i of left) draw([...drawn, i], (q * A[i]![i]!) / total);
    };
    draw([], p);
  };
  block(K, [], 1);
  return law;
}

describe("oracle", () => {
  it("a block of all indices is greedy, whatever the seed: by hand, and cut where a third is left", () => {
    const K = [[4, 2, 0], [2, 3, 0], [0, 0, 1.5]]; // prettier-ignore
    for (let seed = 0; seed < 20; seed++) {
      // 8.5 at first: 4 leaves 0, 2 and 1.5, more than 8.5/3; then 2 leaves 1.5
      expect(Array.from(psdLowRankSync(matrixOracle(K), { method: "blockRobust", rank: 2, seed }).pivots)).toEqual([0, 1]);
    }
    expect(kept(K, [2, 1, 0])).toEqual([0, 1]);
  });
});

describe("theorem-sized", () => {
  const K = withSpectrum([4, 2, 1, 0.5, 0.25], "robust law");
  const oracle = matrixOracle(K);
  const runs = isFullProfile ? 40_000 : 5000;
  for (const b of [1, 2, 3, 4]) {
    it(`ordered pivots have the law of the rule, blocks of ${b}: chi-square at 1e-3, ${runs} runs`, () => {
      const law = exactLaw(K, b, 3);
      expect([...law.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      const seen = new Map<string, number>();
      for (let seed = 0; seed < runs; seed++) {
        const key = psdLowRankSync(oracle, { method: "blockRobust", blockSize: b, rank: 3, seed }).pivots.join();
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      for (const key of seen.keys()) expect(law.has(key)).toBe(true);
      const cells = [...law].map(([key, p]) => ({ expected: runs * p, count: seen.get(key) ?? 0 }));
      const rare = cells.filter(({ expected }) => expected < 5);
      const tested = cells.filter(({ expected }) => expected >= 5);
      const pooled = {
        expected: rare.reduce((sum, { expected }) => sum + expected, 0),
        count: rare.reduce((sum, { count }) => sum + count, 0),
      };
      if (pooled.expected >= 5) tested.push(pooled);
      else expect(pooled.count).toBeLessThanOrEqual(25); // Poisson of mean 5 at most: 1e-10
      const statistic = tested.reduce((sum, { expected, count }) => sum + (count - expected) ** 2 / expected, 0);
      expect(statistic).toBeLessThan(chiSquareAt1e3(tested.length - 1));
    });
  }
});
