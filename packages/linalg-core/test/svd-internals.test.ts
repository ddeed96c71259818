/** What only the author of the decomposition knows to try: panel boundaries, both methods, spectra, scales, threads' steps, memory. */
import { pack, testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { array, toNested } from "../src/index.js";
import { view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { svd, svdAsync, type SvdOptions, type SvdResult } from "../src/dense/svd.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { expectSameBits } from "./numeric-support.js";

const U = 2 ** -53;

function gaussian(m: number, n: number, name = "A"): NdArray {
  const random = testRandom(`svd ${name} ${m} ${n}`);
  return view(
    Float64Array.from({ length: m * n }, () => random.normal()),
    [m, n],
  );
}

/** Residual and both orthogonalities in units of max(m, n) u, relative to the largest value. */
function worstRatio(A: NdArray, { U: left, s, V: right }: SvdResult): number {
  const [m, n] = A.shape as [number, number];
  const [a, u, v, values] = [pack(A), pack(left!), pack(right!), pack(s)];
  const [p, q, k] = [left!.shape[1]!, right!.shape[1]!, values.length];
  const size = values[0]! > 0 ? values[0]! : 1;
  let worst = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += u[i * p + l]! * (values[l]! / size) * v[j * q + l]!;
      worst = Math.max(worst, Math.abs(sum - a[i * n + j]! / size));
    }
  const departure = (x: ArrayLike<number>, rows: number, columns: number): void => {
    for (let i = 0; i < columns; i++)
      for (let j = 0; j <= i; j++) {
        let sum = i === j ? -1 : 0;
        for (let l = 0; l < rows; l++) sum += x[l * columns + i]! * x[l * columns + j]!;
        worst = Math.max(worst, Math.abs(sum));
      }
  };
  departure(u, m, p);
  departure(v, n, q);
  for (let i = 1; i < k; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]!);
  for (const x of values) expect(x).toBeGreaterThanOrEqual(0);
  return worst / (Math.max(m, n) * U);
}

const battery: readonly [string, NdArray][] = [
  ["[[1,1],[1,1]]", array([[1, 1], [1, 1]])], // prettier-ignore
  ["ones 4", view(new Float64Array(16).fill(1), [4, 4])],
  ["ones 40", view(new Float64Array(1600).fill(1), [40, 40])],
  ["zeros", view(new Float64Array(12), [4, 3])],
  ["row", gaussian(1, 7)],
  ["column", gaussian(7, 1)],
  ["identity", view(Float64Array.from({ length: 81 }, (_, p) => (p % 10 === 0 ? 1 : 0)), [9, 9])], // prettier-ignore
  ["Hilbert 12", view(Float64Array.from({ length: 144 }, (_, p) => 1 / (Math.floor(p / 12) + (p % 12) + 1)), [12, 12])], // prettier-ignore
  ["rank 1", view(Float64Array.from({ length: 20 * 15 }, (_, p) => Math.sin(Math.floor(p / 15)) * Math.cos(p % 15)), [20, 15])], // prettier-ignore
  ...[1e160, 1e-160].map((scale): [string, NdArray] => [`${scale}`, view(Float64Array.from(gaussian(15, 12).data, (x) => scale * x), [15, 12])]), // prettier-ignore
];

describe("oracle", () => {
  for (const method of ["golub-kahan", "jacobi"] as const) {
    it(`battery, ${method}`, () => {
      for (const [name, A] of battery)
        for (const vectors of ["economy", "full"] as const) {
          const result = svd(A, { method, vectors });
          expect(worstRatio(A, result), name).toBeLessThanOrEqual(30);
        }
    });

    it(`shapes around the panels, ${method}`, () => {
      for (const [m, n] of [
        [31, 31],
        [32, 32],
        [33, 33],
        [33, 32],
        [65, 64],
        [70, 65],
        [5, 12],
        [12, 40],
        [40, 5],
        [100, 70],
        [20, 30],
      ] as const)
        // prettier-ignore
        for (const vectors of ["economy", "full"] as const) {
          const A = gaussian(m, n);
          const result = svd(A, { method, vectors });
          expect(worstRatio(A, result), `${m} ${n} ${vectors}`).toBeLessThanOrEqual(30);
          const none = svd(A, { method, vectors: "none" });
          none.s.data.forEach((x, i) => {
            expect(Math.abs(x - result.s.data[i]!)).toBeLessThanOrEqual(10 * Math.max(m, n) * U * result.s.data[0]!);
          });
        }
    });
  }
});

describe("certificate is honest", () => {
  it("known values, with and without rounding to float32", () => {
    for (const [name, A] of battery) {
      const { certificate, s } = svd(A);
      expect(certificate.kind, name).toBe("deterministic");
      if (certificate.kind === "deterministic") expect(certificate.bound).toBeLessThanOrEqual(1e-12 * s.data[0]! + 1e-160); // not vacuous; squares of measuring may vanish
    }
    const { s, certificate } = svd(view(Float32Array.of(1, 2, 3, 4), [2, 2]));
    const exact = [Math.sqrt(15 + Math.sqrt(221)), Math.sqrt(15 - Math.sqrt(221))];
    s.data.forEach((x, i) => {
      expect(Math.abs(x - exact[i]!)).toBeLessThanOrEqual((certificate as { bound: number }).bound);
    });
  });
});

describe("laws", () => {
  it("same bits by turns, and nothing is kept", async () => {
    for (const [m, n] of [
      [20, 20],
      [90, 70],
      [70, 90],
    ] as const) {
      // prettier-ignore
      const before = arenaBytesInUse();
      const options: SvdOptions = { vectors: "economy" };
      const [a, b] = [svd(gaussian(m, n), options), await svdAsync(gaussian(m, n), options)];
      for (const key of ["U", "s", "V"] as const) expectSameBits(a[key]!, b[key]!);
      expect(a.certificate).toEqual(b.certificate);
      expect(arenaBytesInUse()).toBe(before);
      expect(toNested(a.s)).toHaveLength(Math.min(m, n));
    }
  });
});

describe("degenerate", () => {
  it("no rows or no columns", () => {
    for (const shape of [
      [0, 3],
      [3, 0],
      [0, 0],
    ] as const) {
      // prettier-ignore
      const { U: left, s, V, rank } = svd(view(new Float64Array(0), shape), { vectors: "full" });
      expect([left!.shape, s.shape, V!.shape, rank]).toEqual([[shape[0], shape[0]], [0], [shape[1], shape[1]], 0]);
    }
  });
});
