/**
 * Discrete Fourier transform of real rows, and back.
 *
 *   x  n real entries      X_k = Σ_j x_j e^(−2πi jk/n), k = 0 … ⌊n/2⌋; the others are conjugates, X_(n−k) = conj X_k
 *
 * A power of two n = 2N: z_j = x_2j + i x_2j+1 is transformed in N complex points; Z_k ± conj Z_(N−k) are twice the transforms of the even and i times the
 * odd entries, which one more factor joins. Other lengths as complex rows.  Source: textbook.
 */
import { denseCopy, dtypeOf, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { ShapeError } from "../errors.js";
import { assertInteger, assertKnownOptions } from "../options.js";
import { callKernel } from "../runtime/dtype-kernels.js";
import { openScope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { fillSteps, takeSteps } from "../runtime/transfer.js";
import { axisOf, rowsAlong } from "./axis.js";
import { transformRows } from "./bluestein.js";
import { assertSameShape } from "./fft.js";
import { levelsOf } from "./levels.js";
import { allocPlanar, LARGEST_POWER, LEAST_POWER, realRows, reverseRows } from "./power-rows.js";
import { deliverRows, refuseOverflow, type Spectrum } from "./spectrum.js";

export interface RfftOptions {
  /** The axis to transform; −1 is the last. Default −1. */
  readonly axis?: number;
}

const OPTION_NAMES = ["axis"];

/**
 * The first ⌊n/2⌋ + 1 entries of the Fourier transform of every real row along one axis.
 *
 * @param x any shape; float32 or float64, any stride; entries finite.
 * @param options see RfftOptions.
 * @returns real and imaginary parts, the shape of x with n replaced by ⌊n/2⌋ + 1; float32 when x is. ‖error‖₂ ≤ 6 u log₂(n) ‖X‖₂ in all our tests.
 * @throws ShapeError, OptionError; NonFiniteError naming the index, or when the result overflows.
 * @complexity 2.1 n log2 n flops a row for powers of two.
 * @source textbook; see fft.
 * @example rfft([1, 0, 0, 0]).re.shape // -> [3]
 */
export function rfft(x: MatrixInput | VectorInput, options: RfftOptions = {}): Spectrum {
  return runSync(rfftSteps("rfft", x, options));
}

/** `rfft` on the worker pool: same arguments, same errors, same bits. */
export function rfftAsync(x: MatrixInput | VectorInput, options: RfftOptions & RunControl = {}): Promise<Spectrum> {
  return runAsync(rfftSteps("rfftAsync", x, options, [...OPTION_NAMES, ...RUN_CONTROL]), options);
}

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
export function irfft(
  spectrum: { readonly re: MatrixInput | VectorInput; readonly im: MatrixInput | VectorInput },
  n: number,
  options: RfftOptions = {},
): NdArray {
  return runSync(irfftSteps("irfft", spectrum, n, options));
}

/** `irfft` on the worker pool: same arguments, same errors, same bits. */
export function irfftAsync(
  spectrum: { readonly re: MatrixInput | VectorInput; readonly im: MatrixInput | VectorInput },
  n: number,
  options: RfftOptions & RunControl = {},
): Promise<NdArray> {
  return runAsync(irfftSteps("irfftAsync", spectrum, n, options, [...OPTION_NAMES, ...RUN_CONTROL]), options);
}

/** The generator behind `rfft` and `rfftAsync`; other algorithms reach it by `yield*`. */
export function* rfftSteps(
  where: string,
  x: MatrixInput | VectorInput,
  options: RfftOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<Spectrum> {
  assertKnownOptions(where, options, known);
  const { axis = -1 } = options;
  const a = asArray(x, `${where}(x)`);
  const k = axisOf(where, "x", axis, a);
  const n = a.shape[k]!;
  if (n === 0) throw new ShapeError(where, "x", `at least one entry along axis ${k}`, a.shape);
  const dtype = dtypeOf(a);
  const rows = rowsAlong(a, k);
  const X = yield* halfTransform(where, rows, n);
  const half = Math.floor(n / 2) + 1;
  const shape = [...rows.shape.slice(0, -1), half];
  const result = { re: deliverRows(X.re, shape, k, dtype), im: deliverRows(X.im, shape, k, dtype) };
  if (!X.isFinite || dtype === "float32") {
    assertFinite(a, `${where}(x)`);
    refuseOverflow(where, result, dtype);
  }
  return result;
}

interface HalfRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Whether all of them are known to be finite; then so is x, of which a NaN or an infinity spreads over its whole row. */
  readonly isFinite: boolean;
}

function* halfTransform(where: string, rows: NdArray, n: number): Steps<HalfRows> {
  const half = Math.floor(n / 2) + 1;
  const m = levelsOf(n) - 1;
  const count = rows.size / n;
  if (m < LEAST_POWER || m > LARGEST_POWER) {
    const x = denseCopy(rows, "float64");
    const { re, im } = yield* transformRows([where, "x"], n, { re: x, im: new Float64Array(x.length) });
    return { re: heads(re, n, half), im: heads(im, n, half), isFinite: false };
  }
  const scope = openScope();
  try {
    const from = scope.alloc(8 * rows.size);
    yield* fillSteps(rows, "float64", from);
    const to = allocPlanar(scope, count * half);
    yield* realRows(scope, m, count, from, to);
    const re = yield* takeSteps(to.re, [count * half], "float64");
    const im = yield* takeSteps(to.im, [count * half], "float64");
    const isFinite = [to.re, to.im].every((at) => callKernel("firstNonFinite", "float64", count * half, at) < 0);
    return { re: re.data as Float64Array, im: im.data as Float64Array, isFinite };
  } finally {
    scope.release();
  }
}

/** The first `half` entries of every row of n. */
function heads(list: Float64Array, n: number, half: number): Float64Array {
  const out = new Float64Array((list.length / n) * half);
  for (let row = 0; row < list.length / n; row++) out.set(list.subarray(row * n, row * n + half), row * half);
  return out;
}

/** The generator behind `irfft` and `irfftAsync`; other algorithms reach it by `yield*`. */
export function* irfftSteps(
  where: string,
  spectrum: { readonly re: MatrixInput | VectorInput; readonly im: MatrixInput | VectorInput },
  n: number,
  options: RfftOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  assertKnownOptions(where, options, known);
  const { axis = -1 } = options;
  assertInteger(where, { n }, 1, Infinity);
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
  const x = yield* reverseTransform(where, rows, rowsAlong(b, k), n);
  const result = deliverRows(x, [...rows.shape.slice(0, -1), n], k, dtype);
  assertFinite(result, `${where}(result overflows ${dtype})`);
  return result;
}

function* reverseTransform(where: string, re: NdArray, im: NdArray, n: number): Steps<Float64Array> {
  const half = Math.floor(n / 2) + 1;
  const count = re.size / half;
  const m = levelsOf(n) - 1;
  if (m < LEAST_POWER || m > LARGEST_POWER) {
    const whole = mirrored(n, denseCopy(re, "float64"), denseCopy(im, "float64"));
    const x = yield* transformRows([where, "re"], n, { re: whole.im, im: whole.re }); // the inverse, parts swapped
    return x.im.map((value) => value / n);
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
function mirrored(n: number, re: Float64Array, im: Float64Array): { readonly re: Float64Array; readonly im: Float64Array } {
  const half = Math.floor(n / 2) + 1;
  const count = re.length / half;
  const out = { re: new Float64Array(n * count), im: new Float64Array(n * count) };
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < half; k++) {
      out.re[row * n + k] = out.re[row * n + ((n - k) % n)] = re[row * half + k]!;
      const isReal = k === 0 || 2 * k === n;
      out.im[row * n + k] = isReal ? 0 : im[row * half + k]!;
      if (!isReal) out.im[row * n + n - k] = -im[row * half + k]!;
    }
  }
  return out;
}
