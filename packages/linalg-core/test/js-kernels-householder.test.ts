/** The TypeScript reflectors against the plain SIMD binary, byte for byte, and both against their definition. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const normals = (random: TestRandom, count: number, scale: number): number[] =>
  Array.from({ length: count }, () => scale * random.normal());

describe("oracle: reflectors", () => {
  it("H x = beta e_0, at every scale", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`reflect ${index}`);
      const m = 1 + random.below(40);
      const scale = [1e-310, 1e-160, 1, 1e160, 1e300][index % 5]!;
      const values = normals(random, m, scale);
      if (index % 4 === 0) values[0] = 0;
      if (index % 7 === 0) values.fill(0, 1);
      const t = backends.start(random.below(3) - 1);
      const x = t.inout(values, "float64");
      const tau = t.direct("reflect", m, x);
      t.check();
      const [beta, ...tail] = t.read(x, m, "float64");
      const v = [1, ...tail];
      const unit = Math.max(...values.map(Math.abs));
      if (tau === 0) expect([beta, ...tail]).toEqual(values);
      else expect(Math.abs(tau - 2 / v.reduce((s, a) => s + a * a, 0))).toBeLessThanOrEqual(8 * 2 ** -53 * tau * m);
      const product = v.reduce((s, a, i) => s + a * (values[i]! / unit), 0);
      // subnormal entries carry an absolute error of half their spacing
      const allowed = 4 * m * 2 ** -53 + (unit === 0 ? 0 : 2 ** -1074 / unit);
      if (unit > 0 && tau !== 0)
        v.forEach((a, i) => {
          const got = values[i]! / unit - tau * product * a;
          expect(Math.abs(got - (i === 0 ? beta! / unit : 0))).toBeLessThanOrEqual(allowed);
        });
    }
  });

  it("panels and columns", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`panel ${index}`);
      const [m, columns] = [1 + random.below(30), 1 + random.below(20)];
      const width = m + random.below(3);
      const A = normals(random, columns * width, 1);
      const t = backends.start(random.below(4) - 1);
      const a = t.inout(A, "float64");
      const tau = t.room(8 * Math.min(m, columns));
      t.direct("householderPanel", m, columns, a, 8 * width, tau);
      const C = normals(random, 5 * width, 1);
      const c = t.inout(C, "float64");
      const v = t.input([1, ...normals(random, m - 1, 1)], "float64");
      const perTile = 1 + random.below(3);
      t.tiled("reflectColumns", t.args([m, 5, v, c, 8 * width, perTile], [0.7]), Math.ceil(5 / perTile));
      t.check();

      // Qᵀ A = R: the reflectors, applied to A one after the other
      const packed = t.read(a, columns * width, "float64");
      const taus = t.read(tau, Math.min(m, columns), "float64");
      for (let j = 0; j < columns; j++) {
        const x = A.slice(j * width, j * width + m);
        for (let s = 0; s < Math.min(j + 1, taus.length); s++) {
          const reflector = (i: number): number => (i < s ? 0 : i === s ? 1 : packed[s * width + i]!);
          const along = x.reduce((sum, xi, i) => sum + xi * reflector(i), 0);
          for (let i = 0; i < m; i++) x[i]! -= taus[s]! * along * reflector(i);
        }
        for (let i = 0; i < m; i++)
          expect(Math.abs(x[i]! - (i <= j ? packed[j * width + i]! : 0))).toBeLessThanOrEqual(40 * m * 2 ** -53 * Math.sqrt(m) * 4);
      }
    }
  });

  it("Q formed of a panel's reflectors: orthonormal, and Q R is the panel", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`form ${index}`);
      const k = 1 + random.below(12);
      const m = k + random.below(20);
      const q = k + random.below(m - k + 1);
      const width = m + random.below(3);
      const A = normals(random, k * width, 1);
      const t = backends.start(random.below(4) - 1);
      const a = t.inout(A, "float64");
      const tau = t.room(8 * k);
      t.direct("householderPanel", m, k, a, 8 * width, tau);
      const Q = t.inout(normals(random, q * width, 1), "float64");
      t.direct("householderForm", m, q, k, a, 8 * width, tau, Q, 8 * width);
      t.check();

      const packed = t.read(a, k * width, "float64");
      const formed = t.read(Q, q * width, "float64");
      // each of k reflectors turns a column of norm at most 4 sqrt(m) within a few m units of round-off
      const allowed = 40 * m * k * 2 ** -53;
      for (let i = 0; i < q; i++)
        for (let j = 0; j <= i; j++) {
          let product = 0;
          for (let l = 0; l < m; l++) product += formed[i * width + l]! * formed[j * width + l]!;
          expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThanOrEqual(allowed);
        }
      for (let j = 0; j < k; j++)
        for (let l = 0; l < m; l++) {
          let product = 0;
          for (let s = 0; s <= j; s++) product += formed[s * width + l]! * packed[j * width + s]!;
          expect(Math.abs(product - A[j * width + l]!)).toBeLessThanOrEqual(4 * Math.sqrt(m) * allowed);
        }
    }
  });

  it("dot and axpy, every length", () => {
    for (let n = 0; n < 40; n++) {
      const random = testRandom(`dot ${n}`);
      const t = backends.start(n % 3);
      const [X, Y] = [normals(random, n, 1), normals(random, n, 1)];
      const [x, y] = [t.input(X, "float64"), t.inout(Y, "float64")];
      const product = t.direct("dot", n, x, y);
      t.direct("axpy", n, 0.3, x, y);
      t.check();
      const magnitude = X.reduce((s, a, i) => s + Math.abs(a * Y[i]!), 0);
      expect(Math.abs(product - X.reduce((s, a, i) => s + a * Y[i]!, 0))).toBeLessThanOrEqual(2 * n * 2 ** -53 * magnitude);
      expect(t.read(y, n, "float64")).toEqual(Y.map((b, i) => b + 0.3 * X[i]!));
    }
  });
});
