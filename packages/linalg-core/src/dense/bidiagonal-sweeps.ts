/**
 * One QR sweep on a block of an upper bidiagonal matrix, in four forms: without and with shift, downwards and upwards.
 *
 *   d, e  diagonal and superdiagonal      block  rows low … high      f, g  the pair that the next rotation makes into (r, 0)
 *   (c, s)  p ← c p + s q, q ← c q − s p: rows p, q follow each other in the direction of the sweep
 *
 * A sweep without shift never subtracts: every entry keeps its relative accuracy.
 * Source: Demmel and Kahan.
 */

/** The rotations of one sweep in its order, from the left and from the right; `count` of each. */
export interface Sweep {
  count: number;
  readonly leftCosines: Float64Array;
  readonly leftSines: Float64Array;
  readonly rightCosines: Float64Array;
  readonly rightSines: Float64Array;
}

/** Room for the rotations of sweeps over n rows. */
export function emptySweep(n: number): Sweep {
  const room = (): Float64Array => new Float64Array(n);
  return { count: 0, leftCosines: room(), leftSines: room(), rightCosines: room(), rightSines: room() };
}

/** A sweep without shift from row low to row high. */
export function zeroShiftDown(d: Float64Array, e: Float64Array, low: number, high: number, turns: Sweep): void {
  let [c, cOld, sOld] = [1, 1, 0];
  for (let i = low; i < high; i++) {
    const { c: cr, s: sr, r } = rotation(d[i]! * c, e[i]!);
    if (i > low) e[i - 1] = sOld * r;
    const outer = rotation(cOld * r, d[i + 1]! * sr);
    c = cr;
    cOld = outer.c;
    sOld = outer.s;
    d[i] = outer.r;
    note(turns, cOld, sOld, cr, sr);
  }
  const h = d[high]! * c;
  d[high] = h * cOld;
  e[high - 1] = h * sOld;
}

/** The same from row high to row low. */
export function zeroShiftUp(d: Float64Array, e: Float64Array, low: number, high: number, turns: Sweep): void {
  let [c, cOld, sOld] = [1, 1, 0];
  for (let i = high; i > low; i--) {
    const { c: cl, s: sl, r } = rotation(d[i]! * c, e[i - 1]!);
    if (i < high) e[i] = sOld * r;
    const outer = rotation(cOld * r, d[i - 1]! * sl);
    c = cl;
    cOld = outer.c;
    sOld = outer.s;
    d[i] = outer.r;
    note(turns, cl, sl, cOld, sOld);
  }
  const h = d[low]! * c;
  d[low] = h * cOld;
  e[low] = h * sOld;
}

/** A sweep with shift from row low to row high. */
export function shiftedDown(d: Float64Array, e: Float64Array, low: number, high: number, shift: number, turns: Sweep): void {
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

/** The same from row high to row low. */
export function shiftedUp(d: Float64Array, e: Float64Array, low: number, high: number, shift: number, turns: Sweep): void {
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
export function solvePair(d: Float64Array, e: Float64Array, i: number, turns: Sweep): void {
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

/** The next rotation from either side; sines as a sweep in its own direction wants them. */
function note(turns: Sweep, leftCosine: number, leftSine: number, rightCosine: number, rightSine: number): void {
  const k = turns.count++;
  turns.leftCosines[k] = leftCosine;
  turns.leftSines[k] = leftSine;
  turns.rightCosines[k] = rightCosine;
  turns.rightSines[k] = rightSine;
}

/** ‖(x, y)‖ without overflow or underflow. */
export function length(x: number, y: number): number {
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
