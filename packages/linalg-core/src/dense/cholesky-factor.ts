/**
 * A = L Lᵀ in compute memory, and solves with it.
 *
 *   A  n × n  lower triangle, becomes L; what stands above the diagonal is of no account
 *
 * Below 192 rows by the left-looking kernel, above right-looking by panels of 64: the diagonal block by the kernel, the rows below it by
 * substitution, the rest by one product of which only the lower triangle is computed.  Source: textbook.
 */
import { kernelsOf } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { pause, tiles, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, transposed, type Block } from "./blocks.js";
import type { Factored } from "./inverse-norm.js";
import { PANEL, substitute, substituteVector } from "./substitution.js";
import { factorKernels } from "../kernels/factor.js";

/** Below this many rows packing costs more than the product gains. */
const BLOCKED_FROM = 192;
/** Rows below a diagonal block in a tile: 2048 multiply-adds a row, half a million in all. */
const TILE_ROWS = 256;

/** A ← L; 0, or 1 + the row whose pivot was not positive (then its value stands there). */
export function* factorCholesky(scope: Scope, A: Block): Steps<number> {
  const { rows: n, rowBytes } = A;
  const width = n < BLOCKED_FROM ? n : PANEL;
  for (let j = 0; j < n; j += width) {
    yield pause(n * n * n - (n - j) * (n - j) * (n - j), n * n * n);
    const end = Math.min(n, j + width);
    const corner = part(A, j, end, j, end);
    const failed = kernelsOf(factorKernels).cholesky(end - j, rowBytes, corner.address);
    if (failed > 0) return j + failed;
    if (end === n) break;
    const below = part(A, end, n, j, end);
    const args = scope.args([width, corner.address, n - end, below.address, rowBytes, TILE_ROWS]);
    yield* tiles(factorKernels, "choleskyRows", args, Math.ceil((n - end) / TILE_ROWS), (n - end) * (width * width) * 0.5);
    scope.free(args);
    yield* multiplyBlocks(scope, below, transposed(below), part(A, end, n, end, n), { add: true, negate: true, lower: true });
  }
  return 0;
}

/** L that lies in compute memory, ready to solve with. */
export function choleskySystem(L: Block): Factored {
  return {
    n: L.rows,
    *solve(scope, B) {
      yield* substitute(scope, L, B, { isLower: true, isUnit: false });
      yield* substitute(scope, transposed(L), B, { isLower: false, isUnit: false });
    },
    *solveVector(_scope, x) {
      yield* substituteVector(L, x, { isLower: true, isUnit: false }, false);
      yield* substituteVector(L, x, { isLower: true, isUnit: false }, true);
    },
  };
}
