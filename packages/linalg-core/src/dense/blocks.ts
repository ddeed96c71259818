/**
 * Blocks of float64 matrices in compute memory, and their products: the language of the blocked factorizations.
 *
 *   block  rows × columns; entry (i, j) at address + i · rowBytes + j · columnBytes      A  m × k      B  k × n      C  m × n
 *
 * Strides carry transposes and parts, so that neither costs a copy; products pack what they read.
 * Source: Subquad's own convention.
 */
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { assert } from "../errors.js";
import { allocOperand, multiplyOperands, packOperand, type Operand, type Store } from "./packed-product.js";

export interface Block {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowBytes: number;
  readonly columnBytes: number;
}

/** Rows side by side. */
export function rowBlock(address: number, rows: number, columns: number, rowBytes = 8 * columns): Block {
  return { address, rows, columns, rowBytes, columnBytes: 8 };
}

/** Columns side by side. */
export function columnBlock(address: number, rows: number, columns: number, columnBytes = 8 * rows): Block {
  return { address, rows, columns, rowBytes: 8, columnBytes };
}

/** Rows [i0, i1) and columns [j0, j1). */
export function part({ address, rowBytes, columnBytes }: Block, i0: number, i1: number, j0: number, j1: number): Block {
  return { address: address + i0 * rowBytes + j0 * columnBytes, rows: i1 - i0, columns: j1 - j0, rowBytes, columnBytes };
}

/** The transpose: the same memory. */
export function transposed({ address, rows, columns, rowBytes, columnBytes }: Block): Block {
  return { address, rows: columns, columns: rows, rowBytes: columnBytes, columnBytes: rowBytes };
}

export interface BlockProduct extends Pick<Store, "add" | "lower"> {
  /** C ∓ A B: the product is subtracted. Default false. */
  readonly negate?: boolean;
}

/**
 * C ← A B, or C ± A B. The rows or the columns of C lie side by side, and neither A nor B shares memory with C.
 *
 * The bits of an entry depend on its row of A, its column of B and their length alone.
 */
export function* multiplyBlocks(
  scope: Scope,
  A: Block,
  B: Block,
  C: Block,
  { add, lower, negate = false }: BlockProduct = {},
): Steps<void> {
  assert(A.columns === B.rows && A.rows === C.rows && B.columns === C.columns, "blocks of a product do not match");
  assert(C.columnBytes === 8 || (C.rowBytes === 8 && lower !== true), "a product into scattered memory");
  if (C.rows * C.columns * A.columns === 0) return;
  if (C.columnBytes !== 8) {
    yield* multiplyBlocks(scope, transposed(B), transposed(A), transposed(C), { ...(add === undefined ? {} : { add }), negate });
    return;
  }
  const [m, k, n] = [A.rows, A.columns, B.columns];
  const left = { address: A.address, across: A.rowBytes, along: A.columnBytes };
  const right = { address: B.address, across: B.columnBytes, along: B.rowBytes };
  const packedA = yield* packOperand(scope, "float64", "left", left, m, k, allocOperand(scope, "float64", "left", m, k), negate ? -1 : 1);
  const packedB = yield* packOperand(scope, "float64", "right", right, n, k, allocOperand(scope, "float64", "right", n, k));
  const store = { rowBytes: C.rowBytes, ...(add === undefined ? {} : { add }), ...(lower === undefined ? {} : { lower }) };
  yield* multiplyOperands(scope, "float64", packedA, packedB, C.address, store);
  scope.free(packedA.address);
  scope.free(packedB.address);
}

/** −A packed, for what multiplies by it more than once. */
export function* packNegated(scope: Scope, A: Block): Steps<Operand> {
  const room = allocOperand(scope, "float64", "left", A.rows, A.columns);
  if (A.rows * A.columns === 0) return { address: room, length: A.rows, depth: A.columns };
  const source = { address: A.address, across: A.rowBytes, along: A.columnBytes };
  return yield* packOperand(scope, "float64", "left", source, A.rows, A.columns, room, -1);
}

/** C ← P B, or C + P B, to the bits of `multiplyBlocks`; the rows of C lie side by side. */
export function* multiplyPacked(scope: Scope, P: Operand, B: Block, C: Block, add: boolean): Steps<void> {
  if (C.rows * C.columns * P.depth === 0) return;
  const source = { address: B.address, across: B.columnBytes, along: B.rowBytes };
  const room = allocOperand(scope, "float64", "right", B.columns, B.rows);
  const packed = yield* packOperand(scope, "float64", "right", source, B.columns, B.rows, room);
  yield* multiplyOperands(scope, "float64", P, packed, C.address, { rowBytes: C.rowBytes, add });
  scope.free(room);
}
