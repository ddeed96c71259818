/**
 * Gram matrices of a sparse matrix, dense.
 *
 *   S  m × n      G = S Sᵀ  m × m (side "rows"), or Sᵀ S  n × n (side "columns")
 *
 * Row by row (Gustavson): row i of S Sᵀ is the sum, over the entries s_ik of row i in the order in which they are stored, of s_ik times row k of
 * Sᵀ. Only the lower half is computed; the upper is its mirror, so that G is exactly symmetric. Sums are in float64, also for float32 S.
 * Source: Gustavson 1978.
 */
import { indicesOf, checkShape } from "../array/layout.js";
import type { NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError } from "../errors.js";
import { pause, type Steps } from "../runtime/steps.js";
import { assertCsrFinite, firstNonFinite, type CsrMatrix } from "./structure.js";

/** Multiply-adds between two turns of the event loop: a millisecond or two. */
const SLICE_WORK = 2 ** 20;

/**
 * G of the dtype of S.
 *
 * |G − exact| ≤ γ_(c + 1) |S||S|ᵀ with c the most entries of a row (column), and one rounding to float32 where S is.
 * @param where the public function, for the messages; its argument is called A.
 */
export function* gramCsr(where: string, S: CsrMatrix, side: "columns" | "rows"): Steps<NdArray> {
  assertCsrFinite(S, `${where}(A)`);
  const [left, right] = side === "rows" ? [S, S.transpose()] : [S.transpose(), S];
  const n = left.shape[0];
  const single = S.values instanceof Float32Array;
  const size = checkShape(`${where}(result)`, [n, n], single ? 4 : 8);
  const G = single ? new Float32Array(size) : new Float64Array(size);
  const sums = new Float64Array(n);
  for (let i = 0, work = 0; i < n; i++) {
    work += n + addRow(left, right, i, sums);
    G.set(sums.subarray(0, i + 1), i * n);
    sums.fill(0, 0, i + 1);
    if (work < SLICE_WORK) continue;
    work = 0;
    yield pause(i, n);
  }
  const bad = firstNonFinite(G);
  if (bad >= 0) throw new NonFiniteError(where, `result overflows ${single ? "float32" : "float64"}`, G[bad]!, indicesOf(bad, [n, n]));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) G[j * n + i] = G[i * n + j]!;
  return view(G, [n, n]);
}

/** sums ← row i of the product, up to the diagonal; returns the multiply-adds it took. */
function addRow(left: CsrMatrix, right: CsrMatrix, i: number, sums: Float64Array): number {
  const { rowPointers, columns, values } = right;
  let count = 0;
  for (let p = left.rowPointers[i]!; p < left.rowPointers[i + 1]!; p++) {
    const factor = left.values[p]!;
    const k = left.columns[p]!;
    const start = rowPointers[k]!;
    let q = start;
    for (const end = rowPointers[k + 1]!; q < end; q++) {
      const j = columns[q]!;
      if (j > i) break;
      sums[j]! += factor * values[q]!;
    }
    count += q - start;
  }
  return count;
}
