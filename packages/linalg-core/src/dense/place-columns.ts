/**
 * A matrix in compute memory as factorizations want it: in float64, columns side by side, at a harmless scale.
 *
 *   A  m × n, any strides      A = 2^exponent block
 *
 * Between 2^-100 and 2^100 the largest magnitude is left alone; elsewhere a power of two brings it near 1, so that neither squares nor
 * products of entries overflow, and those that vanish do not matter beside the largest. Source: textbook.
 */
import type { DType, NdArray } from "../array/types.js";
import { exponentOf, powerOfTwo } from "../math/bits.js";
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { placeSteps, takeSteps } from "../runtime/transfer.js";
import { view } from "../array/view.js";
import { columnBlock, type Block } from "./blocks.js";
import { coreKernels } from "../kernels/core.js";

export interface PlacedColumns {
  /** m × n, columns side by side and packed. */
  readonly block: Block;
  readonly exponent: number;
}

/** Values moved between two turns of the event loop. */
const SLICE = 1 << 20;
/** Exponents up to this are harmless. */
const HARMLESS = 100;
/** A larger factor would not be a number; what it leaves is harmless. */
const MOST = 1000;

/** Copies A and checks that it is finite; `where` as in "qr(A)". */
export function* placeColumns(scope: Scope, A: NdArray, where: string): Steps<PlacedColumns> {
  const [m = 0, n = 0] = A.shape;
  const { address, strides } = yield* placeSteps(scope, A, "float64", where);
  const [down = 8, across = 8] = strides;
  const exponent = yield* exponentOfLargest(address, m * n);
  if (exponent === 0 && (n <= 1 ? m <= 1 || down === 8 : down === 8 && across === 8 * m))
    return { block: columnBlock(address, m, n), exponent };
  const block = columnBlock(scope.alloc(8 * m * n), m, n);
  const perSlice = Math.max(1, Math.floor(SLICE / Math.max(1, m)));
  for (let j = 0; j < n; j += perSlice) {
    if (j > 0) yield rest();
    const count = Math.min(perSlice, n - j);
    const kernels = kernelsOf(coreKernels);
    kernels.stageRowsF64(count, m, address + j * across, across, down, powerOfTwo(-exponent), block.address + j * block.columnBytes, m, 0);
  }
  scope.free(address);
  return { block, exponent };
}

/** A copy of a block whose columns lie side by side, packed. */
export function copyOf(scope: Scope, { address, rows, columns, columnBytes }: Block): Block {
  const copy = columnBlock(scope.alloc(8 * rows * columns), rows, columns);
  const { f64 } = runtime().memory;
  for (let j = 0; j < columns; j++) {
    const from = (address + j * columnBytes) / 8;
    f64.copyWithin((copy.address + j * copy.columnBytes) / 8, from, from + rows);
  }
  return copy;
}

/** The block times 2^exponent as a row-major array of the dtype; its columns lie side by side. */
export function* takeColumns(scope: Scope, { address, rows, columns, columnBytes }: Block, exponent: number, dtype: DType): Steps<NdArray> {
  const out = scope.alloc(8 * rows * columns);
  const perSlice = Math.max(1, Math.floor(SLICE / Math.max(1, columns)));
  for (let i = 0; i < rows; i += perSlice) {
    if (i > 0) yield rest();
    const kernels = kernelsOf(coreKernels);
    const count = Math.min(perSlice, rows - i);
    kernels.stageRowsF64(count, columns, address + 8 * i, 8, columnBytes, powerOfTwo(exponent), out + 8 * i * columns, columns, 0);
  }
  const taken = yield* takeSteps(out, [rows, columns], "float64");
  scope.free(out);
  return inDtype(taken, dtype);
}

/** The same entries, rounded once where the dtype asks for it. */
export function inDtype(A: NdArray, dtype: DType): NdArray {
  return dtype === "float32" ? view(new Float32Array(A.data), A.shape) : A;
}

function* exponentOfLargest(address: number, count: number): Steps<number> {
  let largest = 0;
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) yield rest();
    const { f64 } = runtime().memory;
    const end = address / 8 + Math.min(count, from + SLICE);
    for (let p = address / 8 + from; p < end; p++) largest = Math.max(largest, Math.abs(f64[p]!));
  }
  const exponent = largest === 0 ? 0 : exponentOf(largest);
  return Math.abs(exponent) <= HARMLESS ? 0 : Math.max(-MOST, Math.min(MOST, exponent));
}
