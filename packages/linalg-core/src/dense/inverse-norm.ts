/**
 * ‖A⁻¹‖₁ estimated from a factorization, from below: at most six solves.
 *
 *   v = A⁻¹ x      ‖A⁻¹‖₁ ≥ ‖v‖₁ / ‖x‖₁      x = 1/n, then the column e_j that promises most; and x_i = ± (1 + i / (n − 1)), signs in turn
 *
 * Source: Hager 1984 and Higham 1988. Nothing is random.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { copyOut } from "../runtime/transfer.js";
import type { Block } from "./blocks.js";

/** A matrix, factored, that lies in compute memory. */
export interface Factored {
  readonly n: number;
  /** B ← A⁻¹ B, or A⁻ᵀ B; rows of B side by side, an even width at hand. */
  solve(scope: Scope, B: Block, isTransposed: boolean): Steps<void>;
  /** x ← A⁻¹ x, or A⁻ᵀ x, of n entries side by side; not to the bits of `solve`. */
  solveVector(scope: Scope, x: number, isTransposed: boolean): Steps<void>;
}

export interface InverseNorm {
  /** ‖v‖₁ / ‖x‖₁, as computed; Infinity where a solve overflowed. */
  readonly estimate: number;
  /** v itself: the direction that A shrinks. */
  readonly v: Float64Array;
}

/** Columns e_j that are tried: each costs two solves. */
const ASCENTS = 2;

/** The estimate and the vector that attains it. */
export function* inverseNorm(scope: Scope, system: Factored): Steps<InverseNorm> {
  const { n } = system;
  if (n === 0) return { estimate: 0, v: new Float64Array(0) };
  const at = scope.alloc(8 * n);
  const start = new Float64Array(n);
  for (let i = 0; i < n; i++) start[i] = (i % 2 === 0 ? 1 : -1) * (1 + i / Math.max(1, n - 1));
  const other = yield* image(scope, system, at, start, false);
  const challenger = { estimate: norm1(other) / norm1(start), v: other };
  let x = yield* image(scope, system, at, start.fill(1 / n), false);
  let best: InverseNorm = { estimate: norm1(x), v: x };
  for (let ascent = 0, last = -1; ascent < ASCENTS && n > 1; ascent++) {
    for (let i = 0; i < n; i++) start[i] = x[i]! < 0 ? -1 : 1;
    const slope = yield* image(scope, system, at, start, true);
    let j = 0;
    for (let i = 1; i < n; i++) if (Math.abs(slope[i]!) > Math.abs(slope[j]!)) j = i;
    if (j === last) break;
    last = j;
    start.fill(0)[j] = 1;
    x = yield* image(scope, system, at, start, false);
    const estimate = norm1(x);
    if (estimate <= best.estimate) break;
    best = { estimate, v: x };
  }
  scope.free(at);
  if (!(challenger.estimate <= best.estimate)) best = challenger; // also when it is NaN
  return best.estimate < Infinity ? best : { ...best, estimate: Infinity };
}

/** ‖x‖₁. */
export function norm1(x: Float64Array): number {
  let sum = 0;
  for (const entry of x) sum += Math.abs(entry);
  return sum;
}

/** A⁻¹ x, or A⁻ᵀ x, by way of compute memory. */
function* image(scope: Scope, system: Factored, at: number, x: Float64Array, isTransposed: boolean): Steps<Float64Array<ArrayBuffer>> {
  runtime().memory.f64.set(x, at / 8);
  yield* system.solveVector(scope, at, isTransposed);
  const v = new Float64Array(x.length);
  copyOut(at, v, "float64");
  return v;
}
