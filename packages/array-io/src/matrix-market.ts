/**
 * Matrix Market files, NIST's text format for one matrix: read line by line.
 *
 *   coordinate   the entries that are not zero, with their places   → CsrMatrix
 *   array        all entries, column after column                   → NdArray
 *
 * Source: the format description of NIST, restated in NOTES.md.
 */
import { assertKnownOptions, FormatError, OptionError, type CsrMatrix, type NdArray } from "@subquad/linalg-core";
import { openSource, type ByteSource } from "./internal/byte-source.js";
import { assertMaxBytes, assertSignal, assertWithin, MAX_BYTES } from "./internal/checks.js";
import { eachLine } from "./internal/lines.js";
import { arraySink, coordinateSink, type EntrySink } from "./internal/mm-entries.js";
import { parseBanner, parseSize, type MarketBanner, type MarketSize, type RefuseLine } from "./internal/mm-header.js";

export interface ReadMatrixMarketOptions {
  /** Bytes of the matrix in memory, at most. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Looked at before and after every read of the source (1 MiB), and between lines. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a Matrix Market file: real, integer or pattern; general, symmetric or skew-symmetric.
 *
 * The other half of a symmetric matrix is filled in, the entries of a pattern are 1, and entries in one place are summed.
 * @param source the text as bytes, a Blob, a path (Node), or `{ size, read(offset, length, signal) }`.
 * @param options see ReadMatrixMarketOptions.
 * @returns a coordinate file as CsrMatrix, an array file as column-major NdArray; float64.
 * @throws FormatError with the line for a malformed file: another banner, complex values, an entry that is no number, out of range, in the half
 *   that is implied or on a diagonal that must be empty, too few or too many entries. OptionError beyond `maxBytes` and for another kind of
 *   source. NonFiniteError when entries in one place overflow. The signal's reason on abort. A path that cannot be opened gives the host's own error.
 * @complexity O(bytes); memory: the entries twice.
 * @source the format description of NIST.
 * @example const A = await readMatrixMarket("lund_a.mtx");
 */
export async function readMatrixMarket(source: ByteSource, options: ReadMatrixMarketOptions = {}): Promise<CsrMatrix | NdArray> {
  const where = "readMatrixMarket";
  assertKnownOptions(where, options, ["maxBytes", "signal"]);
  const { maxBytes = MAX_BYTES, signal } = options;
  assertMaxBytes(where, maxBytes);
  assertSignal(where, signal);
  const refuse: RefuseLine = (expected, got, line) => {
    throw new FormatError(where, { format: "matrix-market", line, expected, got });
  };
  const file = await openSource(where, "matrix-market", source);
  try {
    let banner: MarketBanner | undefined;
    let size: MarketSize | undefined;
    let sink: EntrySink<CsrMatrix | NdArray> | undefined;
    let count = 0;
    let last = 1;
    const visit = (line: string, number: number): void => {
      last = number;
      if (!banner) banner = parseBanner(line, refuse);
      else if (isBlank(line)) return;
      else if (!size || !sink) {
        size = parseSize(banner, line, number, file.size, refuse);
        assertWithin(where, maxBytes, bytesOf(banner, size), "what the matrix takes in memory");
        sink = sinkOf(where, banner, size, refuse);
      } else if (count++ < size.entries) sink.add(line, number);
      else refuse(`no more than ${size.entries} entries`, "one more", number);
    };
    await eachLine(file, visit, (line) => refuse("lines of at most 1 MiB", "a longer one", line), signal);
    if (!banner) return refuse("a first line that begins with %%MatrixMarket", "an empty file", 1);
    if (!size || !sink) return refuse("a line of sizes", "the end of the file", last);
    if (count < size.entries) refuse(`${size.entries} entries`, `the end of the file after ${count}`, last);
    return sink.finish();
  } finally {
    await file.close();
  }
}

/** Where the entries go; memory for all of them is taken here. */
function sinkOf(where: string, banner: MarketBanner, size: MarketSize, refuse: RefuseLine): EntrySink<CsrMatrix | NdArray> {
  try {
    return banner.layout === "coordinate" ? coordinateSink(banner, size, refuse) : arraySink(banner, size, refuse);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OptionError(where, "source", "a matrix that typed arrays hold", `${size.rows} × ${size.columns}, ${size.entries} entries`);
  }
}

/** A line without words, or a comment. */
function isBlank(line: string): boolean {
  return /^[ \t\r\f\v]*(?:%|$)/.test(line);
}

/** What the matrix takes: 12 bytes an entry and 4 for each row and column, or 8 bytes an element. */
function bytesOf({ layout, symmetry }: MarketBanner, { rows, columns, entries }: MarketSize): number {
  if (layout === "array") return 8 * rows * columns;
  return 12 * (symmetry === "general" ? entries : 2 * entries) + 4 * (rows + columns + 2);
}
