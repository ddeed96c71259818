/**
 * Random embeddings: samples of dense ones, and nodes [m, d], one for each block of rows of A.
 */
import { SKETCH_RELAXED, SKETCH_SIMD } from "../generated/sketch.js";
import type { Call, Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { addTile, hadamardTile, normalTile, pickTile, scatterSparse, scatterTile, signTile } from "./js/sketch.js";

/** Kernels that run on any thread, all float64. Words of each argument block in brackets. */
interface SketchTiles {
  /** 64 × 64 normals from the stream of each tile, column after column of S. [tiles along a column, columns, states (4 float64 a tile), out] */
  readonly normalTile: Tile;
  /** The same of signs. */
  readonly signTile: Tile;
  /**
   * z distinct rows of m and their signs for columns of S, the stream of a tile serving `columns a stream` of them.
   * [m, z (at most 32), blocked, columns a stream, columns of the first stream to skip, columns, states (4 float64 a tile), out (int32 [columns][z]:
   * 2 · row, + 1 for a minus)]
   */
  readonly pickTile: Tile;
  /**
   * Signed sums of rows. [block rows, rows, d, m, columns a tile, source, nodes, targets (int32 [rows][z]: 2 · row of the node, + 1 for a minus), z,
   * 0, 0, 0]; tiles: blocks × slabs of columns.
   */
  readonly scatterTile: Tile;
  /**
   * Rows of a Walsh-Hadamard transform. [block rows (a power of two), rows, d, m, 8, source, nodes, signs (a bit a row), 0, picks (int32 [m]),
   * number of the first block, work (64 bytes a row of each tile)]; tiles: blocks × ⌈d/8⌉.
   */
  readonly hadamardTile: Tile;
  /** x ← x + y. [entries, x, y, entries a tile] */
  readonly addTile: Tile;
}

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts. */
interface SketchCalls {
  /**
   * (rows, z, d, rowPointers (int32 [rows + 1]), columns (int32), values (float64), targets (as of scatterTile), node): signed sums of sparse rows,
   * added to the node.
   */
  readonly scatterSparse: Call;
}

export const sketchKernels: KernelGroup<SketchTiles, SketchCalls> = {
  name: "sketch",
  slot: 6,
  simd: SKETCH_SIMD,
  relaxed: SKETCH_RELAXED,
  tiles: ({ plain }) => ({
    normalTile: plain(normalTile),
    signTile: plain(signTile),
    pickTile: plain(pickTile),
    scatterTile: plain(scatterTile),
    hadamardTile: plain(hadamardTile),
    addTile: plain(addTile),
  }),
  calls: ({ plain }) => ({ scatterSparse: plain(scatterSparse) }),
};
