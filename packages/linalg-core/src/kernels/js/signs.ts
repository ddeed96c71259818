/**
 * Inner products of vectors of signs, as in assembly/signs.ts: <p, q> = dimensions − 2 popcount(p xor q). Counts are integers: any order has
 * their bits.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const SIGNS = ["m", "n", "dimensions", "rowBytes", "P", "Q", "out", "tileRows", "tileColumns"] as const;

/** One rectangle of the products; tiles run along a row of rectangles first. */
export function signProducts(memory: ComputeMemory, args: number, tile: number): void {
  const { m, n, dimensions, rowBytes, P, Q, out, tileRows, tileColumns } = readWords(memory, args, SIGNS);
  const { i32 } = memory;
  const words = rowBytes / 4;
  const across = Math.ceil(n / tileColumns);
  const i0 = Math.floor(tile / across) * tileRows;
  const j0 = (tile % across) * tileColumns;
  const i1 = Math.min(m, i0 + tileRows);
  const j1 = Math.min(n, j0 + tileColumns);
  for (let i = i0; i < i1; i++) {
    const p = P / 4 + i * words;
    for (let j = j0; j < j1; j++) {
      const q = Q / 4 + j * words;
      let differing = 0;
      for (let w = 0; w < words; w++) differing += ones(i32[p + w]! ^ i32[q + w]!);
      i32[out / 4 + i * n + j] = dimensions - 2 * differing;
    }
  }
}

/** Bits of a word that are set: counted in pairs, in fours, in bytes, and the bytes added by a product. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
