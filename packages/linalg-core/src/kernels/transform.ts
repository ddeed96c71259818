/**
 * Walsh-Hadamard and Fourier transforms.
 */
import { TRANSFORM_RELAXED, TRANSFORM_SIMD } from "../generated/transform.js";
import type { Call, Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { fftColumns, fftRows, fftTransposed, interleave, mergeReal, splitReal } from "./js/fft.js";
import { fwhtAcrossTile, fwhtTile } from "./js/fwht.js";

/** Kernels that run on any thread. Words of each argument block in brackets. */
interface TransformTiles {
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

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
interface TransformCalls {
  /** (n, from, to, z re, z im, x re, x im, half circle): of n complex points the transform of 2n real ones, entries from < k <= to and their mirrors. float64. */
  readonly splitReal: Call;
  /** (n, from, to, x re, x im, z re, z im, half circle): the reverse of splitReal. float64. */
  readonly mergeReal: Call;
  /** (n, factor, re, im, out): complex numbers times a factor, re and im in turns. float64. */
  readonly interleave: Call;
}

export const transformKernels: KernelGroup<TransformTiles, TransformCalls> = {
  name: "transform",
  slot: 3,
  simd: TRANSFORM_SIMD,
  relaxed: TRANSFORM_RELAXED,
  tiles: ({ plain, f32, f64 }) => ({
    fwhtF32: f32(fwhtTile),
    fwhtF64: f64(fwhtTile),
    fwhtAcrossF32: f32(fwhtAcrossTile),
    fwhtAcrossF64: f64(fwhtAcrossTile),
    fftRows: plain(fftRows),
    fftColumns: plain(fftColumns),
    fftTransposed: plain(fftTransposed),
  }),
  calls: ({ plain }) => ({
    splitReal: plain(splitReal),
    mergeReal: plain(mergeReal),
    interleave: plain(interleave),
  }),
};
