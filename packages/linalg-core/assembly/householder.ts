// Householder reflectors in float64 on vectors that lie side by side: column j of A at A + j ld, its entries 8 bytes apart.
//
//   H = I - tau v v^T, v_0 = 1      H x = beta e_0
import { fma } from "./simd";

/** <x, y>: four vector accumulators over pairs, ((0 + 1) + (2 + 3)), the lanes, then the odd entries one by one. */
export function dot(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  const end = x + (<usize>(n & ~7) << 3);
  for (; x < end; x += 64) {
    s0 = fma<f64>(v128.load(x), v128.load(y), s0); s1 = fma<f64>(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = fma<f64>(v128.load(x, 32), v128.load(y, 32), s2); s3 = fma<f64>(v128.load(x, 48), v128.load(y, 48), s3);
    y += 64;
  }
  s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (let i = n & 7; i > 0; i--) { sum += load<f64>(x) * load<f64>(y); x += 8; y += 8; }
  return sum;
}

/** y += alpha x. */
export function axpy(n: i32, alpha: f64, x: usize, y: usize): void {
  const a = f64x2.splat(alpha);
  const end = x + (<usize>(n & ~3) << 3);
  for (; x < end; x += 32) {
    v128.store(y, fma<f64>(a, v128.load(x), v128.load(y))); v128.store(y, fma<f64>(a, v128.load(x, 16), v128.load(y, 16)), 16);
    y += 32;
  }
  for (let i = n & 3; i > 0; i--) { store<f64>(y, load<f64>(y) + alpha * load<f64>(x)); x += 8; y += 8; }
}

/**
 * x <- (beta, v_1, v_2, ...), returns tau; 0 where x is a multiple of e_0 already. x is scaled by a power of two first, so that no square
 * overflows or vanishes.
 */
export function reflect(m: i32, x: usize): f64 {
  let tail: f64 = 0;
  for (let i = 1; i < m; i++) tail = max(tail, abs(load<f64>(x + (<usize>i << 3))));
  if (!(tail > 0)) return 0;
  const exponent = max(1, <i32>(reinterpret<i64>(max(tail, abs(load<f64>(x)))) >> 52)); // biased by 1023
  const down = powerOfTwo(1023 - exponent);
  for (let i = 0; i < m; i++) store<f64>(x + (<usize>i << 3), load<f64>(x + (<usize>i << 3)) * down);
  const alpha = load<f64>(x);
  const norm = sqrt(dot(m, x, x));
  const beta = alpha < 0 ? norm : -norm;
  const scale: f64 = 1 / (alpha - beta);
  for (let i = 1; i < m; i++) store<f64>(x + (<usize>i << 3), load<f64>(x + (<usize>i << 3)) * scale);
  store<f64>(x, beta * powerOfTwo(exponent - 1023));
  return (beta - alpha) / beta;
}

/** 2^e for -1023 <= e <= 1023; 2^-1023 is subnormal, and exact. */
function powerOfTwo(e: i32): f64 {
  return e < -1022 ? reinterpret<f64>(<i64>1 << 51) : reinterpret<f64>(<i64>(e + 1023) << 52);
}

/** Reduces a panel of `columns` columns of m entries to triangular form: R on and above the diagonal, v below it; tau [min(m, columns)]. */
export function householderPanel(m: i32, columns: i32, A: usize, ld: usize, tau: usize): void {
  const steps = min(m, columns);
  for (let j = 0; j < steps; j++) {
    const v = A + <usize>j * ld + (<usize>j << 3);
    const t = reflect(m - j, v);
    store<f64>(tau + (<usize>j << 3), t);
    const beta = load<f64>(v);
    store<f64>(v, 1);
    reflectRange(m - j, columns - j - 1, v, t, v + ld, ld);
    store<f64>(v, beta);
  }
}

/**
 * The first q columns of Q = H_0 ... H_(k-1), which the columns of Q are overwritten with: m x q, k <= q <= m. v_j below the diagonal of column j of A.
 */
export function householderForm(m: i32, q: i32, k: i32, A: usize, ld: usize, tau: usize, Q: usize, ldq: usize): void {
  for (let j = 0; j < q; j++) {
    const column = Q + <usize>j * ldq;
    memory.fill(column, 0, <usize>m << 3);
    store<f64>(column + (<usize>j << 3), 1);
  }
  for (let j = k - 1; j >= 0; j--) {
    const v = A + <usize>j * ld + (<usize>j << 3);
    const beta = load<f64>(v);
    store<f64>(v, 1);
    reflectRange(m - j, q - j, v, load<f64>(tau + (<usize>j << 3)), Q + <usize>j * ldq + (<usize>j << 3), ldq);
    store<f64>(v, beta);
  }
}

/** C <- H C for `count` columns of m entries, two at a time: v is read once for both. */
function reflectRange(m: i32, count: i32, v: usize, tau: f64, C: usize, ld: usize): void {
  if (tau == 0) return;
  for (let k = count >> 1; k > 0; k--) {
    reflectTwo(m, v, tau, C, C + ld);
    C += ld << 1;
  }
  if (count & 1) axpy(m, -tau * dot(m, v, C), v, C);
}

/** x <- H x, y <- H y, with the bits of dot and axpy. */
function reflectTwo(m: i32, v: usize, tau: f64, x: usize, y: usize): void {
  let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  let at: usize = 0;
  const eights = <usize>(m & ~7) << 3, fours = <usize>(m & ~3) << 3, all = <usize>m << 3;
  for (; at < eights; at += 64) {
    const v0 = v128.load(v + at), v1 = v128.load(v + at, 16), v2 = v128.load(v + at, 32), v3 = v128.load(v + at, 48);
    a0 = fma<f64>(v0, v128.load(x + at), a0); b0 = fma<f64>(v0, v128.load(y + at), b0);
    a1 = fma<f64>(v1, v128.load(x + at, 16), a1); b1 = fma<f64>(v1, v128.load(y + at, 16), b1);
    a2 = fma<f64>(v2, v128.load(x + at, 32), a2); b2 = fma<f64>(v2, v128.load(y + at, 32), b2);
    a3 = fma<f64>(v3, v128.load(x + at, 48), a3); b3 = fma<f64>(v3, v128.load(y + at, 48), b3);
  }
  a0 = f64x2.add(f64x2.add(a0, a1), f64x2.add(a2, a3)); b0 = f64x2.add(f64x2.add(b0, b1), f64x2.add(b2, b3));
  let a = f64x2.extract_lane(a0, 0) + f64x2.extract_lane(a0, 1), b = f64x2.extract_lane(b0, 0) + f64x2.extract_lane(b0, 1);
  for (; at < all; at += 8) { a += load<f64>(v + at) * load<f64>(x + at); b += load<f64>(v + at) * load<f64>(y + at); }
  a *= -tau; b *= -tau;
  const as = f64x2.splat(a), bs = f64x2.splat(b);
  for (at = 0; at < fours; at += 32) {
    const v0 = v128.load(v + at), v1 = v128.load(v + at, 16);
    v128.store(x + at, fma<f64>(as, v0, v128.load(x + at))); v128.store(x + at, fma<f64>(as, v1, v128.load(x + at, 16)), 16);
    v128.store(y + at, fma<f64>(bs, v0, v128.load(y + at))); v128.store(y + at, fma<f64>(bs, v1, v128.load(y + at, 16)), 16);
  }
  for (; at < all; at += 8) {
    store<f64>(x + at, load<f64>(x + at) + a * load<f64>(v + at)); store<f64>(y + at, load<f64>(y + at) + b * load<f64>(v + at));
  }
}

@unmanaged
class ReflectArgs {
  tau: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32;
  columns: i32;
  v: usize; // f64 [m], v_0 = 1 written out
  C: usize;
  ld: usize;
  columnsPerTile: i32;
}

/** C <- H C, some of the columns. */
export function reflectColumns(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<ReflectArgs>(address);
  const first = tile * a.columnsPerTile;
  reflectRange(a.m, min(a.columnsPerTile, a.columns - first), a.v, a.tau, a.C + <usize>first * a.ld, a.ld);
}
