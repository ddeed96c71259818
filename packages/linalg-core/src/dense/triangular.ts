/**
 * Solves with a triangular matrix.
 *
 *   T  n × n  triangular; the other triangle does not count      B  n × p      op(T) X = B, or X op(T) = B
 *
 * Substitution in float64, whatever the dtype of the inputs, by blocks of 64 and products between them: (T + ΔT) X = B with |ΔT| ≤
 * γ_(n + ⌈n/64⌉) |T|, column by column.  Source: textbook.
 */
import { denseCopy, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asMatrix, asSquareMatrix } from "../array/operands.js";
import type { MatrixInput, NdArray } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import { RankDeficientError, ShapeError } from "../errors.js";
import { assertBoolean, assertKnownOptions, assertOneOf } from "../options.js";
import { openScope } from "../runtime/scope.js";
import { runSync, type Steps } from "../runtime/steps.js";
import { placeSteps } from "../runtime/transfer.js";
import { checkCombination, combine, overflow } from "./combine.js";
import { substitute, type Triangle } from "./substitution.js";
import { allocRows, entriesOf, loadRows, takeRows } from "./work.js";

export interface SolveTriangularOptions {
  /** T is upper triangular. Default false: lower. */
  readonly upper?: boolean;
  /** op(T) = Tᵀ. Default false. */
  readonly transpose?: boolean;
  /** The diagonal counts as ones, whatever stands there. Default false. */
  readonly unitDiagonal?: boolean;
  /** "left": op(T) X = B; "right": X op(T) = B. Default "left". */
  readonly side?: "left" | "right";
  /** The place of the result: the shape of B, the dtype of X, no two indices on one element, not overlapping T or B. Default a new array. */
  readonly out?: NdArray;
}

/**
 * X with op(T) X = B (or X op(T) = B).
 *
 * @param T shape [n, n]; float32 or float64, any stride; finite throughout, also where it does not count.
 * @param B shape [n, p], or [p, n] with side "right"; likewise.
 * @param options see SolveTriangularOptions.
 * @returns X, the shape of B; float32 when both inputs are.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in T or B, or when X overflows; RankDeficientError naming the zero on the
 * diagonal.
 * @complexity n² p multiply-adds.
 * @source textbook forward and back substitution.
 * @example solveTriangular([[2, 0], [1, 1]], [[2], [3]]).get(1, 0) // -> 2
 */
export function solveTriangular(T: MatrixInput, B: MatrixInput, options: SolveTriangularOptions = {}): NdArray {
  const where = "solveTriangular";
  assertKnownOptions(where, options, ["upper", "transpose", "unitDiagonal", "side", "out"]);
  const { upper = false, transpose: transposed = false, unitDiagonal = false, side = "left", out } = options;
  assertBoolean(where, { upper, transpose: transposed, unitDiagonal });
  assertOneOf(where, { side }, ["left", "right"]);
  const t = asSquareMatrix(T, `${where}(T)`);
  const b = asMatrix(B, `${where}(B)`);
  const n = t.shape[0] ?? 0;
  if (b.shape[side === "left" ? 0 : 1] !== n) {
    throw new ShapeError(where, "B", side === "left" ? `a matrix of ${n} rows` : `a matrix of ${n} columns`, b.shape);
  }
  const dtype = promote(t, b);
  if (out !== undefined) checkCombination(where, { alpha: 1, beta: 0, out }, b.shape, dtype, [t, b]);
  assertFinite(t, `${where}(T)`);
  assertFinite(b, `${where}(B)`);
  if (!unitDiagonal) refuseZeroPivot(where, t);
  // X op(T) = B is op(T)ᵀ Xᵀ = Bᵀ
  const [operand, rightSide] = side === "left" ? [t, b] : [transpose(t), transpose(b)];
  const isLower = upper === (side === "right") ? !transposed : transposed;
  const X = runSync(solveSteps(where, transposed ? transpose(operand) : operand, rightSide, { isLower, isUnit: unitDiagonal }));
  const result = view(denseCopy(side === "left" ? X : transpose(X), dtype), b.shape);
  return combine(where, checked(result, `${where}(${overflow(dtype)})`), { alpha: 1, beta: 0, out });
}

/** T X = B in float64; strides carry transposes. */
function* solveSteps(where: string, T: NdArray, B: NdArray, triangle: Triangle): Steps<NdArray> {
  const [n = 0, p = 0] = B.shape;
  const scope = openScope();
  try {
    const { address, strides } = yield* placeSteps(scope, T, "float64", `${where}(T)`);
    const block = { address, rows: n, columns: n, rowBytes: strides[0] ?? 0, columnBytes: strides[1] ?? 0 };
    const X = allocRows(scope, n, p);
    yield* loadRows(X, yield* entriesOf(B));
    yield* substitute(scope, block, X, triangle);
    return view(yield* takeRows(X), [n, p]);
  } finally {
    scope.release();
  }
}

function checked(X: NdArray, site: string): NdArray {
  assertFinite(X, site);
  return X;
}

function refuseZeroPivot(where: string, T: NdArray): void {
  const n = T.shape[0] ?? 0;
  const step = (T.stride[0] ?? 0) + (T.stride[1] ?? 0);
  for (let i = 0; i < n; i++) {
    const pivot = T.data[T.offset + i * step] ?? 0;
    if (pivot === 0) throw new RankDeficientError(where, { column: i, pivot, remedy: "use a least squares solver for a singular matrix" });
  }
}
