/**
 * A matrix of either kind, dense or sparse, read at the border, and its rows.
 *
 *   A  n × d
 *
 * Source: Subquad's own convention.
 */
import {
  csrToDense,
  denseCopy,
  dtypeOf,
  isCsr,
  selectRows,
  slice,
  transpose,
  type CsrMatrix,
  type DType,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { asCsr, asMatrix, assertCsrFinite } from "@subquad/linalg-core/kernels";

/** A, checked. */
export type Rows = { readonly dense: NdArray } | { readonly sparse: CsrMatrix };

/** A and its dtype; entries of a dense one are not yet looked at, since some algorithms do so on the way. */
export function readRows(A: MatrixInput | CsrMatrix, site: string): { readonly rows: Rows; readonly dtype: DType } {
  if (isCsr(A)) {
    const sparse = asCsr(A, site);
    assertCsrFinite(sparse, site);
    return { rows: { sparse }, dtype: sparse.values instanceof Float32Array ? "float32" : "float64" };
  }
  const dense = asMatrix(A, site);
  return { rows: { dense }, dtype: dtypeOf(dense) };
}

/** [n, d]. */
export function shapeOf(A: Rows): readonly [number, number] {
  if ("sparse" in A) return A.sparse.shape;
  const [n = 0, d = 0] = A.dense.shape;
  return [n, d];
}

/** A as linalg-core takes it. */
export function matrixOf(A: Rows): NdArray | CsrMatrix {
  return "sparse" in A ? A.sparse : A.dense;
}

/** A, dense. */
export function denseOf(A: Rows): NdArray {
  return "sparse" in A ? csrToDense(A.sparse) : A.dense;
}

/** Aᵀ. */
export function transposeOf(A: Rows): Rows {
  return "sparse" in A ? { sparse: A.sparse.transpose() } : { dense: transpose(A.dense) };
}

/** Rows [from, to) of A, dense, of its dtype: a view of a dense A. */
export function rangeOf(A: Rows, from: number, to: number): NdArray {
  if ("dense" in A) return slice(A.dense, [from, to]);
  const indices = Int32Array.from({ length: to - from }, (_, i) => from + i);
  return csrToDense(selectRows(A.sparse, indices));
}

/** Rows [from, to) of A, row-major float64. */
export function rowsOf(A: Rows, from: number, to: number): Float64Array<ArrayBuffer> {
  return denseCopy(rangeOf(A, from, to), "float64");
}
