// Steps of k-means on rows [.][width] of T: distances to a new centre, and one assignment of points to centres.
import { scoreTile, transposeRows } from "./attention";
import { fma, laneSum } from "./simd";

/** distance[i] = min(distance[i], |row_i - centre|^2); four vectors at a time, since a loop costs as much as a vector. */
export function shrinkDistances<T>(n: i32, width: i32, rows: usize, centre: usize, distance: usize): void {
  const stride = <usize>width * sizeof<T>();
  const whole = stride & ~63;
  for (let i = 0; i < n; i++) {
    let squares = v128.splat<T>(0);
    let b: usize = 0;
    for (; b < whole; b += 64) {
      const p = rows + b, q = centre + b;
      const e0 = v128.sub<T>(v128.load(p), v128.load(q)), e1 = v128.sub<T>(v128.load(p, 16), v128.load(q, 16));
      const e2 = v128.sub<T>(v128.load(p, 32), v128.load(q, 32)), e3 = v128.sub<T>(v128.load(p, 48), v128.load(q, 48));
      squares = fma<T>(e0, e0, squares); squares = fma<T>(e1, e1, squares);
      squares = fma<T>(e2, e2, squares); squares = fma<T>(e3, e3, squares);
    }
    for (; b < stride; b += 16) {
      const e = v128.sub<T>(v128.load(rows + b), v128.load(centre + b));
      squares = fma<T>(e, e, squares);
    }
    const d = laneSum<T>(squares);
    if (d < load<T>(distance)) store<T>(distance, d);
    rows += stride; distance += sizeof<T>();
  }
}

@unmanaged
class AssignArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  count: i32; // points, a multiple of the points a tile
  width: i32;
  centres: i32; // real centres
  centresPadded: i32; // a multiple of 12
  points: usize; // T [count][width]
  keys: usize; // centres packed by packKeys
  bias: usize; // T [centresPadded]: -|centre|^2 / 2; padding lowest<T>()
  nearest: usize; // i32 [count]
  pointsPerTile: i32; // a multiple of 32
}

/** nearest[i] = the centre of largest <point, centre> - |centre|^2 / 2; the lowest index of equal ones. */
export function assignTile<T>(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<AssignArgs>(address);
  const W = 32 / <i32>sizeof<T>();
  const first = tile * a.pointsPerTile, end = min(a.count, first + a.pointsPerTile);
  const sliver = scratch + 32, scores = sliver + <usize>a.width * 32;
  const stride = <usize>a.width * sizeof<T>();
  memory.fill(scratch, 0, 32);
  for (let i = first; i < end; i += W) {
    const rows = a.points + <usize>(i * a.width) * sizeof<T>();
    transposeRows<T>(rows, stride, sliver);
    transposeRows<T>(rows + <usize>(W / 2) * stride, stride, sliver + 16);
    scoreTile<T>(a.centresPadded, a.width, a.keys, a.bias, sliver, scratch, scores);
    let best0 = v128.load(scores), best1 = v128.load(scores, 16);
    let index0 = v128.splat<T>(0), index1 = index0; // indices as numbers of T: exact below 2^24
    const one = v128.splat<T>(1);
    let current = one;
    let s = scores + 32;
    for (let j = 1; j < a.centres; j++) {
      const x0 = v128.load(s), x1 = v128.load(s, 16);
      const better0 = v128.gt<T>(x0, best0), better1 = v128.gt<T>(x1, best1);
      best0 = v128.pmax<T>(best0, x0); best1 = v128.pmax<T>(best1, x1);
      index0 = v128.bitselect(current, index0, better0); index1 = v128.bitselect(current, index1, better1);
      current = v128.add<T>(current, one);
      s += 32;
    }
    v128.store(scores, index0); v128.store(scores, index1, 16);
    for (let l = 0; l < W; l++) store<i32>(a.nearest + <usize>(i + l) * 4, <i32>load<T>(scores + <usize>l * sizeof<T>()));
  }
}

/** sums[nearest] += weight * row and weights of centres likewise, in order of the points. */
export function accumulateCentres<T>(n: i32, width: i32, rows: usize, nearest: usize, weights: usize, sums: usize, totals: usize): void {
  const stride = <usize>width * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const id = <usize>load<i32>(nearest + <usize>i * 4);
    const w = load<T>(weights + <usize>i * sizeof<T>());
    const total = totals + id * sizeof<T>();
    store<T>(total, load<T>(total) + w);
    const sum = sums + id * stride, W = v128.splat<T>(w);
    for (let b: usize = 0; b < stride; b += 16) v128.store(sum + b, fma<T>(W, v128.load(rows + b), v128.load(sum + b)));
    rows += stride;
  }
}
