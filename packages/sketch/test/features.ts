/** Rows and kernels for tests of feature maps, written without the packages under test. */
import { csr, type CsrMatrix, type NdArray } from "@subquad/linalg-core";
import { testRandom } from "@subquad/test-kit";
import { valuesOf, type Dense } from "./dense.js";

export { isFull as isFullProfile } from "./tails.js";

/** Normal rows, n × d, a share of the entries 0. */
export function rowsFor(n: number, d: number, seed: string, zeros = 0): number[][] {
  const random = testRandom(seed);
  return Array.from({ length: n }, () => Array.from({ length: d }, () => (random.uniform() < zeros ? 0 : random.normal())));
}

export function sparse(X: readonly (readonly number[])[], d: number): CsrMatrix {
  const rowPointers = [0], columns: number[] = [], values: number[] = []; // prettier-ignore
  for (const row of X) {
    for (const [j, x] of row.entries()) {
      if (x === 0) continue;
      columns.push(j);
      values.push(x);
    }
    rowPointers.push(columns.length);
  }
  return csr([X.length, d], rowPointers, columns, values);
}

export function inner(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, j) => sum + value * y[j]!, 0);
}

/** Z Zᵀ, row-major n × n. */
export function innerProducts(Z: NdArray): Dense {
  const [n = 0, m = 0] = Z.shape;
  const z = valuesOf(Z);
  const G = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let q = 0; q < m; q++) sum += z[i * m + q]! * z[j * m + q]!;
      G[i * n + j] = G[j * n + i] = sum;
    }
  }
  return G;
}

/** Mean and standard deviation of the mean of a sample. */
export function meanOf(sample: readonly number[]): { mean: number; deviation: number; variance: number } {
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
  const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sample.length - 1);
  return { mean, deviation: Math.sqrt(variance / sample.length), variance };
}
