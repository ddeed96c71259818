/**
 * Attention as a stream over key blocks, for one tile of queries, as in assembly/attention.ts, where the layouts are described:
 *
 *   S = K Qᵀ + key bias + query bias      P = 2^(S − running maximum), or 2^S      O = Vᵀ P, in float64 across blocks
 */
import type { ComputeMemory } from "../abi.js";
import { exp2Tile } from "./exp2.js";
import { hidesBlock, hidesPart, maskTile, VISIBILITY } from "./mask.js";
import { pmax, pmin, readWords, round, type Real, type RealArray } from "./real.js";
import { productLanes, scoreTile, TILE_ROWS } from "./register-tiles.js";

const ATTENTION = [
  ...VISIBILITY,
  ...(["queryCount", "keyCount", "depth", "channels", "keyBlock", "slivers", "queries", "queryBias", "keys", "keyBias", "values"] as const),
  ...(["bounded", "out", "raw", "center", "low", "high", "denominators", "maxima", "rescales"] as const),
] as const;
const PACK = ["keyCount", "depth", "channels", "keyBlock", "keys", "values", "valueStride", "packedKeys", "packedValues"] as const;

type AttentionWords = Record<(typeof ATTENTION)[number], number>;

export function attentionTile(memory: ComputeMemory, real: Real, args: number, tile: number, scratch: number): void {
  const a = { ...readWords(memory, args, ATTENTION), logScale: memory.f64[args / 8]! };
  const { bytes, W, lowest } = real;
  const v = real.view(memory);
  const { f64, i32 } = memory;
  const first = tile * a.slivers * W;
  const slivers = Math.min(a.slivers, Math.ceil((a.queryCount - first) / W));
  // scratch: bias of zeros | packed queries | accumulators | maxima | counts of rescales | score tile and one row more
  const noBias = scratch / bytes;
  const packed = noBias + W;
  const sumsAt = scratch + 32 + slivers * a.depth * 32;
  const sums = sumsAt / 8;
  const maximaAt = sumsAt + slivers * a.channels * W * 8;
  const maxima = maximaAt / bytes;
  const counts = maximaAt / 4 + slivers * 8;
  const scores = (Math.ceil((counts + slivers) / 8) * 32) / bytes;

  v.fill(0, noBias, packed);
  f64.fill(0, sums, maximaAt / 8);
  i32.fill(0, counts, counts + slivers);
  v.fill(lowest, maxima, maxima + slivers * W);
  packQueries(real, v, a.queryCount - first, slivers, a.depth, a.queries / bytes + first * a.depth, packed);

  for (let j = 0; j < a.keyCount; j += a.keyBlock) {
    const count = Math.min(a.keyBlock, a.keyCount - j);
    const keys = a.keys / bytes + j * a.depth;
    const values = a.values / bytes + j * a.channels;
    for (let i = 0; i < slivers; i++) {
      const query = first + i * W;
      if (hidesBlock(a, query + W - 1, j)) continue;
      const bias = a.queryBias !== 0 ? a.queryBias / bytes + query : noBias;
      scoreTile(real, v, count, a.depth, keys, a.keyBias / bytes + j, packed + i * a.depth * W, bias, scores);
      const masked = hidesPart(a, query, j + count);
      if (masked) maskTile(memory, real, a, query, Math.min(W, a.queryCount - query), j, count, scores);
      const o = sums + i * a.channels * W;
      const m = maxima + i * W;
      const next = scores + count * W;
      if (a.bounded === 0 && raiseMaximum(memory, real, count, scores, m) && j > 0) {
        for (let c = 0; c < a.channels * W; c++) f64[o + c]! *= v[next + (c % W)]!;
        i32[counts + i]! += 1;
      }
      exp2Tile(memory, real, count, scores, a.bounded === 0 ? m : -1, masked);
      addValues(real, v, f64, a.channels, count, values, scores, o);
    }
  }
  finish(memory, real, a, first, slivers, sums, maxima);
  if (a.rescales !== 0) {
    let most = 0;
    for (let i = 0; i < slivers; i++) most = Math.max(most, i32[counts + i]!);
    i32[a.rescales / 4 + tile] = most;
  }
}

/** maximum = max(maximum, columns of S); true if it rose, and then 2^(old − new) stands in the row after the tile. */
function raiseMaximum(memory: ComputeMemory, real: Real, count: number, scores: number, maximum: number): boolean {
  const { W } = real;
  const v = real.view(memory);
  const next = scores + count * W;
  let rose = false;
  for (let l = 0; l < W; l++) {
    const old = v[maximum + l]!;
    let even = old;
    let odd = old;
    for (let s = scores + l; s < next; s += 2 * W) {
      even = pmax(even, v[s]!);
      odd = pmax(odd, v[s + W]!);
    }
    const most = pmax(even, odd);
    v[next + l] = old - most;
    if (most > old) rose = true;
    v[maximum + l] = most;
  }
  if (rose) exp2Tile(memory, real, 1, next, -1, false);
  return rose;
}

/** Value tiles of nearly equal width, the wider ones first: 5 channels are 3 + 2. */
function addValues(
  real: Real,
  v: RealArray,
  f64: Float64Array,
  channels: number,
  count: number,
  values: number,
  weights: number,
  out: number,
): void {
  const { W } = real;
  const tiles = Math.ceil(channels / TILE_ROWS);
  const narrow = Math.floor(channels / tiles);
  const wide = channels - narrow * tiles;
  const lanes = weights + count * W;
  for (let t = 0, p = values, o = out; t < tiles; t++) {
    const w = t < wide ? narrow + 1 : narrow;
    for (let r = 0; r < w; r++) {
      for (let l = 0; l < W; l += 4) {
        productLanes(real, v, count, p + r, w, weights + l, W, 0, lanes);
        for (let h = 0; h < 4; h++) f64[o++]! += v[lanes + h]!;
      }
    }
    p += count * w;
  }
}

/** Rows [count][depth] -> slivers [depth][W], rows past the end are zeros. */
function packQueries(real: Real, v: RealArray, count: number, slivers: number, depth: number, rows: number, out: number): void {
  const { W } = real;
  for (let i = 0; i < slivers; i++) {
    const to = out + i * depth * W;
    for (let l = 0; l < W; l++) {
      const row = rows + (i * W + l) * depth;
      for (let c = 0; c < depth; c++) v[to + c * W + l] = i * W + l < count ? v[row + c]! : 0;
    }
  }
}

/** Accumulators [channels][W] of each sliver -> rows. */
function finish(memory: ComputeMemory, real: Real, a: AttentionWords, first: number, slivers: number, sums: number, maxima: number): void {
  const { bytes, W, single } = real;
  const v = real.view(memory);
  const { f64 } = memory;
  const last = a.channels - 1;
  const queries = Math.min(slivers * W, a.queryCount - first);
  for (let q = 0; q < queries; q++) {
    const row = first + q;
    const at = sums + Math.floor(q / W) * a.channels * W + (q % W);
    const denominator = f64[at + last * W]!;
    if (a.denominators !== 0) f64[a.denominators / 8 + row] = denominator;
    if (a.maxima !== 0) f64[a.maxima / 8 + row] = v[maxima + q]!;
    if (a.raw !== 0) {
      for (let c = 0; c <= last; c++) f64[a.out / 8 + row * a.channels + c] = f64[at + c * W]!;
      continue;
    }
    const factor = denominator === 0 ? 0 : 1 / denominator;
    for (let c = 0; c < last; c++) {
      let x = round(single, f64[at + c * W]! * factor);
      if (a.center !== 0) x = round(single, x + v[a.center / bytes + c]!);
      if (a.low !== 0 && denominator !== 0) x = Math.max(v[a.low / bytes + c]!, Math.min(v[a.high / bytes + c]!, x));
      v[a.out / bytes + row * last + c] = x;
    }
  }
}

/** Packs one block of keys and values; tile = block. rows: keys [keyCount][depth], values [keyCount][valueStride]. */
export function packKeyTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { keyCount, depth, channels, keyBlock, keys, values, valueStride, packedKeys, packedValues } = readWords(memory, args, PACK);
  const { bytes } = real;
  const j = tile * keyBlock;
  const count = Math.min(keyBlock, keyCount - j);
  packKeyRows(memory, real, count, depth, keys + j * depth * bytes, packedKeys + j * depth * bytes);
  const v = real.view(memory);
  packValueRows(v, count, channels, values / bytes + j * valueStride, valueStride, packedValues / bytes + j * channels);
}

/** Rows [count][depth] -> [group of TILE_ROWS][depth][TILE_ROWS]. */
export function packKeyRows(memory: ComputeMemory, real: Real, count: number, depth: number, rows: number, out: number): void {
  const v = real.view(memory);
  for (let j = 0; j < count; j++) {
    const from = rows / real.bytes + j * depth;
    const to = out / real.bytes + (j - (j % TILE_ROWS)) * depth + (j % TILE_ROWS);
    for (let c = 0; c < depth; c++) v[to + c * TILE_ROWS] = v[from + c]!;
  }
}

/** Rows [count][stride] -> for each value tile of w channels: [key][w]. */
function packValueRows(v: RealArray, count: number, channels: number, rows: number, stride: number, out: number): void {
  const tiles = Math.ceil(channels / TILE_ROWS);
  const narrow = Math.floor(channels / tiles);
  const wide = channels - narrow * tiles;
  for (let t = 0, from = rows, to = out; t < tiles; t++) {
    const w = t < wide ? narrow + 1 : narrow;
    for (let k = 0; k < count; k++) for (let c = 0; c < w; c++) v[to++] = v[from + k * stride + c]!;
    from += w;
  }
}

/** E [queryCount][channels] = 2^S itself; here `channels` is the number of real keys. */
export function exponentialTile(memory: ComputeMemory, real: Real, args: number, tile: number, scratch: number): void {
  const a = readWords(memory, args, ATTENTION);
  const { bytes, W } = real;
  const v = real.view(memory);
  const first = tile * a.slivers * W;
  const slivers = Math.min(a.slivers, Math.ceil((a.queryCount - first) / W));
  const noBias = scratch / bytes;
  const packed = noBias + W;
  const scores = packed + slivers * a.depth * W;
  v.fill(0, noBias, packed);
  packQueries(real, v, a.queryCount - first, slivers, a.depth, a.queries / bytes + first * a.depth, packed);
  for (let j = 0; j < a.keyCount; j += a.keyBlock) {
    const count = Math.min(a.keyBlock, a.keyCount - j);
    const stored = Math.min(count, a.channels - j);
    for (let i = 0; i < slivers; i++) {
      const query = first + i * W;
      const bias = a.queryBias !== 0 ? a.queryBias / bytes + query : noBias;
      const keys = a.keys / bytes + j * a.depth;
      scoreTile(real, v, count, a.depth, keys, a.keyBias / bytes + j, packed + i * a.depth * W, bias, scores);
      if (a.bounded !== 0) for (let s = scores; s < scores + count * W; s++) v[s] = pmin(0, v[s]!);
      exp2Tile(memory, real, count, scores, -1, false);
      const queries = Math.min(W, a.queryCount - query);
      for (let l = 0; l < queries; l++) {
        const to = a.out / bytes + (query + l) * a.channels + j;
        for (let k = 0; k < stored; k++) v[to + k] = v[scores + k * W + l]!;
      }
    }
  }
}
