/**
 * Panels and updates of the factorizations, float64.
 */
import { FACTOR_RELAXED, FACTOR_SIMD } from "../generated/factor.js";
import type { Call, Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { cholesky, choleskyPivots, choleskyRows, solveColumns, solveTriangular } from "./js/cholesky.js";
import { columnDots, combineColumns } from "./js/columns.js";
import { axpy, dot, householderForm, householderPanel, reflect, reflectColumns } from "./js/householder.js";
import { jacobiSweep } from "./js/jacobi.js";
import { luPanel } from "./js/lu.js";
import {
  asymmetry,
  columnMaxima,
  columnSums,
  copyRows,
  largestEntry,
  largestRowSum,
  lowerRows,
  solveVector,
  splitRows,
} from "./js/passes.js";
import { applyRotations } from "./js/rotate.js";

/** Kernels that run on any thread. Words of each argument block in brackets. */
interface FactorTiles {
  /** C <- (I - tau v v^T) C, some columns. Real: tau. [m, columns, v, C, ld (bytes), columnsPerTile]. float64. */
  readonly reflectColumns: Tile;
  /** y = alpha A^T x, columns of A side by side. Real: alpha. [m, count, A, ld (bytes), x, y, columns a tile]. float64. */
  readonly columnDots: Tile;
  /** y += alpha A c. Real: alpha. [m, count, A, ld (bytes), c, y, entries a tile (a multiple of 4)]. float64. */
  readonly combineColumns: Tile;
  /**
   * Rotations of adjacent rows, all sweeps for some chunks of 8 columns; see assembly/rotate.ts. float64.
   * [chunks, chunksPerTile, rows, rowBytes, chunkBytes, sweeps, table (int32 pairs: first row, rotations, < 0 upwards), rotations (pairs t, u),
   * count (rows), scales (float64, what each row is multiplied by at last)]
   */
  readonly applyRotations: Tile;
  /** X L^T = B in place, some rows of B. [width (a multiple of 4), L, rows, B, ld (bytes, of L and B), rowsPerTile]. float64. */
  readonly choleskyRows: Tile;
  /** solveTriangular, some columns of B. [n, T, rowStride, columnStride, lower, unit, columns, B, ldb, columnsPerTile (a multiple of 8)]. float64. */
  readonly solveColumns: Tile;
}

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
interface FactorCalls {
  /** (n, ld (bytes), A): A = L L^T in place -> 0, or 1 + the row of a pivot that is not positive. float64. */
  readonly cholesky: Call<number>;
  /**
   * (n, ld (bytes), A, base, from, to, diagonal (float64), swaps (int32), tolerance): columns from .. to - 1 of P^T A P = L L^T, largest
   * diagonal next -> the first column whose pivot is not above the tolerance, or `to`. float64.
   */
  readonly choleskyPivots: Call<number>;
  /** (m, columns, A, ld (bytes), rows, bytes a row, pivots (int32)): a panel of P A = L U; whole rows are exchanged. float64. */
  readonly luPanel: Call;
  /** (n, T, rowStride, columnStride (bytes), lower, unit, columns (even), B, ldb (bytes)): T X = B in place. float64. */
  readonly solveTriangular: Call;
  /** (m, columns, A, ld (bytes), tau): triangular form of a panel whose columns lie side by side: R, below it the reflectors. float64. */
  readonly householderPanel: Call;
  /**
   * (m, q, k, A, ld, tau, Q, ldQ (bytes)): the first q columns of H_0 ... H_(k-1) as columns side by side, k <= q <= m; reflectors as
   * householderPanel leaves them. float64.
   */
  readonly householderForm: Call;
  /** (n, r, X, ldX, J, ldJ (bytes), tolerance) -> pairs rotated: one sweep of one-sided Jacobi. float64. */
  readonly jacobiSweep: Call<number>;
  /** (m, x) -> tau: x <- (beta, v_1, v_2, ...). float64. */
  readonly reflect: Call<number>;
  /** (n, x, y) -> <x, y>. float64. */
  readonly dot: Call<number>;
  /** (n, alpha, x, y): y += alpha x. float64. */
  readonly axpy: Call;
  /** (rows, bytes a row, from, ld, to, ld (bytes)). float64. */
  readonly copyRows: Call;
  /** (rows, columns, A, ld (bytes)) -> max |entry|, NaN where one is not finite. float64. */
  readonly largestEntry: Call<number>;
  /** (rows, columns, A, ld (bytes), sums): sums += column sums of |entry|. float64. */
  readonly columnSums: Call;
  /** (rows, columns, A, ld (bytes)) -> the largest row sum of |entry|. float64. */
  readonly largestRowSum: Call<number>;
  /** (rows, columns, A, ld (bytes), most): most = max(most, |entry|) for each column, NaN staying. float64. */
  readonly columnMaxima: Call;
  /** (from, to, A, ld (bytes)) -> max |a_ij - a_ji| of these rows up to the diagonal. float64. */
  readonly asymmetry: Call<number>;
  /** (n, T, ld (bytes), lower, unit, transposed, x, from, to): steps of T x = b, or T^T x = b, in place; T in rows. float64. */
  readonly solveVector: Call;
  /**
   * (n, from, to, packed, ld (bytes), f, g, L, U): these rows of L, unit lower, and of U f g in T, out of float64 -> max |entry of U|, NaN where U f g is
   * not finite.
   */
  readonly splitRowsF32: Call<number>;
  readonly splitRowsF64: Call<number>;
  /** (columns, from, to, A, ld (bytes), out): these rows of a lower triangle, zeros above it. float64. */
  readonly lowerRows: Call;
}

export const factorKernels: KernelGroup<FactorTiles, FactorCalls> = {
  name: "factor",
  slot: 2,
  simd: FACTOR_SIMD,
  relaxed: FACTOR_RELAXED,
  tiles: ({ plain }) => ({
    reflectColumns: plain(reflectColumns),
    columnDots: plain(columnDots),
    combineColumns: plain(combineColumns),
    applyRotations: plain(applyRotations),
    choleskyRows: plain(choleskyRows),
    solveColumns: plain(solveColumns),
  }),
  calls: ({ plain, f32, f64 }) => ({
    cholesky: plain(cholesky),
    choleskyPivots: plain(choleskyPivots),
    luPanel: plain(luPanel),
    solveTriangular: plain(solveTriangular),
    householderPanel: plain(householderPanel),
    householderForm: plain(householderForm),
    jacobiSweep: plain(jacobiSweep),
    reflect: plain(reflect),
    dot: plain(dot),
    axpy: plain(axpy),
    copyRows: plain(copyRows),
    largestEntry: plain(largestEntry),
    columnSums: plain(columnSums),
    largestRowSum: plain(largestRowSum),
    columnMaxima: plain(columnMaxima),
    asymmetry: plain(asymmetry),
    solveVector: plain(solveVector),
    splitRowsF32: f32(splitRows),
    splitRowsF64: f64(splitRows),
    lowerRows: plain(lowerRows),
  }),
};
