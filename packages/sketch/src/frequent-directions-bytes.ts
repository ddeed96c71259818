/**
 * Sketches by frequent directions as bytes, little-endian.
 *
 *   "SQFD" · version, d, l, filled as uint32 · 4 bytes of zeros · rows, Δ, rounding as float64 · filled × d float64 · u32 CRC-32 of all that
 *
 * Source: Subquad's own convention.
 */
import { FormatError, OptionError } from "@subquad/linalg-core";
import { checksum } from "./checksum.js";

/** What a sketch knows. */
export interface SketchState {
  /** d. */
  readonly width: number;
  /** l. */
  readonly sketchRows: number;
  /** Rows of the buffer that hold something. */
  readonly filled: number;
  /** Rows of A. */
  readonly rows: number;
  /** Δ. */
  readonly shrinkage: number;
  /** Rounding of all shrinkings, in the units of Δ. */
  readonly rounding: number;
  /** The rows that are filled, [filled, d], and room for more. */
  readonly buffer: Float64Array;
}

const MAGIC = [0x53, 0x51, 0x46, 0x44]; // SQFD
const VERSION = 1;
const FORMAT = "subquad-frequent-directions";
const HEADER = 48;
const CHECKSUM = 4;
/** Of an entry, so that sums of squares cannot overflow. */
export const LARGEST = 2 ** 504;
export const MOST_COLUMNS = 2 ** 24;
export const MOST_ROWS = 2 ** 20;

/** The state as bytes. */
export function encodeSketch({ width, sketchRows, filled, rows, shrinkage, rounding, buffer }: SketchState): Uint8Array<ArrayBuffer> {
  const count = filled * width;
  const bytes = new Uint8Array(HEADER + 8 * count + CHECKSUM);
  const data = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  [VERSION, width, sketchRows, filled].forEach((word, i) => {
    data.setUint32(4 + 4 * i, word, true);
  });
  [rows, shrinkage, rounding].forEach((value, i) => {
    data.setFloat64(24 + 8 * i, value, true);
  });
  for (let p = 0; p < count; p++) data.setFloat64(HEADER + 8 * p, buffer[p]!, true);
  data.setUint32(HEADER + 8 * count, checksum(bytes.subarray(0, -CHECKSUM)), true);
  return bytes;
}

/** The state that was encoded; FormatError for anything else, which `encodeSketch` would not have written. */
export function decodeSketch(where: string, bytes: unknown): SketchState {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(where, "bytes", "a Uint8Array", bytes);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (offset: number, expected: string, got: unknown): never => {
    throw new FormatError(where, { format: FORMAT, offset, expected, got: String(got) });
  };
  const end = bytes.length - CHECKSUM;
  if (end < HEADER) refuse(bytes.length, `${HEADER + CHECKSUM} bytes at least`, "the end");
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) refuse(0, "SQFD", "others");
  const [version, width, sketchRows, filled, zeros] = Array.from({ length: 5 }, (_, i) => data.getUint32(4 + 4 * i, true)) as Five;
  if (version !== VERSION) refuse(4, `version ${VERSION}`, version);
  if (checksum(bytes.subarray(0, end)) !== data.getUint32(end, true)) refuse(end, "the checksum of the bytes before", "another");
  if (!(width >= 1 && width <= MOST_COLUMNS)) refuse(8, `1 to ${MOST_COLUMNS} columns`, width);
  if (!(sketchRows >= 1 && sketchRows <= MOST_ROWS)) refuse(12, `1 to ${MOST_ROWS} rows`, sketchRows);
  if (filled > 2 * sketchRows || end !== HEADER + 8 * filled * width) refuse(16, `the number of rows in ${bytes.length} bytes`, filled);
  const [rows, shrinkage, rounding] = [0, 1, 2].map((i) => data.getFloat64(24 + 8 * i, true)) as [number, number, number];
  if (zeros !== 0 || !(Number.isSafeInteger(rows) && rows >= filled)) refuse(24, `${filled} rows at least`, rows);
  if (!(shrinkage >= 0 && shrinkage < Infinity)) refuse(32, "a shrinkage", shrinkage);
  if (!(rounding >= 0)) refuse(40, "a bound of rounding", rounding);
  const buffer = Float64Array.from({ length: filled * width }, (_, p) => data.getFloat64(HEADER + 8 * p, true));
  const bad = buffer.findIndex((x) => !(Math.abs(x) <= Number.MAX_VALUE));
  if (bad >= 0) refuse(HEADER + 8 * bad, "finite entries", buffer[bad]);
  return { width, sketchRows, filled, rows, shrinkage, rounding, buffer };
}

type Five = [number, number, number, number, number];
