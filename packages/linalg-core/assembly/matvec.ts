// A matrix times a vector in float64: row i of A at A + i ld, its entries side by side. Bound by memory: four rows at a time, so that x is read once for all.
import { axpy } from "./householder";
import { fma } from "./simd";

@unmanaged
class VectorArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  rows: i32;
  columns: i32;
  A: usize;
  ld: i32; // bytes
  x: usize;
  y: usize;
  rowsPerTile: i32;
}

/** y = A x, some of the rows. Each: two vector accumulators over pairs, 0 + 1, the lanes, then the entries that are left. */
export function multiplyVector(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<VectorArgs>(address);
  const ld = <usize>a.ld, n = a.columns, x = a.x;
  const first = tile * a.rowsPerTile, end = min(a.rows, first + a.rowsPerTile);
  let row = a.A + <usize>first * ld, y = a.y + (<usize>first << 3);
  const paired = <usize>(n & ~3) << 3;
  let i = first;
  for (; i + 3 < end; i += 4) {
    const r1 = row + ld, r2 = r1 + ld, r3 = r2 + ld;
    let a0 = f64x2.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    for (let k: usize = 0; k < paired; k += 32) {
      const x0 = v128.load(x + k), x1 = v128.load(x + k, 16);
      a0 = fma<f64>(v128.load(row + k), x0, a0); a1 = fma<f64>(v128.load(row + k, 16), x1, a1);
      b0 = fma<f64>(v128.load(r1 + k), x0, b0); b1 = fma<f64>(v128.load(r1 + k, 16), x1, b1);
      c0 = fma<f64>(v128.load(r2 + k), x0, c0); c1 = fma<f64>(v128.load(r2 + k, 16), x1, c1);
      d0 = fma<f64>(v128.load(r3 + k), x0, d0); d1 = fma<f64>(v128.load(r3 + k, 16), x1, d1);
    }
    store<f64>(y, ending(n, paired, row, x, a0, a1)); store<f64>(y, ending(n, paired, r1, x, b0, b1), 8);
    store<f64>(y, ending(n, paired, r2, x, c0, c1), 16); store<f64>(y, ending(n, paired, r3, x, d0, d1), 24);
    row = r3 + ld; y += 32;
  }
  for (; i < end; i++) {
    let a0 = f64x2.splat(0), a1 = a0;
    for (let k: usize = 0; k < paired; k += 32) {
      a0 = fma<f64>(v128.load(row + k), v128.load(x + k), a0); a1 = fma<f64>(v128.load(row + k, 16), v128.load(x + k, 16), a1);
    }
    store<f64>(y, ending(n, paired, row, x, a0, a1));
    row += ld; y += 8;
  }
}

/** The sum of two accumulators and of the products from `at` on. */
function ending(n: i32, at: usize, row: usize, x: usize, s0: v128, s1: v128): f64 {
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (let i = n & 3; i > 0; i--) { sum += load<f64>(row + at) * load<f64>(x + at); at += 8; }
  return sum;
}

/** y += factor sum over i of x_i row_i, n entries: row after row, two at a time. */
export function addRows(rows: i32, n: i32, A: usize, ld: usize, factor: f64, x: usize, y: usize): void {
  const paired = <usize>(n & ~1) << 3;
  let i = 0;
  for (; i + 1 < rows; i += 2) {
    const t0 = factor * load<f64>(x), t1 = factor * load<f64>(x, 8);
    const v0 = f64x2.splat(t0), v1 = f64x2.splat(t1);
    const next = A + ld;
    for (let k: usize = 0; k < paired; k += 16) {
      v128.store(y + k, fma<f64>(v1, v128.load(next + k), fma<f64>(v0, v128.load(A + k), v128.load(y + k))));
    }
    if (n & 1) store<f64>(y + paired, load<f64>(y + paired) + t0 * load<f64>(A + paired) + t1 * load<f64>(next + paired));
    A = next + ld; x += 16;
  }
  if (i < rows) axpy(n, factor * load<f64>(x), A, y);
}
