/**
 * The subsampled randomized Hadamard transform.
 *
 *   N  least power of two ≥ n      D  n signs: stream "sketch/srht/sign/t" for columns [65536 t, 65536 (t + 1)), high bit of each word first
 *   p  m distinct rows of [0, N): stream "sketch/srht/rows/m/N", in ascending order      S_ri = ± scale, the sign (−1)^popcount(p_r & i) D_i
 *
 * By blocks of b rows, H_N = H_(N/b) ⊗ H_b: row p_r of H_N is, within block k, row p_r mod b of H_b times (−1)^popcount(⌊p_r / b⌋ & k). With b ≥ m
 * a block costs b (log2 b + 1) additions a column.  Source: arXiv:1011.1595.
 */
import { denseCopy, rngFor, view } from "@subquad/linalg-core";
import { runtime, sketchKernels } from "@subquad/linalg-core/kernels";
import { fwhtSteps, rest, tiles, type Steps } from "@subquad/linalg-core/steps";
import { transformLength } from "./distributions.js";
import type { FamilyRules, Sample } from "./sample.js";

/** Columns of a tile: a line of the cache. */
const SLAB = 8;
const SIGNS_A_STREAM = 65536;

export const srhtFamily: FamilyRules = {
  baseRows: ({ distribution: { rows } }) => Math.max(256, transformLength(rows)),

  *nodes(scope, sample, { address, rows, width, firstBlock }, to, meanwhile) {
    const m = sample.distribution.rows;
    const base = srhtFamily.baseRows(sample);
    const slabs = Math.ceil(width / SLAB);
    const signs = scope.alloc(4 * Math.ceil(rows / 32));
    runtime().memory.i32.set(yield* signWords(sample, firstBlock * base, rows), signs / 4);
    const picks = scope.alloc(4 * m);
    runtime().memory.i32.set(keptRows(sample), picks / 4);
    const blocks = Math.ceil(rows / base);
    const work = scope.alloc(64 * base * blocks * slabs);
    const args = scope.args([base, rows, width, m, SLAB, address, to, signs, 0, picks, firstBlock, work]);
    yield* tiles(sketchKernels, "hadamardTile", args, blocks * slabs, blocks * base * (32 - Math.clz32(base)) * width, meanwhile);
    for (const block of [signs, picks, work, args]) scope.free(block);
  },

  *transposed(_, sample, Y, p) {
    const { columns: n } = sample.distribution;
    const N = transformLength(n);
    const padded = new Float64Array(N * p);
    for (const [r, row] of keptRows(sample).entries()) padded.set(Y.subarray(r * p, (r + 1) * p), row * p);
    const H = denseCopy(yield* fwhtSteps("srht", view(padded, [N, p]), { axis: 0 }), "float64");
    const words = yield* signWords(sample, 0, n);
    for (let i = 0; i < n; i++) {
      if (((words[i >> 5]! >>> (i & 31)) & 1) === 1) for (let q = i * p; q < (i + 1) * p; q++) H[q] = -H[q]!;
    }
    return H.slice(0, n * p);
  },

  *entries(sample, rows, columns, out) {
    const kept = keptRows(sample);
    const [first, end] = columns;
    const words = yield* signWords(sample, 32 * Math.floor(first / 32), end - 32 * Math.floor(first / 32));
    for (let r = rows[0]; r < rows[1]; r++) {
      for (let i = first, q = (r - rows[0]) * (end - first); i < end; i++, q++) {
        const bit = (words[(i >> 5) - (first >> 5)]! >>> (i & 31)) & 1;
        out[q] = 1 - 2 * (bit ^ parity(kept[r]! & i));
      }
    }
  },
};

/** The signs of columns [first, first + count), a bit each from the lowest on, set for a minus; `first` a multiple of 32. */
function* signWords({ seed }: Sample, first: number, count: number): Steps<Int32Array> {
  const words = new Int32Array(Math.ceil(count / 32));
  const perStream = SIGNS_A_STREAM / 32;
  const start = first / 32;
  for (let t = Math.floor(start / perStream); t * perStream < start + words.length; t++) {
    yield rest();
    const rng = rngFor(seed, `sketch/srht/sign/${t}`);
    const end = Math.min(start + words.length, (t + 1) * perStream);
    for (let w = t * perStream; w < end; w++) {
      const word = rng.uint32();
      if (w >= start) words[w - start] = reversed(word);
    }
  }
  return words;
}

/** p: by a shuffle of which only the places that it moved are kept. */
function keptRows({ distribution: { rows: m, columns: n }, seed }: Sample): Int32Array {
  const N = transformLength(n);
  const rng = rngFor(seed, `sketch/srht/rows/${m}/${N}`);
  const swaps = new Map<number, number>();
  const kept = new Int32Array(m);
  for (let k = 0; k < m; k++) {
    const place = k + rng.below(N - k);
    kept[k] = swaps.get(place) ?? place;
    swaps.set(place, swaps.get(k) ?? k);
  }
  return kept.sort();
}

/** The bits of a word from the other end. */
function reversed(word: number): number {
  let bits = word;
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8);
  return (bits >>> 16) | (bits << 16);
}

/** 1 for an odd number of bits. */
function parity(word: number): 0 | 1 {
  let bits = word ^ (word >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return ((0x6996 >>> (bits & 15)) & 1) as 0 | 1;
}
