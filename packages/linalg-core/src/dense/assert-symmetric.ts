/**
 * Symmetric or not.
 *
 * Source: Subquad's own convention.
 */
import { AssumptionError, NonFiniteError } from "../errors.js";
import type { Steps } from "../runtime/steps.js";
import { factorKernels } from "../kernels/factor.js";
import { kernelsOf } from "../runtime/runtime.js";
import type { Block } from "./blocks.js";
import { eachSliceSteps } from "./passes.js";
import { eachRowSteps } from "./work.js";

/** Rows and columns of a square that is read at once: its two images stay in cache. */
export const SQUARE = 32;

export interface Symmetry {
  readonly largest: number;
  readonly measured: number;
}

/**
 * Every entry of A is finite, and max |a_ij − a_ji| ≤ relative · max |a|.
 * @param A n × n, row-major.
 * @returns max |a|, and max |a_ij − a_ji|.
 */
export function* assertSymmetric(where: string, A: Float64Array, n: number, relative: number): Steps<Symmetry> {
  let largest = 0;
  let measured = 0;
  let faults = 0;
  yield* eachRowSteps(Math.ceil(n / SQUARE), SQUARE * n, (block) => {
    const end = Math.min(n, block * SQUARE + SQUARE);
    for (let j0 = 0; j0 < end; j0 += SQUARE) {
      for (let i = block * SQUARE; i < end; i++) {
        for (let j = j0; j < Math.min(i + 1, j0 + SQUARE); j++) {
          const x = A[i * n + j]!;
          const y = A[j * n + i]!;
          const size = Math.max(Math.abs(x), Math.abs(y)); // NaN stays
          if (!(size < Infinity)) faults++;
          if (size > largest) largest = size;
          if (Math.abs(x - y) > measured) measured = Math.abs(x - y);
        }
      }
    }
  });
  if (faults > 0) refuse(where, A, n);
  assertWithin(where, measured, relative * largest);
  return { largest, measured };
}

/** The same of a block in compute memory whose entries are finite, `largest` of them the largest. */
export function* assertSymmetricBlock(where: string, A: Block, largest: number, relative: number): Steps<void> {
  const { asymmetry } = kernelsOf(factorKernels);
  let measured = 0;
  yield* eachSliceSteps(A.rows, A.columns, (from, to) => {
    measured = Math.max(measured, asymmetry(from, to, A.address, A.rowBytes));
  });
  assertWithin(where, measured, relative * largest);
}

function assertWithin(where: string, measured: number, allowed: number): void {
  if (measured > allowed)
    throw new AssumptionError(where, { assumption: "A symmetric: max |a_ij − a_ji|", allowed, measured, argument: "A" });
}

function refuse(where: string, A: Float64Array, n: number): never {
  const bad = A.findIndex((x) => !Number.isFinite(x));
  throw new NonFiniteError(where, "A", A[bad]!, [Math.floor(bad / n), bad % n]);
}
