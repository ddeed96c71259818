/**
 * The border: whatever a caller holds becomes an NdArray, without a copy where that can be.
 *
 * Decision list, first match wins; nothing is recognised by its class, only by what it offers:
 *   1  { data, shape, stride | strides, offset? }  a strided array     used as it is; copied if the data is of another kind
 *   2  typed array, number[]                       a vector            used as it is; copied if of another kind
 *   3  number[][], or an array of typed arrays     a matrix            copied; ragged rows are refused
 *   4  { rows, columns, get(i, j) }                a matrix            copied
 *   5  { toArray() }                               what that gives, by 2 or 3
 *
 * Kinds: Float64Array, Float32Array, Int32Array are NdArray's own; numbers, booleans and other integers are read as float64.
 * Source: Subquad's own convention.
 */
import { describeValue } from "../describe.js";
import { OptionError, ShapeError, splitSite } from "../errors.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { denseCopy, dtypeOf } from "./cast.js";
import { checkShape, eachRow, indicesOf, layoutFault, rowMajorStride } from "./layout.js";
import type { ArrayInput, DType, NdArray, NdData } from "./types.js";
import { isNdData, makeArray } from "./make-array.js";

export interface ArrayOptions {
  /** Default: float32 for float32 input, else float64. */
  readonly dtype?: DType;
  /** Lays the same elements, in row-major order, out in this shape. Default: the input's own. */
  readonly shape?: readonly number[];
}

/**
 * Copies any array-like value into a packed row-major array.
 *
 * The constructor for literals: `array([[1, 2], [3, 4]])`. Where sharing is fine, functions take the value itself, and `view` wraps data.
 * @param input a strided array, a (typed) array, nested rows, or another library's matrix: see the head of this file.
 * @param options see ArrayOptions.
 * @returns a new array that shares nothing with the input.
 * @throws ShapeError for ragged rows, entries that are no numbers, a layout outside its data, a shape of another size, or a value that is
 * none of these; OptionError for BigInt arrays and unknown options.
 * @complexity O(size) time and space.
 * @source Subquad's own convention.
 * @example array([[1, 1], [1, 1]])
 */
export function array(input: ArrayInput, options: ArrayOptions = {}): NdArray {
  assertKnownOptions("array", options, ["dtype", "shape"]);
  const source = asArray(input, "array(input)");
  const { dtype = dtypeOf(source), shape = source.shape } = options;
  assertOneOf("array", { dtype }, ["float64", "float32"]);
  if (checkShape("array(shape)", shape) !== source.size) {
    throw new ShapeError("array", "shape", `a shape of ${source.size} elements`, shape);
  }
  return makeArray(denseCopy(source, dtype), shape, rowMajorStride(shape), 0);
}

/**
 * Reads any array-like value as an NdArray, copying only what NdArray cannot hold.
 *
 * For functions that accept arrays: call it first, on every argument, then trust shape, stride and offset.
 * @param input see the head of this file.
 * @param site "where(argument)", on whose behalf: the start of the error message.
 * @returns `input` itself where it is an ndarray over float64, float32 or int32 data; else a view of its data, or a copy.
 * @throws ShapeError for ragged rows (naming the row), entries that are no numbers, a layout that leaves the data, or another value
 * altogether; OptionError for BigInt data.
 * @complexity O(number of axes) where nothing is copied, else O(size).
 * @source Subquad's own convention.
 * @example const X = asArray(A, "matmul(A)");
 */
export function asArray(input: ArrayInput, site: string): NdArray {
  const value: unknown = input;
  if (typeof value === "object" && value !== null) {
    if (isSound(value)) return value;
    const { data, shape, stride, strides, offset = 0, rows, columns } = value as Readonly<Record<string, unknown>>;
    const steps = stride ?? strides;
    if (isVector(data) && shape !== undefined && steps !== undefined) {
      refuseBigInts(site, data);
      const fault = layoutFault(data.length, shape, steps, offset);
      if (fault === undefined) return fromStrided(site, value, data, shape as number[], steps as number[], offset as number);
      // strides that lead out of the data may be counted in bytes: then toArray() knows better
      if (stride !== undefined || !has(value, "toArray")) throw faulty(site, fault.expected, fault.got);
    }
    if (isVector(value)) return fromList(site, value);
    if (typeof rows === "number" && typeof columns === "number" && has(value, "get")) return fromEntries(site, rows, columns, value);
    const nested = has(value, "toArray") ? value.toArray() : undefined;
    if (isVector(nested)) return fromList(site, nested);
  }
  throw faulty(site, "a matrix-like value", describeValue(value));
}

/** The common case, first: an ndarray over data of our kinds, which it does not leave. */
function isSound(value: object): value is NdArray {
  const { data, shape, stride, offset } = value as Readonly<Record<string, unknown>>;
  return isNdData(data) && isNdArray(value) && layoutFault(data.length, shape, stride, offset) === undefined;
}

function fromStrided(
  site: string,
  value: object,
  data: ArrayLike<unknown>,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray {
  if (isNdData(data)) return isNdArray(value) ? value : makeArray(data, shape, stride, offset);
  const out = new Float64Array(checkShape(site, shape));
  const read = has(data, "get") ? (p: number) => data.get(p) : (p: number) => data[p]; // ndarray's "generic" stores have get()
  const n = shape[shape.length - 1] ?? 1;
  const step = stride[shape.length - 1] ?? 0;
  eachRow(shape, stride, offset, (p, q) => {
    for (let j = 0; j < n; j++) out[q + j] = numberOf(site, read(p + j * step), () => indicesOf(q + j, shape));
  });
  return makeArray(out, shape, rowMajorStride(shape), 0);
}

/** A vector, or a matrix if the entries are vectors themselves. */
function fromList(site: string, list: ArrayLike<unknown>): NdArray {
  refuseBigInts(site, list);
  if (list.length === 0 && isDetached(list)) throw faulty(site, "data at hand", "a buffer that was transferred away");
  if (isNdData(list)) return makeArray(list, [list.length], [1], 0);
  if (isVector(list[0])) return fromRows(site, list);
  const out = new Float64Array(checkShape(site, [list.length]));
  for (let i = 0; i < out.length; i++) out[i] = numberOf(site, list[i], () => [i]);
  return makeArray(out, [out.length], [1], 0);
}

function fromRows(site: string, rows: ArrayLike<unknown>): NdArray {
  const m = rows.length;
  const n = (rows[0] as ArrayLike<unknown>).length;
  checkShape(site, [m, n]);
  let single = true;
  for (let i = 0; i < m; i++) {
    const row = rows[i];
    if (!isVector(row)) throw faulty(site, "rows that are arrays", `row ${i}: ${describeValue(row)}`);
    if (row.length !== n) throw faulty(site, `rows of length ${n}, as row 0`, `row ${i} of length ${row.length}`);
    refuseBigInts(site, row);
    single &&= isNdData(row) && row[Symbol.toStringTag] === "Float32Array";
  }
  const out: NdData = single ? new Float32Array(m * n) : new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const row = rows[i] as ArrayLike<unknown>;
    for (let j = 0; j < n; j++) out[i * n + j] = numberOf(site, row[j], () => [i, j]);
  }
  return makeArray(out, [m, n], [n, 1], 0);
}

function fromEntries(site: string, m: number, n: number, source: { get(i: number, j: number): unknown }): NdArray {
  const out = new Float64Array(checkShape(site, [m, n]));
  const entry = (i: number, j: number): unknown => source.get(i, j);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[i * n + j] = numberOf(site, entry(i, j), () => [i, j]);
  return makeArray(out, [m, n], [n, 1], 0);
}

function numberOf(site: string, value: unknown, indices: () => number[]): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  throw faulty(site, "entries that are numbers", `${describeValue(value)} at ${describeValue(indices())}`);
}

function refuseBigInts(site: string, data: object): void {
  const tag = ArrayBuffer.isView(data) ? String((data as unknown as Record<symbol, unknown>)[Symbol.toStringTag]) : "";
  if (!tag.startsWith("Big")) return;
  const { where, argument } = splitSite(site);
  throw new OptionError(where, argument, "numbers (64-bit integers need not fit into 53 bits: convert them yourself)", data);
}

/** A typed array without elements may be one whose buffer has gone to another thread. */
function isDetached(list: object): boolean {
  if (!ArrayBuffer.isView(list)) return false;
  try {
    return new Uint8Array(list.buffer).length < 0; // throws where there is no buffer any more
  } catch {
    return true;
  }
}

function faulty(site: string, expected: string, got: unknown): ShapeError {
  const { where, argument } = splitSite(site);
  return new ShapeError(where, argument, expected, got);
}

/** Arrays, typed arrays, and objects with a length; not a DataView, which has none. */
function isVector(value: unknown): value is ArrayLike<unknown> {
  return (
    typeof value === "object" && value !== null && Number.isSafeInteger((value as ArrayLike<unknown>).length) && !has(value, "toArray")
  );
}

function isNdArray(value: object): value is NdArray {
  return has(value, "get") && has(value, "set") && has(value, "pick") && "dimension" in value;
}

function has<K extends string>(value: object, method: K): value is Record<K, (...args: unknown[]) => unknown> {
  return typeof (value as Record<string, unknown>)[method] === "function";
}
