/**
 * Nyström attention of one head: all keys seen through r landmarks.
 *
 *   P  r landmarks      G = g(P, P)      Φ_X = g(X, P)      Φ_Y = g(Y, P)      κ'  weights of the keys
 *
 *   key pass    M = Φ_Yᵀ diag(κ') [V − mean | 1]                          r m pairs
 *   solve       C = (G + ridge I)⁻¹ M                                      float64 Cholesky
 *   query pass  N = Φ_X C;  W̃ = last column;  output = N / W̃ + mean       n r pairs, clipped to the range of V
 *   guard       W_i ≥ J_i = 2^(−|x_i|²/2 + ⟨x_i, ȳ⟩) Σκ by Jensen, ȳ = Σ κ_j y_j / Σκ, κ_j = κ'_j 2^(−|y_j|²/2):
 *               a row whose W̃ is not above (1 − tolerance) J_i is computed exactly
 *
 * The residual of g stays positive semidefinite for any P and any ridge ≥ 0.  Source: arXiv:2302.13214 (low-rank attention under bounded
 * entries); the Gaussian form, landmarks and guard are ours.
 */
import {
  attentionKernels,
  attentionPass,
  bytesOf,
  callKernel,
  exponentialPass,
  factorKernels,
  freeKeySet,
  kernelsOf,
  packKeySet,
  paddedKeys,
  reals,
  type KeySet,
  type Scope,
} from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import { assert, RankDeficientError } from "@subquad/linalg-core";
import { log } from "@subquad/linalg-core/math";
import type { CenteredHead } from "./center.js";
import { writeReals, type Head } from "./head.js";
import type { Landmarks } from "./landmarks.js";

/** First ridge, times r, by which G is lifted over its own round-off; the error does not feel any value from 1e-13 to 1e-6. */
const RIDGE = { float32: 1e-8, float64: 1e-13 } as const;
const RIDGE_STEP = 100;
const RIDGE_ATTEMPTS = 6;
/** Below this power of two W̃ is within reach of the floor of the exponential: such rows are computed exactly. */
const GUARD_FLOOR = { float32: -70, float64: -480 } as const;

/** Coefficients C as the values of the landmarks. */
export interface Coefficients {
  readonly keySet: KeySet;
}

/** Keys -> moments -> coefficients. `keySet` is the head's weighted one, or that of a probe. */
export function* fitCoefficients(scope: Scope, head: Head, landmarks: Landmarks, keySet: KeySet): Steps<Coefficients> {
  const { dtype, depth, valueWidth } = head;
  const { rank: r, points, half } = landmarks;
  const channels = head.shape.e + 1;
  const moments = scope.alloc(r * channels * 8);
  const asQueries = { dtype, queryCount: r, queries: points, queryBias: half };
  yield* attentionPass(scope, { ...asQueries, keySet, bounded: true, raw: true, out: moments });
  const solved = yield* solveMoments(scope, head, landmarks, moments, channels);
  scope.free(moments);
  // C as rows of values beside the landmarks
  const size = bytesOf(dtype);
  const padded = paddedKeys(r);
  const values = scope.zeros(padded * valueWidth * size);
  const from = reals("float64");
  const to = reals(dtype);
  for (let i = 0; i < r; i++) {
    for (let c = 0; c < channels; c++) to[values / size + i * valueWidth + c] = from[solved.address / 8 + i * solved.columns + c] ?? 0;
  }
  scope.free(solved.address);
  const rows = { count: r, depth, channels, keys: points, values, valueStride: valueWidth, bias: half };
  const packed = yield* packKeySet(scope, dtype, rows);
  scope.free(values);
  return { keySet: packed };
}

/** (G + ridge I)⁻¹ M in float64, in place of a copy of M with an even number of columns. */
function* solveMoments(
  scope: Scope,
  head: Head,
  landmarks: Landmarks,
  moments: number,
  channels: number,
): Steps<{ readonly address: number; readonly columns: number }> {
  const { dtype, depth } = head;
  const { rank: r, points, half } = landmarks;
  const size = bytesOf(dtype);
  const nothing = scope.zeros(paddedKeys(r) * 4 * size);
  const keySet = yield* packKeySet(scope, dtype, {
    count: r,
    depth,
    channels: 1,
    keys: points,
    values: nothing,
    valueStride: 4,
    bias: half,
  });
  const gram = scope.alloc(r * r * size);
  yield* exponentialPass(scope, { dtype, queryCount: r, queries: points, queryBias: half, keySet, out: gram }, r, true);
  freeKeySet(scope, keySet);
  scope.free(nothing);

  const width = Math.ceil(r / 4) * 4;
  const G = scope.zeros(width * width * 8);
  factorize(dtype, r, width, gram, G);
  scope.free(gram);

  const columns = Math.ceil(channels / 2) * 2;
  const C = scope.zeros(r * columns * 8);
  const f64 = reals("float64");
  for (let i = 0; i < r; i++) f64.copyWithin(C / 8 + i * columns, moments / 8 + i * channels, moments / 8 + (i + 1) * channels);
  const { solveTriangular } = kernelsOf(factorKernels);
  solveTriangular(r, G, width * 8, 8, 1, 0, columns, C, columns * 8);
  solveTriangular(r, G, 8, width * 8, 0, 0, columns, C, columns * 8);
  scope.free(G);
  return { address: C, columns };
}

/** Lower Cholesky factor of gram + ridge I into G [r][width], the ridge raised until it succeeds. */
function factorize(dtype: Head["dtype"], r: number, width: number, gram: number, G: number): void {
  const size = bytesOf(dtype);
  let ridge = RIDGE[dtype] * r;
  for (let attempt = 1; ; attempt++) {
    const from = reals(dtype);
    const to = reals("float64");
    for (let i = 0; i < r; i++) {
      for (let j = 0; j < i; j++) to[G / 8 + i * width + j] = from[gram / size + i * r + j] ?? 0;
      to[G / 8 + i * width + i] = 1 + ridge;
    }
    const failed = kernelsOf(factorKernels).cholesky(r, width * 8, G);
    if (failed === 0) return;
    if (attempt === RIDGE_ATTEMPTS) {
      const pivot = reals("float64")[G / 8 + (failed - 1) * (width + 1)] ?? NaN;
      throw new RankDeficientError("nystrom", { column: failed - 1, pivot, remedy: "use method exact for this head" });
    }
    ridge *= RIDGE_STEP;
  }
}

/** Rows [n][e] of the approximation, clipped; W̃ of every row beside them. */
export interface Approximation {
  readonly rows: number;
  /** float64 [n]. */
  readonly denominators: number;
}

export function* applyCoefficients(scope: Scope, head: Head, centered: CenteredHead, { keySet }: Coefficients): Steps<Approximation> {
  const { dtype, shape } = head;
  const rows = scope.alloc(shape.n * shape.e * bytesOf(dtype));
  const denominators = scope.alloc(shape.n * 8);
  const asQueries = { dtype, queryCount: shape.n, queries: centered.x, queryBias: centered.xHalf };
  const finish = { out: rows, center: head.mean, clip: { low: head.low, high: head.high }, denominators };
  yield* attentionPass(scope, { ...asQueries, keySet, bounded: true, ...finish });
  return { rows, denominators };
}

/** Rows whose W̃ contradicts the Jensen bound. */
export function guardedRows(scope: Scope, head: Head, centered: CenteredHead, denominators: number, tolerance: number): Int32Array {
  const { dtype, depth, shape } = head;
  const { n } = shape;
  const size = bytesOf(dtype);
  const { mean, logMass } = keyMean(scope, head, centered);
  const exponent = scope.zeros(Math.ceil(n / 8) * 8 * size);
  callKernel(attentionKernels, "rowProducts", dtype, n, depth, centered.x, mean, 0, exponent);
  const values = reals(dtype);
  for (let i = 0; i < n; i++)
    values[exponent / size + i] = (values[exponent / size + i] ?? 0) + (values[centered.xHalf / size + i] ?? 0) + logMass;
  const rows: number[] = [];
  for (let i = 0; i < n; i++) if ((values[exponent / size + i] ?? 0) < GUARD_FLOOR[dtype]) rows.push(i);
  callKernel(attentionKernels, "exp2Rows", dtype, Math.ceil((n * size) / 32), exponent);
  const W = reals("float64");
  const share = Math.max(0, 1 - tolerance);
  for (let i = 0; i < n; i++) if (!((W[denominators / 8 + i] ?? 0) > share * (values[exponent / size + i] ?? 0))) rows.push(i);
  scope.free(exponent);
  scope.free(mean);
  return Int32Array.from(new Set(rows)).sort();
}

/** ȳ (T [depth]) and log2 Σκ. */
function keyMean(scope: Scope, head: Head, centered: CenteredHead): { readonly mean: number; readonly logMass: number } {
  const { dtype, depth, shape } = head;
  const { m } = shape;
  const size = bytesOf(dtype);
  const kappa = scope.zeros(Math.ceil(m / 8) * 8 * size);
  const values = reals(dtype);
  values.copyWithin(kappa / size, centered.yHalf / size, centered.yHalf / size + m);
  callKernel(attentionKernels, "exp2Rows", dtype, Math.ceil((m * size) / 32), kappa);
  for (let j = 0; j < m; j++) values[kappa / size + j] = (values[kappa / size + j] ?? 0) * (values[centered.kappa / size + j] ?? 0);
  const nearest = scope.zeros(m * 4);
  const sums = scope.zeros(depth * size);
  const total = scope.zeros(size);
  callKernel(attentionKernels, "accumulateCentres", dtype, m, depth, centered.y, nearest, kappa, sums, total);
  const mass = reals(dtype)[total / size] ?? 0;
  assert(mass > 0, "keys without mass");
  const mean = Float64Array.from(reals(dtype).subarray(sums / size, sums / size + depth), (sum) => sum / mass);
  for (const address of [kappa, nearest, sums, total]) scope.free(address);
  return { mean: writeReals(scope, dtype, mean), logMass: log(mass) * Math.LOG2E };
}
