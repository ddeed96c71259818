/**
 * A in the coordinates that make its sketch orthonormal.
 *
 *   A  n × d      M  m × d  a sketch of A      D  powers of two that bring the columns of M D near 1      M D P = Q R, pivoted
 *   r  numerical rank      J  the first r columns of P      X = (A D)[:, J] R⁻¹  n × r      κ = ‖ |R| |R⁻¹| ‖_F
 *
 * For z = R y: ‖M D y‖ = ‖Q z‖ and ‖A D y‖ = ‖X z‖, so the singular values of X say how well M stands for A. X is made a block of rows at a time.
 *
 *   r < d   by substitution: a computed row x̂ is that of R + ΔR with |ΔR| ≤ γ |R|, hence ‖x̂ − x‖ ≤ γ κ ‖x̂‖; columns that are lost need it (losses.ts)
 *   r = d   x̂ = fl(a T), T = fl(R⁻¹) column by column: R T = I + E, |E| ≤ γ |R| |T|, and a = x R, hence ‖x̂ − x‖ ≤ 2γ κ ‖x‖ and a product is all it takes
 *
 * Source: blendenpik's preconditioner; the rounding of substitution and of products.
 */
import {
  csr,
  denseCopy,
  gram,
  identity,
  matmul,
  selectColumns,
  slice,
  solveTriangular,
  view,
  type CsrMatrix,
  type NdArray,
} from "@subquad/linalg-core";
import { exponentOf, powerOfTwo, scaleByPowerOfTwo } from "@subquad/linalg-core/kernels";
import { qrSteps, rest, type Steps } from "@subquad/linalg-core/steps";
import { UNIT } from "./round-off.js";
import { rowsOf, shapeOf, type Rows } from "./rows.js";
import { squaredNorm } from "./sums.js";

export interface Whitening {
  readonly rank: number;
  /** P: J, then the other columns. */
  readonly order: Int32Array;
  /** log2 D. */
  readonly exponents: Int32Array;
  /** [r, r] upper triangular. */
  readonly R: NdArray;
  /** R⁻¹, each column by substitution. */
  readonly inverse: NdArray;
  /** [r, d − r]: R⁻¹ of it gives the other columns from those of J. */
  readonly beside: NdArray;
  /** κ; 0 for r = 0. */
  readonly condition: number;
  /** | ‖M D y‖ − ‖z‖ | ≤ slack ‖z‖, for y with support J: what Q lacks of orthonormal columns, and Q R of M D P. */
  readonly slack: number;
}

/** Rows of a block: enough for products inside, few enough for turns of the event loop. */
const BLOCK_WORK = 2 ** 26;
const [LEAST_ROWS, MOST_ROWS] = [128, 1024];
/** Of columns of A for which a product with D R⁻¹, or with D R⁻¹ Ω of normals Ω, cannot overflow. */
const MOST_EXPONENT = 900;
/** Of entries of A D, so that X, larger by κ at most, can be squared. */
const LARGEST_EXPONENT = 400;

/** M D P = Q R. A column of M without entries has D = 1. */
export function* whitenSteps(where: string, M: NdArray, rankTolerance?: number): Steps<Whitening> {
  const [m = 0, d = 0] = M.shape;
  const scaled = denseCopy(M, "float64");
  const exponents = columnExponents(scaled, d);
  scaleColumns(scaled, d, exponents);
  const options = { pivot: true, certify: true, ...(rankTolerance === undefined ? {} : { rankTolerance }) };
  const { Q, R, permutation = new Int32Array(0), rank, certificate } = yield* qrSteps(where, view(scaled, [m, d]), options);
  const leading = view(denseCopy(slice(R, [0, rank], [0, rank]), "float64"), [rank, rank]);
  const inverse = rank === 0 ? leading : solveTriangular(leading, identity(rank), { upper: true });
  yield rest();
  const residual = certificate.kind === "deterministic" ? certificate.bound * frobenius(scaled) : Infinity;
  const slack = rank === 0 ? 0 : departure(Q!, rank) + residual * frobenius(denseCopy(inverse, "float64"));
  return {
    rank,
    order: permutation,
    exponents,
    R: leading,
    inverse,
    beside: view(denseCopy(slice(R, [0, rank], [rank, d]), "float64"), [rank, d - rank]),
    condition: productOfMagnitudes(leading, inverse),
    slack,
  };
}

/**
 * Calls `visit` with X, or with X L⁻ᵀ for a lower triangular L of small condition, the other columns of A D, and the first row of each block; A was
 * checked to be finite.
 */
export function* whitenedBlocks(
  A: Rows,
  W: Whitening,
  visit: (X: NdArray, others: NdArray, first: number) => void,
  L?: NdArray,
): Steps<void> {
  const [n, d] = shapeOf(A);
  const { rank: r } = W;
  const step = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(BLOCK_WORK / (1 + d * r))));
  const T = r === d && r > 0 && !isFar(W) ? inverseOf(W, L) : undefined;
  for (let from = 0; from < n; from += step) {
    yield rest();
    const rows = Math.min(step, n - from);
    if (T !== undefined) {
      const block = "dense" in A ? slice(A.dense, [from, from + rows]) : view(rowsOf(A, from, from + rows), [rows, d]);
      visit(matmul(block, T), view(new Float64Array(0), [rows, 0]), from);
      continue;
    }
    const { kept, others } = sorted(rowsOf(A, from, from + rows), W);
    const X = r === 0 ? view(kept, [rows, 0]) : solveTriangular(W.R, view(kept, [rows, r]), { upper: true, side: "right" });
    const whole = L === undefined || r === 0 ? X : solveTriangular(L, X, { transpose: true, side: "right" });
    visit(whole, view(others, [rows, d - r]), from);
  }
}

/** D P R⁻¹, or D P R⁻¹ L⁻ᵀ, of full rank: A times it is X, or X L⁻ᵀ. */
function inverseOf(W: Whitening, L?: NdArray): NdArray {
  return placed(W, L === undefined ? W.inverse : solveTriangular(L, W.inverse, { transpose: true, side: "right" }));
}

/** D P T for T [r, k]: [d, k], so that A times it is (A D)[:, J] T. */
export function placed({ rank: r, order, exponents }: Whitening, T: NdArray): NdArray {
  const [, k = 0] = T.shape;
  const entries = denseCopy(T, "float64");
  const out = new Float64Array(order.length * k);
  for (let j = 0; j < r; j++) {
    const at = order[j]! * k;
    const scale = powerOfTwo(exponents[order[j]!]!);
    for (let c = 0; c < k; c++) out[at + c] = scale * entries[j * k + c]!;
  }
  return view(out, [order.length, k]);
}

/** Whether a product with D R⁻¹ may overflow. */
export function isFar({ exponents }: Whitening): boolean {
  return exponents.some((exponent) => Math.abs(exponent) > MOST_EXPONENT);
}

/** Rows of A D as columns J and the others. */
function sorted(
  block: Float64Array<ArrayBuffer>,
  { rank: r, order, exponents }: Whitening,
): { kept: Float64Array<ArrayBuffer>; others: Float64Array<ArrayBuffer> } {
  const d = order.length;
  const rows = block.length / d;
  scaleColumns(block, d, exponents);
  const [kept, others] = [new Float64Array(rows * r), new Float64Array(rows * (d - r))];
  for (let i = 0; i < rows; i++) {
    for (let j = 0, at = i * r; j < r; j++) kept[at + j] = block[i * d + order[j]!]!;
    for (let j = r, at = i * (d - r) - r; j < d; j++) others[at + j] = block[i * d + order[j]!]!;
  }
  return { kept, others };
}

/** Whether a column of A D is so much larger than that of M D that its squares would overflow: M has all but lost it. */
export function* isBeyondSquares(A: Rows, { exponents }: Whitening): Steps<boolean> {
  const [n, d] = shapeOf(A);
  const largest = new Float64Array(d);
  if ("sparse" in A) {
    const { columns, values } = A.sparse;
    for (const [q, j] of columns.entries()) largest[j] = Math.max(largest[j]!, Math.abs(values[q]!));
  } else {
    const step = Math.max(1, Math.floor(BLOCK_WORK / (16 * (d + 1))));
    for (let from = 0; from < n; from += step) {
      yield rest();
      const block = rowsOf(A, from, Math.min(n, from + step));
      for (let p = 0, j = 0; p < block.length; p++, j = j + 1 === d ? 0 : j + 1) largest[j] = Math.max(largest[j]!, Math.abs(block[p]!));
    }
  }
  return largest.some((size, j) => size > 0 && exponentOf(size) + exponents[j]! > LARGEST_EXPONENT);
}

/** (A D)[:, J], float64. */
export function scaledColumns(A: Rows, { rank: r, order, exponents }: Whitening): NdArray | CsrMatrix {
  const [n, d] = shapeOf(A);
  if ("sparse" in A) {
    const { shape, rowPointers, columns, values } = A.sparse;
    const scaled = Float64Array.from(values, (x, q) => scaleByPowerOfTwo(x, exponents[columns[q]!]!));
    return selectColumns(csr(shape, rowPointers, columns, scaled), order.slice(0, r));
  }
  const all = rowsOf(A, 0, n);
  scaleColumns(all, d, exponents);
  const kept = new Float64Array(n * r);
  for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) kept[i * r + j] = all[i * d + order[j]!]!;
  return view(kept, [n, r]);
}

/** √ of a sum of squares, without overflow of what is near 1. */
function frobenius(entries: Float64Array): number {
  return Math.sqrt(squaredNorm(entries));
}

/** −exponent of the largest entry of each column. */
function columnExponents(entries: Float64Array, d: number): Int32Array {
  const largest = new Float64Array(d);
  for (let p = 0; p < entries.length; p++) {
    const size = Math.abs(entries[p]!);
    if (size > largest[p % d]!) largest[p % d] = size;
  }
  return Int32Array.from(largest, (size) => (size === 0 ? 0 : -exponentOf(size)));
}

function scaleColumns(entries: Float64Array, d: number, exponents: Int32Array): void {
  const low = Float64Array.from(exponents, (e) => powerOfTwo(Math.trunc(e / 2)));
  const high = Float64Array.from(exponents, (e) => powerOfTwo(e - Math.trunc(e / 2)));
  for (let p = 0, j = 0; p < entries.length; p++, j = j + 1 === d ? 0 : j + 1) entries[p] = entries[p]! * low[j]! * high[j]!;
}

/** ‖QᵀQ − I‖_F of the first r columns. */
function departure(Q: NdArray, r: number): number {
  const G = denseCopy(gram(slice(Q, null, [0, r])), "float64");
  for (let i = 0; i < r; i++) G[i * (r + 1)] = G[i * (r + 1)]! - 1;
  const [m = 0] = Q.shape;
  return frobenius(G) + 2 * (m + 8) * UNIT * r;
}

/** ‖ |R| |T| ‖_F. */
function productOfMagnitudes(R: NdArray, T: NdArray): number {
  const [a, b] = [R, T].map((A) => denseCopy(A, "float64").map((x) => Math.abs(x))) as [
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
  ];
  const r = R.shape[0] ?? 0;
  return r === 0 ? 0 : frobenius(denseCopy(matmul(view(a, [r, r]), view(b, [r, r])), "float64"));
}
