/** The TypeScript kernels of sign products, softmax and exp against the plain SIMD binary, byte for byte. */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { dtypes } from "./numeric-support.js";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();

describe("oracle: sign products", () => {
  it("every small shape and tile, and the count itself", () => {
    for (let index = 0; index < 120; index++) {
      const random = testRandom(`signs ${index}`);
      const words = index % 12 === 0 ? 60 + random.below(80) : random.below(5); // beyond 64, a row lies in the scratch part by part
      const [m, n] = [1 + random.below(9), 1 + random.below(9)];
      const dimensions = 64 * words;
      const bits = (rows: number): number[] =>
        Array.from({ length: rows * words * 2 }, () => random.below(65536) * 65536 + random.below(65536));
      const [P, Q] = [bits(m), bits(n)];
      const t = backends.start(random.below(5) - 1);
      const signed = (list: number[]): number[] => list.map((word) => word | 0);
      const [p, q, out] = [t.input(signed(P), "int32"), t.input(signed(Q), "int32"), t.room(4 * m * n)];
      const [tileRows, tileColumns] = [2 * (1 + random.below(3)), 2 * (1 + random.below(3))];
      const tiles = Math.ceil(m / tileRows) * Math.ceil(n / tileColumns);
      t.tiled("signProducts", t.args([m, n, dimensions, 8 * words, p, q, out, tileRows, tileColumns]), tiles);
      t.check();
      const differing = (i: number, j: number): number => {
        let count = 0;
        for (let l = 0; l < 2 * words; l++)
          count += ((P[i * 2 * words + l]! ^ Q[j * 2 * words + l]!) >>> 0).toString(2).replaceAll("0", "").length;
        return count;
      };
      const want = Array.from({ length: m * n }, (_, k) => dimensions - 2 * differing(Math.floor(k / n), k % n));
      expect(t.read(out, m * n, "int32")).toEqual(want);
    }
  });
});

describe.each(dtypes)("oracle: %s rows", (dtype) => {
  const suffix = dtype === "float32" ? "F32" : "F64";
  const lanes = dtype === "float32" ? 8 : 4;

  it("exp", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`exp ${index}`);
      const count = lanes * (1 + random.below(9));
      const size = [1e-9, 1, 40, 90, 800][index % 5]!;
      const t = backends.start(random.below(2) - 1);
      const x = t.inout(Array.from({ length: count }, () => size * random.normal()), dtype); // prettier-ignore
      t.direct(`exp${suffix}`, count, x);
      t.check();
    }
  });

  it("softmax, with and without a mask, normalized or not", () => {
    for (let index = 0; index < 160; index++) {
      const random = testRandom(`softmax ${index}`);
      const [rows, n] = [1 + random.below(4), 1 + random.below(20)];
      const width = Math.ceil(n / 8) * 8;
      const size = [1e-30, 1, 30, 1e30][index % 4]!;
      const scale = [1, -1, 0, 0.125, -3, 1e-30][random.below(6)]!;
      const t = backends.start(random.below(4) - 1);
      const values = Array.from({ length: rows * width }, (_, p) => (p % 5 === 0 ? 0 : size * random.normal()));
      if (index % 3 === 0) values.forEach((v, p) => { if (v === 0 && p % 2 === 0) values[p] = -0; }); // prettier-ignore
      const x = t.inout(values, dtype);
      const [extremes, sums] = [t.room(8 * rows), t.room(8 * rows)];
      const isMasked = index % 2 === 0;
      const kept = Array.from({ length: rows * n }, (_, p) => (p < n && index % 8 === 0 ? 0 : random.below(2)));
      const keep = isMasked ? t.input(kept, "uint8") : 0;
      t.direct(`softmaxRows${suffix}`, rows, n, width, x, scale, keep, extremes, sums, index % 3 === 0 ? 0 : 1);
      t.check();
    }
  });
});
