/**
 * How far L Lᵀ is from A + jitter I, measured; rows and columns of A in the order of the factor.
 *
 *   A  n × n      L  n × r      E = A + jitter I − L Lᵀ
 *
 * Source: Subquad; γ-bounds of sums.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import type { Certificate } from "../certificate.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { multiplyBlocks, transposed } from "./blocks.js";
import { additionsOf } from "./round-off.js";
import { allocRows, eachRowSteps, entriesOf, largestOf, loadRows, takeRows } from "./work.js";

export interface Measured {
  /** A, n × n, row-major. */
  readonly a: Float64Array;
  readonly n: number;
  /** [n, r]. */
  readonly L: NdArray;
  readonly jitter: number;
  /** Row i of L belongs to row permutation[i] of A. Default: to row i. */
  readonly permutation?: Int32Array;
}

const u = UNIT_ROUND_OFF.float64;

/**
 * ‖E‖_F / ‖A‖_F, plus the round-off of measuring it: γ ‖|L||Lᵀ|‖_F ≤ γ ‖L‖_F² for the product, since an entry is at most
 * the product of two row norms; n² products that may underflow; and a few units for sums and differences.
 */
export function* measureCholesky(scope: Scope, measured: Measured): Steps<Certificate> {
  const norm = "relative backward error, Frobenius";
  const { error, size } = yield* residual(scope, measured);
  const bound = size === 0 ? (measured.n === 0 ? 0 : Infinity) : (error / size) * (1 + 2 * (measured.n * measured.n + 16) * u);
  return { kind: "deterministic", bound, norm };
}

/** ‖E‖_F, which bounds the spectral norm, plus the same round-off. */
export function* measurePivoted(scope: Scope, measured: Measured): Steps<Certificate> {
  const { error, largest } = yield* residual(scope, measured);
  const bound = largest === 0 ? 0 : error * (1 + 2 * (measured.n * measured.n + 16) * u) * largest;
  return { kind: "deterministic", bound, norm: "Frobenius norm of A − L Lᵀ, A in the order of L" };
}

/** ‖E‖_F with its round-off and ‖A‖_F, in units of the largest entry, so that no square overflows or vanishes. */
function* residual(
  scope: Scope,
  { a, n, L, jitter, permutation }: Measured,
): Steps<{ readonly error: number; readonly size: number; readonly largest: number }> {
  const r = L.shape[1] ?? 0;
  const largest = yield* largestOf(a, n);
  if (largest === 0) return { error: 0, size: 0, largest };
  const product = r === 0 ? new Float64Array(n * n) : yield* squareOf(scope, L);
  let [difference, size, trace] = [0, 0, 0];
  yield* eachRowSteps(n, n, (i) => {
    const from = (permutation?.[i] ?? i) * n;
    for (let j = 0; j < n; j++) {
      const x = a[from + (permutation?.[j] ?? j)]!;
      const e = (x + (i === j ? jitter : 0) - product[i * n + j]!) / largest;
      difference += e * e;
      size += (x / largest) * (x / largest);
    }
    trace += product[i * n + i]! / largest; // ‖L‖_F², row by row
  });
  const steps = additionsOf(r) + 8;
  const underflow = (n * n * 2 ** -1074) / largest;
  const roundOff = 1.001 * steps * u * trace + 4 * u * (Math.sqrt(size) + (jitter / largest) * n) + underflow;
  return { error: Math.sqrt(difference) + roundOff, size: Math.sqrt(size), largest };
}

/** L Lᵀ, row-major. */
function* squareOf(scope: Scope, L: NdArray): Steps<Float64Array> {
  const [n = 0, r = 0] = L.shape;
  const [factor, square] = [allocRows(scope, n, r), allocRows(scope, n, n)];
  yield* loadRows(factor, yield* entriesOf(L));
  yield* multiplyBlocks(scope, factor, transposed(factor), square);
  const product = yield* takeRows(square);
  scope.free(factor.address);
  scope.free(square.address);
  return product;
}
