/**
 * What the tests of products, factorizations and attention share: units of rounding, bits, bounds.
 *
 *   u    unit round-off: 2^-24 float32, 2^-53 float64      γ_k = k u / (1 - k u)
 */
import { pack, type Strided } from "@subquad/test-kit";
import { expect } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { view } from "../src/array/view.js";
import type { NumericsError } from "../src/errors.js";

export const UNIT = { float32: 2 ** -24, float64: 2 ** -53 } as const;
export const dtypes: readonly DType[] = ["float32", "float64"];

/** Long cases run in Node only, where the environment asks for them. */
export const isFullProfile =
  (globalThis as { readonly process?: { readonly env?: Record<string, string | undefined> } }).process?.env?.SUBQUAD_TEST_PROFILE ===
  "full";

export function gamma(k: number, u: number): number {
  return (k * u) / (1 - k * u);
}

/** The values of A, rounded to the dtype, as a row-major array. */
export function inDtype(A: Strided, dtype: DType): NdArray {
  const values = pack(A);
  return view(dtype === "float32" ? Float32Array.from(values) : values, [...A.shape]);
}

/** Same shape, same dtype, same bits. */
export function expectSameBits(got: Strided, want: Strided): void {
  expect(got.shape).toEqual(want.shape);
  expect(kindOf(got)).toBe(kindOf(want));
  const [a, b] = [pack(got), pack(want)];
  for (let p = 0; p < a.length; p++)
    if (!Object.is(a[p], b[p])) expect.fail(`entry ${p} of ${a.length}: ${String(a[p])}, not ${String(b[p])}`);
}

/** |got - want| <= allowed, entry by entry, where `allowed` is one number or one for each entry. */
export function expectWithin(got: Strided, want: Strided, allowed: number | ArrayLike<number>): void {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [pack(got), pack(want)];
  for (let p = 0; p < a.length; p++) {
    const most = typeof allowed === "number" ? allowed : allowed[p]!;
    if (!(Math.abs(a[p]! - b[p]!) <= most))
      expect.fail(`entry ${p} of ${a.length}: ${String(a[p])} against ${String(b[p])}, allowed ${most}`);
  }
}

export function largestDifference(got: Strided, want: Strided): number {
  const [a, b] = [pack(got), pack(want)];
  let most = 0;
  for (let p = 0; p < a.length; p++) most = Math.max(most, Math.abs(a[p]! - b[p]!));
  return most;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The error of this class that `run` throws, with these fields. */
export function expectError(run: () => unknown, kind: new (...args: never[]) => NumericsError, fields: object): void {
  expect(run).toThrow(kind);
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject(fields);
  }
}

function kindOf({ data }: Strided): string {
  return Object.prototype.toString.call(data);
}
