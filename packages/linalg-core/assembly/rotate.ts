// Plane rotations of adjacent rows in float64, many sweeps at a time: what the implicit QR algorithms do to eigenvectors and singular vectors.
//
//   rotation (c, s) of a carried row p and the next row q:   p, now finished, <- c p + s q      q, carried on, <- c q - s p
//
// The rows lie in chunks of 8 columns: row i of a chunk at chunk + i rowBytes, 64 bytes. One chunk goes through all sweeps before the next is
// touched, so that it stays in the first-level cache, and the row that two rotations share stays in registers.
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
  rotations: usize; // f64 [rotations][2]: c, s, sweep after sweep
}

/** All sweeps, on some of the chunks. */
export function applyRotations(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<RotateArgs>(address);
  const first = tile * a.chunksPerTile, end = min(a.chunks, first + a.chunksPerTile);
  for (let k = first; k < end; k++) {
    const chunk = a.rows + <usize>k * <usize>a.chunkBytes;
    let rotation = a.rotations, entry = a.table;
    for (let t = 0; t < a.sweeps; t++) {
      const count = load<i32>(entry, 4);
      const step = count < 0 ? -a.rowBytes : a.rowBytes;
      const stop = rotation + (<usize>abs(count) << 4);
      sweep(chunk + <usize>load<i32>(entry) * <usize>a.rowBytes, step, rotation, stop);
      rotation = stop; entry += 8;
    }
  }
}

/** One sweep of a chunk from row x on. */
// @ts-ignore: decorator
@inline
function sweep(x: usize, step: i32, rotation: usize, stop: usize): void {
  let p0 = v128.load(x), p1 = v128.load(x, 16), p2 = v128.load(x, 32), p3 = v128.load(x, 48);
  for (; rotation < stop; rotation += 16) {
    const y = x + <usize>step;
    const c = v128.load64_splat(rotation), s = v128.load64_splat(rotation, 8), r = f64x2.neg(s);
    let q = v128.load(y);
    v128.store(x, fma<f64>(c, p0, f64x2.mul(s, q))); p0 = fma<f64>(r, p0, f64x2.mul(c, q));
    q = v128.load(y, 16);
    v128.store(x, fma<f64>(c, p1, f64x2.mul(s, q)), 16); p1 = fma<f64>(r, p1, f64x2.mul(c, q));
    q = v128.load(y, 32);
    v128.store(x, fma<f64>(c, p2, f64x2.mul(s, q)), 32); p2 = fma<f64>(r, p2, f64x2.mul(c, q));
    q = v128.load(y, 48);
    v128.store(x, fma<f64>(c, p3, f64x2.mul(s, q)), 48); p3 = fma<f64>(r, p3, f64x2.mul(c, q));
    x = y;
  }
  v128.store(x, p0); v128.store(x, p1, 16); v128.store(x, p2, 32); v128.store(x, p3, 48);
}
