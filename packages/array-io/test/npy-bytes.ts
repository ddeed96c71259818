/**
 * .npy files put together by hand, and another reading of their headers, so that the reader is not tested by the writer.
 */

/** A file with this header text (not padded), these data bytes and this version. */
export function npy(header: string, data: ArrayLike<number> = [], version = 1): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const length = Array.from({ length: version === 1 ? 2 : 4 }, (_, place) => Math.floor(text.length / 256 ** place) % 256);
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...text, ...Array.from(data)]);
}

/** The usual header. */
export function dict(descr: string, shape: string, fortran = "False"): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
}

type Getter = (view: DataView, at: number, little: boolean) => number;

const getters: Readonly<Record<string, readonly [width: number, get: Getter]>> = {
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  b1: [1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)],
  f2: [2, (view, at, little) => half(view.getUint16(at, little))],
};

/** Elements of a kind such as "f4", read one by one. */
export function readElements(kind: string, view: DataView, begin: number, count: number, little: boolean): number[] {
  const [width, get] = getters[kind]!;
  return Array.from({ length: count }, (_, p) => get(view, begin + p * width, little));
}

/** What a file says by a second, plainer reading: its shape and its values in the order of the index; undefined where this reading sees no array. */
export function secondReading(bytes: Uint8Array): { readonly shape: readonly number[]; readonly values: readonly number[] } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [begin, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const text = String.fromCharCode(...bytes.subarray(begin, begin + length));
  const json = text.replaceAll("'", '"').replace("False", "false").replace("True", "true").replace("(", "[").replace(")", "]");
  try {
    const header = JSON.parse(
      json
        .replace(/,\s*([\]}])/g, "$1")
        .replace(/(\d)L/g, "$1")
        .replaceAll("\f", " "),
    ) as Record<string, unknown>;
    const [order, kind] = [String(header.descr).charAt(0), String(header.descr).slice(1)];
    const shape = header.shape as number[];
    const size = shape.reduce((product, n) => product * n, 1);
    const [width] = getters[kind]!;
    if (Object.keys(header).length !== 3 || begin + length + size * width !== bytes.length) return undefined;
    const stored = readElements(kind, view, begin + length, size, order !== ">");
    return { shape, values: header.fortran_order === true ? transposed(stored, shape) : stored };
  } catch {
    return undefined;
  }
}

function transposed(stored: readonly number[], shape: readonly number[]): number[] {
  return stored.map((_, p) => {
    let at = 0;
    for (let axis = shape.length - 1, rest = p; axis >= 0; axis--) {
      const step = shape.slice(0, axis).reduce((product, n) => product * n, 1);
      at += (rest % shape[axis]!) * step;
      rest = Math.floor(rest / shape[axis]!);
    }
    return stored[at]!;
  });
}

function half(code: number): number {
  const sign = code >= 32768 ? -1 : 1;
  const [exponent, mantissa] = [(code >> 10) & 31, code & 1023];
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
