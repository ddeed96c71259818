/**
 * How far a computed matrix product can be from the exact one, in any entry.
 *
 *   A  m × k, dense or sparse      B  k × n      C = A B as `matmul` computes it
 *
 *   |C − A B| ≤ γ_s |A||B| + k η  and  (|A||B|)_ij ≤ ‖a_i‖₂ ‖b_j‖₂ (Cauchy–Schwarz), so max|C − A B| ≤ γ_s max‖a_i‖ max‖b_j‖ + k η
 *
 * s counts the roundings an entry passes, η is what one product may lose to underflow.  Source: textbook; the order law of `matmul`.
 */
import { denseCopy, promote, UNIT_ROUND_OFF } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import { ShapeError } from "../errors.js";
import { GEMM_PANEL } from "../kernels/abi.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr, assertCsrFinite } from "../sparse/structure.js";
import { euclideanNorm } from "./sums.js";

/** What a subnormal norm may have lost to rounding; nothing beside a normal one. */
const SMALLEST = 2 ** -1074;
/** Half a smallest number of the dtype, rounded up where there is no half. */
const UNDERFLOW = { float32: 2 ** -150, float64: 2 ** -1074 } as const;

/**
 * A bound on max |matmul(A, B) − A B| over all entries, without computing the product.
 *
 * @param A shape [m, k]; any dtype and stride; or sparse.
 * @param B shape [k, n]; any dtype and stride.
 * @returns the bound, rounded up: holds for every thread count, backend and layout, with alpha = 1 and beta = 0; Infinity where it overflows.
 * @throws ShapeError; NonFiniteError for NaN or Infinity.
 * @complexity O(m k + k n).
 * @source Cauchy–Schwarz on the bound of the order law.
 * @example productBound([[1, 2]], [[3], [4]]) < 1e-14 // -> true
 */
export function productBound(A: MatrixInput | CsrMatrix, B: MatrixInput): number {
  const where = "productBound";
  const left = isCsr(A) ? asCsr(A, `${where}(A)`) : asMatrix(A, `${where}(A)`);
  const right = asMatrix(B, `${where}(B)`);
  const [m = 0, k = 0] = left.shape;
  const [depth = 0, n = 0] = right.shape;
  if (depth !== k) throw new ShapeError(where, "B", `${k} rows to match the columns of A`, right.shape);
  if ("columns" in left) assertCsrFinite(left, `${where}(A)`);
  else assertFinite(left, `${where}(A)`);
  assertFinite(right, `${where}(B)`);
  const dtype = promote("columns" in left ? view(left.values, [left.values.length]) : left, right);

  let terms = k;
  let rows = 0;
  if ("columns" in left) {
    const { rowPointers, values } = left;
    terms = 0;
    for (let i = 0; i < m; i++) {
      terms = Math.max(terms, rowPointers[i + 1]! - rowPointers[i]!);
      rows = Math.max(rows, euclideanNorm(Float64Array.from(values.subarray(rowPointers[i], rowPointers[i + 1]))));
    }
  } else rows = largestRowNorm(denseCopy(left, "float64"), m, k);
  const columns = largestRowNorm(denseCopy(transpose(right), "float64"), n, k);
  const panels = "columns" in left ? terms : Math.min(k, GEMM_PANEL) + (k > GEMM_PANEL ? Math.ceil(k / GEMM_PANEL) : 0);
  const steps = (panels + 2) * UNIT_ROUND_OFF[dtype];
  const up = 1 + (80 + 2 * Math.ceil(k / 256)) * 2 ** -52; // the roundings of both norms, and of this line
  if (m * n === 0 || rows === 0 || columns === 0) return 0;
  // the norms first: a factor of 1e-16 on one of them may vanish where their product does not
  return (rows + SMALLEST) * (columns + SMALLEST) * (steps / (1 - steps)) * up + terms * UNDERFLOW[dtype];
}

function largestRowNorm(A: Float64Array, m: number, n: number): number {
  let most = 0;
  for (let i = 0; i < m; i++) most = Math.max(most, euclideanNorm(A.subarray(i * n, (i + 1) * n)));
  return most;
}
