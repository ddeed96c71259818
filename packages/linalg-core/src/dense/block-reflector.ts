/**
 * Householder reflectors taken together: H_0 H_1 … H_(b−1) = I − V T Vᵀ, applied by three products.
 *
 *   V  m × b  unit lower trapezoidal, zeros and ones written out      T  b × b  upper triangular      C  m × n
 *
 *   T_jj = τ_j      T_(0..j−1, j) = −τ_j T_(0..j−1, 0..j−1) (Vᵀ v_j)_(0..j−1)
 *
 * Source: compact WY representation (Schreiber, Van Loan).
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { columnBlock, multiplyBlocks, part, rowBlock, transposed, type Block } from "./blocks.js";

export interface BlockReflector {
  readonly V: Block;
  /** Row-major. */
  readonly T: Block;
}

/**
 * The reflectors of a panel that `householderPanel` has left: v_j below the diagonal of its column j, which lie side by side.
 * @param scope it owns V and T; `freeReflector` gives them back earlier.
 * @param panel m × b, m ≥ b, columns side by side.
 * @param tau address of τ_0 … τ_(b−1).
 */
export function* blockReflector(scope: Scope, panel: Block, tau: number): Steps<BlockReflector> {
  const { rows: m, columns: b } = panel;
  const V = columnBlock(scope.alloc(8 * m * b), m, b);
  const T = rowBlock(scope.alloc(8 * b * b), b, b);
  const { f64 } = runtime().memory;
  for (let j = 0; j < b; j++) {
    const [from, to] = [(panel.address + j * panel.columnBytes) / 8, (V.address + j * V.columnBytes) / 8];
    f64.fill(0, to, to + j);
    f64[to + j] = 1;
    f64.copyWithin(to + j + 1, from + j + 1, from + m);
  }
  yield* multiplyBlocks(scope, transposed(V), V, T); // only its upper triangle is read
  formT(runtime().memory.f64, T.address / 8, b, tau / 8);
  return { V, T };
}

/** In place: the upper triangle of VᵀV becomes T, the rest zero. */
function formT(f64: Float64Array, T: number, b: number, tau: number): void {
  for (let j = 0; j < b; j++) {
    const t = f64[tau + j]!;
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += f64[T + i * b + l]! * f64[T + l * b + j]!; // rows l ≥ i of column j are still VᵀV
      f64[T + i * b + j] = -t * sum;
    }
    f64[T + j * b + j] = t;
    for (let i = j + 1; i < b; i++) f64[T + i * b + j] = 0;
  }
}

/** C ← (I − V T Vᵀ) C, or its transpose: C ← (I − V Tᵀ Vᵀ) C. Rows or columns of C lie side by side. */
export function* applyReflector(scope: Scope, { V, T }: BlockReflector, C: Block, isTransposed: boolean): Steps<void> {
  const [b, n] = [V.columns, C.columns];
  if (b * n === 0) return;
  const W = rowBlock(scope.alloc(8 * b * n), b, n);
  const TW = rowBlock(scope.alloc(8 * b * n), b, n);
  yield* multiplyBlocks(scope, transposed(V), C, W);
  yield* multiplyBlocks(scope, isTransposed ? transposed(T) : T, W, TW);
  yield* multiplyBlocks(scope, V, TW, C, { add: true, negate: true });
  scope.free(W.address);
  scope.free(TW.address);
}

export function freeReflector(scope: Scope, { V, T }: BlockReflector): void {
  scope.free(V.address);
  scope.free(T.address);
}

/**
 * C ← H_0 H_1 … H_(k−1) C (or, transposed, H_(k−1) … H_0 C) for the reflectors that a factorization left below the diagonal of its columns.
 * @param A m × n, columns side by side; its first k columns hold reflectors.
 * @param tau address of τ_0 … τ_(k−1).
 * @param C m × p.
 * @param width reflectors taken together.
 */
export function* applyReflectors(
  scope: Scope,
  A: Block,
  k: number,
  tau: number,
  C: Block,
  isTransposed: boolean,
  width: number,
): Steps<void> {
  const panels = Math.ceil(k / width);
  for (let s = 0; s < panels; s++) {
    const j = (isTransposed ? s : panels - 1 - s) * width;
    const reflector = yield* blockReflector(scope, part(A, j, A.rows, j, Math.min(k, j + width)), tau + 8 * j);
    yield* applyReflector(scope, reflector, part(C, j, C.rows, 0, C.columns), isTransposed);
    freeReflector(scope, reflector);
  }
}
