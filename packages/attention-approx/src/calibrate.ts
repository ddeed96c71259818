/**
 * Seconds a query-key pair takes here, measured once per shape of row. It only scales the seconds that a plan prints: no choice reads it.
 */
import type { DType } from "@subquad/linalg-core";
import { attentionPass, bytesOf, openScope, packKeySet, paddedWidth, secondsPerUnit } from "@subquad/linalg-core/kernels";
import { runSync, type Steps } from "@subquad/linalg-core/steps";

const QUERIES = 256;
const KEYS = 768;
/** An exponential takes the time of so many multiply-adds. */
const EXPONENTIAL_WORK = 16;

export function secondsPerPair(dtype: DType, d: number, e: number): number {
  const weight = paddedWidth(d) + paddedWidth(e + 1) + EXPONENTIAL_WORK;
  return secondsPerUnit(`pair ${paddedWidth(d)} ${e}`, dtype, weight, () => runSync(timedPass(dtype, d, e)));
}

function* timedPass(dtype: DType, d: number, e: number): Steps<number> {
  const scope = openScope();
  try {
    const size = bytesOf(dtype);
    const depth = paddedWidth(d);
    const valueStride = paddedWidth(e + 1);
    const rows = {
      count: KEYS,
      depth,
      channels: e + 1,
      keys: scope.zeros(KEYS * depth * size),
      values: scope.zeros(KEYS * valueStride * size),
      valueStride,
      bias: 0,
    };
    const keySet = yield* packKeySet(scope, dtype, rows);
    const queries = scope.zeros(QUERIES * depth * size);
    const out = scope.alloc(QUERIES * e * size);
    const start = performance.now();
    yield* attentionPass(scope, { dtype, queryCount: QUERIES, queries, keySet, out });
    return (performance.now() - start) / 1000 / (QUERIES * KEYS);
  } finally {
    scope.release();
  }
}
