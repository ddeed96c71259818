/**
 * Results in memory that the caller owns: what may be written to, and the writing.
 *
 * Source: Subquad's own convention, on scijs ndarray's layout.
 */
import { describeValue } from "../describe.js";
import { OptionError, ShapeError } from "../errors.js";
import { asArray } from "./convert.js";
import { eachRow, isRowMajor, reachOf } from "./layout.js";
import type { DType, NdArray, NdData } from "./types.js";

const TAGS = { float32: "Float32Array", float64: "Float64Array", int32: "Int32Array" } as const;

/**
 * `out` is an array over data of this dtype, of this shape, and no two of its indices mean one element.
 * @param where the public function, for the message.
 * @param out the caller's array, any strides.
 * @param shape of the result.
 * @param dtype of the result.
 * @throws ShapeError, OptionError.
 * @complexity O(axes log axes).
 * @source Subquad's own convention.
 * @example assertWritable("exp", out, X.shape, "float32");
 */
export function assertWritable(where: string, out: NdArray, shape: readonly number[], dtype: DType | "int32"): void {
  const given: unknown = out;
  if (asArray(out, `${where}(out)`).data !== (given as Partial<NdArray>).data) {
    throw new ShapeError(where, "out", "a strided array over float64, float32 or int32 data", describeValue(given));
  }
  const isOfShape = out.shape.length === shape.length && shape.every((length, axis) => out.shape[axis] === length);
  if (!isOfShape) throw new ShapeError(where, "out", `shape [${shape.join(", ")}]`, out.shape);
  const kind = out.data[Symbol.toStringTag];
  if (kind !== TAGS[dtype]) throw new OptionError(where, "out", `data in ${dtype === "int32" ? "an" : "a"} ${TAGS[dtype]}`, kind);
  if (repeats(out)) throw new OptionError(where, "out", "strides that give every index an element of its own", out.stride);
}

/**
 * Copies a row-major result into an array of the same shape.
 * @param out any strides.
 * @param result values in row-major order, as many as `out` has.
 * @throws nothing.
 * @complexity O(size).
 * @source Subquad's own convention.
 * @example writeInto(out, result.data);
 */
export function writeInto(out: NdArray, result: NdData): void {
  const { data, shape, stride, offset } = out;
  if (result.length === 0) return;
  if (isRowMajor(shape, stride)) {
    data.set(result, offset);
    return;
  }
  const n = shape[shape.length - 1]!;
  const step = stride[shape.length - 1]!;
  eachRow(shape, stride, offset, (p, q) => {
    for (let j = 0; j < n; j++) data[p + j * step] = result[q + j]!;
  });
}

/**
 * `out` is the input itself, index by index, or apart from it: written over another entry, the input would be left as neither.
 * @param where the public function, for the message.
 * @param out the caller's array, of the shape of the input.
 * @param input what is read.
 * @throws OptionError.
 * @complexity O(axes).
 * @source Subquad's own convention.
 * @example assertSameOrApart("exp", out, X);
 */
export function assertSameOrApart(where: string, out: NdArray, input: NdArray): void {
  if (!mayOverlap(out, input)) return;
  const isSame =
    firstByte(out) === firstByte(input) &&
    out.data.BYTES_PER_ELEMENT === input.data.BYTES_PER_ELEMENT &&
    out.shape.every((length, axis) => length === 1 || out.stride[axis] === input.stride[axis]);
  if (!isSame) throw new OptionError(where, "out", "the input itself or an array that does not overlap it", "an overlap");
}

function firstByte({ data, offset }: NdArray): number {
  return data.byteOffset + offset * data.BYTES_PER_ELEMENT;
}

/** Whether two arrays may share an element. Conservative: true when their spans in one buffer meet. */
export function mayOverlap(A: NdArray, B: NdArray): boolean {
  if (A.data.buffer !== B.data.buffer || A.size === 0 || B.size === 0) return false;
  const [aFirst, aEnd] = bytesSpanned(A);
  const [bFirst, bEnd] = bytesSpanned(B);
  return aFirst < bEnd && bFirst < aEnd;
}

function bytesSpanned({ data, shape, stride, offset }: NdArray): readonly [first: number, end: number] {
  const [low, high] = reachOf(shape, stride, offset);
  return [data.byteOffset + low * data.BYTES_PER_ELEMENT, data.byteOffset + (high + 1) * data.BYTES_PER_ELEMENT];
}

/** Sorted by stride, an axis must step over everything the ones below it span; stricter than need be, as no sane layout fails it. */
function repeats({ shape, stride, size }: NdArray): boolean {
  if (size === 0 || isRowMajor(shape, stride)) return false;
  const axes = shape.map((length, axis) => ({ length, step: Math.abs(stride[axis]!) })).filter(({ length }) => length > 1);
  axes.sort((a, b) => a.step - b.step);
  let span = 0;
  for (const { length, step } of axes) {
    if (step <= span) return true;
    span += (length - 1) * step;
  }
  return false;
}
