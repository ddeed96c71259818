/**
 * P A = L U in compute memory, and solves with it.
 *
 *   A  n × n  becomes L below the diagonal (ones on it) and U      swap j exchanges rows j and pivots[j] ≥ j
 *
 * Right-looking by panels of 64: the panel with partial pivoting, ties to the lowest index; the rows beside it by substitution; the rest
 * by one product.  Source: textbook.
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, rowBlock, transposed, type Block } from "./blocks.js";
import type { Factored } from "./inverse-norm.js";
import { PANEL, substitute, substituteBlock, substituteVector } from "./substitution.js";
import { positionOf } from "./work.js";
import { factorKernels } from "../kernels/factor.js";

/** A ← L and U; the pivots. A column without a pivot is left as zeros. */
export function* factorLu(scope: Scope, A: Block): Steps<Int32Array<ArrayBuffer>> {
  const { rows: n, rowBytes } = A;
  const pivots = new Int32Array(n);
  const swaps = scope.alloc(4 * PANEL);
  for (let j = 0; j < n; j += PANEL) {
    yield pause(n * n * n - (n - j) * (n - j) * (n - j), n * n * n);
    const end = Math.min(n, j + PANEL);
    const panel = part(A, j, n, j, end);
    kernelsOf(factorKernels).luPanel(n - j, end - j, panel.address, rowBytes, A.address + j * rowBytes, rowBytes, swaps);
    const { i32 } = runtime().memory;
    for (let c = j; c < end; c++) pivots[c] = j + i32[swaps / 4 + c - j]!;
    if (end === n) break;
    const right = part(A, j, end, end, n);
    yield* substituteBlock(scope, part(A, j, end, j, end), right, { isLower: true, isUnit: true });
    yield* multiplyBlocks(scope, part(A, end, n, j, end), right, part(A, end, n, end, n), { add: true, negate: true });
  }
  scope.free(swaps);
  return pivots;
}

/** A factored matrix that lies in compute memory, ready to solve with. */
export function luSystem(LU: Block, pivots: Int32Array): Factored {
  return {
    n: LU.rows,
    *solve(scope, B, isTransposed) {
      if (isTransposed) {
        yield* substitute(scope, transposed(LU), B, { isLower: true, isUnit: false });
        yield* substitute(scope, transposed(LU), B, { isLower: false, isUnit: true });
        exchangeRows(B, pivots, true);
        return;
      }
      exchangeRows(B, pivots, false);
      yield* substitute(scope, LU, B, { isLower: true, isUnit: true });
      yield* substitute(scope, LU, B, { isLower: false, isUnit: false });
    },
    *solveVector(_scope, x, isTransposed) {
      const B = rowBlock(x, LU.rows, 1);
      if (isTransposed) {
        yield* substituteVector(LU, x, { isLower: false, isUnit: false }, true);
        yield* substituteVector(LU, x, { isLower: true, isUnit: true }, true);
        exchangeRows(B, pivots, true);
        return;
      }
      exchangeRows(B, pivots, false);
      yield* substituteVector(LU, x, { isLower: true, isUnit: true }, false);
      yield* substituteVector(LU, x, { isLower: false, isUnit: false }, false);
    },
  };
}

/** B ← P B, or Pᵀ B. */
function exchangeRows(B: Block, pivots: Int32Array, isTransposed: boolean): void {
  const { f64 } = runtime().memory;
  const n = B.rows;
  for (let s = 0; s < n; s++) {
    const i = isTransposed ? n - 1 - s : s;
    if (pivots[i] === i) continue;
    const p = positionOf(B, i);
    const q = positionOf(B, pivots[i]!);
    for (let c = 0; c < B.columns; c++) {
      const x = f64[p + c]!;
      f64[p + c] = f64[q + c]!;
      f64[q + c] = x;
    }
  }
}

/** Row i of P A is row permutation[i] of A. */
export function permutationOf(pivots: Int32Array): Int32Array<ArrayBuffer> {
  const n = pivots.length;
  const permutation = new Int32Array(n);
  for (let i = 0; i < n; i++) permutation[i] = i;
  for (let i = 0; i < n; i++) {
    const p = pivots[i]!;
    const row = permutation[i]!;
    permutation[i] = permutation[p]!;
    permutation[p] = row;
  }
  return permutation;
}
