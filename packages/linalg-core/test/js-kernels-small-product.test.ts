/** The TypeScript product of small matrices against the plain SIMD binary, byte for byte. */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends(64);

describe("oracle: small products", () => {
  it.each(["float32", "float64"] as const)("%s: every width up to two blocks of vectors and more", (dtype) => {
    const bytes = dtype === "float32" ? 4 : 8;
    for (let n = 1; n <= 20; n++) {
      const [m, k] = [[1, 1], [2, 5], [3, 16]][n % 3] as [number, number]; // prettier-ignore
      const random = testRandom(`small product ${n}`);
      const normals = (count: number): number[] => Array.from({ length: count }, () => random.normal());
      const t = backends.start(1);
      const [A, B] = [t.input(normals(m * k), dtype), t.input(normals(k * n), dtype)];
      const C = t.room(m * n * bytes);
      t.direct(dtype === "float32" ? "smallProductF32" : "smallProductF64", m, n, k, A, B, C);
      t.check();
    }
  });

  it("says whether every entry is finite, wherever the one that is not lies", () => {
    for (let j = 0; j < 11; j++) {
      const t = backends.start(-1);
      const B = Array.from({ length: 11 }, (_, l) => (l === j ? Infinity : 1));
      const [left, right, C] = [t.input([1, 2, 3], "float64"), t.input(B, "float64"), t.room(8 * 33)];
      expect(t.direct("smallProductF64", 3, 11, 1, left, right, C)).toBe(0);
      t.check();
    }
  });
});
