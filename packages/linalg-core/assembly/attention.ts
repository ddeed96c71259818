// Attention as a stream over key blocks, for one tile of queries:
//
//   S = K Q^T + key bias + query bias   (in units of log2: the caller folds log2(e) * scale into the queries)
//   P = 2^(S - running maximum), or 2^S where the caller knows that S <= 0
//   O = V^T P, in T inside a block of keys, in float64 across blocks; the last value channel is a column of ones, so that
//       its row of O is the denominator
//
// One kernel serves exact attention, the two passes over landmarks, and the rows that check them.
//
//   W  queries a sliver: 32 bytes of T, 8 float32 or 4 float64      KB  keys a block
//   queries  [queryCount][depth] rows, depth a multiple of 4        queryBias  [queryCount rounded up to W], or 0
//   keys     packed [group of R][depth][R]      keyBias [keyCount]  keyCount a multiple of 12, padding keys have bias lowest<T>()
//   R        keys or value channels of a register tile, as in gemm.ts: 6 or 4
//   values   packed a block: for each value tile of w channels [key][w]; a padding or masked key has a row of zeros
import { exp2Tile, exp2TileMasked, exp2TileMinus } from "./exp2";
import { scoreTile4, scoreTile6, valueTile1, valueTile2, valueTile3, valueTile4, valueTile5, valueTile6 } from "./generated/register-tiles";
import { maskTile, MaskArgs } from "./mask";
import { lowest, TILE_ROWS as R } from "./simd";

/** Words of the argument block; eight float64 first (see src/kernels/abi.ts). */
@unmanaged
class AttentionArgs extends MaskArgs {
  queryCount: i32;
  keyCount: i32;
  depth: i32;
  channels: i32; // value channels, the ones included
  keyBlock: i32; // KB, a multiple of 12
  slivers: i32; // query slivers a tile
  queries: usize;
  queryBias: usize;
  keys: usize;
  keyBias: usize;
  values: usize;
  bounded: i32; // 1: no running maximum
  out: usize; // T [queryCount][channels - 1], or, when raw, float64 [queryCount][channels]
  raw: i32;
  center: usize; // T [channels - 1] added to every row, or 0
  low: usize; // T [channels - 1]: rows are clipped to [low, high], or 0
  high: usize;
  denominators: usize; // float64 [queryCount], or 0
  maxima: usize; // float64 [queryCount], or 0
  rescales: usize; // i32 [tiles]: most changes of the running maximum in a row of the tile, or 0
}

export function attentionTile<T>(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<AttentionArgs>(address);
  const W = 32 / <i32>sizeof<T>();
  const first = tile * a.slivers * W;
  const slivers = min(a.slivers, (a.queryCount - first + W - 1) / W);
  // scratch: bias of zeros | packed queries | accumulators | maxima | counts of rescales | score tile and one row more
  const noBias = scratch;
  const packed = noBias + 32;
  const sums = packed + <usize>(slivers * a.depth * 32);
  const sumBytes = <usize>(a.channels * W * 8);
  const maxima = sums + <usize>slivers * sumBytes;
  const counts = maxima + <usize>(slivers * 32);
  const scores = (counts + <usize>(slivers * 4) + 31) & ~31;

  memory.fill(noBias, 0, 32);
  memory.fill(sums, 0, <usize>slivers * sumBytes);
  memory.fill(counts, 0, <usize>(slivers * 4));
  for (let i = 0; i < slivers * W; i++) store<T>(maxima + <usize>i * sizeof<T>(), lowest<T>());
  packQueries<T>(a.queryCount - first, slivers, a.depth, a.queries + <usize>(first * a.depth) * sizeof<T>(), packed);

  for (let j = 0; j < a.keyCount; j += a.keyBlock) {
    const count = min(a.keyBlock, a.keyCount - j);
    const keys = a.keys + <usize>(j * a.depth) * sizeof<T>();
    const keyBias = a.keyBias + <usize>j * sizeof<T>();
    const values = a.values + <usize>j * <usize>a.channels * sizeof<T>();
    for (let i = 0; i < slivers; i++) {
      const query = first + i * W;
      if (a.hidesBlock(query + W - 1, j)) continue;
      const bias = a.queryBias ? a.queryBias + <usize>query * sizeof<T>() : noBias;
      scoreTile<T>(count, a.depth, keys, keyBias, packed + <usize>(i * a.depth * 32), bias, scores);
      const masked = a.hidesPart(query, j + count);
      if (masked) maskTile<T>(a, query, min(W, a.queryCount - query), j, count, scores);
      const o = sums + <usize>i * sumBytes;
      if (a.bounded) {
        const zero = v128.splat<T>(0);
        if (masked) exp2TileMasked<T>(count, scores, zero, zero); // FLOOR would be a weight beside small ones
        else exp2Tile<T>(count, scores);
      } else {
        const m = maxima + <usize>i * 32;
        if (raiseMaximum<T>(count, scores, m) && j > 0) {
          rescale<T>(a.channels, o, scores + <usize>count * 32);
          store<i32>(counts + <usize>i * 4, load<i32>(counts + <usize>i * 4) + 1);
        }
        if (masked) exp2TileMasked<T>(count, scores, v128.load(m), v128.load(m, 16));
        else exp2TileMinus<T>(count, scores, v128.load(m), v128.load(m, 16));
      }
      addValues<T>(a.channels, count, values, scores, o);
    }
  }
  finish<T>(a, first, slivers, sums, maxima);
  if (a.rescales) {
    let most = 0;
    for (let i = 0; i < slivers; i++) most = max(most, load<i32>(counts + <usize>i * 4));
    store<i32>(a.rescales + <usize>tile * 4, most);
  }
}

/** maximum = max(maximum, columns of S); true if it rose, and then 2^(old - new) stands in the row after the tile. */
// @ts-ignore: decorator
@inline
function raiseMaximum<T>(count: i32, scores: usize, maximum: usize): bool {
  const old0 = v128.load(maximum), old1 = v128.load(maximum, 16);
  let m0 = old0, m1 = old1, m2 = old0, m3 = old1;
  let s = scores;
  for (let k = 0; k < count; k += 2) {
    m0 = v128.pmax<T>(m0, v128.load(s)); m1 = v128.pmax<T>(m1, v128.load(s, 16));
    m2 = v128.pmax<T>(m2, v128.load(s, 32)); m3 = v128.pmax<T>(m3, v128.load(s, 48));
    s += 64;
  }
  m0 = v128.pmax<T>(m0, m2); m1 = v128.pmax<T>(m1, m3);
  if (!v128.any_true(v128.or(v128.gt<T>(m0, old0), v128.gt<T>(m1, old1)))) return false;
  v128.store(maximum, m0); v128.store(maximum, m1, 16);
  v128.store(s, v128.sub<T>(old0, m0)); v128.store(s, v128.sub<T>(old1, m1), 16);
  exp2Tile<T>(1, s);
  return true;
}

/** O [channels][W] *= factor [W]. */
function rescale<T>(channels: i32, o: usize, factor: usize): void {
  const W = 32 / <i32>sizeof<T>();
  for (let c = 0; c < channels; c++) {
    for (let l = 0; l < W; l++) store<f64>(o + <usize>l * 8, load<f64>(o + <usize>l * 8) * <f64>load<T>(factor + <usize>l * sizeof<T>()));
    o += <usize>W * 8;
  }
}

/** S of `count` keys, a multiple of 12. */
// @ts-ignore: decorator
@inline
export function scoreTile<T>(count: i32, depth: i32, keys: usize, keyBias: usize, queries: usize, queryBias: usize, out: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) scoreTile6<T>(count / 6, depth, keys, keyBias, queries, queryBias, out);
  else scoreTile4<T>(count / 4, depth, keys, keyBias, queries, queryBias, out);
}

/** Value tiles of nearly equal width, the wider ones first: 16 channels are 6 + 5 + 5, or four times 4. */
// @ts-ignore: decorator
@inline
function addValues<T>(channels: i32, count: i32, values: usize, weights: usize, o: usize): void {
  const tiles = (channels + R - 1) / R, narrow = channels / tiles, wide = channels - narrow * tiles;
  for (let t = 0; t < tiles; t++) {
    const w = t < wide ? narrow + 1 : narrow;
    if (ASC_FEATURE_RELAXED_SIMD && w > 4) {
      if (w == 6) valueTile6<T>(count, values, weights, o);
      else valueTile5<T>(count, values, weights, o);
    } else switch (w) {
      case 4: valueTile4<T>(count, values, weights, o); break;
      case 3: valueTile3<T>(count, values, weights, o); break;
      case 2: valueTile2<T>(count, values, weights, o); break;
      default: valueTile1<T>(count, values, weights, o);
    }
    values += <usize>(count * w) * sizeof<T>();
    o += <usize>w * (256 / sizeof<T>());
  }
}

/** Rows [count][depth] -> slivers [depth][W], rows past the end are zeros. */
function packQueries<T>(count: i32, slivers: i32, depth: i32, rows: usize, out: usize): void {
  const W = 32 / <i32>sizeof<T>();
  const stride = <usize>depth * sizeof<T>();
  for (let i = 0; i < slivers; i++) {
    const valid = min(W, count - i * W);
    if (valid == W) {
      const half = <usize>(W / 2) * stride;
      transposeRows<T>(rows, stride, out);
      transposeRows<T>(rows + half, stride, out + 16);
    } else {
      memory.fill(out, 0, <usize>depth * 32);
      for (let l = 0; l < valid; l++) {
        let to = out + <usize>l * sizeof<T>();
        for (let b: usize = 0; b < stride; b += sizeof<T>()) { store<T>(to, load<T>(rows + <usize>l * stride + b)); to += 32; }
      }
    }
    rows += <usize>W * stride;
    out += <usize>depth * 32;
  }
}

/** W/2 rows -> columns of 16 bytes, 32 bytes apart: square blocks of vectors, 4 x 4 float32 or 2 x 2 float64. */
// @ts-ignore: decorator
@inline
export function transposeRows<T>(rows: usize, stride: usize, out: usize): void {
  for (let b: usize = 0; b < stride; b += 16) {
    const p = rows + b;
    if (sizeof<T>() == 4) {
      const r0 = v128.load(p), r1 = v128.load(p + stride), r2 = v128.load(p + 2 * stride), r3 = v128.load(p + 3 * stride);
      const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<i64>(t0, t2, 0, 2)); v128.store(out, v128.shuffle<i64>(t0, t2, 1, 3), 32);
      v128.store(out, v128.shuffle<i64>(t1, t3, 0, 2), 64); v128.store(out, v128.shuffle<i64>(t1, t3, 1, 3), 96);
      out += 128;
    } else {
      const r0 = v128.load(p), r1 = v128.load(p + stride);
      v128.store(out, v128.shuffle<i64>(r0, r1, 0, 2)); v128.store(out, v128.shuffle<i64>(r0, r1, 1, 3), 32);
      out += 64;
    }
  }
}

/** Accumulators [channels][W] of each sliver -> rows. */
function finish<T>(a: AttentionArgs, first: i32, slivers: i32, sums: usize, maxima: usize): void {
  const W = 32 / <i32>sizeof<T>();
  const last = a.channels - 1;
  const sliverBytes = <usize>(a.channels * W * 8);
  for (let i = 0; i < slivers; i++) {
    const o = sums + <usize>i * sliverBytes;
    const row = <usize>(first + i * W);
    const valid = min(W, a.queryCount - <i32>row);
    const denominator = o + <usize>(last * W * 8);
    for (let l = 0; l < valid; l++) {
      if (a.denominators) store<f64>(a.denominators + (row + <usize>l) * 8, load<f64>(denominator + <usize>l * 8));
      if (a.maxima) store<f64>(a.maxima + (row + <usize>l) * 8, <f64>load<T>(maxima + <usize>(i * W + l) * sizeof<T>()));
    }
    if (a.raw) writeSums(valid, a.channels, W, o, a.out + row * <usize>a.channels * 8);
    else {
      for (let l = 0; l < W; l++) {
        const d = load<f64>(denominator + <usize>l * 8);
        store<f64>(denominator + <usize>l * 8, d == 0 ? 0 : 1 / d);
      }
      writeRows<T>(a, valid, o, denominator, a.out + row * <usize>last * sizeof<T>());
    }
  }
}

/** [channels][W] -> [valid][channels], float64. */
function writeSums(valid: i32, channels: i32, W: i32, o: usize, out: usize): void {
  for (let l = 0; l < valid; l++) {
    for (let c = 0; c < channels; c++) { store<f64>(out, load<f64>(o + <usize>(c * W + l) * 8)); out += 8; }
  }
}

/** Rows [valid][channels - 1] of T: sums times factor [W], plus center, clipped to [low, high]; a row of factor 0 stays unclipped. */
function writeRows<T>(a: AttentionArgs, valid: i32, o: usize, factor: usize, out: usize): void {
  const W = 32 / <i32>sizeof<T>();
  const last = a.channels - 1;
  const stride = <usize>last * sizeof<T>();
  for (let c = 0; c < last; c++) {
    const at = <usize>c * sizeof<T>();
    const center: T = a.center ? load<T>(a.center + at) : 0;
    const low: T = a.low ? load<T>(a.low + at) : lowest<T>(), high: T = a.low ? load<T>(a.high + at) : -lowest<T>();
    let to = out + at;
    for (let l = 0; l < valid; l++) {
      const f = load<f64>(factor + <usize>l * 8);
      const x = <T>(load<f64>(o + <usize>(c * W + l) * 8) * f) + center;
      store<T>(to, f == 0 ? x : max(low, min(high, x)));
      to += stride;
    }
  }
}

/** Packs one block of keys and values; tile = block. rows: keys [keyCount][depth], values [keyCount][stride]. */
@unmanaged
class PackArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  keyCount: i32; // rows to pack, a multiple of 12: the caller has zeroed the padding
  depth: i32;
  channels: i32;
  keyBlock: i32;
  keys: usize;
  values: usize;
  valueStride: i32; // elements between value rows
  packedKeys: usize;
  packedValues: usize;
}
export function packKeyTile<T>(address: usize, tile: i32): void {
  const a = changetype<PackArgs>(address);
  const j = tile * a.keyBlock;
  const count = min(a.keyBlock, a.keyCount - j);
  packKeyRows<T>(count, a.depth, a.keys + <usize>(j * a.depth) * sizeof<T>(), a.packedKeys + <usize>(j * a.depth) * sizeof<T>());
  packValueRows<T>(count, a.channels, a.values + <usize>j * <usize>a.valueStride * sizeof<T>(), <usize>a.valueStride * sizeof<T>(),
    a.packedValues + <usize>j * <usize>a.channels * sizeof<T>());
}

/** Rows [count][depth] -> [group of R][depth][R]; count is a multiple of 12. */
export function packKeyRows<T>(count: i32, depth: i32, rows: usize, out: usize): void {
  const stride = <usize>depth * sizeof<T>();
  for (let i = 0; i < count; i += R) {
    const end = rows + stride;
    let p = rows;
    while (p < end) {
      store<T>(out, load<T>(p)); store<T>(out, load<T>(p + stride), sizeof<T>());
      store<T>(out, load<T>(p + 2 * stride), 2 * sizeof<T>()); store<T>(out, load<T>(p + 3 * stride), 3 * sizeof<T>());
      if (ASC_FEATURE_RELAXED_SIMD) {
        store<T>(out, load<T>(p + 4 * stride), 4 * sizeof<T>()); store<T>(out, load<T>(p + 5 * stride), 5 * sizeof<T>());
      }
      out += <usize>R * sizeof<T>(); p += sizeof<T>();
    }
    rows += <usize>R * stride;
  }
}

/** Rows [count][stride bytes] -> for each value tile of w channels: [key][w]. */
function packValueRows<T>(count: i32, channels: i32, rows: usize, stride: usize, out: usize): void {
  const tiles = (channels + R - 1) / R, narrow = channels / tiles, wide = channels - narrow * tiles;
  let c: usize = 0;
  for (let t = 0; t < tiles; t++) {
    const bytes = <usize>(t < wide ? narrow + 1 : narrow) * sizeof<T>();
    let p = rows + c;
    for (let k = 0; k < count; k++) {
      for (let b: usize = 0; b < bytes; b += sizeof<T>()) store<T>(out + b, load<T>(p + b));
      out += bytes; p += stride;
    }
    c += bytes;
  }
}

/** E [queryCount][keyCount of out] = 2^S itself, row-major T; tile = slivers of queries. */
export function exponentialTile<T>(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<AttentionArgs>(address);
  const W = 32 / <i32>sizeof<T>();
  const first = tile * a.slivers * W;
  const slivers = min(a.slivers, (a.queryCount - first + W - 1) / W);
  const packed = scratch + 32;
  const scores = packed + <usize>(slivers * a.depth * 32);
  memory.fill(scratch, 0, 32);
  packQueries<T>(a.queryCount - first, slivers, a.depth, a.queries + <usize>(first * a.depth) * sizeof<T>(), packed);
  for (let j = 0; j < a.keyCount; j += a.keyBlock) {
    const count = min(a.keyBlock, a.keyCount - j);
    const stored = min(count, a.channels - j); // here `channels` is the number of real keys, the row length of E
    for (let i = 0; i < slivers; i++) {
      const query = first + i * W;
      const bias = a.queryBias ? a.queryBias + <usize>query * sizeof<T>() : scratch;
      scoreTile<T>(count, a.depth, a.keys + <usize>(j * a.depth) * sizeof<T>(), a.keyBias + <usize>j * sizeof<T>(),
        packed + <usize>(i * a.depth * 32), bias, scores);
      if (a.bounded) clampAtZero<T>(count, scores);
      exp2Tile<T>(count, scores);
      const valid = min(W, a.queryCount - query);
      for (let l = 0; l < valid; l++) {
        let to = a.out + (<usize>(query + l) * <usize>a.channels + <usize>j) * sizeof<T>();
        let from = scores + <usize>l * sizeof<T>();
        for (let k = 0; k < stored; k++) { store<T>(to, load<T>(from)); to += sizeof<T>(); from += 32; }
      }
    }
  }
}
function clampAtZero<T>(rows: i32, x: usize): void {
  const zero = v128.splat<T>(0);
  for (let i = 0; i < rows; i++) {
    v128.store(x, v128.pmin<T>(zero, v128.load(x))); v128.store(x, v128.pmin<T>(zero, v128.load(x, 16)), 16);
    x += 32;
  }
}
