/**
 * Random embeddings of blocks of rows, as in assembly/sketch.ts. All float64.
 */
import type { ComputeMemory } from "../abi.js";
import { normalQuantile } from "../../math/normal-quantile.js";
import { readWords } from "./real.js";

const FILL = ["tilesAcross", "columns", "states", "out"] as const;
const PICKS = ["m", "z", "blocked", "perStream", "skip", "count", "states", "out"] as const;
const BLOCKS = [
  "blockRows", "rows", "width", "m", "slab", "source", "nodes", "columns", "z", "picks", "firstBlock", "work",
] as const; // prettier-ignore

/** alea from a state in memory: outputs as integers in [0, 2^32). */
function outputs({ f64 }: ComputeMemory, state: number): () => number {
  let s0 = f64[state]!;
  let s1 = f64[state + 1]!;
  let s2 = f64[state + 2]!;
  let carry = f64[state + 3]!;
  return () => {
    const t = 2091639 * s0 + carry * 2.3283064365386963e-10;
    s0 = s1;
    s1 = s2;
    carry = Math.trunc(t);
    s2 = t - carry;
    return Math.trunc(s2 * 4294967296);
  };
}

export function normalTile(memory: ComputeMemory, args: number, tile: number): void {
  const { tilesAcross, columns, states, out } = readWords(memory, args, FILL);
  const { f64 } = memory;
  const next = outputs(memory, states / 8 + 4 * tile);
  const first = Math.floor(tile / tilesAcross) * 64;
  for (let j = first; j < Math.min(columns, first + 64); j++) {
    const at = out / 8 + (j * tilesAcross + (tile % tilesAcross)) * 64;
    for (let i = 0; i < 64; i++) f64[at + i] = normalQuantile((next() + 0.5) / 4294967296);
  }
}

export function signTile(memory: ComputeMemory, args: number, tile: number): void {
  const { tilesAcross, columns, states, out } = readWords(memory, args, FILL);
  const { f64 } = memory;
  const next = outputs(memory, states / 8 + 4 * tile);
  const first = Math.floor(tile / tilesAcross) * 64;
  for (let j = first; j < Math.min(columns, first + 64); j++) {
    const at = out / 8 + (j * tilesAcross + (tile % tilesAcross)) * 64;
    for (let i = 0, word = 0; i < 64; i++, word <<= 1) {
      if (i % 32 === 0) word = next() | 0;
      f64[at + i] = word < 0 ? -1 : 1;
    }
  }
}

export function pickTile(memory: ComputeMemory, args: number, tile: number): void {
  const { m, z, blocked, perStream, skip, count, states, out } = readWords(memory, args, PICKS);
  const { i32 } = memory;
  const next = outputs(memory, states / 8 + 4 * tile);
  const below = (bound: number): number => {
    const limit = 4294967296 - (4294967296 % bound);
    let word = next();
    while (word >= limit) word = next();
    return word % bound;
  };
  const [rows, places, values] = [new Int32Array(z), new Int32Array(z), new Int32Array(z)];
  for (let column = tile * perStream; column < Math.min((tile + 1) * perStream, skip + count); column++) {
    for (let k = 0; k < z; k++) {
      if (blocked !== 0) {
        rows[k] = k * (m / z) + below(m / z);
        continue;
      }
      const place = k + below(m - k);
      let here = place;
      let own = k;
      for (let q = 0; q < k; q++) {
        if (places[q] === place) here = values[q]!;
        if (places[q] === k) own = values[q]!;
      }
      rows[k] = here;
      places[k] = place;
      values[k] = own;
    }
    const signs = next();
    if (column < skip) continue;
    const to = out / 4 + (column - skip) * z;
    for (let k = 0; k < z; k++) i32[to + k] = 2 * rows[k]! + ((signs >>> (31 - k)) & 1);
  }
}

export function scatterTile(memory: ComputeMemory, args: number, tile: number): void {
  const { blockRows, rows, width, m, slab, source, nodes, columns, z } = readWords(memory, args, BLOCKS);
  const { f64, i32 } = memory;
  const slabs = Math.ceil(width / slab);
  const block = Math.floor(tile / slabs);
  const from = (tile % slabs) * slab;
  const to = Math.min(width, from + slab);
  const node = nodes / 8 + block * m * width;
  for (let r = 0; r < m; r++) f64.fill(0, node + r * width + from, node + r * width + to);
  const last = Math.min(rows, (block + 1) * blockRows);
  for (let i = block * blockRows; i < last; i++) {
    const x = source / 8 + i * width;
    for (let t = 0; t < z; t++) {
      const word = i32[columns / 4 + i * z + t]!;
      const out = node + (word >>> 1) * width;
      if ((word & 1) === 1) for (let c = from; c < to; c++) f64[out + c] = f64[out + c]! - f64[x + c]!;
      else for (let c = from; c < to; c++) f64[out + c] = f64[out + c]! + f64[x + c]!;
    }
  }
}

export function scatterSparse(
  { f64, i32 }: ComputeMemory,
  rows: number,
  z: number,
  width: number,
  rowPointers: number,
  columns: number,
  values: number,
  targets: number,
  node: number,
): void {
  for (let i = 0; i < rows; i++) {
    const from = i32[rowPointers / 4 + i]!;
    const to = i32[rowPointers / 4 + i + 1]!;
    for (let t = 0; t < z; t++) {
      const word = i32[targets / 4 + i * z + t]!;
      const out = node / 8 + (word >>> 1) * width;
      const sign = 1 - 2 * (word & 1);
      for (let q = from; q < to; q++) {
        const p = out + i32[columns / 4 + q]!;
        f64[p] = f64[p]! + sign * f64[values / 8 + q]!;
      }
    }
  }
}

export function hadamardTile(memory: ComputeMemory, args: number, tile: number): void {
  const { blockRows: B, rows, width, m, source, nodes, columns, picks, firstBlock, work } = readWords(memory, args, BLOCKS);
  const { f64, i32 } = memory;
  const slabs = Math.ceil(width / 8);
  const block = Math.floor(tile / slabs);
  const first = (tile % slabs) * 8;
  const count = Math.min(8, width - first);
  const y = work / 8 + tile * B * 8;
  f64.fill(0, y, y + 8 * B);
  for (let i = 0; i < Math.min(B, rows - block * B); i++) {
    const row = block * B + i;
    const isMinus = ((i32[columns / 4 + (row >> 5)]! >>> (row & 31)) & 1) === 1;
    for (let c = 0; c < count; c++) {
      const x = f64[source / 8 + row * width + first + c]!;
      f64[y + 8 * i + c] = isMinus ? -x : x;
    }
  }
  for (let h = 8; h < 8 * B; h *= 2) {
    for (let g = y; g < y + 8 * B; g += 2 * h) {
      for (let p = g; p < g + h; p++) {
        const a = f64[p]!;
        const b = f64[p + h]!;
        f64[p] = a + b;
        f64[p + h] = a - b;
      }
    }
  }
  const shift = 31 - Math.clz32(B);
  for (let r = 0; r < m; r++) {
    const pick = i32[picks / 4 + r]!;
    const out = nodes / 8 + (block * m + r) * width + first;
    const isMinus = isOdd((pick >> shift) & (firstBlock + block));
    for (let c = 0; c < count; c++) {
      const value = f64[y + 8 * (pick & (B - 1)) + c]!;
      f64[out + c] = isMinus ? -value : value;
    }
  }
}

/** Whether a word has an odd number of bits. */
function isOdd(word: number): boolean {
  let bits = word ^ (word >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return ((0x6996 >>> (bits & 15)) & 1) === 1;
}

const ADD = ["entries", "x", "y", "perTile"] as const;

export function addTile(memory: ComputeMemory, args: number, tile: number): void {
  const { entries, x, y, perTile } = readWords(memory, args, ADD);
  const { f64 } = memory;
  for (let i = tile * perTile; i < Math.min(entries, (tile + 1) * perTile); i++) f64[x / 8 + i] = f64[x / 8 + i]! + f64[y / 8 + i]!;
}
