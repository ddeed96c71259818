/**
 * Inner products and norms.
 *
 *   x, y  n      A  m × n, dense or sparse
 *
 * All in float64. Squares are of entries scaled by a power of two, exactly, so that no scale overflows or vanishes.
 * Source: textbook; Lanczos for the 2-norm of a matrix.
 */
import { denseCopy } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { NonFiniteError, ShapeError, splitSite } from "../errors.js";
import { exponentOf } from "../math/bits.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { spectralNorm } from "../iterative/spectral-norm.js";
import { asCsr, assertCsrFinite } from "../sparse/structure.js";
import { euclideanNorm, largestMagnitude, scaled, sumOfMagnitudes, sumOfProducts, timesPowerOfTwo } from "./sums.js";

export interface NormOptions {
  /**
   * Of a vector: 2 √Σ|x_i|² (default), 1 Σ|x_i|, Infinity max|x_i|. Of a matrix: "fro" √Σ|a_ij|², 1 the largest column sum of |a_ij|, Infinity
   * the largest row sum, "max" max|a_ij|, 2 the largest singular value, from below; without a default.
   */
  readonly kind?: number | "fro" | "max";
}

const VECTOR_KINDS = [1, 2, Infinity];
const MATRIX_KINDS = ["fro", 1, 2, Infinity, "max"];

/**
 * ⟨x, y⟩ = Σ x_i y_i.
 *
 * @param x shape [n]; any dtype and stride.
 * @param y shape [n]; likewise.
 * @returns a number; |result − exact| ≤ γ_(67 + ⌈n/256⌉) |x|·|y| in float64.
 * @throws ShapeError; NonFiniteError for NaN or Infinity, or when the product overflows.
 * @complexity 2 n flops.
 * @source textbook.
 * @example dot([1, 2], [3, 4]) // -> 11
 */
export function dot(x: VectorInput, y: VectorInput): number {
  const a = readVector(x, "dot(x)");
  const b = readVector(y, "dot(y)");
  if (a.length !== b.length) throw new ShapeError("dot", "y", `shape [${a.length}], that of x`, [b.length]);
  const product = sumOfProducts(a, b);
  if (Number.isFinite(product)) return product;
  // products may overflow and yet cancel
  const [down, along] = [exponentOf(largestMagnitude(a)), exponentOf(largestMagnitude(b))];
  return finite("dot", timesPowerOfTwo(sumOfProducts(scaled(a, -down), scaled(b, -along)), down + along));
}

/**
 * ‖x‖ of a vector, or of a matrix.
 *
 * @param x shape [n], or [m, n]; any dtype and stride; or a sparse matrix.
 * @param options see NormOptions.
 * @returns the norm, relative error at most γ_(260 + ⌈N/256⌉) for N entries; 0 of an empty array. No intermediate overflows. The 2-norm of a
 * matrix is an estimate: ‖A y‖/‖y‖ of a y that Lanczos found from a fixed start, so at most ‖A‖₂ but for (n + 260) u ‖A‖_F of rounding; as a
 * rule it is ‖A‖₂ to round-off, and nothing proves it. A bound that is proved comes with `svd`.
 * @throws ShapeError when x has other than one or two axes; OptionError for a kind that x does not have; NonFiniteError for NaN or Infinity, or
 * when the norm itself overflows.
 * @complexity O(size), O(nnz + n) of a sparse matrix; the 2-norm of a matrix takes 20 to 100 times that as a rule, 300 products with A and
 * with Aᵀ at most, and up to 128 MiB.
 * @source textbook; scaling by powers of two; Lanczos.
 * @example norm([3e300, 4e300]) // -> 5e300
 */
export function norm(x: MatrixInput | VectorInput | CsrMatrix, options: NormOptions = {}): number {
  const where = "norm";
  assertKnownOptions(where, options, ["kind"]);
  const A = isCsr(x) ? asCsr(x, `${where}(x)`) : asArray(x, `${where}(x)`);
  const { shape } = A;
  if (shape.length !== 1 && shape.length !== 2) throw new ShapeError(where, "x", "a vector or a matrix", shape);
  const { kind = shape.length === 1 ? 2 : undefined } = options;
  assertOneOf(where, { kind }, shape.length === 1 ? VECTOR_KINDS : MATRIX_KINDS);
  if ("columns" in A) assertCsrFinite(A, `${where}(x)`);
  else assertFinite(A, `${where}(x)`);
  const entries = "columns" in A ? Float64Array.from(A.values) : denseCopy(A, "float64");
  if (kind === 2 && shape.length === 2) {
    const [m = 0, n = 0] = shape;
    return finite(where, spectralNorm([m, n], entries, "columns" in A ? A : undefined));
  }
  if (kind === "fro" || kind === 2) return finite(where, euclideanNorm(entries));
  if (kind === "max" || (kind === Infinity && shape.length === 1)) return largestMagnitude(entries);
  if (shape.length === 1) return finite(where, sumOfMagnitudes(entries));
  return finite(where, largestMagnitude(kind === 1 ? columnSums(A, entries) : rowSums(A, entries)));
}

/** Σ_j |a_ij| of each row, entries in the order in which they are stored. */
function rowSums(A: NdArray | CsrMatrix, entries: Float64Array): Float64Array {
  const [m = 0, n = 0] = A.shape;
  const sums = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    const [from, to] = "columns" in A ? [A.rowPointers[i]!, A.rowPointers[i + 1]!] : [i * n, (i + 1) * n];
    sums[i] = sumOfMagnitudes(entries, from, to);
  }
  return sums;
}

/** Σ_i |a_ij| of each column, in blocks of 256 rows. */
function columnSums(A: NdArray | CsrMatrix, entries: Float64Array): Float64Array {
  const [m = 0, n = 0] = A.shape;
  if ("columns" in A) {
    const T = A.transpose();
    return rowSums(T, Float64Array.from(T.values));
  }
  const totals = new Float64Array(n);
  const sums = new Float64Array(n);
  for (let first = 0; first < m; first += 256) {
    sums.fill(0);
    for (let i = first; i < Math.min(m, first + 256); i++) for (let j = 0; j < n; j++) sums[j]! += Math.abs(entries[i * n + j]!);
    for (let j = 0; j < n; j++) totals[j]! += sums[j]!;
  }
  return totals;
}

function readVector(input: VectorInput, site: string): Float64Array {
  const x = asArray(input, site);
  const { where, argument } = splitSite(site);
  if (x.shape.length !== 1) throw new ShapeError(where, argument, "a vector, shape [n]", x.shape);
  assertFinite(x, site);
  return denseCopy(x, "float64");
}

function finite(where: string, value: number): number {
  if (!Number.isFinite(value)) throw new NonFiniteError(where, "result overflows float64", value, []);
  return value;
}
