/**
 * The matrix of a low-rank factorization, known by its products with panels.
 *
 *   A  m × n  dense, sparse or an operator, divided by 2^exponent where squares could overflow or vanish      X  n × p      Y  m × p
 *
 * Source: Subquad's own convention.
 */
import {
  assertFinite,
  csr,
  denseCopy,
  isCsr,
  matmul,
  rngFor,
  transpose,
  view,
  type CsrMatrix,
  type LinearOperator,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { asOperator, exponentOf, isLinearOperator, scaleByPowerOfTwo, type CheckedOperator } from "@subquad/linalg-core/kernels";
import { matmulSteps, rest, type Steps } from "@subquad/linalg-core/steps";
import { matrixOf, readRows, shapeOf, transposeOf, type Rows } from "./rows.js";
import { sumOfSquares } from "./sums.js";

/** A as algorithms use it: all in float64, times 2^−exponent. */
export interface LowRankOperand {
  readonly shape: readonly [number, number];
  /** Of the power of two by which A was divided. */
  readonly exponent: number;
  /** Its entries; absent for an operator. */
  readonly rows: Rows | undefined;
  /** ‖A‖_F²; NaN for an operator. */
  readonly squares: number;
  /** A X. */
  readonly times: (X: NdArray) => Steps<NdArray>;
  /** Aᵀ Y. */
  readonly transposeTimes: (Y: NdArray) => Steps<NdArray>;
}

/** Largest entries between 2^−SAFE and 2^SAFE are left as they are: their squares are sums of ordinary numbers. */
const SAFE = 200;

/** Reads and checks a matrix. */
export function readMatrix(A: MatrixInput | CsrMatrix, where: string): LowRankOperand {
  const site = `${where}(A)`;
  const { rows: given } = readRows(A, site);
  if ("dense" in given) assertFinite(given.dense, site);
  const entries = "dense" in given ? denseCopy(given.dense, "float64") : Float64Array.from(given.sparse.values);
  let largest = 0;
  for (const x of entries) largest = Math.max(largest, Math.abs(x));
  const exponent = exponentFor(largest);
  if (exponent !== 0) for (let p = 0; p < entries.length; p++) entries[p] = scaleByPowerOfTwo(entries[p]!, -exponent);
  const shape = shapeOf(given);
  const rows: Rows =
    "dense" in given ? { dense: view(entries, shape) } : { sparse: csr(shape, given.sparse.rowPointers, given.sparse.columns, entries) };
  return operandOf(where, rows, exponent, sumOfSquares(entries));
}

function operandOf(where: string, rows: Rows, exponent: number, squares: number): LowRankOperand {
  const M = matrixOf(rows);
  return {
    shape: shapeOf(rows),
    exponent,
    rows,
    squares,
    times: (X) => matmulSteps(where, M, X),
    transposeTimes: (Y) => matmulSteps(where, M, Y, { transposeA: true }),
  };
}

/** Aᵀ of an A that has entries. */
export function transposed(where: string, { rows, exponent, squares }: LowRankOperand): LowRankOperand {
  return operandOf(where, transposeOf(rows!), exponent, squares);
}

/** The same, or an operator: its scale is that of one product. */
export function* readOperand(A: MatrixInput | CsrMatrix | LinearOperator, where: string, seed: string): Steps<LowRankOperand> {
  if (isCsr(A) || !isLinearOperator(A)) return readMatrix(A, where);
  const operator = asOperator(A, `${where}(A)`);
  const [m, n] = operator.shape;
  const rng = rngFor(seed, "sketch/qb/scale");
  const probe = new Float64Array(m);
  yield* operator.multiplySteps(
    Float64Array.from({ length: n }, () => rng.normal()),
    probe,
  );
  let largest = 0;
  for (let i = 0; i < m; i++) largest = Math.max(largest, Math.abs(probe[i]!));
  const exponent = exponentFor(largest);
  return {
    shape: operator.shape,
    exponent,
    rows: undefined,
    squares: NaN,
    times: (X) => byColumns(operator, X, false, exponent),
    transposeTimes: (Y) => byColumns(operator, Y, true, exponent),
  };
}

/** Of the power of two to divide by, for a largest entry. */
function exponentFor(largest: number): number {
  const size = largest === 0 ? 0 : exponentOf(largest);
  return Math.abs(size) <= SAFE ? 0 : size;
}

/** Products with the columns of a panel, one by one. */
function* byColumns(A: CheckedOperator, panel: NdArray, isTransposed: boolean, exponent: number): Steps<NdArray> {
  const [m, n] = A.shape;
  const [length, p] = isTransposed ? [n, panel.shape[1]!] : [m, panel.shape[1]!];
  const from = denseCopy(transpose(panel), "float64");
  const out = new Float64Array(length * p);
  const y = new Float64Array(length);
  for (let j = 0; j < p; j++) {
    const x = from.slice(j * (isTransposed ? m : n), (j + 1) * (isTransposed ? m : n));
    if (isTransposed) {
      A.multiplyTranspose(x, y);
      yield rest();
    } else yield* A.multiplySteps(x, y);
    for (let i = 0; i < length; i++) out[i * p + j] = exponent === 0 ? y[i]! : scaleByPowerOfTwo(y[i]!, -exponent);
  }
  return view(out, [length, p]);
}

/** X 2^exponent; NonFiniteError if that overflows. */
export function inUnits(where: string, X: NdArray, exponent: number): NdArray {
  if (exponent === 0) return X;
  const entries = denseCopy(X, "float64");
  for (let p = 0; p < entries.length; p++) entries[p] = scaleByPowerOfTwo(entries[p]!, exponent);
  const scaled = view(entries, X.shape);
  assertFinite(scaled, `${where}(result overflows float64)`);
  return scaled;
}

/** Row-major entries of a float64 matrix, without a copy where they lie so. */
export function entriesOf(X: NdArray): Float64Array {
  const { data, shape, stride, offset } = X;
  const isPacked = data instanceof Float64Array && offset === 0 && data.length === X.size && stride[1] === 1 && stride[0] === shape[1];
  return isPacked ? data : denseCopy(X, "float64");
}

/** [X, Y]. */
export function besides(X: NdArray, Y: NdArray): NdArray {
  const m = X.shape[0]!;
  const [a, b] = [X.shape[1]!, Y.shape[1]!];
  const [x, y] = [entriesOf(X), entriesOf(Y)];
  const out = new Float64Array(m * (a + b));
  for (let i = 0; i < m; i++) {
    out.set(x.subarray(i * a, i * a + a), i * (a + b));
    out.set(y.subarray(i * b, i * b + b), i * (a + b) + a);
  }
  return view(out, [m, a + b]);
}

/** ‖XᵀX − I‖_F, as computed. */
export function departure(X: NdArray): number {
  const k = X.shape[1]!;
  if (k === 0) return 0;
  const G = denseCopy(matmul(X, X, { transposeA: true }), "float64");
  for (let j = 0; j < k; j++) G[j * (k + 1)]! -= 1;
  return Math.sqrt(sumOfSquares(G));
}
