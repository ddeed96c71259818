/**
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QR with Wilkinson's shift.
 *
 *   T  n × n  diagonal d [n], beside it e [n − 1]      sweep  T ← GᵀT G, G a product of rotations of neighbours: a bulge chased through a block
 *   near, far  the ends of the block: the shift comes from near, where e converges to zero; the bulge starts at far
 *
 * Near is the end of the block with the smaller diagonal entry, so that graded matrices keep their small eigenvalues.  An entry counts as
 * zero when |e_i| ≤ u (|d_i| + |d_(i+1)|): a change of T by that much.
 * Source: Dubrulle, Martin, Wilkinson, implicit QL; the choice of direction is LAPACK's.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { pause, type Steps } from "../runtime/steps.js";
import type { Rotations } from "./rotations.js";

export interface TridiagonalQrResult {
  readonly sweeps: number;
  readonly attempts: number;
  /** The positions of d beside an e that did not converge; none, as a rule. */
  readonly unconverged: readonly number[];
}

export interface TridiagonalQrControl {
  /** Takes the rotations, if the vectors are wanted. */
  readonly rotations?: Rotations;
  /** Sweeps of one attempt. */
  readonly limit: number;
  /** What the progress was before this, and what it is to be at the end of all. */
  readonly done: number;
  readonly total: number;
}

/** Below, e is zero beside the O(1) that T was scaled to: squares of what is kept do not vanish. */
const SMALLEST = 2 ** -1000;

/** d ← the eigenvalues, in no order; the second attempt, with a budget of its own, chases the other way. */
export function* tridiagonalQr(d: Float64Array, e: Float64Array, control: TridiagonalQrControl): Steps<TridiagonalQrResult> {
  const n = d.length;
  let [sweeps, attempts] = [0, 0];
  let unconverged: number[];
  do {
    attempts++;
    const budget = sweeps + control.limit;
    for (let first = 0; first < n;) {
      let last = first;
      while (last < n - 1 && !deflates(d, e, last)) last++;
      sweeps = yield* solveBlock(d, e, first, last, attempts === 2, sweeps, budget, control);
      first = last + 1;
    }
    unconverged = remaining(d, e);
  } while (unconverged.length > 0 && attempts < 2);
  return { sweeps, attempts, unconverged };
}

/** Sweeps over the rows first … last until all of their e are zero, or the budget is spent; returns the sweeps made in all. */
function* solveBlock(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  isReversed: boolean,
  sweeps: number,
  budget: number,
  { rotations, done, total }: TridiagonalQrControl,
): Steps<number> {
  const fromLast = Math.abs(d[last]!) < Math.abs(d[first]!) !== isReversed;
  const [start, end, step] = fromLast ? ([last, first, -1] as const) : ([first, last, 1] as const);
  const [cosines, sines] = [new Float64Array(last - first), new Float64Array(last - first)];
  for (let near = start; near !== end;) {
    let far = near;
    while (far !== end && !deflates(d, e, Math.min(far, far + step))) far += step;
    if (far === near) {
      near += step;
      continue;
    }
    if (sweeps >= budget) break;
    yield pause(done + first + Math.abs(near - start), total);
    sweep(d, e, near, far, cosines, sines);
    sweeps++;
    if (rotations !== undefined) yield* rotations.add(far, fromLast ? 1 : -1, Math.abs(far - near), cosines, sines);
  }
  return sweeps;
}

/** e_i is zero beside its neighbours; then it is made so. */
function deflates(d: Float64Array, e: Float64Array, i: number): boolean {
  const isSmall = Math.abs(e[i]!) <= UNIT_ROUND_OFF.float64 * (Math.abs(d[i]!) + Math.abs(d[i + 1]!)) + SMALLEST;
  if (isSmall) e[i] = 0;
  return isSmall;
}

/** One sweep from far to near, with the shift of the two rows at near; rotation k turns the rows far ± k and far ± (k + 1). */
function sweep(d: Float64Array, e: Float64Array, near: number, far: number, cosines: Float64Array, sines: Float64Array): void {
  const step = near > far ? 1 : -1;
  const lower = step > 0 ? 0 : -1; // e between i and i + step is e[i + lower]
  const shift = d[near]!;
  const beside = e[near - step + lower]!;
  const half = (d[near - step]! - shift) / (2 * beside);
  const root = Math.sqrt(half * half + 1);
  let g = d[far]! - shift + beside / (half < 0 ? half - root : half + root);
  let [s, c, p] = [1, 1, 0];
  for (let i = far, k = 0; i !== near; i += step, k++) {
    const f = s * e[i + lower]!;
    const b = c * e[i + lower]!;
    const r = length(g, f);
    c = r === 0 ? 1 : g / r;
    s = r === 0 ? 0 : f / r;
    if (k > 0) e[i - step + lower] = r;
    g = d[i]! - p;
    const t = (d[i + step]! - g) * s + 2 * c * b;
    p = s * t;
    d[i] = g + p;
    g = c * t - b;
    cosines[k] = c;
    sines[k] = s;
  }
  d[near] = d[near]! - p;
  e[near - step + lower] = g;
}

/** √(x² + y²) for values below 2^500: what is so small that its square vanishes is scaled first. */
function length(x: number, y: number): number {
  if (Math.abs(x) + Math.abs(y) > 2 ** -480) return Math.sqrt(x * x + y * y);
  const [a, b] = [x * 2 ** 540, y * 2 ** 540];
  return Math.sqrt(a * a + b * b) * 2 ** -540;
}

function remaining(d: Float64Array, e: Float64Array): number[] {
  const positions = new Set<number>();
  for (let i = 0; i < e.length; i++) if (!deflates(d, e, i)) positions.add(i).add(i + 1);
  return [...positions];
}
