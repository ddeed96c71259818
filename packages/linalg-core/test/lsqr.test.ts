import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { transpose, view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { cholesky } from "../src/dense/cholesky.js";
import { matmul } from "../src/dense/matmul.js";
import { NonFiniteError, NotConvergedError, OptionError, ShapeError } from "../src/errors.js";
import { lsqr, lsqrSync, type LsqrOptions } from "../src/iterative/lsqr.js";
import { csrFromDense } from "../src/sparse/csr.js";
import { expectError, expectSameBits } from "./numeric-support.js";

const size = (x: Iterable<number>): number => Math.sqrt([...x].reduce((s, e) => s + e * e, 0));

function gaussian(m: number, n: number, name: string): NdArray {
  const random = testRandom(name);
  return view(
    Float64Array.from({ length: m * n }, () => random.normal()),
    [m, n],
  );
}

const column = (x: ArrayLike<number>): NdArray => view(Float64Array.from(x), [x.length, 1]);

/** (AᵀA + μ² I)⁻¹ Aᵀ b. */
function normalSolution(A: NdArray, b: Float64Array, μ = 0): NdArray["data"] {
  const n = A.shape[1]!;
  const G = matmul(A, A, { transposeA: true });
  for (let i = 0; i < n; i++) G.data[i * (n + 1)]! += μ * μ;
  return cholesky(G).solve(matmul(transpose(A), column(b))).data;
}

describe("oracle", () => {
  it("agrees with the normal equations, with damping, by every kind of operand", () => {
    for (const [m, n] of [
      [5, 5],
      [30, 10],
      [60, 25],
    ] as const)
      // prettier-ignore
      for (const damping of [0, 0.7]) {
        const A = gaussian(m, n, `A ${m} ${n}`);
        const b = Float64Array.from(gaussian(m, 1, `b ${m}`).data);
        const want = normalSolution(A, b, damping);
        const product = (X: NdArray, x: NdArray): NdArray => view(Float64Array.from(matmul(X, column(x.data)).data), [X.shape[0]!]);
        const operator = { shape: [m, n] as const, apply: (x: NdArray) => product(A, x), applyTranspose: (y: NdArray) => product(transpose(A), y) }; // prettier-ignore
        for (const input of [A, csrFromDense(A), operator]) {
          const { x, stopped } = lsqrSync(input, b, { tolerance: 1e-13, damping, maxIterations: 40 * n });
          expect(stopped === "gradient" || stopped === "residual").toBe(true);
          // square Gaussian matrices of 5 rows: κ below 1000, squared by the normal equations
          expect(size(Array.from(x.data, (e, i) => e - want[i]!))).toBeLessThanOrEqual(1e-7 * size(want));
        }
      }
  });

  it("a wide matrix gives the solution of least norm", () => {
    const A = gaussian(8, 20, "wide");
    const b = Float64Array.from(gaussian(8, 1, "wide b").data);
    const { x, residualNorm, stopped } = lsqrSync(A, b, { tolerance: 1e-12 });
    expect(stopped).toBe("residual");
    expect(residualNorm).toBeLessThanOrEqual(1e-12 * size(b));
    const y = cholesky(matmul(A, A, { transposeB: true })).solve(column(b));
    const want = matmul(transpose(A), y).data;
    expect(size(Array.from(x.data, (e, i) => e - want[i]!))).toBeLessThanOrEqual(1e-9 * size(want));
  });

  it("R⁻¹ from the right makes two iterations enough", () => {
    const [m, n] = [60, 12];
    const A = gaussian(m, n, "graded");
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) A.data[i * n + j]! *= 10 ** (-j / 2);
    const b = Float64Array.from(gaussian(m, 1, "graded b").data);
    const L = cholesky(matmul(A, A, { transposeA: true })).L;
    const inverse = view(new Float64Array(n * n), [n, n]); // R⁻¹ = L⁻ᵀ, column by column
    for (let j = 0; j < n; j++)
      for (let i = j; i >= 0; i--) {
        let sum = i === j ? 1 : 0;
        for (let k = i + 1; k <= j; k++) sum -= L.data[k * n + i]! * inverse.data[k * n + j]!;
        inverse.data[i * n + j] = sum / L.data[i * n + i]!;
      }
    const plain = lsqrSync(A, b, { maxIterations: 1000 });
    const fast = lsqrSync(A, b, { preconditioner: inverse });
    expect(fast.diagnostics.iterations).toBeLessThanOrEqual(4);
    expect(plain.diagnostics.iterations).toBeGreaterThan(10);
    const want = normalSolution(A, b);
    expect(size(Array.from(fast.x.data, (e, i) => e - want[i]!))).toBeLessThanOrEqual(1e-6 * size(want)); // κ² u = 1e11 u
  });

  it("starts from where it is told", () => {
    const A = gaussian(20, 6, "start");
    const b = Float64Array.from(gaussian(20, 1, "start b").data);
    const cold = lsqrSync(A, b, { tolerance: 1e-9 });
    for (const damping of [0, 0.5]) {
      const first = lsqrSync(A, b, { damping, tolerance: 1e-12 });
      const again = lsqrSync(A, b, { damping, tolerance: 1e-9, initial: first.x });
      expect(again.diagnostics.iterations).toBeLessThanOrEqual(1);
      expect(size(Array.from(again.x.data, (e, i) => e - first.x.data[i]!))).toBeLessThanOrEqual(1e-8);
    }
    expect(cold.diagnostics.iterations).toBeGreaterThan(3);
  });
});

describe("certificate is honest", () => {
  it("bounds the gradient, computed in exact integers", () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = testRandom(`integers ${seed}`);
      const [m, n] = [12, 5];
      const A = view(Float64Array.from({ length: m * n }, () => random.below(21) - 10), [m, n]); // prettier-ignore
      const b = Float64Array.from({ length: m }, () => random.below(101) - 50);
      const { x, certificate } = lsqrSync(A, b, { tolerance: 1e-6 });
      // x as a rational of 2^-80: every term exact in BigInt
      const scale = 2n ** 80n;
      const exact = (value: number): bigint => BigInt(Math.round(value * 2 ** 52)) * 2n ** 28n;
      const rounded = Array.from(x.data, (value) => Math.round(value * 2 ** 52) / 2 ** 52); // what `exact` sees
      const r = Array.from({ length: m }, (_, i) => BigInt(b[i]!) * scale - rounded.reduce((s, v, j) => s + BigInt(A.data[i * n + j]!) * exact(v), 0n)); // prettier-ignore
      const g = Array.from({ length: n }, (_, j) => Number(r.reduce((s, v, i) => s + BigInt(A.data[i * n + j]!) * v, 0n)) / 2 ** 80);
      const slack = 2 ** -52 * m * n * 100 * 10; // x rounded to a multiple of 2^-52
      expect(size(g)).toBeLessThanOrEqual((certificate as { bound: number }).bound + slack);
    }
  });

  it("is small where it should be", () => {
    const A = gaussian(40, 10, "small");
    const { certificate, residualNorm } = lsqrSync(A, Float64Array.from(gaussian(40, 1, "small b").data), { tolerance: 1e-12 });
    expect(certificate.kind).toBe("deterministic");
    expect((certificate as { bound: number }).bound).toBeLessThanOrEqual(1e-11 * 30 * residualNorm); // ‖A‖_F about 20
  });
});

describe("laws", () => {
  it("same bits by turns; scales with b, exactly", async () => {
    const A = gaussian(15, 6, "laws");
    const b = Float64Array.from(gaussian(15, 1, "laws b").data);
    const sync = lsqrSync(A, b);
    expectSameBits((await lsqr(A, b)).x, sync.x);
    const tiny = lsqrSync(A, b.map((e) => e * 2 ** -700)); // prettier-ignore
    expectSameBits(view(Float64Array.from(tiny.x.data, (e) => e * 2 ** 700), [6]), sync.x); // prettier-ignore
  });
});

describe("errors", () => {
  it("bad arguments", () => {
    const A = [[1, 2], [3, 4], [5, 6]]; // prettier-ignore
    expectError(() => lsqrSync(A, [1, 2]), ShapeError, { argument: "b" });
    expectError(() => lsqrSync(A, [1, NaN, 2]), NonFiniteError, { argument: "b" });
    expectError(() => lsqrSync(A, [1, 2, 3], { initial: [1] }), ShapeError, { argument: "initial" });
    expectError(() => lsqrSync(A, [1, 2, 3], { damping: -1 }), OptionError, { argument: "damping" });
    expectError(() => lsqrSync(A, [1, 2, 3], { damping: 1, preconditioner: [[1, 0], [0, 1]] }), OptionError, { argument: "damping" }); // prettier-ignore
    expectError(() => lsqrSync(A, [1, 2, 3], { preconditioner: [[1]] }), ShapeError, { argument: "preconditioner" });
    for (const tolerance of [NaN, 0, 3]) expectError(() => lsqrSync(A, [1, 2, 3], { tolerance }), OptionError, { argument: "tolerance" });
    expectError(() => lsqrSync(A, [1, 2, 3], { onMiss: "exact" } as unknown as LsqrOptions), OptionError, { argument: "onMiss" });
    const oneWay = { shape: [2, 2] as const, apply: (x: NdArray) => x };
    expectError(() => lsqrSync(oneWay, [1, 2]), OptionError, {});
  });

  it("a spent budget throws, or returns if asked to", () => {
    const A = gaussian(50, 30, "budget");
    const b = Float64Array.from(gaussian(50, 1, "budget b").data);
    expect(() => lsqrSync(A, b, { maxIterations: 2 })).toThrow(NotConvergedError);
    expect(lsqrSync(A, b, { maxIterations: 2, onMiss: "return" }).stopped).toBe("iterations");
  });

  it("an aborted signal", async () => {
    await expect(lsqr(gaussian(5, 5, "abort"), [1, 2, 3, 4, 5], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("degenerate", () => {
  it("zero right side, zero matrix, no rows, no columns", () => {
    expect([...lsqrSync([[1, 2], [3, 4]], [0, 0]).x.data]).toEqual([0, 0]); // prettier-ignore
    const zero = lsqrSync([[0, 0], [0, 0]], [1, 2]); // prettier-ignore
    expect([...zero.x.data]).toEqual([0, 0]);
    expect(zero.residualNorm).toBeCloseTo(Math.sqrt(5), 14);
    expect(lsqrSync(view(new Float64Array(0), [0, 3]), []).x.shape).toEqual([3]);
    expect(lsqrSync(view(new Float64Array(0), [3, 0]), [1, 2, 3]).x.shape).toEqual([0]);
  });
});
