/**
 * The k largest singular values and their vectors of a dense matrix.
 *
 *   A  [m, n]  60 rank-one terms of norms √(m n) / c, c = 1 … 60, and noise of 0.1     best² = Σ_(j>k) σ_j²
 *
 * Judged by ‖A − U diag(s) Vᵀ‖_F / best − 1, best from the eigenvalues of AᵀA.
 */
import { randomizedSvdSync, type RandomizedSvd } from "@subquad/sketch";
import { eigSymmetric, gram, matmul, rngFor, svd, transpose, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Values } from "../../src/case.js";
import { plainProduct } from "../../rivals/local/plain-product.js";
import { flipped, joined, leading } from "../../rivals/rows.js";
import type { TruncatedTask } from "../../rivals/rival.js";
import { rivalsFor } from "../rival-contenders.js";

const TERMS = 60;
const NOISE = 0.1;
const OVERSAMPLING = 10;

interface Task extends TruncatedTask {
  readonly best: number;
}

export const benchCase: Case<Task, Values> = {
  id: "sketch/randomized-svd",
  question: "What do the largest singular values cost, against all of them?",
  sizes: { quick: [], full: [{ m: 1000, n: 250, k: 10 }, { m: 4000, n: 1000, k: 20 }] }, // prettier-ignore
  errorUnit: "Frobenius error over the best of this rank, minus 1",
  allowedError: 0.02,
  input: ({ m, n, k }, { seed }) => Promise.resolve(taskOf(seed, Number(m), Number(n), Number(k))),
  reference: () => Promise.resolve(new Float64Array(0)), // A itself judges
  error: (answer, _, task) => excessOf(answer, task),
  verify: ({ relativeBound }, answer, _, task) => {
    const trueError = excessOf(answer, task);
    return { holds: trueError <= relativeBound, trueError, shareAbove: 0, worst: trueError };
  },
  contenders: [
    {
      name: "svd",
      role: "ours-exact",
      prepare: ({ m, n, k, A }) => {
        const a = view(A, [m, n]);
        const read = (output: unknown): Values => {
          const { U, s, V } = output as { U: NdArray; s: NdArray; V: NdArray };
          return leading(k, joined(numbersOf(U), numbersOf(s), numbersOf(V)), { m, n, columns: Math.min(m, n) });
        };
        return Promise.resolve({ run: () => svd(a), read });
      },
    },
    ours("randomizedSvd"),
    ours("one power iteration", 1),
    { name: "zero", role: "trivial", prepare: ({ m, n, k }) => Promise.resolve({ run: () => new Float64Array((m + 1 + n) * k), read: (zeros) => zeros as Values }) }, // prettier-ignore
    {
      name: "random columns",
      role: "trivial",
      prepare: ({ m, n, k, A }, { seed }) => {
        const rng = rngFor(seed, "benchmark/random-columns");
        const columns = Array.from({ length: k }, () => rng.below(n));
        return Promise.resolve({ run: () => ontoColumns(A, m, n, columns), read: (factors) => factors as Values });
      },
    },
    ...rivalsFor<Task>(({ truncatedSvd }) => truncatedSvd),
  ],
};

function ours(name: string, powerIterations?: number): Contender<Task, Values> {
  return {
    name,
    role: "ours",
    prepare: ({ m, n, k, A, best }, { seed }) => {
      const a = view(A, [m, n]);
      const options = { rank: k, seed, ...(powerIterations === undefined ? {} : { powerIterations }) };
      return Promise.resolve({
        run: () => randomizedSvdSync(a, options),
        read: (answer) => joined(...(["U", "s", "V"] as const).map((part) => numbersOf((answer as RandomizedSvd)[part]))),
        claim: (answer) => {
          const { method, certificate } = answer as RandomizedSvd;
          return { method, certificate, relativeBound: certificate.kind === "none" ? NaN : certificate.bound / best - 1 };
        },
      });
    },
  };
}

function taskOf(seed: string, m: number, n: number, k: number): Task {
  const rng = rngFor(seed, `benchmark/randomized-svd/${m}/${n}`);
  const normal = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length).map(() => rng.normal());
  const left = normal(m * TERMS).map((x, p) => x / (1 + (p % TERMS)));
  const A = matmul(view(left, [m, TERMS]), view(normal(TERMS * n), [TERMS, n])).data as Float64Array;
  for (let p = 0; p < m * n; p++) A[p]! += NOISE * rng.normal();
  return { m, n, k, A, directions: normal(n * (k + OVERSAMPLING)), best: bestOf(A, m, n, k) };
}

/** √Σ_(j>k) σ_j². */
function bestOf(A: Float64Array, m: number, n: number, k: number): number {
  const { values } = eigSymmetric(gram(view(A, [m, n])), { vectors: false });
  const squares = Array.from({ length: n }, (_, j) => values.get(j)).sort((a, b) => b - a);
  return Math.sqrt(squares.slice(k).reduce((sum, square) => sum + square, 0));
}

/** ‖A − U diag(s) Vᵀ‖_F / best − 1, at least 0: `best` is rounded too. NaN when an entry is, or when there are too few. */
function excessOf(answer: Values, task: Task): number {
  return Math.max(0, errorOf(answer, task) / task.best - 1);
}

/** ‖A − U diag(s) Vᵀ‖_F. */
function errorOf(answer: Values, { m, n, k, A }: TruncatedTask): number {
  if (answer.length !== (m + 1 + n) * k) return NaN;
  const s = answer.subarray(m * k, (m + 1) * k);
  const U = Float64Array.from(answer.subarray(0, m * k), (x, p) => x * s[p % k]!);
  const product = plainProduct(m, k, n, U, flipped(answer.subarray((m + 1) * k), n, k));
  return Math.sqrt(product.reduce((sum, x, p) => sum + (A[p]! - x) ** 2, 0));
}

/** A on the span of some of its columns: U a basis, s ones, V = AᵀU. */
function ontoColumns(A: Float64Array, m: number, n: number, columns: readonly number[]): Float64Array {
  const k = columns.length;
  const C = Float64Array.from({ length: m * k }, (_, p) => A[Math.floor(p / k) * n + columns[p % k]!]!);
  for (let c = 0; c < k; c++) {
    for (let b = 0; b < 2 * c; b++) subtract(C, k, c, b % c); // twice is enough
    const length = Math.sqrt(dot(C, k, c, c));
    for (let p = c; p < C.length; p += k) C[p]! /= length;
  }
  const V = matmul(transpose(view(A, [m, n])), view(C, [m, k])).data as Float64Array;
  return joined(C, new Float64Array(k).fill(1), V);
}

/** Column c ← column c without its part along column b. */
function subtract(C: Float64Array, k: number, c: number, b: number): void {
  const along = dot(C, k, c, b);
  for (let p = 0; p < C.length; p += k) C[p + c]! -= along * C[p + b]!;
}

function dot(C: Float64Array, k: number, c: number, b: number): number {
  let sum = 0;
  for (let p = 0; p < C.length; p += k) sum += C[p + c]! * C[p + b]!;
  return sum;
}

function numbersOf({ data }: NdArray): Float64Array {
  return data as Float64Array;
}
