/**
 * All inner products of two sets of sign vectors: packed bits against the float32 product of the same matrices.
 *
 *   P, Q  [n, d]  entries ±1     S = P Qᵀ  [n, n]  integers
 */
import { matmul, packSigns, rngFor, signProducts, transpose, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Values } from "../../src/case.js";

interface Signs {
  readonly n: number;
  readonly d: number;
  readonly P: Float32Array<ArrayBuffer>;
  readonly Q: Float32Array<ArrayBuffer>;
}

const STEP = 61; // rows apart: prime, so that every row of a tile takes its turn

export const benchCase: Case<Signs, Values> = {
  id: "linalg/sign-products",
  question: "How much faster are inner products of signs when they are packed into bits?",
  sizes: { quick: [], full: [{ d: 1024, n: 512 }, { d: 1024, n: 4096 }] }, // prettier-ignore
  errorUnit: `largest difference in every ${STEP}st row`,
  allowedError: 0, // integers
  input: ({ d, n }, { seed }) => {
    const rng = rngFor(seed, `benchmark/signs/${n}`);
    const make = (): Float32Array<ArrayBuffer> => new Float32Array(Number(n) * Number(d)).map(() => (rng.uniform() < 0.5 ? -1 : 1));
    return Promise.resolve({ n: Number(n), d: Number(d), P: make(), Q: make() });
  },
  reference: ({ n, d, P, Q }) => {
    const rows = Math.ceil(n / STEP);
    const S = new Float64Array(rows * n);
    for (let p = 0; p < S.length; p++) {
      const [i, j] = [Math.floor(p / n) * STEP, p % n];
      let sum = 0;
      for (let l = 0; l < d; l++) sum += P[i * d + l]! * Q[j * d + l]!;
      S[p] = sum;
    }
    return Promise.resolve(S);
  },
  error: (S, reference, { n }) => {
    let worst = S.length === n * n ? 0 : NaN;
    for (let p = 0; p < reference.length; p++) {
      const difference = Math.abs(S[Math.floor(p / n) * STEP * n + (p % n)]! - reference[p]!);
      if (!(difference <= worst)) worst = difference; // a NaN stays
    }
    return worst;
  },
  contenders: [
    {
      name: "float32 product",
      role: "ours-exact",
      prepare: ({ n, d, P, Q }) => {
        const [p, q] = [view(P, [n, d]), transpose(view(Q, [n, d]))];
        return Promise.resolve({ run: () => matmul(p, q), read: (S) => (S as NdArray).data as Values });
      },
    },
    {
      name: "packed signs",
      role: "ours",
      prepare: ({ n, d, P, Q }) => {
        const [p, q] = [packSigns(view(P, [n, d])), packSigns(view(Q, [n, d]))];
        return Promise.resolve({ run: () => signProducts(p, q), read: integers });
      },
    },
    {
      name: "packing included",
      role: "ours",
      prepare: ({ n, d, P, Q }) => {
        const [p, q] = [view(P, [n, d]), view(Q, [n, d])];
        return Promise.resolve({ run: () => signProducts(packSigns(p), packSigns(q)), read: integers });
      },
    },
  ],
};

/** Exact: a product is at most d. */
function integers(S: unknown): Values {
  return Float32Array.from((S as NdArray).data as ArrayLike<number>);
}
