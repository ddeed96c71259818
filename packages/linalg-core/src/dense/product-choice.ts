/**
 * How a dense product is computed: its path, its tiles, its memory, its cost. `matmul` asks here, and `planMatmul` tells what it gets.
 *
 *   C  m × n = A B      k  depth      W  columns of a register tile: 8 float32, 4 float64
 *
 * Everything follows from the lengths and the dtype alone, and none of it changes a bit of C (the order law of `matmul`).
 * Source: Subquad; constants measured on the kernels (NOTES.md).
 */
import type { DType } from "../array/types.js";
import { GEMM_ROWS, SCRATCH_BYTES } from "../kernels/abi.js";

/** A value that is packed, or carried in or out, takes the time of so many multiply-adds. */
export const COPY_WORK = 16;

/** Multiply-adds of a small product: beyond, what the small path saves is below a tenth of the product. */
export const MOST_SMALL_WORK = 32 * 32 * 32;
/** Its depth at most: a panel of the packed path, so that both have one sum for an entry. */
const MOST_SMALL_DEPTH = 256;
/** Multiply-adds of a tile of the product: a millisecond or less, so that aborts are obeyed and threads share. */
const TILE_WORK = 1e7;
const TILE_ROWS = 192;

/** Rectangles of C, each computed by one thread. */
export interface ProductTiles {
  readonly rows: number;
  readonly columns: number;
}

/** Whether a product goes through the scratch of the calling thread, in one tile. */
export function isSmallProduct(m: number, n: number, k: number, dtype: DType): boolean {
  return m * n * k <= MOST_SMALL_WORK && k <= MOST_SMALL_DEPTH && smallProductBytes(m, n, k, dtype) <= SCRATCH_BYTES;
}

/** What a small product takes of the scratch. */
export function smallProductBytes(m: number, n: number, k: number, dtype: DType): number {
  return sizeOfValue(dtype) * (m * k + k * n + m * n) + 3 * 16;
}

/** What a packed product takes of compute memory at its fullest: both operands and their packed copies, or these and C. */
export function packedProductBytes(m: number, n: number, k: number, dtype: DType): number {
  const packed = packedLength(dtype, "left", m) * k + packedLength(dtype, "right", n) * k;
  return sizeOfValue(dtype) * (packed + Math.max(m * k + k * n, m * n));
}

/** The tiles of a packed product. */
export function productTiles(m: number, n: number, k: number, dtype: DType): ProductTiles {
  const W = sliverOf(dtype, "right");
  const rows = Math.min(TILE_ROWS, packedLength(dtype, "left", m));
  const fitting = Math.floor(TILE_WORK / (rows * k) / W) * W;
  return { rows, columns: Math.max(W, Math.min(packedLength(dtype, "right", n), fitting)) };
}

/** Multiply-adds that are done: those of whole register tiles. */
export function productWork(m: number, n: number, k: number, dtype: DType): number {
  return packedLength(dtype, "left", m) * packedLength(dtype, "right", n) * k;
}

/** Rows or columns of an operand, rounded up to whole slivers. */
export function packedLength(dtype: DType, side: "left" | "right", length: number): number {
  const width = sliverOf(dtype, side);
  return Math.ceil(length / width) * width;
}

/** Rows of A, or columns of B, that lie packed side by side. */
export function sliverOf(dtype: DType, side: "left" | "right"): number {
  return side === "left" ? GEMM_ROWS : 32 / sizeOfValue(dtype);
}

function sizeOfValue(dtype: DType): number {
  return dtype === "float32" ? 4 : 8;
}
