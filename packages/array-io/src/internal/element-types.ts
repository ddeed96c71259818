/**
 * The element types of files, under their safetensors names: how long one element is, and how it becomes a float.
 */
import { NumericsError, type DType } from "@subquad/linalg-core";
import { bfloatToFloat, halfToFloat } from "./half.js";

type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
type Store = FloatArray | Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Unsigned;
type Unsigned = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

interface ElementType {
  readonly bytes: number;
  /** Values laid over, or computed from, `count` elements from byte `at`, a multiple of `bytes`. */
  decode(buffer: ArrayBuffer, at: number, count: number, where: string): Store;
}

const types: Readonly<Record<string, ElementType>> = {
  F64: { bytes: 8, decode: (buffer, at, count) => new Float64Array(buffer, at, count) },
  F32: { bytes: 4, decode: (buffer, at, count) => new Float32Array(buffer, at, count) },
  F16: { bytes: 2, decode: (buffer, at, count) => halfToFloat(new Uint16Array(buffer, at, count)) },
  BF16: { bytes: 2, decode: (buffer, at, count) => bfloatToFloat(new Uint16Array(buffer, at, count)) },
  I64: { bytes: 8, decode: (buffer, at, count, where) => wide(new Int32Array(buffer, at, 2 * count), where) },
  U64: { bytes: 8, decode: (buffer, at, count, where) => wide(new Uint32Array(buffer, at, 2 * count), where) },
  I32: { bytes: 4, decode: (buffer, at, count) => new Int32Array(buffer, at, count) },
  U32: { bytes: 4, decode: (buffer, at, count) => new Uint32Array(buffer, at, count) },
  I16: { bytes: 2, decode: (buffer, at, count) => new Int16Array(buffer, at, count) },
  U16: { bytes: 2, decode: (buffer, at, count) => new Uint16Array(buffer, at, count) },
  I8: { bytes: 1, decode: (buffer, at, count) => new Int8Array(buffer, at, count) },
  U8: { bytes: 1, decode: (buffer, at, count) => new Uint8Array(buffer, at, count) },
  BOOL: { bytes: 1, decode: (buffer, at, count) => truths(new Uint8Array(buffer, at, count)) },
};

/** Bytes of one element, undefined for a type that this reader does not know. */
export function elementBytes(type: string): number | undefined {
  return Object.hasOwn(types, type) ? types[type]!.bytes : undefined;
}

/** The names that `decode` takes. */
export const readableTypes: readonly string[] = Object.keys(types);

/**
 * Elements as floats: float32 where it holds every value of a floating type, else float64, unless `dtype` says otherwise.
 * The bytes begin at a multiple of the element's length in their buffer; floats of the wanted kind are laid over them, not copied.
 */
export function decode(type: string, bytes: Uint8Array<ArrayBuffer>, dtype: DType | undefined, where: string): FloatArray {
  const element = types[type]!;
  const values = element.decode(bytes.buffer, bytes.byteOffset, bytes.length / element.bytes, where);
  const wanted = dtype ?? (values instanceof Float32Array ? "float32" : "float64");
  if (wanted === "float32") return values instanceof Float32Array ? values : new Float32Array(values);
  return values instanceof Float64Array ? values : new Float64Array(values);
}

const stores = [
  { type: "F64", Store: Float64Array },
  { type: "F32", Store: Float32Array },
  { type: "I32", Store: Int32Array },
  { type: "U32", Store: Uint32Array },
  { type: "I16", Store: Int16Array },
  { type: "U16", Store: Uint16Array },
  { type: "I8", Store: Int8Array },
  { type: "U8", Store: Uint8Array },
  { type: "U8", Store: Uint8ClampedArray },
] as const;

/** What a store is written as; undefined for one without a type of its own, such as a plain array. By its tag: another realm has other classes. */
export function typeOfStore(data: unknown): (typeof stores)[number] | undefined {
  const tag = ArrayBuffer.isView(data) ? (data as unknown as Record<symbol, unknown>)[Symbol.toStringTag] : undefined;
  return stores.find(({ Store }) => Store.name === tag);
}

/** 64-bit integers, low word first, as float64: exact or refused. */
function wide(words: Int32Array | Uint32Array, where: string): Float64Array<ArrayBuffer> {
  const out = new Float64Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    const h = words[2 * i + 1]!;
    const l = words[2 * i]! >>> 0;
    if (!(h >= -(2 ** 21) && (h < 2 ** 21 || (h === 2 ** 21 && l === 0)))) {
      const got = (BigInt(h) << 32n) | BigInt(l);
      throw new NumericsError("ERR_OVERFLOW", `${where}: expected 64-bit integers within ±2^53, got ${got.toString()} at element ${i}`, {
        where,
        expected: "64-bit integers within ±2^53",
        got,
      });
    }
    out[i] = h * 2 ** 32 + l;
  }
  return out;
}

/** Booleans as 0 and 1: any other byte than 0 is true, as it is to NumPy. */
function truths(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.map((byte) => (byte === 0 ? 0 : 1));
}
