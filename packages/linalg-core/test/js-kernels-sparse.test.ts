/** The TypeScript matrix-vector and sparse products against the plain SIMD binary, byte for byte, and both against their definition. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { dtypes, gamma, UNIT } from "./numeric-support.js";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const suffix = { float32: "F32", float64: "F64" } as const;

const values = (random: TestRandom, count: number, single: boolean): number[] =>
  Array.from({ length: count }, () => (single ? Math.fround(random.normal()) : random.normal()));

describe.each(dtypes)("oracle: %s", (dtype) => {
  const single = dtype === "float32";
  const bytes = single ? 4 : 8;

  it("rowDots and addRows, every length around the lanes, any tiles", () => {
    for (let index = 0; index < 90; index++) {
      const random = testRandom(`gemv ${index}`);
      const [m, n] = [1 + random.below(20), index % 45];
      const [A, x, z] = [values(random, m * n, single), values(random, n, single), values(random, m, single)];
      const y0 = values(random, n, single);
      const t = backends.start(random.below(5));
      const [a, b, c] = [t.input(A, dtype), t.input(x, dtype), t.input(z, dtype)];
      const [y, w] = [t.room(m * bytes), t.inout(y0, dtype)];
      const [rows, columns] = [1 + random.below(m + 2), 1 + random.below(n + 3)];
      t.tiled(`rowDots${suffix[dtype]}`, t.args([m, n, a, b, y, rows]), Math.ceil(m / rows));
      t.tiled(`addRows${suffix[dtype]}`, t.args([m, n, a, c, w, columns]), Math.ceil(n / columns));
      t.check();
      t.read(y, m, dtype).forEach((got, i) => {
        const terms = x.map((factor, l) => factor * A[i * n + l]!);
        expect(Math.abs(got - sum(terms))).toBeLessThanOrEqual(allowed(terms, dtype));
      });
      t.read(w, n, dtype).forEach((got, j) => {
        const terms = [y0[j]!, ...z.map((factor, i) => factor * A[i * n + j]!)];
        expect(Math.abs(got - sum(terms))).toBeLessThanOrEqual(allowed(terms, dtype));
      });
    }
  });

  it("multiplySparse, widths around the strips, empty rows, any blocks", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`spmm ${index}`);
      const [m, k] = [1 + random.below(12), 1 + random.below(15)];
      const rowBytes = 32 * (1 + (index % 11));
      const width = rowBytes / bytes;
      const starts = [0];
      const columns: number[] = [];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < k; j++) if (i % 4 !== 1 && random.below(3) === 0) columns.push(j);
        starts.push(columns.length);
      }
      const [S, B] = [values(random, columns.length, single), values(random, k * width, single)];
      const blocks = [0, ...Array.from({ length: m - 1 }, (_, i) => i + 1).filter(() => random.below(3) === 0), m];
      const t = backends.start(random.below(7));
      const [s, j, v, b] = [t.input(starts, "int32"), t.input(columns, "int32"), t.input(S, dtype), t.input(B, dtype)];
      const [list, c] = [t.input(blocks, "int32"), t.room(m * rowBytes)];
      const count = blocks.length - 1;
      t.tiled(`multiplySparse${suffix[dtype]}`, t.args([s, j, v, list, count, b, c, rowBytes]), count * Math.ceil(rowBytes / 128));
      t.check();
      t.read(c, m * width, dtype).forEach((got, at) => {
        const [i, column] = [Math.floor(at / width), at % width];
        const terms = columns.slice(starts[i], starts[i + 1]).map((l, p) => S[starts[i]! + p]! * B[l * width + column]!);
        expect(Math.abs(got - sum(terms))).toBeLessThanOrEqual(allowed(terms, dtype));
      });
    }
  });
});

function sum(terms: readonly number[]): number {
  return terms.reduce((total, term) => total + term, 0);
}

/** Every order of summation errs by at most γ_n of the magnitudes; the reference, in float64, too. */
function allowed(terms: readonly number[], dtype: "float32" | "float64"): number {
  const unit = gamma(terms.length + 1, UNIT[dtype]) + gamma(terms.length + 1, UNIT.float64);
  return unit * sum(terms.map(Math.abs));
}
