/** Every family of embeddings, and products with S written out. */
import type { NdArray } from "@subquad/linalg-core";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type SketchDistribution } from "../src/distributions.js";
import { valuesOf, type Dense } from "./dense.js";

/** One distribution a family and a variant, for n rows. */
export function distributions(m: number, n: number): [name: string, distribution: SketchDistribution][] {
  const p = Float64Array.from({ length: n }, (_, i) => 1 + (i % 5));
  const families: [string, SketchDistribution][] = [
    ["gaussian", gaussian(m, n)],
    ["rademacher", rademacher(m, n)],
    ["countSketch", countSketch(m, n)],
    ["sparseSign", sparseSign(m, n, { nonzeros: Math.min(m, 3) })],
    ["sparseSign, blocked", sparseSign(m, n, { nonzeros: m % 4 === 0 ? 4 : 1, blocked: true })],
    ["rowSampling", rowSampling(m, p)],
  ];
  let N = 1;
  while (N < n) N *= 2;
  if (m <= N) families.push(["srht", srht(m, n)]);
  if (m <= n) families.push(["rowSampling, without replacement", rowSampling(m, new Float64Array(n).fill(1), { replacement: false })]);
  return families;
}

/** S A, and |S| |A|, for S of zeros and others; row-major. */
export function product(S: NdArray, A: NdArray): { values: Dense; magnitudes: Dense } {
  const [m = 0, n = 0] = S.shape;
  const d = A.shape[1] ?? 0;
  const [s, a] = [valuesOf(S), valuesOf(A)];
  const [values, magnitudes] = [new Float64Array(m * d), new Float64Array(m * d)];
  for (let r = 0; r < m; r++) {
    for (let i = 0; i < n; i++) {
      const entry = s[r * n + i]!;
      if (entry === 0) continue;
      for (let j = 0; j < d; j++) {
        const term = entry * a[i * d + j]!;
        values[r * d + j]! += term;
        magnitudes[r * d + j]! += Math.abs(term);
      }
    }
  }
  return { values, magnitudes };
}

/** The largest |X − values| / magnitudes. */
export function gap(X: NdArray, { values, magnitudes }: { values: Dense; magnitudes: Dense }): number {
  let worst = 0;
  for (const [p, x] of valuesOf(X).entries()) {
    const difference = Math.abs(x - values[p]!);
    if (!(difference <= 0)) worst = Math.max(worst, difference / magnitudes[p]!);
  }
  return worst;
}
