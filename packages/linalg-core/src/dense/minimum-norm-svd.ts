/**
 * The smallest of the minimisers, by a singular value decomposition.
 *
 *   A  m × n      A = U diag(s) Vᵀ      r  its rank: singular values above the cut      B  m × p      X = T (U_rᵀ B), T = V_r diag(1 / s_r)
 *
 * Source: textbook.
 */
import { view } from "../array/view.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, rowBlock, transposed, type Block } from "./blocks.js";
import type { Minimizers } from "./minimum-norm.js";
import { svdSteps } from "./svd.js";

/**
 * @param A m × n, and B  m × p, columns side by side, packed; both are left as they are.
 * @param where the public function, for the message of an iteration that does not end.
 */
export function* minimizeBySvd(scope: Scope, A: Block, B: Block, rankTolerance: number, where: string): Steps<Minimizers> {
  const { rows: m, columns: n } = A;
  const p = B.columns;
  const values = new Float64Array(m * n);
  values.set(runtime().memory.f64.subarray(A.address / 8, A.address / 8 + m * n));
  const { U, s, V } = yield* svdSteps(where, view(values, [m, n], [1, m]));
  const k = Math.min(m, n);
  let rank = 0;
  while (rank < k && s.data[rank]! > rankTolerance * s.data[0]!) rank++;
  const X = new Float64Array(n * p);
  if (rank === 0 || U === undefined || V === undefined) return { X, rank: 0 };

  const left = rowBlock(scope.alloc(8 * m * k), m, k);
  const T = rowBlock(scope.alloc(8 * n * rank), n, rank);
  const C = rowBlock(scope.alloc(8 * rank * p), rank, p);
  const x = rowBlock(scope.alloc(8 * n * p), n, p);
  const { f64 } = runtime().memory;
  f64.set(U.data, left.address / 8);
  for (let i = 0; i < n; i++) for (let j = 0; j < rank; j++) f64[T.address / 8 + i * rank + j] = V.data[i * k + j]! / s.data[j]!;
  yield* multiplyBlocks(scope, transposed(part(left, 0, m, 0, rank)), B, C);
  yield* multiplyBlocks(scope, T, C, x);
  X.set(runtime().memory.f64.subarray(x.address / 8, x.address / 8 + n * p));
  return rank === m && m < n ? { X, rank } : { X, rank, basis: T };
}
