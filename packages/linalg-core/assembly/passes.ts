// Passes over rows of float64, ld bytes apart, that factorizations make before and after their work: copies, sizes, sums, triangles.
//
// Each may run on some rows at a time, so that a caller breathes between two slices; what is summed is summed in the order of the rows.
import { fma, laneSum } from "./simd";

/** to = from, `bytes` bytes a row. */
export function copyRows(rows: i32, bytes: usize, from: usize, fromLd: usize, to: usize, toLd: usize): void {
  if (fromLd == bytes && toLd == bytes) {
    memory.copy(to, from, <usize>rows * bytes);
    return;
  }
  for (let i = 0; i < rows; i++) {
    if (bytes > 32) memory.copy(to, from, bytes);
    else for (let c: usize = 0; c < bytes; c += 8) store<f64>(to + c, load<f64>(from + c));
    from += fromLd; to += toLd;
  }
}

/** max |entry|; NaN where one is not finite. */
export function largestEntry(rows: i32, columns: i32, A: usize, ld: usize): f64 {
  const pairs = <usize>(columns & ~1) << 3;
  let most = f64x2.splat(0), seen = most;
  let last: f64 = 0, faults: f64 = 0;
  for (let i = 0; i < rows; i++) {
    for (let c: usize = 0; c < pairs; c += 16) {
      const x = v128.load(A + c);
      seen = v128.or(seen, f64x2.sub(x, x)); // 0 for finite x, NaN otherwise
      most = f64x2.pmax(most, f64x2.abs(x));
    }
    if (columns & 1) {
      const x = load<f64>(A + pairs);
      faults += x - x;
      last = max(last, abs(x));
    }
    A += ld;
  }
  if (v128.any_true(f64x2.ne(seen, seen)) || faults != 0) return NaN;
  return max(last, max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)));
}

/** sums += column sums of |entry|. */
export function columnSums(rows: i32, columns: i32, A: usize, ld: usize, sums: usize): void {
  const pairs = <usize>(columns & ~1) << 3;
  for (let i = 0; i < rows; i++) {
    for (let c: usize = 0; c < pairs; c += 16) v128.store(sums + c, f64x2.add(v128.load(sums + c), f64x2.abs(v128.load(A + c))));
    if (columns & 1) store<f64>(sums + pairs, load<f64>(sums + pairs) + abs(load<f64>(A + pairs)));
    A += ld;
  }
}

/** The largest row sum of |entry|; entries four apart are summed in one lane. */
export function largestRowSum(rows: i32, columns: i32, A: usize, ld: usize): f64 {
  const fours = <usize>(columns & ~3) << 3, end = <usize>columns << 3;
  let largest: f64 = 0;
  for (let i = 0; i < rows; i++) {
    let s0 = f64x2.splat(0), s1 = s0;
    for (let c: usize = 0; c < fours; c += 32) {
      s0 = f64x2.add(s0, f64x2.abs(v128.load(A + c)));
      s1 = f64x2.add(s1, f64x2.abs(v128.load(A + c, 16)));
    }
    let sum = laneSum<f64>(f64x2.add(s0, s1));
    for (let c = fours; c < end; c += 8) sum += abs(load<f64>(A + c));
    largest = max(largest, sum);
    A += ld;
  }
  return largest;
}

/** most = max(most, |entry|) for each column; NaN stays. */
export function columnMaxima(rows: i32, columns: i32, A: usize, ld: usize, most: usize): void {
  const end = <usize>columns << 3;
  for (let i = 0; i < rows; i++) {
    for (let c: usize = 0; c < end; c += 8) store<f64>(most + c, max(load<f64>(most + c), abs(load<f64>(A + c))));
    A += ld;
  }
}

/**
 * Rows from .. to - 1 of L, unit lower, and of U times two factors, into row-major T from L and U on, out of n x n entries that hold both. max |entry of U|
 * before the factors; NaN where an entry of U in T is not finite.
 */
export function splitRows<T>(n: i32, from: i32, to: i32, packed: usize, ld: usize, f: f64, g: f64, L: usize, U: usize): f64 {
  let largest: f64 = 0;
  let faults: T = 0;
  for (let i = from; i < to; i++) {
    const p = packed + <usize>i * ld, row = <usize>(i - from) * <usize>n * sizeof<T>();
    const l = L + row, u = U + row;
    if (sizeof<T>() == 8) memory.copy(l, p, <usize>i << 3);
    else for (let j = 0; j < i; j++) store<T>(l + <usize>j * sizeof<T>(), <T>load<f64>(p + (<usize>j << 3)));
    memory.fill(u, 0, <usize>i * sizeof<T>());
    memory.fill(l + <usize>i * sizeof<T>(), 0, <usize>(n - i) * sizeof<T>());
    for (let j = i; j < n; j++) {
      const x = load<f64>(p + (<usize>j << 3));
      const y = <T>(x * f * g);
      if (abs(x) > largest) largest = abs(x);
      faults += y - y;
      store<T>(u + <usize>j * sizeof<T>(), y);
    }
    store<T>(l + <usize>i * sizeof<T>(), <T>1);
  }
  return faults == 0 ? largest : NaN;
}

/** The lower triangle of rows from .. to - 1, into row-major entries from out on, with zeros above it. */
export function lowerRows(columns: i32, from: i32, to: i32, A: usize, ld: usize, out: usize): void {
  for (let i = from; i < to; i++) {
    const p = A + <usize>i * ld, q = out + (<usize>(i - from) * <usize>columns << 3);
    const end = <usize>min(columns, i + 1) << 3;
    memory.copy(q, p, end);
    memory.fill(q + end, 0, (<usize>columns << 3) - end);
  }
}

/** Rows read at once, so that a square and its mirror image stay in cache. */
const SQUARE: i32 = 32;

/** max |a_ij - a_ji| of rows from .. to - 1 up to the diagonal. */
export function asymmetry(from: i32, to: i32, A: usize, ld: usize): f64 {
  let measured: f64 = 0;
  for (let i0 = from; i0 < to; i0 += SQUARE) {
    const end = min(to, i0 + SQUARE);
    for (let j0 = 0; j0 < end; j0 += SQUARE) {
      for (let i = i0; i < end; i++) {
        const row = A + <usize>i * ld, last = min(i + 1, j0 + SQUARE);
        for (let j = j0; j < last; j++) {
          const size = abs(load<f64>(row + (<usize>j << 3)) - load<f64>(A + <usize>j * ld + (<usize>i << 3)));
          if (size > measured) measured = size;
        }
      }
    }
  }
  return measured;
}

/**
 * Steps from .. to - 1 of T x = b in place, or of T^T x = b; T n x n, rows ld bytes apart. A row of T at a time: its product with what is
 * known of x, or its multiple taken from what is not.
 */
export function solveVector(n: i32, T: usize, ld: usize, lower: i32, unit: i32, transposed: i32, x: usize, from: i32, to: i32): void {
  const descends = (lower != 0) == (transposed != 0);
  for (let s = from; s < to; s++) {
    const i = descends ? n - 1 - s : s;
    const at = <usize>i << 3, row = T + <usize>i * ld;
    const first = lower ? 0 : i + 1, count = lower ? i : n - 1 - i;
    const p = row + (<usize>first << 3), q = x + (<usize>first << 3);
    let value = load<f64>(x + at);
    if (!transposed) value -= product(count, p, q);
    if (!unit) value /= load<f64>(row + at);
    store<f64>(x + at, value);
    if (transposed) subtract(count, value, p, q);
  }
}

/** Entries eight apart are summed in one lane, then the lanes, then what is left one by one. */
function product(count: i32, p: usize, q: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  const eights = <usize>(count & ~7) << 3, end = <usize>count << 3;
  for (let k: usize = 0; k < eights; k += 64) {
    s0 = fma<f64>(v128.load(p + k), v128.load(q + k), s0);
    s1 = fma<f64>(v128.load(p + k, 16), v128.load(q + k, 16), s1);
    s2 = fma<f64>(v128.load(p + k, 32), v128.load(q + k, 32), s2);
    s3 = fma<f64>(v128.load(p + k, 48), v128.load(q + k, 48), s3);
  }
  let sum = laneSum<f64>(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
  for (let k = eights; k < end; k += 8) sum += load<f64>(p + k) * load<f64>(q + k);
  return sum;
}

/** q -= factor p. */
function subtract(count: i32, factor: f64, p: usize, q: usize): void {
  const f = f64x2.splat(-factor);
  const pairs = <usize>(count & ~1) << 3;
  for (let k: usize = 0; k < pairs; k += 16) v128.store(q + k, fma<f64>(f, v128.load(p + k), v128.load(q + k)));
  if (count & 1) store<f64>(q + pairs, load<f64>(q + pairs) - factor * load<f64>(p + pairs));
}
