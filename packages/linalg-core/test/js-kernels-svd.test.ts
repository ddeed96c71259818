/** The TypeScript kernels of the singular value decomposition against the plain SIMD binary, byte for byte, and against their definitions. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const U = 2 ** -53;
const normals = (random: TestRandom, count: number): number[] => Array.from({ length: count }, () => random.normal());

describe("oracle: matrix times vector by columns", () => {
  it("dots and sums, every remainder and sharing", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`columns ${index}`);
      const [m, count] = [1 + random.below(30), random.below(12)];
      const width = m + random.below(3);
      const [A, x, c, y0] = [normals(random, count * width), normals(random, m), normals(random, count), normals(random, m)];
      const t = backends.start(random.below(6) - 1);
      const [a, px, pc, sum] = [t.input(A, "float64"), t.input(x, "float64"), t.input(c, "float64"), t.inout(y0, "float64")];
      const dots = t.room(8 * count);
      const [perTile, entries] = [1 + random.below(6), 4 * (1 + random.below(4))];
      t.tiled("columnDots", t.args([m, count, a, 8 * width, px, dots, perTile], [0.5]), Math.ceil(count / perTile));
      t.tiled("combineColumns", t.args([m, count, a, 8 * width, pc, sum, entries], [-2]), Math.ceil(m / entries));
      t.check();
      t.read(dots, count, "float64").forEach((got, j) => {
        const terms = x.map((xi, i) => 0.5 * xi * A[j * width + i]!);
        const size = terms.reduce((s, e) => s + Math.abs(e), 0);
        expect(Math.abs(got - terms.reduce((s, e) => s + e, 0))).toBeLessThanOrEqual(2 * (m + 2) * U * size); // both sums
      });
      t.read(sum, m, "float64").forEach((got, i) => {
        const want = c.reduce((s, cj, j) => s + -2 * cj * A[j * width + i]!, y0[i]!);
        expect(got).toBe(want);
      });
    }
  });
});

describe("oracle: one-sided Jacobi", () => {
  it("sweeps make columns orthogonal and keep X J⁻¹", () => {
    for (let index = 0; index < 20; index++) {
      const random = testRandom(`jacobi ${index}`);
      const r = 1 + random.below(9);
      const n = r + random.below(5);
      const X0 = normals(random, n * r).map((x, p) => x * 10 ** (Math.floor(p / n) % 3));
      const identity = Array.from({ length: r * r }, (_, p) => (p % (r + 1) === 0 ? 1 : 0));
      const t = backends.start(random.below(3) - 1);
      const [x, j] = [t.inout(X0, "float64"), t.inout(identity, "float64")];
      let sweeps = 0;
      while (t.direct("jacobiSweep", n, r, x, 8 * n, j, 8 * r, n * U) > 0) expect(++sweeps).toBeLessThan(20);
      t.check();
      const [X, J] = [t.read(x, n * r, "float64"), t.read(j, r * r, "float64")];
      const column = (p: number): number[] => X.slice(p * n, (p + 1) * n);
      const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, e, i) => s + e * b[i]!, 0);
      for (let p = 0; p < r; p++)
        for (let q = 0; q < p; q++) {
          const size = Math.sqrt(dot(column(p), column(p)) * dot(column(q), column(q)));
          expect(Math.abs(dot(column(p), column(q)))).toBeLessThanOrEqual(3 * n * U * size); // the threshold, and the dot's own rounding
        }
      for (let p = 0; p < r; p++)
        for (let i = 0; i < n; i++) {
          const want = Array.from({ length: r }, (_, l) => X0[l * n + i]! * J[p * r + l]!).reduce((s, e) => s + e, 0);
          expect(Math.abs(X[p * n + i]! - want)).toBeLessThanOrEqual(1e-12 * 400); // entries up to 400
        }
    }
  });
});
