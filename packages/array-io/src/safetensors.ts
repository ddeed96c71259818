/**
 * safetensors files: named arrays behind a JSON header, read in whole, by rows, or not at all.
 *
 *   file = N (8 bytes, little-endian) · header (N bytes of JSON) · data (each tensor at its data_offsets, row-major, little-endian)
 *
 * Opening reads the header only and checks all of it, so that a tensor is later one ranged read and a conversion.
 * Source: the format description of the safetensors project, restated in NOTES.md.
 */
import {
  assertInteger,
  assertKnownOptions,
  OptionError,
  ShapeError,
  view,
  type DType,
  type MatrixInput,
  type NdArray,
  type VectorInput,
} from "@subquad/linalg-core";
import { allocate, openSource, type ByteSource, type OpenSource } from "./internal/byte-source.js";
import { assertDtype, assertRecord, assertSignal, listed } from "./internal/checks.js";
import { decode, elementBytes, readableTypes } from "./internal/element-types.js";
import { refuser } from "./internal/refuse.js";
import { writeRowMajor } from "./internal/row-major.js";
import { headerLength, METADATA, parseHeader, type TensorEntry } from "./internal/safetensors-header.js";
import { stored } from "./internal/stored.js";

/** What the header says of one tensor. */
export interface TensorInfo {
  /** As written in the file: "F32", "BF16", "I64", …; types of other tools may stand here too. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Position of the first byte in the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Whether `read` knows the type. */
  readonly readable: boolean;
}

export interface SafetensorsReadOptions {
  /** Type of the result. Default: "float32" for F32, F16 and BF16, which it holds exactly, "float64" for everything else. */
  readonly dtype?: DType;
  /** Looked at before and after every read of the source (8 MiB at most). */
  readonly signal?: AbortSignal;
}

/** An open file. The arrays it returns are the caller's: they share no memory with the source or with each other. */
export interface SafetensorsFile {
  /** In the order of their bytes in the file. */
  readonly names: readonly string[];
  /** The text under `__metadata__`; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the header says of a tensor; OptionError for an unknown name. */
  info(name: string): TensorInfo;
  /** A whole tensor. NaN and Infinity are read as they are: algorithms judge, readers do not. */
  read(name: string, options?: SafetensorsReadOptions): Promise<NdArray>;
  /** Rows `from` to `to` - 1 along the first axis; nothing else is read. */
  readRows(name: string, from: number, to: number, options?: SafetensorsReadOptions): Promise<NdArray>;
  /** Releases the file handle; a second call does nothing. */
  close(): Promise<void>;
}

/** Arrays of any strides (their element type is kept), typed arrays and nested lists (as float64). */
export type WritableTensor = MatrixInput | VectorInput;

/**
 * Opens a safetensors file and checks its header in full.
 *
 * Use it for weights and data sets that Python, Rust or this package wrote. Close it when done: a path holds a file handle.
 * @param source bytes, a Blob, a path (Node), or `{ size, read(offset, length, signal) }`.
 * @param options `signal` ends the reading of the header.
 * @returns names, metadata and readers; see SafetensorsFile.
 * @throws FormatError with the byte offset for every malformed header: truncated, too long, not JSON, a bad dtype or shape, wrong lengths,
 *   overlapping or missing bytes, a name twice. OptionError for another kind of source. `read` throws FormatError when the source has shrunk,
 *   OptionError for an unknown name or type, NumericsError (ERR_OVERFLOW) for a 64-bit integer beyond ±2^53, and the signal's reason on abort.
 *   A path that cannot be opened gives the host's own error.
 * @complexity O(header) to open, O(bytes of the tensor) to read; memory: the tensor, twice while it is converted.
 * @source the format description of the safetensors project.
 * @example const file = await openSafetensors(bytes); const weights = await file.read(file.names[0]);
 */
export async function openSafetensors(source: ByteSource, options: { readonly signal?: AbortSignal } = {}): Promise<SafetensorsFile> {
  const where = "openSafetensors";
  assertKnownOptions(where, options, ["signal"]);
  assertSignal(where, options.signal);
  const bytes = await openSource(where, "safetensors", source);
  try {
    const refuse = refuser(where, "safetensors");
    if (bytes.size < 8) refuse("at least 8 bytes", `${bytes.size}`, 0);
    const length = headerLength(await bytes.read(0, 8, options.signal), bytes.size, refuse);
    const header = await bytes.read(8, length, options.signal);
    const { tensors, metadata } = await parseHeader(header, bytes.size, refuse, options.signal);
    return fileOver(bytes, tensors, metadata);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/**
 * Writes arrays into one safetensors file.
 *
 * Element types are kept: Float32Array as F32, Float64Array as F64, integer arrays as I8 … U32; anything else is written as F64.
 * @param entries name to array, any strides; written in row-major order, the widest types first so that every tensor is aligned.
 * @param metadata text to text, under `__metadata__`.
 * @returns the bytes of the file; the same entries give the same bytes.
 * @throws OptionError for the name `__metadata__` or metadata that is not text; ShapeError for an entry that is no array.
 * @complexity O(bytes); memory: the file.
 * @source the format description of the safetensors project.
 * @example const bytes = writeSafetensors({ Q, K, V }, { scale: "1/sqrt(15)" });
 */
export function writeSafetensors(
  entries: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const where = "writeSafetensors";
  assertRecord(where, "entries", entries);
  assertRecord(where, "metadata", metadata);
  const tensors = Object.entries(entries).map(([name, input]) => writable(where, name, input));
  tensors.sort((a, b) => b.width - a.width);

  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, checkedMetadata(where, metadata)]] : [];
  let end = 0;
  for (const { name, type, width, A } of tensors) {
    const begin = end;
    end += width * A.shape.reduce((product, length) => product * length, 1);
    header.push([name, { dtype: type, shape: A.shape, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const N = Math.ceil(text.length / 8) * 8; // padded with spaces: the data begin at a multiple of 8

  const file = allocate(where, 8 + N + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(N), true);
  file.fill(0x20, 8 + text.length, 8 + N).set(text, 8);
  let at = 8 + N;
  for (const { A, width } of tensors) at = writeRowMajor(A, width, file, at);
  return file;
}

function fileOver(
  bytes: OpenSource,
  tensors: ReadonlyMap<string, TensorEntry>,
  metadata: Readonly<Record<string, string>>,
): SafetensorsFile {
  let open = true;
  const find = (where: string, name: string): TensorEntry => {
    const entry = tensors.get(name);
    if (!entry) throw new OptionError(where, "name", `one of ${listed([...tensors.keys()])}`, name);
    return entry;
  };
  const load = async (
    where: string,
    name: string,
    rows: readonly [number, number] | undefined,
    options: SafetensorsReadOptions,
  ): Promise<NdArray> => {
    assertKnownOptions(where, options, ["dtype", "signal"]);
    assertSignal(where, options.signal);
    assertDtype(where, options.dtype);
    if (!open) throw new OptionError(where, "name", "an open file", "a closed one");
    const { dtype, shape, byteOffset, byteLength } = find(where, name);
    if (elementBytes(dtype) === undefined) throw new OptionError(where, "name", `a tensor of type ${readableTypes.join(", ")}`, dtype);
    const part = rows ? rowRange(where, rows, shape, byteLength) : { shape, skip: 0, length: byteLength };
    const raw = await bytes.read(byteOffset + part.skip, part.length, options.signal);
    return view(decode(dtype, raw, options.dtype, where), part.shape);
  };
  return {
    names: [...tensors.keys()],
    metadata,
    info(name) {
      const entry = find("safetensors.info", name);
      return { ...entry, readable: elementBytes(entry.dtype) !== undefined };
    },
    read: (name, options = {}) => load("safetensors.read", name, undefined, options),
    readRows: (name, from, to, options = {}) => load("safetensors.readRows", name, [from, to], options),
    async close() {
      if (!open) return;
      open = false;
      await bytes.close();
    },
  };
}

/** Bytes of the rows [from, to) of a tensor. */
function rowRange(where: string, [from, to]: readonly [number, number], shape: readonly number[], byteLength: number) {
  const n = shape[0];
  if (n === undefined) throw new ShapeError(where, "name", "a tensor with rows", "shape []");
  assertInteger(where, { from }, 0, n);
  assertInteger(where, { to }, from, n);
  const rowBytes = n === 0 ? 0 : byteLength / n;
  return { shape: [to - from, ...shape.slice(1)], skip: from * rowBytes, length: (to - from) * rowBytes };
}

function writable(where: string, name: string, input: WritableTensor) {
  if (name === METADATA) throw new OptionError(where, "entries", `names other than ${METADATA}`, name);
  return { name, ...stored(input, `${where}(entries.${name})`) };
}

function checkedMetadata(where: string, metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries<unknown>(metadata)) {
    if (typeof value !== "string") throw new OptionError(where, `metadata.${key}`, "text", value);
  }
  return metadata;
}
