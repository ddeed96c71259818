/**
 * Numbers as elements of a type that the caller asked for by name.
 *
 * Floats are rounded to the nearest of the type; integers and booleans must be held exactly, and no finite number may become infinite.
 */
import { OptionError } from "@subquad/linalg-core";
import { floatToHalf } from "./half.js";

interface Encoder {
  /** Every integer in this range is held exactly; absent for floats. */
  readonly range?: readonly [low: number, high: number];
  encode(values: Float64Array<ArrayBuffer>): ArrayBufferView<ArrayBuffer>;
}

const EXACT = 2 ** 53; // float64 holds no odd integer beyond

const encoders: Readonly<Record<string, Encoder>> = {
  F64: { encode: (values) => values },
  F32: { encode: (values) => new Float32Array(values) },
  F16: { encode: floatToHalf },
  I64: { range: [-EXACT, EXACT], encode: wideBytes },
  U64: { range: [0, EXACT], encode: wideBytes },
  I32: { range: [-(2 ** 31), 2 ** 31 - 1], encode: (values) => new Int32Array(values) },
  U32: { range: [0, 2 ** 32 - 1], encode: (values) => new Uint32Array(values) },
  I16: { range: [-32768, 32767], encode: (values) => new Int16Array(values) },
  U16: { range: [0, 65535], encode: (values) => new Uint16Array(values) },
  I8: { range: [-128, 127], encode: (values) => new Int8Array(values) },
  U8: { range: [0, 255], encode: (values) => new Uint8Array(values) },
  BOOL: { range: [0, 1], encode: (values) => new Uint8Array(values) },
};

const LARGEST: Readonly<Record<string, number>> = { F16: 65520, F32: 2 ** 128 - 2 ** 103 }; // from here on, rounding gives infinity

/** The bytes of the elements; `name` is what the caller calls the type. */
export function encode(values: Float64Array<ArrayBuffer>, type: string, name: string, where: string): Uint8Array<ArrayBuffer> {
  const { range, encode: convert } = encoders[type]!;
  const limit = LARGEST[type] ?? Infinity;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const held = range ? Number.isInteger(x) && x >= range[0] && x <= range[1] : !(Math.abs(x) >= limit) || Math.abs(x) === Infinity;
    if (!held) throw new OptionError(where, "dtype", `a type that holds every element (${name} does not hold element ${i})`, x);
  }
  const { buffer, byteOffset, byteLength } = convert(values);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Integers as 64 bits, low word first. */
function wideBytes(values: Float64Array): Int32Array<ArrayBuffer> {
  const words = new Int32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    words[2 * i] = values[i]! % 2 ** 32; // the store keeps the low 32 bits
    words[2 * i + 1] = Math.floor(values[i]! / 2 ** 32);
  }
  return words;
}
