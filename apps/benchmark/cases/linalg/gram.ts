/**
 * G = Aᵀ A, which is symmetric, against the product that does not know.
 *
 *   A  [m, n]  float64, standard normal     G  [n, n]
 */
import { gram, matmul, rngFor, transpose, view, type NdArray } from "@subquad/linalg-core";
import { matmulOracle, plain } from "@subquad/test-kit";
import type { Case, Values } from "../../src/case.js";
import { gemmRivals } from "../rival-contenders.js";
import type { GemmTask } from "../../rivals/rival.js";
import { flipped } from "../../rivals/rows.js";

const natives = gemmRivals("float64").filter(({ engine }) => engine !== "js");

export const benchCase: Case<GemmTask, Values> = {
  id: "linalg/gram",
  question: "What is it worth to know that a product is symmetric?",
  sizes: { quick: [], full: [{ m: 1024, n: 256 }, { m: 4096, n: 512 }] }, // prettier-ignore
  errorUnit: "largest error, relative to the norms of two columns",
  allowedError: 1e-14, // as for any product of this type
  input: ({ m, n }, { seed }) => {
    const rng = rngFor(seed, `benchmark/gram/${n}`);
    const B = new Float64Array(Number(m) * Number(n)).map(() => rng.normal());
    return Promise.resolve({ m: Number(n), k: Number(m), n: Number(n), A: flipped(B, Number(m), Number(n)), B });
  },
  reference: ({ m, k, n, A, B }) =>
    Promise.resolve(matmulOracle(plain(Float64Array.from(A), [m, k]), plain(Float64Array.from(B), [k, n])).data),
  error: (G, R, { n }) => {
    let worst = G.length === n * n ? 0 : NaN;
    for (let p = 0; p < n * n; p++) {
      const error = Math.abs(G[p]! - R[p]!) / Math.sqrt(R[Math.floor(p / n) * (n + 1)]! * R[(p % n) * (n + 1)]!);
      if (!(error <= worst)) worst = error; // a NaN stays
    }
    return worst;
  },
  contenders: [
    {
      name: "matmul(Aᵀ, A)",
      role: "ours-exact",
      prepare: ({ k, n, B }) => {
        const A = view(B, [k, n]);
        return Promise.resolve({ run: () => matmul(transpose(A), A), read: (C) => (C as NdArray).data as Values });
      },
    },
    {
      name: "gram",
      role: "ours",
      prepare: ({ k, n, B }) => {
        const A = view(B, [k, n]);
        return Promise.resolve({ run: () => gram(A), read: (C) => (C as NdArray).data as Values });
      },
    },
    ...natives,
  ],
};
