/**
 * Circular convolution of rows.
 *
 *   x, y  n entries      z_k = Σ_j x_j y_((k − j) mod n)      Z = X ∘ Y in the Fourier domain
 *
 * Rows go in groups, so that no more than 64 spectra of each operand exist at a time.  Source: textbook, the convolution theorem.
 */
import { denseCopy, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { ShapeError } from "../errors.js";
import { assertKnownOptions } from "../options.js";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { blank } from "./axis.js";
import { assertSameShape } from "./fft.js";
import { irfftSteps } from "./irfft.js";
import { rfftSteps } from "./rfft.js";

/** Rows whose spectra exist at a time. */
const GROUP = 64;

/**
 * The circular convolution of each row of X with the same row of Y, along the last axis.
 *
 * Fast for lengths that are powers of two. For a convolution that is not circular, pad both with zeros.
 * @param X any shape of at least one axis; float32 or float64, any stride; entries finite.
 * @param Y the shape of X; likewise.
 * @returns the shape of X; float32 when both are. ‖error‖₂ ≤ 20 u log₂(n) ‖x‖₂ ‖y‖₂ a row in all our tests.
 * @throws ShapeError; NonFiniteError naming the index, or when the result overflows.
 * @complexity three real transforms a row.
 * @source textbook, the convolution theorem.
 * @example circularConvolve([1, 2, 3], [0, 1, 0]).get(0) // -> 3
 */
export function circularConvolve(X: MatrixInput | VectorInput, Y: MatrixInput | VectorInput): NdArray {
  return runSync(circularConvolveSteps("circularConvolve", X, Y));
}

/** `circularConvolve` on the worker pool: same arguments, same errors, same bits. */
export function circularConvolveAsync(
  X: MatrixInput | VectorInput,
  Y: MatrixInput | VectorInput,
  control: RunControl = {},
): Promise<NdArray> {
  return runAsync(circularConvolveSteps("circularConvolveAsync", X, Y, control), control, "circularConvolveAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* circularConvolveSteps(
  where: string,
  X: MatrixInput | VectorInput,
  Y: MatrixInput | VectorInput,
  control: RunControl = {},
): Steps<NdArray> {
  assertKnownOptions(where, control, RUN_CONTROL);
  const x = asArray(X, `${where}(X)`);
  const y = asArray(Y, `${where}(Y)`);
  const n = x.shape[x.shape.length - 1] ?? 0;
  if (n === 0) throw new ShapeError(where, "X", "at least one entry along the last axis", x.shape);
  assertSameShape(where, "Y", y, x);
  assertFinite(x, `${where}(X)`);
  assertFinite(y, `${where}(Y)`);
  const dtype = promote(x, y);
  const [a, b] = [denseCopy(x, "float64"), denseCopy(y, "float64")];
  const result = blank(x.shape, dtype);
  for (let first = 0; first < a.length; first += GROUP * n) {
    if (first > 0) yield rest();
    const end = Math.min(a.length, first + GROUP * n);
    const shape = [(end - first) / n, n];
    const P = yield* rfftSteps(where, view(a.subarray(first, end), shape));
    const Q = yield* rfftSteps(where, view(b.subarray(first, end), shape));
    multiply(P.re.data, P.im.data, Q.re.data, Q.im.data);
    const z = yield* irfftSteps(where, P, n);
    result.data.set(z.data, first);
  }
  assertFinite(result, `${where}(result overflows ${dtype})`);
  return result;
}

/** P <- P ∘ Q */
function multiply(ar: NdArray["data"], ai: NdArray["data"], br: NdArray["data"], bi: NdArray["data"]): void {
  for (let k = 0; k < ar.length; k++) {
    const a = ar[k]!;
    const b = ai[k]!;
    ar[k] = a * br[k]! - b * bi[k]!;
    ai[k] = a * bi[k]! + b * br[k]!;
  }
}
