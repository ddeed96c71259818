/**
 * e^x entry by entry, in vector kernels.
 *
 * float32: relative error at most 1e-7 where the result is normal, exactly 0 below −87.34, Infinity above 88.72. float64: relative error at
 * most 1.5 u; subnormal results are rounded once more.
 * Source: range reduction by k ln 2 (Cody, Waite); float32 polynomial of Cephes expf.
 */
import { denseCopy, dtypeOf, gather } from "../array/cast.js";
import { asArray } from "../array/convert.js";
import { indicesOf, isRowMajor, sizeOf } from "../array/layout.js";
import { makeArray } from "../array/make-array.js";
import { assertSameOrApart, assertWritable, writeInto } from "../array/out.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError } from "../errors.js";
import { assertKnownOptions } from "../options.js";
import { openScope } from "../runtime/scope.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";
import { coreKernels } from "../kernels/core.js";
import { elementwiseKernels } from "../kernels/elementwise.js";

export interface ExpOptions {
  /** Where the result goes: the input's shape and dtype; it may be the input, or not overlap it. Default: a new array. */
  readonly out?: NdArray;
}

/** Entries that go through compute memory at a time; a multiple of 8. */
const CHUNK = 32768;

/**
 * e^x of every entry.
 *
 * @param x any shape; float32 or float64, any stride; entries finite.
 * @param options see ExpOptions.
 * @returns the input's shape and dtype, float32 or float64; entries that overflow are Infinity.
 * @throws ShapeError, OptionError on a bad `out`; NonFiniteError naming the index.
 * @complexity about 1 ns an entry in float32, 3 ns in float64, copies included.
 * @source Cephes expf; Taylor of degree 13 in float64.
 * @example exp([0, 1]).get(0) // -> 1
 */
export function exp(x: MatrixInput | VectorInput, options: ExpOptions = {}): NdArray {
  assertKnownOptions("exp", options, ["out"]);
  const X = asArray(x, "exp(x)");
  const dtype = dtypeOf(X);
  const { out } = options;
  if (out !== undefined) {
    assertWritable("exp", out, X.shape, dtype);
    assertSameOrApart("exp", out, X);
  }
  const result = exponentials(X, dtype);
  if (out === undefined) return view(result, X.shape);
  writeInto(out, result);
  return out;
}

/** In row-major order; a chunk goes through compute memory while it is in the cache. */
function exponentials(X: NdArray, dtype: DType): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const packed = isRowMajor(X.shape, X.stride) ? X : view(denseCopy(X, dtype), X.shape);
  const size = sizeOf(X.shape);
  const result = dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
  const scope = openScope();
  try {
    const address = scope.alloc(Math.min(CHUNK, roundUp(size)) * bytesOf(dtype));
    const first = address / bytesOf(dtype);
    for (let from = 0; from < size; from += CHUNK) {
      const count = Math.min(CHUNK, size - from);
      const values = reals(dtype)
        .subarray(first, first + roundUp(count))
        .fill(0, count);
      gather(makeArray(packed.data, [count], [1], packed.offset + from), values.subarray(0, count));
      const bad = callKernel(coreKernels, "firstNonFinite", dtype, count, address);
      if (bad >= 0) throw new NonFiniteError("exp", "x", values[bad]!, indicesOf(from + bad, X.shape));
      callKernel(elementwiseKernels, "exp", dtype, roundUp(count), address);
      result.set(values.subarray(0, count), from);
    }
    return result;
  } finally {
    scope.release();
  }
}

function roundUp(count: number): number {
  return Math.ceil(count / 8) * 8;
}
