/**
 * One entry of a ZIP archive: its bytes as they were, with the checksum verified.
 *
 *   entry = header (30 bytes, name, extra field) · data, stored or deflated
 *
 * Source: PKWARE's APPNOTE; RFC 1951 for deflate, which the host inflates.
 */
import { breather } from "./breath.js";
import { allocate, type OpenSource } from "./byte-source.js";
import { crc32 } from "./crc32.js";
import type { Refuse } from "./refuse.js";
import type { ZipEntry } from "./zip-directory.js";

const HEADER = 0x04034b50; // its signature, then its fixed part
const HEADER_LENGTH = 30;
const SLICE = 2 ** 20; // bytes of checksum between two looks at the clock, and of packed data between two reads
const DEFLATE_RATIO = 1032; // the most that a byte of deflated data stands for: four copies of 258 bytes, 2 bits each

/** What the directory says of an entry can be true, and is something that is read here. */
export function assertReadable({ name, method, encrypted, packed, size, offset }: ZipEntry, refuse: Refuse): void {
  const label = JSON.stringify(name);
  if (encrypted) refuse(`${label} without encryption`, "an encrypted entry", offset);
  if (method !== 0 && method !== 8) refuse(`${label} stored or deflated`, `method ${method}`, offset);
  if (method === 0 && packed !== size) refuse(`${label} stored in ${size} bytes`, packed, offset);
  if (size > packed * DEFLATE_RATIO) refuse(`${label} of at most ${packed * DEFLATE_RATIO} bytes, as packed in ${packed}`, size, offset);
}

/** The bytes of an entry that passed `assertReadable`; `limit` is where the directory begins. */
export async function readEntry(
  file: OpenSource,
  entry: ZipEntry,
  limit: number,
  where: string,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { method, packed, size } = entry;
  const label = JSON.stringify(entry.name);
  const data = await dataOffset(file, entry, limit, refuse, signal);
  const bytes = allocate(where, size);
  if (method === 0) await file.readInto(data, bytes, signal);
  else await inflate(file, data, packed, bytes, (expected, got) => refuse(`${expected} in ${label}`, got, data), signal);
  const crc = await checksum(bytes, signal);
  if (crc !== entry.crc) refuse(`CRC-32 ${hex(entry.crc)} of ${label}`, hex(crc), data);
  return bytes;
}

/** Where the data of an entry begin, behind its own header, which must agree with the directory. */
async function dataOffset(file: OpenSource, entry: ZipEntry, limit: number, refuse: Refuse, signal?: AbortSignal): Promise<number> {
  const { name, method, packed, offset } = entry;
  const known = new TextEncoder().encode(name);
  const length = HEADER_LENGTH + known.length;
  if (offset + length > limit)
    refuse(`the header of ${JSON.stringify(name)} before the directory`, `its end at ${offset + length}`, offset);
  const bytes = await file.read(offset, length, signal);
  const words = new DataView(bytes.buffer);
  const isSame =
    words.getUint32(0, true) === HEADER &&
    words.getUint16(8, true) === method &&
    words.getUint16(26, true) === known.length &&
    known.every((byte, i) => byte === bytes[HEADER_LENGTH + i]);
  if (!isSame) refuse(`the header of ${JSON.stringify(name)}, as in the directory`, "another", offset);
  const begin = offset + length + words.getUint16(28, true);
  if (begin + packed > limit) refuse(`${packed} bytes of ${JSON.stringify(name)} before the directory`, `${limit - begin}`, begin);
  return begin;
}

async function inflate(
  file: OpenSource,
  offset: number,
  packed: number,
  target: Uint8Array,
  refuse: (expected: string, got: unknown) => never,
  signal?: AbortSignal,
): Promise<void> {
  let failure: { readonly reason: unknown } | undefined; // of the source, to be told from bad data
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (at === packed) {
        controller.close();
        return;
      }
      const length = Math.min(SLICE, packed - at);
      try {
        controller.enqueue(await file.read(offset + at, length, signal));
        at += length;
      } catch (reason) {
        failure = { reason };
        throw reason;
      }
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      signal?.throwIfAborted();
      total += value.length;
      if (total > target.length) break;
      target.set(value, total - value.length);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (failure) throw failure.reason;
    refuse("deflated data", error instanceof Error ? error.message : "other bytes");
  } finally {
    reader.cancel().catch(nothing);
  }
  if (total !== target.length) refuse(`${target.length} bytes`, total > target.length ? "more" : total);
}

function nothing(): void {
  // a stream that failed cannot be cancelled; why it failed is told by the read
}

async function checksum(bytes: Uint8Array, signal?: AbortSignal): Promise<number> {
  const breathe = breather(signal);
  let crc = 0;
  for (let at = 0; at < bytes.length; at += SLICE) {
    crc = crc32(bytes.subarray(at, at + SLICE), crc);
    await breathe();
  }
  return crc;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
