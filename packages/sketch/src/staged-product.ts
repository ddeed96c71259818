/**
 * Matrix products whose operands and result stay in compute memory, for work that uses each of them more than once.
 *
 *   A  m × k      B  k × n      C = A B  m × n, row-major      all float64; strides in bytes
 *
 * The bits are those of `matmul`: the kernels and the order of summation are the same.
 * Source: linalg-core's packed product (the BLIS loop order).
 */
import { runTiles, type Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";

/** An operand packed for the product: `length` rows of A, or columns of B, of `depth` entries. */
export interface Operand {
  readonly address: number;
  readonly length: number;
  readonly depth: number;
}

/** Where an unpacked operand lies: entry l of row (or column) i at address + i · across + l · along. */
export interface Source {
  readonly address: number;
  readonly across: number;
  readonly along: number;
}

/** Rows of A, and columns of B, in a register tile of float64. */
const WIDTH = { left: 6, right: 4 } as const;
/** Multiply-adds of a tile of the product, values of a tile of packing: a millisecond or less, so that a strip has enough for a pool. */
const TILE_WORK = 5e6, PACK_WORK = 65536; // prettier-ignore
const TILE_ROWS = 192;

/** Memory for an operand of at most this length and depth. */
export function allocOperand(scope: Scope, side: "left" | "right", length: number, depth: number): number {
  return scope.alloc(8 * Math.ceil(length / WIDTH[side]) * WIDTH[side] * depth);
}

/** Packs an operand into memory that allocOperand gave. */
export function* packOperand(
  scope: Scope,
  side: "left" | "right",
  { address, across, along }: Source,
  length: number,
  depth: number,
  to: number,
): Steps<Operand> {
  const width = WIDTH[side];
  const slivers = Math.max(1, Math.floor(PACK_WORK / (depth * width)));
  const args = scope.args([length, depth, address, across, along, to, slivers]);
  const tiles = Math.ceil(Math.ceil(length / width) / slivers);
  yield* runTiles(side === "left" ? "packLeft" : "packRight", "float64", args, tiles);
  scope.free(args);
  return { address: to, length, depth };
}

/** C ← A B, rows of B.length entries. */
export function* multiplyOperands(scope: Scope, A: Operand, B: Operand, C: number): Steps<void> {
  const rows = Math.min(TILE_ROWS, Math.ceil(A.length / WIDTH.left) * WIDTH.left);
  const widest = Math.ceil(B.length / WIDTH.right) * WIDTH.right;
  const fitting = Math.floor(TILE_WORK / (rows * A.depth) / WIDTH.right) * WIDTH.right;
  const columns = Math.max(WIDTH.right, Math.min(widest, fitting));
  const args = scope.args([A.length, B.length, A.depth, A.address, B.address, C, rows, columns]);
  yield* runTiles("multiply", "float64", args, Math.ceil(A.length / rows) * Math.ceil(B.length / columns));
  scope.free(args);
}
