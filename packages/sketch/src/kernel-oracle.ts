/**
 * The kernel matrix of points, entry by entry, never stored.
 *
 *   x_i  N points in R^d      r = ‖x_i − x_j‖ / ℓ      σ  scale      c  offset      p  degree      w  N log weights, 0 unless given
 *
 *   K_ij = e^(−w_i − w_j) κ(x_i, x_j)
 *
 *   gaussian e^(−r²/2) · laplace e^(−r) · matern32 (1 + √3 r) e^(−√3 r) · matern52 (1 + √5 r + 5r²/3) e^(−√5 r)
 *   exp e^(σ⟨x_i, x_j⟩) · polynomial (σ⟨x_i, x_j⟩ + c)^p · linear σ⟨x_i, x_j⟩ · a function of two points
 *
 * Source: textbook kernels; the form with weights serves attention (arXiv:2302.13214), whose softmax is a weighted Gaussian smoother.
 */
import { AssumptionError, assertFinite, asArray, denseCopy, NonFiniteError, ShapeError } from "@subquad/linalg-core";
import type { MatrixInput } from "@subquad/linalg-core";
import { exponentials, kernelBlock, kernelDiagonal, type Points } from "./kernel-entries.js";
import { isDistanceKernel, kernelShape, type KernelOracleOptions, type KernelShape } from "./kernel-options.js";
import type { PsdOracle } from "./psd-oracle.js";
import { gamma } from "./round-off.js";

export type { KernelName, KernelOracleOptions, KernelSpec } from "./kernel-options.js";

/** Up to this many coordinates, differences are as fast as a matrix product, and they do not cancel. */
const FEW_COORDINATES = 8;

/**
 * The oracle of a kernel matrix K_ij = κ(x_i, x_j) e^(−w_i − w_j).
 *
 * A named kernel says that K is positive semidefinite and how exact its entries are; a function is taken at its word, symmetric and exact.
 * @param points shape [N, d]; float32 or float64, any stride (copied).
 * @param options see KernelOracleOptions.
 * @returns a PsdOracle; entries in float64.
 * @throws ShapeError; OptionError, also for an option that the kernel does not use; NonFiniteError naming the index; AssumptionError when
 * an exponential kernel overflows (pass logWeights) or squared distances do.
 * @complexity O(Nd) time and space; a block of m rows and b columns costs m b (d + 1) multiply-adds and m b exponentials.
 * @source textbook kernels.
 * @example kernelOracle([[0], [1]], { kernel: "gaussian" }).size // -> 2
 */
export function kernelOracle(points: MatrixInput, options: KernelOracleOptions = {}): PsdOracle {
  const where = "kernelOracle";
  const A = asArray(points, `${where}(points)`);
  if (A.shape.length !== 2) throw new ShapeError(where, "points", "shape [N, d]", A.shape);
  assertFinite(A, `${where}(points)`);
  const [N = 0, d = 0] = A.shape;
  const shape = kernelShape(where, options, N);
  const X = packPoints(where, N, d, denseCopy(A, "float64"), shape);
  const factors = exponentials(shape.weights.map((w) => -w));
  const diagonal = kernelDiagonal(X, shape, factors);
  assertRepresentable(where, diagonal, X, shape);
  return {
    size: N,
    ...(shape.kernel === "function" ? {} : { positiveSemidefinite: true, relativeError: relativeError(X, shape) }),
    diagonal: (out) => {
      out.set(diagonal);
    },
    block: (firstRow, endRow, columns, out) => {
      kernelBlock(X, shape, factors, { firstRow, endRow, columns, out });
      const b = columns.length;
      for (let c = 0; c < b; c++) {
        const i = columns[c]!;
        if (i >= firstRow && i < endRow) out[(i - firstRow) * b + c] = diagonal[i]!; // r is 0 there, whatever rounding says
      }
    },
  };
}

/** Measures the points; centres them and puts them in units of ℓ where distances come from a matrix product. */
function packPoints(where: string, N: number, d: number, data: Float64Array, { kernel, lengthScale }: KernelShape): Points {
  const isDistance = isDistanceKernel(kernel);
  const byDifferences = isDistance && (kernel === "laplace" || d <= FEW_COORDINATES);
  const squares = new Float64Array(N);
  for (let l = 0; l < d; l++) {
    let mean = 0;
    if (isDistance) for (let i = 0; i < N; i++) mean += data[i * d + l]! / N; // divided first: no overflow
    for (let i = 0; i < N; i++) {
      const x = isDistance ? (data[i * d + l]! - mean) / lengthScale : data[i * d + l]!;
      squares[i]! += x * x;
      if (!byDifferences) data[i * d + l] = x;
    }
  }
  let largest = 0;
  for (let i = 0; i < N; i++) largest = Math.max(largest, squares[i]!);
  if (!(largest <= Number.MAX_VALUE / 8)) {
    const assumption = "squared norms of the points (of a distance kernel: centred, in units of lengthScale) far from overflow";
    throw new AssumptionError(where, { argument: "points", assumption, allowed: Number.MAX_VALUE / 8, measured: largest });
  }
  return { N, d, data, byDifferences, squares, largest };
}

/**
 * η: |computed − K_ij| ≤ η √(K_ii K_jj).
 *
 * r² from differences errs by γ_(d+4) of itself, and r² |dκ/dr²| ≤ 1. From a product it errs by γ_(d+2) of 4 max‖x‖², and |dκ/dr²| ≤ 3/2
 * (no Laplace kernel here). Rounding of centred points moves r by 4 u max‖x‖, and |dκ/dr| ≤ 1. An inner product errs by γ_d of ‖x‖‖y‖, an
 * exponent by σ times that. 2 ulp of the exponential and the few operations beside are among the 16 more units.
 */
function relativeError({ d, byDifferences, largest }: Points, { kernel, scale, degree, weights }: KernelShape): number {
  const γ = gamma(d + 16);
  let heaviest = 0;
  for (const w of weights) heaviest = Math.max(heaviest, Math.abs(w));
  const weighing = heaviest * 2 ** -49; // at most 8 roundings of exponents up to 2 max|w|
  if (kernel === "polynomial" || kernel === "linear") return degree * γ + weighing;
  if (kernel === "exp") return 2 * γ * (1 + scale * largest) + weighing;
  return (byDifferences ? 2 * γ : 8 * γ * (1 + largest)) + weighing;
}

function assertRepresentable(where: string, diagonal: Float64Array, X: Points, { kernel, scale, weights }: KernelShape): void {
  const bad = diagonal.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  if (kernel !== "exp") throw new NonFiniteError(where, "kernel", diagonal[bad]!, [bad, bad]);
  throw new AssumptionError(where, {
    argument: "points",
    assumption: "exponents scale·‖x‖² − 2·logWeights that e^x can hold: pass logWeights = scale·‖x‖²/2, or a smaller scale",
    allowed: 709,
    measured: scale * X.squares[bad]! - 2 * weights[bad]!,
  });
}
