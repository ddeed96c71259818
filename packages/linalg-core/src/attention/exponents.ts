/**
 * How large the exponents of an exponential kernel matrix can be, without forming them.
 *
 *   x_i  |scale| |a_i|, ascending      r_i  row shifts        scale ⟨a_i, b_j⟩ − r_i − c_j ≤ x_i y_j − r_i − c_j
 *   y_j  |b_j|, ascending              c_j  column shifts
 *
 * For Gaussian shifts r_i = x_i²/2, c_j = y_j²/2 the bound is −(x_i − y_j)²/2: never above 0.  Source: ours; monotone maxima, a special case of
 * the row maxima of totally monotone matrices (Aggarwal, Klawe, Moran, Shor, Wilber).
 */
import { denseCopy } from "../array/cast.js";
import type { DType, NdArray } from "../array/types.js";
import { AssumptionError } from "../errors.js";

/** Refuses operands whose exponents could leave the range of the dtype or, unless they are clamped at 0, that of 2^x. */
export function checkExponents(
  where: string,
  dtype: DType,
  a: NdArray,
  b: NdArray,
  scale: number,
  shifts: { readonly row: Float64Array; readonly column: Float64Array },
  clamp: boolean,
): void {
  const left = byNorm(a, shifts.row, Math.abs(scale));
  const right = byNorm(b, shifts.column, 1);
  const size = left.largestNorm * right.largestNorm + left.largestShift + right.largestShift;
  const limit = dtype === "float32" ? 2 ** 120 : 2 ** 1020;
  if (!(size < limit)) {
    throw new AssumptionError(where, {
      assumption: "|scale| |a| |b| + |shifts| below the range of the dtype",
      allowed: limit,
      measured: size,
    });
  }
  if (clamp) return;
  const allowed = dtype === "float32" ? 87 : 709;
  const measured = largestExponent(left, right) + 2 ** -50 * size; // more than its rounding
  if (measured > allowed) throw new AssumptionError(where, { assumption: "largest exponent |scale| |a| |b| − shifts", allowed, measured });
}

/** Rows in the order of their norms. */
interface ByNorm {
  readonly norm: Float64Array;
  readonly shift: Float64Array;
  readonly largestNorm: number;
  readonly largestShift: number;
}

/** max_ij x_i y_j − r_i − c_j for ascending x and y: the best j never falls as i rises, so halves of the rows share out the columns. */
function largestExponent({ norm: x, shift: r }: ByNorm, { norm: y, shift: c }: ByNorm): number {
  let largest = -Infinity;
  const search = (firstRow: number, endRow: number, firstColumn: number, lastColumn: number): void => {
    if (firstRow >= endRow) return;
    const i = (firstRow + endRow) >> 1;
    let [best, at] = [-Infinity, firstColumn];
    for (let j = firstColumn; j <= lastColumn; j++) {
      const exponent = x[i]! * y[j]! - c[j]!;
      if (exponent > best) [best, at] = [exponent, j];
    }
    largest = Math.max(largest, best - r[i]!);
    search(firstRow, i, firstColumn, at);
    search(i + 1, endRow, at, lastColumn);
  };
  search(0, x.length, 0, y.length - 1);
  return largest;
}

function byNorm(A: NdArray, shift: Float64Array, factor: number): ByNorm {
  const [n = 0, d = 0] = A.shape;
  const data = denseCopy(A, "float64");
  const norms = new Float64Array(n);
  for (let i = 0; i < n; i++) norms[i] = factor * norm(data.subarray(i * d, (i + 1) * d));
  const order = Uint32Array.from(norms, (_, i) => i).sort((i, j) => norms[i]! - norms[j]!);
  let largestShift = 0;
  for (const value of shift) largestShift = Math.max(largestShift, Math.abs(value));
  return {
    norm: Float64Array.from(order, (i) => norms[i]!),
    shift: Float64Array.from(order, (i) => shift[i]!),
    largestNorm: norms[order[n - 1] ?? 0] ?? 0,
    largestShift,
  };
}

/** By the largest entry, so that no square overflows or vanishes. */
function norm(row: Float64Array): number {
  let largest = 0;
  for (const x of row) largest = Math.max(largest, Math.abs(x));
  if (!(largest > 0)) return largest;
  let sum = 0;
  for (const x of row) sum += (x / largest) * (x / largest);
  return largest * Math.sqrt(sum);
}
