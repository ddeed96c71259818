/** The TypeScript products with a vector against the plain SIMD binary, byte for byte, and both against their definition. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const normals = (random: TestRandom, count: number): number[] => Array.from({ length: count }, () => random.normal());

describe("oracle: a matrix times a vector", () => {
  it("multiplyVector, every number of rows and columns", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`multiplyVector ${index}`);
      const [rows, columns] = [random.below(14), random.below(20)];
      const width = columns + random.below(3);
      const [A, X] = [normals(random, rows * width), normals(random, columns)];
      const t = backends.start(random.below(4) - 1);
      const [a, x, y] = [t.input(A, "float64"), t.input(X, "float64"), t.room(8 * rows)];
      const perTile = 1 + random.below(6);
      t.tiled("multiplyVector", t.args([rows, columns, a, 8 * width, x, y, perTile]), Math.ceil(rows / perTile));
      t.check();
      t.read(y, rows, "float64").forEach((got, i) => {
        const products = X.map((v, k) => A[i * width + k]! * v);
        const magnitude = products.reduce((sum, p) => sum + Math.abs(p), 0);
        // sums of at most 20 products, twice
        expect(Math.abs(got - products.reduce((sum, p) => sum + p, 0))).toBeLessThanOrEqual(2 * columns * 2 ** -53 * magnitude);
      });
    }
  });

  it("addRows, every number of rows and columns", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`addRows ${index}`);
      const [rows, columns] = [random.below(9), random.below(12)];
      const width = columns + random.below(3);
      const [A, X, Y] = [normals(random, rows * width), normals(random, rows), normals(random, columns)];
      const t = backends.start(random.below(3) - 1);
      const [a, x, y] = [t.input(A, "float64"), t.input(X, "float64"), t.inout(Y, "float64")];
      t.direct("addRows", rows, columns, a, 8 * width, -0.7, x, y);
      t.check();
      const want = [...Y];
      for (let i = 0; i < rows; i++) for (let k = 0; k < columns; k++) want[k]! += -0.7 * X[i]! * A[i * width + k]!;
      expect(t.read(y, columns, "float64")).toEqual(want);
    }
  });
});
