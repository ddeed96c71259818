/**
 * Operands with a fixed number of axes, read at a border.
 *
 *   site  "where(argument)", on whose behalf: the start of the error message
 *
 * Source: Subquad's own convention.
 */
import { ShapeError, splitSite } from "../errors.js";
import { denseCopy } from "./cast.js";
import { asArray } from "./convert.js";
import type { MatrixInput, NdArray, VectorInput } from "./types.js";

/** A matrix as it lies, shape [m, n]: copied only where `asArray` has to. */
export function asMatrix(input: MatrixInput, site: string): NdArray {
  const A = asArray(input, site);
  if (A.shape.length !== 2) throw misshapen(site, "a matrix, shape [m, n]", A);
  return A;
}

/** A matrix as it lies, shape [n, n]. */
export function asSquareMatrix(input: MatrixInput, site: string): NdArray {
  const A = asArray(input, site);
  if (A.shape.length !== 2 || A.shape[0] !== A.shape[1]) throw misshapen(site, "a square matrix", A);
  return A;
}

/** The entries of a vector of this length, in float64: a copy. */
export function vectorEntries(input: VectorInput, length: number, site: string): Float64Array<ArrayBuffer> {
  const x = asArray(input, site);
  if (x.shape.length !== 1 || x.shape[0] !== length) throw misshapen(site, `shape [${length}]`, x);
  return denseCopy(x, "float64");
}

function misshapen(site: string, expected: string, { shape }: NdArray): ShapeError {
  const { where, argument } = splitSite(site);
  return new ShapeError(where, argument, expected, shape);
}
