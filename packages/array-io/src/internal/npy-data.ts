/**
 * The bytes of a .npy file as an array.
 */
import { view, type DType, type NdArray } from "@subquad/linalg-core";
import { allocate, type OpenSource } from "./byte-source.js";
import { decode } from "./element-types.js";
import { parseNpyHeader, parsePreamble, PREAMBLE, type NpyHeader } from "./npy-header.js";
import type { Refuse } from "./refuse.js";

const FIRST = 256; // one read for nearly every header: NumPy pads them to 128 bytes

/** Header of an open file. */
export async function loadHeader(file: OpenSource, refuse: Refuse, signal?: AbortSignal): Promise<NpyHeader> {
  const first = await file.read(0, Math.min(FIRST, file.size), signal);
  const preamble = parsePreamble(first.subarray(0, PREAMBLE), file.size, refuse);
  const { textOffset, dataOffset } = preamble;
  const text =
    dataOffset <= first.length ? first.subarray(textOffset, dataOffset) : await file.read(textOffset, dataOffset - textOffset, signal);
  return parseNpyHeader(preamble, text, file.size, refuse);
}

/** A whole file in memory: the array shares it where the elements lie as an array has them, and is a copy where not. */
export function arrayInBytes(bytes: Uint8Array, dtype: DType | undefined, where: string, refuse: Refuse): NdArray {
  const preamble = parsePreamble(bytes.subarray(0, PREAMBLE), bytes.length, refuse);
  const text = new Uint8Array(bytes.subarray(preamble.textOffset, preamble.dataOffset)); // a copy: pages do not decode shared memory
  const header = parseNpyHeader(preamble, text, bytes.length, refuse);
  const { swapped, width, dataOffset } = header;
  const data = bytes.subarray(dataOffset);
  const lies = !swapped && data.byteOffset % width === 0 && data.buffer instanceof ArrayBuffer;
  return arrayOf(header, lies ? (data as Uint8Array<ArrayBuffer>) : owned(data, where), header.shape, dtype, where);
}

/**
 * Elements of the file in an array of this shape, in the file's order. The bytes are aligned; those of a swapped type are changed. What must be
 * converted goes into the memory that `out` gives.
 */
export function arrayOf(
  { type, swapped, width, fortranOrder }: NpyHeader,
  bytes: Uint8Array<ArrayBuffer>,
  shape: readonly number[],
  dtype: DType | undefined,
  where: string,
  out?: (length: number) => ArrayBuffer,
): NdArray {
  if (swapped) swapBytes(bytes, width);
  return view(decode(type, bytes, dtype, where, out), shape, fortranOrder ? columnMajor(shape) : undefined);
}

function columnMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  for (let k = 0, step = 1; k < shape.length; step *= shape[k]!, k++) stride[k] = step;
  return stride;
}

function owned(bytes: Uint8Array, where: string): Uint8Array<ArrayBuffer> {
  const copy = allocate(where, bytes.length);
  copy.set(bytes);
  return copy;
}

/** Reverses the bytes of every element, of 2, 4 or 8 bytes, a word at a time. */
function swapBytes({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, width: number): void {
  if (width === 2) {
    const halves = new Uint16Array(buffer, byteOffset, length / 2);
    for (let i = 0; i < halves.length; i++) halves[i] = (halves[i]! << 8) | (halves[i]! >>> 8);
    return;
  }
  const words = new Int32Array(buffer, byteOffset, length / 4);
  if (width === 4) for (let i = 0; i < words.length; i++) words[i] = swapped(words[i]!);
  else {
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i]!;
      words[i] = swapped(words[i + 1]!);
      words[i + 1] = swapped(low);
    }
  }
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
