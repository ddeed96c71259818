/**
 * Gram matrices: the products of a matrix with its own transpose, half the work of a product of two.
 *
 *   A  m × n      columns: G = α AᵀA + β C₀, n × n      rows: G = α A Aᵀ + β C₀, m × m
 *
 * Only register tiles that hold an entry on or below the diagonal are computed; the rest is mirrored, so AᵀA is symmetric to the last bit.
 * By the order law of `matmul` its entries have the bits of matmul's.  Source: the BLIS loop order (Van Zee, van de Geijn).
 */
import { promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { zeros } from "../array/create.js";
import { indicesOf } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError } from "../errors.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { bytesOf } from "../runtime/dtype-kernels.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { placeSteps, takeSteps } from "../runtime/transfer.js";
import { gramCsr } from "../sparse/gram.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr } from "../sparse/structure.js";
import { checkCombination, combine, overflow, type Combination } from "./combine.js";
import { allocOperand, multiplyOperands, packOperand } from "./packed-product.js";
import { eachRowSteps } from "./work.js";

export interface GramOptions {
  /** "columns": AᵀA; "rows": A Aᵀ. Default "columns". */
  readonly side?: "columns" | "rows";
  /** α, finite. Default 1. */
  readonly alpha?: number;
  /** β, finite; at 0 `out` is not read. Default 0. */
  readonly beta?: number;
  /** C₀ and the place of the result: square, of the dtype of A, no two indices on one element, not overlapping A. */
  readonly out?: NdArray;
  /** Which entries to give, beside the diagonal. Those of the other triangle are zero, or in `out` stay as they are. Default "both". */
  readonly triangle?: "both" | "lower" | "upper";
}

const OPTION_NAMES = ["side", "alpha", "beta", "out", "triangle"];

/**
 * G = α AᵀA + β C₀, or α A Aᵀ + β C₀.
 *
 * For normal equations, kernels and covariances; for two different factors use `matmul`.
 * @param A shape [m, n]; float32 or float64, any stride. float32: computed and returned in float32. Or sparse: summed in float64, row by row.
 * @param options see GramOptions.
 * @returns shape [n, n], or [m, m] with side "rows"; the error bound of `matmul`, and its bits. With β = 0 exactly symmetric.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A, or when the product overflows.
 * @complexity m n² flops (m² n for rows); extra space for two packed copies of A.
 * @source Subquad; the BLIS loop order.
 * @example gram([[1, 2]]).get(0, 1) // -> 2
 */
export function gram(A: MatrixInput | CsrMatrix, options: GramOptions = {}): NdArray {
  return runSync(gramSteps("gram", A, options));
}

/** `gram` on the worker pool: same arguments, same errors, same bits. */
export function gramAsync(A: MatrixInput | CsrMatrix, options: GramOptions & RunControl = {}): Promise<NdArray> {
  return runAsync(gramSteps("gramAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "gramAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* gramSteps(
  where: string,
  A: MatrixInput | CsrMatrix,
  options: GramOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<NdArray> {
  assertKnownOptions(where, options, known);
  const { side = "columns", alpha = 1, beta = 0, out, triangle = "both" } = options;
  assertOneOf(where, { side }, ["columns", "rows"]);
  assertOneOf(where, { triangle }, ["both", "lower", "upper"]);
  const sparse = isCsr(A) ? asCsr(A, `${where}(A)`) : undefined;
  const input = sparse === undefined ? asMatrix(A as MatrixInput, `${where}(A)`) : view(sparse.values, [sparse.values.length]);
  const dtype = promote(input);
  const [rows = 0, columns = 0] = sparse?.shape ?? input.shape;
  const [n, k] = side === "columns" ? [columns, rows] : [rows, columns];
  const combination = { alpha, beta, out };
  checkCombination(where, combination, [n, n], dtype, [input]);
  const scope = openScope();
  try {
    if (n * k === 0) assertFinite(input, `${where}(A)`);
    const G =
      n * k === 0
        ? zeros([n, n], { dtype })
        : yield* sparse === undefined ? product(scope, where, input, side, dtype) : gramCsr(where, sparse, side);
    if (triangle === "both") return combine(where, G, combination);
    return combineTriangle(where, G, combination, triangle);
  } finally {
    scope.release();
  }
}

/** AᵀA or A Aᵀ, its lower triangle mirrored. */
function* product(scope: Scope, where: string, A: NdArray, side: "columns" | "rows", dtype: DType): Steps<NdArray> {
  const a = yield* placeSteps(scope, A, dtype, `${where}(A)`);
  const [down = 0, along = 0] = a.strides;
  const source = side === "columns" ? { across: along, along: down } : { across: down, along };
  const [n = 0, k = 0] = side === "columns" ? [...A.shape].reverse() : A.shape;
  const operand = { address: a.address, ...source };
  const left = yield* packOperand(scope, dtype, "left", operand, n, k, allocOperand(scope, dtype, "left", n, k));
  const right = yield* packOperand(scope, dtype, "right", operand, n, k, allocOperand(scope, dtype, "right", n, k));
  scope.free(a.address);
  const out = scope.alloc(n * n * bytesOf(dtype));
  yield* multiplyOperands(scope, dtype, left, right, out, { lower: true });
  const G = yield* takeSteps(out, [n, n], dtype);
  yield* mirror(G.data, n);
  yield* eachRowSteps(n, n, (i) => {
    let sum = 0;
    for (let q = i * n; q < i * n + n; q++) sum += G.data[q]! - G.data[q]!;
    if (sum === 0) return;
    const bad = G.data.findIndex((x) => !Number.isFinite(x));
    throw new NonFiniteError(where, overflow(dtype), G.data[bad]!, indicesOf(bad, G.shape));
  });
  return G;
}

/** Rows and columns of a square that is mirrored at once: its two images stay in cache. */
const MIRROR = 32;

/** G_ij ← G_ji for j > i. */
function* mirror(G: NdArray["data"], n: number): Steps<void> {
  yield* eachRowSteps(Math.ceil(n / MIRROR), MIRROR * n, (block) => {
    const [i0, i1] = [block * MIRROR, Math.min(n, block * MIRROR + MIRROR)];
    for (let j0 = 0; j0 < i1; j0 += MIRROR) {
      for (let i = i0; i < i1; i++) {
        const end = Math.min(i, j0 + MIRROR);
        for (let j = j0; j < end; j++) G[j * n + i] = G[i * n + j]!;
      }
    }
  });
}

/** `combine` for one triangle: of `out`, the other one stays as it is. */
function combineTriangle(where: string, product: NdArray, { alpha, beta, out }: Combination, triangle: "lower" | "upper"): NdArray {
  const n = product.shape[0] ?? 0;
  const G = product.data;
  const first = (i: number): number => (triangle === "lower" ? 0 : i);
  const end = (i: number): number => (triangle === "lower" ? i + 1 : n);
  const place = (i: number, j: number): number => out!.offset + i * out!.stride[0]! + j * out!.stride[1]!;
  for (let i = 0; i < n; i++) {
    G.fill(0, i * n, i * n + first(i));
    G.fill(0, i * n + end(i), i * n + n);
    for (let j = first(i); j < end(i); j++) {
      if (alpha !== 1) G[i * n + j] = alpha * G[i * n + j]!; // rounded to the dtype by the store, as in `combine`
      if (beta !== 0) G[i * n + j] = G[i * n + j]! + beta * out!.data[place(i, j)]!;
    }
  }
  if (alpha !== 1 || beta !== 0) assertFinite(product, `${where}(${overflow(promote(product))})`);
  if (out === undefined) return product;
  for (let i = 0; i < n; i++) for (let j = first(i); j < end(i); j++) out.data[place(i, j)] = G[i * n + j]!;
  return out;
}
