/**
 * .npy files by rows: what is larger than memory is read as far as it is needed.
 *
 *   rows × columns   the first axis × all others      block   rows i · blockRows … of them
 *
 * In row-major order the rows of a block lie side by side: one ranged read. In column-major order every column of the block is a read of
 * its own, so files of many columns are refused unless the caller allows it.  Source: NumPy's description of the format.
 */
import {
  assertBoolean,
  assertInteger,
  assertKnownOptions,
  FormatError,
  OptionError,
  reshape,
  ShapeError,
  view,
  type DType,
  type NdArray,
  type RowBlockSource,
} from "@subquad/linalg-core";
import { allocate, openSource, type ByteSource, type OpenSource } from "./internal/byte-source.js";
import { assertDtype, assertSignal } from "./internal/checks.js";
import { floatOf, liesAs } from "./internal/element-types.js";
import { arrayOf, loadHeader } from "./internal/npy-data.js";
import type { NpyHeader } from "./internal/npy-header.js";
import { blocksOf, lender, type RowBlock } from "./internal/row-blocks.js";
import { refuser } from "./internal/refuse.js";

export interface OpenNpyOptions {
  /** Type of what is read. Default: "float32" for float32 and float16, which it holds exactly, "float64" for everything else. */
  readonly dtype?: DType;
  /** Rows of a block of `readBlock`. Default: as many as 8 MiB of the file hold, and at least 1. */
  readonly blockRows?: number;
  /** Read rows of a column-major file of more than 4096 columns: one small read for each. Default false. */
  readonly allowSlow?: boolean;
  /** Ends the reading of the header. */
  readonly signal?: AbortSignal;
}

export interface ReadControl {
  /** Looked at before and after every read of the source (8 MiB at most). */
  readonly signal?: AbortSignal;
}

/** An open file: a RowBlockSource, and readers of any rows. Their arrays are the caller's; those of `rowBlocks` are lent. */
export interface NpyFile extends RowBlockSource {
  readonly shape: readonly number[];
  /** As written in the file: "<f4", "|u1", … */
  readonly dtype: string;
  readonly fortranOrder: boolean;
  /** Rows `from` to `to` - 1 along the first axis, the other axes whole; nothing else is read. */
  readRows(from: number, to: number, control?: ReadControl): Promise<NdArray>;
  /**
   * All rows in order, in blocks of `rowsPerBlock`; while one is in use, the next is read. Blocks come with the number of their first row.
   * A block is lent until the next is asked for: then its memory is taken back, and an array kept over it is empty (`data.length` 0, a
   * ShapeError wherever it is passed). To keep one, `copy` it. An abort closes the file, leaving the loop does not.
   */
  rowBlocks(rowsPerBlock: number, control?: ReadControl): AsyncIterable<RowBlock>;
  /** Releases the file handle and the memory kept for blocks; a second call does nothing. */
  close(): Promise<void>;
}

/** Bytes of a block where none is asked for: little enough to hold twice, enough that the start of a read does not count. */
const BLOCK_BYTES = 2 ** 23;
/** Reads, one a column, that rows of a column-major file may cost unasked. */
const MANY_COLUMNS = 4096;

/**
 * Opens a .npy file to be read by rows, and checks its header in full.
 *
 * For a file larger than memory, or a part of one. Close it when done: a path holds a file handle.
 * @param source bytes, a Blob, a path (Node), or `{ size, read(offset, length, signal) }`.
 * @param options see OpenNpyOptions.
 * @returns shape, type and readers; see NpyFile.
 * @throws FormatError with the byte offset for a malformed file. OptionError for another kind of source. The readers throw OptionError for rows
 *   that are not there and on a closed file, ShapeError for rows of an array without axes, FormatError when the source has shrunk and for rows of
 *   a column-major file with many columns, NumericsError (ERR_OVERFLOW) for a 64-bit integer beyond ±2^53, and the signal's reason on abort.
 * @complexity O(header) to open; a block: O(its bytes), in one read a block (row-major) or a column (column-major).
 * @source NumPy's description of the format.
 * @example const file = await openNpy("large.npy"); for await (const { from, rows } of file.rowBlocks(4096)) use(from, rows);
 */
export async function openNpy(source: ByteSource, options: OpenNpyOptions = {}): Promise<NpyFile> {
  const where = "openNpy";
  assertKnownOptions(where, options, ["dtype", "blockRows", "allowSlow", "signal"]);
  const { dtype, blockRows, allowSlow = false, signal } = options;
  assertDtype(where, dtype);
  if (blockRows !== undefined) assertInteger(where, { blockRows }, 1, Infinity);
  assertBoolean(where, { allowSlow });
  assertSignal(where, signal);
  const file = await openSource(where, "npy", source);
  try {
    return fileOver(file, await loadHeader(file, refuser(where, "npy"), signal), { dtype, blockRows, allowSlow });
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Settings {
  readonly dtype: DType | undefined;
  readonly blockRows: number | undefined;
  readonly allowSlow: boolean;
}

function fileOver(file: OpenSource, header: NpyHeader, { dtype, blockRows: wanted, allowSlow }: Settings): NpyFile {
  const { shape, width, fortranOrder } = header;
  const [rows = 1, ...others] = shape;
  const columns = others.reduce((product, length) => product * length, 1);
  const blockRows = wanted ?? Math.max(1, Math.min(rows, Math.floor(BLOCK_BYTES / (columns * width))));
  const { lend, takeBack, release } = lender("npy.rowBlocks");
  const lies = liesAs(header.type, floatOf(header.type, dtype));
  let open = true;

  /** Rows [from, to), laid over `bytes` where the type allows it, else in the memory that `out` gives. */
  async function fill(
    bytes: Uint8Array<ArrayBuffer>,
    where: string,
    [from, to]: readonly [number, number],
    signal?: AbortSignal,
    out?: (length: number) => ArrayBuffer,
  ): Promise<NdArray> {
    const { dataOffset } = header;
    const [length, column] = [(to - from) * width, rows * width];
    if (!fortranOrder || length === column) await file.readInto(dataOffset + from * columns * width, bytes, signal);
    else {
      for (let j = 0, at = dataOffset + from * width; length > 0 && j < columns; j++, at += column) {
        await file.readInto(at, bytes.subarray(j * length, (j + 1) * length), signal);
      }
    }
    return arrayOf(header, bytes, [to - from, ...others], dtype, where, out);
  }
  function check(where: string, control: ReadControl, rowsAtOnce: number): void {
    assertKnownOptions(where, control, ["signal"]);
    assertSignal(where, control.signal);
    if (!open) throw new OptionError(where, "file", "an open file", "a closed one");
    if (!fortranOrder || allowSlow || columns <= MANY_COLUMNS || rowsAtOnce >= rows) return;
    const expected = `rows in row-major order, or at most ${MANY_COLUMNS} columns (allowSlow reads more, one by one)`;
    throw new FormatError(where, { format: "npy", offset: header.dataOffset, expected, got: `${columns} columns in column-major order` });
  }
  async function load(where: string, from: number, to: number, signal?: AbortSignal): Promise<NdArray> {
    signal?.throwIfAborted();
    return fill(allocate(where, (to - from) * columns * width), where, [from, to], signal);
  }
  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    release();
    await file.close();
  }

  return {
    shape,
    dtype: header.descr,
    fortranOrder,
    rows,
    columns,
    blockRows,
    close,
    async readRows(from, to, control = {}) {
      const where = "npy.readRows";
      if (shape.length === 0) throw new ShapeError(where, "from", "an array with rows", "shape []");
      assertInteger(where, { from }, 0, rows);
      assertInteger(where, { to }, from, rows);
      check(where, control, to - from);
      return load(where, from, to, control.signal);
    },
    async readBlock(index, signal) {
      const where = "npy.readBlock";
      assertInteger(where, { index }, 0, Math.ceil(rows / blockRows) - 1);
      check(where, signal === undefined ? {} : { signal }, blockRows);
      const from = index * blockRows;
      const A = await load(where, from, Math.min(rows, from + blockRows), signal);
      const matrix = [A.shape[0]!, columns];
      return fortranOrder ? reshape(A, matrix) : view(A.data, matrix);
    },
    rowBlocks(rowsPerBlock, control = {}) {
      const where = "npy.rowBlocks";
      if (shape.length === 0) throw new ShapeError(where, "rowsPerBlock", "an array with rows", "shape []");
      assertInteger(where, { rowsPerBlock }, 1, Infinity);
      check(where, control, rowsPerBlock);
      const { signal } = control;
      const blocks = (): AsyncGenerator<RowBlock, void, void> => {
        const raw = lies ? undefined : allocate(where, Math.min(rows, rowsPerBlock) * columns * width); // converted as soon as it is read
        const read = async (from: number): Promise<NdArray> => {
          check(where, control, rowsPerBlock);
          signal?.throwIfAborted();
          const to = Math.min(rows, from + rowsPerBlock);
          const length = (to - from) * columns * width;
          return fill(raw?.subarray(0, length) ?? new Uint8Array(lend(length), 0, length), where, [from, to], signal, lend);
        };
        return blocksOf(rows, rowsPerBlock, read, takeBack, signal, close);
      };
      return { [Symbol.asyncIterator]: blocks };
    },
  };
}
