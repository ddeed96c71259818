/**
 * Embeddings with z nonzeros ±1 in each column: CountSketch (z = 1), sparse signs, OSNAP.
 *
 *   stream "sketch/sparseSign/m/z/t" (blocked: "sketch/osnap/m/z/t")  columns [t g, (t + 1) g), g the least power of two ≥ 4096 / (z + 1)
 *   a column's draws: its z rows, then one word whose high bits are the signs (set: minus)
 *
 * z distinct rows of m by z steps of a Fisher-Yates shuffle; blocked: one in each of z blocks of m/z rows. n is in no name: S of more columns
 * begins with those of S.  Source: arXiv:1207.6365, arXiv:1211.1002.
 */
import { rngFor, type Rng } from "@subquad/linalg-core";
import { runtime, sketchKernels } from "@subquad/linalg-core/kernels";
import { rest, tiles } from "@subquad/linalg-core/steps";
import { transformLength } from "./distributions.js";
import type { FamilyRules, Sample } from "./sample.js";

/** Bytes of a node that a tile works on: they stay in the second cache. */
const SLAB_BYTES = 2 ** 18;
/** Columns drawn between two turns of the event loop. */
const SLICE = 2 ** 14;

export const sparseFamily: FamilyRules = {
  /** Four times m at least: adding nodes then costs a quarter of an addition an entry. */
  baseRows: ({ distribution: { rows } }) => Math.max(256, 4 * transformLength(rows)),

  *nodes(scope, sample, { address, rows, width, firstBlock }, to) {
    const { rows: m, nonzeros: z = 1 } = sample.distribution;
    const base = sparseFamily.baseRows(sample);
    const targets = scope.alloc(4 * rows * z);
    for (let from = 0; from < rows; from += SLICE) {
      if (from > 0) yield rest();
      const count = Math.min(SLICE, rows - from);
      const part = new Int32Array(count * z);
      drawTargets(sample, firstBlock * base + from, count, part);
      runtime().memory.i32.set(part, targets / 4 + from * z);
    }
    const slab = Math.min(width, Math.max(8, 8 * Math.floor(SLAB_BYTES / (64 * m))));
    const args = scope.args([base, rows, width, m, slab, address, to, targets, z, 0, 0, 0]);
    yield* tiles(sketchKernels, "scatterTile", args, Math.ceil(rows / base) * Math.ceil(width / slab), rows * width * z);
    scope.free(args);
    scope.free(targets);
  },

  *sparseNode(_, sample, { matrix, from, to, firstRow }) {
    const { rows: m, nonzeros: z = 1 } = sample.distribution;
    const { shape, rowPointers, columns, values } = matrix;
    const [, width] = shape;
    const targets = new Int32Array((to - from) * z);
    drawTargets(sample, firstRow, to - from, targets);
    const node = new Float64Array(m * width);
    for (let i = from; i < to; i++) {
      if (i % 1024 === 1023) yield rest();
      for (let t = (i - from) * z; t < (i - from + 1) * z; t++) {
        const word = targets[t]!;
        const at = (word >>> 1) * width;
        const sign = 1 - 2 * (word & 1);
        for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) {
          const p = at + columns[q]!;
          node[p] = node[p]! + sign * values[q]!;
        }
      }
    }
    return node;
  },

  *transposed(_, sample, Y, p) {
    const { columns: n, nonzeros: z = 1 } = sample.distribution;
    const out = new Float64Array(n * p);
    const step = Math.min(SLICE, Math.max(64, Math.ceil(2 ** 20 / (p * z + 1))));
    for (let from = 0; from < n; from += step) {
      yield rest();
      const count = Math.min(step, n - from);
      const targets = new Int32Array(count * z);
      drawTargets(sample, from, count, targets);
      for (let t = 0; t < count * z; t++) {
        const word = targets[t]!;
        const sign = 1 - 2 * (word & 1);
        const at = (from + Math.floor(t / z)) * p;
        for (let c = 0, y = (word >>> 1) * p; c < p; c++) out[at + c] = out[at + c]! + sign * Y[y + c]!;
      }
    }
    return out;
  },

  *entries(sample, rows, columns, out) {
    const { nonzeros: z = 1 } = sample.distribution;
    const width = columns[1] - columns[0];
    out.fill(0);
    for (let from = columns[0]; from < columns[1]; from += SLICE) {
      yield rest();
      const count = Math.min(SLICE, columns[1] - from);
      const targets = new Int32Array(count * z);
      drawTargets(sample, from, count, targets);
      for (let t = 0; t < targets.length; t++) {
        const r = targets[t]! >>> 1;
        const column = from - columns[0] + Math.floor(t / z);
        if (r >= rows[0] && r < rows[1]) out[(r - rows[0]) * width + column] = 1 - 2 * (targets[t]! & 1);
      }
    }
  },
};

/** out ← of columns [first, first + count) the targets 2 · row, + 1 for a minus; z of each column, one after the other. */
export function drawTargets({ distribution, seed }: Sample, first: number, count: number, out: Int32Array): void {
  const { rows: m, nonzeros: z = 1, blocked = false } = distribution;
  const perStream = transformLength(Math.ceil(4096 / (z + 1)));
  const name = blocked ? "osnap" : "sparseSign";
  const drawn = new Int32Array(z);
  const moved = new Int32Array(2 * z);
  for (let t = Math.floor(first / perStream); t * perStream < first + count; t++) {
    const rng = rngFor(seed, `sketch/${name}/${m}/${z}/${t}`);
    const end = Math.min(first + count, (t + 1) * perStream);
    for (let column = t * perStream; column < end; column++) {
      if (blocked) for (let k = 0; k < z; k++) drawn[k] = k * (m / z) + rng.below(m / z);
      else drawDistinct(rng, m, drawn, moved);
      const signs = rng.uint32();
      if (column < first) continue;
      for (let k = 0; k < z; k++) out[(column - first) * z + k] = 2 * drawn[k]! + ((signs >>> (31 - k)) & 1);
    }
  }
}

/** drawn ← as many distinct integers of [0, m): the first places of a shuffle, of which only the places that it moved are kept, each with what stands there. */
function drawDistinct(rng: Rng, m: number, drawn: Int32Array, moved: Int32Array): void {
  let count = 0;
  const standsAt = (place: number): number => {
    for (let q = count - 2; q >= 0; q -= 2) if (moved[q] === place) return moved[q + 1]!;
    return place;
  };
  for (let k = 0; k < drawn.length; k++) {
    const place = k + rng.below(m - k);
    drawn[k] = standsAt(place);
    moved[count + 1] = standsAt(k);
    moved[count] = place;
    count += 2;
  }
}
