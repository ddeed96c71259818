/**
 * Reduction to bidiagonal form by Householder reflectors from both sides, in panels.
 *
 *   A  m × n, m ≥ n      A = Q B Pᵀ      B  n × n, diagonal d, superdiagonal e
 *   V  m × b, U  n × b   reflectors of a panel from the left and from the right, zeros and ones written out
 *   X  m × b, Y  n × b   what they do to the rest:  A ← A − V Yᵀ − X Uᵀ, two products a panel
 *
 * Half of the work is matrix times vector with what remains of A, once by columns and once by rows, the other half is in the products.
 * Source: blocked bidiagonalization (Dongarra, Sorensen, Hammarling).
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, type Steps } from "../runtime/steps.js";
import { columnBlock, multiplyBlocks, part, transposed, type Block } from "./blocks.js";
import { addColumns, columnDots } from "./columns.js";
import { factorKernels } from "../kernels/factor.js";

/** Reflectors taken together: half of it and twice as many are slower at n = 500. */
const WIDTH = 32;

export interface Bidiagonal {
  readonly d: Float64Array;
  readonly e: Float64Array;
  /** Address of the n scales of the reflectors from the left, which stand below the diagonal of A. */
  readonly tauQ: number;
  /** (n − 1) × (n − 1), columns side by side; the reflectors from the right below its diagonal, and the address of their scales. */
  readonly right: Block;
  readonly tauP: number;
}

/**
 * Overwrites A; Q = H_0 … H_(n−1) with the reflectors below the diagonal of A, P = 1 ⊕ G_0 … G_(n−2) with those of `right`.
 * @param scope it owns what the result points to.
 * @param A m × n, m ≥ n, columns side by side.
 */
export function* bidiagonalize(scope: Scope, A: Block): Steps<Bidiagonal> {
  const { rows: m, columns: n } = A;
  const [d, e] = [new Float64Array(n), new Float64Array(Math.max(0, n - 1))];
  const [tauQ, tauP] = [scope.zeros(8 * n), scope.zeros(8 * n)];
  const P = columnBlock(scope.zeros(8 * n * n), n, n);
  const X = columnBlock(scope.zeros(8 * m * WIDTH), m, WIDTH);
  const Y = columnBlock(scope.zeros(8 * n * WIDTH), n, WIDTH);
  const small = scope.zeros(8 * 2 * WIDTH);
  for (let k = 0; k < n; k += WIDTH) {
    const b = Math.min(WIDTH, n - k);
    for (let g = k; g < k + b; g++) {
      yield pause(g, n);
      yield* reduceColumn(scope, { A, P, X, Y, small, tauQ, tauP, d, e }, k, g);
    }
    const end = k + b;
    const rest = part(A, end, m, end, n);
    yield* multiplyBlocks(scope, part(A, end, m, k, end), transposed(part(Y, end, n, 0, b)), rest, { add: true, negate: true });
    yield* multiplyBlocks(scope, part(X, end, m, 0, b), transposed(part(P, end, n, k, end)), rest, { add: true, negate: true });
  }
  for (const address of [X.address, Y.address, small]) scope.free(address);
  return { d, e, tauQ, right: part(P, 1, n, 0, Math.max(0, n - 1)), tauP };
}

interface Work {
  readonly A: Block;
  readonly P: Block;
  readonly X: Block;
  readonly Y: Block;
  /** 2 WIDTH values. */
  readonly small: number;
  readonly tauQ: number;
  readonly tauP: number;
  readonly d: Float64Array;
  readonly e: Float64Array;
}

/** Column g and row g of the panel that began at k: both reflectors, and their columns of Y and X. */
function* reduceColumn(scope: Scope, work: Work, k: number, g: number): Steps<void> {
  const { A, P, X, Y, small, tauQ, tauP, d, e } = work;
  const { rows: m, columns: n } = A;
  const i = g - k; // reflectors of this panel so far
  const kernels = kernelsOf(factorKernels);
  const { memory } = runtime();
  const v = at(A, g, g);
  const y = at(Y, g + 1, i);

  // column g as it stands after the reflectors so far
  gatherRow(Y, g, i, small);
  yield* addColumns(scope, part(A, g, m, k, g), small, v, -1);
  gatherRow(part(P, 0, n, k, g), g, i, small);
  yield* addColumns(scope, part(X, g, m, 0, i), small, v, -1);
  const τ = kernels.reflect(m - g, v);
  memory.f64[tauQ / 8 + g] = τ;
  d[g] = memory.f64[v / 8]!;
  memory.f64[v / 8] = 1;
  if (g === n - 1) return;

  // y = τ (Aᵀv − Y Vᵀv − U Xᵀv)
  const left = n - g - 1;
  yield* columnDots(scope, part(A, g, m, g + 1, n), v, y);
  yield* columnDots(scope, part(A, g, m, k, g), v, small);
  yield* addColumns(scope, part(Y, g + 1, n, 0, i), small, y, -1);
  yield* columnDots(scope, part(X, g, m, 0, i), v, small);
  yield* addColumns(scope, part(P, g + 1, n, k, g), small, y, -1);
  scale(y, left, τ);

  // row g as it stands after those and H_g
  const u = at(P, g + 1, g);
  gatherRow(part(A, 0, m, g + 1, n), g, left, u);
  gatherRow(part(A, 0, m, k, g + 1), g, i + 1, small);
  yield* addColumns(scope, part(Y, g + 1, n, 0, i + 1), small, u, -1);
  gatherRow(X, g, i, small);
  yield* addColumns(scope, part(P, g + 1, n, k, g), small, u, -1);
  const σ = kernels.reflect(left, u);
  memory.f64[tauP / 8 + g] = σ;
  e[g] = memory.f64[u / 8]!;
  memory.f64[u / 8] = 1;

  // x = σ (A u − V Yᵀu − X Uᵀu)
  const below = m - g - 1;
  const x = at(X, g + 1, i);
  memory.f64.fill(0, x / 8, x / 8 + below);
  yield* addColumns(scope, part(A, g + 1, m, g + 1, n), u, x);
  yield* columnDots(scope, part(Y, g + 1, n, 0, i + 1), u, small);
  yield* addColumns(scope, part(A, g + 1, m, k, g + 1), small, x, -1);
  yield* columnDots(scope, part(P, g + 1, n, k, g), u, small);
  yield* addColumns(scope, part(X, g + 1, m, 0, i), small, x, -1);
  scale(x, below, σ);
}

function at({ address, rowBytes, columnBytes }: Block, i: number, j: number): number {
  return address + i * rowBytes + j * columnBytes;
}

/** The first `count` entries of row i, side by side. */
function gatherRow(A: Block, i: number, count: number, to: number): void {
  const { f64 } = runtime().memory;
  const [from, step] = [at(A, i, 0) / 8, A.columnBytes / 8];
  for (let j = 0; j < count; j++) f64[to / 8 + j] = f64[from + j * step]!;
}

function scale(x: number, count: number, factor: number): void {
  const { f64 } = runtime().memory;
  for (let i = x / 8; i < x / 8 + count; i++) f64[i]! *= factor;
}
