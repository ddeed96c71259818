/** Sweeps on bidiagonal matrices: B = U diag(d) Vᵀ with the rotations told, and relative accuracy of tiny values. */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { bidiagonalQr } from "../src/dense/bidiagonal-qr.js";
import { bidiagonalize } from "../src/dense/bidiagonalize.js";
import { columnBlock } from "../src/dense/blocks.js";
import type { Rotations } from "../src/dense/rotations.js";
import { runtime } from "../src/runtime/runtime.js";
import { openScope } from "../src/runtime/scope.js";
import { runSync } from "../src/runtime/steps.js";

const U = 2 ** -53;

/** n × n vectors that rotations act on, side by side. */
function recorder(n: number): Rotations & { readonly vectors: Float64Array } {
  const vectors = Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0));
  return {
    vectors,
    *add(first, step, count, cosines, sines) {
      yield* [];
      for (let t = 0, i = first; t < count; t++, i += step) {
        const [c, s] = [cosines[t]!, sines[t]!];
        for (let k = 0; k < n; k++) {
          const [p, q] = [vectors[i * n + k]!, vectors[(i + step) * n + k]!];
          vectors[i * n + k] = c * p + s * q;
          vectors[(i + step) * n + k] = c * q - s * p;
        }
      }
    },
    *flush() {
      yield* []; // nothing waits here
    },
  };
}

function decompose(d0: readonly number[], e0: readonly number[]): { d: Float64Array; left: Float64Array; right: Float64Array } {
  const [d, e] = [Float64Array.from(d0), Float64Array.from(e0)];
  const [left, right] = [recorder(d.length), recorder(d.length)];
  expect(runSync(bidiagonalQr(d, e, { left, right }))).toBe(0);
  expect(e.every((x) => x === 0)).toBe(true);
  return { d, left: left.vectors, right: right.vectors };
}

/** Largest error of U diag(d) Vᵀ and of both bases, in units of ‖B‖ n u. */
function worstRatio(d0: readonly number[], e0: readonly number[]): number {
  const n = d0.length;
  const { d, left, right } = decompose(d0, e0);
  const size = Math.max(...d0.map(Math.abs), ...e0.map(Math.abs));
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let [b, u, v] = [0, 0, 0];
      for (let k = 0; k < n; k++) {
        b += left[k * n + i]! * (d[k]! / size) * right[k * n + j]!;
        u += left[i * n + k]! * left[j * n + k]!;
        v += right[i * n + k]! * right[j * n + k]!;
      }
      const want = (i === j ? d0[i]! : j === i + 1 ? e0[i]! : 0) / size;
      worst = Math.max(worst, Math.abs(b - want), Math.abs(u - (i === j ? 1 : 0)), Math.abs(v - (i === j ? 1 : 0)));
    }
  return worst / (n * U);
}

describe("oracle", () => {
  it("random, graded either way, clustered, with zeros", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`bidiagonal ${index}`);
      const n = 1 + random.below(40);
      const grade = [0, 0.5, -0.5, 2, -2][index % 5]!;
      const [d, e] = [0, 1].map(() => Array.from({ length: n }, (_, i) => random.normal() * 10 ** (-grade * i)));
      e!.pop();
      if (index % 6 === 0) d![random.below(n)] = 0;
      if (index % 7 === 0 && n > 1) e![random.below(n - 1)] = 0;
      if (index % 11 === 0) d!.fill(1);
      expect(worstRatio(d!, e!)).toBeLessThanOrEqual(50); // a few rotations of u each act on an entry, twenty sweeps or so
    }
  });

  it("tiny singular values of a Kahan matrix have all their digits", () => {
    // d = e = 1 in exact arithmetic of halves: B = [1 1; 0 h] has σ₁σ₂ = h exactly
    for (const h of [1e-20, 1e-100, 1e-150]) {
      const { d } = decompose([1, h], [1]);
      const [large, small] = [...d].map(Math.abs).sort((a, b) => b - a);
      expect(Math.abs(large! - Math.SQRT2)).toBeLessThanOrEqual(4 * U * 1.5);
      expect(Math.abs(small! / (h / Math.SQRT2) - 1)).toBeLessThanOrEqual(8 * U);
    }
    // graded over 200 orders: the product of the values is the product of the diagonal
    const diagonal = Array.from({ length: 12 }, (_, i) => 10 ** (-15 * i));
    const { d } = decompose(
      diagonal,
      diagonal.slice(1).map((x) => 0.5 * x),
    );
    const product = (values: Iterable<number>): number => [...values].reduce((s, x) => s + Math.log10(Math.abs(x)), 0);
    expect(Math.abs(product(d) - product(diagonal))).toBeLessThanOrEqual(1e-11); // logarithms up to 1000, 100 u each
  });
});

describe("oracle: reduction", () => {
  it("has the singular values' squares sum and the product of a square matrix", () => {
    for (const [m, n] of [
      [5, 5],
      [33, 32],
      [70, 65],
      [40, 1],
      [100, 64],
    ] as const) {
      const random = testRandom(`reduce ${m} ${n}`);
      const scope = openScope();
      const A = columnBlock(scope.alloc(8 * m * n), m, n);
      const values = Float64Array.from({ length: m * n }, () => random.normal());
      runtime().memory.f64.set(values, A.address / 8);
      const { d, e } = runSync(bidiagonalize(scope, A));
      scope.release();
      const sum = (x: Float64Array): number => x.reduce((s, a) => s + a * a, 0);
      expect(Math.abs(sum(d) + sum(e) - sum(values))).toBeLessThanOrEqual(100 * m * n * U * m);
      // tr (AᵀA)² = tr (BᵀB)²
      const gram = (at: (i: number, j: number) => number, rows: number): number => {
        let total = 0;
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) {
            let dot = 0;
            for (let k = 0; k < rows; k++) dot += at(k, i) * at(k, j);
            total += dot * dot;
          }
        return total;
      };
      const want = gram((i, j) => values[j * m + i]!, m);
      const got = gram((i, j) => (i === j ? d[i]! : j === i + 1 ? e[i]! : 0), n);
      expect(Math.abs(got / want - 1)).toBeLessThanOrEqual(1e3 * m * U);
    }
  });
});
