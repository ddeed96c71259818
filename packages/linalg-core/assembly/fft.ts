// Fast Fourier transform of planar complex numbers in float64: Stockham's autosort form, radix 4, a radix 2 or 4 step without factors at the end.
//
//   a pass   x seen as [n][s] -> y seen as [n/4][s 4]: for p < n/4, q < s, y[4 p + k] = w^(k p) sum_j i^(-j k) x[p + j n/4],  w = exp(-2 pi i / n)
//
// All passes but the first have s >= 2, so that vectors run along q; the first (s = 1) runs along p and turns the results round in registers.
// Between passes numbers lie in pairs: two real parts, then their two imaginary parts. Half as many addresses to compute as with two planes, and half as many streams,
// which for powers of two all fall into the same few lines of the cache.
// Long transforms are split, N = N1 N2: strips of columns of the [N1][N2] matrix, factors, strips of rows. A strip of C columns is a pass with s = C.
// Factors, made by src/transform/factors.ts: those of passes of length n at factors + 12 n, three complex numbers for each p, two p side by side.
import { fma, fnma } from "./simd";

/**
 * Whole rows: [N (8 .. 8192), rows, rowsPerTile, kind, re, im, out re, out im, factors, halves]. Rows of N numbers, one after the other. Kinds: 0 complex; 1 real rows of 2 N in
 * re -> the first N + 1 of their transform, rows of N + 1; 2 the reverse, times the real.
 */
export function fftRows(args: usize, tile: i32, scratch: usize): void {
  const factor = load<f64>(args);
  const n = load<i32>(args, 64), rows = load<i32>(args, 68), rowsPerTile = load<i32>(args, 72), kind = load<i32>(args, 76);
  const re = <usize>load<u32>(args, 80), im = <usize>load<u32>(args, 84), outRe = <usize>load<u32>(args, 88), outIm = <usize>load<u32>(args, 92);
  const factors = <usize>load<u32>(args, 96), halves = <usize>load<u32>(args, 100);
  const bytes = <usize>n << 3;
  const a = scratch, b = scratch + 2 * bytes, c = scratch + 4 * bytes + 64;
  const end = min(rows, (tile + 1) * rowsPerTile);
  for (let row = tile * rowsPerTile; row < end; row++) {
    const at = <usize>row * bytes;
    if (kind == 0) {
      firstPass(n, factors, re + at, im + at, false, a);
      passes(n >> 2, 4, factors, a, b, outRe + at, outIm + at, 16);
    } else if (kind == 1) {
      const out = <usize>row * (bytes + 8);
      firstPass(n, factors, re + 2 * at, 0, true, a);
      passes(n >> 2, 4, factors, a, b, c, c + bytes + 16, 16);
      splitReal(n, 0, n >> 1, c, c + bytes + 16, outRe + out, outIm + out, halves);
    } else {
      const from = <usize>row * (bytes + 8);
      mergeReal(n, 0, n >> 1, re + from, im + from, c, c + bytes + 16, halves);
      firstPass(n, factors, c + bytes + 16, c, false, a);
      passes(n >> 2, 4, factors, a, b, c, c + bytes + 16, 16);
      interleave(n, factor, c + bytes + 16, c, outRe + 2 * at); // both parts came out swapped
    }
  }
}

/**
 * First half of a long transform, strip by strip: [N1, N2, C, strips, real, re, im, out re, out im, factors, by strip, within a strip]. x seen as [N1][N2], a strip is C
 * columns j; out[k][j] = w^(k j) sum_i w1^(i k) x[i][j]. The factors w^(k j): planar complex [strip][N1] for the first column of a strip, times [N1][C]. real: re
 * holds re and im in turns.
 */
export function fftColumns(args: usize, tile: i32, scratch: usize): void {
  const n = load<i32>(args, 64), columns = load<i32>(args, 68), c = load<i32>(args, 72), strips = load<i32>(args, 76), real = load<i32>(args, 80);
  const re = <usize>load<u32>(args, 84), im = <usize>load<u32>(args, 88), outRe = <usize>load<u32>(args, 92), outIm = <usize>load<u32>(args, 96);
  const factors = <usize>load<u32>(args, 100), byStrip = <usize>load<u32>(args, 104), within = <usize>load<u32>(args, 108);
  const row = tile / strips, strip = tile % strips;
  const width = <usize>c << 3, bytes = <usize>n * width, stride = <usize>columns << 3;
  const at = (<usize>row * <usize>n * <usize>columns + <usize>strip * <usize>c) << 3;
  const a = scratch, b = scratch + 2 * bytes;
  for (let i: usize = 0; i < <usize>n; i++) {
    const to = a + 2 * i * width;
    if (real) {
      const from = re + 2 * (at + i * stride);
      for (let j: usize = 0; j < 2 * width; j += 32) {
        const x = v128.load(from + j), y = v128.load(from + j, 16);
        v128.store(to + j, v128.shuffle<i64>(x, y, 0, 2)); v128.store(to + j, v128.shuffle<i64>(x, y, 1, 3), 16);
      }
    } else {
      const from = at + i * stride;
      for (let j: usize = 0; j < width; j += 16) { v128.store(to + 2 * j, v128.load(re + from + j)); v128.store(to + 2 * j, v128.load(im + from + j), 16); }
    }
  }
  passes(n, c, factors, a, b, a, a + 16, 32);
  const factor = byStrip + (<usize>strip * <usize>n << 4), half = <usize>n << 3;
  for (let k: usize = 0; k < <usize>n; k++) {
    const gr = v128.load_splat<f64>(factor + (k << 3)), gi = v128.load_splat<f64>(factor + half + (k << 3));
    const from = a + 2 * k * width, to = at + k * stride, f = within + k * width;
    for (let j: usize = 0; j < width; j += 16) {
      const fr = v128.load(f + j), fi = v128.load(f + bytes + j);
      const wr = fnma<f64>(gi, fi, f64x2.mul(gr, fr)), wi = fma<f64>(gi, fr, f64x2.mul(gr, fi));
      const xr = v128.load(from + 2 * j), xi = v128.load(from + 2 * j, 16);
      v128.store(outRe + to + j, fnma<f64>(wi, xi, f64x2.mul(wr, xr))); v128.store(outIm + to + j, fma<f64>(wi, xr, f64x2.mul(wr, xi)));
    }
  }
}

/** Second half: [N1, N2, C, strips, re, im, out re, out im, factors]. A strip is C rows k of [N1][N2]; out[l][k] = sum_j w2^(j l) x[k][j], out seen as [N2][N1]. */
export function fftTransposed(args: usize, tile: i32, scratch: usize): void {
  const rows = load<i32>(args, 64), n = load<i32>(args, 68), c = load<i32>(args, 72), strips = load<i32>(args, 76);
  const re = <usize>load<u32>(args, 80), im = <usize>load<u32>(args, 84), outRe = <usize>load<u32>(args, 88), outIm = <usize>load<u32>(args, 92);
  const factors = <usize>load<u32>(args, 96);
  const row = tile / strips, strip = tile % strips;
  const width = <usize>c << 3, bytes = <usize>n * width, stride = <usize>n << 3, outStride = <usize>rows << 3;
  const base = <usize>row * <usize>n * <usize>rows << 3;
  const at = base + <usize>strip * <usize>c * stride;
  const a = scratch, b = scratch + 2 * bytes;
  for (let k: usize = 0; k < <usize>c; k += 2) {
    turn(<usize>n, re + at + k * stride, stride, a + (k << 4), 2 * width);
    turn(<usize>n, im + at + k * stride, stride, a + (k << 4) + 16, 2 * width);
  }
  passes(n, c, factors, a, b, a, a + 16, 32);
  for (let l: usize = 0; l < <usize>n; l++) {
    const from = a + 2 * l * width, to = base + (<usize>strip * <usize>c << 3) + l * outStride;
    for (let j: usize = 0; j < width; j += 16) { v128.store(outRe + to + j, v128.load(from + 2 * j)); v128.store(outIm + to + j, v128.load(from + 2 * j, 16)); }
  }
}

/** Two rows of n -> two columns. */
function turn(n: usize, rows: usize, stride: usize, out: usize, width: usize): void {
  for (let j: usize = 0; j < n << 3; j += 16) {
    const x = v128.load(rows + j), y = v128.load(rows + stride + j);
    v128.store(out, v128.shuffle<i64>(x, y, 0, 2)); v128.store(out + width, v128.shuffle<i64>(x, y, 1, 3));
    out += 2 * width;
  }
}

/**
 * All passes from [n][s], s >= 2 and n >= 2, x -> y, by way of b and x in turns. Vectors of y lie `step` bytes apart: 16 in planes, 32 in pairs, where y may be x or b: the last
 * pass may run in place.
 */
function passes(n: i32, s: i32, factors: usize, x: usize, b: usize, yr: usize, yi: usize, step: usize): void {
  while (n > 4) {
    pass(n, s, factors, x, b);
    const done = b;
    b = x; x = done;
    n >>= 2; s <<= 2;
  }
  const bytes = <usize>s << 4;
  if (n == 4) lastFour(bytes, x, yr, yi, step);
  else lastTwo(bytes, x, yr, yi, step);
}

function pass(n: i32, s: i32, factors: usize, x: usize, y: usize): void {
  const step = <usize>s << 4, quarter = <usize>(n >> 2) * step;
  const table = factors + <usize>n * 12;
  for (let p: usize = 0; p < <usize>(n >> 2); p++) {
    const t = table + (p >> 1) * 96 + ((p & 1) << 3);
    const w1r = v128.load_splat<f64>(t), w1i = v128.load_splat<f64>(t, 16), w2r = v128.load_splat<f64>(t, 32), w2i = v128.load_splat<f64>(t, 48);
    const w3r = v128.load_splat<f64>(t, 64), w3i = v128.load_splat<f64>(t, 80);
    const end = x + step;
    for (; x < end; x += 32) {
      const xb = x + quarter, xc = xb + quarter, xd = xc + quarter;
      const ar = v128.load(x), cr = v128.load(xc), br = v128.load(xb), dr = v128.load(xd);
      const ai = v128.load(x, 16), ci = v128.load(xc, 16), bi = v128.load(xb, 16), di = v128.load(xd, 16);
      const sr = f64x2.add(ar, cr), tr = f64x2.sub(ar, cr), ur = f64x2.add(br, dr), vr = f64x2.sub(br, dr);
      const si = f64x2.add(ai, ci), ti = f64x2.sub(ai, ci), ui = f64x2.add(bi, di), vi = f64x2.sub(bi, di);
      v128.store(y, f64x2.add(sr, ur)); v128.store(y, f64x2.add(si, ui), 16);
      const y1r = f64x2.add(tr, vi), y1i = f64x2.sub(ti, vr), y1 = y + step;
      v128.store(y1, fnma<f64>(w1i, y1i, f64x2.mul(w1r, y1r))); v128.store(y1, fma<f64>(w1i, y1r, f64x2.mul(w1r, y1i)), 16);
      const y2r = f64x2.sub(sr, ur), y2i = f64x2.sub(si, ui), y2 = y1 + step;
      v128.store(y2, fnma<f64>(w2i, y2i, f64x2.mul(w2r, y2r))); v128.store(y2, fma<f64>(w2i, y2r, f64x2.mul(w2r, y2i)), 16);
      const y3r = f64x2.sub(tr, vi), y3i = f64x2.add(ti, vr), y3 = y2 + step;
      v128.store(y3, fnma<f64>(w3i, y3i, f64x2.mul(w3r, y3r))); v128.store(y3, fma<f64>(w3i, y3r, f64x2.mul(w3r, y3i)), 16);
      y += 32;
    }
    y += 3 * step;
  }
}

function lastFour(bytes: usize, x: usize, yr: usize, yi: usize, step: usize): void {
  const row = (bytes >> 5) * step;
  for (const end = x + bytes; x < end; x += 32) {
    const xb = x + bytes, xc = xb + bytes, xd = xc + bytes;
    const ar = v128.load(x), br = v128.load(xb), cr = v128.load(xc), dr = v128.load(xd);
    const ai = v128.load(x, 16), bi = v128.load(xb, 16), ci = v128.load(xc, 16), di = v128.load(xd, 16);
    const sr = f64x2.add(ar, cr), tr = f64x2.sub(ar, cr), ur = f64x2.add(br, dr), vr = f64x2.sub(br, dr);
    const si = f64x2.add(ai, ci), ti = f64x2.sub(ai, ci), ui = f64x2.add(bi, di), vi = f64x2.sub(bi, di);
    v128.store(yr, f64x2.add(sr, ur)); v128.store(yi, f64x2.add(si, ui));
    v128.store(yr + row, f64x2.add(tr, vi)); v128.store(yi + row, f64x2.sub(ti, vr));
    v128.store(yr + 2 * row, f64x2.sub(sr, ur)); v128.store(yi + 2 * row, f64x2.sub(si, ui));
    v128.store(yr + 3 * row, f64x2.sub(tr, vi)); v128.store(yi + 3 * row, f64x2.add(ti, vr));
    yr += step; yi += step;
  }
}

function lastTwo(bytes: usize, x: usize, yr: usize, yi: usize, step: usize): void {
  const row = (bytes >> 5) * step;
  for (const end = x + bytes; x < end; x += 32) {
    const xb = x + bytes;
    const ar = v128.load(x), br = v128.load(xb), ai = v128.load(x, 16), bi = v128.load(xb, 16);
    v128.store(yr, f64x2.add(ar, br)); v128.store(yi, f64x2.add(ai, bi));
    v128.store(yr + row, f64x2.sub(ar, br)); v128.store(yi + row, f64x2.sub(ai, bi));
    yr += step; yi += step;
  }
}

// @ts-ignore: decorator
@inline
function part(re: usize, im: usize, at: usize, real: bool, second: bool): v128 {
  if (real) return second ? v128.shuffle<i64>(v128.load(re + 2 * at), v128.load(re + 2 * at, 16), 1, 3) : v128.shuffle<i64>(v128.load(re + 2 * at), v128.load(re + 2 * at, 16), 0, 2);
  return v128.load((second ? im : re) + at);
}

/** One part of four results of two neighbouring p, in pairs. */
// @ts-ignore: decorator
@inline
function storeTurned(y: usize, y0: v128, y1: v128, y2: v128, y3: v128): void {
  v128.store(y, v128.shuffle<i64>(y0, y1, 0, 2)); v128.store(y, v128.shuffle<i64>(y2, y3, 0, 2), 32);
  v128.store(y, v128.shuffle<i64>(y0, y1, 1, 3), 64); v128.store(y, v128.shuffle<i64>(y2, y3, 1, 3), 96);
}

/** The pass with s = 1, n >= 8; real: xr holds re and im in turns. */
// @ts-ignore: decorator
@inline
function firstPass(n: i32, factors: usize, xr: usize, xi: usize, real: bool, y: usize): void {
  const quarter = <usize>(n >> 2) << 3;
  let t = factors + <usize>n * 12;
  for (let p: usize = 0; p < quarter; p += 16) {
    const ar = part(xr, xi, p, real, false), br = part(xr, xi, p + quarter, real, false), cr = part(xr, xi, p + 2 * quarter, real, false), dr = part(xr, xi, p + 3 * quarter, real, false);
    const ai = part(xr, xi, p, real, true), bi = part(xr, xi, p + quarter, real, true), ci = part(xr, xi, p + 2 * quarter, real, true), di = part(xr, xi, p + 3 * quarter, real, true);
    const sr = f64x2.add(ar, cr), tr = f64x2.sub(ar, cr), ur = f64x2.add(br, dr), vr = f64x2.sub(br, dr);
    const si = f64x2.add(ai, ci), ti = f64x2.sub(ai, ci), ui = f64x2.add(bi, di), vi = f64x2.sub(bi, di);
    const y1r = f64x2.add(tr, vi), y1i = f64x2.sub(ti, vr), y2r = f64x2.sub(sr, ur), y2i = f64x2.sub(si, ui), y3r = f64x2.sub(tr, vi), y3i = f64x2.add(ti, vr);
    const w1r = v128.load(t), w1i = v128.load(t, 16), w2r = v128.load(t, 32), w2i = v128.load(t, 48), w3r = v128.load(t, 64), w3i = v128.load(t, 80);
    storeTurned(y, f64x2.add(sr, ur), fnma<f64>(w1i, y1i, f64x2.mul(w1r, y1r)), fnma<f64>(w2i, y2i, f64x2.mul(w2r, y2r)), fnma<f64>(w3i, y3i, f64x2.mul(w3r, y3r)));
    storeTurned(y + 16, f64x2.add(si, ui), fma<f64>(w1i, y1r, f64x2.mul(w1r, y1i)), fma<f64>(w2i, y2r, f64x2.mul(w2r, y2i)), fma<f64>(w3i, y3r, f64x2.mul(w3r, y3i)));
    t += 96; y += 128;
  }
}

/**
 * From Z, the transform of x_2j + i x_2j+1, that of x: for 0 < k <= n/2 and m = n - k, E = (Z_k + conj Z_m)/2, O = (Z_k - conj Z_m)/2i, X_k = E + w^k O, X_m = conj(E - w^k O),
 * w = exp(-2 pi i / 2n). Here for k in (from, to], both even; entries 0 and n with from = 0. halves: cos 2 pi k / 2n,
 * then sin, n/2 + 2 numbers on.
 */
export function splitReal(n: i32, from: i32, to: i32, zr: usize, zi: usize, xr: usize, xi: usize, halves: usize): void {
  const half = f64x2.splat(0.5), sines = halves + (<usize>n << 2) + 16;
  if (from == 0) {
    const a = load<f64>(zr), b = load<f64>(zi), end = <usize>n << 3;
    store<f64>(xr, a + b); store<f64>(xi, 0); store<f64>(xr + end, a - b); store<f64>(xi + end, 0);
  }
  for (let k = from + 1; k < to; k += 2) {
    const p = <usize>k << 3, q = <usize>(n - k - 1) << 3;
    const ar = v128.load(zr + p), ai = v128.load(zi + p);
    let br = v128.load(zr + q), bi = v128.load(zi + q);
    br = v128.shuffle<i64>(br, br, 1, 0); bi = v128.shuffle<i64>(bi, bi, 1, 0);
    const er = f64x2.mul(half, f64x2.add(ar, br)), ei = f64x2.mul(half, f64x2.sub(ai, bi));
    const or = f64x2.mul(half, f64x2.add(ai, bi)), oi = f64x2.mul(half, f64x2.sub(br, ar));
    const c = v128.load(halves + p), s = v128.load(sines + p); // w^k = c - i s
    const tr = fma<f64>(s, oi, f64x2.mul(c, or)), ti = fnma<f64>(s, or, f64x2.mul(c, oi));
    v128.store(xr + p, f64x2.add(er, tr)); v128.store(xi + p, f64x2.add(ei, ti));
    const yr = f64x2.sub(er, tr), yi = f64x2.sub(ti, ei);
    v128.store(xr + q, v128.shuffle<i64>(yr, yr, 1, 0)); v128.store(xi + q, v128.shuffle<i64>(yi, yi, 1, 0));
  }
}

/** The reverse of splitReal: Z from the first n + 1 entries of X; the imaginary parts of the first and the last do not count. */
export function mergeReal(n: i32, from: i32, to: i32, xr: usize, xi: usize, zr: usize, zi: usize, halves: usize): void {
  const half = f64x2.splat(0.5), sines = halves + (<usize>n << 2) + 16;
  if (from == 0) {
    const a = load<f64>(xr), b = load<f64>(xr + (<usize>n << 3));
    store<f64>(zr, 0.5 * (a + b)); store<f64>(zi, 0.5 * (a - b));
  }
  for (let k = from + 1; k < to; k += 2) {
    const p = <usize>k << 3, q = <usize>(n - k - 1) << 3;
    const ar = v128.load(xr + p), ai = v128.load(xi + p);
    let br = v128.load(xr + q), bi = v128.load(xi + q);
    br = v128.shuffle<i64>(br, br, 1, 0); bi = v128.shuffle<i64>(bi, bi, 1, 0);
    const er = f64x2.mul(half, f64x2.add(ar, br)), ei = f64x2.mul(half, f64x2.sub(ai, bi));
    const dr = f64x2.mul(half, f64x2.sub(ar, br)), di = f64x2.mul(half, f64x2.add(ai, bi));
    const c = v128.load(halves + p), s = v128.load(sines + p); // w^-k = c + i s
    const or = fnma<f64>(s, di, f64x2.mul(c, dr)), oi = fma<f64>(s, dr, f64x2.mul(c, di));
    v128.store(zr + p, f64x2.sub(er, oi)); v128.store(zi + p, f64x2.add(ei, or));
    const yr = f64x2.add(er, oi), yi = f64x2.sub(or, ei);
    v128.store(zr + q, v128.shuffle<i64>(yr, yr, 1, 0)); v128.store(zi + q, v128.shuffle<i64>(yi, yi, 1, 0));
  }
}

/** n complex numbers times a factor, re and im in turns. */
export function interleave(n: i32, factor: f64, re: usize, im: usize, out: usize): void {
  const f = f64x2.splat(factor), end = re + (<usize>n << 3);
  for (; re < end; re += 16) {
    const x = f64x2.mul(f, v128.load(re)), y = f64x2.mul(f, v128.load(im));
    v128.store(out, v128.shuffle<i64>(x, y, 0, 2)); v128.store(out, v128.shuffle<i64>(x, y, 1, 3), 16);
    im += 16; out += 32;
  }
}
