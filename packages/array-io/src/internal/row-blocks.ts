/**
 * Blocks of rows in order, the next one read while the caller works on the last, in two pieces of memory that take turns.
 *
 * Fresh memory for every block would be left to the garbage collector, which lets a dozen of them lie about before it looks. Memory that is
 * simply used again would change under a caller who kept an array over it. So its buffer is detached first: an array kept too long is empty.
 */
import type { NdArray } from "@subquad/linalg-core";
import { allocate } from "./byte-source.js";

export interface RowBlock {
  /** Number of the first row. */
  readonly from: number;
  readonly rows: NdArray;
}

/**
 * Reads at 0, size, 2 size, … below `count`; at most one block beside the caller's is in memory. `takeBack` is called with a block when the
 * next is asked for, `close` on abort.
 */
export async function* blocksOf(
  count: number,
  size: number,
  read: (from: number) => Promise<NdArray>,
  takeBack: (block: NdArray) => void,
  signal: AbortSignal | undefined,
  close: () => Promise<void>,
): AsyncGenerator<RowBlock, void, void> {
  let ahead: Promise<NdArray> | undefined;
  try {
    for (let from = 0; from < count; from += size) {
      const rows = await (ahead ?? read(from));
      signal?.throwIfAborted();
      ahead = from + size < count ? start(read, from + size) : undefined;
      yield { from, rows };
      takeBack(rows);
    }
  } finally {
    await ahead?.catch(nothing); // no read goes on once the loop is left
    if (signal?.aborted) await close();
  }
}

/** Memory for one block after another. */
export interface Lender {
  lend(length: number): ArrayBuffer;
  takeBack(block: NdArray): void;
}

/** Lends fresh memory, or what was taken back. */
export function lender(where: string): Lender {
  let free: ArrayBuffer | undefined;
  return {
    lend(length) {
      const piece = free && free.byteLength >= length ? free : allocate(where, length).buffer;
      free = undefined;
      return piece;
    },
    takeBack({ data }) {
      const buffer = data.buffer as ArrayBuffer;
      if (buffer.byteLength > 0) free = structuredClone(buffer, { transfer: [buffer] }); // moved, not copied; the caller may have sent it elsewhere
    },
  };
}

/** A read whose failure waits until it is asked for. */
function start(read: (from: number) => Promise<NdArray>, from: number): Promise<NdArray> {
  const block = read(from);
  block.catch(nothing);
  return block;
}

function nothing(): void {
  // the failure is seen by whoever awaits the read itself
}
