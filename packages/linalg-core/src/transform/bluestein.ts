/**
 * Fourier transforms of complex rows of any length.
 *
 *   n < 8                 by the definition
 *   n = 2^m               by passes
 *   any other n           Bluestein: j k = (j² + k² − (k − j)²)/2, so X_k = c_k Σ_j (x_j c_j) conj(c_(k−j)), c_j = e^(−πi j²/n): a convolution, made
 *                         circular in M = 2^m ≥ 2n − 1 points;  j² is reduced mod 2n in integers
 *
 * Source: L. I. Bluestein, 1970.
 */
import { view } from "../array/view.js";
import { largestMagnitude } from "../dense/sums.js";
import { ShapeError } from "../errors.js";
import { powerOfTwo } from "../math/bits.js";
import { rootOfUnity } from "../math/sincospi.js";
import { openScope } from "../runtime/scope.js";
import { eachSlice } from "../runtime/slices.js";
import { rest, type Steps } from "../runtime/steps.js";
import { fillSteps, takeSteps } from "../runtime/transfer.js";
import { remembered, ROOTS } from "./factors.js";
import { levelsOf } from "./levels.js";
import { allocPlanar, complexRows, LARGEST_POWER, LEAST_POWER } from "./power-rows.js";

/** Complex rows in JavaScript's memory, one after the other. */
export interface ComplexRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Rows with entries beyond are scaled. */
const LARGE = 2 ** 900;
/** Points of the rows that one convolution holds at a time, and of a longer row between two turns of the event loop. */
const CHUNK = 2 ** 18;

/** The forward transforms of rows of n points; the inverse by swapping both planes before and after, and 1/n. */
export function* transformRows(site: readonly [where: string, argument: string], n: number, x: ComplexRows): Steps<ComplexRows> {
  const m = levelsOf(n);
  if (n < powerOfTwo(LEAST_POWER)) return byDefinition(n, x);
  if (m >= 0 ? m > LARGEST_POWER : 2 * n - 1 > powerOfTwo(LARGEST_POWER)) {
    throw new ShapeError(...site, "at most 2^24 points along the axis (2^23 if their number is no power of two)", `${n} points`);
  }
  return m >= 0 ? yield* byPasses(m, x) : yield* byConvolution(n, x);
}

function byDefinition(n: number, { re, im }: ComplexRows): ComplexRows {
  const out = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
  const roots = Array.from({ length: n }, (_, j) => rootOfUnity(-j, n));
  for (let row = 0; row < re.length; row += n) {
    for (let k = 0; k < n; k++) {
      let a = 0;
      let b = 0;
      for (let j = 0; j < n; j++) {
        const { cos, sin } = roots[(j * k) % n]!;
        a += cos * re[row + j]! - sin * im[row + j]!;
        b += cos * im[row + j]! + sin * re[row + j]!;
      }
      out.re[row + k] = a;
      out.im[row + k] = b;
    }
  }
  return out;
}

function* byPasses(m: number, { re, im }: ComplexRows): Steps<ComplexRows> {
  const scope = openScope();
  try {
    const size = re.length;
    const from = allocPlanar(scope, size);
    yield* fillSteps(view(re, [size]), "float64", from.re);
    yield* fillSteps(view(im, [size]), "float64", from.im);
    const to = allocPlanar(scope, size);
    yield* complexRows(scope, m, size / powerOfTwo(m), from, to);
    const a = yield* takeSteps(to.re, [size], "float64");
    const b = yield* takeSteps(to.im, [size], "float64");
    return { re: a.data as Float64Array, im: b.data as Float64Array };
  } finally {
    scope.release();
  }
}

function* byConvolution(n: number, { re, im }: ComplexRows): Steps<ComplexRows> {
  const m = 32 - Math.clz32(2 * n - 2);
  const M = powerOfTwo(m);
  const c = yield* chirp(n);
  const filter = yield* chirpFilter(n, m, c);
  const out = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
  const perChunk = Math.max(1, Math.floor(CHUNK / M));
  // sums on the way are up to 2^60 times the entries: those of large ones are kept from overflowing where the result does not
  const scaleOf = (row: number): number => {
    const [from, to] = [row * n, row * n + n];
    return Math.max(largestMagnitude(re, from, to), largestMagnitude(im, from, to)) > LARGE ? powerOfTwo(-100) : 1;
  };
  for (let first = 0; first < re.length / n; first += perChunk) {
    const rows = Math.min(perChunk, re.length / n - first);
    const scales = Float64Array.from({ length: rows }, (_, row) => scaleOf(first + row));
    yield rest();
    const a = { re: new Float64Array(rows * M), im: new Float64Array(rows * M) };
    const inner = { at: 0, width: M };
    const outer = { at: first * n, width: n };
    yield* multiplyRows(n, c, scales, { planes: { re, im }, ...outer }, { planes: a, ...inner });
    yield rest();
    const A = yield* byPasses(m, a);
    yield* multiplyRows(M, filter, scales.slice().fill(1), { planes: A, ...inner }, { planes: A, ...inner });
    yield rest();
    const product = yield* byPasses(m, { re: A.im, im: A.re }); // the inverse, planes swapped
    const back = scales.map((scale) => 1 / M / scale);
    yield* multiplyRows(n, c, back, { planes: { re: product.im, im: product.re }, ...inner }, { planes: out, ...outer });
    yield rest();
  }
  return out;
}

/** Rows among others: the first begins at `at`, each of the others `width` further on. */
interface SomeRows {
  readonly planes: ComplexRows;
  readonly at: number;
  readonly width: number;
}

/** out <- factor f x, entry by entry, for one row after another with its factor. */
function* multiplyRows(n: number, f: ComplexRows, factors: Float64Array, x: SomeRows, out: SomeRows): Steps<void> {
  for (let row = 0; row < factors.length; row++) {
    const [p, q] = [x.at + row * x.width, out.at + row * out.width];
    for (let from = 0; from < n; from += CHUNK) {
      if (from > 0) yield rest();
      multiply(from, Math.min(n, from + CHUNK), f, factors[row]!, x.planes, p, out.planes, q);
    }
  }
}

/** Entries [from, to) of a row, which begins at p and is to begin at q. */
function multiply(from: number, to: number, f: ComplexRows, factor: number, x: ComplexRows, p: number, out: ComplexRows, q: number): void {
  for (let j = from; j < to; j++) {
    const c = f.re[j]! * factor;
    const s = f.im[j]! * factor;
    const a = x.re[p + j]!;
    const b = x.im[p + j]!;
    out.re[q + j] = c * a - s * b;
    out.im[q + j] = c * b + s * a;
  }
}

/** c_j. */
function* chirp(n: number): Steps<ComplexRows> {
  const list = yield* remembered(`chirp ${n}`, 2 * n, (table) => {
    let square = 0; // j² mod 2n
    return eachSlice(n, ROOTS, (from, to) => {
      for (let j = from; j < to; square = (square + 2 * j + 1) % (2 * n), j++) {
        const { cos, sin } = rootOfUnity(-square, 2 * n);
        table[j] = cos;
        table[n + j] = sin;
      }
    });
  });
  return { re: list.subarray(0, n), im: list.subarray(n) };
}

/** The transform of conj(c_j), j from −n + 1 to n − 1, wrapped around. */
function* chirpFilter(n: number, m: number, c: ComplexRows): Steps<ComplexRows> {
  const M = powerOfTwo(m);
  const b = { re: new Float64Array(M), im: new Float64Array(M) };
  yield* eachSlice(n, CHUNK, (from, to) => {
    for (let j = from; j < to; j++) {
      const mirror = (M - j) % M;
      b.re[j] = b.re[mirror] = c.re[j]!;
      b.im[j] = b.im[mirror] = 0 - c.im[j]!;
    }
  });
  yield rest();
  return yield* byPasses(m, b);
}
