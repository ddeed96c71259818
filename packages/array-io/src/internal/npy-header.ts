/**
 * The header of a .npy file, checked in full before the data are read.
 *
 *   "\x93NUMPY" · version (2 bytes) · N, low byte first (2 bytes in version 1.0, 4 in 2.0 and 3.0) · N bytes of text · data
 *
 * The text is a literal of Python, { 'descr': …, 'fortran_order': …, 'shape': … }; version 3.0 writes it in UTF-8, the others in Latin-1.
 * It is read by a scanner for this one literal and never evaluated.  Source: NumPy's description of the format, restated in NOTES.md.
 */
import { scanHeader } from "./npy-scan.js";
import { typeOfDescr } from "./npy-types.js";
import { elementBytes } from "./element-types.js";
import { elementsOf, type Refuse } from "./refuse.js";

export interface NpyHeader {
  /** As it stands in the file. */
  readonly descr: string;
  /** The element type of this package. */
  readonly type: string;
  /** Bytes of one element. */
  readonly width: number;
  /** The bytes of each element come high byte first. */
  readonly swapped: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Position of the first element in the file. */
  readonly dataOffset: number;
  readonly byteLength: number;
}

/** Magic, version and the longer of the two lengths. */
export const PREAMBLE = 12;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const MAX_HEADER = 2 ** 20; // NumPy itself refuses more than 10,000 bytes unless told to trust the file

export interface Preamble {
  readonly version: number;
  readonly textOffset: number;
  readonly dataOffset: number;
}

/** Where text and data begin. `first` are the first bytes of a file of `size` bytes, `PREAMBLE` of them unless it is shorter. */
export function parsePreamble(first: Uint8Array, size: number, refuse: Refuse): Preamble {
  for (let i = 0; i < MAGIC.length; i++) {
    if (first[i] !== MAGIC[i]) refuse("a file that begins with \\x93NUMPY", i < first.length ? `byte ${first[i]!}` : "the end", i);
  }
  const version = first[6]!;
  const textOffset = version === 1 ? 10 : 12;
  if (size >= 8 && !(version >= 1 && version <= 3 && first[7] === 0)) refuse("version 1.0, 2.0 or 3.0", `${version}.${first[7]!}`, 6);
  if (size < textOffset) refuse(`at least ${textOffset} bytes`, size, size);
  const words = new DataView(first.buffer, first.byteOffset, first.length);
  const length = version === 1 ? words.getUint16(8, true) : words.getUint32(8, true);
  if (length > MAX_HEADER) refuse(`a header of at most ${MAX_HEADER} bytes`, length, 8);
  const dataOffset = textOffset + length;
  if (dataOffset > size) refuse(`at least ${dataOffset} bytes in all, header included`, size, 8);
  return { version, textOffset, dataOffset };
}

/** The header, every rule checked. `bytes` are the text, `size` the bytes of the file. */
export function parseNpyHeader({ version, textOffset, dataOffset }: Preamble, bytes: Uint8Array, size: number, refuse: Refuse): NpyHeader {
  const { descr, fortranOrder, shape } = scanHeader(headerText(bytes, version, textOffset, refuse), textOffset, refuse);
  const known = typeOfDescr(descr.value);
  if (!known) return refuse("a dtype of floats, integers or booleans", `unsupported dtype ${JSON.stringify(descr.value)}`, descr.offset);
  const width = elementBytes(known.type)!;
  const elements = elementsOf(shape.value);
  if (elements === undefined) return refuse("a shape of at most 2^53 elements", shape.value, shape.offset);
  const byteLength = elements * width;
  const there = size - dataOffset;
  const what = `${byteLength} bytes of data for ${descr.value} [${shape.value.join(", ")}]`;
  if (there < byteLength) refuse(what, there, size);
  if (there > byteLength) refuse(`no bytes after ${what}`, there, dataOffset + byteLength);
  return { descr: descr.value, ...known, width, fortranOrder, shape: shape.value, dataOffset, byteLength };
}

function headerText(bytes: Uint8Array, version: number, textOffset: number, refuse: Refuse): string {
  try {
    return new TextDecoder(version === 3 ? "utf-8" : "latin1", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("a header in UTF-8", "other bytes", textOffset);
  }
}
