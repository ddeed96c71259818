/**
 * S A of a sparse matrix of the shape of texts, against making it dense first: 23,705 terms in 233 documents, 7 % of the entries.
 *
 *   A  [n, d]  compressed rows     S  [m, n], m = 8 d, drawn anew in every run     judged by distortion, by proof
 */
import { countSketch, measureDistortionSync, sampleSketch, sparseSign, type SketchDistribution } from "@subquad/sketch";
import { csr, csrToDense, type CsrMatrix, type NdArray, copy, view } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
import type { EmbeddingTask } from "../../rivals/rival.js";
import { textMatrix } from "../linalg/sparse-input.js";
import { rivalsFor } from "../rival-contenders.js";

const DENSITY = 391_307 / (233 * 23_705);
const NONZEROS = 8;

export const benchCase: Case<EmbeddingTask, Values> = {
  id: "sketch/sparse-embedding",
  question: "What does an embedding save when the matrix is sparse?",
  sizes: { quick: [], full: [{ n: 4096, d: 32 }, { n: 23_705, d: 233 }] }, // prettier-ignore
  errorUnit: "distortion of the range of A",
  allowedError: 0.6,
  input: ({ n: terms, d: documents }, { seed }) => {
    const [n, d] = [Number(terms), Number(documents)];
    const { rowPointers, columns, values } = textMatrix(seed, d, n, DENSITY, 0);
    const A = csr([d, n], rowPointers, columns, values).transpose();
    return Promise.resolve({ n, d, m: 8 * d, nonzeros: NONZEROS, rowPointers: A.rowPointers, columns: A.columns, values: A.values as Float64Array }); // prettier-ignore
  },
  reference: () => Promise.resolve(new Float64Array(0)), // A itself judges
  error: (SA, _, task) => {
    if (SA.length !== task.m * task.d) return NaN;
    const { lower, upper } = measureDistortionSync(matrixOf(task), view(Float64Array.from(SA), [task.m, task.d]), { method: "exact" });
    return Math.max(1 - lower, upper - 1);
  },
  contenders: [
    ours("sparseSign", (m, n) => sparseSign(m, n, { nonzeros: NONZEROS }), (A) => A),
    ours("sparseSign, made dense first", (m, n) => sparseSign(m, n, { nonzeros: NONZEROS }), csrToDense),
    ours("countSketch", countSketch, (A) => A),
    {
      name: "first m rows",
      role: "trivial",
      prepare: ({ n, d, m, ...A }) => {
        const dense = (): NdArray => csrToDense(csr([m, d], A.rowPointers.slice(0, m + 1), A.columns.slice(0, A.rowPointers[m]), A.values.slice(0, A.rowPointers[m]))); // prettier-ignore
        return Promise.resolve({ run: dense, read: (SA) => (copy(SA as NdArray).data as Float64Array).map((x) => x * Math.sqrt(n / m)) });
      },
    },
    ...rivalsFor<EmbeddingTask>(({ embedding }) => embedding),
  ],
}; // prettier-ignore

function ours(
  name: string,
  distribution: (m: number, n: number) => SketchDistribution,
  form: (A: CsrMatrix) => CsrMatrix | NdArray,
): Contender<EmbeddingTask, Values> {
  return {
    name,
    role: "ours",
    prepare: (task, { seed }) => {
      const A = matrixOf(task);
      const run = (): NdArray => sampleSketch(distribution(task.m, task.n), { seed }).applyLeftSync(form(A));
      return Promise.resolve({ run, read: (SA) => (SA as NdArray).data as Values });
    },
  };
}

function matrixOf({ n, d, rowPointers, columns, values }: EmbeddingTask): CsrMatrix {
  return csr([n, d], rowPointers, columns, values);
}
