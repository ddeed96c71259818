/**
 * Real rows from the halves of their Fourier transforms.
 *
 *   X_k, k = 0 … ⌊n/2⌋      x_j = (1/n) Σ_k X_k e^(2πi jk/n) over all k, X_(n−k) = conj X_k      x  n real entries
 *
 * The steps of `rfft` backwards; lengths that are no power of two as complex rows.  Source: textbook.
 */
import { denseCopy, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { describeValue } from "../describe.js";
import { ShapeError } from "../errors.js";
import { assertInteger, assertKnownOptions } from "../options.js";
import { openScope } from "../runtime/scope.js";
import { eachSlice, SLICE_ENTRIES } from "../runtime/slices.js";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { fillSteps, takeSteps } from "../runtime/transfer.js";
import { axisOf, rowsAlong } from "./axis.js";
import { transformRows, type ComplexRows } from "./bluestein.js";
import { assertSameShape } from "./fft.js";
import { hasOverflowed, shrinkLargeRows } from "./headroom.js";
import { levelsOf } from "./levels.js";
import { allocPlanar, LARGEST_POWER, LEAST_POWER, reverseRows } from "./power-rows.js";
import type { RfftOptions } from "./rfft.js";
import { deliverRows } from "./spectrum.js";

/** Real and imaginary parts as a caller gives them. */
export interface SpectrumInput {
  readonly re: MatrixInput | VectorInput;
  readonly im: MatrixInput | VectorInput;
}

const OPTION_NAMES = ["axis"];

/**
 * Real rows of n entries from the first ⌊n/2⌋ + 1 of their transforms: the inverse of `rfft`.
 *
 * @param spectrum real and imaginary parts, ⌊n/2⌋ + 1 along the axis; any stride, finite. The imaginary part of entry 0, and of entry n/2 for even n, does not
 * count: a real row has none.
 * @param spectrum.re real parts.
 * @param spectrum.im imaginary parts.
 * @param n entries of a row: the spectrum does not tell 2k from 2k + 1.
 * @param options see RfftOptions.
 * @returns the rows, with the factor 1/n; float32 when both parts are.
 * @throws ShapeError, OptionError; NonFiniteError naming the index, or when the result overflows.
 * @complexity 2.1 n log2 n flops a row for powers of two.
 * @source textbook; see fft.
 * @example irfft(rfft([1, 2, 3]), 3).get(2) // -> 3
 */
export function irfft(spectrum: SpectrumInput, n: number, options: RfftOptions = {}): NdArray {
  return runSync(irfftSteps("irfft", spectrum, n, options));
}

/** `irfft` on the worker pool: same arguments, same errors, same bits. */
export function irfftAsync(spectrum: SpectrumInput, n: number, options: RfftOptions & RunControl = {}): Promise<NdArray> {
  return runAsync(irfftSteps("irfftAsync", spectrum, n, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "irfftAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* irfftSteps(
  where: string,
  spectrum: SpectrumInput,
  n: number,
  options: RfftOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  assertKnownOptions(where, options, known);
  const { axis = -1 } = options;
  assertInteger(where, { n }, 1, Infinity);
  const given: unknown = spectrum;
  if (typeof given !== "object" || given === null)
    throw new ShapeError(where, "spectrum", "an object with re and im", describeValue(given));
  const a = asArray(spectrum.re, `${where}(re)`);
  const b = asArray(spectrum.im, `${where}(im)`);
  const k = axisOf(where, "re", axis, a);
  const half = Math.floor(n / 2) + 1;
  if (a.shape[k] !== half) throw new ShapeError(where, "re", `${half} entries along axis ${k} for n = ${n}`, a.shape);
  assertSameShape(where, "im", b, a);
  assertFinite(a, `${where}(re)`);
  assertFinite(b, `${where}(im)`);
  const dtype = promote(a, b);
  const rows = rowsAlong(a, k);
  let x = yield* reverseTransform(where, rows, rowsAlong(b, k), n);
  const isSafe = !hasOverflowed(x);
  if (!isSafe) {
    const shrunk = shrinkLargeRows(half, { re: denseCopy(rows, "float64"), im: denseCopy(rowsAlong(b, k), "float64") });
    x = yield* reverseTransform(where, view(shrunk.rows.re, rows.shape), view(shrunk.rows.im, rows.shape), n);
    shrunk.restore(x);
  }
  const result = deliverRows(x, [...rows.shape.slice(0, -1), n], k, dtype);
  if (!isSafe || dtype === "float32") assertFinite(result, `${where}(result overflows ${dtype})`);
  return result;
}

function* reverseTransform(where: string, re: NdArray, im: NdArray, n: number): Steps<Float64Array> {
  const half = Math.floor(n / 2) + 1;
  const count = re.size / half;
  const m = levelsOf(n) - 1;
  if (m < LEAST_POWER || m > LARGEST_POWER) {
    yield rest();
    const whole = yield* mirrored(n, denseCopy(re, "float64"), denseCopy(im, "float64"));
    const x = (yield* transformRows([where, "re"], n, { re: whole.im, im: whole.re })).im; // the inverse, parts swapped
    yield* eachSlice(x.length, SLICE_ENTRIES, (from, to) => {
      for (let p = from; p < to; p++) x[p] = x[p]! / n;
    });
    return x;
  }
  const scope = openScope();
  try {
    const from = allocPlanar(scope, re.size);
    yield* fillSteps(re, "float64", from.re);
    yield* fillSteps(im, "float64", from.im);
    const to = scope.alloc(8 * n * count);
    yield* reverseRows(scope, m, count, from, to);
    return (yield* takeSteps(to, [n * count], "float64")).data as Float64Array;
  } finally {
    scope.release();
  }
}

/** Whole rows from their halves: X_(n−k) = conj X_k. */
function* mirrored(n: number, re: Float64Array, im: Float64Array): Steps<ComplexRows> {
  const half = Math.floor(n / 2) + 1;
  const count = re.length / half;
  const out = { re: new Float64Array(n * count), im: new Float64Array(n * count) };
  yield* eachSlice(re.length, SLICE_ENTRIES, (from, to) => {
    for (let p = from; p < to; p++) {
      const row = Math.floor(p / half);
      const k = p - row * half;
      out.re[row * n + k] = out.re[row * n + ((n - k) % n)] = re[p]!;
      const isReal = k === 0 || 2 * k === n;
      out.im[row * n + k] = isReal ? 0 : im[p]!;
      if (!isReal) out.im[row * n + n - k] = -im[p]!;
    }
  });
  return out;
}
