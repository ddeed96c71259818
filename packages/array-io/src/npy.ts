/**
 * .npy files, NumPy's format for one array: read in whole. By rows: `openNpy`. Written: `writeNpy`.
 *
 *   file = magic · version · header (a Python dict: descr, fortran_order, shape) · elements, row-major or column-major
 *
 * Source: NumPy's description of the format, restated in NOTES.md.
 */
import { assertKnownOptions, OptionError, type DType, type NdArray } from "@subquad/linalg-core";
import { bytesOf, openSource, type ByteSource } from "./internal/byte-source.js";
import { assertDtype, assertMaxBytes, assertSignal, assertWithin, MAX_BYTES } from "./internal/checks.js";
import { arrayInBytes, arrayOf, loadHeader } from "./internal/npy-data.js";
import { refuser } from "./internal/refuse.js";

export interface ParseNpyOptions {
  /** Type of the result. Default: "float32" for float32 and float16, which it holds exactly, "float64" for everything else. */
  readonly dtype?: DType;
}

export interface ReadNpyOptions extends ParseNpyOptions {
  /** Bytes of elements in the file, at most. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Looked at before and after every read of the source (8 MiB at most). */
  readonly signal?: AbortSignal;
}

/**
 * Reads the array of a .npy file.
 *
 * The elements are read once, into the memory of the result. For a part of a file, or one larger than memory, use `openNpy`.
 * @param source bytes, a Blob, a path (Node), or `{ size, read(offset, length, signal) }`.
 * @param options see ReadNpyOptions.
 * @returns the array, which shares memory with nothing; a file in column-major order keeps it, as strides.
 * @throws FormatError with the byte offset for a malformed file: magic, version, header, a dtype that is neither float, integer nor boolean,
 *   missing or trailing bytes. NumericsError (ERR_OVERFLOW) for a 64-bit integer beyond ±2^53. OptionError beyond `maxBytes` and for another kind
 *   of source. The signal's reason on abort. A path that cannot be opened gives the host's own error.
 * @complexity O(bytes); memory: the array, twice while elements are converted.
 * @source NumPy's description of the format.
 * @example const X = await readNpy("embeddings.npy");
 */
export async function readNpy(source: ByteSource, options: ReadNpyOptions = {}): Promise<NdArray> {
  const where = "readNpy";
  assertKnownOptions(where, options, ["dtype", "maxBytes", "signal"]);
  const { dtype, maxBytes = MAX_BYTES, signal } = options;
  assertDtype(where, dtype);
  assertMaxBytes(where, maxBytes);
  assertSignal(where, signal);
  const file = await openSource(where, "npy", source);
  try {
    const header = await loadHeader(file, refuser(where, "npy"), signal);
    assertWithin(where, maxBytes, header.byteLength, "openNpy reads it by rows");
    const bytes = await file.read(header.dataOffset, header.byteLength, signal);
    return arrayOf(header, bytes, header.shape, dtype, where);
  } finally {
    await file.close();
  }
}

/**
 * The array of a .npy file that is in memory already, without a copy where the elements can stay as they lie.
 *
 * For bytes that came over the network. The array shares `bytes` when its type is that of the file (float64, float32), low byte first and
 * aligned, as files of NumPy are; otherwise it is a copy. For one that is a copy always, use `readNpy`.
 * @param bytes the whole file.
 * @param options see ParseNpyOptions.
 * @returns the array; a file in column-major order keeps it, as strides.
 * @throws FormatError with the byte offset for a malformed file; NumericsError (ERR_OVERFLOW) for a 64-bit integer beyond ±2^53; OptionError for
 *   anything but bytes.
 * @complexity O(header) where the elements stay, else O(bytes).
 * @source NumPy's description of the format.
 * @example const X = parseNpy(new Uint8Array(await response.arrayBuffer()));
 */
export function parseNpy(bytes: Uint8Array | ArrayBuffer, options: ParseNpyOptions = {}): NdArray {
  const where = "parseNpy";
  assertKnownOptions(where, options, ["dtype"]);
  assertDtype(where, options.dtype);
  const view = bytes instanceof ArrayBuffer ? bytesOf(where, "bytes", bytes) : bytes;
  if (!((view as unknown) instanceof Uint8Array)) throw new OptionError(where, "bytes", "a Uint8Array or an ArrayBuffer", bytes);
  return arrayInBytes(view, options.dtype, where, refuser(where, "npy"));
}
