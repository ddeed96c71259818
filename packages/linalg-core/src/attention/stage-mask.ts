/**
 * Which pairs count: a causal offset, and a dense mask in compute memory.
 *
 *   bytes or booleans keep a pair where they are 1 or true; numbers are added to its score
 *
 * Source: ours.
 */
import { asArray } from "../array/convert.js";
import { denseCopy } from "../array/cast.js";
import type { DType, MatrixInput } from "../array/types.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { bytesOf, reals } from "../runtime/dtype-kernels.js";
import type { AttentionShape } from "./stage.js";

/** A dense mask [n, m] in compute memory. */
export function stageMask(
  scope: Scope,
  where: string,
  input: MatrixInput,
  { n, m }: AttentionShape,
  dtype: DType,
): { readonly address: number; readonly keys: number; readonly kind: "keep" | "add"; readonly largest: number } {
  const isKeep = keeps(input);
  const A = asArray(input, `${where}(mask)`);
  if (A.shape.length !== 2 || A.shape[0] !== n || A.shape[1] !== m) throw new ShapeError(where, "mask", `shape [${n}, ${m}]`, A.shape);
  const entries = denseCopy(A, "float64");
  const address = scope.alloc(n * m * (isKeep ? 1 : bytesOf(dtype)));
  let largest = 0;
  for (let p = 0; p < entries.length; p++) {
    const value = entries[p] ?? 0;
    if (isKeep ? value !== 0 && value !== 1 : !(value < Infinity)) refuse(where, isKeep, value, [Math.floor(p / m), p % m]);
    if (isKeep) runtime().memory.u8[address + p] = value;
    else {
      reals(dtype)[address / bytesOf(dtype) + p] = value;
      if (value !== -Infinity) largest = Math.max(largest, Math.abs(value) * Math.LOG2E);
    }
  }
  return { address, keys: m, kind: isKeep ? "keep" : "add", largest };
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
