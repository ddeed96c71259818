/**
 * Discrete Fourier transform of real rows.
 *
 *   x  n real entries      X_k = Σ_j x_j e^(−2πi jk/n), k = 0 … ⌊n/2⌋; the others are conjugates, X_(n−k) = conj X_k
 *
 * A power of two n = 2N: z_j = x_2j + i x_2j+1 is transformed in N complex points; Z_k ± conj Z_(N−k) are twice the transforms of the even and i times the
 * odd entries, which one more factor joins. Other lengths as complex rows.  Source: textbook.
 */
import { denseCopy, dtypeOf, gather } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import { isPackedVector, makeArray } from "../array/make-array.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { ShapeError } from "../errors.js";
import { SCRATCH_BYTES } from "../kernels/abi.js";
import { powerOfTwo } from "../math/bits.js";
import { assertKnownOptions } from "../options.js";
import { callKernel } from "../runtime/dtype-kernels.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { fillSteps, takeElements, takeSteps } from "../runtime/transfer.js";
import { ARGUMENT_BYTES, SHORT } from "./at-once.js";
import { axisOf, rowsAlong } from "./axis.js";
import { transformRows } from "./bluestein.js";
import { levelsOf } from "./levels.js";
import { allocPlanar, LARGEST_POWER, LEAST_POWER, realRows, realRowsAtOnce, scratchOfRows, WHOLE_POWER } from "./power-rows.js";
import { deliverRows, refuseOverflow, type Spectrum } from "./spectrum.js";
import { coreKernels } from "../kernels/core.js";

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
export function rfft(x: MatrixInput | VectorInput, options?: RfftOptions): Spectrum {
  return (options === undefined ? plainSpectrum(x) : undefined) ?? runSync(rfftSteps("rfft", x, options));
}

/** `rfft` on the worker pool: same arguments, same errors, same bits. */
export function rfftAsync(x: MatrixInput | VectorInput, options: RfftOptions & RunControl = {}): Promise<Spectrum> {
  return runAsync(rfftSteps("rfftAsync", x, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "rfftAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
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
  const m = levelsOf(n) - 1;
  const X = isShort(m, rows.size) ? halfAtOnce(rows, m, (rows.size / n) * (n / 2 + 1)) : yield* halfTransform(where, rows, n, m);
  const half = Math.floor(n / 2) + 1;
  const shape = rows.shape.slice();
  shape[shape.length - 1] = half;
  const result = { re: deliverRows(X.re, shape, k, dtype), im: deliverRows(X.im, shape, k, dtype) };
  if (!X.isFinite || dtype === "float32") {
    assertFinite(a, `${where}(x)`);
    refuseOverflow(where, result, dtype);
  }
  return result;
}

/** The spectrum of a packed float64 vector, if it is short, without options, and nothing is amiss: past all other checks. */
function plainSpectrum(x: object): Spectrum | undefined {
  if (!isPackedVector(x) || dtypeOf(x) !== "float64") return undefined;
  const n = x.data.length;
  const m = levelsOf(n) - 1;
  if (!isShort(m, n)) return undefined;
  const half = n / 2 + 1;
  const X = halfAtOnce(x, m, half);
  return X.isFinite ? { re: makeArray(X.re, [half], [1], 0), im: makeArray(X.im, [half], [1], 0) } : undefined;
}

function isShort(m: number, size: number): boolean {
  return m >= LEAST_POWER && m <= WHOLE_POWER && size * m < SHORT;
}

interface HalfRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Whether all of them are known to be finite; then so is x, of which a NaN or an infinity spreads over its whole row. */
  readonly isFinite: boolean;
}

function* halfTransform(where: string, rows: NdArray, n: number, m: number): Steps<HalfRows> {
  const half = Math.floor(n / 2) + 1;
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
    const isFinite = [to.re, to.im].every((at) => callKernel(coreKernels, "firstNonFinite", "float64", count * half, at) < 0);
    return { re: re.data as Float64Array, im: im.data as Float64Array, isFinite };
  } finally {
    scope.release();
  }
}

/** Few short rows, in one block of memory: behind what the kernel needs of the scratch, where they fit. */
function halfAtOnce(rows: NdArray, m: number, size: number): HalfRows {
  const needed = ARGUMENT_BYTES + 8 * (rows.size + 2 * size);
  const behind = scratchOfRows(m);
  const scope = behind + needed > SCRATCH_BYTES ? openScope() : undefined;
  try {
    const args = scope === undefined ? runtime().scratch + behind : scope.alloc(needed);
    const from = args + ARGUMENT_BYTES;
    const re = from + 8 * rows.size;
    const im = re + 8 * size;
    const kernels = kernelsOf(coreKernels);
    const { memory } = runtime();
    gather(rows, memory.f64, from / 8);
    realRowsAtOnce(args, m, rows.size / powerOfTwo(m + 1), from, { re, im });
    const isFinite = kernels.firstNonFiniteF64(2 * size, re) < 0;
    return { re: takeElements(re, size, "float64") as Float64Array, im: takeElements(im, size, "float64") as Float64Array, isFinite };
  } finally {
    scope?.release();
  }
}

/** The first `half` entries of every row of n. */
function heads(list: Float64Array, n: number, half: number): Float64Array {
  const out = new Float64Array((list.length / n) * half);
  for (let row = 0; row < list.length / n; row++) out.set(list.subarray(row * n, row * n + half), row * half);
  return out;
}
