/**
 * The header of a safetensors file, checked in full before any tensor is read.
 *
 *   8 bytes  N, unsigned, low byte first
 *   N bytes  JSON: { name: { dtype, shape, data_offsets: [begin, end] }, …, "__metadata__"?: { key: text } }
 *   D bytes  tensors: [begin, end) counted from here; together they cover the D bytes once, without holes
 *
 * Source: the format description of the safetensors project, restated in NOTES.md.
 */
import { breather } from "./breath.js";
import { elementBytes } from "./element-types.js";
import { jsonMembers } from "./json-members.js";
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
export async function parseHeader(bytes: Uint8Array, size: number, refuse: Refuse, signal?: AbortSignal): Promise<Header> {
  if (bytes[0] !== 0x7b) refuse('a header that begins with "{"', bytes.length === 0 ? "no header" : `byte ${bytes[0]!}`, 8);
  const breathe = breather(signal);
  const begin = 8 + bytes.length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Readonly<Record<string, string>> | undefined;
  for (const members of jsonMembers(bytes, (expected, got) => refuse(expected, got, 8))) {
    for (let i = 0; i < members.length; i += 2) {
      const [name, value] = [members[i] as string, members[i + 1]];
      const isTwice = name === METADATA ? metadata !== undefined : tensors.has(name);
      if (isTwice) refuse("every key once", `${JSON.stringify(name)} twice`, 8);
      if (name === METADATA) metadata = metadataOf(value, refuse);
      else tensors.set(name, tensorEntry(name, value, begin, size, refuse));
    }
    await breathe();
  }
  const ordered = inOrder(tensors);
  await breathe();
  assertCovered(ordered, begin, size, refuse);
  return { tensors: ordered, metadata: metadata ?? {} };
}

/** Tensors in the order of their bytes, which most writers keep anyway. */
function inOrder(tensors: ReadonlyMap<string, TensorEntry>): ReadonlyMap<string, TensorEntry> {
  const compare = (a: TensorEntry, b: TensorEntry): number => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength;
  let last: TensorEntry | undefined;
  for (const entry of tensors.values()) {
    if (last && compare(last, entry) > 0) return new Map([...tensors].sort(([, a], [, b]) => compare(a, b)));
    last = entry;
  }
  return tensors;
}

function tensorEntry(name: string, value: unknown, begin: number, size: number, refuse: Refuse): TensorEntry {
  if (typeof value !== "object" || value === null) return refuse(`${labelOf(name)} as an object`, value, 8);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== "string") return refuse(`${labelOf(name)} with a dtype`, dtype, 8);
  if (!isCounts(shape)) return refuse(`${labelOf(name)} with a shape of integers ≥ 0`, shape, 8);
  if (!isCounts(offsets) || offsets.length !== 2) return refuse(`${labelOf(name)} with data_offsets of two integers ≥ 0`, offsets, 8);
  const [from, to] = offsets as [number, number];
  if (!(from <= to && to <= size - begin)) return refuse(`${labelOf(name)} within the ${size - begin} bytes of data`, offsets, 8);

  const elements = elementsOf(shape);
  if (elements === undefined) return refuse(`${labelOf(name)} with at most 2^53 elements`, shape, 8);
  const width = elementBytes(dtype);
  if (width !== undefined && to - from !== elements * width) {
    return refuse(`${labelOf(name)} with ${elements * width} bytes for ${dtype} [${shape.join(", ")}]`, to - from, begin + from);
  }
  return { dtype, shape: shape.map((length) => length + 0), byteOffset: begin + from, byteLength: to - from }; // + 0: no -0
}

/** Neither holes nor overlaps, and nothing behind the last tensor. */
function assertCovered(tensors: ReadonlyMap<string, TensorEntry>, begin: number, size: number, refuse: Refuse): void {
  let end = begin;
  for (const [name, { byteOffset, byteLength }] of tensors) {
    if (byteOffset !== end) refuse(`${labelOf(name)} to begin where the one before it ends, at ${end - begin}`, byteOffset - begin, end);
    end += byteLength;
  }
  if (end !== size) refuse("no bytes after the last tensor", `${size - end}`, end);
}

function metadataOf(metadata: unknown, refuse: Refuse): Readonly<Record<string, string>> {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return refuse(`${METADATA} as an object`, metadata, 8);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") refuse(`${METADATA}.${key} as text`, value, 8);
  }
  return metadata as Record<string, string>;
}

function labelOf(name: string): string {
  return `tensor ${JSON.stringify(name)}`;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && (length as number) >= 0);
}
