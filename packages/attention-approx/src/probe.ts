/**
 * What a rank would give, from a small problem held out of the pools.
 *
 *   64 random queries against the 128 heaviest keys and 384 random ones, which stand for the rest
 *
 * On real heads the mean of the three largest row errors of the probe is close to the 98 % row error of the head; without the heaviest
 * keys it is four times too small where rare heavy keys exist.  Source: ours.
 */
import type { Rng } from "@subquad/linalg-core";
import { attentionPass, bytesOf, packKeySet, paddedKeys, reals, type KeySet, type Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import type { CenteredHead } from "./center.js";
import type { Head } from "./head.js";
import type { Landmarks } from "./landmarks.js";
import { fitCoefficients } from "./nystrom.js";
import type { Extremes } from "./pool.js";

const QUERIES = 64;
const HEAVY_KEYS = 128;
const RANDOM_KEYS = 384;
const WORST_ROWS = 3;

export interface Probe {
  readonly queries: number;
  readonly x: number;
  readonly xHalf: number;
  readonly keySet: KeySet;
  /** Exact sums of the small problem, float64 [queries][e + 1]. */
  readonly exact: number;
  /** Query-key pairs it took, and that each rank tried takes. */
  readonly pairs: number;
}

/** Draws the small problem and solves it exactly. */
export function* drawProbe(scope: Scope, head: Head, centered: CenteredHead, extremes: Extremes, rng: Rng): Steps<Probe> {
  const { dtype, depth, valueWidth, shape } = head;
  const size = bytesOf(dtype);
  const queries = Math.min(QUERIES, shape.n);
  const heavy = Math.min(HEAVY_KEYS, extremes.keys.length);
  const random = Math.min(RANDOM_KEYS, shape.m - heavy);
  const count = heavy + random;
  const padded = paddedKeys(count);
  const x = scope.alloc(queries * depth * size);
  const xHalf = scope.zeros(QUERIES * size);
  const keys = scope.alloc(padded * depth * size);
  const weighted = scope.alloc(padded * valueWidth * size);
  const bias = scope.alloc(padded * size);
  const values = reals(dtype); // after the last allocation: memory that grows leaves a view behind
  for (let i = 0; i < queries; i++) {
    const from = rng.below(shape.n);
    values.copyWithin(x / size + i * depth, centered.x / size + from * depth, centered.x / size + (from + 1) * depth);
    values[xHalf / size + i] = values[centered.xHalf / size + from] ?? 0;
  }
  const multiplicity = random === 0 ? 1 : (shape.m - heavy) / random;
  for (let j = 0; j < count; j++) {
    const from = j < heavy ? (extremes.keys[j] ?? 0) : rng.below(shape.m);
    values.copyWithin(keys / size + j * depth, centered.y / size + from * depth, centered.y / size + (from + 1) * depth);
    const factor = j < heavy ? 1 : multiplicity;
    for (let c = 0; c < valueWidth; c++)
      values[weighted / size + j * valueWidth + c] = factor * (values[centered.weighted / size + from * valueWidth + c] ?? 0);
    values[bias / size + j] = values[centered.yHalf / size + from] ?? 0;
  }
  const rows = { count, depth, channels: shape.e + 1, keys, values: weighted, valueStride: valueWidth, bias };
  const keySet = yield* packKeySet(scope, dtype, rows);
  const exact = scope.alloc(queries * (shape.e + 1) * 8);
  yield* attentionPass(scope, { dtype, queryCount: queries, queries: x, queryBias: xHalf, keySet, bounded: true, raw: true, out: exact });
  return { queries, x, xHalf, keySet, exact, pairs: queries * count };
}

/** Error of these landmarks on the small problem: mean of the three largest row errors, in units of s_c. */
export function* probeError(scope: Scope, head: Head, probe: Probe, landmarks: Landmarks): Steps<number> {
  const { dtype, shape, unit } = head;
  const channels = shape.e + 1;
  const { keySet } = yield* fitCoefficients(scope, head, landmarks, probe.keySet);
  const low = scope.alloc(probe.queries * channels * 8);
  yield* attentionPass(scope, {
    dtype,
    queryCount: probe.queries,
    queries: probe.x,
    queryBias: probe.xHalf,
    keySet,
    bounded: true,
    raw: true,
    out: low,
  });
  const f64 = reals("float64");
  const errors = new Float64Array(probe.queries);
  for (let i = 0; i < errors.length; i++) {
    const a = probe.exact / 8 + i * channels;
    const b = low / 8 + i * channels;
    let worst = 0;
    for (let c = 0; c < shape.e; c++) {
      const scale = unit[c] ?? 0;
      if (scale === 0) continue;
      const error = Math.abs((f64[a + c] ?? 0) / (f64[a + shape.e] ?? 0) - (f64[b + c] ?? 0) / (f64[b + shape.e] ?? 0)) / scale;
      if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
    }
    errors[i] = worst;
  }
  scope.free(low);
  errors.sort();
  const worst = errors.subarray(Math.max(0, errors.length - WORST_ROWS));
  let sum = 0;
  for (const error of worst) sum += error;
  return sum / worst.length;
}
