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

/** Memory for one block after another, kept from one loop to the next: new pages cost as much as the read that fills them. */
export interface Lender {
  lend(length: number): ArrayBuffer;
  takeBack(block: NdArray): void;
  /** Leaves what is at hand to the garbage collector. */
  release(): void;
}

/** Lends what was taken back, or fresh memory. */
export function lender(where: string): Lender {
  const free: ArrayBuffer[] = []; // two at most: what one loop needs
  return {
    lend(length) {
      const piece = free.pop();
      return piece && piece.byteLength >= length ? piece : allocate(where, length).buffer;
    },
    takeBack({ data }) {
      const buffer = data.buffer as ArrayBuffer;
      if (buffer.byteLength === 0) return; // the caller has sent it elsewhere
      const piece = structuredClone(buffer, { transfer: [buffer] }); // moved, not copied
      if (free.length < 2) free.push(piece);
    },
    release() {
      free.length = 0;
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
