/**
 * How far a least-squares solution is from the true one, measured from the solution.
 *
 *   A  m × n      b  [m]      x  [n] as returned      x*  a minimiser of ‖A x − b‖      r = b − A x, and r̂ as computed
 *   P  projection onto the range of A      T  n × r, any matrix for which U = A T has nearly orthonormal columns      η ≥ ‖UᵀU − I‖
 *
 *   A (x − x*) = −P r, and ‖P r‖ ≤ ‖P r̂‖ + ‖r − r̂‖, ‖r − r̂‖ ≤ γ_(n+2) ‖ |r̂| + |A||x| + |b| ‖.  First, ‖P r̂‖ ≤ ‖r̂‖.
 *   If U spans the range of A, that is if η < 1 and A has rank r, then ‖P r̂‖² = (Uᵀr̂)ᵀ (UᵀU)⁻¹ (Uᵀr̂), hence
 *   ‖P r̂‖ ≤ (‖Tᵀ(Aᵀr̂)‖ + γ_(m+n+3) ‖ |T|ᵀ |A|ᵀ |r̂| ‖) / (1 − η)
 *
 * T is taken as it is computed, so no error of its own enters. η is measured: ‖Ĝ − I‖_F + γ_(m+2) ‖Û‖_F² + 2 δ ‖Û‖_F + δ² for
 * Û, Ĝ the computed A T, ÛᵀÛ and δ = γ_(n+2) ‖ |A||T| ‖_F.
 * Source: Subquad; the rounding of sums of products.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { columnBlock, multiplyBlocks, rowBlock, transposed, type Block } from "./blocks.js";
import { gamma } from "./round-off.js";
import { copyOf } from "./place-columns.js";
import { euclideanNorm, normAbove } from "./sums.js";

export interface Distance {
  /** At least ‖A (x − x*)‖ for every column. */
  readonly bound: number;
  /** ‖B − A X‖_F, as computed. */
  readonly residualNorm: number;
}

/** Values changed between two turns of the event loop. */
const SLICE = 1 << 20;
/** What underflows on the way, beside a largest entry of 2^-100 at least. */
const UNDERFLOW = 2 ** -950;

/**
 * @param A m × n and B  m × p, columns side by side, packed, at a harmless scale.
 * @param X n × p row-major, at the scale that goes with these.
 * @param basis T; absent where it is not needed or not there.
 */
export function* measureDistance(scope: Scope, A: Block, B: Block, X: Float64Array, basis: Block | undefined): Steps<Distance> {
  const { rows: m, columns: n } = A;
  const p = B.columns;
  const x = rowBlock(scope.alloc(8 * n * p), n, p);
  runtime().memory.f64.set(X, x.address / 8);
  const residual = copyOf(scope, B);
  yield* multiplyBlocks(scope, A, x, residual, { add: true, negate: true });
  const s = copyOf(scope, B);
  yield* addMagnitudes(s, residual);
  const magnitude = copyOf(scope, A);
  yield* makeMagnitudes(magnitude.address, m * n);
  yield* makeMagnitudes(x.address, n * p);
  yield* multiplyBlocks(scope, magnitude, x, s, { add: true });
  const slope = basis && (yield* slopes(scope, A, magnitude, residual, basis));

  const { f64 } = runtime().memory;
  let bound = 0;
  for (let c = 0; c < p; c++) {
    const size = normAbove(f64, (residual.address + c * residual.columnBytes) / 8, m);
    const steep = slope === undefined ? Infinity : slope[c]!;
    const projected = steep < size ? steep : size; // NaN, from a T that overflows, proves nothing
    bound = Math.max(bound, projected + gamma(n + 2) * normAbove(f64, (s.address + c * s.columnBytes) / 8, m));
  }
  const residualNorm = euclideanNorm(f64, residual.address / 8, m * p);
  return { bound: bound === 0 ? 0 : (bound + UNDERFLOW) * (1 + 8 * UNIT_ROUND_OFF.float64), residualNorm };
}

/** At least ‖P r̂‖, column by column; Infinity or NaN where nothing is proved. */
function* slopes(scope: Scope, A: Block, magnitude: Block, residual: Block, T: Block): Steps<Float64Array> {
  const { rows: m, columns: n } = A;
  const [r, p] = [T.columns, residual.columns];
  const η = yield* departure(scope, A, T);
  const slope = yield* twoProducts(scope, T, A, residual);
  const size = normAbove(runtime().memory.f64, T.address / 8, n * r);
  const positive = copyOf(scope, residual);
  yield* makeMagnitudes(positive.address, m * p);
  yield* makeMagnitudes(T.address, n * r);
  const rounding = yield* twoProducts(scope, T, magnitude, positive);
  const { f64 } = runtime().memory;
  return Float64Array.from({ length: p }, (_, c) => {
    const allowed = gamma(m + n + 3) * normAbove(f64, (rounding.address + c * rounding.columnBytes) / 8, r);
    const measured = normAbove(f64, (slope.address + c * slope.columnBytes) / 8, r);
    return η < 1 ? (measured + allowed + UNDERFLOW * size) / (1 - η) : Infinity;
  });
}

/** Tᵀ (Aᵀ Z), columns side by side. */
function* twoProducts(scope: Scope, T: Block, A: Block, Z: Block): Steps<Block> {
  const [n, r, p] = [A.columns, T.columns, Z.columns];
  const AZ = columnBlock(scope.alloc(8 * n * p), n, p);
  const TAZ = columnBlock(scope.alloc(8 * r * p), r, p);
  yield* multiplyBlocks(scope, transposed(A), Z, AZ);
  yield* multiplyBlocks(scope, transposed(T), AZ, TAZ);
  return TAZ;
}

/** η. */
function* departure(scope: Scope, A: Block, T: Block): Steps<number> {
  const [m, n, r] = [A.rows, A.columns, T.columns];
  const U = columnBlock(scope.alloc(8 * m * r), m, r);
  const G = rowBlock(scope.alloc(8 * r * r), r, r);
  yield* multiplyBlocks(scope, A, T, U);
  yield* multiplyBlocks(scope, transposed(U), U, G, { lower: true });
  const { f64 } = runtime().memory;
  for (let i = 0; i < r; i++) {
    const diagonal = G.address / 8 + i * (r + 1);
    f64[diagonal]! -= 1;
    f64.fill(0, diagonal + 1, diagonal + r - i);
  }
  // |A||T| by columns of A made equal: ‖ |A||T| ‖_F ≤ ‖A D⁻¹‖_F ‖D T‖_F with D = diag ‖a_l‖
  const rows = new Float64Array(n);
  for (let l = 0; l < n; l++) {
    rows[l] = normAbove(f64, (A.address + l * A.columnBytes) / 8, m) * normAbove(f64, (T.address + l * T.rowBytes) / 8, r);
  }
  const spread = gamma(n + 2) * Math.sqrt(n) * normAbove(rows, 0, n);
  const size = normAbove(f64, U.address / 8, m * r);
  const measured = Math.SQRT2 * normAbove(f64, G.address / 8, r * r); // one triangle
  scope.free(U.address);
  scope.free(G.address);
  return (measured + gamma(m + 2) * size * size + spread * (2 * size + spread)) * (1 + 16 * UNIT_ROUND_OFF.float64);
}

/** s ← |s| + |r|. */
function* addMagnitudes(s: Block, residual: Block): Steps<void> {
  yield* makeMagnitudes(s.address, s.rows * s.columns);
  for (let j = 0; j < s.columns; j++) {
    if (j > 0) yield rest();
    const { f64 } = runtime().memory;
    const [p, q] = [(s.address + j * s.columnBytes) / 8, (residual.address + j * residual.columnBytes) / 8];
    for (let i = 0; i < s.rows; i++) f64[p + i]! += Math.abs(f64[q + i]!);
  }
}

function* makeMagnitudes(address: number, count: number): Steps<void> {
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) yield rest();
    const { f64 } = runtime().memory;
    const end = address / 8 + Math.min(count, from + SLICE);
    for (let p = address / 8 + from; p < end; p++) f64[p] = Math.abs(f64[p]!);
  }
}
