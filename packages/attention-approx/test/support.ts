/**
 * What the tests of this package share: inputs, references, comparisons.
 */
import { expect } from "vitest";
import { isNumericsError, type NdArray, type NumericsError } from "@subquad/linalg-core";
import {
  attentionOracle,
  channelScale,
  checkCertificate,
  gaussianArray,
  pack,
  plain,
  rowErrors,
  type AttentionOracleOptions,
  type ErrorUnit,
  type Strided,
} from "@subquad/test-kit";
import type { AttentionResult } from "../src/index.js";

/** More seeds and all heads: minutes instead of seconds. */
export const full = process.env.SUBQUAD_TEST_PROFILE === "full";

export type DType = "float32" | "float64";

export interface Inputs {
  readonly q: Strided;
  readonly k: Strided;
  readonly v: Strided;
}

/** Normal queries, keys and values; `deviation` is that of q and k, so that scores have about its square. */
export function inputs(options: {
  readonly n: number;
  readonly m?: number;
  readonly d?: number;
  readonly e?: number;
  readonly heads?: number;
  readonly dtype?: DType;
  readonly deviation?: number;
  readonly seed?: string | number;
}): Inputs {
  const { n, m = n, d = 8, e = d, heads, dtype = "float64", deviation = 1, seed = "0" } = options;
  const lead = heads === undefined ? [] : [heads];
  return {
    q: gaussianArray([...lead, n, d], { seed: `${seed}/q`, dtype, deviation }),
    k: gaussianArray([...lead, m, d], { seed: `${seed}/k`, dtype, deviation }),
    v: gaussianArray([...lead, m, e], { seed: `${seed}/v`, dtype }),
  };
}

/** The same entries times a factor, in the same dtype. */
export function scaled(A: Strided, factor: number, shift: (column: number) => number = () => 0): Strided {
  const d = A.shape.at(-1)!;
  const values = pack(A).map((x, p) => x * factor + shift(p % d));
  return plain(A.data instanceof Float32Array ? Float32Array.from(values) : values, A.shape);
}

/** The same entries in float64. */
export function wide(A: Strided): Strided {
  return plain(pack(A), A.shape);
}

/** One head of [h, n, d]. */
export function headOf(A: Strided, head: number): Strided {
  const [, n, d] = A.shape as [number, number, number];
  const values = pack(A).subarray(head * n * d, (head + 1) * n * d);
  return plain(A.data instanceof Float32Array ? Float32Array.from(values) : Float64Array.from(values), [n, d]);
}

/** Largest |A − B|; Infinity where either is NaN. */
export function largestDifference(A: Strided, B: Strided): number {
  expect([...A.shape]).toEqual([...B.shape]);
  const [a, b] = [pack(A), pack(B)];
  let largest = 0;
  for (let p = 0; p < a.length; p++) {
    const difference = a[p] === b[p] ? 0 : Math.abs(a[p]! - b[p]!);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}

/** max |entry|. */
export function largestEntry(A: Strided): number {
  return pack(A).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** Same dtype, same shape, same bits. */
export function sameBits(A: Strided, B: Strided): boolean {
  if (A.shape.join() !== B.shape.join() || A.data.constructor !== B.data.constructor) return false;
  const [a, b] = [pack(A), pack(B)];
  return a.every((x, p) => Object.is(x, b[p]));
}

/** The answer of every row of a result against float64 by definition, in the unit that the certificate speaks of. */
export function trueErrors(
  { q, k, v }: Inputs,
  result: AttentionResult,
  options: AttentionOracleOptions = {},
  unit: ErrorUnit = "spread",
): Float64Array {
  return rowErrors(result.output, attentionOracle(q, k, v, options).output, channelScale(v, unit));
}

/** The error that a share of the rows exceeds. */
export function quantile(errors: Float64Array, share: number): number {
  const sorted = Float64Array.from(errors).sort();
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value ** 2;
  return Math.sqrt(sum / values.length);
}

/** Most violations that `runs` runs of failure probability δ may show: the mean and three standard deviations. */
export function mostViolations(runs: number, δ: number): number {
  return runs * δ + 3 * Math.sqrt(runs * δ * (1 - δ));
}

/** The error of ours that a call throws. */
export function errorOf(run: () => unknown): NumericsError {
  try {
    run();
  } catch (error) {
    if (isNumericsError(error)) return error;
    throw error;
  }
  throw new Error("expected an error, got none");
}

/** The same of a promise; a call that throws before it returns one fails the test. */
export async function rejectionOf(run: () => Promise<unknown>): Promise<NumericsError> {
  const promise = run();
  try {
    await promise;
  } catch (error) {
    if (isNumericsError(error)) return error;
    throw error;
  }
  throw new Error("expected a rejection, got none");
}

/** An array of ours that is known to exist. */
export function given(A: NdArray | undefined): NdArray {
  expect(A).toBeDefined();
  return A!;
}

/** What holds for every result, whatever was asked; `planned` where the method was left open. */
export function expectSound({ q, v }: Inputs, result: AttentionResult, tolerance = 1e-2, planned = false): void {
  const [n, e] = [q.shape.at(-2)!, v.shape.at(-1)!];
  const m = v.shape.at(-2)!;
  const heads = q.shape.length === 3 ? q.shape[0]! : 1;
  const { bounds, certificate } = result;
  expect([...result.output.shape]).toEqual([...q.shape.slice(0, -1), e]);
  expect(result.heads).toHaveLength(heads);
  expect([...bounds.channelScale.shape]).toEqual([heads, e]);
  expect(bounds.clip.map(({ shape }) => [...shape])).toEqual([[heads, e], [heads, e]]); // prettier-ignore
  expect(result.toleranceMet).toBe(bounds.relativeBound <= tolerance);
  expect(bounds.relativeBound).toBeGreaterThanOrEqual(0);
  expect(bounds.meanBound).toBeGreaterThanOrEqual(0);
  if (certificate.kind === "statistical") {
    expect(result.heads.some(({ method }) => method === "nystrom")).toBe(true);
    // absolute: each head's relative bound in its own units, the largest of them; never more than the largest of both. Rounding of one product.
    const units = pack(bounds.channelScale);
    const ofHead = result.heads.map(
      ({ relativeBound }, h) => relativeBound * units.subarray(h * e, (h + 1) * e).reduce((a, b) => Math.max(a, b), 0),
    );
    expect(certificate.bound).toBeGreaterThanOrEqual(Math.max(...ofHead) * (1 - 1e-12));
    expect(certificate.bound).toBeLessThanOrEqual(bounds.relativeBound * largestEntry(bounds.channelScale) * (1 + 1e-12));
  } else {
    expect(certificate.kind).toBe("exact");
    expect(result.heads.every(({ method }) => method !== "nystrom")).toBe(true);
  }
  const methods = new Set(result.heads.map(({ method }) => method));
  if (methods.size > 1) expect(result.method).toBe("mixed");
  else if (methods.size === 1) expect(methods).toContain(result.method);
  for (const head of result.heads) {
    if (planned) expect(head.pairs).toBeLessThanOrEqual(1.15 * n * m); // a call that plans is never dearer than exact by more
    expect(head.relativeBound).toBeLessThanOrEqual(bounds.relativeBound);
    for (const { method, reason } of head.refused) expect([method.length > 0, reason.length > 0]).toEqual([true, true]);
  }
  const output = pack(result.output);
  const [low, high] = bounds.clip.map(pack) as [Float64Array, Float64Array];
  for (let p = 0; p < output.length; p++) {
    const at = Math.floor(p / (n * e)) * e + (p % e);
    const seesNothing = output[p] === 0 && result.diagnostics.emptyRows > 0;
    if (!seesNothing && !(output[p]! >= low[at]! && output[p]! <= high[at]!))
      expect([p, output[p]]).toEqual([p, `in [${low[at]}, ${high[at]}]`]);
  }
}

/** A reference computed once, to judge many answers by. */
export interface Judge {
  /** The true error of every row of a result, head by head, in units of s_c. */
  readonly errors: (result: AttentionResult) => Float64Array;
}

export function judge({ q, k, v }: Inputs, options: AttentionOracleOptions = {}, unit: ErrorUnit = "spread"): Judge {
  const reference = attentionOracle(q, k, v, options).output;
  const scale = channelScale(v, unit);
  return { errors: (result) => rowErrors(result.output, reference, scale) };
}

/** The fields of a statistical certificate; any other kind fails the test. */
export function statistical({ certificate }: AttentionResult) {
  if (certificate.kind !== "statistical") throw new Error(`expected a statistical certificate, got ${certificate.kind}`);
  return certificate;
}

/** Whether the certificate is true of these errors: no more than its share of them above the relative bound. */
export function covers(result: AttentionResult, errors: Float64Array): boolean {
  return checkCertificate(result.certificate, errors, result.bounds.relativeBound).holds;
}
