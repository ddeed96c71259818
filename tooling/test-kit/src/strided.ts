/**
 * One matrix in every memory layout a caller may hand us: the values stay, the strides change.
 */
import { count, pack, rowMajor, type PlainArray, type Strided } from "./arrays.js";

export type Layout = "row" | "transposed" | "sliced" | "stepped" | "negative" | "broadcast";

/** Every layout that holds arbitrary values; "broadcast" needs an axis of equal entries. */
export const layouts: readonly Layout[] = ["row", "transposed", "sliced", "stepped", "negative"];

type Store = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/**
 * The values of A again, in another memory layout; the gaps between them hold a sentinel that no right answer contains.
 * @param A any shape and stride; float32, int32 and uint8 stay as they are, everything else becomes float64.
 * @param layout "row" dense · "transposed" axes stored in reverse order · "sliced" inside a larger array, offset > 0 · "stepped" every second
 *   element, every third row · "negative" all axes backwards · "broadcast" stride 0 along each axis whose entries are equal.
 * @returns a view with the values of A.
 * @throws Error when "broadcast" finds no axis of equal entries.
 */
export function strided(A: Strided, layout: Layout): PlainArray<Store> {
  const { shape } = A;
  const values = pack(A);
  if (layout === "broadcast") return broadcast(A, values);
  const steps = shape.map((_, axis) => (layout === "stepped" ? 2 + ((shape.length - 1 - axis) % 2) : 1));
  const margin = layout === "sliced" ? 1 : 0; // so many unused entries before and after, on each axis
  const outer = shape.map((length, axis) => length * steps[axis]! + 2 * margin);
  const outerStride = layout === "transposed" ? rowMajor([...outer].reverse()).reverse() : rowMajor(outer);
  const sign = layout === "negative" ? -1 : 1;

  const stride = outerStride.map((step, axis) => step * steps[axis]! * sign);
  const first = layout === "negative" ? shape.map((length) => Math.max(0, length - 1)) : shape.map(() => margin);
  const offset = first.reduce((sum, index, axis) => sum + index * outerStride[axis]!, 0);
  const data = storeLike(A, count(outer));
  data.fill(data instanceof Uint8Array ? 255 : -987654321);
  const view = { data, shape: [...shape], stride, offset };
  scatter(values, view);
  return view;
}

function broadcast(A: Strided, values: Float64Array): PlainArray<Store> {
  const dense = rowMajor(A.shape);
  const equal = A.shape.map(
    (length, axis) => length > 1 && values.every((v, p) => Object.is(v, values[p - axisIndex(p, A.shape, dense, axis) * dense[axis]!])),
  );
  if (!equal.includes(true))
    throw new Error(`strided(A): expected an axis of equal entries for "broadcast", got none in [${A.shape.join(", ")}]`);
  const kept = A.shape.map((length, axis) => (equal[axis] ? 1 : length));
  const stride = rowMajor(kept).map((step, axis) => (equal[axis] ? 0 : step));
  const view = { data: storeLike(A, count(kept)), shape: [...A.shape], stride, offset: 0 };
  scatter(values, view); // equal entries land on one element
  return view;
}

function axisIndex(p: number, shape: readonly number[], dense: readonly number[], axis: number): number {
  return Math.floor(p / dense[axis]!) % shape[axis]!;
}

function scatter(values: Float64Array, view: PlainArray<Store>): void {
  const dense = rowMajor(view.shape);
  for (let p = 0; p < values.length; p++) {
    let at = view.offset;
    for (let axis = 0; axis < dense.length; axis++) at += axisIndex(p, view.shape, dense, axis) * view.stride[axis]!;
    view.data[at] = values[p]!;
  }
}

function storeLike(A: Strided, length: number): Store {
  if (A.data instanceof Float32Array) return new Float32Array(length);
  if (A.data instanceof Int32Array) return new Int32Array(length);
  return A.data instanceof Uint8Array ? new Uint8Array(length) : new Float64Array(length);
}
