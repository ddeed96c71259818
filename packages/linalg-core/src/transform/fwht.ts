/**
 * Fast Walsh-Hadamard transform.
 *
 *   x  n = 2^m entries      H_n = H_2 ⊗ … ⊗ H_2, H_2 = [[1, 1], [1, −1]]      y = H_n x, in the natural (Hadamard) order;  H_n H_n = n I
 *
 * m levels of (a, b) → (a + b, a − b) for entries h apart, h = 1, 2, 4, …: the bits of a row depend on that row alone, not on axis, strides,
 * blocks or threads. Each output is a sum of n terms added in a binary tree: |error| ≤ γ_m Σ|x|.  Source: textbook.
 */
import { dtypeOf, gather } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asArray } from "../array/convert.js";
import { zeros } from "../array/create.js";
import { isPackedVector } from "../array/make-array.js";
import { indicesOf } from "../array/layout.js";
import { assertSameOrApart, assertWritable, writeInto } from "../array/out.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { SCRATCH_BYTES } from "../kernels/abi.js";
import { bytesOf, callKernel, reals, runTiles } from "../runtime/dtype-kernels.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { fillSteps, take, takeSteps } from "../runtime/transfer.js";
import { powerOfTwo } from "../math/bits.js";
import { ARGUMENT_BYTES, fillArguments, SHORT } from "./at-once.js";
import { axisOf, blank, indexAlong, rowsAlong } from "./axis.js";
import { levelsOf } from "./levels.js";
import { coreKernels } from "../kernels/core.js";
import { transformKernels } from "../kernels/transform.js";

export interface FwhtOptions {
  /** The axis to transform; −1 is the last. Default −1. */
  readonly axis?: number;
  /** Times n^(−1/2), so that the transform is orthogonal and its own inverse. Default false. */
  readonly normalize?: boolean;
  /** Where the result goes: the input's shape and dtype; it may be the input, or not overlap it. Default: a new array. */
  readonly out?: NdArray;
}

const OPTION_NAMES = ["axis", "normalize", "out"];

/** Rows longer than this are transformed in parts, so that tiles stay short. */
const PART_BYTES = 2 ** 20;
/** Columns of the parts that one tile of a level across them takes. */
const COLUMN_BYTES = 2 ** 16;

/**
 * H_n x for every row x along one axis.
 *
 * Lengths are powers of two: padding, which changes the transform, is the caller's act.
 * @param X any shape; float32 or float64, any stride; entries finite.
 * @param options see FwhtOptions.
 * @returns the input's shape and dtype, float32 or float64; |error| ≤ γ_m Σ|x| along the row, 0 for integers whose sums have no more than 24 (53) bits.
 * @throws ShapeError when the length is no power of two, OptionError; NonFiniteError naming the index, or when a sum overflows.
 * @complexity n log2 n additions a row; extra space for two copies.
 * @source textbook.
 * @example fwht([1, 0, 0, 2]).get(3) // -> 3
 */
export function fwht(X: MatrixInput | VectorInput, options?: FwhtOptions): NdArray {
  const call = (options === undefined ? plainCall("fwht", X) : undefined) ?? checked("fwht", X, options, OPTION_NAMES);
  return ifShort(call) ?? runSync(transform(call));
}

/** `fwht` on the worker pool: same arguments, same errors, same bits. */
export function fwhtAsync(X: MatrixInput | VectorInput, options: FwhtOptions & RunControl = {}): Promise<NdArray> {
  return runAsync(fwhtSteps("fwhtAsync", X, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "fwhtAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* fwhtSteps(
  where: string,
  X: MatrixInput | VectorInput,
  options: FwhtOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  const call = checked(where, X, options, known);
  return ifShort(call) ?? (yield* transform(call));
}

interface Call {
  readonly where: string;
  readonly x: NdArray;
  /** x with the axis moved to the end. */
  readonly rows: NdArray;
  readonly k: number;
  readonly n: number;
  /** n = 2^m. */
  readonly m: number;
  readonly dtype: DType;
  readonly factor: number;
  readonly out: NdArray | undefined;
}

/** The call for a packed vector without options, past the checks that it cannot fail; undefined for anything else. */
function plainCall(where: string, X: object): Call | undefined {
  if (!isPackedVector(X)) return undefined;
  const n = X.data.length;
  const m = levelsOf(n);
  return m < 0 ? undefined : { where, x: X, rows: X, k: 0, n, m, dtype: dtypeOf(X), factor: 1, out: undefined };
}

function checked(where: string, X: MatrixInput | VectorInput, options: FwhtOptions = {}, known: readonly string[]): Call {
  assertKnownOptions(where, options, known);
  const { axis = -1, normalize = false, out } = options;
  assertBoolean(where, { normalize });
  const x = asArray(X, `${where}(X)`);
  const k = axisOf(where, "X", axis, x);
  const n = x.shape[k]!;
  const m = levelsOf(n);
  if (m < 0) throw new ShapeError(where, "X", `a power of two as the length of axis ${k}`, x.shape);
  const dtype = dtypeOf(x);
  if (out !== undefined) {
    assertWritable(where, out, x.shape, dtype);
    assertSameOrApart(where, out, x);
  }
  const factor = normalize ? powerOfTwo(-m >> 1) * (m % 2 === 0 ? 1 : Math.SQRT2) : 1;
  return { where, x, rows: rowsAlong(x, k), k, n, m, dtype, factor, out };
}

/** The result, if it is so short that it has no use for a generator. */
function ifShort(call: Call): NdArray | undefined {
  const { size } = call.x;
  if (size === 0) return call.out ?? zeros(call.x.shape, { dtype: call.dtype });
  return size * call.m < SHORT ? transformAtOnce(call) : undefined;
}

/** Few rows: in place, in one call of the kernel, in the thread's scratch where they fit. */
function transformAtOnce(call: Call): NdArray {
  const { rows, n, dtype, factor } = call;
  const { size } = rows;
  const bytes = bytesOf(dtype);
  const count = size / n;
  const needed = ARGUMENT_BYTES + size * bytes + 16 * count;
  const scope = needed > SCRATCH_BYTES ? openScope() : undefined;
  try {
    const args = scope === undefined ? runtime().scratch : scope.alloc(needed);
    const kernels = kernelsOf(transformKernels);
    const { scratch } = runtime();
    const address = args + ARGUMENT_BYTES;
    const seen = address + size * bytes;
    const data = reals(dtype);
    const first = address / bytes;
    gather(rows, data, first);
    fillArguments(args, factor, [n, count, count, address, address, seen]);
    (dtype === "float32" ? kernels.fwhtF32 : kernels.fwhtF64)(args, 0, scratch);
    if (!provesFinite(dtype, count, n, seen)) {
      assertFinite(call.x, `${call.where}(X)`);
      refuseOverflow(call, address);
    }
    if (call.out === undefined && rows === call.x) return take(address, rows.shape, dtype);
    const result = call.out ?? blank(call.x.shape, dtype);
    writeInto(rowsAlong(result, call.k), data.subarray(first, first + size));
    return result;
  } finally {
    scope?.release();
  }
}

/** Many rows or long ones: tiles of whole rows, then, of rows longer than a mebibyte, levels across their parts. */
function* transform(call: Call): Steps<NdArray> {
  const { rows, n, dtype, factor } = call;
  const { size } = rows;
  const bytes = bytesOf(dtype);
  const part = Math.min(n, PART_BYTES / bytes);
  const parts = size / part;
  const perTile = PART_BYTES / bytes / part;
  const scope = openScope();
  try {
    let spare = scope.alloc(size * bytes);
    yield* fillSteps(rows, dtype, spare);
    const seen = scope.alloc(16 * parts);
    let address = scope.alloc(size * bytes);
    const args = scope.args([part, parts, perTile, spare, address, seen], [part === n ? factor : 1]);
    yield* runTiles(transformKernels, "fwht", dtype, args, Math.ceil(parts / perTile), size * levelsOf(part));
    const isFinite = provesFinite(dtype, parts, n, seen);
    if (!isFinite) assertFinite(call.x, `${call.where}(X)`);
    for (let h = part; h < n;) {
      const count = Math.min(8, n / h);
      const across = scope.args([count, h * bytes, COLUMN_BYTES, address, spare], [h * count === n ? factor : 1]);
      yield* runTiles(transformKernels, "fwhtAcross", dtype, across, (size * bytes) / (count * COLUMN_BYTES), size * levelsOf(count));
      [address, spare] = [spare, address];
      h *= count;
    }
    if (!isFinite) refuseOverflow(call, address);
    const transformed = yield* takeSteps(address, rows.shape, dtype);
    if (call.out === undefined && rows === call.x) return transformed;
    const result = call.out ?? blank(call.x.shape, dtype);
    writeInto(rowsAlong(result, call.k), transformed.data);
    return result;
  } finally {
    scope.release();
  }
}

/** From the largest words of all rows, shifted by one: no entry reaches 2^(exponent + 1), so that no sum of n entries reaches 2^(exponent + 1) n. */
function provesFinite(dtype: DType, rows: number, n: number, seen: number): boolean {
  const { i32 } = runtime().memory;
  let largest = 0;
  const step = bytesOf(dtype) / 4;
  for (let p = seen / 4 + step - 1, end = seen / 4 + 4 * rows; p < end; p += step) largest = Math.max(largest, i32[p]! >>> 0);
  const exponent = dtype === "float32" ? largest >>> 24 : largest >>> 21;
  return exponent + 1 + levelsOf(n) < (dtype === "float32" ? 0xff : 0x7ff);
}

/** X is finite: whatever is not comes from a sum. */
function refuseOverflow({ where, rows, k, dtype }: Call, address: number): void {
  const bad = callKernel(coreKernels, "firstNonFinite", dtype, rows.size, address);
  if (bad < 0) return;
  const value = reals(dtype)[address / bytesOf(dtype) + bad]!;
  throw new NonFiniteError(where, `result overflows ${dtype}`, value, indexAlong(indicesOf(bad, rows.shape), k));
}
