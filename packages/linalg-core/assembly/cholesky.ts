// Cholesky factorization and triangular solves in float64, row-major, ld = bytes a row (a multiple of 16).
//
// cholesky: left-looking by blocks of 4 columns: every entry below the block is a dot product of two rows, computed 2 rows x 4 columns at a
// time in registers. Columns at and beyond n must exist up to the next multiple of 4 and hold anything.
import { fma } from "./simd";

/** A = L L^T in place, lower triangle read and written; 0, or 1 + the row whose pivot was not positive (then its value stands there). */
export function cholesky(n: i32, ld: usize, A: usize): i32 {
  for (let j = 0; j < n; j += 4) {
    const width = min(4, n - j);
    const block = A + <usize>j * ld;
    for (let i = j; i < j + width; i++) {
      const row = A + <usize>i * ld;
      for (let c = j; c <= i; c++) {
        const v = load<f64>(row + <usize>c * 8) - rowDot(c, row, A + <usize>c * ld);
        if (c < i) store<f64>(row + <usize>c * 8, v / load<f64>(A + <usize>c * ld + <usize>c * 8));
        else {
          store<f64>(row + <usize>c * 8, v);
          if (!(v > 0)) return i + 1;
          store<f64>(row + <usize>c * 8, sqrt(v));
        }
      }
    }
    if (width < 4) break;
    let i = j + 4;
    for (; i + 1 < n; i += 2) solvePair(A + <usize>i * ld, A + <usize>i * ld + ld, block, ld, <usize>j * 8);
    if (i < n) solveOne(A + <usize>i * ld, block, ld, <usize>j * 8);
  }
  return 0;
}

/** Columns j .. j + 3 of two rows p, q, whose entries before `end` = 8 j are final; block: row j of the factor. */
function solvePair(p: usize, q: usize, block: usize, ld: usize, end: usize): void {
  const r1 = block + ld, r2 = r1 + ld, r3 = r2 + ld;
  let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (let k: usize = 0; k < end; k += 16) {
    const x = v128.load(p + k), y = v128.load(q + k);
    let z = v128.load(block + k); a0 = fma<f64>(x, z, a0); b0 = fma<f64>(y, z, b0);
    z = v128.load(r1 + k); a1 = fma<f64>(x, z, a1); b1 = fma<f64>(y, z, b1);
    z = v128.load(r2 + k); a2 = fma<f64>(x, z, a2); b2 = fma<f64>(y, z, b2);
    z = v128.load(r3 + k); a3 = fma<f64>(x, z, a3); b3 = fma<f64>(y, z, b3);
  }
  finishRow(p + end, a0, a1, a2, a3, block + end, r1 + end, r2 + end, r3 + end);
  finishRow(q + end, b0, b1, b2, b3, block + end, r1 + end, r2 + end, r3 + end);
}

/** The same for one row. */
function solveOne(p: usize, block: usize, ld: usize, end: usize): void {
  const r1 = block + ld, r2 = r1 + ld, r3 = r2 + ld;
  let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (let k: usize = 0; k < end; k += 16) {
    const x = v128.load(p + k);
    a0 = fma<f64>(x, v128.load(block + k), a0); a1 = fma<f64>(x, v128.load(r1 + k), a1);
    a2 = fma<f64>(x, v128.load(r2 + k), a2); a3 = fma<f64>(x, v128.load(r3 + k), a3);
  }
  finishRow(p + end, a0, a1, a2, a3, block + end, r1 + end, r2 + end, r3 + end);
}

@unmanaged
class RowsArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  width: i32; // a multiple of 4
  L: usize; // width x width, lower
  rows: i32;
  B: usize; // rows x width
  ld: usize; // bytes a row of either
  rowsPerTile: i32;
}

/** X L^T = B in place, some rows of B: what lies below the diagonal block of a blocked factorization. */
export function choleskyRows(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<RowsArgs>(address);
  const ld = a.ld, first = tile * a.rowsPerTile, end = min(a.rows, first + a.rowsPerTile);
  for (let i = first; i < end; i += 2) {
    const p = a.B + <usize>i * ld;
    for (let j = 0; j < a.width; j += 4) {
      const block = a.L + <usize>j * ld;
      if (i + 1 < end) solvePair(p, p + ld, block, ld, <usize>j * 8);
      else solveOne(p, block, ld, <usize>j * 8);
    }
  }
}

/**
 * Columns from .. to - 1 of P^T A P = L L^T with the largest diagonal next, ties to the lowest index. n x n, lower triangle; the products
 * of columns before `base` have been subtracted. diagonal f64 [n]: what is left of it; swaps i32 [n]: with which row each was exchanged.
 * Returns the first column whose pivot is not above `tolerance`, or `to`.
 */
export function choleskyPivots(n: i32, ld: usize, A: usize, base: i32, from: i32, to: i32, diagonal: usize, swaps: usize, tolerance: f64): i32 {
  for (let k = from; k < to; k++) {
    let p = k, largest = load<f64>(diagonal + (<usize>k << 3));
    for (let i = k + 1; i < n; i++) {
      const d = load<f64>(diagonal + (<usize>i << 3));
      if (d > largest) { largest = d; p = i; }
    }
    if (!(largest > tolerance)) return k;
    store<i32>(swaps + (<usize>k << 2), p);
    const row = A + <usize>k * ld, at = <usize>k * 8;
    if (p != k) {
      const other = A + <usize>p * ld, beyond = <usize>p * 8;
      store<f64>(diagonal + beyond, load<f64>(diagonal + at));
      for (let c: usize = 0; c < at; c += 8) swap(row + c, other + c);
      for (let i = k + 1; i < p; i++) swap(A + <usize>i * ld + at, other + <usize>i * 8);
      for (let i = p + 1; i < n; i++) swap(A + <usize>i * ld + at, A + <usize>i * ld + beyond);
    }
    store<f64>(diagonal + at, 0);
    const pivot = sqrt(largest), start = <usize>base * 8;
    store<f64>(row + at, pivot);
    for (let i = k + 1; i < n; i++) {
      const q = A + <usize>i * ld;
      const x = (load<f64>(q + at) - rowDot(k - base, q + start, row + start)) / pivot;
      store<f64>(q + at, x);
      const d = diagonal + (<usize>i << 3);
      store<f64>(d, load<f64>(d) - x * x);
    }
  }
  return to;
}

function swap(p: usize, q: usize): void {
  const x = load<f64>(p);
  store<f64>(p, load<f64>(q));
  store<f64>(q, x);
}

/** Dot product of the first c entries of two rows: pairs in one vector accumulator, the odd entry last. */
function rowDot(c: i32, p: usize, q: usize): f64 {
  let sum = f64x2.splat(0);
  const pairs = <usize>(c & ~1) * 8;
  for (let k: usize = 0; k < pairs; k += 16) sum = fma<f64>(v128.load(p + k), v128.load(q + k), sum);
  const s = pairSum(sum);
  return c & 1 ? s + load<f64>(p + pairs) * load<f64>(q + pairs) : s;
}

// @ts-ignore: decorator
@inline
function pairSum(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** One row of a block of 4 columns: subtract the dot products, then solve with the 4 x 4 diagonal block (rows d0 .. d3). */
// @ts-ignore: decorator
@inline
function finishRow(p: usize, a0: v128, a1: v128, a2: v128, a3: v128, d0: usize, d1: usize, d2: usize, d3: usize): void {
  const x0 = (load<f64>(p) - pairSum(a0)) / load<f64>(d0);
  const x1 = (load<f64>(p, 8) - pairSum(a1) - x0 * load<f64>(d1)) / load<f64>(d1, 8);
  const x2 = (load<f64>(p, 16) - pairSum(a2) - x0 * load<f64>(d2) - x1 * load<f64>(d2, 8)) / load<f64>(d2, 16);
  const x3 = (load<f64>(p, 24) - pairSum(a3) - x0 * load<f64>(d3) - x1 * load<f64>(d3, 8) - x2 * load<f64>(d3, 16)) / load<f64>(d3, 24);
  store<f64>(p, x0); store<f64>(p, x1, 8); store<f64>(p, x2, 16); store<f64>(p, x3, 24);
}

/**
 * T X = B in place for triangular T: n x n with element strides (row, column) in bytes, so that a transpose needs no copy.
 * B [n][columns], ldb bytes a row; columns a multiple of 2. lower: forward substitution, else backward. unit: the diagonal is 1.
 */
export function solveTriangular(n: i32, T: usize, rowStride: i32, columnStride: i32, lower: i32, unit: i32, columns: i32, B: usize, ldb: usize): void {
  const along = <usize>columnStride;
  for (let c = 0; c < columns; ) {
    const wide = columns - c >= 8;
    const b = B + <usize>c * 8;
    for (let s = 0; s < n; s++) {
      const i = lower ? s : n - 1 - s;
      const row = T + <usize>i * <usize>rowStride;
      const from = lower ? 0 : i + 1, to = lower ? i : n;
      const divisor: f64 = unit ? 1 : load<f64>(row + <usize>i * along);
      if (wide) substitute4(row + <usize>from * along, along, to - from, b + <usize>from * ldb, ldb, b + <usize>i * ldb, divisor);
      else substitute1(row + <usize>from * along, along, to - from, b + <usize>from * ldb, ldb, b + <usize>i * ldb, divisor);
    }
    c += wide ? 8 : 2;
  }
}

@unmanaged
class ColumnsArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  n: i32;
  T: usize;
  rowStride: i32;
  columnStride: i32;
  lower: i32;
  unit: i32;
  columns: i32;
  B: usize;
  ldb: usize;
  columnsPerTile: i32; // a multiple of 8
}

/** solveTriangular for some columns of B. */
export function solveColumns(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<ColumnsArgs>(address);
  const first = tile * a.columnsPerTile;
  solveTriangular(a.n, a.T, a.rowStride, a.columnStride, a.lower, a.unit, min(a.columnsPerTile, a.columns - first), a.B + (<usize>first << 3), a.ldb);
}

/** x = (x - sum over k of t_k y_k) / divisor for 8 columns. */
function substitute4(t: usize, along: usize, count: i32, y: usize, ldb: usize, x: usize, divisor: f64): void {
  let s0 = v128.load(x), s1 = v128.load(x, 16), s2 = v128.load(x, 32), s3 = v128.load(x, 48);
  for (let k = 0; k < count; k++) {
    const f = f64x2.splat(-load<f64>(t));
    s0 = fma<f64>(f, v128.load(y), s0); s1 = fma<f64>(f, v128.load(y, 16), s1);
    s2 = fma<f64>(f, v128.load(y, 32), s2); s3 = fma<f64>(f, v128.load(y, 48), s3);
    t += along; y += ldb;
  }
  const d = f64x2.splat(divisor);
  v128.store(x, f64x2.div(s0, d)); v128.store(x, f64x2.div(s1, d), 16);
  v128.store(x, f64x2.div(s2, d), 32); v128.store(x, f64x2.div(s3, d), 48);
}

/** The same for 2 columns. */
function substitute1(t: usize, along: usize, count: i32, y: usize, ldb: usize, x: usize, divisor: f64): void {
  let s = v128.load(x);
  for (let k = 0; k < count; k++) {
    s = fma<f64>(f64x2.splat(-load<f64>(t)), v128.load(y), s);
    t += along; y += ldb;
  }
  v128.store(x, f64x2.div(s, f64x2.splat(divisor)));
}
