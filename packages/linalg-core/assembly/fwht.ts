// Walsh-Hadamard transform of rows: levels h = 1, 2, 4, ..., n/2 in this order, (a, b) -> (a + b, a - b) for entries h apart.
//
// Blocks of 16 KiB first, so that they stay in the nearest cache: 32 (f32) or 16 (f64) entries in registers, then eight or four entries a step;
// then the levels across blocks. However levels are grouped, every entry sees the same additions: the bits depend on the row alone.
// A tile reads its rows from `source` and works in `out`, so it may be run again.

const BLOCK_BYTES: usize = 1 << 14;

/**
 * args: real 0 = a factor for the result; words [n, rows, rowsPerTile, source, out, seen]. At seen + 16 row: the largest
 * of the row's words without their sign bits, shifted to the left by one, in each of four slots: its exponent shows whether all is finite, and how large entries may be.
 */
export function fwhtTile<T>(args: usize, tile: i32): void {
  const factor = load<f64>(args);
  const n = load<i32>(args, 64), rows = load<i32>(args, 68), rowsPerTile = load<i32>(args, 72);
  const source = <usize>load<u32>(args, 76), out = <usize>load<u32>(args, 80), seen = <usize>load<u32>(args, 84);
  const bytes = <usize>n * sizeof<T>();
  const end = min(rows, (tile + 1) * rowsPerTile);
  for (let row = tile * rowsPerTile; row < end; row++) {
    const at = <usize>row * bytes;
    transformRow<T>(bytes, source + at, out + at, seen + (<usize>row << 4));
    if (factor != 1) scaleRow<T>(n, <T>factor, out + at);
  }
}

/**
 * One to three levels across the parts of a long row, for some columns: real 0 = a factor for the result; [count (2, 4, 8), stride, columnsPerTile
 * (bytes), source, out].
 */
export function fwhtAcrossTile<T>(args: usize, tile: i32): void {
  const factor = load<f64>(args);
  const count = load<i32>(args, 64), stride = <usize>load<u32>(args, 68), columns = <usize>load<u32>(args, 72);
  const perGroup = <i32>(stride / columns);
  const at = <usize>(tile / perGroup) * <usize>count * stride + <usize>(tile % perGroup) * columns;
  const source = <usize>load<u32>(args, 76) + at, out = <usize>load<u32>(args, 80) + at;
  across<T>(count, stride, columns, source, out);
  if (factor != 1) for (let i = 0; i < count; i++) scaleRow<T>(<i32>(columns / sizeof<T>()), <T>factor, out + <usize>i * stride);
}

function transformRow<T>(bytes: usize, source: usize, out: usize, seen: usize): void {
  const block = min(bytes, BLOCK_BYTES);
  let bits = i64x2.splat(0);
  if (bytes < 128) {
    bits = copyShort<T>(bytes, source, out);
    for (let h: usize = sizeof<T>(); h < bytes; h <<= 1) shortLevel<T>(bytes, h, out);
  } else {
    for (let b: usize = 0; b < bytes; b += block) {
      bits = i32x4.max_u(bits, head<T>(block, source + b, out + b));
      levels<T>(128, block, block, out + b);
    }
    levels<T>(block, bytes, bytes, out);
  }
  v128.store(seen, bits);
}

/** The levels from `h` up to below `top`, all in bytes, in place over `bytes`. */
export function levels<T>(first: usize, top: usize, bytes: usize, x: usize): void {
  for (let h = first; h < top;) {
    const left = 63 - <i32>clz<u64>(<u64>(top / h));
    const count = left == 1 ? 2 : left == 2 || left == 4 ? 4 : 8; // four levels are 4 x 4: a step with two entries costs as much memory as one with eight
    for (let g: usize = 0; g < bytes; g += h * <usize>count) across<T>(count, h, h, x + g, x + g);
    h *= <usize>count;
  }
}

/** Entries of rows shorter than 128 bytes, where vectors do not fit. */
function copyShort<T>(bytes: usize, source: usize, out: usize): v128 {
  let bits = i64x2.splat(0);
  for (let p: usize = 0; p < bytes; p += 4) {
    const word = load<i32>(source + p);
    store<i32>(out + p, word);
    const lane = i32x4.shl(v128.load32_zero(source + p), 1);
    const slot = (p >> 2) & 3;
    bits = i32x4.max_u(bits, slot == 0 ? lane : slot == 1 ? v128.shuffle<i32>(lane, lane, 1, 0, 1, 1) : slot == 2 ? v128.shuffle<i32>(lane, lane, 1, 1, 0, 1) : v128.shuffle<i32>(lane, lane, 1, 1, 1, 0));
  }
  return bits;
}

function shortLevel<T>(bytes: usize, h: usize, x: usize): void {
  for (let g = x; g < x + bytes; g += h << 1) {
    for (let p = g; p < g + h; p += sizeof<T>()) {
      const a = load<T>(p), b = load<T>(p + h);
      store<T>(p, <T>(a + b)); store<T>(p + h, <T>(a - b));
    }
  }
}

/** Two vectors side by side: the levels within vectors. */
// @ts-ignore: decorator
@inline
function sumWithin<T>(x: v128, y: v128, low: bool): v128 {
  if (sizeof<T>() == 4) {
    const even = v128.shuffle<i32>(x, y, 0, 2, 4, 6), odd = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
    const s = f32x4.add(even, odd), d = f32x4.sub(even, odd);
    const e = v128.shuffle<i32>(s, d, 0, 4, 2, 6), o = v128.shuffle<i32>(s, d, 1, 5, 3, 7);
    const p = f32x4.add(e, o), m = f32x4.sub(e, o);
    return low ? v128.shuffle<i32>(p, m, 0, 1, 4, 5) : v128.shuffle<i32>(p, m, 2, 3, 6, 7);
  } else {
    const even = v128.shuffle<i64>(x, y, 0, 2), odd = v128.shuffle<i64>(x, y, 1, 3);
    const s = f64x2.add(even, odd), d = f64x2.sub(even, odd);
    return low ? v128.shuffle<i64>(s, d, 0, 2) : v128.shuffle<i64>(s, d, 1, 3);
  }
}

// @ts-ignore: decorator
@inline
function larger(x: v128, y: v128): v128 {
  return i32x4.max_u(i32x4.shl(x, 1), i32x4.shl(y, 1));
}

/** 128 bytes at a time: the levels within vectors, then those over eight vectors. Returns the largest words seen. */
function head<T>(bytes: usize, source: usize, out: usize): v128 {
  let bits = i64x2.splat(0);
  for (let p: usize = 0; p < bytes; p += 128) {
    const x0 = v128.load(source + p), x1 = v128.load(source + p, 16), x2 = v128.load(source + p, 32), x3 = v128.load(source + p, 48);
    const x4 = v128.load(source + p, 64), x5 = v128.load(source + p, 80), x6 = v128.load(source + p, 96), x7 = v128.load(source + p, 112);
    bits = i32x4.max_u(bits, i32x4.max_u(i32x4.max_u(larger(x0, x1), larger(x2, x3)), i32x4.max_u(larger(x4, x5), larger(x6, x7))));
    const y0 = sumWithin<T>(x0, x1, true), y1 = sumWithin<T>(x0, x1, false), y2 = sumWithin<T>(x2, x3, true), y3 = sumWithin<T>(x2, x3, false);
    const y4 = sumWithin<T>(x4, x5, true), y5 = sumWithin<T>(x4, x5, false), y6 = sumWithin<T>(x6, x7, true), y7 = sumWithin<T>(x6, x7, false);
    eight<T>(out + p, 16, y0, y1, y2, y3, y4, y5, y6, y7);
  }
  return bits;
}

/** Three levels of eight vectors, stored `h` bytes apart. */
// @ts-ignore: decorator
@inline
function eight<T>(q: usize, h: usize, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, i: v128): void {
  const a1 = v128.add<T>(a, b), b1 = v128.sub<T>(a, b), c1 = v128.add<T>(c, d), d1 = v128.sub<T>(c, d);
  const e1 = v128.add<T>(e, f), f1 = v128.sub<T>(e, f), g1 = v128.add<T>(g, i), i1 = v128.sub<T>(g, i);
  const a2 = v128.add<T>(a1, c1), c2 = v128.sub<T>(a1, c1), b2 = v128.add<T>(b1, d1), d2 = v128.sub<T>(b1, d1);
  const e2 = v128.add<T>(e1, g1), g2 = v128.sub<T>(e1, g1), f2 = v128.add<T>(f1, i1), i2 = v128.sub<T>(f1, i1);
  const q4 = q + 4 * h;
  v128.store(q, v128.add<T>(a2, e2)); v128.store(q4, v128.sub<T>(a2, e2));
  v128.store(q + h, v128.add<T>(b2, f2)); v128.store(q4 + h, v128.sub<T>(b2, f2));
  v128.store(q + 2 * h, v128.add<T>(c2, g2)); v128.store(q4 + 2 * h, v128.sub<T>(c2, g2));
  v128.store(q + 3 * h, v128.add<T>(d2, i2)); v128.store(q4 + 3 * h, v128.sub<T>(d2, i2));
}

/** One, two or three levels over `count` strips of `columns` bytes, `h` bytes apart. */
function across<T>(count: i32, h: usize, columns: usize, source: usize, out: usize): void {
  const end = source + columns;
  if (count == 8) {
    for (let p = source, q = out; p < end; p += 16, q += 16) {
      const p4 = p + 4 * h;
      eight<T>(q, h, v128.load(p), v128.load(p + h), v128.load(p + 2 * h), v128.load(p + 3 * h), v128.load(p4), v128.load(p4 + h), v128.load(p4 + 2 * h), v128.load(p4 + 3 * h));
    }
  } else if (count == 4) {
    for (let p = source, q = out; p < end; p += 16, q += 16) {
      const a = v128.load(p), b = v128.load(p + h), c = v128.load(p + 2 * h), d = v128.load(p + 3 * h);
      const s = v128.add<T>(a, b), t = v128.sub<T>(a, b), u = v128.add<T>(c, d), w = v128.sub<T>(c, d);
      v128.store(q, v128.add<T>(s, u)); v128.store(q + h, v128.add<T>(t, w));
      v128.store(q + 2 * h, v128.sub<T>(s, u)); v128.store(q + 3 * h, v128.sub<T>(t, w));
    }
  } else {
    for (let p = source, q = out; p < end; p += 16, q += 16) {
      const a = v128.load(p), b = v128.load(p + h);
      v128.store(q, v128.add<T>(a, b)); v128.store(q + h, v128.sub<T>(a, b));
    }
  }
}

function scaleRow<T>(n: i32, factor: T, x: usize): void {
  const lanes = 16 / <i32>sizeof<T>();
  const f = v128.splat<T>(factor);
  let i = 0;
  for (; i + lanes <= n; i += lanes) { v128.store(x, v128.mul<T>(v128.load(x), f)); x += 16; }
  for (; i < n; i++) { store<T>(x, load<T>(x) * factor); x += sizeof<T>(); }
}
