/**
 * Products with an exponential kernel matrix that is never stored.
 *
 *   A  m × d      B  n × d      E_ij = exp(scale ⟨a_i, b_j⟩ − rowShift_i − columnShift_j)
 *
 * E itself, E X, or Eᵀ diag(weights) X. With shifts |a|²/2 and |b|²/2 and scale 1, E is the Gaussian kernel exp(−|a − b|²/2), whose exponents
 * `clamp` keeps at or below 0 in spite of round-off. Exponents below −55 (float32), −346 (float64) count as that.  Source: ours.
 */
import { asMatrix, vectorEntries } from "../array/operands.js";
import { denseCopy, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { take } from "../runtime/transfer.js";
import { runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { attentionPass, exponentialPass, LARGEST_WIDTH, packKeySet, paddedKeys, paddedWidth, type KeySet } from "./pass.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";
import { checkExponents } from "./exponents.js";
import { assertScale, carriesScale } from "./scale.js";
import { stageRows } from "./stage.js";
import { coreKernels } from "../kernels/core.js";

export interface ExpGemmOptions {
  /** 0, or of magnitude in [1e-300, 1e300]; for float32 operands in [8.2e-39, 1.17e38]. Default 1. */
  readonly scale?: number;
  /** [m], subtracted from the exponents of a row. Default 0. */
  readonly rowShift?: VectorInput;
  /** [n], subtracted from the exponents of a column. Default 0. */
  readonly columnShift?: VectorInput;
  /** Take exponents above 0 as 0; without `times` only. Default false. */
  readonly clamp?: boolean;
  /** X: [n, p], or [m, p] with `transposed`; the result is the product. Default: the result is E. */
  readonly times?: MatrixInput;
  /** Eᵀ X instead of E X. Default false. */
  readonly transposed?: boolean;
  /** [rows of X]: X's rows are multiplied by these first. Default 1. */
  readonly weights?: VectorInput;
}

const OPTION_NAMES = ["scale", "rowShift", "columnShift", "clamp", "times", "transposed", "weights"];

/**
 * E = exp(scale A Bᵀ − shifts), or its product with X.
 *
 * A building block of kernel methods; for softmax attention use `streamingAttention`.
 * @param A shape [m, d]; float32 or float64, any stride; d at most 2048.
 * @param B shape [n, d]; likewise.
 * @param options see ExpGemmOptions.
 * @returns E [m, n] in the dtype of A and B; or, with `times`, the product [m, p] ([n, p] transposed) in float64, summed in float64 across blocks of 192.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity, also in the product; AssumptionError when an exponent could exceed 87
 * (float32) or 709 (float64): pass shifts.
 * @complexity m n (d + p) multiply-adds and m n exponentials; no m × n buffer with `times`.
 * @source ours.
 * @example expGemmSync([[0]], [[1]], { rowShift: [0], columnShift: [0.5] }).get(0, 0) // -> 0.6065306597126334
 */
export function expGemm(A: MatrixInput, B: MatrixInput, options: ExpGemmOptions & RunControl = {}): Promise<NdArray> {
  return runAsync(expGemmSteps("expGemm", A, B, options, [...OPTION_NAMES, "signal", "onProgress", "threads"]), options, "expGemm");
}

/** `expGemm` on the calling thread: same arguments, same errors, same bits. */
export function expGemmSync(A: MatrixInput, B: MatrixInput, options: ExpGemmOptions = {}): NdArray {
  return runSync(expGemmSteps("expGemmSync", A, B, options));
}

/** The generator behind both. */
export function* expGemmSteps(
  where: string,
  A: MatrixInput,
  B: MatrixInput,
  options: ExpGemmOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  assertKnownOptions(where, options, known);
  const { scale = 1, clamp = false, transposed = false, times, weights } = options;
  if (scale !== 0) assertScale(where, scale);
  assertBoolean(where, { clamp, transposed });
  if (clamp && times !== undefined) throw new OptionError(where, "clamp", "no clamp beside times: subtract shifts instead", clamp);
  if (times === undefined && transposed) throw new OptionError(where, "transposed", "a right factor, times, to go with it", transposed);
  if (times === undefined && weights !== undefined)
    throw new OptionError(where, "weights", "a right factor, times, to go with it", weights);
  const a = rows(where, "A", A);
  const b = rows(where, "B", B);
  if (a.shape[1] !== b.shape[1]) throw new ShapeError(where, "B", `${a.shape[1] ?? 0} columns as A has`, b.shape);
  const dtype = promote(a, b);
  if (scale !== 0 && !carriesScale(dtype, scale)) throw new OptionError(where, "scale", "a scale that float32 holds", scale);
  const shifts = {
    row: shift(where, "rowShift", options.rowShift, a.shape[0] ?? 0),
    column: shift(where, "columnShift", options.columnShift, b.shape[0] ?? 0),
  };
  assertFinite(a, `${where}(A)`);
  assertFinite(b, `${where}(B)`);
  checkExponents(where, dtype, a, b, scale, shifts, clamp);
  const left = { points: a, shift: shifts.row, name: "A" };
  const right = { points: b, shift: shifts.column, name: "B" };
  const [queries, keys] = transposed ? [right, left] : [left, right];
  const X = times === undefined ? undefined : weighted(where, times, weights, keys.points.shape[0] ?? 0);
  const scope = openScope();
  try {
    return yield* product(scope, where, dtype, scale, queries, keys, X, clamp);
  } finally {
    scope.release();
  }
}

interface Side {
  readonly points: NdArray;
  readonly shift: Float64Array;
  readonly name: string;
}

function* product(
  scope: Scope,
  where: string,
  dtype: DType,
  scale: number,
  queries: Side,
  keys: Side,
  X: NdArray | undefined,
  clamp: boolean,
): Steps<NdArray> {
  const [n = 0, d = 0] = queries.points.shape;
  const m = keys.points.shape[0] ?? 0;
  const p = X?.shape[1] ?? 1;
  if (p === 0) return view(new Float64Array(0), [n, 0]);
  const width = paddedWidth(d);
  const factor = scale * Math.LOG2E;
  const queryRows = stageRows(scope, where, queries.name, queries.points, dtype, { factor, capacity: n, width, ones: false });
  const queryBias = stageShift(scope, dtype, queries.shift, Math.ceil(n / 8) * 8);
  const keySet = yield* stageKeySet(scope, where, dtype, keys, X, m, width);
  const pass = { dtype, queryCount: n, queries: queryRows, queryBias, keySet };
  if (X === undefined) {
    const out = scope.alloc(n * m * bytesOf(dtype));
    yield* exponentialPass(scope, { ...pass, out }, m, clamp);
    return finite(where, out, [n, m], dtype);
  }
  const out = scope.zeros(n * p * 8);
  yield* attentionPass(scope, { ...pass, out, raw: true, bounded: true });
  return finite(where, out, [n, p], "float64");
}

/** The operands are finite: what is not comes from their size. */
function finite(where: string, out: number, shape: readonly [number, number], dtype: DType): NdArray {
  const [n, m] = shape;
  const bad = callKernel(coreKernels, "firstNonFinite", dtype, n * m, out);
  const result = take(out, shape, dtype);
  if (bad >= 0) throw new NonFiniteError(where, "result overflows", result.data[bad]!, [Math.floor(bad / m), bad % m]);
  return result;
}

function* stageKeySet(
  scope: Scope,
  where: string,
  dtype: DType,
  side: Side,
  X: NdArray | undefined,
  m: number,
  width: number,
): Steps<KeySet> {
  const capacity = paddedKeys(m);
  const keys = stageRows(scope, where, side.name, side.points, dtype, { factor: 1, capacity, width, ones: false });
  const channels = X?.shape[1] ?? 1;
  const valueStride = paddedWidth(channels);
  const values =
    X === undefined
      ? scope.zeros(capacity * valueStride * bytesOf(dtype))
      : stageRows(scope, where, "times", X, dtype, { factor: 1, capacity, width: valueStride, ones: false });
  const bias = stageShift(scope, dtype, side.shift, capacity);
  return yield* packKeySet(scope, dtype, { count: m, depth: width, channels, keys, values, valueStride, bias });
}

/** −shift in units of log2, padded with zeros. */
function stageShift(scope: Scope, dtype: DType, values: Float64Array, capacity: number): number {
  const address = scope.zeros(capacity * bytesOf(dtype));
  const to = reals(dtype);
  for (let i = 0; i < values.length; i++) to[address / bytesOf(dtype) + i] = -(values[i] ?? 0) * Math.LOG2E;
  return address;
}

function rows(where: string, name: string, input: MatrixInput): NdArray {
  const A = asMatrix(input, `${where}(${name})`);
  if ((A.shape[1] ?? 0) > LARGEST_WIDTH) throw new ShapeError(where, name, `at most ${LARGEST_WIDTH} columns`, A.shape);
  return A;
}

function shift(where: string, name: string, input: VectorInput | undefined, length: number): Float64Array {
  if (input === undefined) return new Float64Array(length);
  const values = vectorEntries(input, length, `${where}(${name})`);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new NonFiniteError(where, name, values[bad] ?? NaN, [bad]);
  return values;
}

function weighted(where: string, times: MatrixInput, weights: VectorInput | undefined, length: number): NdArray {
  const X = rows(where, "times", times);
  if (X.shape[0] !== length) throw new ShapeError(where, "times", `${length} rows`, X.shape);
  if (weights === undefined) return X;
  const w = shift(where, "weights", weights, length);
  const data = denseCopy(X, "float64");
  const p = X.shape[1] ?? 0;
  for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) * (w[Math.floor(i / p)] ?? 0);
  return view(data, [length, p]);
}
