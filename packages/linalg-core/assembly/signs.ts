// Inner products of vectors of signs, packed a bit an entry: <p, q> = dimensions - 2 popcount(p xor q).
// The scalar popcnt of 64 bits; two rows of P by two of Q share their loads. The words of a pair are laid side by side in the scratch first,
// so that one pointer serves both rows: with four V8 runs out of registers (Node 20: 140 -> 180 Gbit/s).

const CHUNK: i32 = 512; // bytes of a row that lie in the scratch at a time

@unmanaged
class SignArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32;
  n: i32;
  dimensions: i32;
  rowBytes: i32; // a multiple of 8; bits beyond the dimensions are 0
  P: usize;
  Q: usize;
  out: usize; // i32 [m][n]
  tileRows: i32; // even
  tileColumns: i32; // even; that many rows of at most CHUNK bytes fit into the scratch, with 1 KiB to spare
}

/** One rectangle of the products; tiles run along a row of rectangles first. */
export function signProducts(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<SignArgs>(address);
  const across = (a.n + a.tileColumns - 1) / a.tileColumns;
  const i0 = tile / across * a.tileRows, j0 = tile % across * a.tileColumns;
  const i1 = min(a.m, i0 + a.tileRows), j1 = min(a.n, j0 + a.tileColumns);
  const rowBytes = <usize>a.rowBytes, ldc = <usize>a.n << 2;
  const columns = scratch + 2 * CHUNK;
  let at: usize = 0;
  do {
    const bytes = min<usize>(CHUNK, rowBytes - at);
    const P = a.P + at, Q = a.Q + at, D = a.dimensions;
    const isFirst = at == 0;
    for (let j = j0; j < j1; j += 2) interleave(Q, rowBytes, j, j1, bytes, columns + <usize>(j - j0) * bytes);
    for (let i = i0; i < i1; i += 2) {
      interleave(P, rowBytes, i, i1, bytes, scratch);
      const isTall = i + 1 < i1, end = scratch + 2 * bytes;
      let q = columns;
      let c = a.out + (<usize>i * <usize>a.n + <usize>j0 << 2);
      for (let j = j0; j < j1; j += 2) {
        let p = scratch;
        let s00: i64 = 0, s01: i64 = 0, s10: i64 = 0, s11: i64 = 0;
        while (p < end) {
          const q0 = load<i64>(q), q1 = load<i64>(q, 8);
          const p0 = load<i64>(p), p1 = load<i64>(p, 8);
          s00 += popcnt(p0 ^ q0); s01 += popcnt(p0 ^ q1);
          s10 += popcnt(p1 ^ q0); s11 += popcnt(p1 ^ q1);
          p += 16; q += 16;
        }
        const isWide = j + 1 < j1;
        store<i32>(c, (isFirst ? D : load<i32>(c)) - 2 * <i32>s00);
        if (isWide) store<i32>(c, (isFirst ? D : load<i32>(c, 4)) - 2 * <i32>s01, 4);
        if (isTall) {
          store<i32>(c + ldc, (isFirst ? D : load<i32>(c + ldc)) - 2 * <i32>s10);
          if (isWide) store<i32>(c + ldc, (isFirst ? D : load<i32>(c + ldc, 4)) - 2 * <i32>s11, 4);
        }
        c += 8;
      }
    }
    at += CHUNK;
  } while (at < rowBytes);
}

/** The words of rows `row` and `row + 1`, in turn; the last one, without a partner, is its own. */
function interleave(rows: usize, rowBytes: usize, row: i32, rowEnd: i32, bytes: usize, to: usize): void {
  let first = rows + <usize>row * rowBytes;
  const second = row + 1 < rowEnd ? rowBytes : 0;
  for (const end = first + bytes; first < end; first += 8) {
    store<i64>(to, load<i64>(first)); store<i64>(to, load<i64>(first + second), 8);
    to += 16;
  }
}
