/**
 * The header of a safetensors file, checked in full before any tensor is read.
 *
 *   8 bytes  N, unsigned, low byte first
 *   N bytes  JSON: { name: { dtype, shape, data_offsets: [begin, end] }, …, "__metadata__"?: { key: text } }
 *   D bytes  tensors: [begin, end) counted from here; together they cover the D bytes once, without holes
 *
 * Source: the format description of the safetensors project, restated in NOTES.md.
 */
import { elementBytes } from "./element-types.js";
import { elementsOf, type Refuse } from "./refuse.js";

export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Position in the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

export const METADATA = "__metadata__";
const MAX_HEADER = 1e8; // as in the reference implementation: no header of a real model comes near

/** N, from the first 8 bytes of a file of `size` bytes. */
export function headerLength(first: Uint8Array, size: number, refuse: Refuse): number {
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER) refuse(`a header of at most ${MAX_HEADER} bytes`, `${length}`, 0);
  if (8 + Number(length) > size) refuse(`at least ${8 + Number(length)} bytes in all, header included`, `${size}`, 0);
  return Number(length);
}

/** The header, every rule checked. `bytes` are the N bytes after the length, `size` the bytes of the file. */
export function parseHeader(bytes: Uint8Array, size: number, refuse: Refuse): Header {
  const text = jsonText(bytes, refuse);
  const header = parseJson(text, refuse);
  const begin = 8 + bytes.length;
  const entries: [string, TensorEntry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA) entries.push([name, tensorEntry(name, value, begin, size, refuse)]);
  }
  const twice = duplicateKey(text); // JSON.parse keeps the last of two equal keys and says nothing
  if (twice !== undefined) refuse("every key once", `${JSON.stringify(twice)} twice`, 8);
  entries.sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  assertCovered(entries, begin, size, refuse);
  return { tensors: new Map(entries), metadata: metadataOf(header, refuse) };
}

function jsonText(bytes: Uint8Array, refuse: Refuse): string {
  if (bytes[0] !== 0x7b) refuse('a header that begins with "{"', bytes.length === 0 ? "no header" : `byte ${bytes[0]!}`, 8);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("a header in UTF-8", "other bytes", 8);
  }
}

function parseJson(text: string, refuse: Refuse): object {
  try {
    return JSON.parse(text) as object; // begins with "{": an object, if anything
  } catch (error) {
    return refuse("a header in JSON", (error as Error).message, 8);
  }
}

function tensorEntry(name: string, value: unknown, begin: number, size: number, refuse: Refuse): TensorEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (typeof value !== "object" || value === null) return refuse(`${label} as an object`, value, 8);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== "string") return refuse(`${label} with a dtype`, dtype, 8);
  if (!isCounts(shape)) return refuse(`${label} with a shape of integers ≥ 0`, shape, 8);
  if (!isCounts(offsets) || offsets.length !== 2) return refuse(`${label} with data_offsets of two integers ≥ 0`, offsets, 8);
  const [from, to] = offsets as [number, number];
  if (!(from <= to && to <= size - begin)) return refuse(`${label} within the ${size - begin} bytes of data`, offsets, 8);

  const elements = elementsOf(shape);
  if (elements === undefined) return refuse(`${label} with at most 2^53 elements`, shape, 8);
  const width = elementBytes(dtype);
  if (width !== undefined && to - from !== elements * width) {
    return refuse(`${label} with ${elements * width} bytes for ${dtype} [${shape.join(", ")}]`, to - from, begin + from);
  }
  return { dtype, shape: shape.map((length) => length + 0), byteOffset: begin + from, byteLength: to - from }; // + 0: no -0
}

/** Neither holes nor overlaps, and nothing behind the last tensor. */
function assertCovered(entries: readonly (readonly [string, TensorEntry])[], begin: number, size: number, refuse: Refuse): void {
  let end = begin;
  for (const [name, { byteOffset, byteLength }] of entries) {
    if (byteOffset !== end)
      refuse(`tensor ${JSON.stringify(name)} to begin where the one before it ends, at ${end - begin}`, byteOffset - begin, end);
    end += byteLength;
  }
  if (end !== size) refuse("no bytes after the last tensor", `${size - end}`, end);
}

function metadataOf(header: object, refuse: Refuse): Readonly<Record<string, string>> {
  if (!Object.hasOwn(header, METADATA)) return {};
  const metadata = (header as Record<string, unknown>)[METADATA];
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return refuse(`${METADATA} as an object`, metadata, 8);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") refuse(`${METADATA}.${key} as text`, value, 8);
  }
  return metadata as Record<string, string>;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && (length as number) >= 0);
}

/** The first key that stands twice in one object of valid JSON text; by a loop, since a regular expression overflows its stack on long texts. */
function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const start = i;
      i = endOfString(text, start);
      if (!isKey(text, i)) continue;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return undefined;
}

/** Position of the quote that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}

/** Whether a colon follows the string that ends at `end`. */
function isKey(text: string, end: number): boolean {
  let i = end + 1;
  while (text[i] === " " || text[i] === "\t" || text[i] === "\n" || text[i] === "\r") i++;
  return text[i] === ":";
}
