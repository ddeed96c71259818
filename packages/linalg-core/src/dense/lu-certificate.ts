/**
 * How far L U is from P A, measured.
 *
 *   R = P A − L U      M = |L||U|, for the round-off of R: k roundings in a row for the product, c for the differences
 *
 * Source: Subquad; γ-bounds of sums.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import type { Certificate } from "../certificate.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { excessOf } from "./backward-error.js";
import { multiplyBlocks, type Block } from "./blocks.js";
import { allocRows, eachRowSteps, entriesOf, largestOf, loadRows, positionOf } from "./work.js";

const norm = "relative backward error, Frobenius";

/** The certificate of ‖P A − L U‖_F / ‖A‖_F. */
export function* measureLu(scope: Scope, a: Float64Array, L: NdArray, U: NdArray, permutation: Int32Array): Steps<Certificate> {
  const n = permutation.length;
  const top = yield* largestOf(a, n);
  if (top === 0) return { kind: "deterministic", bound: 0, norm }; // then U = 0
  const exponents = new Int32Array(n).fill(excessOf(top));
  const [left, right, R] = [allocRows(scope, n, n), allocRows(scope, n, n), allocRows(scope, n, n)];
  yield* loadRows(left, yield* entriesOf(L));
  yield* loadRows(right, yield* entriesOf(U), exponents);
  yield* loadRows(R, a, exponents);
  const size = yield* frobenius(R);
  const permuted = new Float64Array(n * n);
  yield* eachRowSteps(n, n, (i) => {
    permuted.set(a.subarray(permutation[i]! * n, permutation[i]! * n + n), i * n);
  });
  yield* loadRows(R, permuted, exponents);
  yield* multiplyBlocks(scope, left, right, R, { add: true, negate: true });
  const rest = yield* frobenius(R);
  yield* makePositive(left);
  yield* makePositive(right);
  yield* multiplyBlocks(scope, left, right, R);
  const magnitude = yield* frobenius(R);
  for (const { address } of [left, right, R]) scope.free(address);
  const u = UNIT_ROUND_OFF.float64;
  const c = Math.ceil(n / 256) + 1;
  const k = Math.min(n, 256) + 2 * c;
  const roundOff = 1.001 * u * (k * magnitude + c * size) + 2 ** -700;
  return { kind: "deterministic", bound: ((rest + roundOff) / size) * (1 + 2 * (n * n + 16) * u), norm };
}

function* frobenius(A: Block): Steps<number> {
  let sum = 0;
  yield* eachRowSteps(A.rows, A.columns, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(A, i);
    for (let p = from; p < from + A.columns; p++) sum += f64[p]! * f64[p]!;
  });
  return Math.sqrt(sum);
}

function* makePositive(A: Block): Steps<void> {
  yield* eachRowSteps(A.rows, A.columns, (i) => {
    const { f64 } = runtime().memory;
    const from = positionOf(A, i);
    for (let p = from; p < from + A.columns; p++) f64[p] = Math.abs(f64[p]!);
  });
}
