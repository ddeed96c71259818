/**
 * Plane rotations of adjacent rows, collected over many sweeps and applied together: how the implicit QR algorithms turn their vectors.
 *
 *   X       n × m  the rows that are turned: eigenvectors or singular vectors, one a row      sweep  rotations whose rows follow each other
 *   (c, s)  p ← c p + s q, q ← c q − s p, for a row p and the next one q; then q is the p of the next rotation
 *
 * A sweep goes down (rows i, i + 1, i + 2, …) or up (i, i − 1, …). Of a rotation (x_i, x_(i+1)) ← (c x_i + s x_(i+1), c x_(i+1) − s x_i) in a
 * sweep that goes up, p is x_(i+1) and the sine to pass is −s. X lies in chunks of 8 columns that stay in the first-level cache for the
 * whole batch, so that a rotation costs no memory traffic, and 4 flops a column: row i is δ_i times what is stored until the batch is over, and
 *
 *   δ_p p ← c δ_p (p + t q)      δ_q q ← c δ_q (q + u p)      t = (s / c) (δ_q / δ_p)      u = −(s / c) (δ_p / δ_q)
 *
 * Both sums are as accurate as those with c and s; only the range of δ is an issue, see LEAST_SCALE.
 * Source: Gentleman, fast Givens rotations; Van Zee, van de Geijn, Quintana-Ortí, restructured QR algorithms; layout our own.
 */
import { ROTATED_COLUMNS } from "../kernels/abi.js";
import { runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import { rest, tiles, type Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { factorKernels } from "../kernels/factor.js";

/** X in chunks of 8 columns: entry (i, j) at address + (j div 8) · chunkBytes + 64 i + 8 (j mod 8). Columns beyond the last hold zeros. */
export interface RotatedRows {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly chunkBytes: number;
}

export interface Rotations {
  /**
   * Takes one sweep, and applies all that were taken when there is no room for it.
   * @param first the row it starts from.
   * @param step 1: down, −1: up.
   * @param count rotations; `cosines` and `sines` hold them in the order of the sweep.
   */
  readonly add: (first: number, step: 1 | -1, count: number, cosines: Float64Array, sines: Float64Array) => Steps<void>;
  /** Applies what was taken: afterwards X is as if each rotation had been applied when it came. */
  readonly flush: () => Steps<void>;
}

const ROW_BYTES = 8 * ROTATED_COLUMNS;
/** Rotations of a batch, at least, and sweeps of full length: a chunk comes from afar once a batch. */
const BATCH = 16384;
const BATCH_SWEEPS = 16;
/** Rotations of a chunk in a tile: a quarter of a millisecond. */
const TILE_WORK = 2e5;
/** A rotation of a chunk takes the time of so many multiply-adds. */
const ROTATION_WORK = 16;
/** A cosine below counts as this: the rotation changes by less than a hundredth of the round-off, and δ does not vanish. */
const LEAST_COSINE = 2 ** -60;
/** A batch ends when a |δ| falls below: one more sweep takes it to 2^-420 at worst. */
const LEAST_SCALE = 2 ** -300;
/** Values that are moved between two turns of the event loop. */
const MOVED = 1 << 20;

/** Room for a batch of rotations of X; the scope owns it. */
export function collectRotations(scope: Scope, { address, rows, columns, chunkBytes }: RotatedRows): Rotations {
  const room = Math.max(BATCH, BATCH_SWEEPS * rows);
  const chunks = Math.ceil(columns / ROTATED_COLUMNS);
  const rotations = scope.alloc(16 * room);
  const table = scope.alloc(8 * room);
  const scales = scope.alloc(8 * rows);
  runtime().memory.f64.fill(1, scales / 8, scales / 8 + rows);
  let [taken, sweeps] = [0, 0];

  function* flush(): Steps<void> {
    if (taken === 0) return;
    const chunksPerTile = Math.max(1, Math.floor(TILE_WORK / taken));
    const args = scope.args([chunks, chunksPerTile, address, ROW_BYTES, chunkBytes, sweeps, table, rotations, rows, scales]);
    yield* tiles(factorKernels, "applyRotations", args, Math.ceil(chunks / chunksPerTile), ROTATION_WORK * taken * chunks);
    scope.free(args);
    runtime().memory.f64.fill(1, scales / 8, scales / 8 + rows);
    [taken, sweeps] = [0, 0];
  }

  function* add(first: number, step: 1 | -1, count: number, cosines: Float64Array, sines: Float64Array): Steps<void> {
    if (count === 0) return;
    if (taken + count > room) yield* flush();
    const { f64, i32 } = runtime().memory;
    const least = scaledTangents(f64, scales / 8 + first, step, count, cosines, sines, rotations / 8 + 2 * taken);
    i32[table / 4 + 2 * sweeps] = first;
    i32[table / 4 + 2 * sweeps + 1] = step * count;
    taken += count;
    sweeps++;
    if (!(least >= LEAST_SCALE)) yield* flush();
  }

  return { add, flush };
}

/**
 * (t, u) of a sweep to `to`, its δ brought up to date; the least |δ|.
 * @param at of the δ of the row that the sweep starts from.
 */
function scaledTangents(
  f64: Float64Array,
  at: number,
  step: 1 | -1,
  count: number,
  cosines: Float64Array,
  sines: Float64Array,
  to: number,
): number {
  let carried = f64[at]!; // δ of the row that the sweep carries
  let least = Infinity;
  for (let k = 0; k < count; k++, at += step) {
    const c = awayFromZero(cosines[k]!);
    const tangent = sines[k]! / c;
    const next = f64[at + step]!;
    const ratio = next / carried;
    f64[to + 2 * k] = tangent * ratio;
    f64[to + 2 * k + 1] = -tangent / ratio;
    const finished = c * carried;
    f64[at] = finished;
    least = Math.min(least, Math.abs(finished));
    carried = c * next;
  }
  f64[at] = carried;
  return Math.min(least, Math.abs(carried));
}

function awayFromZero(c: number): number {
  return Math.abs(c) < LEAST_COSINE ? (c < 0 ? -LEAST_COSINE : LEAST_COSINE) : c;
}

/** A copy of a matrix, of any strides, in the layout that rotations want; the scope owns it. */
export function* packRotatedRows(scope: Scope, A: Block): Steps<RotatedRows> {
  const { rows, columns } = A;
  const chunkBytes = ROW_BYTES * rows;
  const X = { address: scope.zeros(chunkBytes * Math.ceil(columns / ROTATED_COLUMNS)), rows, columns, chunkBytes };
  yield* eachRow(X, A, (f64, packed, plain, width, along) => {
    for (let j = 0; j < width; j++) f64[packed + j] = f64[plain + j * along]!;
  });
  return X;
}

/** A ← X. */
export function* unpackRotatedRows(X: RotatedRows, A: Block): Steps<void> {
  yield* eachRow(X, A, (f64, packed, plain, width, along) => {
    for (let j = 0; j < width; j++) f64[plain + j * along] = f64[packed + j]!;
  });
}

/** Calls `move` for each row of each chunk of X, with where it lies in X and in A; `along` from a column of A to the next. In float64 values. */
function* eachRow(
  X: RotatedRows,
  A: Block,
  move: (f64: Float64Array, packed: number, plain: number, width: number, along: number) => void,
): Steps<void> {
  const { rows, columns } = X;
  const [down, along] = [A.rowBytes / 8, A.columnBytes / 8];
  let moved = 0;
  for (let j = 0; j < columns; j += ROTATED_COLUMNS) {
    const width = Math.min(ROTATED_COLUMNS, columns - j);
    if (moved > MOVED) {
      yield rest();
      moved = 0;
    }
    const { f64 } = runtime().memory;
    const packed = X.address / 8 + (j / ROTATED_COLUMNS) * (X.chunkBytes / 8);
    const plain = A.address / 8 + j * along;
    for (let i = 0; i < rows; i++) move(f64, packed + i * ROTATED_COLUMNS, plain + i * down, width, along);
    moved += rows * width;
  }
}
