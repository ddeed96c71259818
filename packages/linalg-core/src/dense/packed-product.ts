/**
 * Matrix products on operands that lie packed in compute memory, for work that uses each of them more than once.
 *
 *   A  m × k      B  k × n      C = A B or C += A B  m × n, rows any distance apart      W  columns of a register tile: 8 float32, 4 float64
 *
 * A is packed in slivers of 12 rows, B in slivers of W columns, both in panels of 256 along k; tiles of C are independent.
 * Source: the BLIS loop order (Van Zee, van de Geijn).
 */
import type { DType } from "../array/types.js";
import { bytesOf, runTiles } from "../runtime/dtype-kernels.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { coreKernels } from "../kernels/core.js";
import { COPY_WORK, packedLength, productTiles, sliverOf } from "./product-choice.js";

/** An operand packed for the product: `length` rows of A, or columns of B, of `depth` entries. */
export interface Operand {
  readonly address: number;
  readonly length: number;
  readonly depth: number;
}

/** Where an unpacked operand lies: entry l of row (or column) i at address + i · across + l · along, in bytes. */
export interface OperandSource {
  readonly address: number;
  readonly across: number;
  readonly along: number;
}

export type Side = "left" | "right";

/** How a product is stored. */
export interface Store {
  /** Bytes from a row of C to the next. Default: rows lie side by side. */
  readonly rowBytes?: number;
  /** C += A B. Default false: C = A B. */
  readonly add?: boolean;
  /** Only the lower triangle is wanted: what lies above it is left as it was, or not, in register tiles. Default false. */
  readonly lower?: boolean;
  /** What the calling thread may do while the pool multiplies; as for `tiles`. */
  readonly meanwhile?: () => void;
}

/** Values of a tile of packing: a millisecond or less, so that aborts are obeyed and threads share. */
const PACK_WORK = 65536;

/** Memory for an operand of at most this length and depth. */
export function allocOperand(scope: Scope, dtype: DType, side: Side, length: number, depth: number): number {
  return scope.alloc(packedLength(dtype, side, length) * depth * bytesOf(dtype));
}

/**
 * Packs an operand times a factor (1 or −1 leave its digits as they are) into memory that allocOperand gave; `meanwhile` is for the calling
 * thread, as for `tiles`.
 */
export function* packOperand(
  scope: Scope,
  dtype: DType,
  side: Side,
  source: OperandSource,
  length: number,
  depth: number,
  to: number,
  factor = 1,
  meanwhile?: () => void,
): Steps<Operand> {
  const width = sliverOf(dtype, side);
  const slivers = Math.max(1, Math.floor(PACK_WORK / (depth * width)));
  const args = scope.args([length, depth, source.address, source.across, source.along, to, slivers], [factor]);
  const tiles = Math.ceil(Math.ceil(length / width) / slivers);
  yield* runTiles(coreKernels, side === "left" ? "packLeft" : "packRight", dtype, args, tiles, COPY_WORK * length * depth, meanwhile);
  scope.free(args);
  return { address: to, length, depth };
}

/** C ← A B, or C ← C + A B. */
export function* multiplyOperands(scope: Scope, dtype: DType, A: Operand, B: Operand, C: number, store: Store = {}): Steps<void> {
  const { rowBytes = B.length * bytesOf(dtype), add = false, lower = false, meanwhile } = store;
  const { rows, columns } = productTiles(A.length, B.length, A.depth, dtype);
  const args = scope.args([A.length, B.length, A.depth, A.address, B.address, C, rows, columns, rowBytes, add ? 1 : 0, lower ? 1 : 0]);
  const tiles = Math.ceil(A.length / rows) * Math.ceil(B.length / columns);
  yield* runTiles(coreKernels, "multiply", dtype, args, tiles, A.length * B.length * A.depth, meanwhile);
  scope.free(args);
}
