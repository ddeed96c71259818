/**
 * C = S B for S in compressed rows, as in assembly/spmm.ts: one sum an entry, in the order in which the row of S is stored, never fused.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords, round, type Real } from "./real.js";

const SPMM = ["starts", "columns", "values", "blocks", "count", "B", "C", "rowBytes"] as const;
/** Bytes of a row that one tile computes. */
const STRIP = 128;

export function multiplySparseTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { starts, columns, values, blocks, count, B, C, rowBytes } = readWords(memory, args, SPMM);
  const { bytes, single } = real;
  const { i32 } = memory;
  const v = real.view(memory);
  const block = blocks / 4 + (tile % count);
  const from = Math.floor(tile / count) * STRIP;
  const width = Math.min(STRIP, rowBytes - from) / bytes;
  const sums = new Float64Array(STRIP / bytes);
  for (let i = i32[block]!; i < i32[block + 1]!; i++) {
    sums.fill(0);
    for (let p = i32[starts / 4 + i]!; p < i32[starts / 4 + i + 1]!; p++) {
      const factor = v[values / bytes + p]!;
      const row = (B + i32[columns / 4 + p]! * rowBytes + from) / bytes;
      for (let j = 0; j < width; j++) sums[j] = round(single, sums[j]! + round(single, factor * v[row + j]!));
    }
    const out = (C + i * rowBytes + from) / bytes;
    for (let j = 0; j < width; j++) v[out + j] = sums[j]!;
  }
}
