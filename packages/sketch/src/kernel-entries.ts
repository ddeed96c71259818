/**
 * Blocks of a kernel matrix: inner products or distances, then the kernel's profile and the weights.
 *
 *   X  N × d  points, row-major      r = ‖x_i − x_j‖ / ℓ      w  N  log weights      t  √3 r or √5 r of a Matérn kernel
 *   K  m × b  a block: rows firstRow … endRow − 1, the columns named
 *
 * r² comes from differences of coordinates, relatively exact, for few coordinates and for the Laplace kernel, whose slope at 0 would show a
 * cancellation; else from ‖x‖² + ‖y‖² − 2⟨x, y⟩ of points that were centred and divided by ℓ, with one matrix product for all ⟨x, y⟩.
 *
 * Sums run over both points in a symmetric order, so K_ij = K_ji to the bit.  Source: textbook kernels; formulas in kernel-oracle.ts.
 */
import { matmul, view } from "@subquad/linalg-core";
import { elementwiseKernels, kernelsOf, openScope, runtime } from "@subquad/linalg-core/kernels";
import { isDistanceKernel, type KernelShape } from "./kernel-options.js";

/** Points at hand, packed and measured. */
export interface Points {
  readonly N: number;
  readonly d: number;
  readonly data: Float64Array;
  /** r² comes from differences of `data`, which is as given; else `data` is centred and in units of ℓ. Of no concern to other kernels. */
  readonly byDifferences: boolean;
  /** ‖x_i‖², of a distance kernel centred and in units of ℓ. */
  readonly squares: Float64Array;
  /** The largest of them. */
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
  const { kernel, lengthScale, scale, degree, offset, weights: w, evaluate } = shape;
  if (isDistanceKernel(kernel)) squaredDistances(X, lengthScale, block);
  else if (kernel !== "function") innerProducts(X, block);
  switch (kernel) {
    case "gaussian":
      exponential(-0.5, w, block);
      break;
    case "laplace":
      matern(w, 1, 0, 0, block);
      break;
    case "matern32":
      matern(w, Math.sqrt(3), 1, 0, block);
      break;
    case "matern52":
      matern(w, Math.sqrt(5), 1, 1 / 3, block);
      break;
    case "exp":
      exponential(scale, w, block);
      break;
    case "polynomial":
    case "linear":
      polynomial(scale, offset, degree, factors, block);
      break;
    case "function":
      evaluated(X, evaluate, factors, block);
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

/** x ← e^x, entry by entry; returns x. */
export function exponentials(x: Float64Array): Float64Array {
  const scope = openScope();
  try {
    const count = 4 * Math.ceil(x.length / 4); // the kernel takes numbers by fours
    const address = scope.alloc(8 * count);
    const kernels = kernelsOf(elementwiseKernels);
    const { memory } = runtime();
    const values = memory.f64.subarray(address / 8, address / 8 + count);
    values.set(x);
    values.fill(0, x.length);
    kernels.expF64(count, address);
    x.set(values.subarray(0, x.length));
    return x;
  } finally {
    scope.release();
  }
}

/** out ← ⟨x_i, x_j⟩. */
function innerProducts({ d, data }: Points, { firstRow, endRow, columns, out }: Block): void {
  const m = endRow - firstRow, b = columns.length; // prettier-ignore
  if (m * b * d > SMALL_PRODUCT) {
    const rows = view(data.subarray(firstRow * d, endRow * d), [m, d]), chosen = view(gatherPoints(data, d, columns), [b, d]); // prettier-ignore
    out.set(matmul(rows, chosen, { transposeB: true }).data);
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

/** out ← r², at least 0. */
function squaredDistances(X: Points, lengthScale: number, block: Block): void {
  if (X.byDifferences) {
    differences(X, 1 / lengthScale, block);
    return;
  }
  innerProducts(X, block);
  const { firstRow, endRow, columns, out } = block;
  const { squares } = X;
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) out[e] = Math.max(0, squares[i]! + squares[columns[c]!]! - 2 * out[e]!);
  }
}

/** out ← ‖unit (x_i − x_j)‖². */
function differences({ d, data }: Points, unit: number, { firstRow, endRow, columns, out }: Block): void {
  const b = columns.length;
  const chosen = gatherPoints(data, d, columns);
  for (let i = firstRow, e = 0; i < endRow; i++) {
    const p = i * d;
    for (let c = 0, q = 0; c < b; c++, e++) {
      let sum = 0;
      for (let l = 0; l < d; l++, q++) {
        const difference = unit * (data[p + l]! - chosen[q]!);
        sum += difference * difference;
      }
      out[e] = sum;
    }
  }
}

function gatherPoints(data: Float64Array, d: number, columns: Int32Array): Float64Array {
  const chosen = new Float64Array(columns.length * d);
  for (let c = 0; c < columns.length; c++) chosen.set(point(data, d, columns[c]!), c * d);
  return chosen;
}

/** Values v into e^(σv − w_i − w_j). */
function exponential(scale: number, w: Float64Array, { firstRow, endRow, columns, out }: Block): void {
  const b = columns.length;
  for (let i = firstRow, e = 0; i < endRow; i++) {
    for (let c = 0; c < b; c++, e++) out[e] = scale * out[e]! - (w[i]! + w[columns[c]!]!);
  }
  exponentials(out);
}

/** Values r² into (1 + slope t + curvature t²) e^(−t − w_i − w_j) with t = root · r. */
function matern(w: Float64Array, root: number, slope: number, curvature: number, block: Block): void {
  const { out } = block;
  for (let e = 0; e < out.length; e++) out[e] = root * Math.sqrt(out[e]!);
  const t = out.slice();
  exponential(-1, w, block);
  for (let e = 0; e < out.length; e++) out[e]! *= 1 + slope * t[e]! + curvature * t[e]! * t[e]!;
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
