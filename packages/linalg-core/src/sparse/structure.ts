/**
 * Compressed sparse rows: the type, the invariants, and the transpose that is computed once.
 *
 *   S  m × n      row i holds the entries rowPointers[i] … rowPointers[i + 1] − 1: columns strictly ascending, and their values
 *   nnz           number of stored entries, zeros among them if the caller stored some
 *
 * Source: Subquad's own convention; the layout is the usual one.
 */
import { isNdData } from "../array/make-array.js";
import { NonFiniteError, OptionError, ShapeError, splitSite } from "../errors.js";
import { describeValue } from "../describe.js";

/** A sparse matrix in compressed rows. Made by `csr` and its kin, which check it; its arrays are not to be changed afterwards. */
export interface CsrMatrix {
  readonly shape: readonly [number, number];
  /** Length m + 1. */
  readonly rowPointers: Int32Array;
  /** Length nnz: strictly ascending in each row. */
  readonly columns: Int32Array;
  /** Length nnz: float32 or float64, the precision it is computed in. */
  readonly values: Float64Array | Float32Array;
  /** Sᵀ, by counting sort in O(nnz + m + n) the first time, afterwards the same object; the transpose of that is this matrix. */
  transpose(): CsrMatrix;
}

/** What is accepted as one: the four fields, of any number arrays, as another library or another thread hands them over. */
export interface CsrLike {
  readonly shape: readonly number[];
  readonly rowPointers: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Row pointers and columns are 32-bit integers. */
const MAX_INDEX = 2 ** 31 - 1;

/** The matrices that were checked when they were made; another copy of this package has its own, and is checked again here. */
const made = new WeakSet();

/** A matrix over arrays that keep the invariants already. */
export function makeCsr(
  shape: readonly [number, number],
  rowPointers: Int32Array,
  columns: Int32Array,
  values: Float64Array | Float32Array,
  transposed?: CsrMatrix,
): CsrMatrix {
  let other = transposed;
  const S: CsrMatrix = { shape, rowPointers, columns, values, transpose: () => (other ??= transposeOf(S)) };
  made.add(S);
  return S;
}

/** The matrix itself if it was made here, else one over its arrays, checked in full. Values of either may have changed: not checked here. */
export function asCsr(input: CsrLike, site: string): CsrMatrix {
  if (made.has(input)) return input as CsrMatrix;
  return checkCsr(site, input.shape, input.rowPointers, input.columns, input.values);
}

/** Checks every invariant but that values are finite; arrays of the right kind are shared, others copied. */
export function checkCsr(
  site: string,
  shape: readonly number[],
  rowPointers: ArrayLike<number>,
  columns: ArrayLike<number>,
  values: ArrayLike<number>,
): CsrMatrix {
  const { where, argument } = splitSite(site);
  const fault = (field: string, expected: string, got: unknown): ShapeError =>
    new ShapeError(where, argument === "" ? field : `${argument}.${field}`, expected, got);
  const [m, n] = checkMatrixShape(fault, shape);
  const starts = integers(fault, "rowPointers", rowPointers);
  const indices = integers(fault, "columns", columns);
  const numbers = realsOf(where, argument === "" ? "values" : `${argument}.values`, values);
  if (starts.length !== m + 1) throw fault("rowPointers", `length ${m + 1} for ${m} rows`, `length ${starts.length}`);
  if (starts[0] !== 0) throw fault("rowPointers", "0 at its start", describeValue(starts[0]));
  for (let i = 0; i < m; i++) {
    if (!(starts[i + 1]! >= starts[i]!)) throw fault("rowPointers", "no descent", `${starts[i]!}, ${starts[i + 1]!} at [${i}], [${i + 1}]`);
  }
  const nnz = starts[m]!;
  if (indices.length !== nnz) throw fault("columns", `length ${nnz}, the last row pointer`, `length ${indices.length}`);
  if (numbers.length !== nnz) throw fault("values", `length ${nnz}, the last row pointer`, `length ${numbers.length}`);
  for (let i = 0; i < m; i++) {
    let before = -1;
    for (let p = starts[i]!; p < starts[i + 1]!; p++) {
      const j = indices[p]!;
      if (!(j >= 0 && j < n)) throw fault("columns", `indices in [0, ${n})`, `${j} in row ${i}`);
      if (!(j > before)) throw fault("columns", "strictly ascending indices in each row", `${before}, ${j} in row ${i}`);
      before = j;
    }
  }
  return makeCsr([m, n], starts, indices, numbers);
}

/** Every stored value is finite; the index named is that of the entry in the matrix. */
export function assertCsrFinite({ rowPointers, columns, values }: CsrMatrix, site: string): void {
  const bad = firstNonFinite(values);
  if (bad < 0) return;
  let i = 0;
  while (rowPointers[i + 1]! <= bad) i++;
  const { where, argument } = splitSite(site);
  throw new NonFiniteError(where, argument, values[bad]!, [i, columns[bad]!]);
}

/** Position of the first NaN or infinity, or −1. */
export function firstNonFinite(values: Float64Array | Float32Array): number {
  const whole = values.length - (values.length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let p = 0; p < whole; p += 4) {
    s0 += values[p]! - values[p]!; // 0 for finite values, NaN otherwise
    s1 += values[p + 1]! - values[p + 1]!;
    s2 += values[p + 2]! - values[p + 2]!;
    s3 += values[p + 3]! - values[p + 3]!;
  }
  for (let p = whole; p < values.length; p++) s0 += values[p]! - values[p]!;
  return s0 + s1 + s2 + s3 === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}

/** [m, n] of a matrix whose indices fit into 32 bits. */
export function checkMatrixShape(
  fault: (field: string, expected: string, got: unknown) => ShapeError,
  shape: readonly number[],
): readonly [number, number] {
  const given: unknown = shape;
  const isPair = Array.isArray(given) && given.length === 2 && given.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isPair) throw fault("shape", "two nonnegative integers", typeof given === "string" ? describeValue(given) : given);
  const [m, n] = shape as [number, number];
  if (m >= MAX_INDEX || n > MAX_INDEX) throw fault("shape", "lengths below 2^31", shape);
  return [m, n];
}

/** As an Int32Array: shared if it is one of this realm, else copied, each entry an integer that fits. */
export function integers(
  fault: (field: string, expected: string, got: unknown) => ShapeError,
  field: string,
  list: ArrayLike<number>,
): Int32Array {
  const given: unknown = list;
  if (given instanceof Int32Array) return given;
  if (!isList(given)) throw fault(field, "an array of integers", describeValue(given));
  const out = new Int32Array(given.length);
  for (let p = 0; p < out.length; p++) {
    const entry: unknown = given[p];
    if (!Number.isSafeInteger(entry) || Math.abs(entry as number) > MAX_INDEX)
      throw fault(field, "integers below 2^31", `${describeValue(entry)} at [${p}]`);
    out[p] = entry as number;
  }
  return out;
}

/** As Float32Array or Float64Array: shared if it is one of these, else copied to float64. */
export function realsOf(where: string, argument: string, list: ArrayLike<number>): Float64Array | Float32Array {
  const given: unknown = list;
  if (given instanceof Float64Array || given instanceof Float32Array) return given;
  if (!isList(given)) throw new ShapeError(where, argument, "an array of numbers", describeValue(given));
  if (isNdData(given) && given[Symbol.toStringTag] === "Float32Array") return Float32Array.from(given); // of another realm
  const out = new Float64Array(given.length);
  for (let p = 0; p < out.length; p++) {
    const entry: unknown = given[p];
    if (typeof entry === "bigint") throw new OptionError(where, argument, "numbers (64-bit integers need not fit into 53 bits)", given);
    if (typeof entry !== "number") throw new ShapeError(where, argument, "entries that are numbers", `${describeValue(entry)} at [${p}]`);
    out[p] = entry;
  }
  return out;
}

/** Something with a length, which row pointers and positions of entries can count. */
function isList(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { length } = value as ArrayLike<unknown>;
  return Number.isSafeInteger(length) && length >= 0 && length <= MAX_INDEX;
}

/** Counting sort by columns: entries of a column keep the order of their rows, so that the result is sorted too. */
function transposeOf(S: CsrMatrix): CsrMatrix {
  const { shape, rowPointers, columns, values } = S;
  const [m, n] = shape;
  const starts = new Int32Array(n + 1);
  for (const j of columns) starts[j + 1]!++;
  for (let j = 0; j < n; j++) starts[j + 1]! += starts[j]!;
  const next = starts.slice(0, n);
  const rows = new Int32Array(columns.length);
  const moved = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let i = 0; i < m; i++) {
    for (let p = rowPointers[i]!; p < rowPointers[i + 1]!; p++) {
      const q = next[columns[p]!]!++;
      rows[q] = i;
      moved[q] = values[p]!;
    }
  }
  return makeCsr([n, m], starts, rows, moved, S);
}
