/**
 * Matrix times vector on blocks whose columns lie side by side, in tiles that the pool may share.
 *
 *   A  m × n block      x  [m]      c  [n]      addresses of float64
 *
 * Source: textbook.
 */
import type { Scope } from "../runtime/scope.js";
import { tiles, type Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { factorKernels } from "../kernels/factor.js";

/** Multiply-adds of a tile: some 40 µs, as they wait for memory. */
const TILE_WORK = 65_536;
/** A multiply-add bound by memory takes the time of so many that are not. */
const MEMORY_WORK = 4;

/** y ← alpha Aᵀ x. */
export function* columnDots(scope: Scope, A: Block, x: number, y: number, alpha = 1): Steps<void> {
  const { rows: m, columns: n } = A;
  const perTile = Math.max(4, 4 * Math.floor(TILE_WORK / 4 / Math.max(1, m)));
  const args = scope.args([m, n, A.address, A.columnBytes, x, y, perTile], [alpha]);
  yield* tiles(factorKernels, "columnDots", args, Math.ceil(n / perTile), MEMORY_WORK * m * n);
  scope.free(args);
}

/** y ← y + alpha A c. */
export function* addColumns(scope: Scope, A: Block, c: number, y: number, alpha = 1): Steps<void> {
  const { rows: m, columns: n } = A;
  const perTile = Math.max(64, 4 * Math.floor(TILE_WORK / 4 / Math.max(1, n)));
  const args = scope.args([m, n, A.address, A.columnBytes, c, y, perTile], [alpha]);
  yield* tiles(factorKernels, "combineColumns", args, Math.ceil(m / perTile), MEMORY_WORK * m * n);
  scope.free(args);
}
