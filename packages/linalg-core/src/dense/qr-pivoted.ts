/**
 * QR factorization with column pivoting, of a block in compute memory.
 *
 *   A  m × n, columns side by side      k = min(m, n)      A P = H_0 … H_(k−1) R      ν_j  norm of what is left of column j
 *
 *   step j     swap the column of largest ν into place j; reflect it; apply the reflector to the columns behind it
 *   downdate   t = 1 − (r_jl / ν_l)²;  ν_l ← ν_l √t, but measured afresh once t (ν_l / ν_l⁰)² ≤ √u: then half the digits are gone
 *
 * |r_jj| does not grow, up to rounding: the diagonal reveals the rank, but for contrived matrices (Kahan's).
 * Source: Golub's pivoting; the safe downdate of Drmač and Bujanović.
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, rest, type Steps } from "../runtime/steps.js";
import { part, type Block } from "./blocks.js";
import { reflectOn } from "./qr-factor.js";
import { factorKernels } from "../kernels/factor.js";

/** √u of float64. */
const HALF_THE_DIGITS = 2 ** -26.5;
/** A sum of squares below this may have lost terms to underflow. */
const SAFE_SQUARES = 2 ** -900;

/**
 * In place: R on and above the diagonal, v_j below it.
 * @param scope it owns what is needed on the way.
 * @param A m × n, columns side by side; entries near 1 in size, or scaled so.
 * @param tau address of min(m, n) float64, for τ_0 … τ_(k−1).
 * @param total what the columns done are reported against; 0 reports nothing.
 * @returns the permutation: column j of Q R is column permutation[j] of A.
 */
export function* pivotedQrSteps(scope: Scope, A: Block, tau: number, total = 0): Steps<Int32Array> {
  const [m, n] = [A.rows, A.columns];
  const k = Math.min(m, n);
  const permutation = Int32Array.from({ length: n }, (_, j) => j);
  const norms = new Float64Array(n);
  for (let l = 0; l < n; l++) norms[l] = norm(m, A.address + l * A.columnBytes);
  const trusted = norms.slice();
  for (let j = 0; j < k; j++) {
    if (j > 0) yield total > 0 ? pause(j, total) : rest();
    const pivot = indexOfLargest(norms, j);
    if (pivot !== j) {
      swapColumns(A, j, pivot);
      [permutation[j], permutation[pivot]] = [permutation[pivot]!, permutation[j]!];
      norms[pivot] = norms[j]!;
      trusted[pivot] = trusted[j]!;
    }
    yield* reflectOn(scope, part(A, j, m, j, n), tau + 8 * j);
    downdate(A, j, norms, trusted);
  }
  return permutation;
}

/** The lowest index l ≥ from with the largest norm. */
function indexOfLargest(norms: Float64Array, from: number): number {
  let largest = from;
  for (let l = from + 1; l < norms.length; l++) if (norms[l]! > norms[largest]!) largest = l;
  return largest;
}

function swapColumns({ address, columnBytes, rows }: Block, i: number, j: number): void {
  const { f64 } = runtime().memory;
  const [p, q] = [(address + i * columnBytes) / 8, (address + j * columnBytes) / 8];
  const held = f64.slice(p, p + rows);
  f64.copyWithin(p, q, q + rows);
  f64.set(held, q);
}

/** Norms of the rows below j, from those of the rows from j on. */
function downdate({ address, columnBytes, rows, columns }: Block, j: number, norms: Float64Array, trusted: Float64Array): void {
  const { f64 } = runtime().memory;
  for (let l = j + 1; l < columns; l++) {
    const before = norms[l]!;
    if (before === 0) continue;
    const top = address + l * columnBytes + 8 * j;
    const share = Math.abs(f64[top / 8]!) / before;
    const left = Math.max(0, (1 - share) * (1 + share));
    const since = before / trusted[l]!;
    if (left * since * since > HALF_THE_DIGITS) norms[l] = before * Math.sqrt(left);
    else norms[l] = trusted[l] = norm(rows - j - 1, top + 8);
  }
}

/** ‖x‖ of m entries side by side at an address. */
function norm(m: number, x: number): number {
  const kernels = kernelsOf(factorKernels);
  const { memory } = runtime();
  const squares = kernels.dot(m, x, x);
  if (squares > SAFE_SQUARES) return Math.sqrt(squares);
  let largest = 0;
  for (let i = 0; i < m; i++) largest = Math.max(largest, Math.abs(memory.f64[x / 8 + i]!));
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < m; i++) {
    const ratio = memory.f64[x / 8 + i]! / largest;
    sum += ratio * ratio;
  }
  return largest * Math.sqrt(sum);
}
