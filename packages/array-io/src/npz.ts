/**
 * .npz files, NumPy's format for several arrays: a ZIP archive of .npy files.
 *
 *   name of the array = name of the entry without ".npy"
 *
 * Source: NumPy's description of the format, PKWARE's APPNOTE; both restated in NOTES.md.
 */
import { assertKnownOptions, OptionError, type ArrayInput, type NdArray } from "@subquad/linalg-core";
import { openSource, type ByteSource } from "./internal/byte-source.js";
import { assertMaxBytes, assertRecord, assertSignal, assertWithin, listed, MAX_BYTES } from "./internal/checks.js";
import { arrayInBytes } from "./internal/npy-data.js";
import { npyLayout } from "./internal/npy-layout.js";
import { refuser, type Refuse } from "./internal/refuse.js";
import { readDirectory, type ZipDirectory, type ZipEntry } from "./internal/zip-directory.js";
import { assertReadable, readEntry } from "./internal/zip-entry.js";
import { writeArchive } from "./internal/zip-layout.js";

export interface ReadNpzOptions {
  /** The arrays to read. Default: all; then every entry must be one that `readNpy` reads. */
  readonly names?: readonly string[];
  /** Bytes of all that is read, unpacked, at most. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Looked at before and after every read of the source, and between slices of what is unpacked. */
  readonly signal?: AbortSignal;
}

const SUFFIX = ".npy";

/**
 * Reads the arrays of a .npz file, stored (`np.savez`) or deflated (`np.savez_compressed`).
 *
 * Checksums are verified, so that a damaged array is never returned. `names` reads some arrays and leaves the others alone.
 * @param source bytes, a Blob, a path (Node), or `{ size, read(offset, length, signal) }`.
 * @param options see ReadNpzOptions.
 * @returns name to array, in the order of the archive; float32 for float32 and float16, float64 for everything else.
 * @throws FormatError with the byte offset for a malformed archive: no or contradictory directory, a name twice, an encrypted entry, another way
 *   of packing, damaged data, an entry that is no .npy file or malformed (the offset counts from its own start then). NumericsError (ERR_OVERFLOW)
 *   for a 64-bit integer beyond ±2^53. OptionError for a name that is not there, beyond `maxBytes`, and for another kind of source. The signal's
 *   reason on abort. A path that cannot be opened gives the host's own error.
 * @complexity O(bytes, unpacked); memory: the arrays, one of them twice while its elements are converted.
 * @source NumPy's description of the format; PKWARE's APPNOTE; RFC 1951.
 * @example const { keys, values } = await readNpz("cache.npz");
 */
export async function readNpz(source: ByteSource, options: ReadNpzOptions = {}): Promise<Record<string, NdArray>> {
  const where = "readNpz";
  assertKnownOptions(where, options, ["names", "maxBytes", "signal"]);
  const { names, maxBytes = MAX_BYTES, signal } = options;
  if (names !== undefined && !isNames(names)) throw new OptionError(where, "names", "a list of names", names);
  assertMaxBytes(where, maxBytes);
  assertSignal(where, signal);
  const file = await openSource(where, "npz", source);
  try {
    const refuse = refuser(where, "npz");
    const directory = await readDirectory(file, refuse, signal);
    const entries = chosen(directory, names, where, refuse);
    for (const entry of entries) assertReadable(entry, refuse);
    assertWithin(where, maxBytes, entries.reduce((sum, { size }) => sum + size, 0), "`names` reads a part"); // prettier-ignore
    const arrays: [string, NdArray][] = [];
    for (const entry of entries) {
      const bytes = await readEntry(file, entry, directory.offset, where, refuse, signal);
      const inside: Refuse = (expected, got, offset) => refuse(`${expected} in ${JSON.stringify(entry.name)}`, got, offset);
      arrays.push([arrayName(entry), arrayInBytes(bytes, undefined, where, inside)]);
    }
    return Object.fromEntries(arrays);
  } finally {
    await file.close();
  }
}

/**
 * Writes arrays into one .npz file, stored.
 *
 * `np.load` reads it. Element types are kept, as `writeNpy` keeps them; packing is left to what transports or stores the file.
 * @param entries name to array, any strides.
 * @returns the bytes of the archive, in the order of the entries; the same entries give the same bytes.
 * @throws ShapeError for an entry that is no array; OptionError beyond 65,534 arrays or 4 GiB, and for a name that is not well-formed text.
 * @complexity O(bytes); memory: the file.
 * @source NumPy's description of the format; PKWARE's APPNOTE.
 * @example await writeFile("heads.npz", writeNpz({ Q, K, V }));
 */
export function writeNpz(entries: Readonly<Record<string, ArrayInput>>): Uint8Array<ArrayBuffer> {
  const where = "writeNpz";
  assertRecord(where, "entries", entries);
  const files = Object.entries(entries).map(([name, A]) => ({
    name: name + SUFFIX,
    ...npyLayout(A, `${where}(entries.${name})`, undefined, false),
  }));
  return writeArchive(where, files);
}

/** The entries to read, in the order of the archive. */
function chosen({ entries }: ZipDirectory, names: readonly string[] | undefined, where: string, refuse: Refuse): readonly ZipEntry[] {
  const other = names ? undefined : entries.find(({ name }) => !name.endsWith(SUFFIX));
  if (other) refuse("entries that are .npy files (`names` leaves out others)", JSON.stringify(other.name), other.offset);
  const arrays = entries.filter(({ name }) => name.endsWith(SUFFIX));
  if (!names) return arrays;
  const wanted = new Set(names);
  const found = arrays.filter((entry) => wanted.has(arrayName(entry)));
  if (found.length === wanted.size) return found;
  for (const entry of found) wanted.delete(arrayName(entry));
  throw new OptionError(where, "names", `names among ${listed(arrays.map(arrayName))}`, [...wanted][0]);
}

function arrayName({ name }: ZipEntry): string {
  return name.slice(0, -SUFFIX.length);
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
