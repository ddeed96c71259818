/**
 * Streaming attention, its exponentials, and the statistics and landmarks of its operands.
 */
import { ATTENTION_RELAXED, ATTENTION_SIMD } from "../generated/attention.js";
import type { Call, Tile } from "./abi.js";
import type { KernelGroup } from "./group.js";
import { attentionTile, exponentialTile, packKeyRows, packKeyTile } from "./js/attention.js";
import { exp2Rows } from "./js/exp2.js";
import { accumulateCentres, assignTile, shrinkDistances } from "./js/landmarks.js";
import { centerRows, columnRange, columnSpread, gatherRows, rowProducts, vectorMaximum, weightRows } from "./js/rows.js";

/** Kernels that run on any thread. Words of each argument block in brackets. */
interface AttentionTiles {
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
  /** Nearest centre of each point. [count, width, centres, centresPadded, points, keys, bias, nearest, pointsPerTile] */
  readonly assignF32: Tile;
  readonly assignF64: Tile;
}

/** Kernels that the calling thread runs. Parameters in parentheses; all are addresses or counts unless said. */
interface AttentionCalls {
  /** (count, depth, rows, out): rows of keys, count a multiple of 12 -> [group of R][depth][R], R the rows of a register tile: 6 or 4. */
  readonly packKeyRowsF32: Call;
  readonly packKeyRowsF64: Call;
  /** (rows, x): x <- 2^max(x, FLOOR) over rows of 32 bytes. */
  readonly exp2RowsF32: Call;
  readonly exp2RowsF64: Call;
  /** (n, width, rows, sums (float64), low, high). */
  readonly columnRangeF32: Call;
  readonly columnRangeF64: Call;
  /** (n, width, rows, mean (float64), squares (float64)): sums of squared distances from the mean. */
  readonly columnSpreadF32: Call;
  readonly columnSpreadF64: Call;
  /** (n, width, rows, mean, factor, out, halfNorm): out = (row - mean) factor, halfNorm = -|out|^2 / 2. */
  readonly centerRowsF32: Call;
  readonly centerRowsF64: Call;
  /** (n, width, rows, g, subtract or 0, out): out = <row, g> - subtract. */
  readonly rowProductsF32: Call;
  readonly rowProductsF64: Call;
  /** (n, width, rows, mean, weights, out): out = (row - mean) weight. */
  readonly weightRowsF32: Call;
  readonly weightRowsF64: Call;
  /** (count, width, rows, indices (int32), out). */
  readonly gatherRowsF32: Call;
  readonly gatherRowsF64: Call;
  /** (n, x) -> largest. */
  readonly vectorMaximumF32: Call<number>;
  readonly vectorMaximumF64: Call<number>;
  /** (n, width, rows, centre, distance): distance <- min(distance, |row - centre|^2). */
  readonly shrinkDistancesF32: Call;
  readonly shrinkDistancesF64: Call;
  /** (n, width, rows, nearest, weights, sums, totals). */
  readonly accumulateCentresF32: Call;
  readonly accumulateCentresF64: Call;
}

export const attentionKernels: KernelGroup<AttentionTiles, AttentionCalls> = {
  name: "attention",
  slot: 1,
  simd: ATTENTION_SIMD,
  relaxed: ATTENTION_RELAXED,
  tiles: ({ f32, f64 }) => ({
    attentionF32: f32(attentionTile),
    attentionF64: f64(attentionTile),
    exponentialF32: f32(exponentialTile),
    exponentialF64: f64(exponentialTile),
    packKeysF32: f32(packKeyTile),
    packKeysF64: f64(packKeyTile),
    assignF32: f32(assignTile),
    assignF64: f64(assignTile),
  }),
  calls: ({ f32, f64 }) => ({
    packKeyRowsF32: f32(packKeyRows),
    packKeyRowsF64: f64(packKeyRows),
    exp2RowsF32: f32(exp2Rows),
    exp2RowsF64: f64(exp2Rows),
    columnRangeF32: f32(columnRange),
    columnRangeF64: f64(columnRange),
    columnSpreadF32: f32(columnSpread),
    columnSpreadF64: f64(columnSpread),
    centerRowsF32: f32(centerRows),
    centerRowsF64: f64(centerRows),
    rowProductsF32: f32(rowProducts),
    rowProductsF64: f64(rowProducts),
    weightRowsF32: f32(weightRows),
    weightRowsF64: f64(weightRows),
    gatherRowsF32: f32(gatherRows),
    gatherRowsF64: f64(gatherRows),
    vectorMaximumF32: f32(vectorMaximum),
    vectorMaximumF64: f64(vectorMaximum),
    shrinkDistancesF32: f32(shrinkDistances),
    shrinkDistancesF64: f64(shrinkDistances),
    accumulateCentresF32: f32(accumulateCentres),
    accumulateCentresF64: f64(accumulateCentres),
  }),
};
