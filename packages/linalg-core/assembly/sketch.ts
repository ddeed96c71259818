// Random embeddings of blocks of rows: S_block A_block, one node [m][d] a block. All float64, every operation rounded: samples and their bits are
// the same in both binaries.
import { levels } from "./fwht";

/** Entries of a side of a tile of random numbers. */
const SIDE: i32 = 64;

@unmanaged
class FillArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  tilesAcross: i32; // tiles along a column of S
  columns: i32;
  states: usize; // f64 [tiles][4]: the stream of each tile: s0, s1, s2, carry
  out: usize; // f64 [columns][64 tilesAcross]: column after column of S
}

@unmanaged
class Stream { s0: f64; s1: f64; s2: f64; carry: f64; }

/** alea's next output, in [0, 1). */
// @ts-ignore: decorator
@inline
function next(s: Stream): f64 {
  const t = 2091639.0 * s.s0 + s.carry * 2.3283064365386963e-10;
  s.s0 = s.s1;
  s.s1 = s.s2;
  s.carry = f64.trunc(t);
  s.s2 = t - s.carry;
  return s.s2;
}

/** 64 x 64 standard normals, column by column: the quantile function at (k + 1/2) 2^-32. The stream's state is read, not written. */
export function normalTile(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<FillArgs>(address);
  const rows = tile % a.tilesAcross, columns = tile / a.tilesAcross * SIDE;
  const ld = <usize>a.tilesAcross * SIDE * 8;
  memory.copy(scratch, a.states + 32 * <usize>tile, 32);
  const stream = changetype<Stream>(scratch), q = scratch + 64;
  let out = a.out + <usize>columns * ld + <usize>rows * SIDE * 8;
  for (let j = min(SIDE, a.columns - columns); j > 0; j--) {
    for (let i: usize = 0; i < 64 * 8; i += 8) store<f64>(q + i, (f64.trunc(next(stream) * 4294967296.0) + 0.5) / 4294967296.0 - 0.5);
    quantiles(q, out);
    out += ld;
  }
}

/** 64 x 64 signs, column by column, 32 a word, high bit first. */
export function signTile(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<FillArgs>(address);
  const rows = tile % a.tilesAcross, columns = tile / a.tilesAcross * SIDE;
  const ld = <usize>a.tilesAcross * SIDE * 8;
  memory.copy(scratch, a.states + 32 * <usize>tile, 32);
  const stream = changetype<Stream>(scratch);
  let out = a.out + <usize>columns * ld + <usize>rows * SIDE * 8;
  for (let j = min(SIDE, a.columns - columns); j > 0; j--) {
    for (let half: usize = 0; half < 512; half += 256) {
      let word = <u32>(next(stream) * 4294967296.0);
      for (let i: usize = 0; i < 256; i += 8) {
        store<f64>(out + half + i, <i32>word < 0 ? -1.0 : 1.0);
        word <<= 1;
      }
    }
    out += ld;
  }
}

@unmanaged
class PickArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32;
  z: i32;
  blocked: i32; // whether column entry k lies in the k-th of z ranges of rows
  perStream: i32; // columns of a stream: of a tile
  skip: i32; // columns of the first stream that are drawn and not wanted
  count: i32; // columns wanted
  states: usize; // f64 [tiles][4]
  out: usize; // i32 [count][z]: 2 x the row, + 1 for a minus
}

/** Outputs of a stream, 1024 at a time: drawn one by one, its state would go through memory each time. */
@unmanaged
class Words { stream: Stream; next: usize; }
const WORDS: usize = 1024;

// @ts-ignore: decorator
@inline
function word(w: Words): u32 {
  const first = changetype<usize>(w) + 16;
  if (w.next == first + 4 * WORDS) {
    draw(w.stream, first);
    w.next = first;
  }
  const value = load<u32>(w.next);
  w.next += 4;
  return value;
}

/** out <- the next 1024 outputs as integers of [0, 2^32). */
function draw(s: Stream, out: usize): void {
  let s0 = s.s0, s1 = s.s1, s2 = s.s2, carry = s.carry;
  for (const end = out + 4 * WORDS; out < end; out += 4) {
    const t = 2091639.0 * s0 + carry * 2.3283064365386963e-10;
    s0 = s1;
    s1 = s2;
    carry = f64.trunc(t);
    s2 = t - carry;
    store<u32>(out, <u32>(<i64>(s2 * 4294967296.0)));
  }
  s.s0 = s0; s.s1 = s1; s.s2 = s2; s.carry = carry;
}

/** Remainder of an output by `bound`; those from `limit` on, where the last remainders would be missing, are drawn again. */
// @ts-ignore: decorator
@inline
function below(w: Words, bound: u32, limit: u64): u32 {
  let value = word(w);
  while (<u64>value >= limit) value = word(w);
  return value % bound;
}

/**
 * z distinct rows of m for each column of a stream, by z steps of a shuffle, then one output whose high bits are the signs. Of the shuffle only the
 * places that it moved are kept, each with what stands there, and searched from the last one on.
 */
export function pickTile(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<PickArgs>(address);
  const z = a.z, perStream = a.perStream;
  memory.copy(scratch, a.states + 32 * <usize>tile, 32);
  const words = changetype<Words>(scratch + 32);
  words.stream = changetype<Stream>(scratch);
  words.next = scratch + 48 + 4 * WORDS;
  const limits = words.next, moved = limits + (<usize>z << 3), rows = moved + (<usize>z << 3);
  for (let k = 0; k < z; k++) {
    const bound = <u64>(a.blocked ? a.m / z : a.m - k);
    store<u64>(limits + (<usize>k << 3), (<u64>1 << 32) / bound * bound);
  }
  const first = tile * perStream, end = min(first + perStream, a.skip + a.count);
  for (let column = first; column < end; column++) {
    for (let k = 0; k < z; k++) {
      const at = <usize>k << 2, limit = load<u64>(limits + (at << 1));
      if (a.blocked) {
        store<u32>(rows + at, <u32>k * <u32>(a.m / z) + below(words, a.m / z, limit));
        continue;
      }
      const place = <u32>k + below(words, a.m - k, limit);
      let here = place, own = <u32>k; // what stands at `place` and at k
      for (let q = moved; q < moved + (at << 1); q += 8) {
        const other = load<u32>(q), value = load<u32>(q, 4);
        if (other == place) here = value;
        if (other == <u32>k) own = value;
      }
      store<u32>(rows + at, here);
      store<u32>(moved + (at << 1), place); store<u32>(moved + (at << 1), own, 4);
    }
    const signs = word(words);
    if (column < a.skip) continue;
    const to = a.out + (<usize>(column - a.skip) * <usize>z << 2);
    for (let k = 0; k < z; k++) store<u32>(to + (<usize>k << 2), load<u32>(rows + (<usize>k << 2)) << 1 | (signs >> (31 - k) & 1));
  }
}

// Wichura's AS 241, coefficients from the highest power down; a and b, then c and d.
const CENTRE = memory.data<f64>([
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091, 1,
]);
const TAIL = memory.data<f64>([
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
]);

/** out[i] <- quantile of q[i] + 1/2, for 64 entries: the central formula for all, then the tails again. */
function quantiles(q: usize, out: usize): void {
  const half = f64x2.splat(0.180625), edge = f64x2.splat(0.425);
  for (let i: usize = 0; i < 512; i += 32) {
    const x = v128.load(q + i), y = v128.load(q + i, 16);
    const r = f64x2.sub(half, f64x2.mul(x, x)), s = f64x2.sub(half, f64x2.mul(y, y));
    let ar = v128.load64_splat(CENTRE), br = v128.load64_splat(CENTRE, 64), as = ar, bs = br;
    for (let k = CENTRE + 8; k < CENTRE + 64; k += 8) {
      const a = v128.load64_splat(k), b = v128.load64_splat(k, 64);
      ar = f64x2.add(f64x2.mul(ar, r), a); br = f64x2.add(f64x2.mul(br, r), b);
      as = f64x2.add(f64x2.mul(as, s), a); bs = f64x2.add(f64x2.mul(bs, s), b);
    }
    v128.store(out + i, f64x2.div(f64x2.mul(x, ar), br));
    v128.store(out + i, f64x2.div(f64x2.mul(y, as), bs), 16);
    const outer = v128.or(f64x2.gt(f64x2.abs(x), edge), f64x2.gt(f64x2.abs(y), edge));
    if (!v128.any_true(outer)) continue;
    for (let p = i; p < i + 32; p += 8) {
      const one = load<f64>(q + p);
      if (abs(one) > 0.425) store<f64>(out + p, tail(one));
    }
  }
}

function tail(q: f64): f64 {
  const r = sqrt(-logarithm(q < 0 ? q + 0.5 : 0.5 - q)) - 1.6; // both exact: q is a multiple of 2^-33
  let c = load<f64>(TAIL), d = load<f64>(TAIL, 64);
  for (let k = TAIL + 8; k < TAIL + 64; k += 8) {
    c = c * r + load<f64>(k);
    d = d * r + load<f64>(k, 64);
  }
  const z = c / d;
  return q < 0 ? -z : z;
}

/** log x for normal numbers, as src/math/log.ts has it. */
function logarithm(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let E = <f64>(<i32>(bits >> 52) - 1023);
  let f = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (f >= Math.SQRT2) { f *= 0.5; E += 1; }
  const t = f - 1, s = t / (2 + t), z = s * s;
  const R = z * (2.0 / 3 + z * (2.0 / 5 + z * (2.0 / 7 + z * (2.0 / 9 + z * (2.0 / 11 + z * (2.0 / 13 + z * (2.0 / 15 + z * (2.0 / 17 + z * (2.0 / 19)))))))));
  const h = 0.5 * t * t;
  return E * 6.9314718036912381649e-1 - (h - (s * (h + R) + E * 1.90821492927058770002e-10) - t);
}

@unmanaged
class BlockArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  blockRows: i32;
  rows: i32; // of all blocks; the last block may be short
  width: i32; // d
  m: i32;
  slab: i32; // columns of a tile; tiles run along the slabs of a block first
  source: usize; // f64 [rows][d]
  nodes: usize; // f64 [blocks][m][d]
  columns: usize; // i32: what is known of each column of S
  z: i32; // sparse: nonzeros of a column
  picks: usize; // Hadamard: i32 [m], rows of the transform that are kept
  firstBlock: i32; // Hadamard: number of the first block
  work: usize; // Hadamard: f64 [tiles][blockRows][8]
}

/** Each row of a block is added, with its sign, to z rows of the node. columns: [rows][z], 2 x the row of the node, + 1 for a minus. */
export function scatterTile(address: usize, tile: i32): void {
  const a = changetype<BlockArgs>(address);
  const slabs = (a.width + a.slab - 1) / a.slab, block = tile / slabs;
  const first = tile % slabs * a.slab;
  const bytes = <usize>min(a.slab, a.width - first) << 3, ld = <usize>a.width << 3;
  const node = a.nodes + <usize>block * <usize>a.m * ld + (<usize>first << 3);
  for (let r = 0; r < a.m; r++) memory.fill(node + <usize>r * ld, 0, bytes);
  const from = block * a.blockRows, to = min(a.rows, from + a.blockRows), z = a.z;
  let x = a.source + <usize>from * ld + (<usize>first << 3);
  let target = a.columns + (<usize>from * <usize>z << 2);
  const pairs = bytes & -64;
  for (let i = from; i < to; i++) {
    for (let t = 0; t < z; t++) {
      const word = load<u32>(target);
      target += 4;
      const out = node + <usize>(word >> 1) * ld;
      const sign = i64x2.splat(<i64>(word & 1) << 63);
      let p: usize = 0;
      for (; p < pairs; p += 64) {
        const o = out + p, y = x + p;
        v128.store(o, f64x2.add(v128.load(o), v128.xor(v128.load(y), sign)));
        v128.store(o, f64x2.add(v128.load(o, 16), v128.xor(v128.load(y, 16), sign)), 16);
        v128.store(o, f64x2.add(v128.load(o, 32), v128.xor(v128.load(y, 32), sign)), 32);
        v128.store(o, f64x2.add(v128.load(o, 48), v128.xor(v128.load(y, 48), sign)), 48);
      }
      if (word & 1) for (; p < bytes; p += 8) store<f64>(out + p, load<f64>(out + p) - load<f64>(x + p));
      else for (; p < bytes; p += 8) store<f64>(out + p, load<f64>(out + p) + load<f64>(x + p));
    }
    x += ld;
  }
}

/**
 * The same for rows of which only the nonzeros are stored: columns and values of row i from rowPointers[i] on. They are added to a node in whole,
 * which is not cleared first.
 */
export function scatterSparse(rows: i32, z: i32, width: i32, rowPointers: usize, columns: usize, values: usize, targets: usize, node: usize): void {
  const ld = <usize>width << 3;
  for (let i = 0; i < rows; i++) {
    const from = load<i32>(rowPointers), to = load<i32>(rowPointers, 4);
    const c0 = columns + (<usize>from << 2), v0 = values + (<usize>from << 3), end = columns + (<usize>to << 2);
    for (let t = 0; t < z; t++) {
      const word = load<u32>(targets);
      const out = node + <usize>(word >> 1) * ld;
      const sign: f64 = word & 1 ? -1 : 1;
      let v = v0;
      for (let c = c0; c < end; c += 4) {
        const p = out + (<usize>load<u32>(c) << 3);
        store<f64>(p, load<f64>(p) + sign * load<f64>(v));
        v += 8;
      }
      targets += 4;
    }
    rowPointers += 4;
  }
}

/**
 * The rows `picks` of H D for a block, eight columns a tile: signs, the transform within the block, and the sign that the block's number gives
 * each row of H. columns: one bit a row, from the lowest of each word on, set for a minus.
 */
export function hadamardTile(address: usize, tile: i32): void {
  const a = changetype<BlockArgs>(address);
  const slabs = (a.width + 7) / 8, block = tile / slabs;
  const first = tile % slabs * 8, count = min(8, a.width - first);
  const ld = <usize>a.width << 3, B = a.blockRows;
  const work = a.work + (<usize>tile * <usize>B << 6);
  const from = block * B, rows = min(B, a.rows - from);
  let x = a.source + <usize>from * ld + (<usize>first << 3);
  memory.fill(work, 0, <usize>B << 6);
  for (let i = 0; i < rows; i++) {
    const row = from + i, y = work + (<usize>i << 6);
    const isMinus = load<u32>(a.columns + (<usize>(row >> 5) << 2)) >> (row & 31) & 1;
    if (isMinus) for (let c = 0; c < count; c++) store<f64>(y + (<usize>c << 3), -load<f64>(x + (<usize>c << 3)));
    else for (let c = 0; c < count; c++) store<f64>(y + (<usize>c << 3), load<f64>(x + (<usize>c << 3)));
    x += ld;
  }
  levels<f64>(64, <usize>B << 6, <usize>B << 6, work);
  const node = a.nodes + <usize>block * <usize>a.m * ld + (<usize>first << 3);
  const shift = ctz(B), number = a.firstBlock + block;
  for (let r = 0; r < a.m; r++) {
    const p = load<i32>(a.picks + (<usize>r << 2));
    const y = work + (<usize>(p & (B - 1)) << 6), out = node + <usize>r * ld;
    const isMinus = popcnt(p >> shift & number) & 1;
    if (isMinus) for (let c = 0; c < count; c++) store<f64>(out + (<usize>c << 3), -load<f64>(y + (<usize>c << 3)));
    else for (let c = 0; c < count; c++) store<f64>(out + (<usize>c << 3), load<f64>(y + (<usize>c << 3)));
  }
}

/** x <- x + y: words [entries, x, y, entries a tile (even)]. */
export function addTile(args: usize, tile: i32): void {
  const entries = load<i32>(args, 64), perTile = load<i32>(args, 76);
  const from = tile * perTile, count = min(perTile, entries - from);
  let x = <usize>load<u32>(args, 68) + (<usize>from << 3), y = <usize>load<u32>(args, 72) + (<usize>from << 3);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(x, f64x2.add(v128.load(x), v128.load(y)));
    v128.store(x, f64x2.add(v128.load(x, 16), v128.load(y, 16)), 16);
    x += 32; y += 32;
  }
  for (; i < count; i++) { store<f64>(x, load<f64>(x) + load<f64>(y)); x += 8; y += 8; }
}
