/**
 * Leverage scores of a tall matrix whose rows have very different lengths.
 *
 *   A  [n, d]  standard normal, row i times e^(g_i), g_i standard normal     τ_i = a_i (AᵀA)⁻¹ a_iᵀ
 *
 * Judged on every (n / 1024)-th row, against ‖L⁻¹ a_i‖², L Lᵀ = AᵀA, which needs no sketch and no orthogonal basis.
 */
import { leverageScoresSync, type LeverageScores } from "@subquad/sketch";
import { cholesky, gram, rngFor, view } from "@subquad/linalg-core";
import { checkCertificate } from "@subquad/test-kit";
import type { Case, Contender, Values } from "../../src/case.js";
import type { MatrixTask } from "../../rivals/rival.js";
import { rivalsFor } from "../rival-contenders.js";

const JUDGED = 1024;
/** Rows above which the singular values of ml-matrix, and all numbers of A on the way to Python, take minutes. */
const MOST_ROWS = 16_384;

export const benchCase: Case<MatrixTask, Values> = {
  id: "sketch/leverage",
  question: "How fast are leverage scores, exact and within a certified factor?",
  sizes: { quick: [], full: [{ n: 4096, d: 32 }, { n: MOST_ROWS, d: 128 }, { n: 131_072, d: 256 }] }, // prettier-ignore
  errorUnit: "largest factor between a score and the true one, minus 1",
  allowedError: 1e-9, // condition about e: a few roundings, in the reference too
  input: ({ n: rows, d: columns }, { seed }) => {
    const [m, n] = [Number(rows), Number(columns)];
    const rng = rngFor(seed, `benchmark/leverage/${m}/${n}`);
    const A = new Float64Array(m * n);
    for (let i = 0; i < m; i++) for (let j = 0, f = Math.exp(rng.normal()); j < n; j++) A[i * n + j] = f * rng.normal();
    return Promise.resolve({ m, n, A });
  },
  reference: (task) => Promise.resolve(scoresOf(task)),
  error: (scores, truth, { m }) => (scores.length === m ? Math.max(...factors(scores, truth)) : NaN),
  verify: ({ method, certificate, relativeBound }, scores, truth) => {
    const errors = method === "exact" ? differences(scores, truth) : factors(scores, truth); // what their certificates speak of
    const { holds, above, rows, allowed, worst } = checkCertificate(certificate, errors, relativeBound);
    return { holds, trueError: errors.sort().at(-1 - allowed)!, shareAbove: above / rows, worst };
  },
  contenders: [
    ours("exact"),
    ours("fast"),
    trivial("uniform", ({ m, n }) => new Float64Array(m).fill(n / m)),
    trivial("norms of rows", ({ m, n, A }) => {
      const squares = new Float64Array(m);
      for (let p = 0; p < m * n; p++) squares[Math.floor(p / n)]! += A[p]! ** 2;
      const total = squares.reduce((sum, square) => sum + square, 0);
      return squares.map((square) => (n * square) / total);
    }),
    ...rivalsFor<MatrixTask>(({ leverage }) => leverage).map((rival): Contender<MatrixTask, Values> => ({
      ...rival,
      unfit: ({ n }) => (Number(n) > MOST_ROWS ? `takes too long above n = ${MOST_ROWS}` : undefined),
    })),
  ],
};

function ours(method: "exact" | "fast"): Contender<MatrixTask, Values> {
  return {
    name: method,
    role: method === "exact" ? "ours-exact" : "ours",
    ...(method === "fast" ? { allowedError: 10 } : {}), // certified factors are 5 to 9
    prepare: ({ m, n, A }, { seed }) => {
      const a = view(A, [m, n]);
      return Promise.resolve({
        run: () => leverageScoresSync(a, { method, seed }),
        read: (answer) => (answer as LeverageScores).scores,
        claim: (answer) => {
          const { certificate, method: used } = answer as LeverageScores;
          const bound = certificate.kind === "none" ? NaN : certificate.bound;
          return { method: used, certificate, relativeBound: bound };
        },
      });
    },
  };
}

function trivial(name: string, run: (task: MatrixTask) => Float64Array): Contender<MatrixTask, Values> {
  return { name, role: "trivial", prepare: (task) => Promise.resolve({ run: () => run(task), read: (scores) => scores as Values }) };
}

/** Of the rows that are judged. */
function scoresOf({ m, n, A }: MatrixTask): Float64Array {
  const L = cholesky(gram(view(A, [m, n]))).L.data as Float64Array;
  return Float64Array.from({ length: JUDGED }, (_, t) => {
    const x = A.slice(rowOf(t, m) * n, (rowOf(t, m) + 1) * n);
    let sum = 0;
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < j; l++) x[j]! -= L[j * n + l]! * x[l]!;
      x[j]! /= L[j * n + j]!;
      sum += x[j]! ** 2;
    }
    return sum;
  });
}

function rowOf(t: number, rows: number): number {
  return t * Math.floor(rows / JUDGED);
}

/** Of the rows that are judged: max(estimate, truth) / min(estimate, truth) − 1; NaN when a score is. */
function factors(scores: Values, truth: Values): Float64Array<ArrayBuffer> {
  return Float64Array.from(truth, (score, t) => {
    const estimate = scores[rowOf(t, scores.length)]!;
    return Math.max(estimate / score, score / estimate) - 1;
  });
}

/** Of the rows that are judged. */
function differences(scores: Values, truth: Values): Float64Array<ArrayBuffer> {
  return Float64Array.from(truth, (score, t) => Math.abs(scores[rowOf(t, scores.length)]! - score));
}
