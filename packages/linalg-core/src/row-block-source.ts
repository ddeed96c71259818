/**
 * Matrices too large to hold: read block by block, in any order, as often as an algorithm wants.
 *
 *   rows × columns   the matrix      block i   its rows i · blockRows … min(rows, (i + 1) · blockRows) − 1
 *
 * Source: Subquad's own convention.
 */
import type { NdArray } from "./array/types.js";

/** A matrix by blocks of rows. There are ⌈rows / blockRows⌉ of them; none when there are no rows. */
export interface RowBlockSource {
  readonly rows: number;
  readonly columns: number;
  /** Rows in every block but the last, which holds what is left; at least 1. */
  readonly blockRows: number;
  /** Block `index`, shape [rows of the block, columns], the reader's to keep. Reading a block twice gives the same entries. */
  readBlock(index: number, signal?: AbortSignal): Promise<NdArray>;
}
