/**
 * One factorization or solve of one float64 matrix on one thread, judged by residuals in units of rounding.
 *
 *   A  [m, n]  entries standard normal, or made from such     B  [m, p]  right sides
 */
import { copy, rngFor, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Contender, Size, Values } from "../../src/case.js";
import type { MatrixJob, MatrixTask } from "../../rivals/rival.js";
import { plainProduct } from "../../rivals/local/plain-product.js";
import { flipped, joined } from "../../rivals/rows.js";
import { matrixRivals } from "../rival-contenders.js";

export interface Factorization {
  readonly job: MatrixJob;
  readonly question: string;
  readonly sizes: Case["sizes"];
  /** The matrix: "general" [m, n], "symmetric", or "definite" with eigenvalues between 1 and 5. */
  readonly kind: "general" | "symmetric" | "definite";
  /** m / n. Default 1. */
  readonly tall?: number;
  /** p; none when left out. */
  readonly rightSides?: number;
  readonly errorUnit: string;
  /** Thresholds of LAPACK's tests: 30, or 50 for eigenvalues and singular values. */
  readonly allowedError: number;
  /** The factors in the order of MatrixJob. */
  ours(A: NdArray, B: NdArray): readonly NdArray[] | readonly (NdArray | Int32Array)[];
  error(answer: Float64Array, task: MatrixTask): number;
}

/** The case of one job. */
export function factorCase(id: string, factorization: Factorization): Case<MatrixTask, Values> {
  const { job, question, sizes, errorUnit, allowedError, ours, error } = factorization;
  const subquad: Contender<MatrixTask, Values> = {
    name: "subquad",
    role: "ours",
    prepare: ({ m, n, A, p = 0, B }) => {
      const a = view(A, [m, n]);
      const b = view(B ?? new Float64Array(0), [m, p].map((length) => (B ? length : 0))); // prettier-ignore
      return Promise.resolve({ run: () => ours(a, b), read: (factors) => flat(factors as readonly (NdArray | Int32Array)[]) });
    },
  };
  return {
    id,
    question,
    sizes,
    errorUnit,
    allowedError,
    input: (size, { seed }) => Promise.resolve(randomTask(id, factorization, size, seed)),
    reference: () => Promise.resolve(new Float64Array(0)), // factors are judged by what they multiply to
    error: (answer, _, task) => error(answer as Float64Array, task),
    contenders: [subquad, ...matrixRivals(job)],
  };
}

/** n alone. */
export function square(n: number): Size {
  return { n };
}

function randomTask(id: string, { kind, tall = 1, rightSides }: Factorization, size: Size, seed: string): MatrixTask {
  const n = Number(size.n);
  const m = tall * n;
  const rng = rngFor(seed, `benchmark/${id}/${n}`);
  const normal = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length).map(() => rng.normal());
  const G = normal(m * n);
  const A = kind === "general" ? G : kind === "symmetric" ? symmetric(G, n) : definite(G, n);
  return { m, n, A, ...(rightSides ? { p: rightSides, B: normal(m * rightSides) } : {}) };
}

function symmetric(G: Float64Array, n: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(G, (x, p) => x + G[(p % n) * n + Math.floor(p / n)]!);
}

/** I + G Gᵀ / n, mirrored: symmetric to the last bit. */
function definite(G: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const A = plainProduct(n, n, n, G, flipped(G, n, n));
  return A.map((_, p) => {
    const [i, j] = [Math.floor(p / n), p % n];
    return A[i < j ? p : j * n + i]! / n + (i === j ? 1 : 0);
  });
}

function flat(factors: readonly (NdArray | Int32Array)[]): Float64Array {
  return joined(...factors.map((factor) => (factor instanceof Int32Array ? factor : (copy(factor).data as Float64Array))));
}
