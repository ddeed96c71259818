/**
 * Triangular systems in compute memory, by blocks of 64: a block is solved by substitution, its part of the rest subtracted by a product.
 *
 *   T  n × n  triangular, any strides      B  n × p  rows side by side, an even width at hand      B ← T⁻¹ B
 *
 * (T + ΔT) x = b with |ΔT| ≤ γ_s |T|, s = n + ⌈n / 64⌉ + 2, column by column: every order of the sums obeys it.
 * Source: textbook; the order of sums depends on n alone, so that a column of X has the same bits whatever stands beside it.
 */
import { kernelsOf } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { tiles, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, type Block } from "./blocks.js";
import { factorKernels } from "../kernels/factor.js";
import { eachSliceSteps } from "./passes.js";

/** Which triangle counts, and what is known of the result. */
export interface Triangle {
  readonly isLower: boolean;
  /** The diagonal counts as ones. */
  readonly isUnit: boolean;
  /** T and B are upper triangular: what is zero in T⁻¹ B is not computed. Default false. */
  readonly isUpperResult?: boolean;
}

/** Rows of a diagonal block, also in the blocked factorizations. */
export const PANEL = 64;
/** Columns of B in a tile: a diagonal block takes 2 multiply-adds per entry of T, half a million in all. */
const TILE_COLUMNS = 256;

/** s: the roundings on the way to an entry of T⁻¹ B. */
export function substitutionRoundings(n: number): number {
  return n + Math.ceil(n / PANEL) + 2;
}

/** B ← T⁻¹ B. */
export function* substitute(scope: Scope, T: Block, B: Block, triangle: Triangle): Steps<void> {
  const n = T.rows;
  for (let done = 0; done < n; done += PANEL) {
    const [from, to] = triangle.isLower ? [done, Math.min(n, done + PANEL)] : [Math.max(0, n - done - PANEL), n - done];
    const [first, end] = triangle.isLower ? [to, n] : [0, from]; // rows still to come
    const left = triangle.isUpperResult ? from - (from % 2) : 0; // even: so is the width from there on
    const X = part(B, from, to, left, B.columns);
    yield* substituteBlock(scope, part(T, from, to, from, to), X, triangle);
    yield* multiplyBlocks(scope, part(T, first, end, from, to), X, part(B, first, end, left, B.columns), { add: true, negate: true });
  }
}

/**
 * x ← T⁻¹ x, or T⁻ᵀ x, of n entries side by side; T rows side by side. Where one column is all: T is read once, as it lies, where products pack
 * it first. The bits are not those of `substitute`.
 */
export function* substituteVector(T: Block, x: number, { isLower, isUnit }: Triangle, isTransposed: boolean): Steps<void> {
  const { solveVector } = kernelsOf(factorKernels);
  const [lower, unit, transposed] = [isLower ? 1 : 0, isUnit ? 1 : 0, isTransposed ? 1 : 0];
  yield* eachSliceSteps(T.rows, T.rows, (from, to) => {
    solveVector(T.rows, T.address, T.rowBytes, lower, unit, transposed, x, from, to);
  });
}

/** B ← T⁻¹ B for one diagonal block, columns of B in tiles. */
export function* substituteBlock(scope: Scope, T: Block, B: Block, { isLower, isUnit }: Triangle): Steps<void> {
  const columns = Math.ceil(B.columns / 2) * 2;
  const [lower, unit] = [isLower ? 1 : 0, isUnit ? 1 : 0];
  if (columns <= TILE_COLUMNS) {
    kernelsOf(factorKernels).solveTriangular(T.rows, T.address, T.rowBytes, T.columnBytes, lower, unit, columns, B.address, B.rowBytes);
    return;
  }
  const args = scope.args([T.rows, T.address, T.rowBytes, T.columnBytes, lower, unit, columns, B.address, B.rowBytes, TILE_COLUMNS]);
  yield* tiles(factorKernels, "solveColumns", args, Math.ceil(columns / TILE_COLUMNS), T.rows * T.rows * columns);
  scope.free(args);
}
