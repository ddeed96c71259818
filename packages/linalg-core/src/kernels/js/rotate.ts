/**
 * Plane rotations of adjacent rows in float64, many sweeps at a time, as in assembly/rotate.ts.
 *
 *   rotation (t, u) of a carried row p and the next row q:   p ← p + t q      q ← q + u p      at last, each row times its scale
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const ROTATE = ["chunks", "chunksPerTile", "rows", "rowBytes", "chunkBytes", "sweeps", "table", "rotations", "count", "scales"] as const;
/** Columns of a chunk. */
const WIDTH = 8;

/** All sweeps, then the scales, on some of the chunks. */
export function applyRotations(memory: ComputeMemory, args: number, tile: number): void {
  const { chunks, chunksPerTile, rows, rowBytes, chunkBytes, sweeps, table, rotations, count, scales } = readWords(memory, args, ROTATE);
  const { f64, i32 } = memory;
  const first = tile * chunksPerTile;
  for (let k = first; k < Math.min(chunks, first + chunksPerTile); k++) {
    let rotation = rotations / 8;
    for (let t = 0; t < sweeps; t++) {
      const turns = i32[table / 4 + 2 * t + 1]!;
      const step = (turns < 0 ? -rowBytes : rowBytes) / 8;
      let x = (rows + k * chunkBytes + i32[table / 4 + 2 * t]! * rowBytes) / 8;
      for (let l = 0; l < Math.abs(turns); l++, rotation += 2, x += step) rotate(f64, x, x + step, f64[rotation]!, f64[rotation + 1]!);
    }
    for (let i = 0; i < count; i++) {
      const x = (rows + k * chunkBytes + i * rowBytes) / 8;
      const scale = f64[scales / 8 + i]!;
      for (let j = x; j < x + WIDTH; j++) f64[j]! *= scale;
    }
  }
}

function rotate(f64: Float64Array, x: number, y: number, t: number, u: number): void {
  for (let j = 0; j < WIDTH; j++) {
    const p = f64[x + j]!;
    const q = f64[y + j]!;
    f64[x + j] = p + t * q;
    f64[y + j] = q + u * p;
  }
}
