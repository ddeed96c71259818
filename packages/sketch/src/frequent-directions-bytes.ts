/**
 * Sketches by frequent directions as bytes, little-endian.
 *
 *   "SQFD" · version, d, l, filled as uint32 · 4 bytes of zeros · rows, Δ, rounding as float64 · filled × d float64
 *
 * Source: Subquad's own convention.
 */
import { OptionError } from "@subquad/linalg-core";

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
  /** [2 l, d]. */
  readonly buffer: Float64Array;
}

const MAGIC = [0x53, 0x51, 0x46, 0x44]; // SQFD
const VERSION = 1;
const HEADER = 48;

/** The state as bytes. */
export function encodeSketch({ width, sketchRows, filled, rows, shrinkage, rounding, buffer }: SketchState): Uint8Array<ArrayBuffer> {
  const count = filled * width;
  const bytes = new Uint8Array(HEADER + 8 * count);
  const data = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  [VERSION, width, sketchRows, filled].forEach((word, i) => {
    data.setUint32(4 + 4 * i, word, true);
  });
  [rows, shrinkage, rounding].forEach((value, i) => {
    data.setFloat64(24 + 8 * i, value, true);
  });
  for (let p = 0; p < count; p++) data.setFloat64(HEADER + 8 * p, buffer[p]!, true);
  return bytes;
}

/** The state that was encoded; OptionError for anything else. */
export function decodeSketch(where: string, bytes: unknown): SketchState {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(where, "bytes", "a Uint8Array", bytes);
  const isSketch = bytes.length >= HEADER && MAGIC.every((byte, i) => bytes[i] === byte);
  if (!isSketch) throw new OptionError(where, "bytes", "those of a sketch by frequent directions", `${bytes.length} other bytes`);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, width, sketchRows, filled] = [0, 1, 2, 3].map((i) => data.getUint32(4 + 4 * i, true)) as [number, number, number, number];
  if (version !== VERSION) throw new OptionError(where, "bytes", `version ${VERSION}`, version);
  const [rows, shrinkage, rounding] = [0, 1, 2].map((i) => data.getFloat64(24 + 8 * i, true)) as [number, number, number];
  const isWhole = width > 0 && sketchRows > 0 && filled <= 2 * sketchRows && bytes.length === HEADER + 8 * filled * width;
  if (!isWhole) throw new OptionError(where, "bytes", `${HEADER + 8 * filled * width} of them`, bytes.length);
  const isSound = Number.isSafeInteger(rows) && rows >= 0 && shrinkage >= 0 && rounding >= 0; // so that NaN fails
  if (!isSound) throw new OptionError(where, "bytes", "counts of rows, shrinkage and rounding", [rows, shrinkage, rounding]);
  const buffer = new Float64Array(2 * sketchRows * width);
  for (let p = 0; p < filled * width; p++) {
    buffer[p] = data.getFloat64(HEADER + 8 * p, true);
    if (!Number.isFinite(buffer[p])) throw new OptionError(where, "bytes", "finite rows", buffer[p]);
  }
  return { width, sketchRows, filled, rows, shrinkage, rounding, buffer };
}
