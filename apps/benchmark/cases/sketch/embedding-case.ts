/**
 * What cases of random embeddings of dense matrices share: S A beside answers that need no algorithm, judged by distortion.
 *
 *   A  [n, d]  float64     S  [m, n]     distortion: largest |σ(S Q) − 1|, Q a basis of range(A), by proof
 */
import { measureDistortionSync, sampleSketch, type SketchDistribution } from "@subquad/sketch";
import { rngFor, view, type NdArray, type Rng } from "@subquad/linalg-core";
import type { Case, Contender, Size, Values } from "../../src/case.js";

export interface EmbeddingTask {
  readonly n: number;
  readonly d: number;
  readonly m: number;
  readonly A: Float64Array;
}

export interface EmbeddingOptions {
  readonly question: string;
  readonly sizes: Case["sizes"];
  readonly allowedError: number;
  /** By the name of its contender; those named in `mayBeSlow` are timed once where they are far slower than the rest. */
  readonly families: Readonly<Record<string, (m: number, n: number) => SketchDistribution>>;
  readonly mayBeSlow?: readonly string[];
  /** A, from a stream of the case and the size. */
  entries(rng: Rng, size: { readonly n: number; readonly d: number }, all: Size): Float64Array;
  readonly others?: readonly Contender<EmbeddingTask, Values>[];
}

/** The case of some families. */
export function embeddingCase(id: string, options: EmbeddingOptions): Case<EmbeddingTask, Values> {
  const { question, sizes, allowedError, families, mayBeSlow = [], entries, others = [] } = options;
  return {
    id,
    question,
    sizes,
    errorUnit: "distortion of the range of A",
    allowedError,
    input: (size, { seed }) => {
      const [n, d, m] = [Number(size.n), Number(size.d), Number(size.m)];
      return Promise.resolve({ n, d, m, A: entries(rngFor(seed, `benchmark/${id}/${n}`), { n, d }, size) });
    },
    reference: ({ A, d }) => Promise.resolve(columnSums(A, d)),
    error: (O, sums, { n, d, m, A }) => {
      if (O.length === d) return Math.max(...O.map((sum, j) => Math.abs(sum - sums[j]!))) / n;
      if (O.length !== m * d) return NaN;
      const { lower, upper } = measureDistortionSync(view(A, [n, d]), view(Float64Array.from(O), [m, d]), { method: "exact" });
      return Math.max(1 - lower, upper - 1);
    },
    contenders: [
      trivial("column sums", ({ A, d }) => columnSums(A, d)),
      trivial("first m rows", ({ n, d, m, A }) => A.subarray(0, m * d).map((x) => Math.sqrt(n / m) * x)),
      {
        name: "uniform rows",
        role: "trivial",
        prepare: ({ n, d, m, A }, { seed }) => {
          const rng = rngFor(seed, "benchmark/uniform-rows");
          const rows = Int32Array.from({ length: m }, () => rng.below(n));
          const run = (): Float64Array => {
            const out = new Float64Array(m * d);
            for (let r = 0; r < m; r++) for (let j = 0; j < d; j++) out[r * d + j] = Math.sqrt(n / m) * A[rows[r]! * d + j]!;
            return out;
          };
          return Promise.resolve({ run, read: (SA) => SA as Values });
        },
      },
      ...Object.entries(families).map(([name, distribution]): Contender<EmbeddingTask, Values> => ({
        name,
        role: "ours",
        ...(mayBeSlow.includes(name) ? { mayBeSlow: true } : {}),
        prepare: ({ n, d, m, A }, { seed }) => {
          const S = sampleSketch(distribution(m, n), { seed });
          const a = view(A, [n, d]);
          return Promise.resolve({ run: () => S.applyLeftSync(a), read: (SA) => (SA as NdArray).data as Values });
        },
      })),
      ...others,
    ],
  };
}

function trivial(name: string, run: (task: EmbeddingTask) => Float64Array): Contender<EmbeddingTask, Values> {
  return { name, role: "trivial", prepare: (task) => Promise.resolve({ run: () => run(task), read: (out) => out as Values }) };
}

/** One pass over A, the least that any sketch must do. */
function columnSums(A: Float64Array, d: number): Float64Array {
  const sums = new Float64Array(d);
  for (let p = 0; p < A.length; p += d) for (let j = 0; j < d; j++) sums[j] = sums[j]! + A[p + j]!;
  return sums;
}
