/**
 * Matrix product, packed and blocked.
 *
 *   A  m × k      B  k × n      C = α op(A) op(B) + β C₀
 *
 * A and B are packed into panels of 256 along k, in slivers of 12 rows and of 32 bytes of columns; a register tile of 6 or 4 rows by
 * 8 (float32) or 4 (float64) columns does the rest. Transposes and strides cost nothing beyond the packing.
 * Order law: c_ij is the sum over panels of the sum inside a panel, both ascending, one accumulator each; so its bits depend on row i of A,
 * column j of B, and the backend alone: not on m, n, strides, `out`, tiles or threads.  Source: the BLIS loop order (Van Zee, van de Geijn).
 */
import { promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { zeros } from "../array/create.js";
import { indicesOf, isRowMajor, sizeOf } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { bytesOf, callKernel, reals } from "../runtime/dtype-kernels.js";
import { NonFiniteError, ShapeError } from "../errors.js";
import { assertBoolean, assertKnownOptions } from "../options.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { touchedRoom } from "../runtime/touched-room.js";
import { place, placeSteps, takeSteps, type Placed } from "../runtime/transfer.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { sparseProduct } from "../sparse/products.js";
import { asCsr } from "../sparse/structure.js";
import { checkCombination, combine, overflow, type Combination } from "./combine.js";
import { plainProduct, smallProduct, type Factor } from "./small-product.js";
import { allocOperand, multiplyOperands, packOperand } from "./packed-product.js";
import { coreKernels } from "../kernels/core.js";

export interface MatmulOptions {
  /** Use Aᵀ. Default false. */
  readonly transposeA?: boolean;
  /** Use Bᵀ. Default false. */
  readonly transposeB?: boolean;
  /** α, finite. Default 1. */
  readonly alpha?: number;
  /** β, finite; at 0 `out` is not read. Default 0. */
  readonly beta?: number;
  /** C₀ and the place of the result: [m, n] of the result's dtype, no two indices on one element, not overlapping A or B. */
  readonly out?: NdArray;
}

const OPTION_NAMES = ["transposeA", "transposeB", "alpha", "beta", "out"];

/**
 * C = α op(A) op(B) + β C₀.
 *
 * For products of dense matrices of any shape; below some 8 × 8 a plain loop is as fast.
 * @param A shape [m, k] ([k, m] with transposeA); float32 or float64, any stride; or sparse. Both float32: computed and returned in float32.
 * @param B shape [k, n] ([n, k] with transposeB); likewise.
 * @param options see MatmulOptions.
 * @returns shape [m, n]; |C − exact| ≤ γ_(256 + ⌈k/256⌉ + 2) |A||B| entry by entry, γ_j = j u / (1 − j u), fused or not, and half a
 * smallest number (times |α|) for each product that underflows. A sparse: γ_(c + 1) |A||B| with c the most entries of a row of op(A).
 * @throws ShapeError when shapes do not agree; OptionError; NonFiniteError for NaN or Infinity in A or B, or when the product overflows.
 * @complexity 2 m n k flops, 2 nnz n for a sparse A; extra space for packed copies of A and B.
 * @source Subquad; the BLIS loop order.
 * @example matmul([[1, 2]], [[3], [4]]).get(0, 0) // -> 11
 */
export function matmul(A: MatrixInput | CsrMatrix, B: MatrixInput, options?: MatmulOptions): NdArray {
  const plain = options === undefined ? plainProduct(A, B) : undefined;
  if (plain !== undefined) return plain;
  const call = checked("matmul", A, B, options, OPTION_NAMES);
  return ifSmall(call) ?? runSync(product(call));
}

/** `matmul` on the worker pool: same arguments, same errors, same bits. */
export function matmulAsync(A: MatrixInput | CsrMatrix, B: MatrixInput, options: MatmulOptions & RunControl = {}): Promise<NdArray> {
  return runAsync(matmulSteps("matmulAsync", A, B, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "matmulAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* matmulSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  B: MatrixInput,
  options: MatmulOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  const call = checked(where, A, B, options, known);
  return ifSmall(call) ?? (yield* product(call));
}

/** What a call asks for: a sparse A as it was given, or dense factors that fit together. */
type Call = SparseCall | DenseCall;

interface SparseCall {
  readonly where: string;
  readonly sparse: CsrMatrix;
  readonly B: MatrixInput;
  readonly options: Required<Omit<MatmulOptions, "out">> & Combination;
}

interface DenseCall extends Combination {
  readonly where: string;
  readonly sparse: undefined;
  readonly left: Factor;
  readonly right: Factor;
  /** op(A) is m × k, op(B) k × n. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: DType;
}

function checked(where: string, A: MatrixInput | CsrMatrix, B: MatrixInput, options: MatmulOptions = {}, known: readonly string[]): Call {
  assertKnownOptions(where, options, known);
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0, out } = options;
  assertBoolean(where, { transposeA, transposeB });
  if (isCsr(A)) return { where, sparse: A, B, options: { transposeA, transposeB, alpha, beta, out } };
  const left = { stored: asMatrix(A, `${where}(A)`), isTransposed: transposeA };
  const right = { stored: asMatrix(B, `${where}(B)`), isTransposed: transposeB };
  const m = left.stored.shape[transposeA ? 1 : 0]!;
  const k = left.stored.shape[transposeA ? 0 : 1]!;
  const n = right.stored.shape[transposeB ? 0 : 1]!;
  if (right.stored.shape[transposeB ? 1 : 0] !== k) {
    const rule = `${k} ${transposeB ? "columns" : "rows"} to match the ${transposeA ? "rows" : "columns"} of A`;
    throw new ShapeError(where, "B", rule, right.stored.shape);
  }
  const dtype = promote(left.stored, right.stored);
  checkCombination(where, { alpha, beta, out }, [m, n], dtype, [left.stored, right.stored]);
  return { where, sparse: undefined, left, right, m, n, k, dtype, alpha, beta, out };
}

/** The product, if it is so small that it has no use for a generator. */
function ifSmall(call: Call): NdArray | undefined {
  if (call.sparse !== undefined || call.m * call.n * call.k === 0) return undefined;
  const C = smallProduct(call.left, call.right, call.m, call.n, call.k, call.dtype);
  return C === undefined ? undefined : combine(call.where, C, call);
}

function* product(call: Call): Steps<NdArray> {
  if (call.sparse !== undefined) return yield* sparseProduct(call.where, asCsr(call.sparse, `${call.where}(A)`), call.B, call.options);
  const { m, n, k } = call;
  if (m * n * k === 0) return combine(call.where, emptyProduct(call), call);
  const { out, alpha, beta } = call;
  const isPlain = out !== undefined && alpha === 1 && beta === 0 && isRowMajor(out.shape, out.stride);
  const scope = openScope();
  try {
    if (isPlain) return yield* multiply(scope, call, out);
    return combine(call.where, yield* multiply(scope, call), call);
  } finally {
    scope.release();
  }
}

/** The product of factors one of which has no elements: the other may have some. */
function emptyProduct({ where, left, right, m, n, dtype }: DenseCall): NdArray {
  assertFinite(left.stored, `${where}(A)`);
  assertFinite(right.stored, `${where}(B)`);
  return zeros([m, n], { dtype });
}

/** The product, in a new array or in `target`, which is written once nothing can fail any more. */
function* multiply(scope: Scope, { where, left: A, right: B, m, n, k, dtype }: DenseCall, target?: NdArray): Steps<NdArray> {
  const a = yield* placeSteps(scope, A.stored, dtype, `${where}(A)`);
  const [down = 0, along = 0] = a.strides;
  const rows = A.isTransposed ? { address: a.address, across: along, along: down } : { address: a.address, across: down, along };
  const early = earlyPlace(scope, B.stored, dtype, `${where}(B)`);
  const packedA = allocOperand(scope, dtype, "left", m, k);
  const left = yield* packOperand(scope, dtype, "left", rows, m, k, packedA, 1, early.meanwhile);
  const b = early.placed() ?? (yield* placeSteps(scope, B.stored, dtype, `${where}(B)`));
  const [deep = 0, across = 0] = b.strides;
  const columns = B.isTransposed ? { address: b.address, across: deep, along: across } : { address: b.address, across, along: deep };
  const right = yield* packOperand(scope, dtype, "right", columns, n, k, allocOperand(scope, dtype, "right", n, k));
  scope.free(a.address);
  scope.free(b.address);
  const out = scope.alloc(m * n * bytesOf(dtype));
  let room: Float32Array | Float64Array | undefined;
  const meanwhile = (): void => {
    if (target === undefined) room = touchedRoom(m * n, dtype);
  };
  yield* multiplyOperands(scope, dtype, left, right, out, { meanwhile });
  const bad = callKernel(coreKernels, "firstNonFinite", dtype, m * n, out);
  if (target !== undefined && bad < 0) {
    const first = out / bytesOf(dtype);
    target.data.set(reals(dtype).subarray(first, first + m * n), target.offset); // at once: an abort must not leave half of it
    return target;
  }
  const C = yield* takeSteps(out, [m, n], dtype, room);
  if (bad >= 0) throw new NonFiniteError(where, overflow(dtype), C.data[bad]!, indicesOf(bad, C.shape));
  return C;
}

/** Bytes of a factor that may be copied at once: a few milliseconds. */
const MOST_AT_ONCE = 8 * 1024 * 1024;

interface EarlyPlace {
  readonly meanwhile: () => void;
  /** The copy, if it was made. */
  readonly placed: () => Placed | undefined;
}

/** Copies a factor, if it is not large, while the pool packs the other; what that throws is thrown when the copy is asked for. */
function earlyPlace(scope: Scope, A: NdArray, dtype: DType, site: string): EarlyPlace {
  let copy: () => Placed | undefined = () => undefined;
  return {
    meanwhile: () => {
      if (sizeOf(A.shape) * bytesOf(dtype) > MOST_AT_ONCE) return;
      try {
        const placed = place(scope, A, dtype, site);
        copy = () => placed;
      } catch (error) {
        copy = () => {
          throw error;
        };
      }
    },
    placed: () => copy(),
  };
}
