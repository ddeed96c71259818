/**
 * Matrices of float64 on their way to a factorization and back, in parts between which an asynchronous caller breathes.
 *
 *   block  rows of a padded width in compute memory      data  the same entries, row-major, in an ordinary array
 *
 * Source: Subquad's own convention.
 */
import { gather } from "../array/cast.js";
import { makeArray } from "../array/make-array.js";
import type { NdArray } from "../array/types.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { rowBlock, type Block } from "./blocks.js";

/** Entries touched between two turns of the event loop: a few milliseconds. */
const SLICE = 2 ** 18;

/** Calls `visit` for each row, resting now and then; a row costs about `width` entries. */
export function* eachRowSteps(rows: number, width: number, visit: (i: number) => void): Steps<void> {
  const step = Math.max(1, Math.floor(SLICE / Math.max(1, width)));
  for (let from = 0; from < rows; from += step) {
    if (from > 0) yield rest();
    for (let i = from; i < Math.min(rows, from + step); i++) visit(i);
  }
}

/**
 * Room for a matrix, of arbitrary content; rows hold a multiple of 4 entries, and never a multiple of 16 beyond 48: rows whose distance
 * divides a page meet in the same few lines of the cache. What stands beside the columns stays there: no kernel mixes columns.
 */
export function allocRows(scope: Scope, rows: number, columns: number): Block {
  const width = Math.ceil(columns / 4) * 4;
  const rowBytes = 8 * (width >= 64 && width % 16 === 0 ? width + 4 : width);
  return rowBlock(scope.alloc(rows * rowBytes), rows, columns, rowBytes);
}

/** block ← data, row i times 2^(−exponents[i]) where there are exponents. */
export function* loadRows(block: Block, data: Float64Array, exponents?: Int32Array): Steps<void> {
  const n = block.columns;
  if (exponents === undefined && block.rowBytes === 8 * n) {
    for (let from = 0; from < data.length; from += SLICE) {
      if (from > 0) yield rest();
      runtime().memory.f64.set(data.length <= SLICE ? data : data.subarray(from, from + SLICE), block.address / 8 + from);
    }
    return;
  }
  yield* eachRowSteps(block.rows, n, (i) => {
    const { f64 } = runtime().memory;
    const to = positionOf(block, i);
    const exponent = exponents?.[i] ?? 0;
    if (exponent === 0) f64.set(data.subarray(i * n, i * n + n), to);
    else for (let j = 0; j < n; j++) f64[to + j] = scaleByPowerOfTwo(data[i * n + j]!, -exponent);
  });
}

/** The entries of a block, row-major; of a lower triangle, with zeros above it. */
export function* takeRows(block: Block, isLower = false): Steps<Float64Array<ArrayBuffer>> {
  const n = block.columns;
  const data = new Float64Array(block.rows * n);
  yield* eachRowSteps(block.rows, n, (i) => {
    const from = positionOf(block, i);
    data.set(runtime().memory.f64.subarray(from, from + (isLower ? Math.min(n, i + 1) : n)), i * n);
  });
  return data;
}

/** Where row i of a block begins, in values. */
export function positionOf({ address, rowBytes }: Block, i: number): number {
  return (address + i * rowBytes) / 8;
}

/** The entries of a matrix, row-major, in float64. */
export function* entriesOf(A: NdArray): Steps<Float64Array<ArrayBuffer>> {
  const [m = 0, n = 0] = A.shape;
  const data = new Float64Array(m * n);
  const step = Math.max(1, Math.floor(SLICE / Math.max(1, n)));
  for (let from = 0; from < m; from += step) {
    if (from > 0) yield rest();
    const to = Math.min(m, from + step);
    const rows = makeArray(A.data, [to - from, n], A.stride, A.offset + from * A.stride[0]!);
    gather(rows, data.subarray(from * n, to * n));
  }
  return data;
}

/** max |entry|. */
export function* largestOf(data: Float64Array, n: number): Steps<number> {
  let largest = 0;
  yield* eachRowSteps(n === 0 ? 0 : data.length / n, n, (i) => {
    for (let p = i * n; p < i * n + n; p++) {
      const size = Math.abs(data[p]!);
      if (size > largest) largest = size;
    }
  });
  return largest;
}
