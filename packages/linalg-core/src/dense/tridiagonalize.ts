/**
 * Symmetric matrices made tridiagonal by Householder reflectors.
 *
 *   A  n × n  symmetric      A = Q T Qᵀ      Q = H_0 H_1 … H_(n−2)      T  tridiagonal: diagonal d [n], beside it e [n − 1]
 *
 * A panel of columns is reduced before A is touched: A' = A − V Wᵀ − W Vᵀ, where
 *
 *   w_j = τ_j (p − ½ τ_j ⟨p, v_j⟩ v_j),   p = A' v_j = A v_j − V (Wᵀ v_j) − W (Vᵀ v_j)
 *
 * so that half of the flops are products with a vector, bound by memory, and half are one product of matrices a panel.
 * Source: Dongarra, Hammarling, Sorensen; LAPACK's order of the work.
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, type Steps } from "../runtime/steps.js";
import { applyReflector, blockReflector, freeReflector } from "./block-reflector.js";
import { columnBlock, multiplyBlocks, part, rowBlock, transposed, type Block } from "./blocks.js";
import { addColumns, columnDots } from "./columns.js";
import { factorKernels } from "../kernels/factor.js";

export interface Tridiagonal {
  readonly d: Float64Array;
  readonly e: Float64Array;
  /** Address of τ_0 … τ_(n−2). */
  readonly tau: number;
}

/** Columns of a panel. */
const PANEL = 32;
/**
 * T; what is left of A are the reflectors: v_j below its first entry, 1, in row j from position j + 2 on.
 * @param scope it owns τ.
 * @param A rows side by side; it is overwritten.
 * @param total of the progress that n columns are part of.
 */
export function* tridiagonalize(scope: Scope, A: Block, total: number): Steps<Tridiagonal> {
  const n = A.rows;
  const [d, e] = [new Float64Array(n), new Float64Array(Math.max(0, n - 1))];
  const tau = scope.alloc(8 * n);
  const panel = columnBlock(scope.alloc(8 * n * 3 * PANEL), n, 3 * PANEL); // V W V: the first two against the last two
  const coefficients = scope.alloc(8 * PANEL);
  for (let first = 0; first < n; first += PANEL) {
    const width = Math.min(PANEL, n - first);
    const V = part(panel, 0, n, 0, width);
    const W = part(panel, 0, n, width, 2 * width);
    for (let i = 0; i < width; i++) {
      yield pause(first + i, total);
      yield* reduceColumn(scope, A, first + i, i, V, W, { d, e, tau }, coefficients);
    }
    const { f64 } = runtime().memory;
    f64.copyWithin((panel.address + 2 * width * panel.columnBytes) / 8, V.address / 8, V.address / 8 + width * n);
    const left = part(panel, first + width, n, 0, 2 * width);
    const right = part(panel, first + width, n, width, 3 * width);
    yield* multiplyBlocks(scope, left, transposed(right), part(A, first + width, n, first + width, n), { add: true, negate: true });
  }
  scope.free(panel.address);
  scope.free(coefficients);
  return { d, e, tau };
}

/** Column j of A, the i-th of its panel, to (d_j, e_j); v_j and w_j to the i-th columns of V and W. */
function* reduceColumn(
  scope: Scope,
  A: Block,
  j: number,
  i: number,
  V: Block,
  W: Block,
  { d, e, tau }: Tridiagonal,
  coefficients: number,
): Steps<void> {
  const n = A.rows;
  const kernels = kernelsOf(factorKernels);
  const { memory } = runtime();
  const ld = V.columnBytes;
  const x = A.address + j * A.rowBytes + 8 * j; // A is symmetric: column j lies side by side as row j
  for (const [left, right] of [
    [V, W],
    [W, V],
  ] as const) {
    for (let l = 0; l < i; l++) memory.f64[coefficients / 8 + l] = memory.f64[(right.address + l * ld) / 8 + j]!;
    yield* addColumns(scope, part(left, j, n, 0, i), coefficients, x, -1);
  }
  d[j] = memory.f64[x / 8]!;
  const m = n - j - 1;
  if (m === 0) return;
  const t = kernels.reflect(m, x + 8);
  memory.f64[tau / 8 + j] = t;
  e[j] = memory.f64[x / 8 + 1]!;
  const below = 8 * (j + 1);
  const v = V.address + i * ld + below;
  const w = W.address + i * ld + below;
  memory.f64[v / 8] = 1;
  memory.f64.copyWithin(v / 8 + 1, x / 8 + 2, x / 8 + 1 + m);
  memory.f64.fill(0, w / 8, w / 8 + m);
  if (t === 0) return;

  // w ← A v − V (Wᵀ v) − W (Vᵀ v)
  yield* columnDots(scope, columnBlock(A.address + (j + 1) * A.rowBytes + below, m, m, A.rowBytes), v, w);
  for (const [left, right] of [
    [V, W],
    [W, V],
  ] as const) {
    yield* columnDots(scope, part(right, j + 1, n, 0, i), v, coefficients);
    yield* addColumns(scope, part(left, j + 1, n, 0, i), coefficients, w, -1);
  }
  for (let k = w / 8; k < w / 8 + m; k++) memory.f64[k]! *= t;
  kernels.axpy(m, -0.5 * t * kernels.dot(m, w, v), v, w);
}

/** Q, rows side by side, from the reflectors that `tridiagonalize` left in A; the scope owns it. */
export function* orthogonalFactor(scope: Scope, A: Block, tau: number): Steps<Block> {
  const n = A.rows;
  const Q = rowBlock(scope.zeros(8 * n * n), n, n);
  const { f64 } = runtime().memory;
  for (let i = 0; i < n; i++) f64[Q.address / 8 + i * (n + 1)] = 1;
  const reflectors = part(transposed(A), 1, n, 0, n - 1);
  for (let j = Math.floor(Math.max(0, n - 2) / PANEL) * PANEL; j >= 0 && n > 1; j -= PANEL) {
    const columns = part(reflectors, j, n - 1, j, Math.min(n - 1, j + PANEL));
    const reflector = yield* blockReflector(scope, columns, tau + 8 * j);
    yield* applyReflector(scope, reflector, part(Q, j + 1, n, j + 1, n), false); // left of it these rows are still zero
    freeReflector(scope, reflector);
  }
  return Q;
}
