/**
 * Frequent directions: the second moments of a stream of rows, from a few rows.
 *
 *   A  rows so far × d      B  r × d, r ≤ l      Δ  shrinkage      0 ≤ AᵀA − BᵀB ≤ Δ I up to rounding, for every prefix and every order
 *
 *   buffer of 2 l rows; when it is full, X = U diag(s) Vᵀ of it, δ = s_l², s_j ← √max(0, s_j² − δ), B ← diag(s) Vᵀ, Δ ← Δ + δ
 *   merge: the rows of the other one are added, and its Δ
 *
 * Each shrinking takes l δ at least from ‖B‖_F², so Δ ≤ (‖A‖_F² − ‖B‖_F²)/l ≤ ‖A − A_k‖_F²/(l − k) for all k < l.
 * The rounding of a shrinking is bounded by the certificate β of its singular values: X = Û diag(s) V̂ᵀ + F, ‖F‖ ≤ β, and V within β/s_1 of V̂, so
 * that BᵀB is what it should be within 4 s_1 β + 4 β², and u s_1² for the new s. These are added up.
 * Source: arXiv:1501.01711.
 */
import {
  assertFinite,
  assertInteger,
  assertKnownOptions,
  denseCopy,
  NonFiniteError,
  OptionError,
  ShapeError,
  svd,
  view,
  type Certificate,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { decodeSketch, encodeSketch, LARGEST, MOST_COLUMNS, MOST_ROWS, type SketchState } from "./frequent-directions-bytes.js";
import { UNIT } from "./round-off.js";
import { denseOf, readRows, shapeOf } from "./rows.js";

export interface FrequentDirectionsOptions {
  /** l ≥ 1: rows that are kept. Default min(d, 64): Δ is then at most 1/32 of what the best 32 directions leave. */
  readonly sketchRows?: number;
}

export interface FrequentDirectionsValue {
  /** B: [r, d], r ≤ l, float64, rows orthogonal after a shrinking. */
  readonly B: NdArray;
  /** Δ. */
  readonly shrinkage: number;
  /** Rows of A so far. */
  readonly rows: number;
  /** `bound` ≥ ‖AᵀA − BᵀB‖₂: Δ and rounding. */
  readonly certificate: Certificate;
}

export interface FrequentDirections {
  /** d. */
  readonly width: number;
  /** l. */
  readonly sketchRows: number;
  /** Adds rows: shape [any, d], dense or sparse. */
  update(rows: MatrixInput | CsrMatrix): void;
  /** Adds what the other one has seen, which stays as it is. */
  merge(other: FrequentDirections): void;
  /** What is known so far; the state stays as it is. */
  value(): FrequentDirectionsValue;
  /** The state, for decodeFrequentDirections: little-endian, with a version. */
  encode(): Uint8Array<ArrayBuffer>;
}

/**
 * An empty sketch of rows of a width.
 *
 * For principal directions and covariances of streams, deterministic and mergeable. For a matrix at hand randomizedSvd is closer and faster.
 * @param width d, columns of every row.
 * @param options see FrequentDirectionsOptions.
 * @returns FrequentDirections; its certificate holds for every stream and every order of it.
 * @throws OptionError; its methods ShapeError, OptionError, NonFiniteError naming the index or entries beyond 2^504, and leave it as it was.
 * @complexity O(d l) amortised for a row, O(d l²) when the buffer is full; space 2 l d.
 * @source arXiv:1501.01711.
 * @example const sketch = frequentDirections(100, { sketchRows: 20 }); sketch.update(rows); sketch.value().B;
 */
export function frequentDirections(width: number, options: FrequentDirectionsOptions = {}): FrequentDirections {
  const where = "frequentDirections";
  assertInteger(where, { width }, 1, MOST_COLUMNS);
  assertKnownOptions(where, options, ["sketchRows"]);
  const { sketchRows = Math.min(width, 64) } = options;
  assertInteger(where, { sketchRows }, 1, MOST_ROWS);
  return sketchOf({ width, sketchRows, filled: 0, rows: 0, shrinkage: 0, rounding: 0, buffer: new Float64Array(0) });
}

/**
 * The sketch that was encoded.
 * @param bytes of `encode`, of this version.
 * @returns FrequentDirections, which goes on with the bits of the one that was encoded.
 * @throws FormatError with the byte offset for bytes that are cut short, changed, or of another version; OptionError for no Uint8Array.
 * @complexity O(l d).
 * @source Subquad's own convention.
 * @example const copy = decodeFrequentDirections(sketch.encode());
 */
export function decodeFrequentDirections(bytes: Uint8Array): FrequentDirections {
  return sketchOf(decodeSketch("decodeFrequentDirections", bytes));
}

function sketchOf(initial: SketchState): FrequentDirections {
  let state = initial;
  const { width, sketchRows } = state;
  return {
    width,
    sketchRows,
    update: (rows) => {
      state = extended(state, entriesFor("update", rows, width), true);
    },
    merge: (other) => {
      state = merged(state, other);
    },
    value: () => valueOf(state),
    encode: () => encodeSketch(state),
  };
}

/** Row-major entries, checked. */
function entriesFor(where: string, rows: MatrixInput | CsrMatrix, width: number): Float64Array {
  const site = `${where}(rows)`;
  const { rows: given } = readRows(rows, site);
  const [, d] = shapeOf(given);
  if (d !== width) throw new ShapeError(where, "rows", `a matrix of ${width} columns`, shapeOf(given));
  if ("dense" in given) assertFinite(given.dense, site);
  const entries = denseCopy(denseOf(given), "float64");
  for (let p = 0; p < entries.length; p++) {
    if (Math.abs(entries[p]!) > LARGEST) throw new NonFiniteError(where, "rows: its squares", entries[p]!, [Math.floor(p / d), p % d]);
  }
  return entries;
}

/** The state with more rows: `state` itself stays as it is. */
function extended(state: SketchState, entries: Float64Array, areNew: boolean): SketchState {
  const { width: d, sketchRows: l } = state;
  const count = entries.length / d;
  const buffer = new Float64Array(Math.min(2 * l, state.filled + count) * d);
  buffer.set(state.buffer.subarray(0, state.filled * d));
  const next = { ...state, buffer, rows: state.rows + (areNew ? count : 0) };
  for (let done = 0; done < count;) {
    if (next.filled === 2 * l) shrink(next);
    const taken = Math.min(2 * l - next.filled, count - done);
    next.buffer.set(entries.subarray(done * d, (done + taken) * d), next.filled * d);
    next.filled += taken;
    done += taken;
  }
  return next;
}

function merged(state: SketchState, other: FrequentDirections): SketchState {
  const where = "merge";
  const encode: unknown = (other as Partial<FrequentDirections> | null | undefined)?.encode;
  const bytes: unknown = typeof encode === "function" ? other.encode() : undefined;
  if (!(bytes instanceof Uint8Array)) throw new OptionError(where, "other", "a sketch by frequent directions", other);
  const added = decodeSketch(where, bytes);
  for (const name of ["width", "sketchRows"] as const) {
    if (added[name] !== state[name]) throw new OptionError(where, `other.${name}`, String(state[name]), added[name]);
  }
  const joined = extended(state, added.buffer.slice(0, added.filled * added.width), false);
  return {
    ...joined,
    rows: joined.rows + added.rows,
    shrinkage: joined.shrinkage + added.shrinkage,
    rounding: joined.rounding + added.rounding,
  };
}

type Working = { -readonly [Name in keyof SketchState]: SketchState[Name] };

/** B ← diag(s) Vᵀ with l − 1 rows at most, in place. */
function shrink(state: Working): void {
  const { width: d, sketchRows: l, filled, buffer } = state;
  const { s, V, certificate } = svd(view(buffer.slice(0, filled * d), [filled, d]));
  const count = s.size;
  const values = denseCopy(s, "float64");
  const first = values[0] ?? 0;
  const last = values[l - 1] ?? 0;
  const right = denseCopy(V!, "float64");
  buffer.fill(0);
  let kept = 0;
  for (; kept < Math.min(l - 1, count); kept++) {
    const value = values[kept]!;
    if (!(value > last)) break;
    const share = last / value;
    const shrunk = value * Math.sqrt((1 - share) * (1 + share)); // √(s² − δ), without squares
    for (let j = 0; j < d; j++) buffer[kept * d + j] = shrunk * right[j * count + kept]!;
  }
  const β = certificate.kind === "none" ? Infinity : certificate.bound;
  state.filled = kept;
  state.shrinkage += last * last;
  // and 2^−1070, where squares have vanished
  state.rounding += 4 * first * β + 4 * β * β + 32 * (1 + l) * UNIT * first * first + 2 ** -1022;
}

function valueOf(state: SketchState): FrequentDirectionsValue {
  const last: Working = { ...state, buffer: state.buffer.slice() };
  if (last.filled > last.sketchRows) shrink(last);
  const { width: d, filled, rows, shrinkage, rounding, buffer } = last;
  const bound = (shrinkage + rounding) * (1 + 4 * UNIT * (rows + 8)); // at most a shrinking a row was added
  return {
    B: view(buffer.slice(0, filled * d), [filled, d]),
    shrinkage,
    rows,
    certificate: { kind: "deterministic", bound, norm: "spectral norm of AᵀA − BᵀB" },
  };
}
