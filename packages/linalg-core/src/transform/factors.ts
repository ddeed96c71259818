/**
 * Roots of unity as the Fourier kernels want them: made once, each from its own angle, without a recurrence.
 *
 *   w_n = e^(−2πi/n)    C  columns of a strip
 *   pass of length n      w_n^p, w_n^2p, w_n^3p for p < n/4: real parts of two p, imaginary parts of two p, for each of the three powers
 *   half of length n      cos 2πk/n, then sin 2πk/n, for k ≤ n/4, each list padded to n/4 + 2
 *   twists of N1 × N2     w_N^(k j): those of the first column j of each strip, [strip][re, im][N1], then those within a strip, [re, im][N1][C]
 *
 * Short tables lie in the fixed part of compute memory, where they stay; a table is there if its first number, a one, is. Long ones are kept by
 * JavaScript, as few as are in use. Neither changes a result.  Source: textbook.
 */
import { powerOfTwo } from "../math/bits.js";
import { rootOfUnity } from "../math/sincospi.js";
import { FACTORS, HALVES } from "../runtime/layout.js";
import { runtime } from "../runtime/runtime.js";
import { eachSlice } from "../runtime/slices.js";
import { runSync, type Steps } from "../runtime/steps.js";
import { levelsOf } from "./levels.js";

/** Makes sure that the factors of passes over 2^m points, in steps of radix 4, are in place. */
export function ensureFactors(m: number): void {
  const { f64 } = runtime().memory;
  for (let n = powerOfTwo(m); n > 4; n /= 4) {
    const first = (FACTORS + 12 * n) / 8;
    if (f64[first] !== 1) f64.set(passFactors(n), first);
  }
}

/** The factors of a pass of length n, a power of two and at least 8. */
export function passFactors(n: number): Float64Array {
  const list = new Float64Array(1.5 * n);
  for (let p = 0; p < n / 4; p++) {
    for (let power = 1; power <= 3; power++) {
      const { cos, sin } = rootOfUnity(-power * p, n);
      const at = (p >> 1) * 12 + (power - 1) * 4 + (p & 1);
      list[at] = cos;
      list[at + 2] = sin;
    }
  }
  return list;
}

/** The address of the half circle of length n ≤ 2^14. */
export function ensureHalf(n: number): number {
  const { f64 } = runtime().memory;
  const address = HALVES + 4 * n + 32 * levelsOf(n);
  if (f64[address / 8] !== 1) f64.set(runSync(halfCircle(n)), address / 8);
  return address;
}

/** The half circle of length n, as an array. */
export function halfCircle(n: number): Steps<Float64Array> {
  return remembered(`half ${n}`, n / 2 + 4, (list) =>
    eachSlice(n / 4 + 1, ROOTS, (from, to) => {
      for (let k = from; k < to; k++) {
        const { cos, sin } = rootOfUnity(k, n);
        list[k] = cos;
        list[n / 4 + 2 + k] = sin;
      }
    }),
  );
}

/** The twists of a transform of N1 N2 points. */
export function twists(N1: number, N2: number, C: number): Steps<Float64Array> {
  const N = N1 * N2;
  const within = 2 * N1 * (N2 / C);
  return remembered(`twists ${N1} ${N2}`, within + 2 * N1 * C, (list) =>
    eachSlice(N1, Math.ceil(ROOTS / (N2 / C + C)), (from, to) => {
      for (let k = from; k < to; k++) {
        for (let strip = 0; strip < N2 / C; strip++) {
          const { cos, sin } = rootOfUnity(-k * strip * C, N);
          list[2 * N1 * strip + k] = cos;
          list[2 * N1 * strip + N1 + k] = sin;
        }
        for (let j = 0; j < C; j++) {
          const { cos, sin } = rootOfUnity(-k * j, N);
          list[within + k * C + j] = cos;
          list[within + N1 * C + k * C + j] = sin;
        }
      }
    }),
  );
}

/** Tables kept, the newest: a program uses a few lengths. */
const KEPT = 8;
const tables = new Map<string, Float64Array>();
/** Roots computed between two turns of the event loop: a few milliseconds. */
export const ROOTS = 2 ** 15;

/** The table of this name and length, filled at first use; the one made longest ago goes. */
export function* remembered(name: string, length: number, fill: (table: Float64Array) => Steps<void>): Steps<Float64Array> {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = new Float64Array(length);
  yield* fill(table);
  for (const oldest of tables.keys()) {
    if (tables.size < KEPT) break;
    tables.delete(oldest);
  }
  tables.set(name, table);
  return table;
}
