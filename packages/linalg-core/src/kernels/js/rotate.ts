/**
 * Plane rotations of adjacent rows in float64, many sweeps at a time, as in assembly/rotate.ts.
 *
 *   rotation (c, s) of a carried row p and the next row q:   p ← c p + s q      q ← c q − s p
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const ROTATE = ["chunks", "chunksPerTile", "rows", "rowBytes", "chunkBytes", "sweeps", "table", "rotations"] as const;
/** Columns of a chunk. */
const WIDTH = 8;

/** All sweeps, on some of the chunks. */
export function applyRotations(memory: ComputeMemory, args: number, tile: number): void {
  const { chunks, chunksPerTile, rows, rowBytes, chunkBytes, sweeps, table, rotations } = readWords(memory, args, ROTATE);
  const { f64, i32 } = memory;
  const first = tile * chunksPerTile;
  for (let k = first; k < Math.min(chunks, first + chunksPerTile); k++) {
    let rotation = rotations / 8;
    for (let t = 0; t < sweeps; t++) {
      const count = i32[table / 4 + 2 * t + 1]!;
      const step = (count < 0 ? -rowBytes : rowBytes) / 8;
      let x = (rows + k * chunkBytes + i32[table / 4 + 2 * t]! * rowBytes) / 8;
      for (let l = 0; l < Math.abs(count); l++, rotation += 2, x += step) rotate(f64, x, x + step, f64[rotation]!, f64[rotation + 1]!);
    }
  }
}

function rotate(f64: Float64Array, x: number, y: number, c: number, s: number): void {
  for (let j = 0; j < WIDTH; j++) {
    const p = f64[x + j]!;
    const q = f64[y + j]!;
    f64[x + j] = c * p + s * q;
    f64[y + j] = -s * p + c * q;
  }
}
