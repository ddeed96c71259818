/**
 * Results of Fourier transforms: from rows in float64 to arrays of the caller's dtype and axes.
 *
 * Source: Subquad's own convention.
 */
import { assertFinite } from "../array/check.js";
import { makeArray } from "../array/make-array.js";
import { rowMajorStride } from "../array/layout.js";
import { writeInto } from "../array/out.js";
import type { DType, NdArray } from "../array/types.js";
import { blank, indexAlong, rowsAlong } from "./axis.js";

/** Complex numbers as two arrays of one shape. */
export interface Spectrum {
  readonly re: NdArray;
  readonly im: NdArray;
}

/** Rows with their axis back in place k; they are used up. */
export function deliverRows(rows: Float64Array, rowsShape: readonly number[], k: number, dtype: DType): NdArray {
  if (dtype === "float64" && k === rowsShape.length - 1) return makeArray(rows, rowsShape, rowMajorStride(rowsShape), 0);
  const shape = indexAlong(rowsShape, k);
  const result = blank(shape, dtype);
  writeInto(rowsAlong(result, k), rows);
  return result;
}

/** The operands are finite: whatever is not comes from the transform, or from rounding to float32. */
export function refuseOverflow(where: string, { re, im }: Spectrum, dtype: DType): void {
  assertFinite(re, `${where}(result overflows ${dtype})`);
  assertFinite(im, `${where}(result overflows ${dtype})`);
}
