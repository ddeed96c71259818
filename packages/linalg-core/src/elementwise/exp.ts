/**
 * e^x entry by entry, in vector kernels.
 *
 * float32: relative error at most 1e-7 where the result is normal, exactly 0 below −87.34, Infinity above 88.72. float64: relative error at
 * most 1.5 u; subnormal results are rounded once more.
 * Source: range reduction by k ln 2 (Cody, Waite); float32 polynomial of Cephes expf.
 */
import { asArray } from "../array/convert.js";
import { denseCopy, dtypeOf } from "../array/cast.js";
import { indicesOf } from "../array/layout.js";
import { assertWritable, writeInto } from "../array/out.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { NonFiniteError } from "../errors.js";
import { assertKnownOptions } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { take } from "../runtime/transfer.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";

export interface ExpOptions {
  /** Where the result goes: the input's shape and dtype; it may be the input. Default: a new array. */
  readonly out?: NdArray;
}

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
  if (out !== undefined) assertWritable("exp", out, X.shape, dtype);
  const values = denseCopy(X, dtype);
  const scope = openScope();
  try {
    const count = Math.ceil(values.length / 4) * 4;
    const address = scope.zeros(count * bytesOf(dtype));
    reals(dtype).set(values, address / bytesOf(dtype));
    const bad = callKernel("firstNonFinite", dtype, values.length, address);
    if (bad >= 0) throw new NonFiniteError("exp", "x", values[bad]!, indicesOf(bad, X.shape));
    const kernels = runtime().kernels;
    (dtype === "float32" ? kernels.expF32 : kernels.expF64)(count, address);
    const result = take(address, X.shape, dtype);
    if (out === undefined) return result;
    writeInto(out, result.data);
    return out;
  } finally {
    scope.release();
  }
}
