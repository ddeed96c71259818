/**
 * The element types of files, under their safetensors names: how long one element is, and how it becomes a float.
 */
import { NumericsError, type DType } from "@subquad/linalg-core";
import { allocate } from "./byte-source.js";
import { bfloatToFloat, halfToFloat } from "./half.js";

/** What a file becomes. */
export type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

interface ElementType {
  readonly bytes: number;
  /** The float that holds every value of a floating type. Default "float64". */
  readonly float?: DType;
  /** The elements are such floats already, and need no conversion. */
  readonly lies?: boolean;
  /** Converts the elements from byte `at`, a multiple of `bytes`: one for each of `out`. */
  convert(buffer: ArrayBuffer, at: number, out: FloatArray, where: string): void;
}

const types: Readonly<Record<string, ElementType>> = {
  F64: { bytes: 8, lies: true, convert: by(Float64Array, copy) },
  F32: { bytes: 4, float: "float32", lies: true, convert: by(Float32Array, copy) },
  F16: { bytes: 2, float: "float32", convert: by(Uint16Array, halfToFloat) },
  BF16: { bytes: 2, float: "float32", convert: by(Uint16Array, bfloatToFloat) },
  I64: { bytes: 8, convert: by(Int32Array, wide, 2) },
  U64: { bytes: 8, convert: by(Uint32Array, wide, 2) },
  I32: { bytes: 4, convert: by(Int32Array, copy) },
  U32: { bytes: 4, convert: by(Uint32Array, copy) },
  I16: { bytes: 2, convert: by(Int16Array, copy) },
  U16: { bytes: 2, convert: by(Uint16Array, copy) },
  I8: { bytes: 1, convert: by(Int8Array, copy) },
  U8: { bytes: 1, convert: by(Uint8Array, copy) },
  BOOL: { bytes: 1, convert: by(Uint8Array, truths) },
};

/** Bytes of one element, undefined for a type that this reader does not know. */
export function elementBytes(type: string): number | undefined {
  return Object.hasOwn(types, type) ? types[type]!.bytes : undefined;
}

/** The names that `decode` takes. */
export const readableTypes: readonly string[] = Object.keys(types);

/** The float that elements become: float32 where it holds every value of a floating type, else float64, unless `dtype` says otherwise. */
export function floatOf(type: string, dtype: DType | undefined): DType {
  return dtype ?? types[type]!.float ?? "float64";
}

/** Whether elements of the type are such floats as they lie in the file. */
export function liesAs(type: string, float: DType): boolean {
  const { lies = false } = types[type]!;
  return lies && floatOf(type, undefined) === float;
}

/**
 * Elements as floats of the kind that `floatOf` says. The bytes begin at a multiple of the element's length in their buffer; floats of the
 * wanted kind are laid over them, not copied; others are converted into the memory that `out` gives for so many bytes.
 */
export function decode(
  type: string,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType | undefined,
  where: string,
  out = (length: number): ArrayBuffer => allocate(where, length).buffer,
): FloatArray {
  const { bytes: width, convert } = types[type]!;
  const [float, count] = [floatOf(type, dtype), bytes.length / width];
  const Float = float === "float32" ? Float32Array : Float64Array;
  if (liesAs(type, float)) return new Float(bytes.buffer, bytes.byteOffset, count);
  const values = new Float(out(count * Float.BYTES_PER_ELEMENT), 0, count);
  convert(bytes.buffer, bytes.byteOffset, values, where);
  return values;
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

/** Conversion by a loop over the bytes as `words` of a store an element. */
function by<S>(
  Store: new (buffer: ArrayBuffer, at: number, length: number) => S,
  loop: (elements: S, out: FloatArray, where: string) => void,
  words = 1,
): ElementType["convert"] {
  return (buffer, at, out, where) => {
    loop(new Store(buffer, at, words * out.length), out, where);
  };
}

function copy(elements: ArrayLike<number>, out: FloatArray): void {
  out.set(elements);
}

/** 64-bit integers, low word first, as floats: within ±2^53, or refused. */
function wide(words: Int32Array | Uint32Array, out: FloatArray, where: string): void {
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
}

/** Booleans as 0 and 1: any other byte than 0 is true, as it is to NumPy. */
function truths(bytes: Uint8Array, out: FloatArray): void {
  for (let i = 0; i < out.length; i++) out[i] = bytes[i] === 0 ? 0 : 1;
}
