/**
 * Arrays on their way into a file: in the element type that they have.
 */
import { asArray, assert, type ArrayInput, type NdArrayLike } from "@subquad/linalg-core";
import { typeOfStore } from "./element-types.js";
import type { TypedStrided } from "./row-major.js";

export interface Stored {
  /** The element type, by its safetensors name: "F64", "U8", … */
  readonly type: string;
  /** Bytes of one element. */
  readonly width: number;
  readonly A: TypedStrided;
}

/** The elements in the type they will have in the file. asArray checks the input, but makes float64 of the smaller integers. */
export function stored(input: ArrayInput, site: string): Stored {
  const { data: read, shape, stride, offset } = asArray(input, site);
  const given: unknown = ArrayBuffer.isView(input) ? input : (input as Partial<NdArrayLike>).data;
  const kept = typeOfStore(given) ?? typeOfStore(read);
  assert(kept, `asArray gave ${typeof read}`, "@subquad/array-io");
  const data = typeOfStore(read)?.Store === kept.Store ? (read as ArrayBufferView & ArrayLike<number>) : new kept.Store(read); // exact: the values came from such a store
  return { type: kept.type, width: kept.Store.BYTES_PER_ELEMENT, A: { data, shape, stride, offset } };
}
