// Matrix times vector in float64 for a matrix whose columns lie side by side: column j of A at A + j ld, its entries 8 bytes apart.
//
//   y = alpha A^T x  (a dot product a column)      y += alpha A c  (a sum of columns)
//
// Both read A once. The bits of an entry of y do not depend on how the columns or the rows are shared out among tiles.
import { fma } from "./simd";

@unmanaged
class ColumnArgs {
  alpha: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32; // entries of a column
  count: i32; // columns
  A: usize;
  ld: usize;
  x: usize; // f64 [m], or c [count]
  y: usize; // f64 [count], or [m]
  perTile: i32; // columns, or entries (a multiple of 4)
}

/** y_j = alpha <a_j, x>: two vector accumulators over pairs, (0 + 1), the lanes, then the odd entries one by one. */
export function columnDots(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<ColumnArgs>(address);
  const m = a.m, ld = a.ld, alpha = a.alpha;
  let j = tile * a.perTile;
  const end = min(a.count, j + a.perTile);
  let p = a.A + <usize>j * ld, y = a.y + (<usize>j << 3);
  const whole = <usize>(m & ~3) << 3;
  for (; j + 4 <= end; j += 4) {
    const q = p + ld, r = q + ld, s = r + ld;
    let p0 = f64x2.splat(0), p1 = p0, q0 = p0, q1 = p0, r0 = p0, r1 = p0, s0 = p0, s1 = p0;
    for (let k: usize = 0; k < whole; k += 32) {
      const x0 = v128.load(a.x + k), x1 = v128.load(a.x + k, 16);
      p0 = fma<f64>(v128.load(p + k), x0, p0); p1 = fma<f64>(v128.load(p + k, 16), x1, p1);
      q0 = fma<f64>(v128.load(q + k), x0, q0); q1 = fma<f64>(v128.load(q + k, 16), x1, q1);
      r0 = fma<f64>(v128.load(r + k), x0, r0); r1 = fma<f64>(v128.load(r + k, 16), x1, r1);
      s0 = fma<f64>(v128.load(s + k), x0, s0); s1 = fma<f64>(v128.load(s + k, 16), x1, s1);
    }
    store<f64>(y, alpha * finish(p0, p1, m & 3, p + whole, a.x + whole)); store<f64>(y, alpha * finish(q0, q1, m & 3, q + whole, a.x + whole), 8);
    store<f64>(y, alpha * finish(r0, r1, m & 3, r + whole, a.x + whole), 16); store<f64>(y, alpha * finish(s0, s1, m & 3, s + whole, a.x + whole), 24);
    p = s + ld; y += 32;
  }
  for (; j < end; j++) {
    let p0 = f64x2.splat(0), p1 = p0;
    for (let k: usize = 0; k < whole; k += 32) {
      p0 = fma<f64>(v128.load(p + k), v128.load(a.x + k), p0); p1 = fma<f64>(v128.load(p + k, 16), v128.load(a.x + k, 16), p1);
    }
    store<f64>(y, alpha * finish(p0, p1, m & 3, p + whole, a.x + whole));
    p += ld; y += 8;
  }
}

function finish(s0: v128, s1: v128, left: i32, p: usize, x: usize): f64 {
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; left > 0; left--) { sum += load<f64>(p) * load<f64>(x); p += 8; x += 8; }
  return sum;
}

/** y += alpha sum of c_j a_j, columns ascending, for some of the entries. */
export function combineColumns(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<ColumnArgs>(address);
  const ld = a.ld, alpha = a.alpha;
  const first = tile * a.perTile, n = min(a.perTile, a.m - first);
  const whole = <usize>(n & ~1) << 3;
  const y = a.y + (<usize>first << 3);
  let p = a.A + (<usize>first << 3), c = a.x, j = 0;
  for (; j + 4 <= a.count; j += 4) {
    const q = p + ld, r = q + ld, s = r + ld;
    const c0 = alpha * load<f64>(c), c1 = alpha * load<f64>(c, 8), c2 = alpha * load<f64>(c, 16), c3 = alpha * load<f64>(c, 24);
    const v0 = f64x2.splat(c0), v1 = f64x2.splat(c1), v2 = f64x2.splat(c2), v3 = f64x2.splat(c3);
    for (let k: usize = 0; k < whole; k += 16) {
      let t = fma<f64>(v0, v128.load(p + k), v128.load(y + k));
      t = fma<f64>(v1, v128.load(q + k), t);
      t = fma<f64>(v2, v128.load(r + k), t);
      v128.store(y + k, fma<f64>(v3, v128.load(s + k), t));
    }
    if (n & 1) {
      const t = load<f64>(y + whole) + c0 * load<f64>(p + whole) + c1 * load<f64>(q + whole) + c2 * load<f64>(r + whole);
      store<f64>(y + whole, t + c3 * load<f64>(s + whole));
    }
    p = s + ld; c += 32;
  }
  for (; j < a.count; j++) {
    const c0 = alpha * load<f64>(c), v0 = f64x2.splat(c0);
    for (let k: usize = 0; k < whole; k += 16) v128.store(y + k, fma<f64>(v0, v128.load(p + k), v128.load(y + k)));
    if (n & 1) store<f64>(y + whole, load<f64>(y + whole) + c0 * load<f64>(p + whole));
    p += ld; c += 8;
  }
}
