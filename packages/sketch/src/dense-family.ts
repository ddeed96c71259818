/**
 * Embeddings with independent entries: Gaussian, Rademacher.
 *
 *   S  m × n, in tiles of 64 × 64: entry (r, c) of tile (I, J) is draw 64 (c mod 64) + r mod 64 of the stream "sketch/<family>/I/J"
 *
 * Tiles are drawn where and when a product needs them; S is never stored. The names hold neither m nor n: S of more rows begins with the rows
 * of S, but for the scale.  Source: textbook.
 */
import { allocOperand, multiplyOperands, packOperand, runtime, sketchKernels, streamState, type Scope } from "@subquad/linalg-core/kernels";
import { rest, tiles, type Steps } from "@subquad/linalg-core/steps";
import { rngFor } from "@subquad/linalg-core";
import type { FamilyRules, Range, Sample } from "./sample.js";

const SIDE = 64;
/** Rows of a block: one panel of the product, so that its sums have one order. */
const BASE_ROWS = 256;
/** Multiply-adds that the draw of one entry takes the time of. */
const DRAW_WORK = 80;

export const denseFamily: FamilyRules = {
  baseRows: () => BASE_ROWS,

  *nodes(scope, sample, { address, rows, width, firstBlock }, to) {
    const m = sample.distribution.rows;
    const columns = allocColumns(scope, m, BASE_ROWS);
    const left = allocOperand(scope, "float64", "left", m, BASE_ROWS);
    const right = allocOperand(scope, "float64", "right", width, BASE_ROWS);
    for (let block = 0; block * BASE_ROWS < rows; block++) {
      const from = block * BASE_ROWS;
      const depth = Math.min(BASE_ROWS, rows - from);
      yield* fillColumns(scope, sample, (firstBlock + block) * BASE_ROWS, depth, columns);
      const S = yield* packOperand(scope, "float64", "left", { address: columns, across: 8, along: 8 * heightOf(m) }, m, depth, left);
      const source = { address: address + 8 * from * width, across: 8, along: 8 * width };
      const A = yield* packOperand(scope, "float64", "right", source, width, depth, right);
      yield* multiplyOperands(scope, "float64", S, A, to + 8 * block * m * width);
    }
    for (const block of [columns, left, right]) scope.free(block);
  },

  *sparseNode(scope, sample, { matrix, from, to }, address) {
    const m = sample.distribution.rows;
    const [, width] = matrix.shape;
    const height = heightOf(m);
    const drawn = allocColumns(scope, m, to - from);
    yield* fillColumns(scope, sample, from, to - from, drawn);
    const S = runtime().memory.f64.slice(drawn / 8, drawn / 8 + (to - from) * height);
    scope.free(drawn);
    const node = new Float64Array(m * width);
    for (let i = from; i < to; i++) {
      if (i % 16 === 15) yield rest();
      for (let q = matrix.rowPointers[i]!; q < matrix.rowPointers[i + 1]!; q++) {
        const j = matrix.columns[q]!;
        const value = matrix.values[q]!;
        for (let r = 0, p = (i - from) * height; r < m; r++) node[r * width + j] = node[r * width + j]! + value * S[p + r]!;
      }
    }
    runtime().memory.f64.set(node, address / 8);
  },

  *transposed(scope, sample, Y, p) {
    const { rows: m, columns: n } = sample.distribution;
    const out = new Float64Array(n * p);
    const columns = allocColumns(scope, m, BASE_ROWS);
    const left = allocOperand(scope, "float64", "left", BASE_ROWS, m);
    const y = scope.alloc(8 * m * p);
    runtime().memory.f64.set(Y, y / 8);
    const right = yield* packOperand(
      scope,
      "float64",
      "right",
      { address: y, across: 8, along: 8 * p },
      p,
      m,
      allocOperand(scope, "float64", "right", p, m),
    );
    const product = scope.alloc(8 * BASE_ROWS * p);
    for (let from = 0; from < n; from += BASE_ROWS) {
      const count = Math.min(BASE_ROWS, n - from);
      yield* fillColumns(scope, sample, from, count, columns);
      const source = { address: columns, across: 8 * heightOf(m), along: 8 };
      const S = yield* packOperand(scope, "float64", "left", source, count, m, left);
      yield* multiplyOperands(scope, "float64", S, right, product);
      out.set(runtime().memory.f64.subarray(product / 8, product / 8 + count * p), from * p);
    }
    return out;
  },

  *entries({ distribution: { family }, seed }, rows, columns, out) {
    const draw = family === "gaussian" ? "normal" : "sign";
    const width = columns[1] - columns[0];
    for (let I = Math.floor(rows[0] / SIDE); I * SIDE < rows[1]; I++) {
      for (let J = Math.floor(columns[0] / SIDE); J * SIDE < columns[1]; J++) {
        yield rest();
        const rng = rngFor(seed, `sketch/${family}/${I}/${J}`);
        for (let c = J * SIDE; c < Math.min(columns[1], J * SIDE + SIDE); c++) {
          for (let r = I * SIDE; r < I * SIDE + SIDE; r++) {
            const entry = rng[draw]();
            if (isWithin(r, rows) && isWithin(c, columns)) out[(r - rows[0]) * width + c - columns[0]] = entry;
          }
        }
      }
    }
  },
};

function isWithin(i: number, [from, to]: Range): boolean {
  return i >= from && i < to;
}

/** Entries from a column of S to the next, where it lies column by column. */
function heightOf(m: number): number {
  return SIDE * Math.ceil(m / SIDE);
}

function allocColumns(scope: Scope, m: number, columns: number): number {
  return scope.alloc(8 * heightOf(m) * columns);
}

/** Columns [first, first + count) of S, column after column; `first` is where a tile begins. */
function* fillColumns(scope: Scope, { distribution, seed }: Sample, first: number, count: number, out: number): Steps<void> {
  const { family, rows: m } = distribution;
  const tilesAcross = Math.ceil(m / SIDE);
  const down = Math.ceil(count / SIDE);
  const states = scope.alloc(32 * tilesAcross * down);
  for (let J = 0; J < down; J++) {
    for (let I = 0; I < tilesAcross; I++) {
      const state = streamState(seed, `sketch/${family}/${I}/${first / SIDE + J}`);
      runtime().memory.f64.set(state, states / 8 + 4 * (J * tilesAcross + I));
    }
    yield rest();
  }
  const args = scope.args([tilesAcross, count, states, out]);
  const kernel = family === "gaussian" ? "normalTile" : "signTile";
  yield* tiles(sketchKernels, kernel, args, tilesAcross * down, DRAW_WORK * SIDE * tilesAcross * count);
  scope.free(args);
  scope.free(states);
}
