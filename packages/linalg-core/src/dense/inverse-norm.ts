/**
 * ‖A⁻¹‖₁ estimated from a factorization, from below: at most five solves.
 *
 *   v = A⁻¹ x      ‖A⁻¹‖₁ ≥ ‖v‖₁ / ‖x‖₁      x = 1/n, then the column e_j that promises most; and x_i = ± (1 + i / (n − 1)), signs in turn
 *
 * Source: Hager 1984 and Higham 1988. Nothing is random.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { allocRows, positionOf } from "./work.js";

/** A matrix, factored, that lies in compute memory. */
export interface Factored {
  readonly n: number;
  /** B ← A⁻¹ B, or A⁻ᵀ B; rows of B side by side, an even width at hand. */
  solve(scope: Scope, B: Block, isTransposed: boolean): Steps<void>;
}

export interface InverseNorm {
  /** ‖v‖₁ / ‖x‖₁, as computed; Infinity where a solve overflowed. */
  readonly estimate: number;
  /** v itself: the direction that A shrinks. */
  readonly v: Float64Array;
}

/** Columns e_j that are tried: each costs two solves, and the first solve serves both of the other starts. */
const ASCENTS = 2;

/** The estimate and the vector that attains it. */
export function* inverseNorm(scope: Scope, system: Factored): Steps<InverseNorm> {
  const { n } = system;
  if (n === 0) return { estimate: 0, v: new Float64Array(0) };
  const B = allocRows(scope, n, 2);
  const alternating = (i: number): number => (i % 2 === 0 ? 1 : -1) * (1 + i / Math.max(1, n - 1));
  writeColumns(B, () => 1 / n, alternating);
  yield* system.solve(scope, B, false);
  let x = column(B, 0);
  let best: InverseNorm = { estimate: norm1(x), v: x };
  const other = column(B, 1);
  let otherStart = 0;
  for (let i = 0; i < n; i++) otherStart += Math.abs(alternating(i));
  const challenger = { estimate: norm1(other) / otherStart, v: other };
  for (let ascent = 0, last = -1; ascent < ASCENTS && n > 1; ascent++) {
    const v = x;
    writeColumns(B, (i) => (v[i]! < 0 ? -1 : 1));
    yield* system.solve(scope, B, true);
    const slope = column(B, 0);
    let j = 0;
    for (let i = 1; i < n; i++) if (Math.abs(slope[i]!) > Math.abs(slope[j]!)) j = i;
    if (j === last) break;
    last = j;
    writeColumns(B, (i) => (i === j ? 1 : 0));
    yield* system.solve(scope, B, false);
    x = column(B, 0);
    if (norm1(x) <= best.estimate) break;
    best = { estimate: norm1(x), v: x };
  }
  scope.free(B.address);
  if (!(challenger.estimate <= best.estimate)) best = challenger; // also when it is NaN
  return best.estimate < Infinity ? best : { ...best, estimate: Infinity };
}

/** ‖x‖₁. */
export function norm1(x: Float64Array): number {
  let sum = 0;
  for (const entry of x) sum += Math.abs(entry);
  return sum;
}

function writeColumns(B: Block, first: (i: number) => number, second: (i: number) => number = () => 0): void {
  const { f64 } = runtime().memory;
  for (let i = 0; i < B.rows; i++) {
    const p = positionOf(B, i);
    f64[p] = first(i);
    f64[p + 1] = second(i);
  }
}

function column(B: Block, j: number): Float64Array<ArrayBuffer> {
  const { f64 } = runtime().memory;
  return Float64Array.from({ length: B.rows }, (_, i) => f64[positionOf(B, i) + j]!);
}
