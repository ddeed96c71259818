/**
 * Strided elements to row-major bytes.
 */

import { typeOfStore } from "./element-types.js";

/** Typed elements with a layout that is known to lie within the data. */
export interface TypedStrided {
  readonly data: ArrayBufferView & ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Writes A into `file` from byte `at`; `width` is the bytes of one element. Returns where it ends. */
export function writeRowMajor(A: TypedStrided, width: number, file: Uint8Array<ArrayBuffer>, at: number): number {
  const { data, shape, stride, offset } = A;
  const size = shape.reduce((product, length) => product * length, 1);
  if (isPacked(A)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset + offset * width, size * width), at); // bytes as they are, NaN payloads too
    return at + size * width;
  }
  const { Store } = typeOfStore(data)!;
  const aligned = at % width === 0;
  const target = aligned ? new Store(file.buffer, at, size) : new Store(size);
  const index = new Array<number>(shape.length).fill(0);
  for (let q = 0, p = offset; q < size; q++) {
    target[q] = data[p]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      p += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      p -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  if (!aligned) file.set(new Uint8Array(target.buffer), at);
  return at + size * width;
}

function isPacked({ shape, stride }: TypedStrided): boolean {
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis]!, axis--) {
    if (shape[axis]! > 1 && stride[axis] !== step) return false;
  }
  return true;
}
