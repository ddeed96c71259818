/**
 * Embeddings with z nonzeros ±1 in each column: CountSketch (z = 1), sparse signs, OSNAP.
 *
 *   stream "sketch/sparseSign/m/z/t" (blocked: "sketch/osnap/m/z/t")  columns [t g, (t + 1) g), g the least power of two ≥ 4096 / (z + 1)
 *   a column's draws: its z rows, then one word whose high bits are the signs (set: minus)
 *
 * z distinct rows of m by z steps of a Fisher-Yates shuffle; blocked: one in each of z blocks of m/z rows. n is in no name: S of more columns
 * begins with those of S.  Source: arXiv:1207.6365, arXiv:1211.1002.
 */
import { kernelsOf, openScope, runtime, sketchKernels, streamState, type Scope } from "@subquad/linalg-core/kernels";
import { rest, tiles, type Steps } from "@subquad/linalg-core/steps";
import { transformLength } from "./distributions.js";
import type { FamilyRules, Sample } from "./sample.js";

/** Bytes of a node that a tile works on: they stay in the second cache. */
const SLAB_BYTES = 2 ** 18;
/** Columns that are drawn at a time where all of them would fill memory. */
const SLICE = 2 ** 14;
/** Additions of nonzeros between two turns of the event loop: a few milliseconds. */
const SCATTERED = 2 ** 21;
/** Streams begun between two turns of the event loop: a millisecond. */
const STREAMS = 512;
/** Multiply-adds of a product that take as long as a draw, and as an addition to a row of a node. */
const [DRAW_WORK, ADD_WORK] = [100, 3];

export const sparseFamily: FamilyRules = {
  /** Four times m at least: adding nodes then costs a quarter of an addition an entry. */
  baseRows: ({ distribution: { rows } }) => Math.max(256, 4 * transformLength(rows)),

  *nodes(scope, sample, { address, rows, width, firstBlock }, to, meanwhile) {
    const { rows: m, nonzeros: z = 1 } = sample.distribution;
    const base = sparseFamily.baseRows(sample);
    const targets = yield* pickTargets(scope, sample, firstBlock * base, rows);
    const slab = Math.min(width, Math.max(8, 8 * Math.floor(SLAB_BYTES / (64 * m))));
    const args = scope.args([base, rows, width, m, slab, address, to, targets, z, 0, 0, 0]);
    yield* tiles(
      sketchKernels,
      "scatterTile",
      args,
      Math.ceil(rows / base) * Math.ceil(width / slab),
      ADD_WORK * rows * width * z,
      meanwhile,
    );
    scope.free(args);
    scope.free(targets);
  },

  *sparseNode(scope, sample, { matrix, from, to }, node) {
    const { rows: m, nonzeros: z = 1 } = sample.distribution;
    const { shape, rowPointers } = matrix;
    const [start, end] = [rowPointers[from]!, rowPointers[to]!];
    const targets = yield* pickTargets(scope, sample, from, to - from);
    const [values, columns, pointers] = [scope.alloc(8 * (end - start)), scope.alloc(4 * (end - start)), scope.alloc(4 * (to - from + 1))];
    const { f64, i32 } = runtime().memory;
    f64.set(matrix.values.subarray(start, end), values / 8);
    i32.set(matrix.columns.subarray(start, end), columns / 4);
    for (let i = from; i <= to; i++) i32[pointers / 4 + i - from] = rowPointers[i]! - start;
    f64.fill(0, node / 8, node / 8 + m * shape[1]);
    const step = Math.max(1, Math.floor((SCATTERED * (to - from)) / (z * (end - start) + 1)));
    for (let i = 0; i < to - from; i += step) {
      if (i > 0) yield rest();
      const rows = Math.min(step, to - from - i);
      kernelsOf(sketchKernels).scatterSparse(rows, z, shape[1], pointers + 4 * i, columns, values, targets + 4 * i * z, node);
    }
    for (const block of [targets, values, columns, pointers]) scope.free(block);
  },

  *transposed(_, sample, Y, p) {
    const { columns: n, nonzeros: z = 1 } = sample.distribution;
    const out = new Float64Array(n * p);
    const step = Math.min(SLICE, Math.max(64, Math.ceil(2 ** 20 / (p * z + 1))));
    for (let from = 0; from < n; from += step) {
      yield rest();
      const count = Math.min(step, n - from);
      const targets = yield* drawTargets(sample, from, count);
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
      const targets = yield* drawTargets(sample, from, count);
      for (let t = 0; t < targets.length; t++) {
        const r = targets[t]! >>> 1;
        const column = from - columns[0] + Math.floor(t / z);
        if (r >= rows[0] && r < rows[1]) out[(r - rows[0]) * width + column] = 1 - 2 * (targets[t]! & 1);
      }
    }
  },
};

/**
 * Targets of columns [first, first + count) of S: 2 · row, + 1 for a minus; z of each column, one after the other.
 * @returns the address of count · z int32, owned by the scope.
 */
function* pickTargets(scope: Scope, { distribution, seed }: Sample, first: number, count: number): Steps<number> {
  const { rows: m, nonzeros: z = 1, blocked = false } = distribution;
  const perStream = transformLength(Math.ceil(4096 / (z + 1)));
  const name = blocked ? "osnap" : "sparseSign";
  const from = Math.floor(first / perStream);
  const streams = Math.ceil((first + count) / perStream) - from;
  const out = scope.alloc(4 * count * z);
  const states = scope.alloc(32 * streams);
  for (let t = 0; t < streams; t++) {
    if (t % STREAMS === STREAMS - 1) yield rest();
    runtime().memory.f64.set(streamState(seed, `sketch/${name}/${m}/${z}/${from + t}`), states / 8 + 4 * t);
  }
  const args = scope.args([m, z, Number(blocked), perStream, first - from * perStream, count, states, out]);
  yield* tiles(sketchKernels, "pickTile", args, streams, DRAW_WORK * count * (z + 1));
  scope.free(args);
  scope.free(states);
  return out;
}

/** The same as an array. */
export function* drawTargets(sample: Sample, first: number, count: number): Steps<Int32Array> {
  const scope = openScope();
  try {
    const address = yield* pickTargets(scope, sample, first, count);
    return runtime().memory.i32.slice(address / 4, address / 4 + count * (sample.distribution.nonzeros ?? 1));
  } finally {
    scope.release();
  }
}
