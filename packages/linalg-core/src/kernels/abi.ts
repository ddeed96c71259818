/**
 * The kernels every backend offers, over one memory addressed in bytes.
 *
 *   args     address of an argument block: eight float64, then int32 words in the order given below
 *   tile     which part of the output to compute; tiles are independent and may run in any order on any thread
 *   scratch  address of SCRATCH_BYTES that no other thread uses
 *   T        the dtype in the kernel's name: F32 or F64
 *   W        values in 32 bytes of T: 8 float32, 4 float64
 *
 * Backends: two WebAssembly binaries built from assembly/, and src/kernels/js, which has the bits of the plain SIMD one.
 */

/** Bytes of scratch a thread owns. */
export const SCRATCH_BYTES = 448 * 1024;

/** k values a packed panel of a matrix product holds. */
export const GEMM_PANEL = 256;
/** Rows a register tile of a matrix product holds; columns are W. */
export const GEMM_ROWS = 6;
/** Columns that rotations turn at a time. */
export const ROTATED_COLUMNS = 8;
/** Weights below 2^FLOOR of the largest count as 2^FLOOR. */
export const EXP2_FLOOR = { float32: -80, float64: -500 } as const;
/** The score of a hidden key. */
export const HIDDEN_SCORE = { float32: -3.4028234663852886e38, float64: -Number.MAX_VALUE } as const;

type Tile = (args: number, tile: number, scratch: number) => void;

/** Kernels that run on any thread. Words of each argument block in brackets. */
export interface TiledKernels {
  /**
   * Streaming attention for `slivers * W` queries a tile; see assembly/attention.ts for the layouts.
   * reals: log2(e) for an added mask. [causal, offset, maskKind (0, 1 keep, 2 add), mask, maskKeys, queryCount, keyCount, depth, channels,
   * keyBlock, slivers, queries, queryBias, keys, keyBias, values, bounded, out, raw, center, low, high, denominators, maxima, rescales]
   */
  readonly attentionF32: Tile;
  readonly attentionF64: Tile;
  /** 2^(scores) itself; the same block, with channels = row length of the result and bounded = clamp the scores at 0. */
  readonly exponentialF32: Tile;
  readonly exponentialF64: Tile;
  /** Packs one block of keys and values. [keyCount, depth, channels, keyBlock, keys, values, valueStride, packedKeys, packedValues] */
  readonly packKeysF32: Tile;
  readonly packKeysF64: Tile;
  /** Matrix product: packs A, packs B, times the real: a factor. [length, depth, source, lengthStride, depthStride (bytes), packed, slivers a tile] */
  readonly packLeftF32: Tile;
  readonly packLeftF64: Tile;
  readonly packRightF32: Tile;
  readonly packRightF64: Tile;
  /** Matrix product: one rectangle of C. [m, n, k, left, right, out, tileRows, tileColumns, bytes a row of C, add (C += A B), lower (skip the rest)] */
  readonly multiplyF32: Tile;
  readonly multiplyF64: Tile;
  /** Nearest centre of each point. [count, width, centres, centresPadded, points, keys, bias, nearest, pointsPerTile] */
  readonly assignF32: Tile;
  readonly assignF64: Tile;
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
  /** C <- (I - tau v v^T) C, some columns. Real: tau. [m, columns, v, C, ld (bytes), columnsPerTile]. float64. */
  readonly reflectColumns: Tile;
  /** y = alpha A^T x, columns of A side by side. Real: alpha. [m, count, A, ld (bytes), x, y, columns a tile]. float64. */
  readonly columnDots: Tile;
  /** y += alpha A c. Real: alpha. [m, count, A, ld (bytes), c, y, entries a tile (a multiple of 4)]. float64. */
  readonly combineColumns: Tile;
  /**
   * Rotations of adjacent rows, all sweeps for some chunks of 8 columns; see assembly/rotate.ts. float64.
   * [chunks, chunksPerTile, rows, rowBytes, chunkBytes, sweeps, table (int32 pairs: first row, rotations, < 0 upwards), rotations (pairs c, s)]
   */
  readonly applyRotations: Tile;
  /** X L^T = B in place, some rows of B. [width (a multiple of 4), L, rows, B, ld (bytes, of L and B), rowsPerTile]. float64. */
  readonly choleskyRows: Tile;
  /** solveTriangular, some columns of B. [n, T, rowStride, columnStride, lower, unit, columns, B, ldb, columnsPerTile (a multiple of 8)]. float64. */
  readonly solveColumns: Tile;
  /** Inner products of rows of signs, int32. [m, n, dimensions, bytes a row of P and Q (a multiple of 8), P, Q, out, tileRows, tileColumns (even)] */
  readonly signProducts: Tile;
  /** Walsh-Hadamard transform of rows, times the real; largest words of each row, shifted by one, at seen. [n, rows, rowsPerTile, source, out, seen (16 bytes a row)] */
  readonly fwhtF32: Tile;
  readonly fwhtF64: Tile;
  /** One to three levels of it across parts of a row, times the real. [parts (2, 4, 8), bytes a part, bytes of each part a tile, source, out] */
  readonly fwhtAcrossF32: Tile;
  readonly fwhtAcrossF64: Tile;
  /**
   * Fourier transforms of whole rows, float64. kind 0: complex; 1: 2n real numbers -> n + 1 entries; 2: the reverse, times the real.
   * [n (8 to 8192), rows, rowsPerTile, kind, re, im, out re, out im, factors, half circle]
   */
  readonly fftRows: Tile;
  /** Half of a long one: strips of c columns of [n][columns], times factors. [n, columns, c, strips, real, re, im, out re, out im, factors, by strip, within] */
  readonly fftColumns: Tile;
  /** The other half: strips of c rows of [rows][n], stored transposed. [rows, n, c, strips, re, im, out re, out im, factors] */
  readonly fftTransposed: Tile;
}

type Direct<Result = void> = (...numbers: number[]) => Result;

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
export interface DirectKernels {
  /** (count, depth, rows, out): rows of keys, count a multiple of 6 -> [group of 6][depth][6]. */
  readonly packKeyRowsF32: Direct;
  readonly packKeyRowsF64: Direct;
  /** (rows, x): x <- 2^max(x, FLOOR) over rows of 32 bytes. */
  readonly exp2RowsF32: Direct;
  readonly exp2RowsF64: Direct;
  /** (m, n, k, A, B, C): C = A B, row-major, k <= 256; -> 1 if every entry is finite, else 0. */
  readonly smallProductF32: Direct<number>;
  readonly smallProductF64: Direct<number>;
  /** (count, x) -> index of the first NaN or Infinity, or -1. */
  readonly firstNonFiniteF32: Direct<number>;
  readonly firstNonFiniteF64: Direct<number>;
  /** (n, d, source, rowStride, columnStride (bytes), factor, out, width, ones): strided -> padded rows times factor. */
  readonly stageRowsF32: Direct;
  readonly stageRowsF64: Direct;
  /** (n, width, rows, sums (float64), low, high). */
  readonly columnRangeF32: Direct;
  readonly columnRangeF64: Direct;
  /** (n, width, rows, mean (float64), squares (float64)): sums of squared distances from the mean. */
  readonly columnSpreadF32: Direct;
  readonly columnSpreadF64: Direct;
  /** (n, width, rows, mean, factor, out, halfNorm): out = (row - mean) factor, halfNorm = -|out|^2 / 2. */
  readonly centerRowsF32: Direct;
  readonly centerRowsF64: Direct;
  /** (n, width, rows, g, subtract or 0, out): out = <row, g> - subtract. */
  readonly rowProductsF32: Direct;
  readonly rowProductsF64: Direct;
  /** (n, width, rows, mean, weights, out): out = (row - mean) weight. */
  readonly weightRowsF32: Direct;
  readonly weightRowsF64: Direct;
  /** (count, width, rows, indices (int32), out). */
  readonly gatherRowsF32: Direct;
  readonly gatherRowsF64: Direct;
  /** (n, x) -> largest. */
  readonly vectorMaximumF32: Direct<number>;
  readonly vectorMaximumF64: Direct<number>;
  /** (n, width, rows, centre, distance): distance <- min(distance, |row - centre|^2). */
  readonly shrinkDistancesF32: Direct;
  readonly shrinkDistancesF64: Direct;
  /** (n, width, rows, nearest, weights, sums, totals). */
  readonly accumulateCentresF32: Direct;
  readonly accumulateCentresF64: Direct;
  /** (n, ld (bytes), A): A = L L^T in place -> 0, or 1 + the row of a pivot that is not positive. float64. */
  readonly cholesky: Direct<number>;
  /**
   * (n, ld (bytes), A, base, from, to, diagonal (float64), swaps (int32), tolerance): columns from .. to - 1 of P^T A P = L L^T, largest
   * diagonal next -> the first column whose pivot is not above the tolerance, or `to`. float64.
   */
  readonly choleskyPivots: Direct<number>;
  /** (m, columns, A, ld (bytes), rows, bytes a row, pivots (int32)): a panel of P A = L U; whole rows are exchanged. float64. */
  readonly luPanel: Direct;
  /** (n, T, rowStride, columnStride (bytes), lower, unit, columns (even), B, ldb (bytes)): T X = B in place. float64. */
  readonly solveTriangular: Direct;
  /** (m, columns, A, ld (bytes), tau): triangular form of a panel whose columns lie side by side: R, below it the reflectors. float64. */
  readonly householderPanel: Direct;
  /** (n, r, X, ldX, J, ldJ (bytes), tolerance) -> pairs rotated: one sweep of one-sided Jacobi. float64. */
  readonly jacobiSweep: Direct<number>;
  /** (m, x) -> tau: x <- (beta, v_1, v_2, ...). float64. */
  readonly reflect: Direct<number>;
  /** (n, x, y) -> <x, y>. float64. */
  readonly dot: Direct<number>;
  /** (n, alpha, x, y): y += alpha x. float64. */
  readonly axpy: Direct;
  /** (count, x): x <- e^x; count a multiple of W. */
  /** (n, from, to, z re, z im, x re, x im, half circle): of n complex points the transform of 2n real ones, entries from < k <= to and their mirrors. float64. */
  readonly splitReal: Direct;
  /** (n, from, to, x re, x im, z re, z im, half circle): the reverse of splitReal. float64. */
  readonly mergeReal: Direct;
  /** (n, factor, re, im, out): complex numbers times a factor, re and im in turns. float64. */
  readonly interleave: Direct;
  /** (count, x): x <- e^x; count a multiple of 4 (float32) or 2 (float64). */
  readonly expF32: Direct;
  readonly expF64: Direct;
  /**
   * (rows, n, width, x, scale, keep, extremes, sums, normalize): softmax along rows, in place; width a multiple of 8, columns from n on become 0.
   * keep: uint8 [rows][n] or 0; extremes: the entry whose multiple is largest, float64; sums: of e^(scale (x - extreme)), float64.
   */
  readonly softmaxRowsF32: Direct;
  readonly softmaxRowsF64: Direct;
}

export type Kernels = TiledKernels & DirectKernels;
export type TiledKernel = keyof TiledKernels;

/** One memory seen as each kind of array. Views are made anew when it grows: read them afresh, never keep them. */
export interface ComputeMemory {
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}
