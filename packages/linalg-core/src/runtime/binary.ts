/**
 * The kernel binaries as bytes, and the one byte that differs between shared and plain memory.
 *
 * A module that imports a shared memory cannot be given a plain one. Only the flag of the memory's limits says which it wants, so one
 * binary serves both: 3 (shared, with maximum) becomes 1 (plain, with maximum).
 */
import { assert } from "../errors.js";

const IMPORT_SECTION = 2;
const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3 } as const;
const SHARED_WITH_MAXIMUM = 3;
const PLAIN_WITH_MAXIMUM = 1;

/** The bytes of a hexadecimal text. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(text.charCodeAt(2 * i)) + digit(text.charCodeAt(2 * i + 1));
  return bytes;
}

function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87; // "0" to "9", else "a" to "f"
}

/** A copy of a binary that imports a shared memory, changed to import a plain one. */
export function withPlainMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const patched = new Uint8Array(binary);
  const at = memoryFlagOffset(patched);
  assert(patched[at] === SHARED_WITH_MAXIMUM, `memory flag ${String(patched[at])} at byte ${at} of the kernels`);
  patched[at] = PLAIN_WITH_MAXIMUM;
  return patched;
}

/** Offset of the limits flag of the imported memory. */
function memoryFlagOffset(binary: Uint8Array): number {
  const at = { offset: 8 }; // after the magic word and the version
  while (at.offset < binary.length) {
    const section = binary[at.offset++];
    const end = readLeb(binary, at) + at.offset;
    if (section !== IMPORT_SECTION) {
      at.offset = end;
      continue;
    }
    for (let left = readLeb(binary, at); left > 0; left--) {
      skipName(binary, at); // module
      skipName(binary, at); // field
      const kind = binary[at.offset++];
      if (kind === EXTERNAL.memory) return at.offset;
      if (kind === EXTERNAL.function) readLeb(binary, at);
      else if (kind === EXTERNAL.global) at.offset += 2;
      else skipTable(binary, at);
    }
  }
  throw new Error("bug in @subquad/linalg-core: the kernels import no memory, please report");
}

/** An unsigned integer of 7 bits a byte, least first; moves `at` behind it. */
function readLeb(binary: Uint8Array, at: { offset: number }): number {
  let value = 0;
  for (let weight = 1; ; weight *= 128) {
    const byte = binary[at.offset++] ?? 0;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
  }
}

function skipName(binary: Uint8Array, at: { offset: number }): void {
  const length = readLeb(binary, at);
  at.offset += length;
}

function skipTable(binary: Uint8Array, at: { offset: number }): void {
  at.offset++; // element type
  const flag = binary[at.offset++] ?? 0;
  readLeb(binary, at);
  if (flag & 1) readLeb(binary, at);
}
