/**
 * Fourier transforms of rows whose length is a power of two, in compute memory.
 *
 *   N = 2^m complex points a row, 3 ≤ m ≤ 24      long: N = N1 N2, as a matrix [N1][N2]      C  columns of a strip
 *
 * m ≤ 13: a row is one piece of work in its thread's scratch. Longer ones in two sweeps over memory: strips of columns, each a batch of C
 * transforms of N1 points, times w_N^(k j); then strips of rows, each a batch of transforms of N2, stored transposed.
 * Source: Stockham's autosort form; the six-step split (Bailey) without its transposes.
 */
import { view } from "../array/view.js";
import { powerOfTwo } from "../math/bits.js";
import { bytesOf } from "../runtime/dtype-kernels.js";
import { FACTORS } from "../runtime/layout.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, tiles, type Steps } from "../runtime/steps.js";
import { fillSteps } from "../runtime/transfer.js";
import { fillArguments } from "./at-once.js";
import { ensureFactors, ensureHalf, halfCircle, twists } from "./factors.js";
import { transformKernels } from "../kernels/transform.js";

/** Real and imaginary parts: addresses of rows that follow each other. */
export interface Planar {
  readonly re: number;
  readonly im: number;
}

/** The longest transform of complex points. */
export const LARGEST_POWER = 24;
/** The shortest: below it, vectors do not fit. */
export const LEAST_POWER = 3;
/** The longest that is one piece of work. */
export const WHOLE_POWER = 13;

/** What a tile of rows does, as the kernel counts it. */
const COMPLEX = 0;
const REAL = 1;
const REVERSE = 2;

/** Points of a tile of whole rows. */
const TILE_POINTS = 2 ** 15;
/** Entries between two turns of the event loop where the calling thread works alone. */
const CHUNK = 2 ** 20;

/** Rows of 2^m complex points. The inverse: both planes swapped in both places, and a factor of 2^−m by the caller. */
export function* complexRows(scope: Scope, m: number, rows: number, from: Planar, to: Planar): Steps<void> {
  if (m <= WHOLE_POWER) yield* wholeRows(scope, m, rows, COMPLEX, from, to, 1);
  else yield* longRows(scope, m, rows, false, from, to);
}

/** Rows of 2^(m + 1) real numbers at `from`, which may be overwritten -> the first 2^m + 1 entries of their transforms, rows of 2^m + 1. */
export function* realRows(scope: Scope, m: number, rows: number, from: number, to: Planar): Steps<void> {
  if (m <= WHOLE_POWER) {
    yield* wholeRows(scope, m, rows, REAL, { re: from, im: from }, to, 1);
    return;
  }
  const N = powerOfTwo(m);
  const z = { re: from, im: from + 8 * N * rows }; // the rows are no longer needed then
  yield* longRows(scope, m, rows, true, { re: from, im: from }, z);
  const half = yield* placeTable(scope, yield* halfCircle(2 * N));
  for (let row = 0; row < rows; row++) {
    const [p, q] = [8 * row * N, 8 * row * (N + 1)];
    for (let k = 0; k < N / 2; k += CHUNK) {
      if (k > 0) yield rest();
      kernelsOf(transformKernels).splitReal(N, k, Math.min(N / 2, k + CHUNK), z.re + p, z.im + p, to.re + q, to.im + q, half);
    }
    yield rest();
  }
}

/** The reverse of `realRows`, with its factor of 2^(−m): rows of 2^m + 1 entries -> rows of 2^(m + 1) real numbers at `to`. */
export function* reverseRows(scope: Scope, m: number, rows: number, from: Planar, to: number): Steps<void> {
  const N = powerOfTwo(m);
  if (m <= WHOLE_POWER) {
    yield* wholeRows(scope, m, rows, REVERSE, from, { re: to, im: to }, 1 / N);
    return;
  }
  const z = allocPlanar(scope, N * rows);
  const half = yield* placeTable(scope, yield* halfCircle(2 * N));
  for (let row = 0; row < rows; row++) {
    const [p, q] = [8 * row * N, 8 * row * (N + 1)];
    for (let k = 0; k < N / 2; k += CHUNK) {
      if (k > 0) yield rest();
      kernelsOf(transformKernels).mergeReal(N, k, Math.min(N / 2, k + CHUNK), from.re + q, from.im + q, z.re + p, z.im + p, half);
    }
    yield rest();
  }
  const swapped = { re: z.im, im: z.re };
  yield* longRows(scope, m, rows, false, swapped, swapped);
  for (let k = 0; k < N * rows; k += CHUNK) {
    yield rest();
    const count = Math.min(CHUNK, N * rows - k);
    kernelsOf(transformKernels).interleave(count, 1 / N, z.re + 8 * k, z.im + 8 * k, to + 16 * k);
  }
}

export function allocPlanar(scope: Scope, size: number): Planar {
  return { re: scope.alloc(size * bytesOf("float64")), im: scope.alloc(size * bytesOf("float64")) };
}

/** Bytes of the scratch that rows of 2^m points take: two complex buffers, and a third with room at its ends. */
export function scratchOfRows(m: number): number {
  return 48 * powerOfTwo(m) + 128;
}

/** `realRows` for few short rows, in one call: `args` is room for an argument block. */
export function realRowsAtOnce(args: number, m: number, rows: number, from: number, to: Planar): void {
  ensureFactors(m);
  const N = powerOfTwo(m);
  fillArguments(args, 1, [N, rows, rows, REAL, from, from, to.re, to.im, FACTORS, ensureHalf(2 * N)]);
  const kernels = kernelsOf(transformKernels);
  const { scratch } = runtime();
  kernels.fftRows(args, 0, scratch);
}

function* wholeRows(scope: Scope, m: number, rows: number, kind: number, from: Planar, to: Planar, factor: number): Steps<void> {
  const N = powerOfTwo(m);
  ensureFactors(m);
  const half = kind === COMPLEX ? 0 : ensureHalf(2 * N);
  const perTile = Math.max(1, TILE_POINTS / N);
  const args = scope.args([N, rows, perTile, kind, from.re, from.im, to.re, to.im, FACTORS, half], [factor]);
  yield* tiles(transformKernels, "fftRows", args, Math.ceil(rows / perTile), 2 * N * m * rows);
}

/** `from` and `to` may be the same. */
function* longRows(scope: Scope, m: number, rows: number, isReal: boolean, from: Planar, to: Planar): Steps<void> {
  const [m1, m2] = [m >> 1, m - (m >> 1)];
  const [N1, N2] = [powerOfTwo(m1), powerOfTwo(m2)];
  ensureFactors(m1);
  ensureFactors(m2);
  const C = Math.min(16, powerOfTwo(13 - m2)); // a strip and its copy fit into the scratch of a thread; 4 columns, half a line of the cache, are 15 % slower
  const table = yield* placeTable(scope, yield* twists(N1, N2, C));
  const middle = allocPlanar(scope, N1 * N2 * rows);
  const work = 2 * N1 * N2 * rows;
  const strips = N2 / C;
  const within = table + 16 * N1 * strips;
  const columns = scope.args([N1, N2, C, strips, isReal ? 1 : 0, from.re, from.im, middle.re, middle.im, FACTORS, table, within]);
  yield* tiles(transformKernels, "fftColumns", columns, strips * rows, work * m1);
  const transposed = scope.args([N1, N2, C, N1 / C, middle.re, middle.im, to.re, to.im, FACTORS]);
  yield* tiles(transformKernels, "fftTransposed", transposed, (N1 / C) * rows, work * m2);
  scope.free(middle.re);
  scope.free(middle.im);
}

function* placeTable(scope: Scope, table: Float64Array): Steps<number> {
  const address = scope.alloc(8 * table.length);
  yield* fillSteps(view(table, [table.length]), "float64", address);
  return address;
}
