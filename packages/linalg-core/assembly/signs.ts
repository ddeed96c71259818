// Inner products of vectors of signs, packed a bit an entry: <p, q> = dimensions - 2 popcount(p xor q).
// The scalar popcnt of 64 bits; two rows of P by two of Q share their loads.

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
  tileColumns: i32; // even
}

/** One rectangle of the products; tiles run along a row of rectangles first. */
export function signProducts(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<SignArgs>(address);
  const across = (a.n + a.tileColumns - 1) / a.tileColumns;
  const i0 = tile / across * a.tileRows, j0 = tile % across * a.tileColumns;
  const i1 = min(a.m, i0 + a.tileRows), j1 = min(a.n, j0 + a.tileColumns);
  const rowBytes = <usize>a.rowBytes;
  const D = a.dimensions, ldc = <usize>a.n << 2;
  for (let i = i0; i < i1; i += 2) {
    const left = a.P + <usize>i * rowBytes, end = left + rowBytes;
    const isTall = i + 1 < i1;
    const below = isTall ? rowBytes : 0; // a row without a partner is its own
    let c = a.out + (<usize>i * <usize>a.n + <usize>j0 << 2);
    for (let j = j0; j < j1; j += 2) {
      const isWide = j + 1 < j1;
      let p = left, q = a.Q + <usize>j * rowBytes;
      const beside = isWide ? rowBytes : 0;
      let s00: i64 = 0, s01: i64 = 0, s10: i64 = 0, s11: i64 = 0;
      for (; p < end; p += 8) {
        const p0 = load<i64>(p), p1 = load<i64>(p + below);
        const q0 = load<i64>(q), q1 = load<i64>(q + beside);
        s00 += popcnt(p0 ^ q0); s01 += popcnt(p0 ^ q1);
        s10 += popcnt(p1 ^ q0); s11 += popcnt(p1 ^ q1);
        q += 8;
      }
      store<i32>(c, D - 2 * <i32>s00);
      if (isWide) store<i32>(c, D - 2 * <i32>s01, 4);
      if (isTall) {
        store<i32>(c + ldc, D - 2 * <i32>s10);
        if (isWide) store<i32>(c + ldc, D - 2 * <i32>s11, 4);
      }
      c += 8;
    }
  }
}
