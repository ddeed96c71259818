/**
 * Blocks of a kernel matrix: inner products or distances, then the kernel's profile and the weights.
 *
 *   X  N × d  points, row-major; of a distance kernel in units of ℓ, centred      h_i = ‖x_i‖² / 2      w  N  log weights
 *   K  m × b  a block: rows firstRow … endRow − 1, the columns named             t  √3 r or √5 r of a Matérn kernel
 *
 * Sums run over both points in a symmetric order, so K_ij = K_ji to the bit.  Source: textbook kernels; formulas in kernel-oracle.ts.
 */
import { exp, matmul, view } from "@subquad/linalg-core";
import type { KernelShape } from "./kernel-options.js";

/** Points at hand, packed and measured. */
export interface Points {
  readonly N: number;
  readonly d: number;
  readonly data: Float64Array;
  /** ‖x_i‖². */
  readonly squares: Float64Array;
  /** The largest ‖x_i‖². */
  readonly largest: number;
}

/** Which rows and columns of K are wanted, and where they go. */
interface Block {
  readonly firstRow: number;
  readonly endRow: number;
  readonly columns: Int32Array;
  readonly out: Float64Array;
}

/** Below this many multiply-adds a plain loop beats the copies of a matrix product. */
const SMALL_PRODUCT = 8192;

/** out ← the entries of a block, weights included; `factors` are e^(−w). */
export function kernelBlock(X: Points, shape: KernelShape, factors: Float64Array, block: Block): void {
  const { kernel, scale, degree, offset, weights: w, evaluate } = shape;
  switch (kernel) {
    case "gaussian":
      innerProducts(X, block);
      return gaussian(X.squares, w, block);
    case "exp":
      innerProducts(X, block);
      return exponential(scale, w, block);
    case "laplace":
      distances(X, block);
      return exponential(-1, w, block);
    case "matern32":
      innerProducts(X, block);
      return matern(X.squares, w, Math.sqrt(3), 0, block);
    case "matern52":
      innerProducts(X, block);
      return matern(X.squares, w, Math.sqrt(5), 1 / 3, block);
    case "polynomial":
    case "linear":
      innerProducts(X, block);
      return polynomial(scale, offset, degree, factors, block);
    case "function":
      return evaluated(X, evaluate, factors, block);
  }
}

/** The diagonal: distances are exactly 0 there. */
export function kernelDiagonal(X: Points, shape: KernelShape, factors: Float64Array): Float64Array {
  const { kernel, scale, degree, offset, weights: w, evaluate } = shape;
  const { N, d, data, squares } = X;
  const diagonal = new Float64Array(N);
  for (let i = 0; i < N; i++) {
    const f = factors[i]! * factors[i]!;
    if (kernel === "exp") diagonal[i] = scale * squares[i]! - 2 * w[i]!;
    else if (kernel === "polynomial" || kernel === "linear") diagonal[i] = power(scale * squares[i]! + offset, degree) * f;
    else if (kernel === "function") diagonal[i] = evaluate(point(data, d, i), point(data, d, i)) * f;
    else diagonal[i] = -2 * w[i]!;
  }
  const isExponent = kernel !== "polynomial" && kernel !== "linear" && kernel !== "function";
  return isExponent ? exponentials(diagonal) : diagonal;
}

/** e^x of each entry. */
export function exponentials(x: Float64Array): Float64Array {
  return exp(view(x, [x.length])).data as Float64Array;
}

/** out ← ⟨x_i, x_j⟩. */
function innerProducts({ d, data }: Points, { firstRow, endRow, columns, out }: Block): void {
  const m = endRow - firstRow, b = columns.length; // prettier-ignore
  if (m * b * d > SMALL_PRODUCT) {
    const chosen = new Float64Array(b * d);
    for (let c = 0; c < b; c++) chosen.set(point(data, d, columns[c]!), c * d);
    const rows = view(data.subarray(firstRow * d, endRow * d), [m, d]);
    out.set(matmul(rows, view(chosen, [b, d]), { transposeB: true }).data as Float64Array);
    return;
  }
  for (let i = 0; i < m; i++) {
    for (let c = 0; c < b; c++) {
      const p = (firstRow + i) * d, q = columns[c]! * d; // prettier-ignore
      let sum = 0;
      for (let l = 0; l < d; l++) sum += data[p + l]! * data[q + l]!;
      out[i * b + c] = sum;
    }
  }
}

/** out ← ‖x_i − x_j‖, from the differences: no cancellation for close points. */
function distances({ d, data }: Points, { firstRow, endRow, columns, out }: Block): void {
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) {
      const p = i * d, q = columns[c]! * d; // prettier-ignore
      let sum = 0;
      for (let l = 0; l < d; l++) sum += (data[p + l]! - data[q + l]!) * (data[p + l]! - data[q + l]!);
      out[e] = Math.sqrt(sum);
    }
  }
}

/** Products into e^(−r²/2 − w_i − w_j). */
function gaussian(squares: Float64Array, w: Float64Array, { firstRow, endRow, columns, out }: Block): void {
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) {
      const j = columns[c]!;
      out[e] = Math.min(0, out[e]! - 0.5 * (squares[i]! + squares[j]!)) - (w[i]! + w[j]!);
    }
  }
  out.set(exponentials(out));
}

/** Values v into e^(σv − w_i − w_j). */
function exponential(scale: number, w: Float64Array, { firstRow, endRow, columns, out }: Block): void {
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) out[e] = scale * out[e]! - (w[i]! + w[columns[c]!]!);
  }
  out.set(exponentials(out));
}

/** Products into (1 + t + curvature t²) e^(−t − w_i − w_j) with t = root · r. */
function matern(squares: Float64Array, w: Float64Array, root: number, curvature: number, block: Block): void {
  const { firstRow, endRow, columns, out } = block;
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) {
      out[e] = root * Math.sqrt(Math.max(0, squares[i]! + squares[columns[c]!]! - 2 * out[e]!));
    }
  }
  const t = out.slice();
  exponential(-1, w, block);
  for (let e = 0; e < out.length; e++) out[e]! *= 1 + t[e]! + curvature * t[e]! * t[e]!;
}

/** Products into (σv + c)^p e^(−w_i) e^(−w_j). */
function polynomial(scale: number, offset: number, degree: number, factors: Float64Array, block: Block): void {
  const { firstRow, endRow, columns, out } = block;
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) {
      out[e] = power(scale * out[e]! + offset, degree) * (factors[i]! * factors[columns[c]!]!);
    }
  }
}

function evaluated(X: Points, evaluate: KernelShape["evaluate"], factors: Float64Array, block: Block): void {
  const { firstRow, endRow, columns, out } = block;
  const b = columns.length;
  const chosen = Array.from(columns, (j) => point(X.data, X.d, j));
  for (let i = firstRow, e = 0; i < endRow; i++) {
    const x = point(X.data, X.d, i);
    for (let c = 0; c < b; c++, e++) out[e] = evaluate(x, chosen[c]!) * (factors[i]! * factors[columns[c]!]!);
  }
}

function power(x: number, degree: number): number {
  let product = x;
  for (let k = 1; k < degree; k++) product *= x;
  return product;
}

function point(data: Float64Array, d: number, i: number): Float64Array {
  return data.subarray(i * d, (i + 1) * d);
}
