/**
 * Embedding by sampled rows.
 *
 *   p  n  probabilities      i_t  row that row t of S takes: S_(t, i_t) = (m p_(i_t))^(−1/2)
 *
 * With replacement by inversion of the distribution function, without by a shuffle (equal p). Stream "sketch/sampling".  Source: textbook.
 */
import { rngFor } from "@subquad/linalg-core";
import { runtime } from "@subquad/linalg-core/kernels";
import { drawIndex, prefixSums } from "./categorical.js";
import { transformLength } from "./distributions.js";
import type { FamilyRules, Sample } from "./sample.js";

export const rowSamplingFamily: FamilyRules = {
  baseRows: ({ distribution: { rows } }) => Math.max(256, 4 * transformLength(rows)),

  // eslint-disable-next-line require-yield -- as fast as the copy of the rows
  *nodes(_, sample, { address, rows, width, firstBlock }, to) {
    const { f64 } = runtime().memory;
    const m = sample.distribution.rows;
    const { indices, factors } = drawRows(sample);
    const base = rowSamplingFamily.baseRows(sample);
    const blocks = Math.ceil(rows / base);
    f64.fill(0, to / 8, to / 8 + blocks * m * width);
    for (let t = 0; t < m; t++) {
      const i = indices[t]! - firstBlock * base;
      if (i < 0 || i >= rows) continue;
      const x = address / 8 + i * width;
      const out = to / 8 + (Math.floor(i / base) * m + t) * width;
      for (let c = 0; c < width; c++) f64[out + c] = factors[t]! * f64[x + c]!;
    }
  },

  // eslint-disable-next-line require-yield
  *transposed(_, sample, Y, p) {
    const out = new Float64Array(sample.distribution.columns * p);
    const { indices, factors } = drawRows(sample);
    for (let t = 0; t < indices.length; t++) {
      const at = indices[t]! * p;
      for (let c = 0; c < p; c++) out[at + c] = out[at + c]! + factors[t]! * Y[t * p + c]!;
    }
    return out;
  },

  // eslint-disable-next-line require-yield
  *entries(sample, rows, columns, out) {
    out.fill(0);
    const { indices, factors } = drawRows(sample);
    for (let t = rows[0]; t < rows[1]; t++) {
      const i = indices[t]!;
      if (i >= columns[0] && i < columns[1]) out[(t - rows[0]) * (columns[1] - columns[0]) + i - columns[0]] = factors[t]!;
    }
  },
};

/** The rows that are drawn, in the order of the draws, and their factors p_i^(−1/2). */
export function drawRows({ distribution, seed }: Sample): { readonly indices: Int32Array; readonly factors: Float64Array } {
  const { rows: m, columns: n, probabilities: p = new Float64Array(0), replacement = true } = distribution;
  const rng = rngFor(seed, "sketch/sampling");
  const indices = new Int32Array(m);
  if (replacement) {
    const prefix = new Float64Array(n);
    prefixSums(p, 0, undefined, prefix);
    for (let t = 0; t < m; t++) indices[t] = drawIndex(prefix, rng.double());
  } else {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let t = 0; t < m; t++) {
      const place = t + rng.below(n - t);
      indices[t] = order[place]!;
      order[place] = order[t]!;
    }
  }
  const factors = Float64Array.from(indices, (i) => 1 / Math.sqrt(p[i]!));
  return { indices, factors };
}
