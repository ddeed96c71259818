/**
 * Some rows or columns of a sparse matrix, in any order, each as often as it is named, times factors.
 *
 *   S  m × n      indices  k of them      scales  w_c, c < k
 *
 * Source: Subquad's own convention.
 */
import { asArray } from "../array/convert.js";
import type { VectorInput } from "../array/types.js";
import { vectorEntries } from "../array/operands.js";
import { assertFinite } from "../array/check.js";
import { OptionError, ShapeError } from "../errors.js";
import { isCsr, type CsrMatrix } from "./csr.js";
import { asCsr, assertCsrFinite, integers, makeCsr } from "./structure.js";

/** Positions are 32-bit integers. */
const MAX_ENTRIES = 2 ** 31 - 1;

/**
 * The matrix of the columns S_j, j in `indices`, column c times scales[c].
 *
 * A weighted subset of columns, Y = S_J diag(w)^½, is `selectColumns(S, J, w.map(Math.sqrt))`.
 * @param S shape [m, n], sparse.
 * @param indices k integers in [0, n), in any order, repeated or not.
 * @param scales k finite factors. Default: all 1.
 * @returns shape [m, k], sparse, of the dtype of S.
 * @throws ShapeError for an index out of range, or as many scales as not; OptionError past 2^31 entries; NonFiniteError for NaN or Infinity in S
 * or scales, or when a product overflows.
 * @complexity O(k + n + m + entries selected), and the transpose of S once.
 * @source Subquad's own convention.
 * @example selectColumns(csr([1, 3], [0, 2], [0, 2], [5, 7]), [2, 2], [1, 10]).values // -> Float64Array [7, 70]
 */
export function selectColumns(S: CsrMatrix, indices: ArrayLike<number>, scales?: VectorInput): CsrMatrix {
  const where = "selectColumns";
  const chosen = readSelection(where, S, 1, indices);
  const factors = scales === undefined ? undefined : readScales(where, scales, chosen.indices.length);
  return select(where, chosen.S.transpose(), chosen.indices, factors).transpose();
}

/**
 * The matrix of the rows S_i, i in `indices`.
 * @param S shape [m, n], sparse.
 * @param indices k integers in [0, m), in any order, repeated or not.
 * @returns shape [k, n], sparse, of the dtype of S.
 * @throws ShapeError for an index out of range; OptionError past 2^31 entries; NonFiniteError for NaN or Infinity in S.
 * @complexity O(k + entries selected), and the check of S.
 * @source Subquad's own convention.
 * @example selectRows(csr([2, 2], [0, 1, 2], [1, 0], [5, 7]), [1]).values // -> Float64Array [7]
 */
export function selectRows(S: CsrMatrix, indices: ArrayLike<number>): CsrMatrix {
  const where = "selectRows";
  const chosen = readSelection(where, S, 0, indices);
  return select(where, chosen.S, chosen.indices, undefined);
}

function readSelection(
  where: string,
  input: CsrMatrix,
  axis: 0 | 1,
  list: ArrayLike<number>,
): { readonly S: CsrMatrix; readonly indices: Int32Array } {
  if (!isCsr(input)) throw new ShapeError(where, "S", "a sparse matrix", input);
  const S = asCsr(input, `${where}(S)`);
  assertCsrFinite(S, `${where}(S)`);
  const length = S.shape[axis];
  const indices = integers((field, expected, got) => new ShapeError(where, field, expected, got), "indices", list);
  const bad = indices.findIndex((index) => !(index >= 0 && index < length));
  if (bad >= 0) throw new ShapeError(where, "indices", `integers in [0, ${length})`, `${indices[bad]!} at [${bad}]`);
  return { S, indices };
}

function readScales(where: string, scales: VectorInput, length: number): Float64Array {
  assertFinite(asArray(scales, `${where}(scales)`), `${where}(scales)`);
  return vectorEntries(scales, length, `${where}(scales)`);
}

/** Rows of T, row c times factors[c]. */
function select(where: string, T: CsrMatrix, indices: Int32Array, factors: Float64Array | undefined): CsrMatrix {
  const { rowPointers, columns, values } = T;
  const k = indices.length;
  let nnz = 0;
  for (const i of indices) nnz += rowPointers[i + 1]! - rowPointers[i]!;
  if (nnz > MAX_ENTRIES) throw new OptionError(where, "indices", "a selection of fewer than 2^31 entries", nnz);
  const starts = new Int32Array(k + 1);
  const selected = new Int32Array(nnz);
  const scaled = values instanceof Float32Array ? new Float32Array(nnz) : new Float64Array(nnz);
  for (let c = 0; c < k; c++) {
    const from = rowPointers[indices[c]!]!;
    const count = rowPointers[indices[c]! + 1]! - from;
    const to = starts[c]!;
    const factor = factors?.[c] ?? 1;
    for (let p = 0; p < count; p++) {
      selected[to + p] = columns[from + p]!;
      scaled[to + p] = factor * values[from + p]!;
    }
    starts[c + 1] = to + count;
  }
  const result = makeCsr([k, T.shape[1]], starts, selected, scaled);
  if (factors !== undefined) assertCsrFinite(result.transpose(), `${where}(result overflows)`);
  return result;
}
