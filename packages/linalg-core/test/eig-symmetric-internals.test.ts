import {
  gaussianArray,
  layouts,
  matmulOracle,
  pack,
  plain,
  strided,
  testRandom,
  type Strided,
  withoutWebAssembly,
} from "@subquad/test-kit";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import eigenvalues from "../../../tooling/fixtures/eig-spectra/data.json" with { type: "json" };
import type { DType, NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import {
  eigSymmetric,
  eigSymmetricAsync,
  eigSymmetricSteps,
  type EigSymmetricResult,
  type UnconvergedEigen,
} from "../src/dense/eig-symmetric.js";
import { AssumptionError, NonFiniteError, NotConvergedError, OptionError, ShapeError } from "../src/errors.js";
import { backend, configure } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { runSync } from "../src/runtime/steps.js";
import { dtypes, expectError, expectSameBits, inDtype, largestDifference, median, UNIT } from "./numeric-support.js";

const METHODS = ["qr", "jacobi"] as const;

/** The symmetric matrix with these entries, for i ≥ j. */
function symmetric(n: number, entry: (i: number, j: number) => number): NdArray {
  const at = (p: number): number => entry(Math.max(Math.floor(p / n), p % n), Math.min(Math.floor(p / n), p % n));
  return view(
    Float64Array.from({ length: n * n }, (_, p) => at(p)),
    [n, n],
  );
}

const made = new Map<string, NdArray>();

function gaussian(n: number, seed = "A"): NdArray {
  const name = `${seed}/${n}`;
  let A = made.get(name);
  if (A === undefined) {
    const { data } = gaussianArray([n, n], { seed: name });
    A = symmetric(n, (i, j) => data[i * n + j]!);
    made.set(name, A);
  }
  return A;
}

/** H D H / n for Sylvester's Hadamard matrix: exact where the entries of D, whose sums these are, have few bits. */
function withSpectrum(values: readonly number[]): NdArray {
  const n = values.length;
  const bits = (x: number): number => (x === 0 ? 0 : (x & 1) + bits(x >> 1));
  return symmetric(n, (i, j) => values.reduce((sum, value, k) => sum + (bits(k & (i ^ j)) % 2 === 0 ? value : -value), 0) / n);
}

const ENTRIES: Record<string, (n: number, i: number, j: number) => number> = {
  integers: (_, i, j) => ((7 * i + 7 * j + 13 * i * j) % 41) - 20,
  wilkinson: (n, i, j) => (i === j ? Math.abs(i - (n - 1) / 2) : i === j + 1 ? 1 : 0),
  graded: (n, i, j) => 2 ** -(4 * i + 4 * j) * (i === j ? n : ((i + j) % 3) - 1),
  hilbert: (_, i, j) => Math.floor(2 ** 40 / (i + j + 1)),
};

/** The matrices of LAPACK's test programs, as far as they are symmetric. */
const TYPES: readonly (readonly [string, (n: number) => NdArray])[] = [
  ["zero", (n) => symmetric(n, () => 0)],
  ["identity", (n) => symmetric(n, (i, j) => (i === j ? 1 : 0))],
  ["diagonal, in no order", (n) => symmetric(n, (i, j) => (i === j ? ((i * 7) % n) - n / 2 : 0))],
  ["second differences", (n) => symmetric(n, (i, j) => (i === j ? 2 : i === j + 1 ? -1 : 0))],
  ["ones", (n) => symmetric(n, () => 1)],
  ["random", (n) => gaussian(n)],
  ["one large value", (n) => symmetric(n, (i, j) => gaussian(n).data[i * n + j]! * 1e-12 + 1)],
  ["graded", (n) => symmetric(n, (i, j) => gaussian(n).data[i * n + j]! * 2 ** -(i + j))],
  ["graded upwards", (n) => symmetric(n, (i, j) => gaussian(n).data[i * n + j]! * 2 ** -(2 * n - i - j))],
  ["zero diagonal", (n) => symmetric(n, (i, j) => (i === j ? 0 : gaussian(n).data[i * n + j]!))],
  ["a zero column in the middle", (n) => symmetric(n, (i, j) => (i === n >> 1 || j === n >> 1 ? 0 : gaussian(n).data[i * n + j]!))],
  ["near the identity", (n) => symmetric(n, (i, j) => (i === j ? 1 : 0) + 2 ** -52 * Math.round(4 * gaussian(n).data[i * n + j]!))],
];

function columnSums(X: Strided): number {
  const n = X.shape[1]!;
  const sums = new Float64Array(n);
  pack(X).forEach((x, p) => (sums[p % n]! += Math.abs(x)));
  return Math.max(0, ...sums);
}

/** ‖A − V diag(λ) Vᵀ‖₁ / (‖A‖₁ n ulp) and ‖I − VᵀV‖₁ / (n ulp), products compensated. */
function ratios(A: NdArray, { values, vectors }: EigSymmetricResult, dtype: DType): [number, number] {
  const n = values.shape[0]!;
  const V = pack(vectors!);
  const scaled = plain(
    V.map((x, p) => x * values.data[p % n]!),
    [n, n],
  );
  const product = matmulOracle(scaled, vectors!, { transposeB: true }).data;
  const tilt = matmulOracle(vectors!, vectors!, { transposeA: true }).data;
  const a = pack(A);
  const residual = plain(
    Float64Array.from(product, (x, p) => a[p]! - x),
    [n, n],
  );
  const skew = plain(
    Float64Array.from(tilt, (x, p) => x - (p % (n + 1) === 0 ? 1 : 0)),
    [n, n],
  );
  const ulp = 2 * UNIT[dtype];
  const size = columnSums(A);
  return [size === 0 ? columnSums(residual) : columnSums(residual) / (size * n * ulp), columnSums(skew) / (n * ulp)];
}

function boundOf({ certificate }: EigSymmetricResult): number {
  expect(certificate).toMatchObject({ kind: "deterministic", norm: "max abs error of an eigenvalue" });
  return (certificate as { readonly bound: number }).bound;
}

function expectOrder({ values, vectors }: EigSymmetricResult): void {
  const n = values.shape[0]!;
  const count = vectors!.shape[1]!;
  for (let k = 1; k < count; k++) expect(values.data[k]!).toBeGreaterThanOrEqual(values.data[k - 1]!);
  for (let k = 0; k < count && n > 0; k++) {
    let largest = 0;
    for (let i = 0; i < vectors!.shape[0]!; i++) if (Math.abs(vectors!.get(i, k)) > Math.abs(largest)) largest = vectors!.get(i, k);
    expect(largest).toBeGreaterThan(0);
  }
}

afterAll(() => {
  configure({ backend: "auto", deterministic: false });
});

describe("oracle", () => {
  test.each(METHODS)("%s: residual and orthogonality, every type and dtype, about the widths of panels", (method) => {
    for (const n of [1, 2, 3, 5, 16, 31, 32, 33, 34, 64, 65, 66, 97]) {
      if (method === "jacobi" && n > 40) continue; // has no blocks
      for (const [name, make] of TYPES) {
        for (const dtype of dtypes) {
          const A = inDtype(make(n), dtype);
          const result = eigSymmetric(A, { method });
          expect(result.method).toBe(method);
          expect(result.values.shape).toEqual([n]);
          expect(result.vectors!.shape).toEqual([n, n]);
          const [residual, tilt] = ratios(A, result, dtype);
          expect(residual, `${name} ${n} ${dtype}`).toBeLessThan(50); // the bar of LAPACK's own tests
          expect(tilt, `${name} ${n} ${dtype}`).toBeLessThan(50);
          expectOrder(result);
        }
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("known spectra, clustered and repeated", () => {
    const cases = [
      Array.from({ length: 64 }, () => 3),
      Array.from({ length: 64 }, (_, k) => (k < 60 ? 1 : k)),
      Array.from({ length: 64 }, (_, k) => (k % 2 === 0 ? -5 : 5)),
      Array.from({ length: 128 }, (_, k) => k - 40),
      Array.from({ length: 64 }, (_, k) => 1 + (k % 4) * 2 ** -40),
    ];
    for (const spectrum of cases) {
      const A = withSpectrum(spectrum);
      const want = [...spectrum].sort((a, b) => a - b);
      const result = eigSymmetric(A);
      const size = Math.max(...spectrum.map(Math.abs));
      // backward stable: some u ‖A‖ an eigenvalue, growing with √n in practice
      for (let k = 0; k < want.length; k++) expect(Math.abs(result.values.data[k]! - want[k]!)).toBeLessThanOrEqual(40 * 2 ** -53 * size);
      for (const ratio of ratios(A, result, "float64")) expect(ratio).toBeLessThan(50);
    }
  });

  test("vectors of simple eigenvalues: second differences, by sines", () => {
    const n = 50;
    const { values, vectors } = eigSymmetric(symmetric(n, (i, j) => (i === j ? 2 : i === j + 1 ? -1 : 0)));
    for (let k = 0; k < n; k++) {
      expect(Math.abs(values.data[k]! - 2 + 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)))).toBeLessThan(40 * 2 ** -53 * 4);
      const wave = (i: number): number => Math.sqrt(2 / (n + 1)) * Math.sin(((i + 1) * (k + 1) * Math.PI) / (n + 1));
      let along = 0;
      for (let i = 0; i < n; i++) along += wave(i) * vectors!.get(i, k);
      // an error of 40 u ‖A‖ turns a vector by that over the gap to the next value, π² 3 / n² at the least
      expect(1 - Math.abs(along)).toBeLessThan(1e-12);
    }
  });
});

describe("certificate is honest", () => {
  test("the true error is below the bound, and the bound is no wild guess", () => {
    const slacks: number[] = [];
    for (const seed of Array.from({ length: 12 }, (_, k) => k)) {
      const random = testRandom(`spectrum ${seed}`);
      const n = seed % 2 === 0 ? 64 : 32;
      const spectrum = Array.from({ length: n }, () => random.below(2 ** 20) * 2 ** -random.below(20));
      const A = withSpectrum(spectrum);
      const want = Float64Array.from([...spectrum].sort((a, b) => a - b));
      for (const dtype of dtypes) {
        // entries of 20 + 20 + 6 bits: exact in float64 only
        if (dtype === "float32" && pack(A).some((x) => Math.fround(x) !== x)) continue;
        const result = eigSymmetric(inDtype(A, dtype));
        const error = largestDifference(result.values, plain(want, [n]));
        const bound = boundOf(result);
        expect(error).toBeLessThanOrEqual(bound);
        slacks.push(bound / error);
      }
    }
    // the round-off of measuring is counted at its worst, n (32 + n / 32) u max|λ|, where n u max|λ| / 20 is common
    expect(median(slacks)).toBeLessThan(5000);
  });

  test.each(eigenvalues)("$name $n", ({ name, n, values }) => {
    for (const method of METHODS) {
      const result = eigSymmetric(
        symmetric(n, (i, j) => ENTRIES[name]!(n, i, j)),
        { method },
      );
      const size = Math.max(...values.map(Math.abs));
      // the given values are off by a few u of the largest where NumPy computed them
      const error = largestDifference(result.values, plain(Float64Array.from(values), [n]));
      expect(error).toBeLessThanOrEqual(boundOf(result) + 20 * 2 ** -53 * size);
      expect(error).toBeLessThanOrEqual(n * 2 ** -53 * size);
    }
  });

  test("graded matrices keep their small eigenvalues", () => {
    const { values } = eigenvalues.find(({ name, n }) => name === "graded" && n === 34)!;
    const A = symmetric(34, (i, j) => ENTRIES.graded!(34, i, j));
    const jacobi = eigSymmetric(A, { method: "jacobi" }).values.data;
    values.forEach((value, k) => {
      // off-diagonal entries are compared with their own diagonal, so that values of 2^-260 come out as well as those of 1: some n u κ of the scaled
      // matrix, which is diagonally dominant
      expect(Math.abs(jacobi[k]! / value - 1)).toBeLessThan(100 * 34 * 2 ** -53);
    });
  });

  test("float32: the bound is about the rounded pairs", () => {
    for (const n of [20, 70]) {
      const A = inDtype(gaussian(n), "float32");
      const rounded = eigSymmetric(A);
      const exact = eigSymmetric(inDtype(A, "float64"));
      expect(rounded.values.data).toBeInstanceOf(Float32Array);
      expect(rounded.vectors!.data).toBeInstanceOf(Float32Array);
      const error = largestDifference(rounded.values, exact.values);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThanOrEqual(boundOf(rounded));
      expect(boundOf(rounded)).toBeLessThan(8 * n * 2 ** -24 * Math.max(...exact.values.data)); // n norms that are off by u, an error of 2 u each
    }
  });

  test("without vectors there is none", () => {
    expect(eigSymmetric(gaussian(10), { vectors: false }).certificate).toEqual({
      kind: "none",
      reason: "values are certified by their vectors: pass vectors: true",
    });
  });
});

describe("laws", () => {
  test("powers of two change no bits", () => {
    for (const n of [9, 45]) {
      const A = gaussian(n);
      const { values, vectors } = eigSymmetric(A);
      for (const exponent of [-500, -30, 1, 700]) {
        const scaled = eigSymmetric(symmetric(n, (i, j) => A.data[i * n + j]! * 2 ** exponent));
        expectSameBits(scaled.vectors!, vectors!);
        expectSameBits(scaled.values, plain(Float64Array.from(values.data, (x) => x * 2 ** exponent), [n])); // prettier-ignore
      }
    }
  });

  test("the values are the same without vectors, in any layout, and from one triangle", () => {
    for (const n of [9, 45]) {
      const A = gaussian(n);
      const want = eigSymmetric(A);
      for (const method of METHODS) expectSameBits(eigSymmetric(A, { method, vectors: false }).values, eigSymmetric(A, { method }).values);
      for (const layout of layouts) {
        const got = eigSymmetric(strided(A, layout));
        expectSameBits(got.values, want.values);
        expectSameBits(got.vectors!, want.vectors!);
      }
      const upper = view(Float64Array.from(A.data), [n, n]);
      upper.set(0, n - 1, upper.get(0, n - 1) * (1 + 2 ** -52)); // within the tolerance, and not read
      expectSameBits(eigSymmetric(upper).values, want.values);
    }
  });

  test("a range selects", () => {
    fc.assert(
      fc.property(fc.constantFrom(7, 40), fc.nat(), fc.nat(), fc.constantFrom(...dtypes), (n, a, b, dtype) => {
        const [from, to] = [a % (n + 1), b % (n + 1)].sort((x, y) => x - y) as [number, number];
        const A = inDtype(gaussian(n), dtype);
        const all = eigSymmetric(A);
        const some = eigSymmetric(A, { range: { indices: [from, to] } });
        expectSameBits(some.values, slice(all.values, [from, to]));
        expectSameBits(some.vectors!, slice(all.vectors!, null, [from, to]));
        expect(some.certificate).toEqual(all.certificate);
        if (from === to) return;
        const between = eigSymmetric(A, { range: [all.values.data[from]!, all.values.data[to - 1]!] }); // both ends count
        expectSameBits(between.values, some.values);
        expectSameBits(between.vectors!, some.vectors!);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test("shifts move the values, permutations the vectors' entries", () => {
    const n = 40;
    const A = gaussian(n);
    const { values } = eigSymmetric(A);
    const shifted = eigSymmetric(symmetric(n, (i, j) => A.data[i * n + j]! + (i === j ? 8 : 0))).values;
    const turn = (i: number): number => (i * 7) % n;
    const turned = eigSymmetric(symmetric(n, (i, j) => A.data[turn(i) * n + turn(j)]!)).values;
    for (let k = 0; k < n; k++) {
      // two computations, each within some u ‖A‖, ‖A‖ < 2 √n + 8
      expect(Math.abs(shifted.data[k]! - 8 - values.data[k]!)).toBeLessThan(80 * 2 ** -53 * 21);
      expect(Math.abs(turned.data[k]! - values.data[k]!)).toBeLessThan(80 * 2 ** -53 * 21);
    }
  });

  test("sync, async, 1 to 3 threads: the same bits", async () => {
    for (const [n, method] of [
      [20, "jacobi"],
      [33, "qr"],
      [260, "qr"],
    ] as const) {
      const A = gaussian(n);
      const want = eigSymmetric(A);
      expect(want.method).toBe(method);
      for (const threads of [1, 2, 3, 4] as const) {
        const got = await eigSymmetricAsync(A, { threads });
        expectSameBits(got.values, want.values);
        expectSameBits(got.vectors!, want.vectors!);
        expect(got.certificate).toEqual(want.certificate);
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("the TypeScript kernels: the same bits", () => {
    const { uniform } = testRandom("two backends"); // no function of the engine is in these
    const data = Float64Array.from({ length: 70 * 70 }, () => uniform() - 0.5);
    const inputs = [20, 33, 70].flatMap((n) => dtypes.map((dtype) => inDtype(symmetric(n, (i, j) => data[i * n + j]!), dtype))); // prettier-ignore
    const compute = (): EigSymmetricResult[] => inputs.map((A) => eigSymmetric(A));
    configure({ backend: "auto", deterministic: true });
    expect(backend().name).toBe(withoutWebAssembly ? "js" : "wasm-simd");
    const wasm = compute();
    configure({ backend: "js" });
    expect(backend().name).toBe("js");
    const plainKernels = compute();
    configure({ backend: "auto", deterministic: false });
    plainKernels.forEach((got, p) => {
      expectSameBits(got.values, wasm[p]!.values);
      expectSameBits(got.vectors!, wasm[p]!.vectors!);
      expect(got.certificate).toEqual(wasm[p]!.certificate);
    });
  });

  test("an abort leaves nothing behind, and the next call is right", async () => {
    const A = gaussian(400);
    const reason = new Error("enough");
    await expect(eigSymmetricAsync(A, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = eigSymmetricAsync(A, { signal: controller.signal, threads: 1 });
    controller.abort(reason); // it has begun, and waits for a turn
    await expect(running).rejects.toBe(reason);
    expect(arenaBytesInUse()).toBe(0);
    const small = gaussian(40);
    expectSameBits((await eigSymmetricAsync(small)).values, eigSymmetric(small).values);
  });

  test("progress grows to its end", async () => {
    const seen: number[] = [];
    await eigSymmetricAsync(gaussian(200), { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });
});

describe("errors", () => {
  const A = gaussian(4);

  test("shapes and entries", async () => {
    expectError(() => eigSymmetric(view(new Float64Array(6), [2, 3])), ShapeError, { where: "eigSymmetric", argument: "A" });
    await expect(eigSymmetricAsync([[1, 2]])).rejects.toMatchObject({ where: "eigSymmetricAsync", argument: "A" });
    expectError(
      () =>
        eigSymmetric([
          [1, NaN],
          [2, 3],
        ]),
      NonFiniteError,
      { argument: "A", index: [0, 1] },
    );
  });

  test("an asymmetric A, and how much of it passes", () => {
    const skew = [
      [1, 2],
      [2.5, 1],
    ];
    expectError(() => eigSymmetric(skew), AssumptionError, { where: "eigSymmetric", measured: 0.5, allowed: 8 * 2 * 2 ** -53 * 2.5 });
    expect(eigSymmetric(skew, { symmetryTolerance: 1e20 }).values.data[1]).toBeCloseTo(3.5, 14); // of the lower triangle
  });

  test("values beyond the largest number", () => {
    const big = symmetric(40, () => 1.5e308);
    expectError(() => eigSymmetric(big), NonFiniteError, { where: "eigSymmetric", argument: "result overflows float64", index: [39] });
    expectError(() => eigSymmetric(inDtype(symmetric(3, () => 3e38), "float32")), NonFiniteError, {}); // prettier-ignore
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([
    ["vectors", 1],
    ["method", "divide and conquer"],
    ["symmetryTolerance", NaN],
    ["symmetryTolerance", -1],
    ["range", [1, 0]],
    ["range", [NaN, 1]],
    ["range", [0, 1, 2]],
    ["range", 3],
    ["range", null],
    ["range", { indices: [0] }],
    ["values", true],
    ["threads", 1],
  ])("%s: %s is an OptionError", (name, value) => {
    expectError(() => eigSymmetric(A, { [name]: value }), OptionError, { argument: name });
  });

  test.each([
    [[0, 5], 1],
    [[3, 2], 0],
    [[-1, 2], 0],
    [[0.5, 2], 0],
    [[0, NaN], 1],
  ] as const)("range %s is an OptionError", (indices, place) => {
    expectError(() => eigSymmetric(A, { range: { indices } }), OptionError, { argument: `range.indices[${place}]` });
  });

  test.each([
    ["qr", 40, 0],
    ["jacobi", 30, 1],
  ] as const)("%s that runs out of sweeps carries what it has", (method, n, sweepLimit) => {
    const run = (): EigSymmetricResult => runSync(eigSymmetricSteps("eigSymmetric", gaussian(n), { method }, undefined, sweepLimit));
    expectError(run, NotConvergedError, { where: "eigSymmetric" });
    try {
      run();
    } catch (error) {
      const result = (error as NotConvergedError<UnconvergedEigen>).result;
      expect(result.diagnostics.attempts).toBe(2);
      expect(result.unconverged.length).toBeGreaterThan(1);
      expect([...result.unconverged].sort((a, b) => a - b)).toEqual(result.unconverged);
      const exact = eigSymmetric(gaussian(n)).values;
      expect(largestDifference(result.values, exact)).toBeGreaterThan(1e-3);
      expect(largestDifference(result.values, exact)).toBeLessThanOrEqual(boundOf(result));
    }
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("degenerate", () => {
  test.each(METHODS)("%s: nothing, one entry, zeros, a diagonal", (method) => {
    const empty = eigSymmetric(view(new Float64Array(0), [0, 0]), { method });
    expect([empty.values.shape, empty.vectors!.shape]).toEqual([[0], [0, 0]]);
    expect(boundOf(empty)).toBe(0);
    const one = eigSymmetric([[-3]], { method });
    expect([...one.values.data, ...one.vectors!.data]).toEqual([-3, 1]);
    const zeros = eigSymmetric(
      symmetric(40, () => 0),
      { method },
    );
    expect(new Set(zeros.values.data)).toEqual(new Set([0]));
    expectSameBits(zeros.vectors!, symmetric(40, (i, j) => (i === j ? 1 : 0))); // prettier-ignore
    expect(boundOf(zeros)).toBe(0);
    const diagonal = eigSymmetric(
      [
        [2, 0, 0],
        [0, -1, 0],
        [0, 0, 1],
      ],
      { method },
    );
    expect([...diagonal.values.data]).toEqual([-1, 1, 2]);
    expect([...diagonal.vectors!.data]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  test("huge, tiny and subnormal entries", () => {
    for (const n of [10, 40]) {
      for (const size of [1e-320, 1e-310, 1e-160, 1e160, 1e300]) {
        const A = symmetric(n, (i, j) => gaussian(n).data[i * n + j]! * size);
        const result = eigSymmetric(A);
        const unit = eigSymmetric(symmetric(n, (i, j) => gaussian(n).data[i * n + j]!)).values.data;
        expect(boundOf(result)).toBeGreaterThan(0);
        result.values.data.forEach((value, k) => {
          // entries of 1e-320 hold 3 digits
          expect(Math.abs(value / size - unit[k]!)).toBeLessThan(n * (2 ** -50 + 2 ** -1074 / size) * 8);
        });
      }
    }
  });
});
