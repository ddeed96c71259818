/**
 * S A of rows that arrive in pieces, in any order, on one machine or on several.
 *
 *   S  m × n, n the capacity: row i of A meets column i of S      A  n × d, of which some rows have been added; the others count as zeros
 *
 * The value depends on the set of rows alone, to the bit: any split, any order and any merges, and what applyLeft gives for all of A at
 * once, as a dense matrix.
 * accumulator-state.ts says how.  Source: Subquad's own convention.
 */
import {
  assertFinite,
  assertInteger,
  assertKnownOptions,
  OptionError,
  ShapeError,
  view,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
  type Seed,
} from "@subquad/linalg-core";
import { openScope } from "@subquad/linalg-core/kernels";
import { runSync, type Steps } from "@subquad/linalg-core/steps";
import { decodeState, encodeState, sampleBytes } from "./accumulator-bytes.js";
import { commonRow, emptyState, insertNode, join, nodesOf, sumOfNodes, type AccumulatorState, type Addition } from "./accumulator-state.js";
import { stage, STAGE_BYTES } from "./apply.js";
import { assertDistribution } from "./distribution-check.js";
import type { SketchDistribution } from "./distributions.js";
import { readRows, rowsOf, shapeOf, type Rows } from "./rows.js";
import type { Range } from "./sample.js";
import { seedFrom } from "./seed.js";

export interface AccumulatorOptions {
  /** Same seed, same bits. Default "0". */
  readonly seed?: Seed;
}

/** Which rows of A these are: consecutive ones, or each by its index. */
export type RowPlaces = { readonly firstRow: number } | { readonly indices: Int32Array };

/** A sum that grows. A call that throws has changed nothing. */
export interface SketchAccumulator {
  readonly distribution: SketchDistribution;
  /** The seed in its normal form. */
  readonly seed: string;
  /** d. */
  readonly width: number;
  /** [from, to) of the rows that were added: ascending, with gaps between them. */
  readonly ranges: readonly Range[];
  /** Adds rows: [k, d], dense or sparse. */
  update(rows: MatrixInput | CsrMatrix, places: RowPlaces): void;
  /** Adds the rows of another accumulator of the same distribution, seed and width, which keeps them. */
  merge(other: SketchAccumulator): void;
  /** S A: [m, d], float64. */
  value(): NdArray;
  /** For decodeAccumulator, here or elsewhere: equal bytes for equal sets of rows. */
  encode(): Uint8Array<ArrayBuffer>;
}

const states = new WeakMap<SketchAccumulator, AccumulatorState>();

/**
 * An accumulator without rows.
 *
 * For streams, and for data that lie on several machines: each embeds its rows, then they merge. With all of A at hand, sampleSketch does.
 * @param distribution of any family; its `columns` are the capacity. Of srht the next power of two from it decides S, of the others nothing does.
 * @param width d: columns of A.
 * @param options see AccumulatorOptions.
 * @returns SketchAccumulator; its functions throw ShapeError, NonFiniteError, and OptionError for rows that are there already or beyond the
 *   capacity, and for another distribution, seed or width.
 * @throws OptionError.
 * @complexity update as applyLeft of whole blocks of 256 to 4m rows; O(m d log n) space, and the rows of blocks that are not yet complete.
 * @source Subquad's own convention.
 * @example const sum = createAccumulator(sparseSign(64, 1000), 3, { seed: 7 }); sum.update(rows, { firstRow: 0 });
 */
export function createAccumulator(distribution: SketchDistribution, width: number, options: AccumulatorOptions = {}): SketchAccumulator {
  const where = "createAccumulator";
  assertDistribution(where, distribution);
  assertInteger(where, { width }, 0, 2 ** 31 - 1);
  assertKnownOptions(where, options, ["seed"]);
  return accumulator(emptyState({ distribution, seed: seedFrom(where, options.seed) }, width));
}

/**
 * The accumulator that `encode` wrote down.
 * @param bytes of an encode().
 * @returns SketchAccumulator.
 * @throws FormatError with the byte offset for bytes that are cut short, changed, or of another version; OptionError for no Uint8Array.
 * @complexity O(bytes).
 * @source Subquad's own convention.
 * @example decodeAccumulator(sum.encode()).ranges // those of sum
 */
export function decodeAccumulator(bytes: Uint8Array): SketchAccumulator {
  return accumulator(decodeState("decodeAccumulator", bytes));
}

function accumulator(state: AccumulatorState): SketchAccumulator {
  const { sample, width } = state;
  const { distribution } = sample;
  const result: SketchAccumulator = {
    ...sample,
    width,
    get ranges() {
      return state.ranges.map(([from, to]) => [from, to] as const);
    },
    update: (rows, places) => { runSync(updateSteps("update", state, rows, places)); }, // prettier-ignore
    merge: (other) => { runSync(mergeSteps("merge", state, other)); }, // prettier-ignore
    value: () => {
      const sum = runSync(sumOfNodes(state));
      for (let p = 0; p < sum.length; p++) sum[p] = distribution.scale * sum[p]!;
      const result = view(sum, [distribution.rows, width]);
      assertFinite(result, "value(result overflows float64)");
      return result;
    },
    encode: () => encodeState(state),
  };
  states.set(result, state);
  return result;
}

function* updateSteps(where: string, state: AccumulatorState, A: MatrixInput | CsrMatrix, places: RowPlaces): Steps<void> {
  const { rows } = readRows(A, `${where}(rows)`);
  const [count, d] = shapeOf(rows);
  if (d !== state.width) throw new ShapeError(where, "rows", `${state.width} columns`, [count, d]);
  assertKnownOptions(where, places, ["firstRow", "indices"]);
  const { firstRow, indices } = places as { readonly firstRow?: unknown; readonly indices?: unknown };
  if ((firstRow === undefined) === (indices === undefined)) throw new OptionError(where, "places", "firstRow or indices", places);
  const capacity = state.sample.distribution.columns;
  if (indices === undefined) {
    assertInteger(where, { firstRow }, 0, capacity - count);
    if (count > 0) yield* joinRange(where, state, rows, firstRow as number);
    return;
  }
  if (!(indices instanceof Int32Array && indices.length === count)) {
    throw new OptionError(where, "indices", `an Int32Array of length ${count}`, indices);
  }
  if ("dense" in rows) assertFinite(rows.dense, `${where}(rows)`);
  const ascending = indices.slice().sort();
  const outside = ascending.find((i) => !(i >= 0 && i < capacity));
  if (outside !== undefined) throw new OptionError(where, "indices", `rows in [0, ${capacity})`, outside);
  const twice = ascending.find((i, k) => k > 0 && ascending[k - 1] === i);
  if (twice !== undefined) throw new OptionError(where, "indices", "each row once", twice);
  const ranges = rangesOf(ascending);
  assertNew(where, state, ranges);
  const blocks = new Map<number, Map<number, Float64Array>>();
  addRows(state, rows, 0, indices, blocks);
  yield* join(state, { nodes: [], blocks, ranges });
}

/** Consecutive rows: whole blocks as they are, and the rows before and after them. */
function* joinRange(where: string, state: AccumulatorState, A: Rows, firstRow: number): Steps<void> {
  const { sample, width, base } = state;
  const [count] = shapeOf(A);
  const end = firstRow + count;
  const ranges = [[firstRow, end]] as const;
  assertNew(where, state, ranges);
  const from = Math.min(end, base * Math.ceil(firstRow / base));
  const to = Math.max(from, base * Math.floor(end / base));
  if ("dense" in A && to - from < count) assertFinite(A.dense, `${where}(rows)`); // whole blocks are checked as they are staged
  const addition = { nodes: [] as Map<number, Float64Array>[], blocks: new Map<number, Map<number, Float64Array>>(), ranges };
  const step = base * Math.max(1, Math.floor(STAGE_BYTES / (8 * base * (width + 1))));
  for (let first = from; first < to; first += step) {
    const rows = Math.min(step, to - first);
    const scope = openScope();
    try {
      const staged = scope.alloc(8 * rows * width);
      if (width > 0) yield* stage(`${where}(rows)`, A, first - firstRow, rows, staged);
      const nodes = yield* nodesOf(scope, sample, { staged, rows, width, firstBlock: first / base }, base);
      nodes.forEach((node, k) => { insertNode(addition.nodes, 0, first / base + k, node); }); // prettier-ignore
    } finally {
      scope.release();
    }
  }
  for (const [start, stop] of [
    [firstRow, from],
    [to, end],
  ] as const) {
    // prettier-ignore
    const places = Int32Array.from({ length: stop - start }, (_, i) => start + i);
    addRows(state, A, start - firstRow, places, addition.blocks);
  }
  yield* join(state, addition);
}

/** blocks ← rows [from, from + indices.length) of A, which are rows `indices` of what is embedded. */
function addRows(
  { base, width }: AccumulatorState,
  A: Rows,
  from: number,
  indices: Int32Array,
  blocks: Map<number, Map<number, Float64Array>>,
): void {
  const entries = rowsOf(A, from, from + indices.length);
  for (let i = 0; i < indices.length; i++) {
    const k = Math.floor(indices[i]! / base);
    const block = blocks.get(k) ?? new Map<number, Float64Array>();
    block.set(indices[i]! - k * base, entries.slice(i * width, (i + 1) * width));
    blocks.set(k, block);
  }
}

function* mergeSteps(where: string, state: AccumulatorState, other: SketchAccumulator): Steps<void> {
  const added = states.get(other);
  if (added === undefined) throw new OptionError(where, "other", "an accumulator of this package", other);
  if (added.width !== state.width) throw new OptionError(where, "other", `the width ${state.width}`, added.width);
  if (added.sample.seed !== state.sample.seed) throw new OptionError(where, "other", `the seed ${state.sample.seed}`, added.sample.seed);
  const [ours, theirs] = [sampleBytes(state.sample), sampleBytes(added.sample)];
  if (ours.length !== theirs.length || ours.some((byte, p) => byte !== theirs[p])) {
    throw new OptionError(where, "other", "the same distribution", added.sample.distribution);
  }
  assertNew(where, state, added.ranges);
  const addition: Addition = added;
  yield* join(state, addition);
}

function assertNew(where: string, state: AccumulatorState, ranges: readonly Range[]): void {
  const row = commonRow(state.ranges, ranges);
  if (row >= 0) throw new OptionError(where, "rows", "rows that are not there yet", row);
}

/** Runs of consecutive integers. */
function rangesOf(ascending: Int32Array): Range[] {
  const ranges: [number, number][] = [];
  for (const i of ascending) {
    const last = ranges[ranges.length - 1];
    if (last?.[1] === i) last[1] = i + 1;
    else ranges.push([i, i + 1]);
  }
  return ranges;
}
