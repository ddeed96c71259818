/**
 * What a .npy file of an array will be, byte by byte, before there is memory for it: archives lay several side by side.
 */
import { asArray, denseCopy, OptionError, transpose, type ArrayInput } from "@subquad/linalg-core";
import { encode } from "./encode.js";
import { elementBytes } from "./element-types.js";
import { descrOfType, typeOfName, type NpyDType } from "./npy-types.js";
import { writeRowMajor } from "./row-major.js";
import { stored } from "./stored.js";

export interface NpyLayout {
  /** Bytes in all. */
  readonly length: number;
  /** Writes them from byte `at`; returns where they end. */
  writeInto(file: Uint8Array<ArrayBuffer>, at: number): number;
}

const GROWTH = 21; // digits that the first axis to be appended to may grow to in place: NumPy leaves this room, and so its bytes are ours

/** The file of one array; `site` is "where(argument)". */
export function npyLayout(input: ArrayInput, site: string, dtype: NpyDType | undefined, columns: boolean): NpyLayout {
  const where = site.slice(0, site.indexOf("("));
  const kept = stored(input, site);
  const { descr, type } = dtype === undefined ? { descr: descrOfType(kept.type), type: kept.type } : typeOfName(dtype);
  const width = elementBytes(type)!;
  const { shape } = kept.A;
  const header = headerBytes(descr, columns, shape, where);
  const inOrder = columns ? reversed(kept.A) : kept.A;
  return {
    length: header.length + width * shape.reduce((product, length) => product * length, 1),
    writeInto(file, at) {
      file.set(header, at);
      const begin = at + header.length;
      if (type === kept.type) return writeRowMajor(inOrder, width, file, begin);
      const A = asArray(input, site);
      const data = encode(denseCopy(columns ? transpose(A) : A, "float64"), type, dtype!, where);
      file.set(data, begin);
      return begin + data.length;
    },
  };
}

function headerBytes(descr: string, columns: boolean, shape: readonly number[], where: string): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(", ")})`;
  const growing = shape[columns ? shape.length - 1 : 0];
  const room = growing === undefined ? 0 : Math.max(0, GROWTH - String(growing).length);
  const text = `{'descr': '${descr}', 'fortran_order': ${columns ? "True" : "False"}, 'shape': ${tuple}, }${" ".repeat(room)}`;
  const begin = text.length > 65000 ? 12 : 10; // two bytes of length hold no more
  const end = Math.ceil((begin + text.length + 1) / 64) * 64; // padded: the data begin at a multiple of 64
  if (end > 2 ** 20) throw new OptionError(where, "A", "fewer axes", shape.length);
  const header = new Uint8Array(end).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, begin === 12 ? 2 : 1, 0]);
  const words = new DataView(header.buffer);
  if (begin === 12) words.setUint32(8, end - begin, true);
  else words.setUint16(8, end - begin, true);
  new TextEncoder().encodeInto(text, header.subarray(begin));
  header[end - 1] = 0x0a;
  return header;
}

/** The axes in reverse order: row-major of this is column-major of the array. */
function reversed<T extends { readonly shape: readonly number[]; readonly stride: readonly number[] }>(A: T): T {
  return { ...A, shape: [...A.shape].reverse(), stride: [...A.stride].reverse() };
}
