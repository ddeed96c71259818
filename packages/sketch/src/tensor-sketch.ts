/**
 * TensorSketch: features of the polynomial kernel by products of Fourier transforms of count sketches.
 *
 *   x' = (√γ x, √c)  d'      C_k  m × d', k = 1 … p  independent count sketches      z(x) = F⁻¹(F C₁x' ∘ … ∘ F C_p x')
 *
 * z is the count sketch of x' ⊗ … ⊗ x' with hash Σ h_k mod m and sign Π s_k, never formed: ⟨z(x), z(y)⟩ is (γ⟨x, y⟩ + c)^p on average, with
 * variance at most (3^p − 1)/m ‖x'‖^2p ‖y'‖^2p. C_k is the sample countSketch(m, d') of seed "seed/tensorSketch/k". A length that is no power
 * of two is convolved at the next one that holds Σ h_k, and folded.
 * Source: Pham and Pagh 2013; Avron, Nguyen and Woodruff 2014.
 */
import { assertInRange, assertInteger, assertKnownOptions, normalizeSeed, view, type Seed } from "@subquad/linalg-core";
import { irfftSteps, rfftSteps, runSync, type Steps } from "@subquad/linalg-core/steps";
import { countSketch, transformLength } from "./distributions.js";
import { featureMap, type FeatureMap, type FeatureRule, type LiftedRows } from "./feature-map.js";
import { drawTargets } from "./sparse-family.js";

export interface TensorSketchOptions {
  /** p: integer in [1, 16]. Default 2. */
  readonly degree?: number;
  /** γ > 0. Default 1. */
  readonly gamma?: number;
  /** c ≥ 0. Default 0. */
  readonly offset?: number;
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

/**
 * The map with ⟨z(x), z(y)⟩ ≈ (γ⟨x, y⟩ + c)^p: unbiased, its standard deviation at most √((3^p − 1)/m) of the norms' product.
 *
 * For degrees 2 and 3, above all of sparse rows. From degree 4 on tensorTree varies less; for few dimensions monomialFeatures is exact.
 * @param d dimension of the rows; at least 1.
 * @param m features; fastest where it is a power of two.
 * @param options see TensorSketchOptions.
 * @returns FeatureMap.
 * @throws OptionError.
 * @complexity p (nonzeros + m log m) a row.
 * @source Pham and Pagh 2013.
 * @example const Z = tensorSketch(50, 1024, { degree: 3, seed: 7 }).applySync(X); // Z Zᵀ ≈ (X Xᵀ)³, entry by entry
 */
export function tensorSketch(d: number, m: number, options: TensorSketchOptions = {}): FeatureMap {
  const where = "tensorSketch";
  assertKnownOptions(where, options, ["degree", "gamma", "offset", "seed"]);
  const { degree = 2, gamma = 1, offset = 0 } = options;
  assertInteger(where, { d, m }, 1, 2 ** 24);
  assertInteger(where, { degree }, 1, 16);
  assertInRange(where, { gamma }, 0, Infinity, { openLow: true, openHigh: true });
  assertInRange(where, { offset }, 0, Infinity, { openHigh: true });
  const seed = normalizeSeed(options.seed ?? "0", where);
  const rule = tensorSketchRule(offset > 0 ? d + 1 : d, m, degree, seed);
  return featureMap({ inputDim: d, kernel: { name: "polynomial", degree, gamma, offset }, seed, parts: [{ rule, factor: 1 }] });
}

/** m Var⟨z(x), z(y)⟩ ≤ this for vectors of norm 1. */
export function tensorSketchVariance(p: number): number {
  let power = 1;
  for (let k = 0; k < p; k++) power *= 3;
  return power - 1;
}

/** The rule of degree p for rows of d' entries. */
export function tensorSketchRule(width: number, m: number, p: number, seed: string): FeatureRule {
  const factors = Array.from({ length: p }, (_, k) => countSketchTargets(width, m, `${seed}/tensorSketch/${k}`));
  return {
    outputDim: m,
    width: p * convolutionLength(m, p),
    degree: p,
    *features(where, rows) {
      const length = convolutionLength(m, p);
      return yield* convolved(
        where,
        factors.map((targets) => countSketched(rows, targets, length)),
        rows.count,
        m,
        length,
      );
    },
  };
}

/** Targets 2 h + [s < 0] of the columns of a count sketch m × n. */
export function countSketchTargets(n: number, m: number, seed: string): Int32Array {
  return runSync(drawTargets({ distribution: countSketch(m, n), seed }, 0, n));
}

/** The power of two at which p vectors of length m are convolved. */
export function convolutionLength(m: number, p: number): number {
  if (p === 1) return m;
  return transformLength(m) === m ? m : transformLength(p * (m - 1) + 1);
}

/** Rows of count × length: the cyclic convolution mod m of the factors, each count × length with zeros from m on. */
export function* convolved(
  where: string,
  factors: readonly Float64Array<ArrayBuffer>[],
  count: number,
  m: number,
  length: number,
): Steps<Float64Array> {
  if (factors.length === 1) return factors[0]!;
  let re: Float64Array<ArrayBuffer> | undefined, im: Float64Array<ArrayBuffer> | undefined; // prettier-ignore
  for (const factor of factors) {
    const X = yield* rfftSteps(where, view(factor, [count, length]));
    const a = X.re.data as Float64Array<ArrayBuffer>, b = X.im.data as Float64Array<ArrayBuffer>; // prettier-ignore
    if (re === undefined || im === undefined) {
      re = a;
      im = b;
      continue;
    }
    for (let q = 0; q < a.length; q++) {
      const x = re[q]!, y = im[q]!; // prettier-ignore
      re[q] = x * a[q]! - y * b[q]!;
      im[q] = x * b[q]! + y * a[q]!;
    }
  }
  const half = Math.floor(length / 2) + 1;
  const Y = (yield* irfftSteps(where, { re: view(re!, [count, half]), im: view(im!, [count, half]) }, length)).data as Float64Array;
  return length === m ? Y : folded(Y, count, m, length);
}

/** C x' for each row: count × length. */
function countSketched(rows: LiftedRows, targets: Int32Array, length: number): Float64Array<ArrayBuffer> {
  const { count, rowPointers, columns, values } = rows;
  const Y = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) {
      const target = targets[columns[q]!]!;
      const at = i * length + (target >>> 1);
      Y[at] = (target & 1) === 0 ? Y[at]! + values[q]! : Y[at]! - values[q]!;
    }
  }
  return Y;
}

function folded(Y: Float64Array, count: number, m: number, length: number): Float64Array {
  const Z = new Float64Array(count * m);
  for (let i = 0; i < count; i++) {
    for (let first = 0; first < length; first += m) {
      const end = Math.min(m, length - first);
      for (let q = 0; q < end; q++) Z[i * m + q] = Z[i * m + q]! + Y[i * length + first + q]!;
    }
  }
  return Z;
}
