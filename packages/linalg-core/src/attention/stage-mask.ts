/**
 * A dense mask in compute memory: bytes that keep a pair where they are 1, or numbers that are added to its score.
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
  const isKeep = "data" in input && input.data instanceof Uint8Array;
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
  throw new OptionError(where, "mask", `0 or 1 everywhere in a uint8 mask, here at [${index.join(", ")}]`, value);
}
