/**
 * Sparse matrices of the shapes that texts have, seeded.
 *
 *   S  [m, n]  m documents, n terms     f_j ∝ 1 / (j + 8)  how often term j is drawn (Zipf's law, flattened at its head)
 */
import { rngFor } from "@subquad/linalg-core";
import type { SparseTask } from "../../rivals/rival.js";

/** Of the shape of a TF-IDF matrix: rows of norm 1, about `density` of the entries, terms by Zipf's law. */
export function textMatrix(seed: string, m: number, n: number, density: number, p: number): SparseTask {
  const rng = rngFor(seed, `benchmark/text/${m}/${n}`);
  const most = Math.log((n + 8) / 8);
  const perRow = Math.round(density * n);
  const rowPointers = new Int32Array(m + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < m; i++) {
    const terms = new Set<number>();
    while (terms.size < perRow) terms.add(Math.floor(8 * Math.exp(rng.uniform() * most)) - 8); // the inverse of the sum of f
    const weights = Array.from(terms, () => -Math.log(1 - rng.uniform()));
    const norm = Math.hypot(...weights);
    columns.push(...[...terms].sort((a, b) => a - b));
    values.push(...weights.map((weight) => weight / norm));
    rowPointers[i + 1] = columns.length;
  }
  const B = new Float64Array(n * p).map(() => rng.normal());
  return { m, n, p, rowPointers, columns: Int32Array.from(columns), values: Float64Array.from(values), B };
}

/** The five-point Laplacian of a k x k grid, Dirichlet boundary, with a right side. */
export function gridLaplacian(seed: string, k: number): SparseTask {
  const n = k * k;
  const rowPointers = new Int32Array(n + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < n; i++) {
    const x = i % k;
    const near = [i - k, x > 0 ? i - 1 : -1, i, x < k - 1 ? i + 1 : -1, i + k].filter((j) => j >= 0 && j < n);
    columns.push(...near);
    values.push(...near.map((j) => (j === i ? 4 : -1)));
    rowPointers[i + 1] = columns.length;
  }
  const rng = rngFor(seed, `benchmark/laplacian/${k}`);
  const B = new Float64Array(n).map(() => rng.normal());
  return { m: n, n, p: 1, rowPointers, columns: Int32Array.from(columns), values: Float64Array.from(values), B };
}
