/**
 * Rows of the factor for new points.
 *
 *   x  a new point, K(x, S) known      φ(x) = L⁻¹ K(S, x)      d(x) = K(x, x) − ‖φ(x)‖² ≥ 0      g(x)  rounding, as in rounding-diagonal.ts
 *
 * φ(x) is the row that x would have in F, had it been there; φ(x) F_iᵀ stands for K(x, i) as F Fᵀ does for K.
 * Source: the Nyström extension.
 */
import { AssumptionError, assertFinite, denseCopy, ShapeError, solveTriangular, transpose, view } from "@subquad/linalg-core";
import type { MatrixInput, NdArray, VectorInput } from "@subquad/linalg-core";
import { asMatrix, vectorEntries } from "@subquad/linalg-core/kernels";
import type { Resumable } from "./psd-options.js";
import { readCore } from "./psd-resume.js";
import { gamma } from "./round-off.js";
import { roundingOf } from "./rounding-diagonal.js";
import { squaredNorm } from "./sums.js";

export interface ExtendedLowRank {
  /** φ: shape [q, k], float64. */
  readonly features: NdArray;
  /** d ≥ 0: [q]. */
  readonly residualDiagonal: Float64Array;
  /** g: [q]. */
  readonly roundingDiagonal: Float64Array;
}

/** Of a PsdLowRank. */
export interface ExtendableLowRank extends Resumable {
  readonly core: NdArray;
}

/**
 * The factor's rows at new points, from their entries in the pivots' columns.
 *
 * For queries that come later. Entries between old and new points are bounded as entryBound does, with the diagonals returned here.
 * @param low a result of psdLowRank.
 * @param cross K(new, S): shape [q, k], in the order of `low.pivots`; finite.
 * @param diagonal K(x, x): [q]; finite.
 * @returns ExtendedLowRank; its bounds hold where K is positive semidefinite on old and new points together.
 * @throws ShapeError; NonFiniteError; AssumptionError where K(x, x) is less than rounding allows: K is not positive semidefinite.
 * @complexity 2 k² q multiply-adds.
 * @source the Nyström extension.
 * @example const { features } = extendLowRank(low, cross, diagonal); // features · Fᵀ ≈ K(new, old)
 */
export function extendLowRank(low: ExtendableLowRank, cross: MatrixInput, diagonal: VectorInput): ExtendedLowRank {
  const where = "extendLowRank";
  const { k, core: given, relativeError } = readCore(where, low);
  const C = asMatrix(cross, `${where}(cross)`);
  const [q = 0, width] = C.shape;
  if (width !== k) throw new ShapeError(where, "cross", `${k} columns, one for each pivot`, C.shape);
  assertFinite(C, `${where}(cross)`);
  const size = vectorEntries(diagonal, q, `${where}(diagonal)`);
  assertFinite(size, `${where}(diagonal)`);

  const L = denseCopy(given, "float64");
  const κ = gamma(k + 8) + relativeError;
  const core = view(L, [k, k]);
  const isEmpty = k === 0 || q === 0;
  const F = isEmpty ? new Float64Array(0) : denseCopy(solveTriangular(core, transpose(C)), "float64"); // [k, q]
  const W = isEmpty ? F : denseCopy(solveTriangular(core, view(F, [k, q]), { transpose: true }), "float64");
  const features = new Float64Array(q * k);
  const residualDiagonal = new Float64Array(q), roundingDiagonal = new Float64Array(q); // prettier-ignore
  const norms = Float64Array.from({ length: k }, (_, s) => Math.sqrt(squaredNorm(L, s * k, k) / (1 - κ)));
  for (let i = 0; i < q; i++) {
    let square = 0, ω = 0; // prettier-ignore
    for (let s = 0; s < k; s++) {
      const f = F[s * q + i]!;
      features[i * k + s] = f;
      square += f * f;
      ω += Math.abs(W[s * q + i]!) * norms[s]!;
    }
    const residual = size[i]! - square;
    const rounding = roundingOf(Math.sqrt(Math.max(size[i]!, square)), ω, κ);
    if (residual < -2 * rounding || size[i]! < 0) {
      const assumption = `K positive semidefinite: the residual of new point ${i} not negative`;
      throw new AssumptionError(where, { argument: "diagonal", assumption, allowed: -2 * rounding, measured: residual });
    }
    residualDiagonal[i] = Math.max(0, residual);
    roundingDiagonal[i] = rounding;
  }
  return { features: view(features, [q, k]), residualDiagonal, roundingDiagonal };
}
