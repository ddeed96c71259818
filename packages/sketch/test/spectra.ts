/** Matrices of known singular values, and their errors, written without the packages under test. */
import { testRandom } from "@subquad/test-kit";
import type { Dense } from "./dense.js";

export interface Known {
  readonly A: Dense;
  readonly shape: readonly [number, number];
}

/** Singular values s_1 ≥ s_2 ≥ … of each kind; "kahan" is a matrix of its own below. */
export const spectra: Readonly<Record<string, (j: number) => number>> = {
  polynomial: (j) => 1 / j,
  slow: (j) => 1 / Math.sqrt(j),
  quadratic: (j) => 1 / (j * j),
  exponential: (j) => 0.7 ** j,
  step: (j) => (j <= 8 ? 1 : 1e-2),
  spiked: (j) => (j <= 3 ? 100 / j : 1),
  cliff: (j) => (j <= 6 ? 1 : 1e-9 / j),
  // adversarial: a long flat tail just below the values that are wanted
  flat: (j) => (j <= 8 ? 1 : 0.9),
};

/** H diag(s) G, m × n, with H and G products of three seeded reflections. */
export function withSingularValues(m: number, n: number, s: (j: number) => number, seed: string): Known {
  const { normal } = testRandom(seed);
  const A = new Float64Array(m * n);
  for (let j = 0; j < Math.min(m, n); j++) A[j * n + j] = s(j + 1);
  for (let h = 0; h < 3; h++) {
    const left = Float64Array.from({ length: m }, () => normal());
    const right = Float64Array.from({ length: n }, () => normal());
    const [a, b] = [2 / square(left), 2 / square(right)];
    for (let j = 0; j < n; j++) {
      let dot = 0;
      for (let i = 0; i < m; i++) dot += left[i]! * A[i * n + j]!;
      for (let i = 0; i < m; i++) A[i * n + j]! -= a * dot * left[i]!;
    }
    for (let i = 0; i < m; i++) {
      let dot = 0;
      for (let j = 0; j < n; j++) dot += right[j]! * A[i * n + j]!;
      for (let j = 0; j < n; j++) A[i * n + j]! -= b * dot * right[j]!;
    }
  }
  return { A, shape: [m, n] };
}

/** Kahan's: the leading columns hide a small singular value. */
export function kahan(n: number, θ: number): Known {
  const [s, c] = [Math.sin(θ), Math.cos(θ)];
  const A = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) A[i * n + j] = s ** i * (i === j ? 1 : -c);
  return { A, shape: [n, n] };
}

/** A − L R. */
export function errorOf({ A, shape: [m, n] }: Known, L: Dense, R: Dense): Dense {
  const k = L.length / m;
  const D = A.slice();
  for (let i = 0; i < m; i++) {
    for (let c = 0; c < k; c++) {
      const factor = L[i * k + c]!;
      for (let j = 0; j < n; j++) D[i * n + j]! -= factor * R[c * n + j]!;
    }
  }
  return D;
}

export function square(x: Float64Array): number {
  return x.reduce((sum, y) => sum + y * y, 0);
}

export function frobenius(x: Float64Array): number {
  const most = x.reduce((largest, y) => Math.max(largest, Math.abs(y)), 0);
  return most === 0 ? 0 : most * Math.sqrt(square(x.map((y) => y / most)));
}
