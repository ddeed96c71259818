/**
 * Sparse matrices in compressed rows: from their arrays, from triplets, from dense matrices, and back.
 *
 *   S  m × n, nnz stored entries      row i: entries rowPointers[i] … rowPointers[i + 1] − 1, columns strictly ascending
 *
 * Stored zeros are kept as they are. float32 values stay float32; everything else is float64.
 * Source: the usual layout; triplets by two counting sorts.
 */
import { denseCopy, dtypeOf } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { checkShape } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { assertInRange, assertKnownOptions } from "../options.js";
import { asCsr, assertCsrFinite, checkCsr, checkMatrixShape, firstNonFinite, integers, makeCsr, realsOf } from "./structure.js";
import type { CsrLike, CsrMatrix } from "./structure.js";

export type { CsrLike, CsrMatrix } from "./structure.js";

export interface CsrFromDenseOptions {
  /** Entries with |a_ij| ≤ threshold are left out. In [0, ∞). Default 0: only zeros are. */
  readonly threshold?: number;
}

/**
 * The sparse matrix over these arrays, once every invariant is checked.
 *
 * For entries in any order, or several in one place, use `csrFromTriplets`.
 * @param shape [m, n].
 * @param rowPointers length m + 1: 0 first, never descending, nnz last. An Int32Array is shared, not copied; so below.
 * @param columns length nnz: in [0, n), strictly ascending in each row.
 * @param values length nnz, finite; a Float32Array makes the matrix float32, a Float64Array is shared, others become float64.
 * @returns the matrix; do not change the arrays afterwards, since its transpose is kept.
 * @throws ShapeError naming the array and the entry that breaks an invariant; NonFiniteError naming row and column; OptionError for BigInts.
 * @complexity O(nnz + m).
 * @source the usual layout.
 * @example csr([2, 3], [0, 1, 3], [1, 0, 2], [5, 6, 7])
 */
export function csr(
  shape: readonly [number, number],
  rowPointers: ArrayLike<number>,
  columns: ArrayLike<number>,
  values: ArrayLike<number>,
): CsrMatrix {
  const S = checkCsr("csr", shape, rowPointers, columns, values);
  assertCsrFinite(S, "csr(values)");
  return S;
}

/**
 * The sparse matrix with Σ values[p] at (rows[p], columns[p]): in any order, duplicates summed.
 *
 * @param shape [m, n].
 * @param rows in [0, m).
 * @param columns in [0, n); as many as rows.
 * @param values finite; as many as rows. A Float32Array makes the matrix float32.
 * @returns a new matrix; duplicates are summed in the order given, in float64, and a sum of 0 stays stored.
 * @throws ShapeError for lengths that differ or an index out of range; NonFiniteError for a value, or a sum that overflows.
 * @complexity O(nnz + m + n).
 * @source two counting sorts, by columns and then by rows.
 * @example csrFromTriplets([2, 2], [1, 0, 1], [0, 1, 0], [1, 2, 3]).values // -> Float64Array [2, 4]
 */
export function csrFromTriplets(
  shape: readonly [number, number],
  rows: ArrayLike<number>,
  columns: ArrayLike<number>,
  values: ArrayLike<number>,
): CsrMatrix {
  const where = "csrFromTriplets";
  const fault = (field: string, expected: string, got: unknown): ShapeError => new ShapeError(where, field, expected, got);
  const [m, n] = checkMatrixShape(fault, shape);
  const i = integers(fault, "rows", rows);
  const j = integers(fault, "columns", columns);
  const v = realsOf(where, "values", values);
  if (j.length !== i.length) throw fault("columns", `length ${i.length}, that of rows`, `length ${j.length}`);
  if (v.length !== i.length) throw fault("values", `length ${i.length}, that of rows`, `length ${v.length}`);
  for (let p = 0; p < i.length; p++) {
    if (!(i[p]! >= 0 && i[p]! < m)) throw fault("rows", `indices in [0, ${m})`, `${i[p]!} at [${p}]`);
    if (!(j[p]! >= 0 && j[p]! < n)) throw fault("columns", `indices in [0, ${n})`, `${j[p]!} at [${p}]`);
  }
  const bad = firstNonFinite(v);
  if (bad >= 0) throw new NonFiniteError(where, "values", v[bad]!, [bad]);
  const S = sumDuplicates([m, n], i, j, v, sortedBy(i, m, sortedBy(j, n)));
  assertCsrFinite(S, `${where}(sum of duplicates)`);
  return S;
}

/**
 * The entries of a dense matrix that exceed a threshold in magnitude.
 *
 * @param A shape [m, n]; any dtype and stride.
 * @param options see CsrFromDenseOptions.
 * @returns a new matrix, float32 when A is.
 * @throws ShapeError; OptionError; NonFiniteError naming the index.
 * @complexity O(m n).
 * @source Subquad's own convention.
 * @example csrFromDense([[0, 2], [1, 0]]).columns // -> Int32Array [1, 0]
 */
export function csrFromDense(A: MatrixInput, options: CsrFromDenseOptions = {}): CsrMatrix {
  const where = "csrFromDense";
  assertKnownOptions(where, options, ["threshold"]);
  const { threshold = 0 } = options;
  assertInRange(where, { threshold }, 0, Infinity, { openHigh: true });
  const dense = asMatrix(A, `${where}(A)`);
  assertFinite(dense, `${where}(A)`);
  const [m = 0, n = 0] = dense.shape;
  const entries = denseCopy(dense, dtypeOf(dense));
  const starts = new Int32Array(m + 1);
  for (let i = 0; i < m; i++) {
    let count = starts[i]!;
    for (let q = i * n; q < (i + 1) * n; q++) if (Math.abs(entries[q]!) > threshold) count++;
    starts[i + 1] = count;
  }
  const nnz = starts[m]!;
  const columns = new Int32Array(nnz);
  const values = entries instanceof Float32Array ? new Float32Array(nnz) : new Float64Array(nnz);
  for (let i = 0, p = 0; i < m; i++) {
    for (let k = 0; k < n; k++) {
      const entry = entries[i * n + k]!;
      if (!(Math.abs(entry) > threshold)) continue;
      columns[p] = k;
      values[p++] = entry;
    }
  }
  return makeCsr([m, n], starts, columns, values);
}

/**
 * S as a dense matrix.
 *
 * @param S a sparse matrix.
 * @returns shape [m, n], row-major, of the dtype of S.
 * @throws ShapeError when S is none, or past 2^32 bytes; NonFiniteError for NaN or Infinity in S.
 * @complexity O(m n).
 * @source Subquad's own convention.
 * @example csrToDense(csr([1, 3], [0, 1], [2], [7])).get(0, 2) // -> 7
 */
export function csrToDense(S: CsrMatrix): NdArray {
  if (!isCsr(S)) throw new ShapeError("csrToDense", "S", "a sparse matrix", S);
  const checked = asCsr(S, "csrToDense(S)");
  assertCsrFinite(checked, "csrToDense(S)");
  const { shape, rowPointers, columns, values } = checked;
  const [m, n] = shape;
  const size = checkShape("csrToDense(S)", shape, values.BYTES_PER_ELEMENT);
  const dense = values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < m; i++) for (let p = rowPointers[i]!; p < rowPointers[i + 1]!; p++) dense[i * n + columns[p]!] = values[p]!;
  return view(dense, shape);
}

/**
 * Whether a value offers the fields of a sparse matrix in compressed rows, of this package or another; what they hold is checked on use.
 * @param value anything.
 * @returns whether shape, rowPointers, columns and values are arrays.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example isCsr(csr([0, 0], [0], [], [])) // -> true
 */
export function isCsr(value: unknown): value is CsrLike {
  if (typeof value !== "object" || value === null) return false;
  const { shape, rowPointers, columns, values } = value as Partial<Record<keyof CsrLike, unknown>>;
  return [shape, rowPointers, columns, values].every(
    (field) => typeof field === "object" && field !== null && "length" in field && typeof field.length === "number",
  );
}

/** Stable counting sort of positions by key in [0, count); `order` is the order to start from, that of the positions by default. */
function sortedBy(keys: Int32Array, count: number, order?: Int32Array): Int32Array {
  const next = new Int32Array(count + 1);
  for (const key of keys) next[key + 1]!++;
  for (let k = 0; k < count; k++) next[k + 1]! += next[k]!;
  const sorted = new Int32Array(keys.length);
  for (let q = 0; q < keys.length; q++) {
    const p = order === undefined ? q : order[q]!;
    sorted[next[keys[p]!]!++] = p;
  }
  return sorted;
}

/** Entries visited row by row, columns ascending: neighbours in one place become one entry. */
function sumDuplicates(
  shape: readonly [number, number],
  i: Int32Array,
  j: Int32Array,
  v: Float64Array | Float32Array,
  order: Int32Array,
): CsrMatrix {
  const starts = new Int32Array(shape[0] + 1);
  const columns = new Int32Array(order.length);
  const sums = new Float64Array(order.length);
  let nnz = 0;
  for (let q = 0; q < order.length; q++) {
    const p = order[q]!;
    const before = order[q - 1] ?? -1;
    if (before >= 0 && i[before] === i[p] && j[before] === j[p]) {
      sums[nnz - 1]! += v[p]!;
      continue;
    }
    columns[nnz] = j[p]!;
    sums[nnz++] = v[p]!;
    starts[i[p]! + 1] = nnz;
  }
  for (let row = 0; row < shape[0]; row++) starts[row + 1] = Math.max(starts[row]!, starts[row + 1]!);
  const values = v instanceof Float32Array ? Float32Array.from(sums.subarray(0, nnz)) : sums.slice(0, nnz);
  return makeCsr(shape, starts, columns.slice(0, nnz), values);
}
