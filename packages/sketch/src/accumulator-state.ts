/**
 * What an accumulator holds: sums of complete blocks in the tree of tree-sum.ts, and the rows of blocks that are not complete.
 *
 *   block k  rows [k b, (k + 1) b), b = baseRows of the family      node (l, j)  the sum of blocks [j 2^l, (j + 1) 2^l), m × d, without the scale
 *
 * A node is kept where its sibling is missing: with it, it becomes their parent, left + right. What is kept, and its bits, thus depends on the
 * set of rows alone. Nodes and rows are never written to again, so that states may share them.  Source: Subquad's own convention.
 */
import { openScope, powerOfTwo, runtime, type Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import { familyOf } from "./families.js";
import type { Range, Sample } from "./sample.js";

export interface AccumulatorState {
  readonly sample: Sample;
  /** d. */
  readonly width: number;
  /** b. */
  readonly base: number;
  /** nodes[l].get(j): node (l, j). */
  readonly nodes: Map<number, Float64Array>[];
  /** Of block k: the rows by their place in it. */
  readonly blocks: Map<number, BlockRows>;
  /** The rows that were added: disjoint, ascending, with gaps between them. */
  ranges: readonly Range[];
}

export type BlockRows = ReadonlyMap<number, Float64Array>;

/** What comes to a state: nodes of complete blocks, rows of others, and which rows all this is. */
export type Addition = Pick<AccumulatorState, "nodes" | "blocks" | "ranges">;

export function emptyState(sample: Sample, width: number): AccumulatorState {
  return { sample, width, base: familyOf(sample).baseRows(sample), nodes: [], blocks: new Map(), ranges: [] };
}

/** Adds what was not there: all that can fail is done before the state changes. */
export function* join(state: AccumulatorState, { nodes, blocks, ranges }: Addition): Steps<void> {
  const united = new Map<number, BlockRows>();
  const completed = new Map<number, Float64Array>();
  for (const [k, rows] of blocks) {
    const all = new Map([...(state.blocks.get(k) ?? []), ...rows]);
    if (all.size === state.base) completed.set(k, yield* blockNode(state, k, all));
    else united.set(k, all);
  }
  const copies = state.nodes.map((level) => new Map(level));
  nodes.forEach((level, l) => { for (const [j, node] of level) insertNode(copies, l, j, node); }); // prettier-ignore
  for (const [k, node] of completed) insertNode(copies, 0, k, node);
  for (const k of completed.keys()) state.blocks.delete(k);
  for (const [k, rows] of united) state.blocks.set(k, rows);
  state.nodes.splice(0, state.nodes.length, ...copies);
  state.ranges = unionOf(state.ranges, ranges);
}

/** Node (l, j), or with its sibling their parent. */
export function insertNode(nodes: Map<number, Float64Array>[], l: number, j: number, node: Float64Array): void {
  let level = l, index = j, sum = node, isNew = false; // prettier-ignore
  for (;;) {
    while (nodes.length <= level) nodes.push(new Map());
    const here = nodes[level]!;
    const sibling = here.get(index ^ 1);
    if (sibling === undefined) {
      here.set(index, sum);
      return;
    }
    here.delete(index ^ 1);
    const out = isNew ? sum : new Float64Array(sum.length); // a sum of this call is nobody else's yet
    if (index % 2 === 0) add(sum, sibling, out);
    else add(sibling, sum, out);
    sum = out;
    isNew = true;
    index >>>= 1;
    level++;
  }
}

/** Σ of all that is there, from left to right: [m, d] row-major, without the scale. */
export function* sumOfNodes(state: AccumulatorState): Steps<Float64Array<ArrayBuffer>> {
  const pieces: { readonly first: number; readonly node: Float64Array }[] = [];
  state.nodes.forEach((level, l) => { for (const [j, node] of level) pieces.push({ first: j * powerOfTwo(l), node }); }); // prettier-ignore
  for (const [k, rows] of state.blocks) pieces.push({ first: k, node: yield* blockNode(state, k, rows) });
  pieces.sort((x, y) => x.first - y.first);
  const [left, ...others] = pieces;
  const sum = new Float64Array(state.sample.distribution.rows * state.width);
  if (left !== undefined) sum.set(left.node);
  for (const { node } of others) for (let p = 0; p < sum.length; p++) sum[p] = sum[p]! + node[p]!;
  return sum;
}

/** The node of block k, up to its last row that is there; those that are not count as zeros. */
function* blockNode({ sample, width, base }: AccumulatorState, k: number, rows: BlockRows): Steps<Float64Array> {
  let end = 0;
  for (const place of rows.keys()) end = Math.max(end, place + 1);
  const scope = openScope();
  try {
    const staged = scope.zeros(8 * end * width);
    for (const [place, row] of rows) runtime().memory.f64.set(row, staged / 8 + place * width);
    return (yield* nodesOf(scope, sample, { staged, rows: end, width, firstBlock: k }, base))[0]!;
  } finally {
    scope.release();
  }
}

/** Nodes of consecutive blocks that lie in compute memory. */
export function* nodesOf(
  scope: Scope,
  sample: Sample,
  {
    staged,
    rows,
    width,
    firstBlock,
  }: { readonly staged: number; readonly rows: number; readonly width: number; readonly firstBlock: number },
  base: number,
): Steps<Float64Array[]> {
  const size = sample.distribution.rows * width;
  const count = Math.ceil(rows / base);
  if (width === 0) return Array.from({ length: count }, () => new Float64Array(0));
  const to = scope.alloc(8 * count * size);
  yield* familyOf(sample).nodes(scope, sample, { address: staged, rows, width, firstBlock }, to);
  const nodes = Array.from({ length: count }, (_, k) => runtime().memory.f64.slice(to / 8 + k * size, to / 8 + (k + 1) * size));
  scope.free(to);
  return nodes;
}

/** The first row that both have, or −1. */
export function commonRow(some: readonly Range[], others: readonly Range[]): number {
  for (let i = 0, j = 0; i < some.length && j < others.length;) {
    const first = Math.max(some[i]![0], others[j]![0]);
    if (first < Math.min(some[i]![1], others[j]![1])) return first;
    if (some[i]![1] < others[j]![1]) i++;
    else j++;
  }
  return -1;
}

/** Ranges that hold the rows of both, which have none in common. */
export function unionOf(some: readonly Range[], others: readonly Range[]): Range[] {
  const union: [number, number][] = [];
  for (const [from, to] of [...some, ...others].sort((x, y) => x[0] - y[0])) {
    const last = union[union.length - 1];
    if (last?.[1] === from) last[1] = to;
    else union.push([from, to]);
  }
  return union;
}

/** out ← left + right; out may be one of them. */
function add(left: Float64Array, right: Float64Array, out: Float64Array): void {
  for (let p = 0; p < out.length; p++) out[p] = left[p]! + right[p]!;
}
