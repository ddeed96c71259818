/**
 * C = A B or C += A B, packed and blocked as in assembly/gemm.ts.
 *
 *   A  m × k, packed as [panel of KC][group of 4 rows][kc][4]       B  k × n, packed as [panel of KC][sliver of W columns][kc][W]
 */
import { GEMM_PANEL, GEMM_ROWS, type ComputeMemory } from "../abi.js";
import { readWords, round, type Real, type RealArray } from "./real.js";
import { productSquare, TILE_ROWS as R } from "./register-tiles.js";

const PACK = ["length", "depth", "source", "lengthStride", "depthStride", "packed", "slivers"] as const;
const MULTIPLY = ["m", "n", "k", "left", "right", "out", "tileRows", "tileColumns", "rowBytes", "add", "lower"] as const;

export function packLeftTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  pack(memory, real, args, tile, R, GEMM_ROWS / R);
}

export function packRightTile(memory: ComputeMemory, real: Real, args: number, tile: number): void {
  pack(memory, real, args, tile, real.W, 1);
}

function pack(memory: ComputeMemory, real: Real, args: number, tile: number, width: number, groups: number): void {
  const { length, depth, source, lengthStride, depthStride, packed, slivers } = readWords(memory, args, PACK);
  const v = real.view(memory);
  const factor = round(real.single, memory.f64[args / 8]!);
  const used = Math.ceil(length / width); // groups that hold anything
  const total = Math.ceil(used / groups) * groups;
  const end = Math.min(used, (tile + 1) * slivers * groups);
  const across = lengthStride / real.bytes;
  const along = depthStride / real.bytes;
  for (let pc = 0; pc < depth; pc += GEMM_PANEL) {
    const kc = Math.min(GEMM_PANEL, depth - pc);
    for (let s = tile * slivers * groups; s < end; s++) {
      let out = packed / real.bytes + pc * total * width + s * width * kc;
      let p = source / real.bytes + s * width * across + pc * along;
      const valid = Math.min(width, length - s * width);
      for (let l = 0; l < kc; l++, p += along) {
        for (let r = 0; r < width; r++) v[out++] = r < valid ? factor * v[p + r * across]! : 0; // the store rounds
      }
    }
  }
}

/** One rectangle of C; tiles run along a row of rectangles first. */
export function multiplyTile(memory: ComputeMemory, real: Real, args: number, tile: number, scratch: number): void {
  const { m, n, k, left, right, out, tileRows, tileColumns, rowBytes, add, lower } = readWords(memory, args, MULTIPLY);
  const { bytes, W } = real;
  const v = real.view(memory);
  const across = Math.ceil(n / tileColumns);
  const i0 = Math.floor(tile / across) * tileRows;
  const j0 = (tile % across) * tileColumns;
  const i1 = Math.min(m, i0 + tileRows);
  const j1 = Math.min(n, j0 + tileColumns);
  const rowsPadded = Math.ceil(m / GEMM_ROWS) * GEMM_ROWS;
  const columnsPadded = Math.ceil(n / W) * W;
  for (let pc = 0; pc < k; pc += GEMM_PANEL) {
    const kc = Math.min(GEMM_PANEL, k - pc);
    for (let j = j0; j < j1; j += W) {
      const b = right / bytes + pc * columnsPadded + j * kc;
      const top = lower !== 0 ? Math.max(i0, j - (j % R)) : i0;
      for (let i = top; i < i1; i += R) {
        const a = left / bytes + pc * rowsPadded + i * kc;
        const rows = Math.min(R, i1 - i);
        const ldc = rowBytes / bytes;
        productTile(real, v, rows, Math.min(W, j1 - j), kc, a, b, scratch / bytes, out / bytes + i * ldc + j, ldc, pc > 0 || add !== 0);
      }
    }
  }
}

/** C tile = (add: +=) A sliver times B sliver; rows of C lie ldc values apart. */
function productTile(
  real: Real,
  v: RealArray,
  rows: number,
  columns: number,
  kc: number,
  a: number,
  b: number,
  scratch: number,
  c: number,
  ldc: number,
  add: boolean,
): void {
  for (let l = 0; l < columns; l += 4) {
    productSquare(real, v, kc, a, R, b + l, real.W, scratch);
    for (let i = 0; i < rows; i++) {
      const at = c + i * ldc + l;
      const from = scratch + 4 * i;
      for (let h = Math.min(4, columns - l) - 1; h >= 0; h--) v[at + h] = add ? v[at + h]! + v[from + h]! : v[from + h]!;
    }
  }
}
