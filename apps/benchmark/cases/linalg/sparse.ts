/**
 * A sparse matrix times a dense one of 16 columns, float64: 233 documents of 23,705 terms, 7 % of the entries.
 *
 *   S  [n, terms]  compressed rows     B  [terms, 16]     C = S B
 */
import { csr, matmul, view, type NdArray } from "@subquad/linalg-core";
import { plainCsrProduct } from "../../rivals/local/plain-csr.js";
import type { SparseTask } from "../../rivals/rival.js";
import type { Case, Values } from "../../src/case.js";
import { localRival, rivalsFor } from "../rival-contenders.js";
import { textMatrix } from "./sparse-input.js";

const TERMS = 23_705;
const DENSITY = 391_307 / (233 * TERMS);

export const benchCase: Case<SparseTask, Values> = {
  id: "linalg/sparse",
  question: "How fast is a sparse matrix times a dense one?",
  sizes: { quick: [], full: [1, 16, 64].map((columns) => ({ columns, n: 233 })) },
  errorUnit: "largest error, relative to the norm of a column of B",
  allowedError: 1e-14, // rows of norm 1: a few roundings of the terms that are met
  input: ({ columns, n }, { seed }) => Promise.resolve(textMatrix(seed, Number(n), TERMS, DENSITY, Number(columns))),
  reference: (task) => Promise.resolve(compensated(task)),
  error: (C, R, { p, B }) => {
    const norms = new Float64Array(p);
    for (let q = 0; q < B.length; q++) norms[q % p]! += B[q]! ** 2;
    let worst = C.length === R.length ? 0 : NaN;
    for (let q = 0; q < C.length; q++) {
      const error = Math.abs(C[q]! - R[q]!) / Math.sqrt(norms[q % p]!);
      if (!(error <= worst)) worst = error; // a NaN stays
    }
    return worst;
  },
  contenders: [
    {
      name: "subquad",
      role: "ours",
      prepare: ({ m, n, p, rowPointers, columns, values, B }) => {
        const S = csr([m, n], rowPointers, columns, values);
        const b = view(B, [n, p]);
        return Promise.resolve({ run: () => matmul(S, b), read: (C) => (C as NdArray).data as Values });
      },
    },
    localRival("plain CSR loop", plainCsrProduct),
    ...rivalsFor<SparseTask>(({ sparse }) => sparse && ((task) => sparse(task))),
  ],
};

/** By definition, each sum with what its additions lose (Neumaier). */
function compensated({ m, p, rowPointers, columns, values, B }: SparseTask): Float64Array {
  return Float64Array.from({ length: m * p }, (_, position) => {
    const [i, c] = [Math.floor(position / p), position % p];
    let [sum, lost] = [0, 0];
    for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) {
      const term = values[q]! * B[columns[q]! * p + c]!;
      const next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
    }
    return sum + lost;
  });
}
