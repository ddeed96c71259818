/**
 * Cholesky factorization.
 *
 *   A  n × n  symmetric positive definite; the lower triangle is factored      A + jitter I = L Lᵀ
 *
 * In float64, whatever the dtype of A. Backward stable: L Lᵀ = A + jitter I + E with |E| ≤ γ_(n+1) |L||Lᵀ|.  Source: textbook, left-looking by
 * blocks of four columns.
 */
import { denseCopy, dtypeOf, UNIT_ROUND_OFF } from "../array/cast.js";
import { asSquareMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { AssumptionError, NonFiniteError, OptionError, RankDeficientError } from "../errors.js";
import { log } from "../math/log.js";
import { assertBoolean, assertInRange, assertKnownOptions } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { matmul } from "./matmul.js";
import { solveTriangular } from "./triangular.js";

export interface CholeskyOptions {
  /** What may be added to the diagonal: nothing; a number >= 0; or "auto": 0, then n u max a_ii times 1, 10, 100 … until it succeeds. Default "none". */
  readonly jitter?: "none" | "auto" | number;
  /** "auto" gives up beyond jitterLimit · max a_ii. In [0, 1]. Default 1e-8. */
  readonly jitterLimit?: number;
  /** |a_ij − a_ji| may be symmetryTolerance · n u max|a|, u of the dtype of A. At least 0. Default 8. */
  readonly symmetryTolerance?: number;
  /** Measure the factorization. Default false. */
  readonly certify?: boolean;
}

export interface CholeskyResult {
  /** [n, n] lower triangular, the dtype of A. */
  readonly L: NdArray;
  /** What was added to the diagonal. */
  readonly jitter: number;
  /** X with L Lᵀ X = B, B [n, p]; float64, by the float64 factor. */
  readonly solve: (B: MatrixInput) => NdArray;
  /** log det(L Lᵀ). */
  readonly logDeterminant: number;
  readonly method: "cholesky";
  /** With certify: `bound` ≥ ‖A + jitter I − L Lᵀ‖_F / ‖A‖_F for this L. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly attempts: number };
}

/**
 * L with A + jitter I = L Lᵀ.
 *
 * For symmetric positive definite A. For a semidefinite A pass `jitter: "auto"`; the jitter used is reported, never hidden.
 * @param A shape [n, n]; float32 or float64, any stride.
 * @param options see CholeskyOptions.
 * @returns CholeskyResult.
 * @throws ShapeError; OptionError; NonFiniteError; AssumptionError when A is not symmetric; RankDeficientError naming the pivot.
 * @complexity n³/3 multiply-adds; n² extra space. With certify one product more.
 * @source textbook.
 * @example cholesky([[4, 2], [2, 2]]).L.get(1, 1) // -> 1
 */
export function cholesky(A: MatrixInput, options: CholeskyOptions = {}): CholeskyResult {
  const where = "cholesky";
  assertKnownOptions(where, options, ["jitter", "jitterLimit", "symmetryTolerance", "certify"]);
  const { jitter = "none", jitterLimit = 1e-8, symmetryTolerance = 8, certify = false } = options;
  if (jitter !== "none" && jitter !== "auto" && !(typeof jitter === "number" && jitter >= 0 && jitter < Infinity)) {
    throw new OptionError(where, "jitter", `"none", "auto" or a number >= 0`, jitter);
  }
  assertInRange(where, { jitterLimit }, 0, 1);
  if (options.jitterLimit !== undefined && jitter !== "auto")
    throw new OptionError(where, "jitterLimit", `jitter "auto" to go with it`, jitterLimit);
  assertInRange(where, { symmetryTolerance }, 0, Infinity);
  assertBoolean(where, { certify });
  const input = asSquareMatrix(A, `${where}(A)`);
  const [n = 0] = input.shape;
  const a = denseCopy(input, "float64");
  const dtype = dtypeOf(input);
  checkSymmetric(where, a, n, symmetryTolerance * n * UNIT_ROUND_OFF[dtype]);
  const { factor, added, attempts } = factorize(where, a, n, jitter, jitterLimit);
  const wide = view(factor, [n, n]);
  const L = dtype === "float32" ? view(Float32Array.from(factor), [n, n]) : wide;
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) logDeterminant += 2 * log(factor[i * n + i] ?? 1);
  return {
    L,
    jitter: added,
    solve: (B) => solveTriangular(wide, solveTriangular(wide, B), { transpose: true }),
    logDeterminant,
    method: "cholesky",
    certificate: certify ? measure(a, n, L, added) : { kind: "none", reason: "pass certify: true" },
    diagnostics: { attempts },
  };
}

function factorize(
  where: string,
  a: Float64Array,
  n: number,
  jitter: "none" | "auto" | number,
  limit: number,
): { factor: Float64Array; added: number; attempts: number } {
  let top = 0;
  for (let i = 0; i < n; i++) top = Math.max(top, a[i * n + i] ?? 0);
  if (typeof jitter === "number" && !(top + jitter < Infinity))
    throw new OptionError(where, "jitter", "a finite sum with max a_ii", jitter);
  let added = typeof jitter === "number" ? jitter : 0;
  for (let attempts = 1; ; attempts++) {
    const { factor, column, pivot } = tryFactor(a, n, added);
    if (column < 0) return { factor, added, attempts };
    added = added === 0 ? n * UNIT_ROUND_OFF.float64 * top : added * 10;
    if (jitter === "auto" && added > 0 && added <= limit * top) continue;
    const remedy =
      jitter === "auto" ? `raise jitterLimit, or the matrix is not positive semidefinite` : `pass jitter: "auto" if A is semidefinite`;
    throw new RankDeficientError(where, { column, pivot, remedy });
  }
}

function tryFactor(a: Float64Array, n: number, jitter: number): { factor: Float64Array; column: number; pivot: number } {
  const scope = openScope();
  try {
    const width = Math.ceil(n / 4) * 4;
    const address = scope.zeros(width * width * 8);
    const f64 = runtime().memory.f64;
    for (let i = 0; i < n; i++) {
      f64.set(a.subarray(i * n, i * n + i + 1), address / 8 + i * width);
      f64[address / 8 + i * width + i] = (a[i * n + i] ?? 0) + jitter;
    }
    const failed = runtime().kernels.cholesky(n, width * 8, address);
    const factor = new Float64Array(n * n);
    for (let i = 0; i < n; i++) factor.set(f64.subarray(address / 8 + i * width, address / 8 + i * width + i + 1), i * n);
    const column = failed - 1;
    return { factor, column, pivot: column < 0 ? 0 : (factor[column * n + column] ?? NaN) };
  } finally {
    scope.release();
  }
}

/** max |a_ij − a_ji| ≤ relative · max |a|, and every entry is finite. */
function checkSymmetric(where: string, a: Float64Array, n: number, relative: number): void {
  let largest = 0;
  let measured = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const x = a[i * n + j] ?? 0;
      const y = a[j * n + i] ?? 0;
      if (!Number.isFinite(x)) throw new NonFiniteError(where, "A", x, [i, j]);
      if (!Number.isFinite(y)) throw new NonFiniteError(where, "A", y, [j, i]);
      largest = Math.max(largest, Math.abs(x), Math.abs(y));
      measured = Math.max(measured, Math.abs(x - y));
    }
  }
  const allowed = relative * largest;
  if (measured > allowed) throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured });
}

/**
 * ‖A + jitter I − L Lᵀ‖_F / ‖A‖_F, plus the round-off of measuring it: γ ‖|L||Lᵀ|‖_F ≤ γ ‖L‖_F² for the product, since an entry is at most
 * the product of two row norms; n² products that may underflow; and a few units for sums and differences.
 */
function measure(a: Float64Array, n: number, L: NdArray, jitter: number): Certificate {
  const norm = "relative backward error, Frobenius";
  const u = UNIT_ROUND_OFF.float64;
  const wide = view(denseCopy(L, "float64"), [n, n]);
  const product = matmul(wide, transpose(wide)).data;
  let largest = 0;
  for (const x of a) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return { kind: "deterministic", bound: n === 0 ? 0 : Infinity, norm };
  let [difference, size, factor] = [0, 0, 0]; // relative to the largest entry, so that no square overflows or vanishes
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const x = a[i * n + j]!;
      const e = (x + (i === j ? jitter : 0) - product[i * n + j]!) / largest;
      difference += e * e;
      size += (x / largest) * (x / largest);
    }
    factor += product[i * n + i]! / largest; // ‖L‖_F², row by row
  }
  const steps = Math.min(n, 256) + Math.ceil(n / 256) + 8;
  const underflow = (n * n * 2 ** -1074) / largest;
  const roundOff = 1.001 * steps * u * factor + 4 * u * (Math.sqrt(size) + (jitter / largest) * n) + underflow;
  const bound = ((Math.sqrt(difference) + roundOff) / Math.sqrt(size)) * (1 + 2 * (n * n + 16) * u);
  return { kind: "deterministic", bound, norm };
}
