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
import type { Rotations } from "./rotations.js";

/** Where the rotations of the vectors go; absent where no vectors are wanted. */
export interface Turned {
  readonly left?: Rotations;
  readonly right?: Rotations;
}

/** The rotations of one sweep in its order, from the left and from the right; `count` of each. */
interface Sweep {
  count: number;
  readonly leftCosines: Float64Array;
  readonly leftSines: Float64Array;
  readonly rightCosines: Float64Array;
  readonly rightSines: Float64Array;
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
  for (let sweep = 0; high > 0; ) {
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

function emptySweep(n: number): Sweep {
  const room = (): Float64Array => new Float64Array(n);
  return { count: 0, leftCosines: room(), leftSines: room(), rightCosines: room(), rightSines: room() };
}

/** Tells the vectors of a sweep that began at row `first`. */
function* pass(turns: Sweep, first: number, step: 1 | -1, { left, right }: Turned): Steps<void> {
  if (left) yield* left.add(first, step, turns.count, turns.leftCosines, turns.leftSines);
  if (right) yield* right.add(first, step, turns.count, turns.rightCosines, turns.rightSines);
}

/** The next rotation from either side; sines as a sweep in its own direction wants them. */
function note(turns: Sweep, leftCosine: number, leftSine: number, rightCosine: number, rightSine: number): void {
  const k = turns.count++;
  turns.leftCosines[k] = leftCosine;
  turns.leftSines[k] = leftSine;
  turns.rightCosines[k] = rightCosine;
  turns.rightSines[k] = rightSine;
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

/** ‖(x, y)‖ without overflow or underflow. */
function length(x: number, y: number): number {
  const scale = Math.abs(x) + Math.abs(y);
  if (scale === 0) return 0;
  const [p, q] = [x / scale, y / scale];
  return scale * Math.sqrt(p * p + q * q);
}

/** The rotation that makes (f, g) into (r, 0); written into `turn` to save an object a rotation. */
const turn = { c: 1, s: 0, r: 0 };
function rotation(f: number, g: number): typeof turn {
  const r = length(f, g);
  turn.c = g === 0 ? 1 : f / r;
  turn.s = g === 0 ? 0 : g / r;
  turn.r = g === 0 ? f : r;
  return turn;
}

function zeroShiftDown(d: Float64Array, e: Float64Array, low: number, high: number, turns: Sweep): void {
  let [c, cOld, sOld] = [1, 1, 0];
  for (let i = low; i < high; i++) {
    const { c: cr, s: sr, r } = rotation(d[i]! * c, e[i]!);
    if (i > low) e[i - 1] = sOld * r;
    const outer = rotation(cOld * r, d[i + 1]! * sr);
    [c, cOld, sOld] = [cr, outer.c, outer.s];
    d[i] = outer.r;
    note(turns, cOld, sOld, cr, sr);
  }
  const h = d[high]! * c;
  d[high] = h * cOld;
  e[high - 1] = h * sOld;
}

function zeroShiftUp(d: Float64Array, e: Float64Array, low: number, high: number, turns: Sweep): void {
  let [c, cOld, sOld] = [1, 1, 0];
  for (let i = high; i > low; i--) {
    const { c: cl, s: sl, r } = rotation(d[i]! * c, e[i - 1]!);
    if (i < high) e[i] = sOld * r;
    const outer = rotation(cOld * r, d[i - 1]! * sl);
    [c, cOld, sOld] = [cl, outer.c, outer.s];
    d[i] = outer.r;
    note(turns, cl, sl, cOld, sOld);
  }
  const h = d[low]! * c;
  d[low] = h * cOld;
  e[low] = h * sOld;
}

function shiftedDown(d: Float64Array, e: Float64Array, low: number, high: number, shift: number, turns: Sweep): void {
  let f = shiftedStart(d[low]!, shift);
  let g = e[low]!;
  for (let i = low; i < high; i++) {
    const { c: cr, s: sr, r } = rotation(f, g);
    if (i > low) e[i - 1] = r;
    f = cr * d[i]! + sr * e[i]!;
    e[i] = cr * e[i]! - sr * d[i]!;
    g = sr * d[i + 1]!;
    d[i + 1]! *= cr;
    const { c: cl, s: sl, r: diagonal } = rotation(f, g);
    d[i] = diagonal;
    f = cl * e[i]! + sl * d[i + 1]!;
    d[i + 1] = cl * d[i + 1]! - sl * e[i]!;
    if (i < high - 1) {
      g = sl * e[i + 1]!;
      e[i + 1]! *= cl;
    }
    note(turns, cl, sl, cr, sr);
  }
  e[high - 1] = f;
}

function shiftedUp(d: Float64Array, e: Float64Array, low: number, high: number, shift: number, turns: Sweep): void {
  let f = shiftedStart(d[high]!, shift);
  let g = e[high - 1]!;
  for (let i = high; i > low; i--) {
    const { c: cl, s: sl, r } = rotation(f, g);
    if (i < high) e[i] = r;
    f = cl * d[i]! + sl * e[i - 1]!;
    e[i - 1] = cl * e[i - 1]! - sl * d[i]!;
    g = sl * d[i - 1]!;
    d[i - 1]! *= cl;
    const { c: cr, s: sr, r: diagonal } = rotation(f, g);
    d[i] = diagonal;
    f = cr * e[i - 1]! + sr * d[i - 1]!;
    d[i - 1] = cr * d[i - 1]! - sr * e[i - 1]!;
    if (i > low + 1) {
      g = sr * e[i - 2]!;
      e[i - 2]! *= cr;
    }
    note(turns, cl, sl, cr, sr);
  }
  e[low] = f;
}

/** (d² − σ²) / d, computed without cancellation of squares. */
function shiftedStart(d: number, shift: number): number {
  return (Math.abs(d) - shift) * ((d < 0 ? -1 : 1) + shift / d);
}

/**
 * [f g; 0 h] to diagonal form: the rotation from the right that makes its columns orthogonal, then the one from the left that lays the first
 * of them along the first axis. The second value is f h divided by the first: a product of relatively accurate numbers.
 */
function solvePair(d: Float64Array, e: Float64Array, i: number, turns: Sweep): void {
  const [f, g, h] = [d[i]!, e[i]!, d[i + 1]!];
  e[i] = 0;
  // columns x = (f, 0), y = (g, h): tan 2θ = 2 <x, y> / (‖x‖² − ‖y‖²)
  const size = Math.max(Math.abs(f), Math.abs(g), Math.abs(h));
  const [F, G, H] = [f / size, g / size, h / size];
  const difference = (F - H) * (F + H) - G * G;
  const product = 2 * F * G;
  const root = length(difference, product);
  // c, s of the larger column first: cos 2θ = difference / root
  let c = Math.sqrt(Math.max(0, (1 + Math.abs(difference) / root) / 2));
  let s = product / (2 * root * c);
  if (difference < 0) [c, s] = [Math.abs(s), product < 0 ? -c : c];
  if (root === 0) [c, s] = [1, 0];
  const [x, y] = [c * f + s * g, s * h]; // the first column after the rotation
  const { c: cl, s: sl, r } = rotation(x, y);
  d[i] = r;
  d[i + 1] = r === 0 ? 0 : f * (h / r);
  turns.count = 0;
  note(turns, cl, sl, c, s);
}
