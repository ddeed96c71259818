/**
 * One head, centred and balanced: attention as a Gaussian smoother.
 *
 *   c, q̄  means of k and q      λ_j = scale ⟨q̄, k_j − c⟩      τ balances the lengths of x and y
 *   x_i = τ scale (q_i − q̄)    y_j = (k_j − c) / τ             κ'_j = exp(λ_j + |y_j|²/2 − max)
 *
 * For any fixed c and q̄: scale ⟨q, k⟩ = ⟨x, y⟩ + λ + scale ⟨q, c⟩, and the last term cancels in the softmax. So the weight of pair (i, j) is, up
 * to a factor of row i, g(x_i, y_j) κ'_j with g(x, y) = exp(−|x − y|²/2) in (0, 1], and nothing can overflow. Everything here is in units of
 * log2: x and y carry a factor √log2(e) each.  Source: ours; an identity of the exponential.
 */
import type { DType } from "@subquad/linalg-core";
import {
  attentionKernels,
  bytesOf,
  callKernel,
  packKeySet,
  paddedKeys,
  reals,
  type KeySet,
  type Scope,
} from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import { writeReals, type Box, type Head } from "./head.js";

export interface CenteredHead {
  readonly x: number;
  /** −|x_i|²/2 [n rounded up to a multiple of 8]. */
  readonly xHalf: number;
  readonly y: number;
  /** −|y_j|²/2 [paddedKeys(m)]. */
  readonly yHalf: number;
  /** κ'_j [m]. */
  readonly kappa: number;
  /** log2 of the factor that makes the largest κ' 1. */
  readonly kappaShift: number;
  /** c. */
  readonly keyMean: Float64Array;
  /** κ'_j [v_j − mean | 1] as rows, and packed with y as a set of keys. */
  readonly weighted: number;
  readonly keySet: KeySet;
}

/** Centres and balances a staged head, weighs its values, and packs its keys. */
export function* centerHead(scope: Scope, head: Head): Steps<CenteredHead> {
  const { dtype, shape, depth, valueWidth } = head;
  const { n, m } = shape;
  const size = bytesOf(dtype);
  const queryMean = head.queryBox.mean;
  const keyMean = head.keyBox.mean;
  const { queryFactor, keyFactor } = balance(head);

  const x = scope.alloc(n * depth * size);
  const xHalf = scope.zeros(Math.ceil(n / 8) * 8 * size);
  callKernel(attentionKernels, "centerRows", dtype, n, depth, head.queries, writeReals(scope, dtype, queryMean), queryFactor, x, xHalf);
  const capacity = paddedKeys(m);
  const y = scope.alloc(capacity * depth * size);
  const yHalf = scope.zeros(capacity * size);
  callKernel(attentionKernels, "centerRows", dtype, m, depth, head.keys, writeReals(scope, dtype, keyMean), keyFactor, y, yHalf);

  const kappa = scope.zeros(Math.ceil(m / 8) * 8 * size);
  // λ_j = ⟨g, y_j⟩: the queries carry scale · log2(e) already
  const g = writeReals(
    scope,
    dtype,
    queryMean.map((value) => value / keyFactor),
  );
  callKernel(attentionKernels, "rowProducts", dtype, m, depth, y, g, yHalf, kappa);
  const kappaShift = -callKernel(attentionKernels, "vectorMaximum", dtype, m, kappa);
  const weights = reals(dtype);
  for (let j = kappa / size, end = j + m; j < end; j++) weights[j] = (weights[j] ?? 0) + kappaShift;
  callKernel(attentionKernels, "exp2Rows", dtype, Math.ceil((m * size) / 32), kappa);

  const weighted = scope.alloc(capacity * valueWidth * size);
  callKernel(attentionKernels, "weightRows", dtype, m, valueWidth, head.values, head.mean, kappa, weighted);
  const rows = { count: m, depth, channels: shape.e + 1, keys: y, values: weighted, valueStride: valueWidth, bias: yHalf };
  const keySet = yield* packKeySet(scope, dtype, rows);
  return { x, xHalf, y, yHalf, kappa, kappaShift, keyMean, weighted, keySet };
}

/** τ² = median|k − c| / median|scale (q − q̄)| over 512 evenly spaced rows; the factors that x and y get. */
function balance({ dtype, depth, shape, queries, keys, queryBox, keyBox }: Head): {
  readonly queryFactor: number;
  readonly keyFactor: number;
} {
  const root = Math.sqrt(Math.LOG2E);
  const query = sampledLengths(dtype, queries, shape.n, depth, queryBox).map((length) => length / Math.LOG2E);
  const key = sampledLengths(dtype, keys, shape.m, depth, keyBox);
  const middle = (sorted: Float64Array): number => sorted[sorted.length >> 1] ?? 0;
  const largest = (sorted: Float64Array): number => sorted[sorted.length - 1] ?? 0;
  let [a, b] = [middle(key), middle(query)];
  if (a === 0 || b === 0) [a, b] = [largest(key), largest(query)];
  const τ = a === 0 || b === 0 ? 1 : Math.sqrt(a) / Math.sqrt(b);
  return { queryFactor: τ / root, keyFactor: root / τ };
}

/** Distances of sampled rows from the mean, ascending; scaled by the box before squaring, so that nothing overflows. */
function sampledLengths(dtype: DType, rows: number, count: number, width: number, { mean, norm }: Box): Float64Array {
  const step = Math.max(1, count >> 9);
  const values = reals(dtype);
  const start = rows / bytesOf(dtype);
  const lengths = new Float64Array(Math.floor(count / step));
  if (norm === 0) return lengths;
  for (let i = 0; i < lengths.length; i++) {
    let squares = 0;
    for (let c = 0, p = start + i * step * width; c < width; c++, p++) {
      const difference = ((values[p] ?? 0) - (mean[c] ?? 0)) / norm;
      squares += difference * difference;
    }
    lengths[i] = norm * Math.sqrt(squares);
  }
  return lengths.sort();
}
