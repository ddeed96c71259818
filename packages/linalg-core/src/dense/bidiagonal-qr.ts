/**
 * Singular values of a bidiagonal matrix by implicit QR sweeps, with the rotations that they take.
 *
 *   B  n × n upper bidiagonal: diagonal d, superdiagonal e      block  rows low … high, within which no e vanishes
 *   B ← Gᵀ B H  by rotations of neighbours; U ← U G, V ← V H follow from the rotations that `left` and `right` are told
 *
 * A sweep without shift finds tiny singular values to full relative accuracy; a shift is taken only where it cannot spoil that. The sweep
 * runs towards the end where the block is small. Entries of e are dropped by criteria that move no singular value by more than a relative ε.
 * Source: Demmel and Kahan, "Accurate singular values of bidiagonal matrices".
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { pause, type Steps } from "../runtime/steps.js";
import { emptySweep, length, shiftedDown, shiftedUp, solvePair, zeroShiftDown, zeroShiftUp, type Sweep } from "./bidiagonal-sweeps.js";
import type { Rotations } from "./rotations.js";

/** Where the rotations of the vectors go; absent where no vectors are wanted. */
export interface Turned {
  readonly left?: Rotations;
  readonly right?: Rotations;
}

const U = UNIT_ROUND_OFF.float64;
/** ε: relative accuracy of the dropping criteria; 100 u, as smaller ones cost sweeps and gain nothing against the reduction's n u. */
const TOLERANCE = 100 * U;
/** Sweeps a value, on average, before giving up; three are usual. */
const SWEEPS = 30;
const SMALLEST = 2 ** -1022;

/**
 * d ← singular values with signs, in no order; e ← 0.
 * @returns how many values did not converge: 0 unless the budget of 30 n sweeps is spent.
 */
export function* bidiagonalQr(d: Float64Array, e: Float64Array, turned: Turned): Steps<number> {
  const n = d.length;
  const turns = emptySweep(n);
  const threshold = dropThreshold(d, e);
  let high = n - 1;
  let block = { low: -1, high: -1, down: true };
  for (let sweep = 0; high > 0;) {
    if (Math.abs(e[high - 1]!) <= threshold) {
      e[--high] = 0;
      continue;
    }
    let low = high - 1;
    while (low > 0 && Math.abs(e[low - 1]!) > threshold) low--;
    if (low > 0) e[low - 1] = 0;
    if (high - low === 1) {
      solvePair(d, e, low, turns);
      yield* pass(turns, low, 1, turned);
      high -= 2;
      continue;
    }
    if (sweep++ > SWEEPS * n) return high + 1;
    if (low > block.high || high < block.low) block = { low, high, down: Math.abs(d[low]!) >= Math.abs(d[high]!) };
    block = { ...block, low, high };
    const least = dropByRatio(d, e, low, high, block.down);
    if (least === undefined) continue; // an entry was dropped: the block is another one
    const shift = chooseShift(d, e, low, high, block.down, least);
    turns.count = 0;
    if (shift === 0) (block.down ? zeroShiftDown : zeroShiftUp)(d, e, low, high, turns);
    else (block.down ? shiftedDown : shiftedUp)(d, e, low, high, shift, turns);
    if (sweep % 8 === 0) yield pause(n - high, n);
    if (block.down) yield* pass(turns, low, 1, turned);
    else yield* pass(turns, high, -1, turned);
  }
  return 0;
}

/** Tells the vectors of a sweep that began at row `first`. */
function* pass(turns: Sweep, first: number, step: 1 | -1, { left, right }: Turned): Steps<void> {
  if (left) yield* left.add(first, step, turns.count, turns.leftCosines, turns.leftSines);
  if (right) yield* right.add(first, step, turns.count, turns.rightCosines, turns.rightSines);
}

/** ε σ / √n for a lower bound σ of the smallest singular value: an entry of e below it does not matter. */
function dropThreshold(d: Float64Array, e: Float64Array): number {
  const n = d.length;
  let least = Math.abs(d[0] ?? 0);
  for (let i = 1, μ = least; i < n && least > 0; i++) {
    μ = Math.abs(d[i]!) * (μ / (μ + Math.abs(e[i - 1]!)));
    least = Math.min(least, μ);
  }
  return Math.max((TOLERANCE * least) / Math.sqrt(n), SWEEPS * n * n * SMALLEST);
}

/** Drops an entry that is small against the part of the block that the sweep comes from; else a lower bound of the block's least value. */
function dropByRatio(d: Float64Array, e: Float64Array, low: number, high: number, down: boolean): number | undefined {
  const last = down ? high - 1 : low; // the entry at the end of the sweep
  if (Math.abs(e[last]!) <= TOLERANCE * Math.abs(d[down ? high : low]!)) {
    e[last] = 0;
    return undefined;
  }
  let μ = Math.abs(d[down ? low : high]!);
  let least = μ;
  for (let s = 0; s < high - low; s++) {
    const i = down ? low + s : high - 1 - s; // e_i couples d_i and d_(i+1)
    if (Math.abs(e[i]!) <= TOLERANCE * μ) {
      e[i] = 0;
      return undefined;
    }
    μ = Math.abs(d[down ? i + 1 : i]!) * (μ / (μ + Math.abs(e[i]!)));
    least = Math.min(least, μ);
  }
  return least;
}

/** The smaller singular value of the last 2 × 2, or 0 where a shift would cost relative accuracy of the small values. */
function chooseShift(d: Float64Array, e: Float64Array, low: number, high: number, down: boolean, least: number): number {
  let most = Math.abs(d[high]!);
  for (let i = low; i < high; i++) most = Math.max(most, Math.abs(d[i]!), Math.abs(e[i]!));
  if ((high - low + 1) * TOLERANCE * (least / most) <= U) return 0;
  const shift = down ? leastOfPair(d[high - 1]!, e[high - 1]!, d[high]!) : leastOfPair(d[low]!, e[low]!, d[low + 1]!);
  const start = Math.abs(d[down ? low : high]!);
  return start > 0 && (shift / start) * (shift / start) < U ? 0 : shift;
}

/** σ_min of [f g; 0 h] = 2 |f h| / (‖(f + h, g)‖ + ‖(f − h, g)‖) for f, h ≥ 0. */
function leastOfPair(f: number, g: number, h: number): number {
  const [small, large] = Math.abs(f) < Math.abs(h) ? [Math.abs(f), Math.abs(h)] : [Math.abs(h), Math.abs(f)];
  if (small === 0) return 0;
  return 2 * small * (large / (length(large + small, g) + length(large - small, g)));
}
