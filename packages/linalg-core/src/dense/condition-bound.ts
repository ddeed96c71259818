/**
 * The condition of a triangular matrix, from above.
 *
 *   R  n × n upper triangular      κ₂(R) = ‖R‖₂ ‖R⁻¹‖₂      T  R⁻¹ as computed
 *
 *   R T = I − F with |F| ≤ γ_s |R||T|, so R⁻¹ = T (I − F)⁻¹ and ‖R⁻¹‖ ≤ ‖T‖ / (1 − ‖F‖)
 *
 * Source: the rounding of substitution.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { asSquareMatrix } from "../array/operands.js";
import type { MatrixInput } from "../array/types.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { runSync, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, rowBlock, type Block } from "./blocks.js";
import { invertUpper } from "./invert-upper.js";
import { placeColumns } from "./place-columns.js";
import { substitutionRoundings } from "./substitution.js";
import { normAbove } from "./sums.js";

/**
 * An upper bound on κ₂(R) = ‖R‖₂ ‖R⁻¹‖₂: ‖R‖_F ‖R⁻¹‖_F, corrected for the rounding of R⁻¹.
 *
 * At most n times κ₂ where κ₂ is well below 1/u, and a proof; beyond that, and for a singular R, Infinity.
 * @param R shape [n, n], upper triangular: what stands below the diagonal does not count, but must be finite; float32 or float64, any stride.
 * @returns a number ≥ κ₂(R); 1 for n = 0.
 * @throws ShapeError; NonFiniteError for NaN or Infinity in R.
 * @complexity 4 n³ / 3 multiply-adds; 4 n² extra space.
 * @source the rounding of substitution.
 * @example conditionBound([[1, 0], [0, 1]]) // -> 2 and a little
 */
export function conditionBound(R: MatrixInput): number {
  return runSync(boundSteps("conditionBound", R));
}

function* boundSteps(where: string, R: MatrixInput): Steps<number> {
  const input = asSquareMatrix(R, `${where}(R)`);
  const n = input.shape[0] ?? 0;
  if (n === 0) return 1;
  const scope = openScope();
  try {
    const { block } = yield* placeColumns(scope, input, `${where}(R)`); // κ₂ has no scale
    const { f64 } = runtime().memory;
    for (let j = 0; j < n; j++) f64.fill(0, block.address / 8 + j * n + j + 1, block.address / 8 + (j + 1) * n);
    for (let j = 0; j < n; j++) if (f64[block.address / 8 + j * (n + 1)] === 0) return Infinity;
    const T = yield* invertUpper(scope, block);
    const size = normAbove(runtime().memory.f64, block.address / 8, n * n);
    const inverse = normAbove(runtime().memory.f64, T.address / 8, n * (T.rowBytes / 8));
    if (!(inverse < Infinity)) return Infinity;
    const excess = yield* departure(scope, block, T);
    return excess < 1 ? ((size * inverse) / (1 - excess)) * (1 + 8 * UNIT_ROUND_OFF.float64) : Infinity;
  } finally {
    scope.release();
  }
}

/** At least ‖F‖_F; a product that underflows loses 2^-1074 in a row of R, whose entries are below 2^101. */
function* departure(scope: Scope, R: Block, T: Block): Steps<number> {
  const n = R.rows;
  const { f64 } = runtime().memory;
  for (const { address, count } of [
    { address: R.address, count: n * n },
    { address: T.address, count: n * (T.rowBytes / 8) },
  ]) {
    for (let p = address / 8; p < address / 8 + count; p++) f64[p] = Math.abs(f64[p]!);
  }
  const P = rowBlock(scope.alloc(8 * n * n), n, n);
  yield* multiplyBlocks(scope, R, T, P);
  const s = substitutionRoundings(n) * UNIT_ROUND_OFF.float64;
  return ((1.001 * s) / (1 - s)) * normAbove(runtime().memory.f64, P.address / 8, n * n) + n * n * n * 2 ** -970;
}
