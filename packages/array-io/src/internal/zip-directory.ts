/**
 * The directory of a ZIP archive: what it holds and where, read from its end.
 *
 *   archive = entries · directory · [ ZIP64 end record · ZIP64 locator ] · end record (22 bytes and a comment)
 *
 * ZIP64 holds what does not fit 16 and 32 bits, where the shorter fields are all ones. Every rule is checked; an archive with bytes
 * before the first entry, as self-extracting programs have, is refused, for its offsets are not those of the file.
 * Source: PKWARE's APPNOTE, restated in NOTES.md.
 */
import type { OpenSource } from "./byte-source.js";
import type { Refuse } from "./refuse.js";

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated; others are listed too. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Bytes in the archive, and as they were. */
  readonly packed: number;
  readonly size: number;
  /** Position of the entry's own header. */
  readonly offset: number;
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  /** Where the directory begins and entries end. */
  readonly offset: number;
}

/** Signatures, and lengths of the fixed parts of records. */
const END = 0x06054b50;
const END_LENGTH = 22;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_FIELDS = 1; // the extra field with the 64-bit values of one entry
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LOCAL_LENGTH = 30; // of the header in front of the data, without its name
const ALL_16 = 0xffff;
const ALL_32 = 0xffffffff;

interface EndRecord {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/** The directory of an open archive. */
export async function readDirectory(file: OpenSource, refuse: Refuse, signal?: AbortSignal): Promise<ZipDirectory> {
  const tail = Math.min(file.size, END_LENGTH + ALL_16);
  const last = await file.read(file.size - tail, tail, signal);
  const at = endOf(last);
  if (at < 0) return refuse("an end record: a ZIP archive, whole", "none", file.size);
  const end = file.size - tail + at;
  const words = new DataView(last.buffer, at);
  const short = { count: words.getUint16(10, true), size: words.getUint32(12, true), offset: words.getUint32(16, true) };
  if (words.getUint32(4, true) !== 0 || words.getUint16(8, true) !== short.count) {
    refuse("an archive in one part", `disks ${words.getUint16(4, true)}, ${words.getUint16(6, true)}`, end + 4);
  }
  const long = await zip64End(file, end, short, refuse, signal);
  const { count, size, offset, before } = { ...short, before: end, ...long };
  if (offset + size !== before) refuse(`a directory that ends at ${before}`, `${size} bytes from ${offset}`, end + 12);
  if (count * ENTRY_LENGTH > size) refuse(`at least ${count * ENTRY_LENGTH} bytes for ${count} entries`, size, end + 10);
  return { entries: parseEntries(await file.read(offset, size, signal), count, offset, refuse), offset };
}

/** Position of the end record in the last bytes of a file: its comment ends where the file does. */
function endOf(bytes: Uint8Array): number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.length - END_LENGTH; at >= 0; at--) {
    if (words.getUint32(at, true) === END && at + END_LENGTH + words.getUint16(at + 20, true) === bytes.length) return at;
  }
  return -1;
}

/** The values of the ZIP64 end record, and where it lies; undefined if there is none. */
async function zip64End(
  file: OpenSource,
  end: number,
  short: EndRecord,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<(EndRecord & { readonly before: number }) | undefined> {
  const locator = end - 20;
  if (locator < 56) return undefined;
  const pointer = new DataView((await file.read(locator, 20, signal)).buffer);
  if (pointer.getUint32(0, true) !== ZIP64_LOCATOR) return undefined;
  const before = pointer.getBigUint64(8, true);
  if (before > BigInt(locator - 56)) return refuse("a ZIP64 end record before its locator", before, locator + 8);
  const at = Number(before);
  const words = new DataView((await file.read(at, 56, signal)).buffer);
  if (words.getUint32(0, true) !== ZIP64_END) refuse("a ZIP64 end record", `bytes ${words.getUint32(0, true).toString(16)}`, at);
  const read = (field: number): number => {
    const value = words.getBigUint64(field, true);
    return value > BigInt(file.size) ? refuse(`no more than the ${file.size} bytes of the file`, value, at + field) : Number(value);
  };
  const long = { count: read(32), size: read(40), offset: read(48), before: at };
  for (const name of ["count", "size", "offset"] as const) {
    const fits = short[name] === (name === "count" ? ALL_16 : ALL_32) || short[name] === long[name];
    if (!fits) refuse(`the same ${name} in both end records`, `${short[name]} and ${long[name]}`, end + 10);
  }
  return long;
}

function parseEntries(bytes: Uint8Array, count: number, base: number, refuse: Refuse): ZipEntry[] {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isThere = at + ENTRY_LENGTH <= bytes.length && words.getUint32(at, true) === ENTRY;
    if (!isThere) return refuse(`entry ${i} of ${count} in the directory`, "something else", base + at);
    const flags = words.getUint16(at + 8, true);
    const nameEnd = at + ENTRY_LENGTH + words.getUint16(at + 28, true);
    const extraEnd = nameEnd + words.getUint16(at + 30, true);
    const end = extraEnd + words.getUint16(at + 32, true);
    if (end > bytes.length) return refuse(`entry ${i} within the directory`, `its end at ${base + end}`, base + at + 28);
    const name = textOf(bytes.subarray(at + ENTRY_LENGTH, nameEnd), base + at + ENTRY_LENGTH, refuse);
    if (names.has(name)) refuse("every name once", `${JSON.stringify(name)} twice`, base + at);
    names.add(name);
    const [size, packed, offset] = longFields(
      [words.getUint32(at + 24, true), words.getUint32(at + 20, true), words.getUint32(at + 42, true)],
      new DataView(bytes.buffer, bytes.byteOffset + nameEnd, extraEnd - nameEnd),
      (expected, got) => refuse(expected, got, base + nameEnd),
    );
    const inside = offset + packed <= base;
    if (!inside) refuse(`entry ${JSON.stringify(name)} before the directory, at ${base}`, `${packed} bytes from ${offset}`, base + at + 42);
    const method = words.getUint16(at + 10, true);
    entries.push({ name, method, encrypted: (flags & 0x2041) !== 0, crc: words.getUint32(at + 16, true), packed, size, offset });
    at = end;
  }
  assertApart(entries, refuse);
  if (at !== bytes.length) refuse(`${count} entries in the directory and nothing else`, `${bytes.length - at} more bytes`, base + at);
  return entries;
}

/** No entry begins within another: a small file of one block of data in many entries would unpack to any size. */
function assertApart(entries: readonly ZipEntry[], refuse: Refuse): void {
  let end = 0;
  for (const { name, offset, packed } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) refuse(`entry ${JSON.stringify(name)} behind the one before it, which ends at ${end} or later`, offset, offset);
    end = offset + LOCAL_LENGTH + packed;
  }
}

/** Size, packed size and offset: those of all ones are replaced by the 64-bit values of the extra field, in this order. */
function longFields(
  fields: readonly [number, number, number],
  extra: DataView,
  refuse: (expected: string, got: unknown) => never,
): readonly [number, number, number] {
  if (!fields.includes(ALL_32)) return fields;
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const [id, length] = [extra.getUint16(at, true), extra.getUint16(at + 2, true)];
    if (id === ZIP64_FIELDS) {
      let next = at + 4;
      const long = fields.map((field) => {
        if (field !== ALL_32) return field;
        const isThere = next + 8 <= Math.min(extra.byteLength, at + 4 + length);
        const value = isThere ? extra.getBigUint64(next, true) : refuse("64-bit sizes in the extra field", `${length} bytes`);
        next += 8;
        return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : refuse("at most 2^53 bytes", value);
      });
      return long as unknown as readonly [number, number, number];
    }
    at += 4 + length;
  }
  return fields;
}

function textOf(bytes: Uint8Array, offset: number, refuse: Refuse): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("names in UTF-8", "other bytes", offset);
  }
}
