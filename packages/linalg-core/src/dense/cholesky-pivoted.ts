/**
 * Cholesky factorization with complete diagonal pivoting, for semidefinite matrices.
 *
 *   A  n × n      A[p, p] = L Lᵀ + E      L  n × r, lower trapezoidal      p  permutation      d  what is left of the diagonal
 *
 * The largest d_i comes next, ties to the lowest index, until it is at most n u max a_ii. Where A ≥ 0 so is E (in exact arithmetic), so
 * ‖E‖₂ ≤ trace E, which costs O(n r) from L. Blocked: 64 columns, then one product for the rest.  Source: textbook, as LAPACK's dpstrf.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { DType } from "../array/types.js";
import type { Certificate } from "../certificate.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, transposed, type Block } from "./blocks.js";
import { permutationOf } from "./lu-factor.js";
import { PANEL } from "./substitution.js";
import { allocRows, loadRows, takeRows } from "./work.js";
import { factorKernels } from "../kernels/factor.js";

export interface PivotedFactor {
  /** n × rank, row-major. */
  readonly factor: Float64Array<ArrayBuffer>;
  readonly rank: number;
  readonly permutation: Int32Array;
  /** The largest and the smallest of what is left of the diagonal; 0 for full rank. */
  readonly left: { readonly largest: number; readonly smallest: number };
}

/** Multiply-adds between two turns of the event loop. */
const CHUNK_WORK = 2e6;

/** The factor of A, n × n, row-major; of which the lower triangle is read. */
export function* factorPivoted(scope: Scope, a: Float64Array, n: number, dtype: DType): Steps<PivotedFactor> {
  const work = allocRows(scope, n, n);
  yield* loadRows(work, a);
  const [diagonal, swaps] = [scope.alloc(8 * Math.max(1, n)), scope.alloc(4 * Math.max(1, n))];
  let top = 0;
  for (let i = 0; i < n; i++) {
    runtime().memory.f64[diagonal / 8 + i] = a[i * n + i]!;
    top = Math.max(top, a[i * n + i]!);
  }
  const rank = yield* eliminate(scope, work, diagonal, swaps, n * UNIT_ROUND_OFF[dtype] * top);
  const { f64, i32 } = runtime().memory;
  const pivots = Int32Array.from({ length: n }, (_, i) => (i < rank ? i32[swaps / 4 + i]! : i));
  let [largest, smallest] = rank < n ? [-Infinity, Infinity] : [0, 0];
  for (let i = rank; i < n; i++) {
    largest = Math.max(largest, f64[diagonal / 8 + i]!);
    smallest = Math.min(smallest, f64[diagonal / 8 + i]!);
  }
  const factor = yield* takeRows(part(work, 0, n, 0, rank), true);
  scope.free(work.address);
  return { factor, rank, permutation: permutationOf(pivots), left: { largest, smallest } };
}

/** A ← L in its first columns; how many. */
function* eliminate(scope: Scope, A: Block, diagonal: number, swaps: number, tolerance: number): Steps<number> {
  const { rows: n, rowBytes } = A;
  const chunk = Math.max(1, Math.floor(CHUNK_WORK / (n * PANEL)));
  for (let base = 0; base < n; base += PANEL) {
    const end = Math.min(n, base + PANEL);
    for (let from = base; from < end; from += chunk) {
      yield pause(from, n);
      const to = Math.min(end, from + chunk);
      const reached = kernelsOf(factorKernels).choleskyPivots(n, rowBytes, A.address, base, from, to, diagonal, swaps, tolerance);
      if (reached < to) return reached;
    }
    const below = part(A, end, n, base, end);
    yield* multiplyBlocks(scope, below, transposed(below), part(A, end, n, end, n), { add: true, negate: true, lower: true });
  }
  return n;
}

/**
 * trace E + round-off ≥ ‖E‖₂, provided that A ≥ 0; nothing where A is seen not to be: an entry above every a_ii, or a diagonal left below 0.
 *
 * Round-off: of the factorization and of the trace, a few units of trace A + ‖L‖_F² for each of n + r steps; and of L where it was rounded.
 * @param largest max |a_ij|.
 */
export function traceCertificate(
  a: Float64Array,
  n: number,
  { factor, rank, left }: PivotedFactor,
  dtype: DType,
  largest: number,
): Certificate {
  const unit = UNIT_ROUND_OFF[dtype];
  let [top, trace, square] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    top = Math.max(top, a[i * n + i]!);
    trace += a[i * n + i]!;
  }
  for (const x of factor) square += x * x;
  if (largest > top || left.smallest < -8 * n * unit * top)
    return { kind: "none", reason: "A is not positive semidefinite; pass certify: true for a bound without that condition" };
  const roundOff = 4 * (n + rank + 8) * UNIT_ROUND_OFF.float64 * (trace + square) + (dtype === "float32" ? 2.001 * unit * square : 0);
  const bound = Math.max(0, trace - square) + roundOff;
  return { kind: "conditional", bound, norm: "spectral norm of A − L Lᵀ, A in the order of L", condition: "A ≥ 0" };
}
