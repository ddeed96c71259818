/**
 * The interval of ‖S A x‖ / ‖A x‖ over all x for a sparse A of many columns, by proof and by Lanczos.
 *
 *   A  [n, d]  compressed rows, 20 normal entries a row     M = S A  [m, d], m = 8 d     R  RᵀR = MᵀM     answer: lower, upper
 *
 * Judged by the width of the interval over that of the true one, 1/√λ for the eigenvalues λ of R⁻ᵀ (AᵀA) R⁻¹, R by Cholesky; an interval that leaves
 * out a part of the true one has no width. With 1000 columns the proof takes more than the two minutes that an answer may.
 */
import { measureDistortionSync, sampleSketch, sparseSign, type Distortion } from "@subquad/sketch";
import { cholesky, copy, csr, eigSymmetric, gram, rngFor, solveTriangular, transpose, view, type CsrMatrix, type NdArray } from "@subquad/linalg-core"; // prettier-ignore
import type { Case, Contender, Values } from "../../src/case.js";

interface Task {
  readonly A: CsrMatrix;
  readonly M: NdArray;
}

const PER_ROW = 20;
/** Of the reference: eigenvalues near 1, from a Gram matrix of condition 10 or so. */
const ROUNDING = 1e-10;

export const benchCase: Case<Task, Values> = {
  id: "sketch/distortion",
  question: "What does it cost to measure the distortion of a sketch, by proof and with high confidence?",
  sizes: { quick: [], full: [{ n: 5000, d: 100 }, { n: 100_000, d: 500 }] }, // prettier-ignore
  errorUnit: "width of the interval over that of the true one",
  allowedError: 1.6,
  input: ({ n: rows, d: columns }, { seed }) => {
    const [n, d] = [Number(rows), Number(columns)];
    const A = sparseRows(seed, n, d);
    return Promise.resolve({ A, M: sampleSketch(sparseSign(8 * d, n), { seed }).applyLeftSync(A) });
  },
  reference: (task) => Promise.resolve(trueInterval(task)),
  error: ([lower, upper], [low, high]) => {
    const isInside = lower! <= low! * (1 + ROUNDING) && upper! >= high! * (1 - ROUNDING);
    return isInside ? (upper! - lower!) / (high! - low!) : NaN;
  },
  verify: ({ relativeBound }, _, [low, high]) => {
    const trueError = Math.max(1 - low!, high! - 1);
    return { holds: trueError <= relativeBound * (1 + ROUNDING), trueError, shareAbove: 0, worst: trueError };
  },
  contenders: [
    ours("exact"),
    ours("lanczos"),
    {
      name: "1 ± √(d/m)",
      role: "trivial",
      prepare: ({ M }) => {
        const [m = 1, d = 0] = M.shape;
        const run = (): Float64Array => Float64Array.of(1 - Math.sqrt(d / m), 1 + Math.sqrt(d / m)); // where Gaussian sketches come to in the limit
        return Promise.resolve({ run, read: (interval) => interval as Values });
      },
    },
  ],
};

function ours(method: "exact" | "lanczos"): Contender<Task, Values> {
  return {
    name: method,
    role: method === "exact" ? "ours-exact" : "ours",
    mayBeSlow: method === "exact",
    prepare: ({ A, M }, { seed }) => {
      const options = { method, ...(method === "lanczos" ? { seed } : {}) };
      return Promise.resolve({
        run: () => measureDistortionSync(A, M, options),
        read: (answer) => Float64Array.of((answer as Distortion).lower, (answer as Distortion).upper),
        claim: (answer) => {
          const { certificate } = answer as Distortion;
          return { method, certificate, relativeBound: certificate.kind === "none" ? NaN : certificate.bound };
        },
      });
    },
  };
}

function sparseRows(seed: string, n: number, d: number): CsrMatrix {
  const rng = rngFor(seed, `benchmark/distortion/${n}/${d}`);
  const columns = new Int32Array(n * PER_ROW);
  for (let i = 0; i < n; i++) {
    const row = new Set<number>();
    while (row.size < PER_ROW) row.add(rng.below(d));
    columns.set([...row].sort((a, b) => a - b), i * PER_ROW); // prettier-ignore
  }
  const values = new Float64Array(n * PER_ROW).map(() => rng.normal());
  return csr([n, d], Int32Array.from({ length: n + 1 }, (_, i) => i * PER_ROW), columns, values); // prettier-ignore
}

function trueInterval({ A, M }: Task): Float64Array {
  const { rowPointers, columns, values, shape } = A;
  const [n, d] = shape;
  const G = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    const [from, to] = [rowPointers[i]!, rowPointers[i + 1]!];
    for (let p = from; p < to; p++) for (let q = from; q < to; q++) G[columns[p]! * d + columns[q]!]! += values[p]! * values[q]!;
  }
  const { L } = cholesky(gram(M));
  const half = solveTriangular(L, view(G, [d, d]));
  const X = copy(solveTriangular(L, transpose(half))).data as Float64Array;
  const symmetric = view(X.map((x, p) => (x + X[(p % d) * d + Math.floor(p / d)]!) / 2), [d, d]); // prettier-ignore
  const λ = copy(eigSymmetric(symmetric, { vectors: false }).values).data as Float64Array;
  return Float64Array.of(1 / Math.sqrt(Math.max(...λ)), 1 / Math.sqrt(Math.min(...λ)));
}
