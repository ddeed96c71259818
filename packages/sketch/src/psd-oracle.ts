/**
 * A positive semidefinite matrix that is asked for its entries, and the oracle of a stored one.
 *
 *   K  N × N  symmetric positive semidefinite      η  relative error of the entries: |given − K_ij| ≤ η √(K_ii K_jj)
 *
 * Source: Subquad's own convention.
 */
import {
  AssumptionError,
  assertBoolean,
  assertFinite,
  assertInRange,
  assertKnownOptions,
  denseCopy,
  dtypeOf,
  OptionError,
} from "@subquad/linalg-core";
import type { MatrixInput } from "@subquad/linalg-core";
import { asSquareMatrix } from "@subquad/linalg-core/kernels";

/**
 * Entries of a symmetric matrix K, computed on demand. A plain object: `{ ...oracle, positiveSemidefinite: true }` adds what is known.
 */
export interface PsdOracle {
  /** N: K is N × N. */
  readonly size: number;
  /** η: |given − K_ij| ≤ η √(K_ii K_jj) for every entry. Default 0: K is what the oracle gives. */
  readonly relativeError?: number;
  /** K is known to be positive semidefinite (apart from η), so that no certificate needs it as a condition. Default false. */
  readonly positiveSemidefinite?: boolean;
  /** out[i] ← K_ii for all i in [0, N). */
  diagonal(out: Float64Array): void;
  /**
   * out[(i − firstRow) · b + c] ← K_ij with j = columns[c], for i in [firstRow, endRow) and c in [0, b), b = columns.length.
   * Pure: the same arguments give the same bits. Synchronous; `columns` and `out` are not to be kept.
   */
  block(firstRow: number, endRow: number, columns: Int32Array, out: Float64Array): void;
}

export interface MatrixOracleOptions {
  /** η: see PsdOracle. In [0, 1e-2]. Default 2⁻²⁴ for float32 entries (their rounding), else 0. */
  readonly relativeError?: number;
  /** K is known to be positive semidefinite. Default false. */
  readonly positiveSemidefinite?: boolean;
}

/**
 * The oracle of a matrix that is at hand; it keeps a float64 copy.
 *
 * For tests and small problems: when K is a kernel matrix of points, `kernelOracle` needs no N × N memory.
 * @param K shape [N, N]; symmetric to 8 N units in the last place of its largest entry; any dtype, any stride.
 * @param options see MatrixOracleOptions.
 * @returns a PsdOracle.
 * @throws ShapeError; OptionError; NonFiniteError naming the index; AssumptionError when K is not symmetric.
 * @complexity O(N²) time and space.
 * @source Subquad's own convention.
 * @example matrixOracle([[2, 1], [1, 2]]).size // -> 2
 */
export function matrixOracle(K: MatrixInput, options: MatrixOracleOptions = {}): PsdOracle {
  const where = "matrixOracle";
  assertKnownOptions(where, options, ["relativeError", "positiveSemidefinite"]);
  const A = asSquareMatrix(K, `${where}(K)`);
  const { relativeError = dtypeOf(A) === "float32" ? 2 ** -24 : 0, positiveSemidefinite = false } = options;
  assertInRange(where, { relativeError }, 0, 1e-2);
  assertBoolean(where, { positiveSemidefinite });
  const [N = 0] = A.shape;
  assertFinite(A, `${where}(K)`);
  const entries = denseCopy(A, "float64");
  assertSymmetric(where, N, entries);
  return {
    size: N,
    relativeError,
    positiveSemidefinite,
    diagonal: (out) => {
      for (let i = 0; i < N; i++) out[i] = entries[i * N + i]!;
    },
    block: (firstRow, endRow, chosen, out) => {
      const b = chosen.length;
      for (let i = firstRow; i < endRow; i++) {
        for (let c = 0; c < b; c++) out[(i - firstRow) * b + c] = entries[i * N + chosen[c]!]!;
      }
    },
  };
}

function assertSymmetric(where: string, N: number, entries: Float64Array): void {
  let largest = 0, skew = 0; // prettier-ignore
  for (const entry of entries) if (Math.abs(entry) > largest) largest = Math.abs(entry);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < i; j++) skew = Math.max(skew, Math.abs(entries[i * N + j]! - entries[j * N + i]!));
  }
  const allowed = 8 * N * 2 ** -53 * largest; // a product AAᵀ summed in another order for each triangle
  if (skew > allowed) throw new AssumptionError(where, { argument: "K", assumption: "max|K − Kᵀ|", allowed, measured: skew });
}

/** The diagonal of an oracle. */
export function diagonalOf(where: string, oracle: PsdOracle): Float64Array {
  const out = new Float64Array(oracle.size);
  // eslint-disable-next-line @typescript-eslint/no-confusing-void-expression -- a caller's function may return what its type does not say
  assertWritten(where, "oracle.diagonal", oracle.diagonal(out), out);
  return out;
}

/** Entries of an oracle: see PsdOracle.block. */
export function readBlock(where: string, oracle: PsdOracle, first: number, end: number, columns: Int32Array, out: Float64Array): void {
  // eslint-disable-next-line @typescript-eslint/no-confusing-void-expression -- as above
  assertWritten(where, "oracle.block", oracle.block(first, end, columns, out), out);
}

/** A promise, or an array of its own, says that nothing was written: K would be taken for 0. */
function assertWritten(where: string, name: string, returned: unknown, out: Float64Array): void {
  if (typeof returned !== "object" || returned === null || returned === out) return;
  throw new OptionError(where, name, "a function that writes to `out` before it returns, and returns nothing", returned);
}
