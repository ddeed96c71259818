/**
 * Blocks of rows in order, the next one read while the caller works on the last.
 */
import type { NdArray } from "@subquad/linalg-core";

export interface RowBlock {
  /** Number of the first row. */
  readonly from: number;
  readonly rows: NdArray;
}

/** Reads at 0, size, 2 size, … below `count`; at most one block beside the caller's is in memory. `close` is called on abort. */
export async function* blocksOf(
  count: number,
  size: number,
  read: (from: number) => Promise<NdArray>,
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
    }
  } finally {
    await ahead?.catch(nothing); // no read goes on once the loop is left
    if (signal?.aborted) await close();
  }
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
