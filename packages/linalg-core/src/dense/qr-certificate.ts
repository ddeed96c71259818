/**
 * What a QR factorization leaves: A P − Q R, measured from the factors that are returned.
 *
 *   A  m × n      Q  m × k orthonormal columns, or more      R  k × n, or more zero rows      E = A P − Q R
 *
 *   ‖E‖_F ≤ ‖Ê‖_F + γ_s (‖A‖_F + ‖Q‖_F ‖R‖_F)      Ê computed; s roundings at most on the way of a product into it
 *
 * Source: the rounding of sums of products, |Q||R| by Cauchy and Schwarz.
 */
import { denseCopy, UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import type { Certificate } from "../certificate.js";
import { powerOfTwo } from "../math/bits.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { columnBlock, multiplyBlocks, part, rowBlock, type Block } from "./blocks.js";
import { additionsOf } from "./round-off.js";
import { normAbove } from "./sums.js";

/**
 * The certificate of a factorization.
 * @param A m × n, columns side by side, packed: the matrix times 2^−exponent.
 * @param permutation of the columns; undefined for none.
 * @param Q as returned.
 * @param R as returned, 2^exponent times the factor of A.
 */
export function* certifyQr(
  scope: Scope,
  A: Block,
  permutation: Int32Array | undefined,
  Q: NdArray,
  R: NdArray,
  exponent: number,
): Steps<Certificate> {
  const { rows: m, columns: n } = A;
  const norm = "relative backward error, Frobenius";
  const E = columnBlock(scope.alloc(8 * m * n), m, n);
  const q = denseCopy(Q, "float64");
  const r = denseCopy(R, "float64");
  const factor = powerOfTwo(-exponent);
  for (let p = 0; p < r.length; p++) r[p] = r[p]! * factor;
  const left = rowBlock(scope.alloc(8 * q.length), m, Q.shape[1]!);
  const right = rowBlock(scope.alloc(8 * r.length), R.shape[0]!, n);
  const { f64 } = runtime().memory;
  for (let j = 0; j < n; j++) {
    const from = (A.address + (permutation === undefined ? j : permutation[j]!) * A.columnBytes) / 8;
    f64.copyWithin((E.address + j * E.columnBytes) / 8, from, from + m);
  }
  f64.set(q, left.address / 8);
  f64.set(r, right.address / 8);
  const k = Math.min(m, n);
  yield* multiplyBlocks(scope, part(left, 0, m, 0, k), part(right, 0, k, 0, n), E, { add: true, negate: true });

  const size = normAbove(runtime().memory.f64, A.address / 8, m * n);
  const difference = normAbove(runtime().memory.f64, E.address / 8, m * n);
  if (size === 0) return { kind: "deterministic", bound: difference === 0 ? 0 : Infinity, norm };
  const s = additionsOf(k) + 2;
  // what underflows is below 2^-900 of ‖A‖: within the slack of s
  const roundOff = 1.001 * s * UNIT_ROUND_OFF.float64 * (size + normAbove(q, 0, q.length) * normAbove(r, 0, r.length));
  return { kind: "deterministic", bound: ((difference + roundOff) / size) * (1 + 4 * (m * n + 16) * UNIT_ROUND_OFF.float64), norm };
}
