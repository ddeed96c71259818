/**
 * What strides cost: the same float64 product of matrices that lie otherwise in memory.
 *
 *   A, B  [n, n]     transposed: column-major     sliced: the middle of [2n, 2n]
 */
import { copy, matmul, slice, transpose, zeros, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
import { largestDifference } from "../difference.js";
import { gaussian } from "../gaussian.js";

interface Operands {
  readonly n: number;
  readonly A: NdArray;
  readonly B: NdArray;
}

export const benchCase: Case<Operands, Values> = {
  id: "linalg/strides",
  question: "What do transposed and sliced operands of a product cost?",
  sizes: { quick: [], full: [{ n: 512 }] },
  errorUnit: "largest difference to contiguous operands",
  allowedError: 0, // equal bits are promised
  input: ({ n }, { seed }) => {
    const make = (name: string): NdArray => copy(gaussian(seed, `strides/${name}`, Number(n), Number(n)), { dtype: "float64" });
    return Promise.resolve({ n: Number(n), A: make("A"), B: make("B") });
  },
  reference: ({ A, B }) => Promise.resolve(matmul(A, B).data as Values),
  error: largestDifference,
  contenders: [
    contender("contiguous", "ours-exact", (A) => A),
    contender("transposed", "ours", (A) => transpose(copy(transpose(A)))),
    contender("sliced", "ours", sliced),
  ],
};

function contender(name: string, role: "ours" | "ours-exact", laidOut: (A: NdArray, n: number) => NdArray): Contender<Operands, Values> {
  return {
    name,
    role,
    prepare: ({ n, A, B }) => {
      const [a, b] = [laidOut(A, n), laidOut(B, n)];
      return Promise.resolve({ run: () => matmul(a, b), read: (C) => (C as NdArray).data as Values });
    },
  };
}

function sliced(A: NdArray, n: number): NdArray {
  const half = Math.floor(n / 2);
  const middle = slice(zeros([2 * n, 2 * n]), [half, half + n], [half, half + n]);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) middle.data[middle.index(i, j)] = A.data[i * n + j]!;
  return middle;
}
