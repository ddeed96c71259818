/**
 * Conjugate gradients on the Laplacian of a k x k grid, to a residual of 1e-8, in float64.
 *
 *   S  [n, n], n = k²     b  standard normal     error: ‖b − S x‖ / ‖b‖, recomputed
 */
import { conjugateGradientSync, csr, type ConjugateGradientResult } from "@subquad/linalg-core";
import { plainConjugateGradient } from "../../rivals/local/plain-conjugate-gradient.js";
import { plainCsrVector } from "../../rivals/local/plain-csr.js";
import type { SparseTask } from "../../rivals/rival.js";
import type { Case, Values } from "../../src/case.js";
import { localRival } from "../rival-contenders.js";
import { gridLaplacian } from "./sparse-input.js";

const TOLERANCE = 1e-8;

export const benchCase: Case<SparseTask, Values> = {
  id: "linalg/conjugate-gradient",
  question: "What do checks and a measured residual cost conjugate gradients?",
  sizes: { quick: [], full: [{ n: 64 ** 2 }, { n: 256 ** 2 }] },
  errorUnit: "‖b − S x‖ / ‖b‖, recomputed",
  allowedError: 2 * TOLERANCE, // the plain loop trusts its recurrence
  input: ({ n }, { seed }) => Promise.resolve(gridLaplacian(seed, Math.sqrt(Number(n)))),
  reference: () => Promise.resolve(new Float64Array(0)), // the system itself judges
  error: (x, _, { n, rowPointers, columns, values, B }) => {
    if (x.length !== n) return NaN;
    const product = new Float64Array(n);
    plainCsrVector(rowPointers, columns, values, x as Float64Array, product);
    return norm(product.map((y, i) => B[i]! - y)) / norm(B);
  },
  contenders: [
    {
      name: "subquad",
      role: "ours",
      prepare: ({ m, n, rowPointers, columns, values, B }) => {
        const S = csr([m, n], rowPointers, columns, values);
        const run = (): ConjugateGradientResult => conjugateGradientSync(S, B, { tolerance: TOLERANCE });
        return Promise.resolve({ run, read: (result) => (result as ConjugateGradientResult).x.data as Values });
      },
    },
    localRival("plain loop", ({ B, ...task }) => plainConjugateGradient({ ...task, b: B }, TOLERANCE)),
  ],
};

function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}
