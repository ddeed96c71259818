/** The TypeScript panels of LU and Cholesky against the plain SIMD binary, byte for byte, and both against their definition. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Rows of `columns` normal numbers and, up to `ld`, zeros. */
function rowsOf(random: TestRandom, rows: number, columns: number, ld: number): number[] {
  return Array.from({ length: rows * ld }, (_, p) => (p % ld < columns ? random.normal() : 0));
}

/** n × n, lower triangle of G Gᵀ + I in rows of ld numbers. */
function definite(random: TestRandom, n: number, ld: number): number[] {
  const G = rowsOf(random, n, n, n);
  const entry = (i: number, j: number): number => {
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += G[i * n + k]! * G[j * n + k]!;
    return sum;
  };
  return Array.from({ length: n * ld }, (_, p) => (p % ld <= Math.floor(p / ld) ? entry(Math.floor(p / ld), p % ld) : 0));
}

describe("oracle: a panel of LU", () => {
  it("P A = L U, |L| ≤ 1, ties to the lowest row, whole rows exchanged", () => {
    for (let index = 0; index < 120; index++) {
      const random = testRandom(`lu ${index}`);
      const columns = 1 + random.below(13);
      const m = columns + random.below(20);
      const [left, right] = columns % 4 === 0 ? [2 * random.below(3), 2 * random.below(3)] : [2 * random.below(3), 0];
      const width = roundUp(columns, 4);
      const ld = left + width + right;
      const values = rowsOf(random, m, ld, ld).map((x, p) => (p % ld >= left + columns && p % ld < left + width ? 0 : x));
      if (index % 3 === 0) for (let p = 0; p < values.length; p++) values[p] = Math.sign(values[p]!); // ties, zero pivots
      if (index % 5 === 0) for (let i = 0; i < m; i++) values[i * ld + left] = 0;
      const t = backends.start(index % 3 === 0 ? 0 : -1);
      const a = t.inout(values, "float64");
      const pivots = t.room(4 * columns);
      t.direct("luPanel", m, columns, a + 8 * left, 8 * ld, a, 8 * ld, pivots);
      t.check();
      const [got, swaps] = [t.read(a, m * ld, "float64"), t.read(pivots, columns, "int32")];
      const rows = Array.from({ length: m }, (_, i) => values.slice(i * ld, i * ld + ld));
      swaps.forEach((p, c) => {
        expect(p).toBeGreaterThanOrEqual(c);
        [rows[c], rows[p]] = [rows[p]!, rows[c]!];
      });
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < ld; j++) {
          const panel = j - left;
          if (panel < 0 || panel >= width) {
            expect(got[i * ld + j]).toBe(rows[i]![j]);
            continue;
          }
          if (panel >= columns) continue;
          let [sum, size] = [0, 0];
          for (let k = 0; k <= Math.min(i, panel); k++) {
            const l = k === i ? 1 : got[i * ld + left + k]!;
            if (k < i) expect(Math.abs(l)).toBeLessThanOrEqual(1);
            sum += l * got[k * ld + j]!;
            size += Math.abs(l * got[k * ld + j]!);
          }
          expect(Math.abs(sum - rows[i]![j]!)).toBeLessThanOrEqual(2 * (columns + 2) * 2 ** -53 * (size + 1));
        }
      }
    }
  });
});

describe("oracle: rows and columns beside a triangle", () => {
  it("X Lᵀ = B, and T X = B some columns a tile", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`beside ${index}`);
      const [width, rows] = [4 * (1 + random.below(4)), 1 + random.below(15)];
      const ld = width + 4;
      const t = backends.start(index % 4);
      const L = t.input(
        rowsOf(random, width, width, ld).map((x, p) => (p % ld === Math.floor(p / ld) ? 4 : x)),
        "float64",
      );
      const B = t.inout(rowsOf(random, rows, width, ld), "float64");
      const perTile = 1 + random.below(5);
      t.tiled("choleskyRows", t.args([width, L, rows, B, 8 * ld, perTile]), Math.ceil(rows / perTile));
      const columns = 2 * (1 + random.below(20));
      const C = t.inout(rowsOf(random, width, columns, columns), "float64");
      const [lower, unit] = [random.below(2), random.below(2)];
      t.tiled("solveColumns", t.args([width, L, 8 * ld, 8, lower, unit, columns, C, 8 * columns, 8]), Math.ceil(columns / 8));
      t.check();
    }
  });
});

describe("oracle: pivots of Cholesky", () => {
  it("the largest diagonal next, in pieces as in one", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`pivots ${index}`);
      const n = 1 + random.below(24);
      const ld = roundUp(n, 4);
      const values = definite(random, n, ld);
      const diagonal = Array.from({ length: n }, (_, i) => values[i * ld + i]!);
      const t = backends.start(index % 5);
      const a = t.inout(values, "float64");
      const d = t.inout(diagonal, "float64");
      const swaps = t.inout(new Array<number>(n).fill(-1), "int32");
      const tolerance = index % 3 === 0 ? 0.6 * Math.max(...diagonal) : 0;
      const middle = random.below(n + 1);
      let rank = t.direct("choleskyPivots", n, 8 * ld, a, 0, 0, middle, d, swaps, tolerance);
      if (rank === middle) rank = t.direct("choleskyPivots", n, 8 * ld, a, 0, middle, n, d, swaps, tolerance);
      t.check();
      if (tolerance === 0) expect(rank).toBe(n);
      const [got, rest, exchanged] = [t.read(a, n * ld, "float64"), t.read(d, n, "float64"), t.read(swaps, n, "int32")];
      const order = Array.from({ length: n }, (_, i) => i);
      for (let k = 0; k < rank; k++) [order[k], order[exchanged[k]!]] = [order[exchanged[k]!]!, order[k]!];
      const entry = (i: number, j: number): number => values[Math.max(order[i]!, order[j]!) * ld + Math.min(order[i]!, order[j]!)]!;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= Math.min(i, rank - 1); j++) {
          let sum = 0;
          for (let k = 0; k <= j; k++) sum += got[i * ld + k]! * got[j * ld + k]!;
          expect(Math.abs(sum - entry(i, j))).toBeLessThanOrEqual(4 * n * 2 ** -53 * Math.max(...diagonal));
        }
        if (i >= rank) expect(rest[i]).toBeLessThanOrEqual(tolerance);
        if (i > 0 && i < rank) expect(got[i * ld + i]).toBeLessThanOrEqual(got[(i - 1) * (ld + 1)]! * (1 + 1e-12)); // diagonals descend
      }
    }
  });
});
