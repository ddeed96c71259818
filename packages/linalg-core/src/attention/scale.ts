/**
 * The factor of the scores: what a caller may ask for, and in which precision it can be carried.
 *
 *   scale · log2(e)  multiplies the queries, rounded to the dtype: it must be a normal number there, or it errs by more than u
 *
 * Source: IEEE 754.
 */
import type { DType } from "../array/types.js";
import { OptionError } from "../errors.js";

const LEAST = 1e-300;
const MOST = 1e300;

/** The scale is a number of magnitude in [1e-300, 1e300]. */
export function assertScale(where: string, scale: unknown): void {
  const inside = typeof scale === "number" && Math.abs(scale) >= LEAST && Math.abs(scale) <= MOST;
  if (!inside) throw new OptionError(where, "scale", `a number of magnitude in [${LEAST}, ${MOST}]`, scale);
}

/** Whether scale · log2(e) is a normal number of the dtype, for a scale that was checked. */
export function carriesScale(dtype: DType, scale: number): boolean {
  const factor = Math.abs(scale) * Math.LOG2E;
  return dtype === "float64" || (factor >= 2 ** -126 && factor <= 2 ** 127);
}
