/**
 * A ZIP archive of stored entries: where everything will be, and its bytes around the data of the entries.
 *
 *   entries (header, data) · directory · end record; no ZIP64, so below 4 GiB and 65,535 entries
 *
 * Source: PKWARE's APPNOTE, restated in NOTES.md.
 */
import { OptionError } from "@subquad/linalg-core";
import { allocate } from "./byte-source.js";
import { crc32 } from "./crc32.js";

export interface StoredEntry {
  readonly name: string;
  /** Bytes of the data. */
  readonly length: number;
  /** Writes them from byte `at`. */
  writeInto(file: Uint8Array<ArrayBuffer>, at: number): void;
}

const VERSION = 20; // 2.0, the least that readers expect
const UTF8_NAME = 0x0800;
const DATE = 0x0021; // 1 January 1980, the first that the format knows: the same arrays give the same bytes

/** The archive, the entries in their order. */
export function writeArchive(where: string, entries: readonly StoredEntry[]): Uint8Array<ArrayBuffer> {
  const names = entries.map(({ name }) => encodedName(where, name));
  const directory = entries.reduce((sum, { length }, i) => sum + 30 + names[i]!.length + length, 0);
  const end = names.reduce((sum, name) => sum + 46 + name.length, directory);
  if (entries.length >= 0xffff) throw new OptionError(where, "entries", "fewer than 65,535 arrays", entries.length);
  if (end + 22 >= 2 ** 32) throw new OptionError(where, "entries", "less than 4 GiB in all (a file each with writeNpy)", end + 22);

  const file = allocate(where, end + 22);
  const words = new DataView(file.buffer);
  let at = 0;
  let line = directory;
  for (const [i, { length, writeInto }] of entries.entries()) {
    const name = names[i]!;
    const data = at + 30 + name.length;
    writeInto(file, data);
    words.setUint32(at, 0x04034b50, true);
    words.setUint32(line, 0x02014b50, true);
    words.setUint16(line + 4, VERSION, true); // made by
    writeFields(words, at + 4, name.length, length, crc32(file.subarray(data, data + length)));
    writeFields(words, line + 6, name.length, length, words.getUint32(at + 14, true));
    words.setUint32(line + 42, at, true);
    file.set(name, at + 30);
    file.set(name, line + 46);
    at = data + length;
    line += 46 + name.length;
  }
  words.setUint32(end, 0x06054b50, true);
  words.setUint16(end + 8, entries.length, true);
  words.setUint16(end + 10, entries.length, true);
  words.setUint32(end + 12, end - directory, true);
  words.setUint32(end + 16, directory, true);
  return file;
}

/** What the header of an entry and its line of the directory have in common: 26 bytes. */
function writeFields(words: DataView, at: number, nameLength: number, length: number, crc: number): void {
  words.setUint16(at, VERSION, true);
  words.setUint16(at + 2, UTF8_NAME, true);
  words.setUint16(at + 8, DATE, true);
  words.setUint32(at + 10, crc, true);
  words.setUint32(at + 14, length, true); // packed
  words.setUint32(at + 18, length, true);
  words.setUint16(at + 22, nameLength, true);
}

function encodedName(where: string, name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > 0xffff) throw new OptionError(where, "entries", "names of at most 65,535 bytes", bytes.length);
  if (new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) !== name)
    throw new OptionError(where, "entries", "names that are well-formed text", name);
  return bytes;
}
