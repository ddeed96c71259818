/**
 * Strided elements to row-major bytes, moved as integers: a float register may quieten a signalling NaN.
 */

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
  if (size === 0) return at; // the offset may point anywhere
  if (isPacked(A)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset + offset * width, size * width), at); // bytes as they are, NaN payloads too
    return at + size * width;
  }
  const Words = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const k = width / Words.BYTES_PER_ELEMENT; // words of one element: 2 of a double
  const source = new Words(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / Words.BYTES_PER_ELEMENT);
  const aligned = at % width === 0;
  const target = aligned ? new Words(file.buffer, at, size * k) : new Words(size * k);
  const index = new Array<number>(shape.length).fill(0);
  for (let q = 0, p = offset; q < size; q++) {
    for (let word = 0; word < k; word++) target[q * k + word] = source[p * k + word]!;
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
