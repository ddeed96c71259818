/**
 * Which eigenpairs a caller wants to keep.
 *
 *   values  [n] ascending      vectors  n × n, one a column      from, to  the pairs that are kept: from, from + 1, …, before to
 *
 * Source: Subquad's own convention.
 */
import { view } from "../array/view.js";
import type { NdArray } from "../array/types.js";
import { OptionError } from "../errors.js";
import { assertInteger, assertKnownOptions } from "../options.js";

/** Two numbers: the values in [low, high]. Indices: from, from + 1, …, before to, counted in ascending order, 0 ≤ from ≤ to ≤ n. */
export type EigenRange = readonly [low: number, high: number] | { readonly indices: readonly [from: number, to: number] };

/** Which of the values are kept: from, to. */
export function readRange(where: string, range: unknown, n: number): (values: Float32Array | Float64Array) => readonly [number, number] {
  if (range === undefined) return () => [0, n];
  const isInterval = Array.isArray(range);
  const limits: unknown = isInterval ? range : (Object(range) as { readonly indices?: unknown }).indices;
  if (!isPair(limits)) throw new OptionError(where, "range", "[low, high] or { indices: [from, to] }", range);
  const [low, high] = limits;
  if (!isInterval) {
    assertKnownOptions(where, range, ["indices"]);
    assertInteger(where, { "range.indices[1]": high }, 0, n);
    assertInteger(where, { "range.indices[0]": low }, 0, high as number);
    return () => [low as number, high as number];
  }
  if (typeof low === "number" && typeof high === "number" && low <= high)
    return (values) => [firstWhere(values, (x) => x >= low), firstWhere(values, (x) => x > high)];
  throw new OptionError(where, "range", "[low, high] with low <= high", range);
}

function isPair(limits: unknown): limits is readonly [unknown, unknown] {
  return Array.isArray(limits) && limits.length === 2;
}

/** The position of the first value with a property that all later ones have too. */
function firstWhere(values: Float32Array | Float64Array, has: (x: number) => boolean): number {
  const at = values.findIndex(has);
  return at < 0 ? values.length : at;
}

/** Values from, from + 1, …, before to, and the columns that belong to them. */
export function select(
  values: Float32Array | Float64Array,
  vectors: Float32Array | Float64Array | undefined,
  n: number,
  from: number,
  to: number,
): { readonly values: NdArray; readonly vectors?: NdArray } {
  const count = to - from;
  const kept = view(values.slice(from, to), [count]);
  if (vectors === undefined) return { values: kept };
  if (count === n) return { values: kept, vectors: view(vectors, [n, n]) };
  const V = vectors.constructor === Float32Array ? new Float32Array(n * count) : new Float64Array(n * count);
  for (let i = 0; i < n; i++) V.set(vectors.subarray(i * n + from, i * n + to), i * count);
  return { values: kept, vectors: view(V, [n, count]) };
}
