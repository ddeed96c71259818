/**
 * Products, sums along rows, and what every algorithm needs at its border.
 */
import { CORE_RELAXED, CORE_SIMD } from "../generated/core.js";
import type { Call, Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { multiplyTile, packLeftTile, packRightTile } from "./js/gemm.js";
import { addRowsTile, rowDotsTile } from "./js/gemv.js";
import { firstNonFinite, stageRows } from "./js/rows.js";
import { smallProduct } from "./js/small-product.js";
import { multiplySparseTile } from "./js/spmm.js";

/** Kernels that run on any thread. Words of each argument block in brackets. */
interface CoreTiles {
  /** Matrix product: packs A, packs B, times the real: a factor. [length, depth, source, lengthStride, depthStride (bytes), packed, slivers a tile] */
  readonly packLeftF32: Tile;
  readonly packLeftF64: Tile;
  readonly packRightF32: Tile;
  readonly packRightF64: Tile;
  /** Matrix product: one rectangle of C. [m, n, k, left, right, out, tileRows, tileColumns, bytes a row of C, add (C += A B), lower (skip the rest)] */
  readonly multiplyF32: Tile;
  readonly multiplyF64: Tile;
  /** y = A x, and y += A^T x. [m, n, A (rows side by side), x, y, rows of A x or columns of A^T x a tile] */
  readonly rowDotsF32: Tile;
  readonly rowDotsF64: Tile;
  readonly addRowsF32: Tile;
  readonly addRowsF64: Tile;
  /**
   * C = S B, S sparse. [starts, columns, values, blocks (int32: first rows of the blocks, and m), blocks in number, B, C, bytes a row of B and
   * C (a multiple of 32)]; tiles: blocks times strips of 128 bytes.
   */
  readonly multiplySparseF32: Tile;
  readonly multiplySparseF64: Tile;
}

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
interface CoreCalls {
  /** (m, n, k, A, B, C): C = A B, row-major, k <= 256; -> 1 if every entry is finite, else 0. */
  readonly smallProductF32: Call<number>;
  readonly smallProductF64: Call<number>;
  /** (count, x) -> index of the first NaN or Infinity, or -1. */
  readonly firstNonFiniteF32: Call<number>;
  readonly firstNonFiniteF64: Call<number>;
  /** (n, d, source, rowStride, columnStride (bytes), factor, out, width, ones): strided -> padded rows times factor. */
  readonly stageRowsF32: Call;
  readonly stageRowsF64: Call;
}

export const coreKernels: KernelGroup<CoreTiles, CoreCalls> = {
  name: "core",
  slot: 0,
  simd: CORE_SIMD,
  relaxed: CORE_RELAXED,
  tiles: ({ f32, f64 }) => ({
    packLeftF32: f32(packLeftTile),
    packLeftF64: f64(packLeftTile),
    packRightF32: f32(packRightTile),
    packRightF64: f64(packRightTile),
    multiplyF32: f32(multiplyTile),
    multiplyF64: f64(multiplyTile),
    rowDotsF32: f32(rowDotsTile),
    rowDotsF64: f64(rowDotsTile),
    addRowsF32: f32(addRowsTile),
    addRowsF64: f64(addRowsTile),
    multiplySparseF32: f32(multiplySparseTile),
    multiplySparseF64: f64(multiplySparseTile),
  }),
  calls: ({ f32, f64 }) => ({
    smallProductF32: f32(smallProduct),
    smallProductF64: f64(smallProduct),
    firstNonFiniteF32: f32(firstNonFinite),
    firstNonFiniteF64: f64(firstNonFinite),
    stageRowsF32: f32(stageRows),
    stageRowsF64: f64(stageRows),
  }),
};
