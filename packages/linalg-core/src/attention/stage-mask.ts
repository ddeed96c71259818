/**
 * Which pairs count: a causal offset, and a dense mask in compute memory.
 *
 *   bytes or booleans keep a pair where they are 1 or true; numbers are added to its score
 *
 * Source: ours.
 */
import { asArray } from "../array/convert.js";
import { layoutFault } from "../array/layout.js";
import type { DType, MatrixInput } from "../array/types.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { bytesOf, reals } from "../runtime/dtype-kernels.js";
import { rest, type Steps } from "../runtime/steps.js";
import type { AttentionShape } from "./stage.js";

/** Entries copied between two turns of the event loop: a few milliseconds. */
const SLICE = 2 ** 20;

export interface MaskEntries {
  /** Entries are 0 or 1 and keep a pair, or are added to its score. */
  readonly isKeep: boolean;
  readonly data: ArrayLike<number>;
  readonly stride: readonly number[];
  readonly offset: number;
}

/** A dense mask [n, m] as it lies: bytes are not made numbers of eight. */
export function readMask(where: string, input: MatrixInput, { n, m }: Pick<AttentionShape, "n" | "m">): MaskEntries {
  const isKeep = keeps(input);
  const { data, shape, stride, offset } = bytesAsTheyLie(input) ?? asArray(input, `${where}(mask)`);
  if (shape.length !== 2 || shape[0] !== n || shape[1] !== m) throw new ShapeError(where, "mask", `shape [${n}, ${m}]`, shape);
  return { isKeep, data, stride, offset };
}

/** A dense mask [n, m] in compute memory. */
export function* stageMask(
  scope: Scope,
  where: string,
  input: MatrixInput,
  { n, m }: AttentionShape,
  dtype: DType,
): Steps<{ readonly address: number; readonly keys: number; readonly kind: "keep" | "add"; readonly largest: number }> {
  const { isKeep, data, stride, offset } = readMask(where, input, { n, m });
  const [down = 0, across = 0] = stride;
  const size = isKeep ? 1 : bytesOf(dtype);
  const address = scope.alloc(n * m * size);
  const rows = Math.max(1, Math.floor(SLICE / Math.max(1, m)));
  let largest = 0;
  for (let first = 0; first < n; first += rows) {
    if (first > 0) yield rest();
    const to = isKeep ? runtime().memory.u8 : reals(dtype); // memory may have grown in the meantime
    for (let i = first, end = Math.min(n, first + rows); i < end; i++) {
      const q = address / size + i * m;
      for (let j = 0, p = offset + i * down; j < m; j++, p += across) {
        const value = data[p] ?? 0;
        if (isKeep ? value !== 0 && value !== 1 : !(value < Infinity)) refuse(where, isKeep, value, [i, j]);
        to[q + j] = value;
        const magnitude = Math.abs(value);
        if (magnitude > largest && magnitude < Infinity) largest = magnitude;
      }
    }
  }
  return { address, keys: m, kind: isKeep ? "keep" : "add", largest: isKeep ? 0 : largest * Math.LOG2E };
}

/** Strided bytes that lie within their data; anything else is for `asArray`. */
function bytesAsTheyLie(
  input: MatrixInput,
): { data: Uint8Array; shape: readonly number[]; stride: readonly number[]; offset: number } | undefined {
  if (Array.isArray(input) || !keeps(input)) return undefined;
  const { data, shape, stride, strides, offset = 0 } = input as unknown as Readonly<Record<string, unknown>>;
  const steps = stride ?? strides;
  if (!ArrayBuffer.isView(data) || layoutFault((data as Uint8Array).length, shape, steps, offset) !== undefined) return undefined;
  return { data: data as Uint8Array, shape: shape as readonly number[], stride: steps as readonly number[], offset: offset as number };
}

function refuse(where: string, isKeep: boolean, value: number, index: readonly number[]): never {
  if (!isKeep) throw new NonFiniteError(where, "mask", value, index);
  throw new OptionError(where, "mask", `0 or 1 everywhere in a mask of bytes or booleans, here at [${index.join(", ")}]`, value);
}

/** Whether a mask says by bytes or booleans which pairs to keep: strided data, or its first row. Of any realm. */
function keeps(input: MatrixInput): boolean {
  const store: unknown = Array.isArray(input) ? input[0] : (input as { readonly data?: unknown } | null | undefined)?.data;
  if (!ArrayBuffer.isView(store)) return Array.isArray(store) && typeof store[0] === "boolean";
  const tag = (store as unknown as Record<symbol, unknown>)[Symbol.toStringTag];
  return tag === "Uint8Array" || tag === "Uint8ClampedArray";
}

/** Key j is visible to query i iff j <= i + offset; undefined: every key is. */
export function causalOffset(where: string, causal: boolean | { readonly offset: number } | undefined): number | undefined {
  if (causal === undefined || causal === false) return undefined;
  const given = (causal === true ? { offset: 0 } : causal) as { readonly offset?: unknown } | null;
  const { offset, ...others } = given ?? {};
  // an array has an offset too: a mask in the wrong place
  if (typeof offset !== "number" || !Number.isInteger(offset) || Math.abs(offset) > 2 ** 30 || Object.keys(others).length > 0) {
    throw new OptionError(where, "causal", "a boolean or { offset: an integer in [−2^30, 2^30] }", causal);
  }
  return offset;
}
