/**
 * What the tests of factorizations share: the matrices they are tried on, and the laws that all of them keep.
 *
 *   default profile   every type and dtype, square at every size, and three pairs m ≠ n of each type, drawn by rotation
 *   full profile      the complete grid of pairs
 */
import {
  gaussianArray,
  generalMatrix,
  layouts,
  matmulOracle,
  matrixSizes,
  matrixTypes,
  plain,
  strided,
  ulpOf,
  type MatrixType,
  type Strided,
  withoutWebAssembly,
} from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import type { Certificate } from "../src/certificate.js";
import { isNumericsError } from "../src/errors.js";
import { backend, closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import type { RunControl } from "../src/steps.js";
import { dtypes, expectSameBits, inDtype, isFullProfile } from "./numeric-support.js";

/** LAPACK's own thresholds: a sound factorization has ratios of a few units, and no test matrix may reach these. */
export const THRESHOLD = 30;
export const SPECTRAL_THRESHOLD = 50;

/** One row of a `test.each` table: a type of matrix in a dtype. */
export const typesAndDtypes: readonly (readonly [name: string, dtype: DType, type: MatrixType])[] = matrixTypes.flatMap((type) =>
  dtypes.map((dtype) => [type.name, dtype, type] as const),
);

/** Orders of square matrices: all of them in either profile. */
export const orders = matrixSizes;

/** Shapes [m, n] for a type. */
export function shapesFor(type: MatrixType): readonly (readonly [m: number, n: number])[] {
  const square = matrixSizes.map((n) => [n, n] as const);
  if (isFullProfile) return matrixSizes.flatMap((m) => matrixSizes.map((n) => [m, n] as const));
  const shift = 1 + matrixTypes.indexOf(type);
  const pairs = [0, 3, 6].map((i) => [matrixSizes[(i + shift) % 10]!, matrixSizes[(i + 3 * shift + 1) % 10]!] as const);
  return [...square, ...pairs];
}

/** Every matrix of a type, with the unit of its ratios. */
export function* matricesOf(type: MatrixType, dtype: DType): Generator<{ A: Strided; m: number; n: number; ulp: number }> {
  for (const [m, n] of shapesFor(type)) yield { A: generalMatrix(type, m, n, { dtype }), m, n, ulp: ulpOf(dtype) };
}

/** A ratio below its threshold, with the shape in the message. */
export function expectRatio(value: number, threshold: number, what: string): void {
  if (!(value < threshold)) expect.fail(`${what}: ratio ${value}, allowed ${threshold}`);
}

/** The bound of a certificate that must be there. */
export function boundOf(certificate: Certificate): number {
  expect(certificate.kind).not.toBe("none");
  return "bound" in certificate ? certificate.bound : NaN;
}

/** The same values in every memory layout give the same bits. */
export function expectLayoutsKeepBits(A: Strided, compute: (A: NdArray) => readonly Strided[]): void {
  const want = compute(inLayout(A, "row"));
  for (const layout of layouts) compute(inLayout(A, layout)).forEach((got, at) => { expectSameBits(got, want[at]!); }); // prettier-ignore
}

export function inLayout(A: Strided, layout: (typeof layouts)[number]): NdArray {
  const { data, shape, stride, offset } = strided(A, layout);
  return view(data as Float64Array, shape, stride, offset);
}

/** TypeScript kernels and the deterministic binary give the same bits. */
export function expectBackendsKeepBits(compute: () => readonly Strided[]): void {
  try {
    configure({ backend: "auto", deterministic: true });
    expect(backend()).toMatchObject({ name: withoutWebAssembly ? "js" : "wasm-simd", deterministic: true });
    const wasm = compute();
    configure({ backend: "js" });
    expect(backend()).toMatchObject({ name: "js" });
    compute().forEach((got, at) => { expectSameBits(got, wasm[at]!); }); // prettier-ignore
  } finally {
    configure({ backend: "auto", deterministic: false });
  }
}

/** One to four threads and the calling thread give the same bits; an abort rejects with its reason and leaves no memory behind. */
export async function expectThreadsKeepBits(
  sync: () => readonly Strided[],
  async: (control: RunControl) => Promise<readonly Strided[]>,
): Promise<void> {
  const want = sync();
  for (const threads of [1, 2, 3, 4]) {
    const got = await async({ threads });
    expect(got).toHaveLength(want.length);
    got.forEach((A, at) => { expectSameBits(A, want[at]!); }); // prettier-ignore
  }
  const reason = new Error("enough");
  await expect(async({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(arenaBytesInUse()).toBe(0);
  const controller = new AbortController();
  const running = async({ signal: controller.signal, threads: 2 }).then(
    () => reason, // a short one may be through before it hears
    (error: unknown) => error,
  );
  controller.abort(reason);
  expect(await running).toBe(reason);
  expect(arenaBytesInUse()).toBe(0);
  await expect(async({ threads: 0 })).rejects.toMatchObject({ code: "ERR_OPTION", argument: "threads" });
  const progress: number[] = [];
  await async({
    threads: 1,
    onProgress: (done, total) => {
      expect(done).toBeLessThanOrEqual(total);
      progress.push(done / total);
    },
  });
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
}

/** What `run` returns, or undefined where it refuses with this code. */
export function unlessRefused<R>(code: string, run: () => R): R | undefined {
  try {
    return run();
  } catch (error) {
    if (isNumericsError(error) && error.code === code) return undefined;
    throw error;
  }
}

/** Plain rows as a matrix. */
export function matrixOf(rows: readonly (readonly number[])[]): NdArray {
  return view(Float64Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
}

/** The values of A times a number; exact for powers of two. */
export function timesNumber(A: Strided, factor: number): NdArray {
  const { data } = plain(Float64Array.from(inLayout(A, "row").data, (x) => x * factor), A.shape); // prettier-ignore
  return view(A.data instanceof Float32Array ? Float32Array.from(data) : data, [...A.shape]);
}

/** Rows graded from 1e300 to 1e-300. */
export function gradedRows(A: Strided): NdArray {
  const [m = 0, n = 0] = A.shape;
  return view(
    Float64Array.from(inLayout(A, "row").data, (x, p) => x * 10 ** (300 - (600 * Math.floor(p / n)) / Math.max(1, m - 1))),
    [m, n],
  );
}

/** 0 … n − 1, each once. */
export function expectPermutation(permutation: ArrayLike<number> | undefined, n: number): asserts permutation is ArrayLike<number> {
  expect(permutation).toBeDefined();
  expect(Array.from(permutation!).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
}

export function identityMatrix(n: number): NdArray {
  return view(Float64Array.from({ length: n * n }, (_, p) => (p % (n + 1) === 0 ? 1 : 0)), [n, n]); // prettier-ignore
}

export function hilbert(n: number): NdArray {
  return view(Float64Array.from({ length: n * n }, (_, p) => 1 / (Math.floor(p / n) + (p % n) + 1)), [n, n]); // prettier-ignore
}

/** Integers of at most `most`, exact in either dtype. */
export function integersFrom(A: Strided, most = 4): NdArray {
  return view(
    Float64Array.from(inLayout(A, "row").data, (x) => Math.max(-most, Math.min(most, Math.round(2 * x))) + 0),
    [...A.shape],
  );
}

/** Tests that run with a pool of four workers, which ends with them. */
export function describeThreads(body: () => void): void {
  describe("laws: one to four threads and the calling thread give the same bits", () => {
    beforeAll(async () => {
      configure({ threads: 4 });
      await ready();
    });
    afterAll(async () => {
      configure({ threads: "auto" });
      await closePool();
    });
    body();
  });
}

/** Normal deviates, the same for the same shape. */
export function gaussian(m: number, n: number, dtype: DType): NdArray {
  return inDtype(gaussianArray([m, n], { seed: `threads/${m}/${n}` }), dtype);
}

/** G Gᵀ + n I, symmetric to the last bit. */
export function definite(n: number, dtype: DType): NdArray {
  const G = gaussian(n, n, dtype);
  const { data } = matmulOracle(G, G, { transposeB: true });
  return inDtype(plain(data.map((x, p) => x + (p % (n + 1) === 0 ? n : 0)), [n, n]), dtype); // prettier-ignore
}
