/**
 * One pass of queries over a set of keys, on operands that lie staged in compute memory.
 *
 *   n   queries          d  depth: query and key columns, padded to a multiple of 4
 *   m   keys             c  channels: value columns and, last, a column of ones
 *   W   queries a sliver: 8 float32, 4 float64
 *
 * output_i = Σ_j 2^(s_ij − max_j s_ij) v_j / Σ_j 2^(s_ij − max_j s_ij), or the two sums themselves: exact attention, both passes over the
 * landmarks of a low-rank method, and the rows that check it are all this.  Source: arXiv:2205.14135 (streaming softmax); ours in layout.
 */
import type { DType } from "../array/types.js";
import { HIDDEN_SCORE, SCRATCH_BYTES } from "../kernels/abi.js";
import { bytesOf, reals, runTiles } from "../runtime/dtype-kernels.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { attentionKernels } from "../kernels/attention.js";

/** Keys and values a block of the stream holds: the block's operands and its weights stay in the first-level cache. */
export const KEY_BLOCK = 192;
const KEY_GROUP = 12;
/** Slivers that share a block of keys while it is in the first-level cache. */
const LEAST_TILE = 4;
const LARGEST_TILE = 32;
/** Multiply-adds of a tile in float32, half as many in float64: 4 milliseconds or less where a tile is more than the least, so that threads end together. */
const TILE_WORK = 8e7;
/** Tiles that a short pass is shared out in. */
const TILES = 16;
/** A value that is moved takes the time of so many multiply-adds. */
const COPY_WORK = 16;

/** Packed keys and values. */
export interface KeySet {
  /** m, padded to a multiple of 12 by keys that weigh nothing. */
  readonly count: number;
  readonly depth: number;
  readonly channels: number;
  readonly keys: number;
  readonly bias: number;
  readonly values: number;
}

/** Which keys a query may see; key j is visible to query i iff j <= i + offset. */
export interface Visibility {
  readonly causalOffset?: number;
  /** Row-major [n, keys]: uint8, 1 = keep; or the pass's dtype, added to the scores (−Infinity hides). */
  readonly mask?: { readonly address: number; readonly keys: number; readonly kind: "keep" | "add" };
}

export interface Pass {
  readonly dtype: DType;
  readonly queryCount: number;
  /** Rows [n][d], scaled so that the scores are in units of log2. */
  readonly queries: number;
  /** [n rounded up to W] added to the scores of a query; 0 for none. */
  readonly queryBias?: number;
  readonly keySet: KeySet;
  readonly visibility?: Visibility;
  /** No running maximum: the caller knows that scores are at most 127 (float32), 1023 (float64). */
  readonly bounded?: boolean;
  /** Rows [n][c − 1] of the dtype; or, with `raw`, float64 sums [n][c]. */
  readonly out: number;
  readonly raw?: boolean;
  /** [c − 1] each: added to every row; then rows are clipped to [low, high]. */
  readonly center?: number;
  readonly clip?: { readonly low: number; readonly high: number };
  /** float64 [n] each: the last channel's sums, and the maxima they are relative to. */
  readonly denominators?: number;
  readonly maxima?: number;
  /** int32, one a tile (see `passTiles`): most changes of the running maximum. */
  readonly rescales?: number;
}

/** Columns a row of `width` values is padded to. */
export function paddedWidth(width: number): number {
  return Math.max(4, Math.ceil(width / 4) * 4);
}

/** Keys a set of `count` keys is padded to. */
export function paddedKeys(count: number): number {
  return Math.ceil(count / KEY_GROUP) * KEY_GROUP;
}

/** Rows staged for `packKeySet`: `count` of them, padding rows included in the allocation and zeroed by it. */
export interface KeyRows {
  readonly count: number;
  readonly depth: number;
  readonly channels: number;
  /** [paddedKeys(count)][depth]. */
  readonly keys: number;
  /** [paddedKeys(count)][valueStride], channels <= valueStride. */
  readonly values: number;
  readonly valueStride: number;
  /** [paddedKeys(count)] in units of log2; 0 for none. */
  readonly bias: number;
}

/** Packs keys and values. Zeroes the padding rows and hides the padding keys (writes to `keys`, `values`, `bias`). */
export function* packKeySet(scope: Scope, dtype: DType, rows: KeyRows): Steps<KeySet> {
  const { count, depth, channels, valueStride } = rows;
  const size = bytesOf(dtype);
  const m = paddedKeys(count);
  const bias = rows.bias === 0 ? scope.zeros(m * size) : rows.bias;
  fillZero(rows.keys + count * depth * size, (m - count) * depth * size);
  fillZero(rows.values + count * valueStride * size, (m - count) * valueStride * size);
  reals(dtype).fill(HIDDEN_SCORE[dtype], bias / size + count, bias / size + m);
  const keys = scope.alloc(m * depth * size);
  const values = scope.alloc(m * channels * size);
  const args = scope.args([m, depth, channels, KEY_BLOCK, rows.keys, rows.values, valueStride, keys, values]);
  yield* runTiles(attentionKernels, "packKeys", dtype, args, Math.ceil(m / KEY_BLOCK), COPY_WORK * m * (depth + channels));
  scope.free(args);
  return { count: m, depth, channels, keys, bias, values };
}

/** Frees what `packKeySet` allocated, the bias apart. */
export function freeKeySet(scope: Scope, keySet: KeySet): void {
  scope.free(keySet.keys);
  scope.free(keySet.values);
}

/** Runs the pass. */
export function* attentionPass(scope: Scope, pass: Pass): Steps<void> {
  const { dtype, queryCount, keySet } = pass;
  if (queryCount === 0) return;
  const { slivers, count } = passTiles(dtype, queryCount, keySet);
  const args = passArguments(scope, pass, keySet.channels, slivers);
  yield* runTiles(attentionKernels, "attention", dtype, args, count, passWork(queryCount, keySet));
  scope.free(args);
}

/** The weights themselves, 2^s as [n][keys] rows of the dtype; `clamp` takes scores above 0 as 0. */
export function* exponentialPass(scope: Scope, pass: Pass, keys: number, clamp: boolean): Steps<void> {
  const { dtype, queryCount, keySet } = pass;
  if (queryCount === 0 || keys === 0) return;
  const { slivers, count } = passTiles(dtype, queryCount, keySet);
  const args = passArguments(scope, { ...pass, bounded: clamp }, keys, slivers);
  yield* runTiles(attentionKernels, "exponential", dtype, args, count, passWork(queryCount, keySet));
  scope.free(args);
}

/** Slivers a tile, so that every tile fits its scratch and a pass has some 16 tiles to share; never changes bits. */
export function passTiles(dtype: DType, queryCount: number, keySet: KeySet): { readonly slivers: number; readonly count: number } {
  const W = 32 / bytesOf(dtype);
  const sliverBytes = keySet.depth * 32 + keySet.channels * W * 8 + 32 + 4;
  const fits = Math.floor((SCRATCH_BYTES - 128 - (KEY_BLOCK + 1) * 32) / sliverBytes);
  const total = Math.ceil(queryCount / W);
  const wanted = Math.min(TILES, Math.ceil(total / LEAST_TILE));
  const short = Math.max(LEAST_TILE, Math.floor((TILE_WORK * W) / 8 / passWork(W, keySet)));
  const slivers = Math.max(1, Math.min(fits, LARGEST_TILE, short, Math.ceil(total / Math.max(1, wanted)))); // also of no queries
  return { slivers, count: Math.ceil(total / slivers) };
}

/** Multiply-adds of a pass; an exponential counts as 12. */
function passWork(queryCount: number, { count, depth, channels }: KeySet): number {
  return queryCount * count * (depth + channels + 12);
}

/** Most columns q, k or v may have: one sliver of them fits a thread's scratch. */
export const LARGEST_WIDTH = 2048;

function passArguments(scope: Scope, pass: Pass, channels: number, slivers: number): number {
  const { keySet, visibility = {}, clip } = pass;
  const { causalOffset, mask } = visibility;
  const maskKind = mask === undefined ? 0 : mask.kind === "keep" ? 1 : 2;
  const visible = [causalOffset === undefined ? 0 : 1, causalOffset ?? 0, maskKind, mask?.address ?? 0, mask?.keys ?? 0];
  const sizes = [pass.queryCount, keySet.count, keySet.depth, channels, KEY_BLOCK, slivers];
  const operands = [pass.queries, pass.queryBias ?? 0, keySet.keys, keySet.bias, keySet.values, pass.bounded === true ? 1 : 0];
  const results = [pass.out, pass.raw === true ? 1 : 0, pass.center ?? 0, clip?.low ?? 0, clip?.high ?? 0];
  const records = [pass.denominators ?? 0, pass.maxima ?? 0, pass.rescales ?? 0];
  return scope.args([...visible, ...sizes, ...operands, ...results, ...records], [Math.LOG2E]);
}

function fillZero(address: number, bytes: number): void {
  runtime().memory.u8.fill(0, address, address + bytes);
}
