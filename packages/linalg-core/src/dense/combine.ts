/**
 * The end of every product: C = α P + β C₀, into `out` where one is given.
 *
 *   P  the product, freshly computed      C₀  what `out` holds
 *
 * Source: Subquad's own convention.
 */
import { denseCopy, dtypeOf } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { assertWritable, mayOverlap, writeInto } from "../array/out.js";
import type { DType, NdArray } from "../array/types.js";
import { OptionError } from "../errors.js";
import { assertInRange } from "../options.js";

/** The options that every product has. */
export interface Combination {
  readonly alpha: number;
  readonly beta: number;
  readonly out: NdArray | undefined;
}

/** Checks them against the product to come, before any work. */
export function checkCombination(
  where: string,
  { alpha, beta, out }: Combination,
  shape: readonly number[],
  dtype: DType,
  inputs: readonly NdArray[],
): void {
  assertInRange(where, { alpha, beta }, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (out === undefined) {
    if (beta !== 0) throw new OptionError(where, "beta", "0 when there is no out to scale", beta);
    return;
  }
  assertWritable(where, out, shape, dtype);
  if (inputs.some((input) => mayOverlap(input, out)))
    throw new OptionError(where, "out", "an array that overlaps no operand", "an overlap");
  if (beta !== 0) assertFinite(out, `${where}(out)`);
}

/** α P + β C₀, checked before `out`, where given, is written. */
export function combine(where: string, product: NdArray, { alpha, beta, out }: Combination): NdArray {
  const C = product.data;
  if (alpha !== 1) for (let i = 0; i < C.length; i++) C[i] = alpha * C[i]!;
  if (out !== undefined && beta !== 0) {
    const C0 = denseCopy(out, dtypeOf(out));
    for (let i = 0; i < C.length; i++) C[i] = C[i]! + beta * C0[i]!;
  }
  if (alpha !== 1 || beta !== 0) assertFinite(product, `${where}(${overflow(dtypeOf(product))})`);
  if (out === undefined) return product;
  writeInto(out, C);
  return out;
}

/** The argument that a NonFiniteError names when operands are finite and the result is not. */
export function overflow(dtype: DType): string {
  return `result overflows ${dtype}`;
}
