// A panel of P A = L U in float64, row-major, ld bytes a row: partial pivoting, ties to the lowest index.
//
// Blocks of 4 columns: the block is factored column by column, then subtracted from the columns to its right four products at a time.
// Columns at and beyond `columns` must exist up to the next multiple of 4, where they are not those of a next panel, and hold anything.
import { fma } from "./simd";

/**
 * m x columns, m >= columns: below the diagonal L, the rest U. pivots i32 [columns]: with which row each was exchanged, along the whole
 * row, which starts at `rows` + i ld and has `bytes` bytes, a multiple of 16. A column of zeros is left as it is.
 */
export function luPanel(m: i32, columns: i32, A: usize, ld: usize, rows: usize, bytes: usize, pivots: usize): void {
  const width = <usize>(columns + 3 & ~3) << 3;
  for (let j = 0; j < columns; j += 4) {
    const block = min(4, columns - j), end = <usize>(j + block) << 3;
    for (let c = j; c < j + block; c++) {
      const at = <usize>c << 3, row = A + <usize>c * ld;
      let p = c, largest = abs(load<f64>(row + at));
      for (let i = c + 1; i < m; i++) {
        const x = abs(load<f64>(A + <usize>i * ld + at));
        if (x > largest) { largest = x; p = i; }
      }
      store<i32>(pivots + (<usize>c << 2), p);
      if (p != c) swapRows(rows + <usize>c * ld, rows + <usize>p * ld, bytes);
      const pivot = load<f64>(row + at);
      if (pivot == 0) continue;
      for (let i = c + 1; i < m; i++) {
        const q = A + <usize>i * ld;
        const l = load<f64>(q + at) / pivot;
        store<f64>(q + at, l);
        for (let k = at + 8; k < end; k += 8) store<f64>(q + k, load<f64>(q + k) - l * load<f64>(row + k));
      }
    }
    if (j + 4 >= columns) return;
    const u = A + <usize>j * ld, l = u + (<usize>j << 3);
    subtract1(u + ld, u, end, width, load<f64>(l + ld));
    for (let r: usize = 2; r < 4; r++) {
      for (let k: usize = 0; k < r; k++) subtract1(u + r * ld, u + k * ld, end, width, load<f64>(l + r * ld + (k << 3)));
    }
    let i = j + 4;
    for (; i + 1 < m; i += 2) subtract4(A + <usize>i * ld, A + <usize>(i + 1) * ld, u, ld, <usize>j << 3, end, width);
    if (i < m) for (let k: usize = 0; k < 4; k++) subtract1(A + <usize>i * ld, u + k * ld, end, width, load<f64>(A + <usize>i * ld + (<usize>j << 3) + (k << 3)));
  }
}

/** p -= l u over the bytes from .. to - 1, a multiple of 16. */
function subtract1(p: usize, u: usize, from: usize, to: usize, l: f64): void {
  const f = f64x2.splat(-l);
  for (let k = from; k < to; k += 16) v128.store(p + k, fma<f64>(f, v128.load(u + k), v128.load(p + k)));
}

/** Two rows p, q, each minus its four factors at byte `at` times the four rows from u on, in this order. */
function subtract4(p: usize, q: usize, u: usize, ld: usize, at: usize, from: usize, to: usize): void {
  const u1 = u + ld, u2 = u1 + ld, u3 = u2 + ld;
  const p0 = f64x2.splat(-load<f64>(p + at)), p1 = f64x2.splat(-load<f64>(p + at, 8)), p2 = f64x2.splat(-load<f64>(p + at, 16)), p3 = f64x2.splat(-load<f64>(p + at, 24));
  const q0 = f64x2.splat(-load<f64>(q + at)), q1 = f64x2.splat(-load<f64>(q + at, 8)), q2 = f64x2.splat(-load<f64>(q + at, 16)), q3 = f64x2.splat(-load<f64>(q + at, 24));
  for (let k = from; k < to; k += 16) {
    let x = v128.load(p + k), y = v128.load(q + k);
    let z = v128.load(u + k); x = fma<f64>(p0, z, x); y = fma<f64>(q0, z, y);
    z = v128.load(u1 + k); x = fma<f64>(p1, z, x); y = fma<f64>(q1, z, y);
    z = v128.load(u2 + k); x = fma<f64>(p2, z, x); y = fma<f64>(q2, z, y);
    z = v128.load(u3 + k); x = fma<f64>(p3, z, x); y = fma<f64>(q3, z, y);
    v128.store(p + k, x); v128.store(q + k, y);
  }
}

function swapRows(p: usize, q: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 16) {
    const x = v128.load(p + k);
    v128.store(p + k, v128.load(q + k));
    v128.store(q + k, x);
  }
}
