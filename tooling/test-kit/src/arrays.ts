/**
 * The arrays of the kit: plain objects with the fields of scijs ndarray and nothing else, so that the kit shares no code with what it judges.
 *
 *   data    flat store     stride  step of each axis, in elements
 *   shape   lengths        offset  where element [0, …, 0] lies
 */

export type FloatStore = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Anything with these four fields can be judged: our arrays, scijs ndarrays, arrays of the kit. */
export interface Strided {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Fields as scijs ndarray has them (mutable `shape` and `stride`), over a known store. */
export interface PlainArray<Store extends ArrayLike<number> = Float64Array<ArrayBuffer>> {
  readonly data: Store;
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;
}

/**
 * Row-major array over a store, without a copy.
 * @param data values in row-major order.
 * @param shape lengths; their product is `data.length`.
 * @returns the array.
 * @throws Error when the lengths disagree.
 */
export function plain<Store extends ArrayLike<number>>(data: Store, shape: readonly number[]): PlainArray<Store> {
  if (count(shape) !== data.length)
    throw new Error(`plain(data): expected ${count(shape)} values for [${shape.join(", ")}], got ${data.length}`);
  return { data, shape: [...shape], stride: rowMajor(shape), offset: 0 };
}

/**
 * Row-major float64 array from nested lists.
 * @param rows numbers, or rows of equal length.
 * @returns shape [rows.length] or [rows.length, rows[0].length].
 */
export function fromNested(rows: readonly number[] | readonly (readonly number[])[]): PlainArray {
  const columns = typeof rows[0] === "object" ? rows[0].length : undefined;
  return plain(Float64Array.from(rows.flat()), columns === undefined ? [rows.length] : [rows.length, columns]);
}

/**
 * Copies any strided array to row-major float64.
 * @param A any shape and stride.
 * @returns its values in row-major order.
 */
export function pack(A: Strided): Float64Array<ArrayBuffer> {
  const out = new Float64Array(count(A.shape));
  const index = new Array<number>(A.shape.length).fill(0);
  for (let p = 0; p < out.length; p++) {
    let at = A.offset;
    for (let axis = 0; axis < index.length; axis++) at += index[axis]! * A.stride[axis]!;
    out[p] = A.data[at]!;
    for (let axis = index.length - 1; axis >= 0 && (index[axis]! += 1) === A.shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/**
 * The chosen rows of the second-last axis.
 * @param A shape [.., n, d].
 * @param rows indices below n, in any order.
 * @returns shape [.., rows.length, d], float64.
 */
export function takeRows(A: Strided, rows: readonly number[]): PlainArray {
  const { lead, n, d } = matrixShape(A);
  const values = pack(A);
  const out = new Float64Array(count(lead) * rows.length * d);
  for (let h = 0; h < count(lead); h++) {
    for (let i = 0; i < rows.length; i++) {
      const from = (h * n + checkedRow(rows[i]!, n)) * d;
      out.set(values.subarray(from, from + d), (h * rows.length + i) * d);
    }
  }
  return plain(out, [...lead, rows.length, d]);
}

/** Splits a shape of rank 2 or more into leading axes and the matrix [n, d] at its end. */
export function matrixShape(A: Strided): { lead: readonly number[]; n: number; d: number } {
  if (A.shape.length < 2) throw new Error(`expected an array of rank 2 or more, got shape [${A.shape.join(", ")}]`);
  return { lead: A.shape.slice(0, -2), n: A.shape.at(-2)!, d: A.shape.at(-1)! };
}

export function checkedRow(row: number, n: number): number {
  if (!(Number.isInteger(row) && row >= 0 && row < n)) throw new Error(`expected a row in 0..${n - 1}, got ${row}`);
  return row;
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis]!, axis--) stride[axis] = step;
  return stride;
}
