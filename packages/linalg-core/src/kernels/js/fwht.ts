/**
 * Walsh-Hadamard transform of rows, as in assembly/fwht.ts: levels h = 1, 2, 4, … in this order. How the binary groups them does not show in the bits.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords, round, type Real, type RealArray } from "./real.js";

const ROWS = ["n", "rows", "rowsPerTile", "source", "out", "seen"] as const;
const ACROSS = ["count", "stride", "columns", "source", "out"] as const;

export function fwhtTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { n, rows, rowsPerTile, source, out, seen } = readWords(memory, args, ROWS);
  const { bytes, single } = real;
  const factor = round(single, memory.f64[args / 8]!);
  const v = real.view(memory);
  for (let row = tile * rowsPerTile; row < Math.min(rows, (tile + 1) * rowsPerTile); row++) {
    const from = source / bytes + row * n;
    const x = out / bytes + row * n;
    seeBits(memory.i32, (n * bytes) / 4, source / 4 + (row * n * bytes) / 4, seen / 4 + row * 4);
    v.copyWithin(x, from, from + n);
    for (let h = 1; h < n; h *= 2) for (let g = x; g < x + n; g += 2 * h) level(single, v, h, h, g);
    if (factor !== 1) for (let i = 0; i < n; i++) v[x + i] = v[x + i]! * factor;
  }
}

export function fwhtAcrossTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  const { count, stride, columns, source, out } = readWords(memory, args, ACROSS);
  const { bytes, single } = real;
  const factor = round(single, memory.f64[args / 8]!);
  const v = real.view(memory);
  const perGroup = stride / columns;
  const at = Math.floor(tile / perGroup) * count * stride + (tile % perGroup) * columns;
  const [x, h, width] = [(out + at) / bytes, stride / bytes, columns / bytes];
  for (let i = 0; i < count; i++) {
    const from = (source + at) / bytes + i * h;
    v.copyWithin(x + i * h, from, from + width);
  }
  for (let s = 1; s < count; s *= 2) {
    for (let i = 0; i < count; i++) if ((i & s) === 0) level(single, v, s * h, width, x + i * h);
  }
  if (factor === 1) return;
  for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) v[x + i * h + j] = v[x + i * h + j]! * factor;
}

/** (a, b) -> (a + b, a - b) for `width` pairs, h apart. */
function level(single: boolean, v: RealArray, h: number, width: number, x: number): void {
  for (let p = x; p < x + width; p++) {
    const a = v[p]!;
    const b = v[p + h]!;
    v[p] = round(single, a + b);
    v[p + h] = round(single, a - b);
  }
}

/** The largest of a row's words in each of four slots, without their sign bits. */
function seeBits(i32: Int32Array, words: number, source: number, seen: number): void {
  i32.fill(0, seen, seen + 4);
  for (let i = 0; i < words; i++) {
    const word = i32[source + i]! << 1;
    if (word >>> 0 > i32[seen + (i & 3)]! >>> 0) i32[seen + (i & 3)] = word;
  }
}
