// y = A x and y += A^T x, A [m][n] row-major. Multiply and add, never fused: memory sets the pace, and the bits are those of a plain loop
// in every binary.
import { laneSum } from "./simd";

@unmanaged
class GemvArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32;
  n: i32;
  A: usize;
  x: usize;
  y: usize;
  perTile: i32; // rows of A x, columns of A^T x
}

/** y = A x, some rows: four vector accumulators over l mod 4 lanes, ((0 + 1) + (2 + 3)), the lanes, then the entries left one by one. */
export function rowDotsTile<T>(address: usize, tile: i32): void {
  const a = changetype<GemvArgs>(address);
  const lanes = 16 / <i32>sizeof<T>();
  const first = tile * a.perTile, end = min(a.m, first + a.perTile);
  const whole = <usize>(a.n / (4 * lanes)) << 6;
  const left = a.n % (4 * lanes);
  let p = a.A + <usize>first * <usize>a.n * sizeof<T>();
  for (let i = first; i < end; i++) {
    let s0 = v128.splat<T>(0), s1 = s0, s2 = s0, s3 = s0;
    let x = a.x;
    const stop = p + whole;
    for (; p < stop; p += 64) {
      s0 = v128.add<T>(s0, v128.mul<T>(v128.load(p), v128.load(x))); s1 = v128.add<T>(s1, v128.mul<T>(v128.load(p, 16), v128.load(x, 16)));
      s2 = v128.add<T>(s2, v128.mul<T>(v128.load(p, 32), v128.load(x, 32))); s3 = v128.add<T>(s3, v128.mul<T>(v128.load(p, 48), v128.load(x, 48)));
      x += 64;
    }
    let sum = laneSum<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
    for (let l = left; l > 0; l--) { sum = <T>(sum + <T>(load<T>(p) * load<T>(x))); p += sizeof<T>(); x += sizeof<T>(); }
    store<T>(a.y + <usize>i * sizeof<T>(), sum);
  }
}

/** y += A^T x, some columns: one sum a column, rows ascending; eight rows a pass over y. */
export function addRowsTile<T>(address: usize, tile: i32): void {
  const a = changetype<GemvArgs>(address);
  const first = tile * a.perTile, columns = min(a.perTile, a.n - first);
  const stride = <usize>a.n * sizeof<T>();
  const y = a.y + <usize>first * sizeof<T>(), end = y + <usize>columns * sizeof<T>();
  let p = a.A + <usize>first * sizeof<T>();
  let i = 0;
  for (; i + 8 <= a.m; i += 8) {
    const x = a.x + <usize>i * sizeof<T>();
    addEight<T>(load<T>(x), load<T>(x + sizeof<T>()), load<T>(x + 2 * sizeof<T>()), load<T>(x + 3 * sizeof<T>()), load<T>(x + 4 * sizeof<T>()),
      load<T>(x + 5 * sizeof<T>()), load<T>(x + 6 * sizeof<T>()), load<T>(x + 7 * sizeof<T>()), p, stride, y, end);
    p += stride << 3;
  }
  for (; i < a.m; i++) {
    const x = load<T>(a.x + <usize>i * sizeof<T>()), xs = v128.splat<T>(x);
    let q = p, z = y;
    for (; z + 16 <= end; z += 16) { v128.store(z, v128.add<T>(v128.load(z), v128.mul<T>(xs, v128.load(q)))); q += 16; }
    for (; z < end; z += sizeof<T>()) { store<T>(z, <T>(load<T>(z) + <T>(x * load<T>(q)))); q += sizeof<T>(); }
    p += stride;
  }
}

function addEight<T>(x0: T, x1: T, x2: T, x3: T, x4: T, x5: T, x6: T, x7: T, p: usize, stride: usize, y: usize, end: usize): void {
  const s0 = v128.splat<T>(x0), s1 = v128.splat<T>(x1), s2 = v128.splat<T>(x2), s3 = v128.splat<T>(x3);
  const s4 = v128.splat<T>(x4), s5 = v128.splat<T>(x5), s6 = v128.splat<T>(x6), s7 = v128.splat<T>(x7);
  const far = stride << 2;
  for (; y + 16 <= end; y += 16) {
    const q = p + far;
    let z = v128.add<T>(v128.load(y), v128.mul<T>(s0, v128.load(p)));
    z = v128.add<T>(z, v128.mul<T>(s1, v128.load(p + stride)));
    z = v128.add<T>(z, v128.mul<T>(s2, v128.load(p + 2 * stride)));
    z = v128.add<T>(z, v128.mul<T>(s3, v128.load(p + 3 * stride)));
    z = v128.add<T>(z, v128.mul<T>(s4, v128.load(q)));
    z = v128.add<T>(z, v128.mul<T>(s5, v128.load(q + stride)));
    z = v128.add<T>(z, v128.mul<T>(s6, v128.load(q + 2 * stride)));
    v128.store(y, v128.add<T>(z, v128.mul<T>(s7, v128.load(q + 3 * stride))));
    p += 16;
  }
  for (; y < end; y += sizeof<T>()) {
    const q = p + far;
    let z = <T>(load<T>(y) + <T>(x0 * load<T>(p)));
    z = <T>(z + <T>(x1 * load<T>(p + stride)));
    z = <T>(z + <T>(x2 * load<T>(p + 2 * stride)));
    z = <T>(z + <T>(x3 * load<T>(p + 3 * stride)));
    z = <T>(z + <T>(x4 * load<T>(q)));
    z = <T>(z + <T>(x5 * load<T>(q + stride)));
    z = <T>(z + <T>(x6 * load<T>(q + 2 * stride)));
    store<T>(y, <T>(z + <T>(x7 * load<T>(q + 3 * stride))));
    p += sizeof<T>();
  }
}
