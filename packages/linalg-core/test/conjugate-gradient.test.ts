import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { view } from "../src/array/view.js";
import type { NdArray } from "../src/array/types.js";
import { cholesky } from "../src/dense/cholesky.js";
import { matmul } from "../src/dense/matmul.js";
import { AssumptionError, NonFiniteError, NotConvergedError, OptionError, ShapeError } from "../src/errors.js";
import { conjugateGradient, conjugateGradientSync, type ConjugateGradientResult } from "../src/iterative/conjugate-gradient.js";
import { csrFromTriplets } from "../src/sparse/csr.js";
import { expectError, expectSameBits } from "./numeric-support.js";

const U = 2 ** -53;
const size = (x: Iterable<number>): number => Math.sqrt([...x].reduce((s, e) => s + e * e, 0));

/** SPD with these eigenvalues: three random reflectors on a diagonal matrix. */
function withSpectrum(values: readonly number[], name: string): NdArray {
  const n = values.length;
  const random = testRandom(name);
  let A = view(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? values[p % n]! : 0)), [n, n]); // prettier-ignore
  for (let t = 0; t < 3; t++) {
    const v = Float64Array.from({ length: n }, () => random.normal());
    const scale = 2 / v.reduce((s, x) => s + x * x, 0);
    const H = view(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0) - scale * v[Math.floor(p / n)]! * v[p % n]!), [n, n]); // prettier-ignore
    A = matmul(matmul(H, A), H);
  }
  const a = Float64Array.from(A.data);
  return view(Float64Array.from(a, (x, p) => (x + a[(p % n) * n + Math.floor(p / n)]!) / 2), [n, n]); // prettier-ignore
}

function vector(n: number, name: string): Float64Array {
  const random = testRandom(name);
  return Float64Array.from({ length: n }, () => random.normal());
}

/** The 1-D Laplacian in compressed rows. */
function laplacian(n: number) {
  const [rows, columns, values]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < n; i++)
    for (const j of [i - 1, i, i + 1])
      if (j >= 0 && j < n) {
        rows.push(i);
        columns.push(j);
        values.push(i === j ? 2 : -1);
      }
  return csrFromTriplets([n, n], rows, columns, values);
}

describe("oracle", () => {
  it("agrees with the direct solution, dense, sparse and by operator", () => {
    for (const n of [1, 2, 5, 40]) {
      const A = withSpectrum(
        Array.from({ length: n }, (_, i) => 1 + i),
        `spectrum ${n}`,
      );
      const b = vector(n, `b ${n}`);
      const direct = cholesky(A).solve(view(b, [n, 1])).data;
      const operator = { shape: [n, n] as const, apply: (x: NdArray) => view(Float64Array.from(matmul(A, view(Float64Array.from(x.data), [n, 1])).data), [n]) }; // prettier-ignore
      for (const input of [A, operator]) {
        const { x } = conjugateGradientSync(input, b, { tolerance: 1e-12 });
        // ‖x − x*‖ ≤ ‖r‖ / λ_min
        expect(size(Array.from(x.data, (e, i) => e - direct[i]!))).toBeLessThanOrEqual(2e-12 * size(b));
      }
    }
    const L = laplacian(50);
    const { x, diagnostics } = conjugateGradientSync(L, new Float64Array(50).fill(1));
    for (let i = 0; i < 50; i++) expect(Math.abs(x.data[i]! - ((i + 1) * (50 - i)) / 2)).toBeLessThanOrEqual(1e-6); // 1/λ_min = 263
    const condition = (Math.PI / 51) ** -2 * 4;
    expect(diagnostics.conditionEstimate).toBeGreaterThan(0.3 * condition);
    expect(diagnostics.conditionEstimate).toBeLessThan(1.1 * condition);
  });

  it("takes at most √κ/2 ln(2√κ/ε) iterations", () => {
    for (const seed of [1, 2, 3, 4]) {
      const n = 200;
      const A = withSpectrum(Array.from({ length: n }, (_, i) => 1 + (99 * i) / (n - 1)), `kappa ${seed}`); // prettier-ignore
      const { diagnostics } = conjugateGradientSync(A, vector(n, `kappa b ${seed}`), { tolerance: 1e-8 });
      expect(diagnostics.iterations).toBeLessThanOrEqual(Math.ceil((10 / 2) * Math.log(20 / 1e-8)) + 2);
    }
  });

  it("a good preconditioner saves iterations; a start near the solution too", () => {
    const diagonal = Array.from({ length: 80 }, (_, i) => 10 ** (i / 20));
    const A = withSpectrum(diagonal, "preconditioned");
    const b = vector(80, "preconditioned b");
    const plain = conjugateGradientSync(A, b);
    const { solve } = cholesky(A);
    const M = { shape: [80, 80] as const, apply: (x: NdArray) => view(Float64Array.from(solve(view(Float64Array.from(x.data), [80, 1])).data), [80]) }; // prettier-ignore
    expect(conjugateGradientSync(A, b, { preconditioner: M }).diagnostics.iterations).toBeLessThanOrEqual(3);
    const warm = conjugateGradientSync(A, b, { initial: plain.x });
    expect(warm.diagnostics.iterations).toBe(0);
    expect(plain.diagnostics.iterations).toBeGreaterThan(20);
  });
});

describe("certificate is honest", () => {
  it("bounds the residual and, with a floor, the error", () => {
    for (let seed = 0; seed < 20; seed++) {
      const n = 2 + seed;
      const values = Array.from({ length: n }, (_, i) => 1 + i * i);
      const A = withSpectrum(values, `honest ${seed}`);
      const solution = Float64Array.from({ length: n }, (_, i) => i - 3);
      const b = Float64Array.from(matmul(A, view(solution, [n, 1])).data);
      const { x, certificate } = conjugateGradientSync(A, b, { tolerance: 1e-6, eigenvalueFloor: 0.99 });
      expect(certificate.kind).toBe("conditional");
      const error = size(Array.from(x.data, (e, i) => e - solution[i]!));
      const rounding = 4 * n * U * size(b); // b itself was rounded
      expect(error).toBeLessThanOrEqual((certificate as { bound: number }).bound + rounding);
      expect((certificate as { bound: number }).bound).toBeLessThanOrEqual(1.1e-6 * size(b));
    }
  });
});

describe("laws", () => {
  it("same bits by turns; the answer scales with b, exactly", async () => {
    const A = withSpectrum([1, 2, 3, 4, 5, 6, 7], "laws");
    const b = vector(7, "laws b");
    const sync = conjugateGradientSync(A, b);
    expectSameBits((await conjugateGradient(A, b)).x, sync.x);
    for (const power of [600, -600]) {
      const { x } = conjugateGradientSync(
        A,
        b.map((e) => e * 2 ** power),
      );
      expectSameBits(
        view(
          Float64Array.from(x.data, (e) => e * 2 ** -power),
          [7],
        ),
        sync.x,
      );
    }
  });

  it("an operator's own asynchronous product is used", async () => {
    let calls = 0;
    const A = {
      shape: [2, 2] as const,
      apply: (x: NdArray) => view(Float64Array.of(2 * x.data[0]!, 3 * x.data[1]!), [2]),
      applyAsync: (x: NdArray) => {
        calls++;
        return Promise.resolve(view(Float64Array.of(2 * x.data[0]!, 3 * x.data[1]!), [2]));
      },
    };
    expectSameBits((await conjugateGradient(A, [1, 1])).x, conjugateGradientSync(A, [1, 1]).x);
    expect(calls).toBeGreaterThan(2);
  });
});

describe("errors", () => {
  it("an indefinite operator and an indefinite preconditioner are told apart", () => {
    expectError(() => conjugateGradientSync([[1, 2], [2, 1]], [1, -1]), AssumptionError, { argument: "A", measured: -2 }); // prettier-ignore
    expectError(() => conjugateGradientSync([[1, 0], [0, 1]], [1, 1], { preconditioner: [[-1, 0], [0, -1]] }), AssumptionError, { argument: "preconditioner" }); // prettier-ignore
  });

  it("a spent budget carries the best answer", () => {
    const n = 300;
    const A = withSpectrum(
      Array.from({ length: n }, (_, i) => 10 ** ((12 * i) / (n - 1))),
      "hopeless",
    );
    const b = vector(n, "hopeless b");
    try {
      conjugateGradientSync(A, b, { tolerance: 1e-12 });
      expect.fail("converged");
    } catch (error) {
      expect(error).toBeInstanceOf(NotConvergedError);
      const { result } = error as NotConvergedError<ConjugateGradientResult>;
      expect(["stagnation", "iterations"]).toContain(result.stopped);
      expect(result.certificate.kind).toBe("deterministic");
      expect(result.diagnostics.residualNorm).toBeLessThanOrEqual(size(b) * (1 + 1e-12));
    }
    const { stopped } = conjugateGradientSync(A, b, { maxIterations: 3, onMiss: "return" });
    expect(stopped).toBe("iterations");
  });

  it("bad arguments", () => {
    const A = [[2, 0], [0, 2]]; // prettier-ignore
    expectError(() => conjugateGradientSync([[1, 2, 3], [4, 5, 6]], [1, 2]), ShapeError, { argument: "A" }); // prettier-ignore
    expectError(() => conjugateGradientSync(A, [1]), ShapeError, { argument: "b" });
    expectError(() => conjugateGradientSync(A, [1, NaN]), NonFiniteError, { argument: "b" });
    expectError(() => conjugateGradientSync([[1, NaN], [NaN, 1]], [1, 1]), NonFiniteError, { argument: "A" }); // prettier-ignore
    expectError(() => conjugateGradientSync(A, [1, 1], { initial: [1] }), ShapeError, { argument: "initial" });
    for (const tolerance of [NaN, 0, 2, -1])
      expectError(() => conjugateGradientSync(A, [1, 1], { tolerance }), OptionError, { argument: "tolerance" });
    for (const maxIterations of [0, 1.5, NaN]) expectError(() => conjugateGradientSync(A, [1, 1], { maxIterations }), OptionError, { argument: "maxIterations" }); // prettier-ignore
    expectError(() => conjugateGradientSync(A, [1, 1], { threads: 2 } as object), OptionError, { argument: "threads" });
    const wrong = { shape: [2, 2] as const, apply: () => view(new Float64Array(3), [3]) };
    expectError(() => conjugateGradientSync(wrong, [1, 1]), ShapeError, {});
    const broken = { shape: [2, 2] as const, apply: () => view(Float64Array.of(NaN, 1), [2]) };
    expectError(() => conjugateGradientSync(broken, [1, 1]), NonFiniteError, {});
  });

  it("an aborted signal, before and during", async () => {
    await expect(conjugateGradient(laplacian(10), new Float64Array(10).fill(1), { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    const control = new AbortController();
    const running = conjugateGradient(laplacian(3000), vector(3000, "abort"), { signal: control.signal, tolerance: 1e-14 });
    setTimeout(() => {
      control.abort("enough");
    });
    await expect(running).rejects.toBe("enough");
  });
});

describe("degenerate", () => {
  it("zero right side, no unknowns", () => {
    const { x, diagnostics, certificate } = conjugateGradientSync([[2, 0], [0, 2]], [0, 0], { initial: [5, 5] }); // prettier-ignore
    expect([...x.data]).toEqual([0, 0]);
    expect(diagnostics.iterations).toBe(0);
    expect((certificate as { bound: number }).bound).toBe(0);
    expect(conjugateGradientSync(view(new Float64Array(0), [0, 0]), []).x.shape).toEqual([0]);
  });
});
