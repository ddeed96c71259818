/**
 * The inverse of an upper triangular block in compute memory.
 *
 *   R  n × n upper triangular, any strides; the other triangle is not read      X = R⁻¹, from R X = I
 *
 * R X = I − F with |F| ≤ γ_s |R||X|, s as in substitution.ts.  Source: textbook.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { part, rowBlock, type Block } from "./blocks.js";
import { substitute } from "./substitution.js";

/** R⁻¹: n × n and a column of zeros where n is odd, rows side by side, owned by the scope. */
export function* invertUpper(scope: Scope, R: Block): Steps<Block> {
  const n = R.rows;
  const even = n + (n % 2);
  const X = rowBlock(scope.zeros(8 * n * even), n, even);
  const { f64 } = runtime().memory;
  for (let j = 0; j < n; j++) f64[X.address / 8 + j * (even + 1)] = 1;
  yield* substitute(scope, R, X, { isLower: false, isUnit: false, isUpperResult: true });
  return part(X, 0, n, 0, n);
}
