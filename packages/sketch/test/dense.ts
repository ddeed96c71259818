/** Dense references for small matrices, written without the packages under test. */
import type { NdArray } from "@subquad/linalg-core";
import { testRandom } from "@subquad/test-kit";
import type { PsdOracle } from "../src/psd-oracle.js";

export type Dense = Float64Array<ArrayBuffer>;

/** K, row-major, from the oracle. */
export function entriesOf(oracle: PsdOracle): Dense {
  const N = oracle.size;
  const K = new Float64Array(N * N);
  oracle.block(0, N, Int32Array.from({ length: N }, (_, i) => i), K); // prettier-ignore
  return K;
}

/** Row-major values of a matrix of any strides. */
export function valuesOf(A: NdArray): Dense {
  const [n = 0, m = 0] = A.shape;
  const [across = 0, along = 0] = A.stride;
  return Float64Array.from({ length: n * m }, (_, p) => A.data[A.offset + Math.floor(p / m) * across + (p % m) * along]!);
}

/** K − F Fᵀ. */
export function residualOf(K: Dense, F: NdArray): Dense {
  const [N = 0, k = 0] = F.shape;
  const f = valuesOf(F);
  const R = K.slice();
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += f[i * k + l]! * f[j * k + l]!;
      R[i * N + j]! -= sum;
    }
  }
  return R;
}

/** Eigenvalues of a symmetric matrix, descending, by cyclic Jacobi rotations: slow, and accurate to a few ulp of the largest. */
export function eigenvalues(symmetric: Dense): Float64Array {
  const n = Math.round(Math.sqrt(symmetric.length));
  const A = symmetric.slice();
  const largest = A.reduce((most, a) => Math.max(most, Math.abs(a)), 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = (A[p * n + q]! + A[q * n + p]!) / 2;
        if (Math.abs(off) <= 1e-17 * largest) continue;
        rotated = true;
        const θ = (A[q * n + q]! - A[p * n + p]!) / (2 * off);
        const t = (θ < 0 ? -1 : 1) / (Math.abs(θ) + Math.sqrt(1 + θ * θ));
        const c = 1 / Math.sqrt(1 + t * t), s = t * c; // prettier-ignore
        for (let l = 0; l < n; l++) {
          const x = A[l * n + p]!, y = A[l * n + q]!; // prettier-ignore
          A[l * n + p] = c * x - s * y;
          A[l * n + q] = s * x + c * y;
        }
        for (let l = 0; l < n; l++) {
          const x = A[p * n + l]!, y = A[q * n + l]!; // prettier-ignore
          A[p * n + l] = c * x - s * y;
          A[q * n + l] = s * x + c * y;
        }
      }
    }
    if (!rotated) break;
  }
  return Float64Array.from({ length: n }, (_, i) => A[i * n + i]!).sort().reverse(); // prettier-ignore
}

/** Σ |λ|. */
export function traceNorm(symmetric: Dense): number {
  return eigenvalues(symmetric).reduce((sum, λ) => sum + Math.abs(λ), 0);
}

/** Q diag(λ) Qᵀ with Q a product of seeded reflections; exactly symmetric. */
export function withSpectrum(λ: readonly number[], seed: string): number[][] {
  const n = λ.length;
  const random = testRandom(seed);
  const A = λ.map((value, i) => λ.map((_, j) => (i === j ? value : 0)));
  for (let h = 0; h < n; h++) {
    const v = λ.map(() => random.normal());
    const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
    for (const isLeft of [true, false]) {
      for (let j = 0; j < n; j++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += v[i]! * (isLeft ? A[i]![j]! : A[j]![i]!);
        for (let i = 0; i < n; i++) {
          if (isLeft) A[i]![j]! -= scale * dot * v[i]!;
          else A[j]![i]! -= scale * dot * v[i]!;
        }
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) A[i]![j] = A[j]![i] = (A[i]![j]! + A[j]![i]!) / 2;
  return A;
}

/** The oracle, counting the entries it is asked for. */
export function counted(oracle: PsdOracle): { readonly oracle: PsdOracle; entries(): number } {
  let entries = 0;
  return {
    oracle: {
      ...oracle,
      diagonal: (out) => {
        entries += oracle.size;
        oracle.diagonal(out);
      },
      block: (firstRow, endRow, columns, out) => {
        entries += (endRow - firstRow) * columns.length;
        oracle.block(firstRow, endRow, columns, out);
      },
    },
    entries: () => entries,
  };
}
