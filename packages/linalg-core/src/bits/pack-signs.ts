/**
 * Vectors of signs, one bit an entry.
 *
 *   X  n × d      bit j of row i is 1 iff x_ij ≥ 0, so that both zeros count as +1
 *
 * Bit j is bit j mod 32 of word ⌊j/32⌋ of its row; rows are whole 64-bit words, bits from d on are 0.  Source: Subquad's own convention.
 */
import { denseCopy, dtypeOf } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { checkShape } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { MatrixInput } from "../array/types.js";

/** Rows of signs, packed. Plain data: it may be stored, or sent to another thread. */
export interface PackedSigns {
  /** [rows · wordsPerRow]: bit j of a row is bit j mod 32 of word ⌊j/32⌋; 1 stands for +1, 0 for −1; bits from `dimensions` on are 0. */
  readonly bits: Uint32Array;
  readonly rows: number;
  /** d: entries of a row. */
  readonly dimensions: number;
  /** 2 ⌈d/64⌉. */
  readonly wordsPerRow: number;
}

/**
 * The signs of a matrix, one bit an entry: a 32nd of its float32 size.
 *
 * For matrices of ±1, whose inner products `signProducts` then counts exactly, and for sign sketches of others.
 * @param X shape [n, d]; float32 or float64, any stride; entries finite. Zeros of either sign count as +1.
 * @returns PackedSigns of n rows of d signs.
 * @throws ShapeError when X is no matrix; NonFiniteError naming the index.
 * @complexity n d comparisons; extra space for one packed copy of X.
 * @source Subquad's own convention.
 * @example packSigns([[1, -1, 1]]).bits[0] // -> 5
 */
export function packSigns(X: MatrixInput): PackedSigns {
  const x = asMatrix(X, "packSigns(X)");
  assertFinite(x, "packSigns(X)");
  const [rows = 0, dimensions = 0] = x.shape;
  const wordsPerRow = wordsOf(dimensions);
  const bits = new Uint32Array(checkShape("packSigns(X)", [rows, wordsPerRow], 4));
  const high = highWords(denseCopy(x, dtypeOf(x)));
  for (let i = 0, p = 0; i < rows; i++) {
    for (let w = i * wordsPerRow, left = dimensions; left > 0; w++, left -= 32) {
      const count = Math.min(32, left);
      let negative = 0;
      for (let j = 0; j < count; j++) {
        const h = high[p + j]!;
        negative |= (((h - 1) & h) >>> 31) << j; // h − 1 is positive for −0 alone of the negative ones; signs are random, so no branch
      }
      bits[w] = ~negative & (count === 32 ? -1 : (1 << count) - 1);
      p += count;
    }
  }
  return { bits, rows, dimensions, wordsPerRow };
}

/** A word for each value that has its sign bit, and nothing else just if the value is −0: of float32 the value's own. */
function highWords(values: Float32Array | Float64Array): Int32Array {
  const words = new Int32Array(values.buffer);
  if (values instanceof Float32Array) return words;
  // low words only count as 0 or not; each is read before the high word of another value takes its place
  for (let p = 0; p < values.length; p++) {
    const low = words[2 * p]!;
    words[p] = words[2 * p + 1]! | ((low | -low) >>> 31);
  }
  return words;
}

/** Words of 32 bits in a row of so many signs: whole 64-bit words. */
export function wordsOf(dimensions: number): number {
  return 2 * Math.ceil(dimensions / 64);
}
