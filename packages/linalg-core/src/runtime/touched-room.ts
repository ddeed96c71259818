/**
 * Memory for results, had from the system while others compute.
 */
import type { DType } from "../array/types.js";

/** Bytes of a page: where the system gives memory page by page, the first write to each costs about a microsecond. */
const PAGE_BYTES = 4096;
/** Bytes that are touched at most: a few milliseconds. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Room for a result, its pages touched: for the calling thread to do while the pool works on what will lie there.
 * @param size elements.
 * @param dtype of the result.
 * @returns zeros; touched up to 16 MiB.
 * @throws nothing.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example room = touchedRoom(m * n, "float32");
 */
export function touchedRoom(size: number, dtype: DType): Float32Array | Float64Array {
  const out = dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
  const end = Math.min(size, MOST_BYTES / out.BYTES_PER_ELEMENT);
  for (let i = 0; i < end; i += PAGE_BYTES / out.BYTES_PER_ELEMENT) out[i] = 0;
  return out;
}
