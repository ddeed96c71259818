// C = S B, S in compressed rows, B and C with rows padded to whole 32 bytes: each row of C is a sum of rows of B, one sum an entry, in the
// order in which the row of S is stored. Columns go in strips of 128 bytes, which stay in registers. Multiply and add, never fused.

@unmanaged
class SpmmArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  starts: usize; // int32 [m + 1]
  columns: usize; // int32 [nnz]
  values: usize; // T [nnz]
  blocks: usize; // int32 [count + 1]: first rows of the blocks
  count: i32;
  B: usize;
  C: usize;
  rowBytes: usize; // of B and C, a multiple of 32
}

/** One strip of one block of rows; tiles run along the blocks of a strip first, so that the strip of B stays in cache. */
export function multiplySparseTile<T>(address: usize, tile: i32): void {
  const a = changetype<SpmmArgs>(address);
  const ld = a.rowBytes;
  const block = a.blocks + (<usize>(tile % a.count) << 2);
  const last = load<i32>(block, 4);
  const from = <usize>(tile / a.count) << 7, to = min(ld, from + 128);
  for (let i = load<i32>(block); i < last; i++) {
    const start = a.starts + (<usize>i << 2);
    const p = <usize>load<i32>(start), count = load<i32>(start, 4) - <i32>p;
    const columns = a.columns + (p << 2), values = a.values + p * sizeof<T>();
    const c = a.C + <usize>i * ld;
    let at = from;
    for (; at + 128 <= to; at += 128) wide<T>(count, columns, values, a.B + at, ld, c + at);
    for (; at < to; at += 32) narrow<T>(count, columns, values, a.B + at, ld, c + at);
  }
}

// @ts-ignore: decorator
@inline
function wide<T>(count: i32, columns: usize, values: usize, B: usize, ld: usize, c: usize): void {
  let s0 = v128.splat<T>(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (const end = columns + (<usize>count << 2); columns < end; columns += 4) {
    const b = B + <usize>load<i32>(columns) * ld;
    const x = v128.splat<T>(load<T>(values));
    s0 = v128.add<T>(s0, v128.mul<T>(x, v128.load(b))); s1 = v128.add<T>(s1, v128.mul<T>(x, v128.load(b, 16)));
    s2 = v128.add<T>(s2, v128.mul<T>(x, v128.load(b, 32))); s3 = v128.add<T>(s3, v128.mul<T>(x, v128.load(b, 48)));
    s4 = v128.add<T>(s4, v128.mul<T>(x, v128.load(b, 64))); s5 = v128.add<T>(s5, v128.mul<T>(x, v128.load(b, 80)));
    s6 = v128.add<T>(s6, v128.mul<T>(x, v128.load(b, 96))); s7 = v128.add<T>(s7, v128.mul<T>(x, v128.load(b, 112)));
    values += sizeof<T>();
  }
  v128.store(c, s0); v128.store(c, s1, 16); v128.store(c, s2, 32); v128.store(c, s3, 48);
  v128.store(c, s4, 64); v128.store(c, s5, 80); v128.store(c, s6, 96); v128.store(c, s7, 112);
}

// @ts-ignore: decorator
@inline
function narrow<T>(count: i32, columns: usize, values: usize, B: usize, ld: usize, c: usize): void {
  let s0 = v128.splat<T>(0), s1 = s0;
  for (const end = columns + (<usize>count << 2); columns < end; columns += 4) {
    const b = B + <usize>load<i32>(columns) * ld;
    const x = v128.splat<T>(load<T>(values));
    s0 = v128.add<T>(s0, v128.mul<T>(x, v128.load(b))); s1 = v128.add<T>(s1, v128.mul<T>(x, v128.load(b, 16)));
    values += sizeof<T>();
  }
  v128.store(c, s0); v128.store(c, s1, 16);
}
