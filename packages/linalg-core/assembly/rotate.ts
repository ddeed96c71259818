// Plane rotations of adjacent rows in float64, many sweeps at a time: what the implicit QR algorithms do to eigenvectors and singular vectors.
//
//   rotation (t, u) of a carried row p and the next row q:   p, now finished, <- p + t q      q, carried on, <- q + u p
//
// Rows are held without their scales: row i is scales[i] times what lies in memory, and (t, u) are tangents of the angle times and over the
// quotient of two scales. A rotation is two operations an entry instead of four; once all sweeps are done, each row takes its scale.
//
// The rows lie in chunks of 8 columns: row i of a chunk at chunk + i rowBytes, 64 bytes. One chunk goes through all sweeps before the next is
// touched, so that it stays in the first-level cache. The row that two rotations share stays in registers. With relaxed SIMD so does the row that
// a sweep hands to the one behind it: two sweeps run one row apart, which loads and stores a row once for two rotations, with the same bits.
// (Without it there are twice as many operations on as many registers, and engines as old as that spill some: slower than sweep by sweep.)
import { fma } from "./simd";

@unmanaged
class RotateArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  chunks: i32;
  chunksPerTile: i32;
  rows: usize;
  rowBytes: i32;
  chunkBytes: i32; // from a chunk to the next
  sweeps: i32;
  table: usize; // i32 [sweeps][2]: the row a sweep starts from; its rotations, negative where it climbs from row i to row i - 1
  rotations: usize; // f64 [rotations][2]: t, u, sweep after sweep
  count: i32; // rows
  scales: usize; // f64 [count]
}

/** All sweeps, then the scales, on some of the chunks. */
export function applyRotations(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<RotateArgs>(address);
  const first = tile * a.chunksPerTile, last = min(a.chunks, first + a.chunksPerTile);
  const end = a.table + (<usize>a.sweeps << 3);
  for (let k = first; k < last; k++) {
    const chunk = a.rows + <usize>k * <usize>a.chunkBytes;
    let rotation = a.rotations;
    for (let entry = a.table; entry < end; entry += 8) {
      const from = load<i32>(entry), count = load<i32>(entry, 4);
      const step = count < 0 ? -a.rowBytes : a.rowBytes;
      const x = chunk + <usize>from * <usize>a.rowBytes;
      const stop = rotation + (<usize>abs(count) << 4);
      if (ASC_FEATURE_RELAXED_SIMD && entry + 8 < end) {
        const next = load<i32>(entry, 12), lag = count < 0 ? from - load<i32>(entry, 8) : load<i32>(entry, 8) - from;
        if ((count ^ next) >= 0 && lag >= 0 && lag < abs(count)) {
          const over = stop + (<usize>abs(next) << 4);
          twoSweeps(x, step, lag, rotation, stop, over);
          rotation = over; entry += 8;
          continue;
        }
      }
      carry(x, step, rotation, stop, v128.load(x), v128.load(x, 16), v128.load(x, 32), v128.load(x, 48));
      rotation = stop;
    }
    let x = chunk;
    for (let i = 0; i < a.count; i++) {
      const scale = v128.load64_splat(a.scales + (<usize>i << 3));
      v128.store(x, f64x2.mul(scale, v128.load(x))); v128.store(x, f64x2.mul(scale, v128.load(x, 16)), 16);
      v128.store(x, f64x2.mul(scale, v128.load(x, 32)), 32); v128.store(x, f64x2.mul(scale, v128.load(x, 48)), 48);
      x += <usize>a.rowBytes;
    }
  }
}

/** The rotations r .. stop of a sweep that carries the row p, to be written at x. */
function carry(x: usize, step: i32, r: usize, stop: usize, p0: v128, p1: v128, p2: v128, p3: v128): void {
  for (; r < stop; r += 16) {
    const y = x + <usize>step;
    const t = v128.load64_splat(r), u = v128.load64_splat(r, 8);
    let q = v128.load(y);
    v128.store(x, fma<f64>(t, q, p0)); p0 = fma<f64>(u, p0, q);
    q = v128.load(y, 16);
    v128.store(x, fma<f64>(t, q, p1), 16); p1 = fma<f64>(u, p1, q);
    q = v128.load(y, 32);
    v128.store(x, fma<f64>(t, q, p2), 32); p2 = fma<f64>(u, p2, q);
    q = v128.load(y, 48);
    v128.store(x, fma<f64>(t, q, p3), 48); p3 = fma<f64>(u, p3, q);
    x = y;
  }
  v128.store(x, p0); v128.store(x, p1, 16); v128.store(x, p2, 32); v128.store(x, p3, 48);
}

/** The sweep r .. stop from row x on, and behind it the sweep stop .. end, which starts `lag` rows further, before the first one is over. */
function twoSweeps(x: usize, step: i32, lag: i32, r: usize, stop: usize, end: usize): void {
  let p0 = v128.load(x), p1 = v128.load(x, 16), p2 = v128.load(x, 32), p3 = v128.load(x, 48);
  let y = x + <usize>step;
  for (; lag > 0; lag--) {
    const t = v128.load64_splat(r), u = v128.load64_splat(r, 8);
    let q = v128.load(y);
    v128.store(x, fma<f64>(t, q, p0)); p0 = fma<f64>(u, p0, q);
    q = v128.load(y, 16);
    v128.store(x, fma<f64>(t, q, p1), 16); p1 = fma<f64>(u, p1, q);
    q = v128.load(y, 32);
    v128.store(x, fma<f64>(t, q, p2), 32); p2 = fma<f64>(u, p2, q);
    q = v128.load(y, 48);
    v128.store(x, fma<f64>(t, q, p3), 48); p3 = fma<f64>(u, p3, q);
    x = y; y += <usize>step; r += 16;
  }
  let s = stop; // of the second sweep, which carries q
  let t = v128.load64_splat(r), u = v128.load64_splat(r, 8);
  r += 16;
  let z = v128.load(y);
  let q0 = fma<f64>(t, z, p0); p0 = fma<f64>(u, p0, z);
  z = v128.load(y, 16);
  let q1 = fma<f64>(t, z, p1); p1 = fma<f64>(u, p1, z);
  z = v128.load(y, 32);
  let q2 = fma<f64>(t, z, p2); p2 = fma<f64>(u, p2, z);
  z = v128.load(y, 48);
  let q3 = fma<f64>(t, z, p3); p3 = fma<f64>(u, p3, z);
  while (r < stop && s < end) { // row x waits in q, row y in p
    const next = y + <usize>step;
    t = v128.load64_splat(r), u = v128.load64_splat(r, 8);
    const w = v128.load64_splat(s), v = v128.load64_splat(s, 8);
    z = v128.load(next);
    let f = fma<f64>(t, z, p0); p0 = fma<f64>(u, p0, z);
    v128.store(x, fma<f64>(w, f, q0)); q0 = fma<f64>(v, q0, f);
    z = v128.load(next, 16);
    f = fma<f64>(t, z, p1); p1 = fma<f64>(u, p1, z);
    v128.store(x, fma<f64>(w, f, q1), 16); q1 = fma<f64>(v, q1, f);
    z = v128.load(next, 32);
    f = fma<f64>(t, z, p2); p2 = fma<f64>(u, p2, z);
    v128.store(x, fma<f64>(w, f, q2), 32); q2 = fma<f64>(v, q2, f);
    z = v128.load(next, 48);
    f = fma<f64>(t, z, p3); p3 = fma<f64>(u, p3, z);
    v128.store(x, fma<f64>(w, f, q3), 48); q3 = fma<f64>(v, q3, f);
    x = y; y = next; r += 16; s += 16;
  }
  if (s == end) { // the second sweep is over
    v128.store(x, q0); v128.store(x, q1, 16); v128.store(x, q2, 32); v128.store(x, q3, 48);
    carry(y, step, r, stop, p0, p1, p2, p3);
    return;
  }
  t = v128.load64_splat(s), u = v128.load64_splat(s, 8);
  v128.store(x, fma<f64>(t, p0, q0)); v128.store(x, fma<f64>(t, p1, q1), 16);
  v128.store(x, fma<f64>(t, p2, q2), 32); v128.store(x, fma<f64>(t, p3, q3), 48);
  carry(y, step, s + 16, end, fma<f64>(u, q0, p0), fma<f64>(u, q1, p1), fma<f64>(u, q2, p2), fma<f64>(u, q3, p3));
}
