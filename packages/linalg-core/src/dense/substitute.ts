/**
 * Substitution with triangular blocks in compute memory.
 *
 *   T  n × n triangular block, any strides; the other triangle is not read      X  n × p, rows side by side, p even      T X = B in place
 *
 *   diagonal blocks of 128 rows by plain substitution, what they contribute to the other rows by products
 *
 * (T + ΔT) x = b with |ΔT| ≤ γ_s |T|, s = n + ⌈n / 128⌉ + 2, column by column: every order of the sums obeys it.  Source: textbook.
 */
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, rowBlock, type Block } from "./blocks.js";

const DIAGONAL = 128;
/** Multiply-adds without a pause: about 2 ms. */
const SLICE_WORK = 4e6;

export interface Substitution {
  /** T is lower triangular. Default false: upper. */
  readonly lower?: boolean;
  /** B is upper triangular, as T: what is zero in X is not computed. Default false. */
  readonly triangular?: boolean;
}

/** s: the roundings on the way to an entry of X. */
export function substitutionRoundings(n: number): number {
  return n + Math.ceil(n / DIAGONAL) + 2;
}

/** X ← T⁻¹ X. */
export function* substitute(scope: Scope, T: Block, X: Block, { lower = false, triangular = false }: Substitution = {}): Steps<void> {
  const n = T.rows;
  const blocks = Math.ceil(n / DIAGONAL);
  for (let s = 0; s < blocks; s++) {
    const i = (lower ? s : blocks - 1 - s) * DIAGONAL;
    const end = Math.min(n, i + DIAGONAL);
    const solved = part(X, i, end, triangular ? i : 0, X.columns);
    yield* substituteDiagonal(part(T, i, end, i, end), solved, lower);
    const [from, to] = lower ? [end, n] : [0, i];
    const others = part(X, from, to, triangular ? i : 0, X.columns);
    yield* multiplyBlocks(scope, part(T, from, to, i, end), solved, others, { add: true, negate: true });
  }
}

function* substituteDiagonal(T: Block, X: Block, lower: boolean): Steps<void> {
  const n = T.rows;
  const width = 8 * Math.max(1, Math.floor(SLICE_WORK / (4 * n * n)));
  for (let c = 0; c < X.columns; c += width) {
    if (c > 0) yield rest();
    const { kernels } = runtime();
    const count = Math.min(width, X.columns - c);
    kernels.solveTriangular(n, T.address, T.rowBytes, T.columnBytes, lower ? 1 : 0, 0, count, X.address + 8 * c, X.rowBytes);
  }
}

/** R⁻¹ for an upper triangular block: n × n and a column of zeros where n is odd, rows side by side, owned by the scope. */
export function* invertUpper(scope: Scope, R: Block): Steps<Block> {
  const n = R.rows;
  const even = n + (n % 2);
  const X = rowBlock(scope.zeros(8 * n * even), n, even);
  const { f64 } = runtime().memory;
  for (let j = 0; j < n; j++) f64[X.address / 8 + j * (even + 1)] = 1;
  yield* substitute(scope, R, X, { triangular: true });
  return part(X, 0, n, 0, n);
}
