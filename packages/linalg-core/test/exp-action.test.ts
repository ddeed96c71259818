import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import cases from "../../../tooling/fixtures/exp-action/data.json" with { type: "json" };
import { view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { eigSymmetric } from "../src/dense/eig-symmetric.js";
import { matvec } from "../src/dense/matvec.js";
import { AssumptionError, NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { expAction, expActionSync } from "../src/iterative/exp-action.js";
import { csrFromDense } from "../src/sparse/csr.js";
import { expectError, expectSameBits, median } from "./numeric-support.js";

const U = 2 ** -53;
const size = (x: Iterable<number>): number => Math.sqrt([...x].reduce((s, e) => s + e * e, 0));
const boundOf = (result: { certificate: object }): number => (result.certificate as { bound: number }).bound;

function popcount(x: number): number {
  let count = 0;
  for (let left = x; left > 0; left >>= 1) count += left & 1;
  return count;
}

/** Q diag(λ) Qᵀ by eigenvectors of a random matrix, and exp(τ A) b by the same. */
function problem(n: number, spread: number, sign: number, name: string) {
  const random = testRandom(name);
  const g = Float64Array.from({ length: n * n }, () => random.normal());
  const { vectors } = eigSymmetric(view(Float64Array.from(g, (x, p) => x + g[(p % n) * n + Math.floor(p / n)]!), [n, n])); // prettier-ignore
  const Q = Float64Array.from(vectors!.data);
  const λ = Float64Array.from({ length: n }, (_, i) => (sign * spread * i) / Math.max(1, n - 1));
  const b = Float64Array.from({ length: n }, () => random.normal());
  const A = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += Q[i * n + k]! * λ[k]! * Q[j * n + k]!;
      A[i * n + j] = A[j * n + i] = sum;
    }
  const truth = (τ: number): Float64Array => {
    const y = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      let along = 0;
      for (let i = 0; i < n; i++) along += Q[i * n + k]! * b[i]!;
      for (let i = 0; i < n; i++) y[i]! += Q[i * n + k]! * Math.exp(τ * λ[k]!) * along;
    }
    return y;
  };
  return { A: view(A, [n, n]), b, truth, n };
}

describe("certificate is honest", () => {
  it("300 cases: spectra of 1 to 300, decay and growth, bases of every size", () => {
    const slacks: number[] = [];
    for (let seed = 0; seed < 5; seed++)
      for (const spread of [1, 3, 10, 30, 100, 300])
        for (const maxDimension of [3, 6, 10, 16, 24, 30])
          for (const decay of [true, false]) {
            if ((!decay && spread > 30) || spread > 8 * maxDimension) continue; // thousands of substeps prove nothing new
            const { A, b, truth, n } = problem(30, spread, 1, `case ${seed} ${spread}`);
            const time = decay ? -1 : 1;
            const result = expActionSync(A, b, { time, maxDimension, tolerance: 1e-6, spectrumUpper: decay ? 0 : spread });
            const want = truth(time);
            const error = size(Array.from(result.y.data, (x, i) => x - want[i]!));
            // A itself is the exact matrix to round-off: n u ‖A‖, times what exp makes of it
            const rounding = 20 * n * U * spread * size(b) * (decay ? 1 : Math.exp(spread));
            expect(error).toBeLessThanOrEqual(boundOf(result) + rounding);
            expect(boundOf(result)).toBeLessThanOrEqual(1e-6 * size(b) * (decay ? 1 : Math.exp(spread)) * (1 + 1e-9));
            if (error > 100 * rounding) slacks.push(boundOf(result) / error);
          }
    expect(slacks.length).toBeGreaterThan(100);
    expect(median(slacks)).toBeLessThanOrEqual(10);
  });

  it("Sylvester matrices, H² = n I: rounding alone, against exp(τH) b = cosh(τ√n) b + sinh(τ√n)/√n H b of integers", () => {
    for (const n of [16, 64, 256, 1024]) {
      const root = Math.sqrt(n);
      const sign = (i: number, j: number): number => (popcount(i & j) % 2 === 0 ? 1 : -1);
      const H = view(Float64Array.from({ length: n * n }, (_, p) => sign(Math.floor(p / n), p % n)), [n, n]); // prettier-ignore
      const random = testRandom(`sylvester ${n}`);
      const mixed = Float64Array.from({ length: n }, () => random.below(2001) - 1000);
      const image = (b: Float64Array): Float64Array => Float64Array.from(b, (_, i) => b.reduce((sum, x, j) => sum + sign(i, j) * x, 0));
      const oneSided = image(mixed).map((x, i) => x + root * mixed[i]!); // in one eigenspace; and with a trace of the other
      for (const b of [mixed, oneSided, oneSided.map((x, i) => x + mixed[i]! / 4096)]) {
        const Hb = image(b);
        for (const exponent of [0.5, -3, 20, -20, 200, -200]) {
          const time = exponent / root;
          // both halves apart: cosh − sinh would cancel
          const [up, down] = [Math.exp(exponent) / 2, Math.exp(-exponent) / 2];
          const truth = Float64Array.from(b, (x, i) => up * (x + Hb[i]! / root) + down * (x - Hb[i]! / root));
          const result = expActionSync(H, b, { time, tolerance: 1e-11, spectrumUpper: Math.abs(exponent) });
          const error = size(Array.from(result.y.data, (x, i) => x - truth[i]!));
          // e^x by Math.exp and the exponent itself, rounded: 4 + |x| units of either half
          const halves = [up, down].map((half, h) => half * size(b.map((x, i) => x + ((h === 0 ? 1 : -1) * Hb[i]!) / root)));
          const rounding = (4 + Math.abs(exponent)) * U * (halves[0]! + halves[1]!);
          expect(error).toBeLessThanOrEqual(boundOf(result) + rounding);
        }
      }
    }
  });

  it("an operator without a bound of its spectrum says what it relies on", () => {
    const { A, b, truth } = problem(20, 5, -1, "operator");
    const operator = { shape: [20, 20] as const, apply: (x: NdArray) => matvec(A, x) };
    const result = expActionSync(operator, b);
    expect(result.certificate).toMatchObject({ kind: "conditional" });
    expect((result.certificate as { condition: string }).condition).toContain("Ritz");
    const want = truth(1);
    expect(size(Array.from(result.y.data, (x, i) => x - want[i]!))).toBeLessThanOrEqual(1e-9 * size(b));
    expect((expActionSync(operator, b, { spectrumUpper: 0 }).certificate as { condition: string }).condition).not.toContain("Ritz");
  });
});

describe("fixtures", () => {
  it("SciPy's expm", () => {
    for (const { n, time, A, b, y } of cases) {
      const result = expActionSync(view(Float64Array.from(A.flat()), [n, n]), b, { time, tolerance: 1e-11 });
      expect(size(Array.from(result.y.data, (x, i) => x - y[i]!))).toBeLessThanOrEqual(2e-11 * (size(y) + size(b)));
    }
  });
});

describe("laws", () => {
  it("identity at time 0; half the time twice; columns; sparse; sync and async", async () => {
    const { A, b, n } = problem(25, 8, -1, "laws");
    expect([...expActionSync(A, b, { time: 0 }).y.data]).toEqual([...b]);
    const whole = expActionSync(A, b, { tolerance: 1e-12, spectrumUpper: 0 }).y.data;
    const half = expActionSync(A, b, { time: 0.5, tolerance: 1e-12, spectrumUpper: 0 }).y;
    const twice = expActionSync(A, half, { time: 0.5, tolerance: 1e-12, spectrumUpper: 0 }).y.data;
    expect(size(Array.from(whole, (x, i) => x - twice[i]!))).toBeLessThanOrEqual(1e-11 * size(b));
    const two = view(Float64Array.from({ length: 2 * n }, (_, p) => (p % 2 === 0 ? b[p / 2]! : 1)), [n, 2]); // prettier-ignore
    const y = expActionSync(A, two).y;
    expect(y.shape).toEqual([n, 2]);
    const first = expActionSync(A, b).y.data;
    for (let i = 0; i < n; i++) expect(y.data[2 * i]).toBe(first[i]);
    expectSameBits((await expAction(A, two)).y, y);
    const sparse = expActionSync(csrFromDense(A), b).y.data;
    expect(size(Array.from(sparse, (x, i) => x - first[i]!))).toBeLessThanOrEqual(1e-9 * size(b));
  });
});

describe("errors", () => {
  it("bad arguments, and overflow", () => {
    const A = [[2, 1], [1, 2]]; // prettier-ignore
    expectError(() => expActionSync([[1, 2], [0, 1]], [1, 1]), AssumptionError, { argument: "A" }); // prettier-ignore
    expectError(() => expActionSync([[1, 2]], [1]), ShapeError, { argument: "A" });
    expectError(() => expActionSync(A, [1]), ShapeError, { argument: "b" });
    expectError(() => expActionSync(A, [1, Infinity]), NonFiniteError, { argument: "b" });
    for (const time of [NaN, Infinity]) expectError(() => expActionSync(A, [1, 1], { time }), OptionError, { argument: "time" });
    expectError(() => expActionSync(A, [1, 1], { tolerance: 0 }), OptionError, { argument: "tolerance" });
    expectError(() => expActionSync(A, [1, 1], { maxDimension: 1 }), OptionError, { argument: "maxDimension" });
    expectError(() => expActionSync([[2000, 0], [0, 1]], [1, 1]), NonFiniteError, {}); // prettier-ignore
  });

  it("an aborted signal", async () => {
    await expect(expAction([[1]], [1], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("degenerate", () => {
  it("no rows, zero b, zero A, strong decay", () => {
    expect(expActionSync(view(new Float64Array(0), [0, 0]), []).y.shape).toEqual([0]);
    expect([...expActionSync([[1, 0], [0, 2]], [0, 0]).y.data]).toEqual([0, 0]); // prettier-ignore
    expect([...expActionSync([[0, 0], [0, 0]], [1, 2]).y.data]).toEqual([1, 2]); // prettier-ignore
    expect([...expActionSync([[5000]], [1], { time: -1 }).y.data]).toEqual([0]);
  });
});
